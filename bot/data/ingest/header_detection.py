"""Finds where a file names its columns: the header's line, the delimiter, the sheet."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb

from bot.data.ingest import workbook
from bot.data.ingest.column_names import is_complete
from bot.data.ingest.file_format import HEAD_BYTES, FileInfo, inspect_format, read_lines
from bot.data.ingest.header import HeaderRow, is_data_row, number_columns, score_header
from bot.data.ingest.source import parse_json_row, quote_text, unreadable_error
from bot.data.ingest.tool_exports import recognize_columns
from bot.data.ingest.upload import TableFile
from bot.data.ingest.workbook import add_continuing_sheets, group_sheets, require_sheets
from bot.data.text_file import Record, parse_records
from bot.errors import CannotDo
from bot.i18n.messages import Words

DELIMITERS = (",", ";", "\t", "|", "whitespace")
SEARCHED_ROWS = 12  # rows that are searched for the header


def find_header(
    path: Path,
    opened: FileInfo,
    name: str,
    given: Mapping[str, str],
    kind: str | None,
    sheets: Sequence[str] = (),
) -> HeaderRow:
    """Return the best header, among these `sheets` of a workbook if any are named. Raises CannotDo
    when there is none."""
    if opened.format == "parquet":
        types = _parquet_columns(path, name)
        return HeaderRow(tuple(types), texts=set(types.values()) == {"VARCHAR"})
    if opened.format == "jsonl":
        return HeaderRow(_json_keys(path, opened), texts=False)
    every = list(_candidate_headers(path, opened, name))
    if sheets:
        require_sheets(path.name, sheets, list(dict.fromkeys(head.sheet or "" for head in every)))
    found = [head for head in every if not sheets or head.sheet in sheets]
    best = max(found, key=lambda head: score_header(head, name, given, kind), default=None)
    if best is None or len(best.names) < 2:
        raise CannotDo(
            Words(
                "I can't find columns in {file}: no comma, semicolon or tab parts its first "
                "lines. The first line reads: {line}",
                file=name,
                line=_first_line(path, opened)[:200],
            )
        )
    if is_complete(recognize_columns(best.names, name, given, kind)):
        alike = (best.delimiter, best.sheet)
        above = sum(one.line < best.line for one in found if (one.delimiter, one.sheet) == alike)
        return _add_other_sheets(replace(best, above=above), every, name, given, kind, sheets)
    rows = sorted(
        (one for one in found if one.delimiter == best.delimiter), key=_position_key(found)
    )
    first = rows[0]
    if is_data_row(first.names, [one.names for one in rows[1:] if one.sheet == first.sheet]):
        return replace(first, names=number_columns(first.names), line=0, first=first.names)
    return _add_other_sheets(best, every, name, given, kind, sheets)


def _add_other_sheets(
    head: HeaderRow,
    every: Sequence[HeaderRow],
    name: str,
    given: Mapping[str, str],
    kind: str | None,
    wanted_sheets: Sequence[str],
) -> HeaderRow:
    if head.sheet is None:
        return head
    return add_continuing_sheets(head, every, group_sheets(every, name, given, kind), wanted_sheets)


def _position_key(found: Sequence[HeaderRow]) -> Callable[[HeaderRow], tuple[int, int]]:
    """Return a sort key for the order of rows in the file: by sheet, then by line."""
    sheets = list(dict.fromkeys(one.sheet for one in found))
    return lambda head: (sheets.index(head.sheet), head.line)


def workbook_headers(path: Path, name: str) -> Iterator[HeaderRow]:
    """Yield the first rows of each sheet as candidates for the header. Raises CannotDo."""
    for title, rows in workbook.read_first_rows(path, name, SEARCHED_ROWS):
        for row in rows:
            cells = row.cells
            while cells and not cells[-1]:
                cells.pop()
            yield HeaderRow(tuple(c.strip() for c in cells), row.line, None, title, texts=False)


def _candidate_headers(path: Path, opened: FileInfo, name: str) -> Iterator[HeaderRow]:
    if opened.format == "xlsx":
        yield from workbook_headers(path, name)
        return
    text = "".join(islice(_first_lines(path, opened), 200))
    for delimiter in DELIMITERS:
        for row in islice(
            parse_records(iter(io.StringIO(text, newline="")), delimiter), SEARCHED_ROWS
        ):
            if isinstance(row, Record):
                cells = [cell.strip().lstrip("\ufeff") for cell in row.cells]
                span = sum(cell.count("\n") for cell in cells)
                yield HeaderRow(tuple(cells), row.line + span, delimiter)


def _first_lines(path: Path, opened: FileInfo) -> Iterator[str]:
    """Yield the first lines, up to about 4 × HEAD_BYTES characters."""
    left = 4 * HEAD_BYTES
    for line in read_lines(path, opened.encoding or "utf-8"):
        yield line
        left -= len(line)
        if left < 0:
            return


def _first_line(path: Path, opened: FileInfo) -> str:
    if opened.format != "csv":
        return ""
    return next((line.strip() for line in _first_lines(path, opened) if line.strip()), "")


def _json_keys(path: Path, opened: FileInfo) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for line in islice(read_lines(path, opened.encoding or "utf-8"), 2000):
        keys.update(dict.fromkeys(parse_json_row(line) or {}))
    return tuple(keys)


def _parquet_columns(path: Path, name: str) -> dict[str, str]:
    """Return its columns and their types. Joined files of orders and lines contain text only."""
    with duckdb.connect() as con:
        try:
            found = con.execute(
                f"DESCRIBE SELECT * FROM read_parquet({quote_text(path)})"
            ).fetchall()
        except duckdb.Error as error:
            raise unreadable_error(name, path, error) from None
    return {row[0]: row[1] for row in found}


# Splitting a workbook into tables.


def split_tables(path: Path, given: Mapping[str, str], kind: str | None) -> list[TableFile]:
    """Return the file itself, or the tables of a workbook that contains several. A file that can't
    be read is returned as one part; reading it later raises the reason."""
    if not zipfile.is_zipfile(path):
        return [TableFile(path)]
    try:
        found = list(workbook_headers(path, path.name))
    except CannotDo:
        return [TableFile(path)]
    several = group_sheets(found, path.name, given, kind)
    return [TableFile(path, some) for some in several] if len(several) > 1 else [TableFile(path)]


def read_column_names(
    part: TableFile, given: Mapping[str, str], kind: str | None
) -> tuple[str, ...]:
    """Return the column names of a table, or nothing for a file that can't be read."""
    try:
        file = inspect_format(part.path, part.name)
        return find_header(part.path, file, part.name, given, kind, part.sheets).names
    except CannotDo:
        return ()
