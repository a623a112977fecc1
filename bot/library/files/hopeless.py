"""Sentences about files: what can't be understood of one, and what was assumed."""

from collections.abc import Iterator, Mapping, Sequence

from bot.errors import CannotDo
from bot.library.catalogue.amounts import CURRENCIES
from bot.library.catalogue.columns import known_fields
from bot.library.catalogue.file import Catalogue
from bot.library.catalogue.sorting import Reject as ProductReject
from bot.library.files.goods import currency_of
from bot.library.files.headless import likely
from bot.library.files.names import CONSENTS, PRODUCTS, Match, sort_of, spoken
from bot.library.files.proving import Proof
from bot.library.files.rejecting import Reject
from bot.library.files.understood import Mapped
from bot.library.kinds import Type, kinds
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
    worth = "amount" in has or "unit_price" in match.aids
    if kind in (None, "orders") and "order" in has and "product" in has and worth:
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
            columns=", ".join(one for one in first if one)[:200],
            example=" ".join(f"--map {n}={ours}" for n, ours in told.items()),
        )
    )


def about_lines(above: int, first: Sequence[str]) -> Iterator[Words]:
    """What is not read as rows though it stands where rows could, or is though names could."""
    if above:
        yield Words.count(
            "{n} line above the names of the columns is left out.",
            "{n} lines above the names of the columns are left out.",
            above,
        )
    if first:
        yield Words(
            "The columns have no names: the first row is “{columns}”.",
            columns=", ".join(one for one in first if one)[:120],
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
            reason=first.reason,
        )
    )


def assumptions(
    match: Match, names: Sequence[str], proof: Proof, said: str | None, asked: str | None
) -> Iterator[Words]:
    """What was taken to be so without a proof."""
    if not proof.order_proved or proof.clashes:
        yield dates_read(proof.day_first, proof.year_first)
    if proof.decimal == "," and proof.mark_proved:
        yield Words("Numbers are read with a decimal comma.")
    for at, (cell, value) in proof.doubtful.items():
        yield Words(
            "“{cell}” in {column} is read as {value}: nothing else says what its sign means.",
            cell=cell,
            column=names[at],
            value=value,
        )
    if proof.signed:
        yield Words("Amounts are in several currencies, by the sign beside each.")
    elif said and not asked and "currency" not in match.columns:
        yield Words("Amounts are in {currency}.", currency=said)
    if not said and "currency" not in match.columns and match.kind in ("orders", "prices"):
        yield Words("No currency is named.")
    twice = [one for at, one in enumerate(names) if one and one in names[:at]]
    if twice:
        yield Words("{column} is there twice: the first one is read.", column=twice[0])
    if proof.rating_scale != 1:
        top = 10 if proof.rating_scale == 0.5 else 100
        yield Words("Ratings go up to {top} and are brought to 5.", top=top)
    yield from _made(match, names)


def dates_read(day_first: bool, year_first: bool) -> Words:
    if year_first:
        return Words("Dates are read as year/month/day.")
    if day_first:
        return Words("Dates are read as day/month.")
    return Words("Dates are read as month/day.")


def about_products(catalogue: Catalogue) -> Iterator[Words]:
    """The same of a catalogue."""
    if catalogue.mark == ",":
        yield Words("Numbers are read with a decimal comma.")
    header, products = catalogue.header, catalogue.products
    if header and any(one.price for one in products):
        if not any(one.currency for one in products):
            yield Words("No currency is named.")
        elif "currency" not in header.fields and (found := currency_of(products)):
            yield Words("Amounts are in {currency}.", currency=found)
    if header and header.twice:
        yield Words(
            "Two columns are called {column}: rows in which they differ stay out.",
            column=header.twice[0],
        )


def _made(match: Match, names: Sequence[str]) -> Iterator[Words]:
    has, aids = match.columns, match.aids
    if match.kind == "orders":
        if "amount" not in has and "quantity" in has:
            yield Words(
                "The amount is {quantity} times {price}.",
                quantity=names[has["quantity"]],
                price=names[aids["unit_price"]],
            )
        if "order" not in has:
            yield Words("There are no order numbers: a customer's day is one order.")
        if "line" not in has and ("product" in has or "title" in has):
            yield Words("Lines are numbered by their place in the order.")
    if match.kind == "events" and "session" not in has:
        yield Words("There are no sessions: a visitor's day is one.")
    if match.kind == "feedback" and "id" not in has:
        yield Words("There are no ids: they are made from the rows.")
    if match.kind == "experiments":
        if "experiment" not in has:
            yield Words("The test is called by the file's name.")
        if "unit" not in has and "users" not in has:
            yield Words("Each row is a person of its own.")
        if match.metrics:
            yield _measured(list(match.metrics))
    if match.kind == "consents" and not any(one in has for one in CONSENTS):
        yield Words("No consent is told: nobody of this file may be written to.")
    if kinds()[match.kind].dated not in has:
        yield Words("There are no dates.")


def _measured(metrics: list[str]) -> Words:
    """A single yes-or-no with a single amount stays one row; else there is one for each."""
    names = ", ".join(metrics)
    if len(metrics) == 1 or sorted(map(sort_of, metrics)) == ["successes", "values"]:
        return Words("What is measured: {metrics}.", metrics=names)
    return Words("Each row becomes {n}, one a measure: {metrics}.", n=len(metrics), metrics=names)


def _missing(match: Match) -> list[str]:
    if match.kind == PRODUCTS:
        return ["title"]
    wanted = [n for n, c in kinds()[match.kind].columns.items() if c.needed]
    least = {"campaigns": "impressions", "experiments": "variant", "feedback": "text"}
    wanted = [least[match.kind]] if match.kind in least else wanted
    return [one for one in wanted if one not in match.columns] or wanted
