"""What can't be understood of a file, in one clear sentence."""

from collections.abc import Mapping, Sequence

from bot.errors import CannotDo
from bot.library.catalogue.amounts import CURRENCIES
from bot.library.catalogue.columns import known_fields
from bot.library.catalogue.sorting import Reject as ProductReject
from bot.library.files.headless import likely, shown
from bot.library.files.names import PRODUCTS, Match, spoken
from bot.library.files.rejecting import Reject
from bot.library.files.sides import is_lines
from bot.library.files.understood import Mapped
from bot.library.kinds import Type, kinds
from bot.reasons import reason_in_words
from bot.words import Words


def check_asked(kind: str | None, given: Mapping[str, str], currency: str | None) -> None:
    """Raises CannotDo for a kind, a column of ours or a currency that there is not."""
    if kind and kind not in (*kinds(), PRODUCTS):
        raise CannotDo(
            Words(
                "There is no kind {kind}. The kinds are: {known}.",
                kind=kind,
                known=", ".join((*kinds(), PRODUCTS)),
            )
        )
    asked = [one for name, one in kinds().items() if kind in (None, name)]
    known = {name for one in asked for name in (*one.columns, *one.aids)}
    if kind in (None, PRODUCTS):
        known |= {name for name in known_fields() if not name.startswith("option_")}
    if wrong := [one for one in given.values() if one not in known]:
        raise CannotDo(
            Words(
                "There is no column {column}. The columns are: {known}.",
                column=wrong[0],
                known=", ".join(sorted(known)),
            )
        )
    if currency and currency not in CURRENCIES:
        raise CannotDo(Words("{currency} is no currency that I know.", currency=currency))


def check_given(name: str, given: Mapping[str, str], names: Sequence[str]) -> None:
    """Raises CannotDo for a column that the file does not have."""
    has = {spoken(one) for one in names}
    if gone := [theirs for theirs in given if spoken(theirs) not in has]:
        raise CannotDo(Words("{file} has no column {column}.", file=name, column=gone[0]))


def not_understood(name: str, names: Sequence[str], match: Match, kind: str | None) -> CannotDo:
    """What a file lacks to be something."""
    columns = ", ".join(one for one in names if one)[:200]
    has = match.columns
    if kind in (None, "orders") and "order" in has and "at" in has and "customer" in has:
        return CannotDo(
            Words(
                "{file} says when orders were placed, but not what they were worth. The file of "
                "their lines completes it, the one with an order and a price on each row: import "
                "both in one command, or give me one table of both.",
                file=name,
            )
        )
    if kind in (None, "orders") and is_lines(match):
        return CannotDo(
            Words(
                "{file} has the lines of orders, but not when they were placed. The file of the "
                "orders completes it, the one with an order and its date on each row: import both "
                "in one command, or give me one table of both.",
                file=name,
            )
        )
    if kind:
        return CannotDo(
            Words(
                "{file} can't be {kind}: I find no column for {missing}. Its columns are: "
                "{columns}.",
                file=name,
                kind=kind,
                missing=", ".join(_missing(match)),
                columns=columns,
            )
        )
    return CannotDo(
        Words(
            "I can't tell what {file} holds. Its columns are: {columns}. Say what kind it is, and "
            "which column is which.",
            file=name,
            columns=columns,
        )
    )


def no_names(name: str, first: Sequence[str], given: Mapping[str, str]) -> CannotDo:
    """A table without a line of names, and too little said of its columns."""
    told = dict(given) or likely(first) or {"1": "order", "2": "at"}
    return CannotDo(
        Words(
            "{file} begins with a row, “{columns}”, and not with the names of its columns. Put "
            "them on its first line, or say them by number in a terminal: {example} and so on.",
            file=name,
            columns=shown(first),
            example=" ".join(f"--map {n}={ours}" for n, ours in told.items()),
        )
    )


def no_values(name: str, one: Mapped, cell: str, type_: Type) -> CannotDo:
    """A needed column without values."""
    if type_ in ("day", "moment"):
        return CannotDo(
            Words(
                "{file}: I can't read the dates of {column}, such as “{cell}”.",
                file=name,
                column=one.theirs,
                cell=cell[:40],
            )
        )
    return CannotDo(
        Words(
            "{file}: I can't read the numbers of {column}, such as “{cell}”.",
            file=name,
            column=one.theirs,
            cell=cell[:40],
        )
    )


def no_rows(name: str, rejects: Sequence[Reject | ProductReject]) -> CannotDo:
    """No row that could come in, and why the first did not."""
    if not rejects:
        return CannotDo(Words("{file} has the columns but no rows.", file=name))
    first = rejects[0]
    return CannotDo(
        Words(
            "No row of {file} can be read. Line {line}, {column}: {reason}.",
            file=name,
            line=first.line,
            column=first.column or "?",
            reason=reason_in_words(first.reason) or first.reason,
        )
    )


def _missing(match: Match) -> list[str]:
    if match.kind == PRODUCTS:
        return ["title"]
    wanted = [n for n, c in kinds()[match.kind].columns.items() if c.needed]
    least = {"campaigns": "impressions", "experiments": "variant", "feedback": "text"}
    wanted = [least[match.kind]] if match.kind in least else wanted
    return [one for one in wanted if one not in match.columns] or wanted
