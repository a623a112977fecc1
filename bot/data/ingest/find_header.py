"""Where a file names its columns: the header's line, the delimiter, the sheet."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb

from bot.data.ingest import workbook
from bot.data.ingest.column_names import complete, guess
from bot.data.ingest.file_format import HEAD, Opened, look
from bot.data.ingest.header import Head, is_row, numbered, sense
from bot.data.ingest.records import Record, lines_of, records
from bot.data.ingest.source import json_row, literal, unreadable
from bot.data.ingest.upload import TableFile
from bot.data.ingest.workbook import demand, tables, with_its_others
from bot.errors import CannotDo
from bot.i18n.messages import Words

DELIMITERS = (",", ";", "\t", "|", "whitespace")
SEARCHED = 12  # rows in which the header may be


def find_head(
    path: Path,
    opened: Opened,
    name: str,
    given: Mapping[str, str],
    kind: str | None,
    sheets: Sequence[str] = (),
) -> Head:
    """The header that makes most sense, of these `sheets` of a workbook when any are named. Raises
    CannotDo when there is none or nothing below it."""
    if opened.format == "parquet":
        types = _parquet(path, name)
        return Head(tuple(types), texts=set(types.values()) == {"VARCHAR"})
    if opened.format == "jsonl":
        return Head(_keys(path, opened), texts=False)
    every = list(_candidates(path, opened, name))
    if sheets:
        demand(path.name, sheets, list(dict.fromkeys(head.sheet or "" for head in every)))
    found = [head for head in every if not sheets or head.sheet in sheets]
    best = max(found, key=lambda head: sense(head, name, given, kind), default=None)
    if best is None or len(best.names) < 2:
        raise CannotDo(
            Words(
                "I can't find columns in {file}: no comma, semicolon or tab parts its first "
                "lines. The first line reads: {line}",
                file=name,
                line=_first(path, opened)[:200],
            )
        )
    if complete(guess(best.names, name, given, kind)):
        alike = (best.delimiter, best.sheet)
        above = sum(one.line < best.line for one in found if (one.delimiter, one.sheet) == alike)
        return _with_others(replace(best, above=above), every, name, given, kind, sheets)
    rows = sorted((one for one in found if one.delimiter == best.delimiter), key=_place(found))
    first = rows[0]
    if is_row(first.names, [one.names for one in rows[1:] if one.sheet == first.sheet]):
        return replace(first, names=numbered(first.names), line=0, first=first.names)
    return _with_others(best, every, name, given, kind, sheets)


def _with_others(
    head: Head,
    every: Sequence[Head],
    name: str,
    given: Mapping[str, str],
    kind: str | None,
    asked: Sequence[str],
) -> Head:
    if head.sheet is None:
        return head
    return with_its_others(head, every, tables(every, name, given, kind), asked)


def _place(found: Sequence[Head]) -> Callable[[Head], tuple[int, int]]:
    """The order of rows in the file: by sheet, then by line."""
    sheets = list(dict.fromkeys(one.sheet for one in found))
    return lambda head: (sheets.index(head.sheet), head.line)


def of_workbook(path: Path, name: str) -> Iterator[Head]:
    """The first rows of each sheet, as if they named its columns. Raises CannotDo."""
    for title, rows in workbook.first_rows(path, name, SEARCHED):
        for row in rows:
            cells = row.cells
            while cells and not cells[-1]:
                cells.pop()
            yield Head(tuple(c.strip() for c in cells), row.line, None, title, texts=False)


def _candidates(path: Path, opened: Opened, name: str) -> Iterator[Head]:
    if opened.format == "xlsx":
        yield from of_workbook(path, name)
        return
    text = "".join(islice(_some(path, opened), 200))
    for delimiter in DELIMITERS:
        for row in islice(records(iter(io.StringIO(text, newline="")), delimiter), SEARCHED):
            if isinstance(row, Record):
                cells = [cell.strip().lstrip("\ufeff") for cell in row.cells]
                span = sum(cell.count("\n") for cell in cells)
                yield Head(tuple(cells), row.line + span, delimiter)


def _some(path: Path, opened: Opened) -> Iterator[str]:
    """The first lines, no more than a head's worth."""
    left = 4 * HEAD
    for line in lines_of(path, opened.encoding or "utf-8"):
        yield line
        left -= len(line)
        if left < 0:
            return


def _first(path: Path, opened: Opened) -> str:
    if opened.format != "csv":
        return ""
    return next((line.strip() for line in _some(path, opened) if line.strip()), "")


def _keys(path: Path, opened: Opened) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for line in islice(lines_of(path, opened.encoding or "utf-8"), 2000):
        keys.update(dict.fromkeys(json_row(line) or {}))
    return tuple(keys)


def _parquet(path: Path, name: str) -> dict[str, str]:
    """Its columns and their types. Orders and lines that were joined are of texts alone."""
    with duckdb.connect() as con:
        try:
            found = con.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(path)})").fetchall()
        except duckdb.Error as error:
            raise unreadable(name, path, error) from None
    return {row[0]: row[1] for row in found}


# What of a file is read as one table each.


def split(path: Path, given: Mapping[str, str], kind: str | None) -> list[TableFile]:
    """The file itself, or the tables of a workbook that holds several. A file that can't be read
    is one part: read, it says why."""
    if not zipfile.is_zipfile(path):
        return [TableFile(path)]
    try:
        found = list(of_workbook(path, path.name))
    except CannotDo:
        return [TableFile(path)]
    several = tables(found, path.name, given, kind)
    return [TableFile(path, some) for some in several] if len(several) > 1 else [TableFile(path)]


def columns_of(part: TableFile, given: Mapping[str, str], kind: str | None) -> tuple[str, ...]:
    """How a table names its columns; nothing for a file that can't be read."""
    try:
        file = look(part.path, part.name)
        return find_head(part.path, file, part.name, given, kind, part.sheets).names
    except CannotDo:
        return ()
