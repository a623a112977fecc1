"""A row that may name a file's columns, and how much sense it makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.library.files.names import complete, guess


@dataclass(frozen=True)
class Head:
    names: tuple[str, ...]
    line: int = 0
    delimiter: str | None = None
    sheet: str | None = None
    above: int = 0  # lines that hold anything above the names
    first: tuple[str, ...] = ()  # the first row's cells, where there are no names
    texts: bool = True  # figures are as somebody or a program wrote them, not numbers of their own
    stacked: tuple[str, ...] = ()  # sheets of the same columns, read below its own
    rest: tuple[str, ...] = ()  # sheets that hold something, but no table


def sense(
    head: Head, name: str, given: Mapping[str, str], kind: str | None
) -> tuple[bool, bool, int, int, int]:
    """The more, the more it looks like the names of columns."""
    match = guess(head.names, name, given, kind)
    # names of several words are no columns of their own while a sign parts them
    parted = head.delimiter != "whitespace" and len(head.names) > 1
    return complete(match), parted, match.score, min(len(head.names), 3), -head.line
