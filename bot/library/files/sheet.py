"""The rows of a workbook, values only, read without trusting what it says of its size."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bot.errors import CannotDo
from bot.library.files.records import Record
from bot.words import Words

MOST = 600_000_000  # bytes when unpacked
MOST_SHARED = 150_000_000  # of the texts that all cells share: they are held in memory
RATIO = 200  # real workbooks stay below 40
SMALL = 10_000_000  # bytes that may be of any ratio
MOST_COLUMNS = 1_000
ROWS = 2**21  # more than a sheet can have: Excel's have 2**20


def first_rows(path: Path, name: str, most: int) -> Iterator[tuple[str, list[Record]]]:
    """Each sheet of cells, in the book's order, with those of its first rows that hold anything."""
    with _opened(path, name) as book:
        for sheet in book.worksheets:  # a sheet that is a chart has no cells
            yield str(sheet.title), list(_rows(sheet, most))


def rows_of(path: Path, name: str, sheets: Sequence[str]) -> Iterator[Record]:
    """The rows of these sheets that hold anything, one sheet below the other; their numbers tell
    the sheet as well: see `place_of`."""
    with _opened(path, name) as book:
        for at, sheet in enumerate(sheets):
            for row in _rows(book[sheet], None):
                yield Record(at * ROWS + row.line, row.cells)


def place_of(n: int, sheets: Sequence[str]) -> int | str:
    """A row's number as its sheet shows it; with the sheet's name where there are several, as
    spreadsheets write it: `May!17`."""
    at, line = divmod(n, ROWS)
    return f"{sheets[at]}!{line}" if len(sheets) > 1 else line


def _rows(sheet: Any, most: int | None) -> Iterator[Record]:
    for number, row in enumerate(
        sheet.iter_rows(max_col=MOST_COLUMNS, max_row=most, values_only=True), start=1
    ):
        cells = [_said(value) for value in row]
        if any(cells):
            yield Record(number, cells)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Any]:
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.utils.exceptions import InvalidFileException

    class CellsAlone(ExcelReader):  # type: ignore[misc]
        """Leaves out the sheets that are a chart: they would be built, and some can't be."""

        def read_chartsheet(self, sheet: Any, rel: Any) -> None:
            return None

    _guard(path, name)
    try:
        reader = CellsAlone(path, read_only=True, data_only=True, keep_links=False)
        reader.read()
        try:
            yield reader.wb
        finally:
            reader.wb.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, EOFError):
        raise CannotDo(
            Words("{file} is a workbook that is damaged. Save it again as .xlsx.", file=name)
        ) from None


def _guard(path: Path, name: str) -> None:
    """Refuses what would fill the memory. zipfile gives no more bytes than a member declares, so
    that the declared sizes are the ones that count."""
    with zipfile.ZipFile(path) as packed:
        members = packed.infolist()
    whole = sum(member.file_size for member in members)
    shared = sum(m.file_size for m in members if m.filename.endswith("sharedStrings.xml"))
    blown = any(m.file_size > max(SMALL, RATIO * max(m.compress_size, 1)) for m in members)
    if whole > MOST or shared > MOST_SHARED or blown or len(members) > 10_000:
        raise CannotDo(
            Words(
                "{file} unpacks to far more than a workbook holds. Export the sheet as CSV.",
                file=name,
            )
        )


def _said(value: Any) -> str:
    """A cell as text: days and times as ISO, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        whole = value.replace(microsecond=0)
        return whole.isoformat(" ") if whole.time() != time() else whole.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
