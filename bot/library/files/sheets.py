"""The tables of a workbook: which of its sheets hold one, and which continue each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.errors import CannotDo
from bot.library.files.head import Head, sense
from bot.library.files.names import PRODUCTS, complete, guess, match, spoken
from bot.library.files.sides import side
from bot.words import Words

Tables = tuple[tuple[str, ...], ...]


def tables(found: Sequence[Head], name: str, given: Mapping[str, str], kind: str | None) -> Tables:
    """The sheets that hold a table that can be read, in the book's order; those of the same
    columns are one table, as the months of a year are. `found` are the first rows of each."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for sheet, head in _best(found, name, given, kind).items():
        alone = guess(head.names, name, given, kind).kind == PRODUCTS  # read by a reader of its own
        columns = tuple(spoken(one) for one in head.names)
        groups.setdefault((columns, head.line, sheet if alone else ""), []).append(sheet)
    return tuple(tuple(some) for some in groups.values())


def with_its_others(head: Head, found: Sequence[Head], every: Tables, asked: Sequence[str]) -> Head:
    """The head with the sheets that continue it, of those that are `asked` for, and the sheets that
    hold something, but no table."""
    mine = next((some for some in every if head.sheet in some), ())
    stacked = [one for one in mine if one != head.sheet and (not asked or one in asked)]
    known = {one for some in every for one in some}
    rest = [one for one in dict.fromkeys(h.sheet for h in found) if one and one not in known]
    return replace(head, stacked=tuple(stacked), rest=tuple(rest))


def demand(name: str, asked: Sequence[str], there: Sequence[str]) -> None:
    """Raises CannotDo for a sheet that the workbook does not have, or that holds nothing."""
    if gone := [one for one in asked if one not in there]:
        raise CannotDo(
            Words(
                "{file} has no sheet {sheet} with anything in it. Its sheets are: {sheets}.",
                file=name,
                sheet=gone[0],
                sheets=", ".join(there) or "–",
            )
        )


def about_sheets(head: Head) -> Iterator[Words]:
    """What was made of several sheets, and what is in none of the tables."""
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


def _best(
    found: Sequence[Head], name: str, given: Mapping[str, str], kind: str | None
) -> dict[str, Head]:
    """The likeliest head of each sheet that holds a table, or half of one."""
    best: dict[str, Head] = {}
    for head in found:
        sheet = head.sheet or ""
        if sheet not in best or sense(head, name, given, kind) > sense(
            best[sheet], name, given, kind
        ):
            best[sheet] = head
    return {sheet: head for sheet, head in best.items() if _is_table(head, name, given, kind)}


def _is_table(head: Head, name: str, given: Mapping[str, str], kind: str | None) -> bool:
    if complete(guess(head.names, name, given, kind)):
        return True
    return kind in (None, "orders") and side(match("orders", head.names, given)) is not None
