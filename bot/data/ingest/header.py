"""Finds where a file names its columns: the header's line, the delimiter, the sheet. Also which
sheets of a workbook are one table."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from bot.data.ingest import workbook
from bot.data.ingest.column_names import (
    PRODUCTS_KIND,
    ColumnMatch,
    is_complete,
    match_columns,
    normalize_column_name,
)
from bot.data.ingest.file_schema import (
    HEAD_BYTES,
    FileInfo,
    FileLayout,
    ImportOptions,
    inspect_format,
    read_lines,
)
from bot.data.ingest.source import parse_json_row, unreadable_error
from bot.data.ingest.tool_exports import recognize_columns
from bot.data.ingest.upload import TableFile
from bot.data.text_file import Record, parse_records
from bot.data.warehouse.parquet import quote_text
from bot.errors import CannotDo
from bot.i18n.messages import Words


@dataclass(frozen=True)
class HeaderRow:
    """A row that may contain the column names, and where it is."""

    names: tuple[str, ...]
    line: int = 0
    delimiter: str | None = None
    sheet: str | None = None
    above: int = 0  # non-empty lines above the names
    first: tuple[str, ...] = ()  # cells of the first row, where there are no names
    texts: bool = True  # numbers are stored as text
    stacked: tuple[str, ...] = ()  # sheets with the same columns, appended to this one
    rest: tuple[str, ...] = ()  # sheets that are not empty but contain no table


def score_header(
    head: HeaderRow, name: str, options: ImportOptions
) -> tuple[bool, bool, int, int, int]:
    """Return a sort key: the higher, the more the row looks like column names."""
    match = recognize_columns(head.names, name, options)
    # A delimiter is preferred to whitespace, which would split names of several words.
    parted = head.delimiter != "whitespace" and len(head.names) > 1
    return is_complete(match), parted, match.score, min(len(head.names), 3), -head.line


# Tables without column names are recognised by their first row and read by column numbers.

NUMBER_PATTERN = re.compile(
    r"[-+(]?\s?(?:[A-Z]{3}|[€$£])?\s?\d[\d.,' \u00a0]*\s?(?:[A-Z]{3}|[€$£%])?\)?"
)
DATE_PATTERN = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( .*)?"
)
LONGEST_SHOWN_FIGURE = 8  # characters; longer numbers may be phone or account numbers
YEAR_PATTERN = re.compile(r"(?:19|20)\d\d")
EMAIL_PATTERN = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")


def is_data_row(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row is data, not column names: it has numbers, dates or addresses
    wherever the rows below have nothing else. Years alone may be names."""
    if not below:
        return any(map(_is_certain, cells)) or sum(map(_is_figure, cells)) * 2 > len(cells)
    said = [cell.strip() for cell in cells]
    alike = []
    for at, cell in enumerate(said):
        others = [row[at].strip() for row in below if at < len(row) and row[at].strip()]
        if cell and others and all(map(_is_figure, others)):
            alike.append(cell)
    return all(map(_is_figure, alike)) and any(not YEAR_PATTERN.fullmatch(cell) for cell in alike)


def number_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Return 1, 2, 3 … as the names of columns without names."""
    return tuple(str(n) for n in range(1, len(cells) + 1))


def resolve_column_numbers(given: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return a person's mapping (theirs → ours) with column numbers (from 1) replaced by the
    columns' names."""
    return {
        names[int(theirs) - 1]
        if theirs.isdigit() and theirs not in names and 0 < int(theirs) <= len(names)
        else theirs: ours
        for theirs, ours in given.items()
    }


def preview_cells(cells: Sequence[str]) -> str:
    """Return a first row as it may be shown: numbers and dates only, because other cells may be
    personal."""
    return ", ".join(one if is_telling(one) else "…" for one in map(str.strip, cells))[:120]


def guess_columns(cells: Sequence[str]) -> dict[str, str]:
    """Guess columns from the first row's cells, number → ours: only the first date, the first
    e-mail address and the last number with decimals, which are hardly ambiguous."""
    found: dict[str, str] = {}
    for n, cell in zip(number_columns(cells), map(str.strip, cells), strict=True):
        if DATE_PATTERN.fullmatch(cell) and "at" not in found.values():
            found[n] = "at"
        elif EMAIL_PATTERN.fullmatch(cell) and "customer" not in found.values():
            found[n] = "customer"
        elif NUMBER_PATTERN.fullmatch(cell) and re.search(r"\d[.,]\d{2}\D*$", cell):
            found = {at: ours for at, ours in found.items() if ours != "amount"} | {n: "amount"}
    return found


def is_telling(cell: str) -> bool:
    """Return whether a cell is a short number or a date, which may be shown."""
    figure = NUMBER_PATTERN.fullmatch(cell) is not None and len(cell) <= LONGEST_SHOWN_FIGURE
    return figure or DATE_PATTERN.fullmatch(cell) is not None


def _is_figure(cell: str) -> bool:
    return NUMBER_PATTERN.fullmatch(cell.strip()) is not None or _is_certain(cell.strip())


def _is_certain(cell: str) -> bool:
    return bool(DATE_PATTERN.fullmatch(cell) or EMAIL_PATTERN.fullmatch(cell))


# Some shops export orders in one file and their lines in another.


def classify_order_file(found: ColumnMatch) -> str | None:
    """Return "orders" or "lines" for one of two files that complete each other, None for any other
    file. `found` is its match as orders."""
    if is_complete(found):
        return None
    return "orders" if is_order_headers(found) else "lines" if is_order_lines(found) else None


def is_order_headers(found: ColumnMatch) -> bool:
    """Return whether a file has the orders' dates and customers, but no amounts."""
    return {"order", "at", "customer"} <= set(found.columns) and not _has_amounts(found)


def is_order_lines(found: ColumnMatch) -> bool:
    """Return whether a file has the orders' products and amounts, but no dates."""
    has = found.columns
    what = "product" in has or "title" in has
    return "order" in has and what and "at" not in has and _has_amounts(found)


def _has_amounts(found: ColumnMatch) -> bool:
    return "amount" in found.columns or "unit_price" in found.aids


def layout_under_header(head: HeaderRow, file: FileInfo) -> FileLayout:
    return FileLayout(
        file.format,
        file.encoding,
        head.delimiter,
        head.sheet,
        head.line,
        head.names,
        file.lines,
        head.stacked,
    )


# The tables of a workbook: which sheets contain one, and which continue another sheet.

SheetGroups = tuple[tuple[str, ...], ...]


def group_sheets(found: Sequence[HeaderRow], name: str, options: ImportOptions) -> SheetGroups:
    """Return the sheets that contain a readable table, in the workbook's order. Sheets with the
    same columns, such as the months of a year, are one table. `found` holds the first rows of each
    sheet."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for sheet, head in _best_headers(found, name, options).items():
        alone = (
            recognize_columns(head.names, name, options).kind == PRODUCTS_KIND
        )  # the catalogue reader reads one sheet
        columns = tuple(normalize_column_name(one) for one in head.names)
        groups.setdefault((columns, head.line, sheet if alone else ""), []).append(sheet)
    return tuple(tuple(some) for some in groups.values())


def require_sheets(name: str, wanted_sheets: Sequence[str], there: Sequence[str]) -> None:
    """Raises CannotDo for a sheet that is missing or empty."""
    if gone := [one for one in wanted_sheets if one not in there]:
        raise CannotDo(
            "{file} has no sheet {sheet} with anything in it. Its sheets are: {sheets}.",
            file=name,
            sheet=gone[0],
            sheets=", ".join(there) or "–",
        )


def describe_sheets(head: HeaderRow) -> Iterator[Words]:
    """Describe how several sheets were combined, and which are left out."""
    if head.stacked:
        yield Words(
            "Sheets of the same columns are read as one table: {sheets}.",
            sheets=", ".join((head.sheet or "", *head.stacked)),
        )
    if head.rest:
        yield Words.count(
            "One sheet is left out, as it holds no table that I know: {sheets}.",
            "{n} sheets are left out, as they hold no table that I know: {sheets}.",
            len(head.rest),
            sheets=", ".join(head.rest),
        )


def _best_headers(
    found: Sequence[HeaderRow], name: str, options: ImportOptions
) -> dict[str, HeaderRow]:
    """Return the best header of each sheet that contains a table, or one half of orders and
    lines."""
    best: dict[str, HeaderRow] = {}
    for head in found:
        sheet = head.sheet or ""
        if sheet not in best or score_header(head, name, options) > score_header(
            best[sheet], name, options
        ):
            best[sheet] = head
    return {sheet: head for sheet, head in best.items() if _is_table(head, name, options)}


def _is_table(head: HeaderRow, name: str, options: ImportOptions) -> bool:
    if is_complete(recognize_columns(head.names, name, options)):
        return True
    return (
        options.kind in (None, "orders")
        and classify_order_file(match_columns("orders", head.names, options.called)) is not None
    )


# The search for the header among the first rows of a file.

DELIMITERS = (",", ";", "\t", "|", "whitespace")
SEARCHED_ROWS = 12  # rows that are searched for the header


def find_header(path: Path, opened: FileInfo, name: str, options: ImportOptions) -> HeaderRow:
    """Return the best header, among the sheets of a workbook that `options` name, if any. Raises
    CannotDo when there is none."""
    sheets = options.sheets
    if opened.format == "parquet":
        types = _parquet_columns(path, name)
        return HeaderRow(tuple(types), texts=set(types.values()) == {"VARCHAR"})
    if opened.format == "jsonl":
        return HeaderRow(_json_keys(path, opened), texts=False)
    every = list(_candidate_headers(path, opened, name))
    if sheets:
        require_sheets(path.name, sheets, list(dict.fromkeys(head.sheet or "" for head in every)))
    found = [head for head in every if not sheets or head.sheet in sheets]
    # A line that a delimiter does not part has one cell, whatever the delimiter.
    distinct: dict[object, HeaderRow] = {}
    for head in found:
        distinct.setdefault((head.names, head.line, head.sheet), head)
    best = max(distinct.values(), key=lambda head: score_header(head, name, options), default=None)
    if best is None or len(best.names) < 2:
        raise CannotDo(
            "I can't find columns in {file}: no comma, semicolon or tab parts its first "
            "lines. The first line reads: {line}",
            file=name,
            line=_first_line(path, opened)[:200],
        )
    if is_complete(recognize_columns(best.names, name, options)):
        alike = (best.delimiter, best.sheet)
        above = sum(one.line < best.line for one in found if (one.delimiter, one.sheet) == alike)
        return _add_other_sheets(replace(best, above=above), every, name, options)
    rows = sorted(
        (one for one in found if one.delimiter == best.delimiter), key=_position_key(found)
    )
    first = rows[0]
    if is_data_row(first.names, [one.names for one in rows[1:] if one.sheet == first.sheet]):
        return replace(first, names=number_columns(first.names), line=0, first=first.names)
    return _add_other_sheets(best, every, name, options)


def _add_other_sheets(
    head: HeaderRow, every: Sequence[HeaderRow], name: str, options: ImportOptions
) -> HeaderRow:
    """Return the header with the sheets that continue its table, among those that `options` name
    if any, and with the sheets that contain no table."""
    if head.sheet is None:
        return head
    groups = group_sheets(every, name, options)
    mine = next((some for some in groups if head.sheet in some), ())
    wanted = options.sheets or mine
    stacked = tuple(one for one in mine if one != head.sheet and one in wanted)
    known = {one for some in groups for one in some}
    rest = [one for one in dict.fromkeys(h.sheet for h in every) if one and one not in known]
    return replace(head, stacked=stacked, rest=tuple(rest))


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


def split_tables(path: Path, options: ImportOptions) -> list[TableFile]:
    """Return the file itself, the sheets of it that `options` name, or the tables of a workbook
    that contains several. A file that can't be read is returned as one part; reading it later
    raises the reason."""
    if options.sheets:
        return [TableFile(path, options.sheets)]
    if not zipfile.is_zipfile(path):
        return [TableFile(path)]
    try:
        found = list(workbook_headers(path, path.name))
    except CannotDo:
        return [TableFile(path)]
    several = group_sheets(found, path.name, options)
    return [TableFile(path, some) for some in several] if len(several) > 1 else [TableFile(path)]


def read_column_names(part: TableFile, options: ImportOptions) -> tuple[str, ...]:
    """Return the column names of a table, or nothing for a file that can't be read."""
    try:
        file = inspect_format(part.path, part.name)
        return find_header(part.path, file, part.name, options.of_sheets(part.sheets)).names
    except CannotDo:
        return ()
