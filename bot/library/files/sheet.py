"""The rows of a workbook, values only, read without trusting what it says of its size."""

import zipfile
from collections.abc import Iterator
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


def sheets(path: Path, name: str) -> list[str]:
    """The names of the sheets."""
    with _opened(path, name) as book:
        return [str(sheet) for sheet in book.sheetnames]


def rows_of(path: Path, name: str, sheet: str, most: int | None = None) -> Iterator[Record]:
    """The sheet's rows that hold anything, with their numbers as the sheet shows them."""
    with _opened(path, name) as book:
        asked = book[sheet]
        for number, row in enumerate(
            asked.iter_rows(max_col=MOST_COLUMNS, max_row=most, values_only=True), start=1
        ):
            cells = [_said(value) for value in row]
            if any(cells):
                yield Record(number, cells)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Any]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    _guard(path, name)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()
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
