"""Where a file names its columns: the header's line, the delimiter, the sheet."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from bot.errors import CannotDo
from bot.library.files import sheet
from bot.library.files.headless import is_row, numbered
from bot.library.files.names import complete, guess
from bot.library.files.opening import HEAD, Opened
from bot.library.files.records import Record, lines_of, records
from bot.library.files.source import json_row, literal, unreadable
from bot.words import Words

DELIMITERS = (",", ";", "\t", "|", "whitespace")
SEARCHED = 12  # rows in which the header may be


@dataclass(frozen=True)
class Head:
    names: tuple[str, ...]
    line: int = 0
    delimiter: str | None = None
    sheet: str | None = None
    above: int = 0  # lines that hold anything above the names
    first: tuple[str, ...] = ()  # the first row's cells, where there are no names
    texts: bool = True  # figures are as somebody or a program wrote them, not numbers of their own


def find_head(
    path: Path, opened: Opened, name: str, given: Mapping[str, str], kind: str | None
) -> Head:
    """The header that makes most sense. Raises CannotDo when there is none or nothing below it."""
    if opened.format == "parquet":
        types = _parquet(path, name)
        return Head(tuple(types), texts=set(types.values()) == {"VARCHAR"})
    if opened.format == "jsonl":
        return Head(_keys(path, opened), texts=False)
    found = list(_candidates(path, opened, name))
    best = max(found, key=lambda head: _sense(head, name, given, kind), default=None)
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
        return replace(best, above=above)
    rows = sorted((one for one in found if one.delimiter == best.delimiter), key=_place(found))
    first = rows[0]
    if is_row(first.names, [one.names for one in rows[1:] if one.sheet == first.sheet]):
        return replace(first, names=numbered(first.names), line=0, first=first.names)
    return best


def _place(found: Sequence[Head]) -> Callable[[Head], tuple[int, int]]:
    """The order of rows in the file: by sheet, then by line."""
    sheets = list(dict.fromkeys(one.sheet for one in found))
    return lambda head: (sheets.index(head.sheet), head.line)


def _sense(
    head: Head, name: str, given: Mapping[str, str], kind: str | None
) -> tuple[bool, bool, int, int, int]:
    match = guess(head.names, name, given, kind)
    # names of several words are no columns of their own while a sign parts them
    parted = head.delimiter != "whitespace" and len(head.names) > 1
    return complete(match), parted, match.score, min(len(head.names), 3), -head.line


def _candidates(path: Path, opened: Opened, name: str) -> Iterator[Head]:
    if opened.format == "xlsx":
        for one in sheet.sheets(path, name)[:20]:
            for found in sheet.rows_of(path, name, one, most=SEARCHED):
                cells = found.cells
                while cells and not cells[-1]:
                    cells.pop()
                yield Head(tuple(c.strip() for c in cells), found.line, None, one, texts=False)
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
        except duckdb.Error:
            raise unreadable(name) from None
    return {row[0]: row[1] for row in found}
