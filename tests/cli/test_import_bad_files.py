"""Damaged and unusable files given to `import`."""

import sys
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pytest

from bot.__main__ import main
from tests.cli.test_import import ORDERS, Person, file

HEAD = "order,date,customer,sku,title,quantity,amount\n"
SPARSE = 2_000_000_000  # bytes


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose library has two orders."""
    home = tmp_path_factory.mktemp("shop") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPER_INTERN_HOME", str(home))
        assert main(["import", "--yes", file(home, ORDERS, "good.csv")]) == 0
    return home


def kept(home: Path) -> list[tuple[Path, bytes]]:
    return [(path, path.read_bytes()) for path in sorted(home.glob("library/**/*.parquet"))]


def sparse(path: Path) -> None:
    with path.open("wb") as stored:
        stored.truncate(SPARSE)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)


def formulas(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEAD.strip().split(","), (7, "2026-10-01", "C1", "A", "A", 1, "=F2*5")):
        book.active.append(row)
    book.save(path)


MADE = {
    "sparse.csv": (sparse, "sparse.csv is no table that I can read."),
    "bomb.xlsx": (bomb, "bomb.xlsx unpacks to far more than a workbook holds."),
    "formulas.xlsx": (formulas, "No row of formulas.xlsx can be read. Line 2, amount: is empty."),
}
STORED = {
    "empty.csv": (b"", "empty.csv is empty."),
    "caret.csv": (HEAD.replace(",", "^").encode(), "I can't find columns in caret.csv"),
    "nothing.csv": (HEAD.encode(), "nothing.csv has the columns but no rows."),
    "soon.csv": (
        (HEAD + "7,2031-10-01,C1,A,A,1,5\n").encode(),
        "No row of soon.csv can be read. Line 2, date: lies in the future.",
    ),
    "quotes.csv": (
        (HEAD + '7,2026-10-01,C1,A,"never closed,1,5\n').encode(),
        "No row of quotes.csv can be read. Line 2, ?: a quote opens here",
    ),
}
ASKED = {
    "commas.csv": (
        (HEAD.replace(",", ";") + "7;2026-10-01;C1;A;A;1;1.234,50\n").encode(),
        "Assumed: Numbers are read with a decimal comma.",
    ),
    "months.csv": (
        (HEAD + "7,03/04/2026,C1,A,A,1,5.00\n").encode(),
        "Assumed: Dates are read as month/day.",
    ),
    "bom.csv": (b"\xef\xbb\xbf" + (HEAD + "7,2026-10-01,C1,A,A,1,5.00\n").encode(), "utf-8-sig"),
    "mixed.csv": (
        HEAD.encode()
        + "7,2026-10-01,C1,A,été,1,5.00\n".encode()
        + "8,2026-10-01,C1,A,été,1,5.00\n".encode("cp1252"),
        "cp1252",
    ),
    "twice.csv": (
        b"order,date,amount,amount\n7,2026-10-01,5.00,6.00\n",
        "Assumed: amount is there twice: the first one is read.",
    ),
    "back.csv": ((HEAD + "7,2026-10-01,C1,A,A,-1,-79.00\n").encode(), "-79.00"),
    "lines.csv": (
        (HEAD + '7,2026-10-01,C1,A,"over\nlines",1,5.00\n').encode(),
        "lines.csv: orders, 1 row (",
    ),
}


def tried(
    home: Path, path: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> str:
    """The output when the answer is no. Checks that the library has not changed."""
    patch.setenv("SUPER_INTERN_HOME", str(home))
    patch.setattr(sys, "stdin", Person("n\n"))
    before = kept(home)
    assert before
    code = main(["import", str(path)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert code in (1, 2)
    assert kept(home) == before
    assert not list(home.glob("import-*"))
    return said.out + said.err


@pytest.mark.parametrize("name", [*MADE, *STORED])
def test_unusable_file_is_explained_and_changes_nothing(
    name: str,
    shop: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / name
    if name in MADE:
        make, says = MADE[name]
        make(path)
    else:
        stored, says = STORED[name]
        path.write_bytes(stored)
    if "No row of" in says:  # that is known when all of it was read: after a yes
        monkeypatch.setenv("SUPER_INTERN_HOME", str(shop))
        before = kept(shop)
        assert main(["import", "--yes", str(path)]) == 2
        assert says in capsys.readouterr().err
        assert kept(shop) == before
    else:
        assert says in tried(shop, path, capsys, monkeypatch)


@pytest.mark.parametrize("name", ASKED)
def test_readable_file_is_previewed_and_changes_nothing(
    name: str,
    shop: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored, says = ASKED[name]
    (tmp_path / name).write_bytes(stored)
    said = tried(shop, tmp_path / name, capsys, monkeypatch)
    assert says in said
    assert said.count("Import it?") == 1


def test_rows_are_imported_as_they_were_previewed_though_the_file_was_swapped(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "swapped.csv"
    path.write_text(HEAD + "7,2026-10-01,C1,A,A,1,5.00\n")

    class Sly(Person):
        def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
            path.write_text(HEAD + "7,2026-10-01,C1,A,A,1,9.00\n")
            return "y\n"

    monkeypatch.setenv("SUPER_INTERN_HOME", str(shop))
    monkeypatch.setattr(sys, "stdin", Sly())
    assert main(["import", str(path)]) == 0
    assert "1 new row" in capsys.readouterr().out
    files = str(shop / "library" / "*" / "orders" / "*.parquet")
    query = """SELECT amount FROM read_parquet(?, union_by_name=true) WHERE "order" = '7'"""
    assert [float(amount) for (amount,) in duckdb.execute(query, [files]).fetchall()] == [5.0]
