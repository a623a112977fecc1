"""Tables without a line of names: known by their first row, and read by the columns' numbers."""

import re
from collections.abc import Mapping, Sequence

NUMBER = re.compile(r"[-+(]?\s?(?:[A-Z]{3}|[€$£])?\s?\d[\d.,' \u00a0]*\s?(?:[A-Z]{3}|[€$£%])?\)?")
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( .*)?"
)
MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")


def is_row(cells: Sequence[str]) -> bool:
    """Whether a first row is plainly no names: a date or an address, or mostly figures."""
    told = [cell.strip() for cell in cells if cell.strip()]
    figures = sum(NUMBER.fullmatch(cell) is not None or _sure(cell) for cell in told)
    return any(map(_sure, told)) or (bool(told) and figures * 2 > len(told))


def numbered(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns' names where they have none: 1, 2, 3 …"""
    return tuple(str(n) for n in range(1, len(cells) + 1))


def by_number(given: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What a person said, theirs → ours, with the columns that they called by their number from 1
    called by their names."""
    return {
        names[int(theirs) - 1]
        if theirs.isdigit() and theirs not in names and 0 < int(theirs) <= len(names)
        else theirs: ours
        for theirs, ours in given.items()
    }


def likely(cells: Sequence[str]) -> dict[str, str]:
    """What the first row's cells look like, number → ours: only what can hardly be anything else,
    the first date, the first address, the last figure with decimals."""
    found: dict[str, str] = {}
    for n, cell in zip(numbered(cells), map(str.strip, cells), strict=True):
        if DATE.fullmatch(cell) and "at" not in found.values():
            found[n] = "at"
        elif MAIL.fullmatch(cell) and "customer" not in found.values():
            found[n] = "customer"
        elif NUMBER.fullmatch(cell) and re.search(r"\d[.,]\d{2}\D*$", cell):
            found = {at: ours for at, ours in found.items() if ours != "amount"} | {n: "amount"}
    return found


def _sure(cell: str) -> bool:
    return bool(DATE.fullmatch(cell) or MAIL.fullmatch(cell))
