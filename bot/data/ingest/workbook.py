"""Reads the values of a workbook's cells without trusting the sizes that it declares."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from bot.data.ingest.file_schema import is_old_workbook
from bot.data.text_file import Record
from bot.errors import CannotDo

MOST_UNPACKED_BYTES = 600_000_000  # bytes when unpacked
MOST_SHARED_STRINGS_BYTES = 150_000_000  # of the shared strings, which are kept in memory
MOST_COMPRESSION_RATIO = 200  # real workbooks stay below 40
SMALL_BYTES = 10_000_000  # smaller members may have any ratio
MOST_COLUMNS = 1_000
MOST_OLD_BYTES = 100_000_000  # of a workbook of the old form, which is read whole
MOST_ROWS = 2**21  # more than a sheet can have: Excel's have 2**20
SheetReader = Callable[..., Iterable[Sequence[Any]]]  # (max_row=None) → the cells of each row


def read_first_rows(path: Path, name: str, most: int) -> Iterator[tuple[str, list[Record]]]:
    """Yield each worksheet, in the workbook's order, with those of its first rows that are not
    empty."""
    with _open_workbook(path, name) as sheets:
        for title, read in sheets.items():
            yield title, list(_list_records(read(max_row=most)))


def read_sheet_rows(path: Path, name: str, sheets: Sequence[str]) -> Iterator[Record]:
    """Yield the non-empty rows of these sheets, one sheet after the other. `format_place` turns
    their line numbers into sheet and line."""
    with _open_workbook(path, name) as book:
        for at, sheet in enumerate(sheets):
            for row in _list_records(book[sheet]()):
                yield Record(at * MOST_ROWS + row.line, row.cells)


def format_place(n: int, sheets: Sequence[str]) -> int | str:
    """Return a row's number as its sheet shows it, with the sheet's name where there are several,
    as spreadsheets write it: `May!17`."""
    at, line = divmod(n, MOST_ROWS)
    return f"{sheets[at]}!{line}" if len(sheets) > 1 else line


def _list_records(rows: Iterable[Sequence[Any]]) -> Iterator[Record]:
    for number, row in enumerate(rows, start=1):
        cells = [_cell_text(value) for value in row]
        if any(cells):
            yield Record(number, cells)


@contextmanager
def _open_workbook(path: Path, name: str) -> Iterator[dict[str, SheetReader]]:
    """Yield the worksheets by their titles; chart sheets have no cells."""
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.utils.exceptions import InvalidFileException

    class CellsAlone(ExcelReader):  # type: ignore[misc]
        """Skips chart sheets, because some of them can't be parsed."""

        def read_chartsheet(self, sheet: Any, rel: Any) -> None:
            return None

    with path.open("rb") as file:
        head = file.read(8)
    if is_old_workbook(head):
        with _open_old_workbook(path, name) as old:
            yield old
        return
    _check_size(path, name)
    try:
        reader = CellsAlone(path, read_only=True, data_only=True, keep_links=False)
        reader.read()
        try:
            yield {
                str(one.title): partial(one.iter_rows, max_col=MOST_COLUMNS, values_only=True)
                for one in reader.wb.worksheets
            }
        finally:
            reader.wb.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, EOFError):
        raise CannotDo(
            "{file} is a workbook that is damaged. Save it again as .xlsx.", file=name
        ) from None


@contextmanager
def _open_old_workbook(path: Path, name: str) -> Iterator[dict[str, SheetReader]]:
    """Open a workbook of the old form (.xls)."""
    from python_calamine import CalamineError, CalamineWorkbook

    if path.stat().st_size > MOST_OLD_BYTES:
        raise CannotDo("{file} is too large for an old workbook. Save it as .xlsx.", file=name)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            yield {one: partial(_read_old_rows, book, one) for one in book.sheet_names}
    except CalamineError:
        raise CannotDo(
            "{file} can't be opened: it has a password or is damaged. Open it, save it as "
            ".xlsx without a password, and give me that file.",
            file=name,
        ) from None


def _read_old_rows(book: Any, title: str, max_row: int | None = None) -> Iterator[Sequence[Any]]:
    sheet = book.get_sheet_by_name(title)
    for row in sheet.to_python(skip_empty_area=False, nrows=max_row):
        yield row[:MOST_COLUMNS]


def _check_size(path: Path, name: str) -> None:
    """Refuse workbooks that would fill the memory. zipfile reads no more bytes than a member
    declares, so the declared sizes can be trusted."""
    with zipfile.ZipFile(path) as packed:
        members = packed.infolist()
    whole = sum(member.file_size for member in members)
    shared = sum(m.file_size for m in members if m.filename.endswith("sharedStrings.xml"))
    blown = any(
        m.file_size > max(SMALL_BYTES, MOST_COMPRESSION_RATIO * max(m.compress_size, 1))
        for m in members
    )
    if (
        whole > MOST_UNPACKED_BYTES
        or shared > MOST_SHARED_STRINGS_BYTES
        or blown
        or len(members) > 10_000
    ):
        raise CannotDo(
            "{file} unpacks to far more than a workbook holds. Export the sheet as CSV.", file=name
        )


def _cell_text(value: Any) -> str:
    """Return a cell as text: dates and times as ISO, whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        whole = value.replace(microsecond=0)
        return whole.isoformat(" ") if whole.time() != time() else whole.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
