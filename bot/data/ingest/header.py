"""A row that may name a file's columns, and how much sense it makes of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.data.ingest.column_names import ColumnMatch, guess_kind, is_complete


@dataclass(frozen=True)
class HeaderRow:
    names: tuple[str, ...]
    line: int = 0
    delimiter: str | None = None
    sheet: str | None = None
    above: int = 0  # lines that hold anything above the names
    first: tuple[str, ...] = ()  # the first row's cells, where there are no names
    texts: bool = True  # figures are as somebody or a program wrote them, not numbers of their own
    stacked: tuple[str, ...] = ()  # sheets of the same columns, read below its own
    rest: tuple[str, ...] = ()  # sheets that hold something, but no table


def score_header(
    head: HeaderRow, name: str, given: Mapping[str, str], kind: str | None
) -> tuple[bool, bool, int, int, int]:
    """The more, the more it looks like the names of columns."""
    match = guess_kind(head.names, name, given, kind)
    # names of several words are no columns of their own while a sign parts them
    parted = head.delimiter != "whitespace" and len(head.names) > 1
    return is_complete(match), parted, match.score, min(len(head.names), 3), -head.line


# Tables without a line of names: known by their first row, and read by the columns' numbers.

NUMBER_PATTERN = re.compile(
    r"[-+(]?\s?(?:[A-Z]{3}|[€$£])?\s?\d[\d.,' \u00a0]*\s?(?:[A-Z]{3}|[€$£%])?\)?"
)
DATE_PATTERN = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( .*)?"
)
LONGEST_SHOWN_FIGURE = 8  # signs of a figure: longer ones may be telephones or accounts
YEAR_PATTERN = re.compile(r"(?:19|20)\d\d")
EMAIL_PATTERN = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")


def is_data_row(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a first row is plainly no names: it has figures, dates or addresses wherever the rows
    below it have nothing else. Years alone may be names."""
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
    """The columns' names where they have none: 1, 2, 3 …"""
    return tuple(str(n) for n in range(1, len(cells) + 1))


def resolve_column_numbers(given: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What a person said, theirs → ours, with the columns that they called by their number from 1
    called by their names."""
    return {
        names[int(theirs) - 1]
        if theirs.isdigit() and theirs not in names and 0 < int(theirs) <= len(names)
        else theirs: ours
        for theirs, ours in given.items()
    }


def preview_cells(cells: Sequence[str]) -> str:
    """A first row as people may see it: figures and dates, and nothing that may be somebody's."""
    return ", ".join(one if _is_telling(one) else "…" for one in map(str.strip, cells))[:120]


def guess_columns(cells: Sequence[str]) -> dict[str, str]:
    """What the first row's cells look like, number → ours: only what can hardly be anything else,
    the first date, the first address, the last figure with decimals."""
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


# Shops that export orders in one file and their lines in another: which of the two a file is.


def classify_order_file(found: ColumnMatch) -> str | None:
    """ "orders" or "lines", by a file's columns as orders have them; None for any other file."""
    if is_complete(found):
        return None
    return "orders" if is_order_headers(found) else "lines" if is_order_lines(found) else None


def is_order_headers(found: ColumnMatch) -> bool:
    """Whether a file says when orders were placed, and by whom, but not for how much."""
    return {"order", "at", "customer"} <= set(found.columns) and not _has_amounts(found)


def is_order_lines(found: ColumnMatch) -> bool:
    """Whether a file says what was in orders and for how much, but not when."""
    has = found.columns
    what = "product" in has or "title" in has
    return "order" in has and what and "at" not in has and _has_amounts(found)


def _has_amounts(found: ColumnMatch) -> bool:
    return "amount" in found.columns or "unit_price" in found.aids
