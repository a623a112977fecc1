"""Undo an import: the button on the card, what comes back, and when it is refused."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Container
from bot.audit.journal import JournalEntry
from bot.config.settings import Settings
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.models import FileUpload
from bot.data.ingest.review import ImportUndo
from bot.data.warehouse.models import DataFile
from tests.slack.bench import MARIE, OTTO, TEAM, Bench, buttons
from tests.slack.test_imports import card, dropped, now

MAY = b"Order,Date,Amount\n1,2026-05-01,49\n2,2026-05-02,20\n"
CORRECTED = b"Order,Date,Amount\n2,2026-05-02,25\n3,2026-05-03,30\n"
JUNE = b"Order,Date,Amount\n4,2026-06-01,12\n"
PRODUCTS = b"handle,title,price\ntee,Tee,19.00\nmug,Mug,9.50\n"
DEARER = b"handle,title,price\ntee,Tee,24.00\ncap,Cap,15.00\n"


@pytest.fixture
def library(bench: Bench, tmp_path: Path) -> Container:
    """Give the bench a real library."""
    told = {"SUPER_INTERN_HOME": str(tmp_path / "library"), "DATABASE_URL": bench.database.url}
    container = Container(Settings.read(told)).migrated()
    bench.stock = LibraryImporter(container)
    return container


async def take_in(bench: Bench, content: bytes, name: str) -> FileUpload:
    upload = await dropped(bench, content, name=name)
    await bench.press(MARIE, card(bench, upload), "take_in")
    await bench.run()
    assert now(bench, upload).state == "in"
    return upload


async def press_undo(bench: Bench, upload: FileUpload, person: str = MARIE) -> None:
    await bench.press(person, card(bench, upload), "undo_import")
    await bench.run()


def amounts(container: Container) -> dict[str, float]:
    """The amounts in the library by order, as a process that has read nothing yet sees them."""
    table = Container(container.settings).row_store.open(TEAM).table("orders")
    if table is None:
        return {}
    rows = table.select("order", "amount").to_pyarrow().to_pylist()
    return {row["order"]: float(row["amount"]) for row in rows}


def prices(container: Container) -> dict[str, str]:
    return {one.handle: str(one.price) for one in Container(container.settings).products(TEAM)}


async def test_undo_brings_back_what_an_import_replaced(bench: Bench, library: Container) -> None:
    await take_in(bench, MAY, "may.csv")
    before = amounts(library)
    wrong = await take_in(bench, CORRECTED, "wrong.csv")
    assert amounts(library) != before
    await press_undo(bench, wrong)
    assert now(bench, wrong).state == "undone"
    assert amounts(library) == before
    assert "undo_import" not in buttons(card(bench, wrong))


async def test_undo_of_the_only_import_leaves_no_rows(bench: Bench, library: Container) -> None:
    only = await take_in(bench, MAY, "may.csv")
    await press_undo(bench, only)
    assert amounts(library) == {}


async def test_undo_restores_replaced_products_and_removes_new_ones(
    bench: Bench, library: Container
) -> None:
    await take_in(bench, PRODUCTS, "products.csv")
    before = prices(library)
    wrong = await take_in(bench, DEARER, "products.csv")
    assert set(prices(library)) == {"tee", "mug", "cap"}
    await press_undo(bench, wrong)
    assert prices(library) == before


async def test_import_is_not_undone_when_rows_of_its_kind_came_in_since(
    bench: Bench, library: Container
) -> None:
    first = await take_in(bench, MAY, "may.csv")
    await take_in(bench, JUNE, "june.csv")
    before = amounts(library)
    await press_undo(bench, first)
    assert now(bench, first).state == "in"
    assert "came in since" in bench.whispers(MARIE)[-1]
    assert amounts(library) == before


async def test_only_those_who_may_import_can_undo(bench: Bench, library: Container) -> None:
    upload = await take_in(bench, MAY, "may.csv")
    await press_undo(bench, upload, OTTO)
    assert now(bench, upload).state == "in"
    assert len(amounts(library)) == 2


async def test_second_press_of_undo_changes_nothing(bench: Bench, library: Container) -> None:
    await take_in(bench, MAY, "may.csv")
    wrong = await take_in(bench, CORRECTED, "wrong.csv")
    old = card(bench, wrong)
    await bench.press(MARIE, old, "undo_import")
    before = amounts(library)
    await bench.press(MARIE, old, "undo_import")
    await bench.run()
    assert amounts(library) == before


async def test_replaced_rows_are_kept_for_the_undo_and_swept_after_a_week(
    bench: Bench, library: Container
) -> None:
    await take_in(bench, MAY, "may.csv")
    await take_in(bench, CORRECTED, "may.csv")
    with library.database.begin() as session:
        (retired,) = DataFile.retired(session, library.row_store.now() + timedelta(days=1))
        path = library.row_store.home / retired.path
        (kept,) = session.query(ImportUndo).filter(ImportUndo.kind == "orders").all()[1:]
        stored_at = kept.stored_at
    library.row_store.now = lambda: stored_at + timedelta(days=6)
    library.row_store.sweep()
    assert path.exists()
    library.row_store.now = lambda: stored_at + timedelta(days=8)
    library.row_store.sweep()
    assert not path.exists()


async def test_removed_source_does_not_come_back_with_an_undo(
    bench: Bench, library: Container
) -> None:
    await take_in(bench, MAY, "may.csv")
    wrong = await take_in(bench, CORRECTED, "wrong.csv")
    library.row_store.forget(TEAM, "orders", "may.csv")
    before = amounts(library)
    await press_undo(bench, wrong)
    assert amounts(library) == before


async def test_undo_is_in_the_journal_with_who_pressed(bench: Bench, library: Container) -> None:
    upload = await take_in(bench, MAY, "may.csv")
    await press_undo(bench, upload)
    with library.database.begin() as session:
        entries = session.query(JournalEntry).filter(JournalEntry.event == "file undone").all()
    assert [(one.subject, one.by) for one in entries] == [(upload.id, MARIE)]
