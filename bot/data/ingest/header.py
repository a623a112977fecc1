"""Evaluates a row that may contain the names of a file's columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.data.ingest.column_names import ColumnMatch, is_complete
from bot.data.ingest.tool_exports import recognize_columns


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
    head: HeaderRow, name: str, given: Mapping[str, str], kind: str | None
) -> tuple[bool, bool, int, int, int]:
    """Return a sort key: the higher, the more the row looks like column names."""
    match = recognize_columns(head.names, name, given, kind)
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
    return ", ".join(one if _is_telling(one) else "…" for one in map(str.strip, cells))[:120]


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


def _is_telling(cell: str) -> bool:
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
