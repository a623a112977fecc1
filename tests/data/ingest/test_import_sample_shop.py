"""The sample shop's files, imported as uploads."""

import shutil
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.importer import ImportProgress, LibraryImporter
from bot.data.ingest.upload import ImportPreview, TableFile
from bot.errors import CannotDo
from bot.i18n.messages import Words
from tests.support.counting_importer import kept
from tests.support.sample_tables import made


@pytest.fixture
def arriving(tmp_path: Path) -> LibraryImporter:
    home = tmp_path / "home"
    return LibraryImporter(Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated())


def dropped(tmp_path: Path, name: str) -> Path:
    """A file as it lies after its download: in a folder of its own, under another name."""
    folder = tmp_path / "arrivals"
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(made() / name, folder / f"dropped{Path(name).suffix}"))


def made_in(path: Path) -> Path:
    """A folder for what is made of it."""
    folder = path.parent.parent / "made"
    folder.mkdir(exist_ok=True)
    return folder


def understood_as(arriving: LibraryImporter, path: Path, name: str) -> tuple[ImportPreview, str]:
    return arriving.understand(
        "T1", [TableFile(path)], name=name, kind=None, options={}, folder=made_in(path)
    )


def test_preview_has_exact_figures(arriving: LibraryImporter, tmp_path: Path) -> None:
    path = dropped(tmp_path, "orders.csv")
    preview, _ = understood_as(arriving, path, "orders.csv")
    lines = (made() / "orders.csv").read_text(encoding="utf-8-sig").splitlines()
    assert preview.kind == "orders"
    assert preview.rows == len(lines) - 1
    assert preview.rejected == 0
    assert preview.first is not None
    assert preview.last is not None
    assert preview.first < preview.last
    assert ("client", "customer", "keyed") in [(c.theirs, c.ours, c.how) for c in preview.columns]
    assert len(preview.sample) == 3
    assert sorted(one.name for one in path.parent.iterdir()) == ["dropped.csv"]


def test_repeated_import_stores_rows_once(arriving: LibraryImporter, tmp_path: Path) -> None:
    path = dropped(tmp_path, "orders.csv")
    preview, schema = understood_as(arriving, path, "orders.csv")
    told = {"name": "orders.csv", "folder": made_in(path), "watch": ImportProgress()}
    first = kept(arriving.read("T1", [TableFile(path)], schema, **told))  # type: ignore[arg-type]
    again = kept(arriving.read("T1", [TableFile(path)], schema, **told))  # type: ignore[arg-type]
    assert first == (preview.rows, 0, 0)
    assert again == (0, 0, preview.rows)
    shelf = arriving.data.row_store.open("T1")
    assert shelf.as_of("orders") == preview.last


def test_cancelled_import_leaves_library_unchanged(
    arriving: LibraryImporter, tmp_path: Path
) -> None:
    path = dropped(tmp_path, "orders.csv")
    _, schema = understood_as(arriving, path, "orders.csv")
    stopped = threading.Event()
    stopped.set()
    watch = ImportProgress(ended=stopped)
    with pytest.raises(CannotDo):
        arriving.read(
            "T1",
            [TableFile(path)],
            schema,
            name="orders.csv",
            folder=made_in(path),
            watch=watch,
        )
    assert arriving.data.row_store.sources("T1") == {}


def test_rows_and_outcome_are_committed_together(arriving: LibraryImporter, tmp_path: Path) -> None:
    path = dropped(tmp_path, "prices.csv")
    _, schema = understood_as(arriving, path, "prices.csv")
    ready = arriving.read(
        "T1",
        [TableFile(path)],
        schema,
        name="prices.csv",
        folder=made_in(path),
        watch=ImportProgress(),
    )

    def over(*_: object) -> None:
        raise CannotDo(Words("It was over."))

    with pytest.raises(CannotDo, match="It was over"):
        ready.keep(over)
    assert arriving.data.row_store.sources("T1") == {}
    new, replaced, same = kept(ready)
    assert new > 0
    assert (replaced, same) == (0, 0)


def test_products_are_stored_in_catalogue(arriving: LibraryImporter, tmp_path: Path) -> None:
    path = dropped(tmp_path, "products.csv")
    preview, schema = understood_as(arriving, path, "products.csv")
    told = {"name": "products.csv", "folder": made_in(path), "watch": ImportProgress()}
    ready = arriving.read("T1", [TableFile(path)], schema, **told)  # type: ignore[arg-type]
    assert preview.kind == "products"
    assert kept(ready) == (preview.rows, 0, 0)


def test_options_change_how_file_is_read(arriving: LibraryImporter, tmp_path: Path) -> None:
    path = tmp_path / "dropped" / "orders.csv"
    path.parent.mkdir()
    path.write_text("order,date,amount\n1,03/04/2026,1.234\n")
    asked: dict[str, Any] = {"name": "orders.csv", "kind": None, "folder": made_in(path)}
    preview, _ = arriving.understand("T1", [TableFile(path)], options={}, **asked)
    assert (preview.first, str(preview.sample[0]["amount"])) == (date(2026, 3, 4), "1.23")
    offered = [("dates", "day-first"), ("dates", "year-first"), ("decimal", "comma")]
    assert [one for one in preview.otherwise if one[0] != "currency"] == offered
    assert ("currency", "EUR") in preview.otherwise
    options = {"dates": "day-first", "decimal": "comma", "currency": "EUR"}
    preview, schema = arriving.understand("T1", [TableFile(path)], options=options, **asked)
    assert (preview.first, str(preview.sample[0]["amount"])) == (date(2026, 4, 3), "1234.00")
    assert preview.otherwise == ()
    ready = arriving.read(
        "T1",
        [TableFile(path)],
        schema,
        name="orders.csv",
        folder=made_in(path),
        watch=ImportProgress(),
    )
    assert kept(ready) == (1, 0, 0)


def test_product_workbook_preview_shows_columns(arriving: LibraryImporter, tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "dropped" / "shop.xlsx"
    path.parent.mkdir()
    book = openpyxl.Workbook()
    for row in (("name", "price", "colour", "note"), ("Vase", 34.5, "white", "x"), ("Bowl", 9)):
        book.active.append(row)
    book.save(path)
    preview, schema = understood_as(arriving, path, "shop.xlsx")
    assert (preview.kind, preview.rows, preview.ignored) == ("products", 2, ("note",))
    assert [(c.theirs, c.ours) for c in preview.columns][:2] == [
        ("name", "title"),
        ("price", "price"),
    ]
    assert [one["title"] for one in preview.sample] == ["Vase", "Bowl"]
    ready = arriving.read(
        "T1",
        [TableFile(path)],
        schema,
        name="shop.xlsx",
        folder=made_in(path),
        watch=ImportProgress(),
    )
    assert kept(ready) == (2, 0, 0)


def test_duplicate_rows_are_reported(arriving: LibraryImporter, tmp_path: Path) -> None:
    path = tmp_path / "dropped" / "reviews.csv"
    path.parent.mkdir()
    path.write_text("review id,date,comment\nr1,2026-01-02,Soft\nr1,2026-01-03,Very soft\n")
    preview, _ = understood_as(arriving, path, "reviews.csv")
    told = "1 row has the same review id as a row further down, which takes its place."
    assert (preview.rows, preview.assumed[-1].to("en")) == (1, told)
