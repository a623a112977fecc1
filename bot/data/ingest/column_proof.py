"""What the cells of a whole file prove: the decimal mark, the order of day and month, addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.data.catalogue.cells import currency_in
from bot.data.ingest.cells import laid_bare
from bot.data.ingest.column_names import Match, sort_of, with_commas
from bot.data.ingest.file_schema import MARKS, Mark, Said
from bot.data.ingest.header import Head
from bot.data.ingest.number_formats import (
    ASKED,
    Marks,
    Order,
    Sort,
    dated,
    figure,
    marks_of,
    order_of,
)
from bot.data.ingest.number_formats import shape as shape_of_figure
from bot.data.ingest.source import Source
from bot.data.schema import kinds

SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
TO_TEN, TO_HUNDRED = 0.1, 0.5  # of the ratings beyond 5, beyond 10: then that is what they go to
ADDRESS = 0.2  # of a column's cells: then the column is one of addresses
LOOKED_AT = 2_000  # rows in which addresses are looked for
NUMBERS = ("money", "number", "whole")


@dataclass(frozen=True)
class Proof:
    rows: int
    decimal: Mark = "."
    marks: Mapping[int, Mark] = field(default_factory=dict)  # of columns that have another one
    doubtful: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # a cell, how it is read
    order: Order = field(default_factory=Order)
    mark_proved: bool = True
    currency: str | None = None
    signed: bool = False  # amounts bear the signs of several currencies
    rating_scale: float = 1.0
    addresses: dict[int, str] = field(default_factory=dict)


def prove(source: Source, match: Match, head: Head, said: Said) -> Proof:
    """One pass over the cells; what a person said needs no proof."""
    dates, numbers = _of_type(match, ("day", "moment")), _of_type(match, NUMBERS)
    selects = ["count(*)", *(one for at in dates for one in dated(at))]
    selects += [f"histogram({shape_of_figure(f'c{at}')})" for at in numbers]
    found = source.con.execute(f"SELECT {', '.join(selects)} FROM {source.relation}").fetchall()[0]
    end = 1 + ASKED * len(dates)
    order = order_of(source, dates, found[1:end], head.names, said.dates)
    shapes = dict(zip(numbers, found[end:], strict=True))
    marks = _marks(match, shapes, head, said)
    beside = _signs(source, match)
    return Proof(
        rows=found[0],
        decimal=marks.mark,
        marks=marks.own,
        doubtful=_examples(source, marks),
        order=order,
        mark_proved=marks.proved,
        currency=beside[0] if beside else _said_currency(source, match),
        signed=len(beside) > 1,
        rating_scale=_scale(source, match),
        addresses=_addresses(source, len(head.names)),
    )


def _marks(
    match: Match,
    shapes: Mapping[int, Mapping[str, int] | None],
    head: Head,
    said: Said,
) -> Marks:
    """Which sign is the decimal one. Cells of a workbook, of Parquet and of JSON are figures
    already, with a point, unless they are proved to be texts."""
    if said.decimal:
        return Marks(MARKS[said.decimal], proved=True)
    columns = kinds()[match.kind].columns
    named = {at: ours for ours, at in match.columns.items()}
    sorts: dict[int, Sort] = {}
    for at in shapes:
        ours = named.get(at, "")
        small = ours in ("rating", "share")
        whole = ours == "quantity" or (ours in columns and columns[ours].type == "whole")
        sorts[at] = "small" if small else "whole" if whole else "figure"
    usual: Mark = "," if head.texts and (with_commas(head.names) or head.delimiter == ";") else "."
    found = marks_of({at: one or {} for at, one in shapes.items()}, sorts, usual, head.texts)
    return found if head.texts else replace(found, doubtful={})


def _examples(source: Source, marks: Marks) -> dict[int, tuple[str, str]]:
    """A cell of each doubtful column and how it is read."""
    examples = {}
    for at, sign in marks.doubtful.items():
        shaped = f"regexp_matches(bare(c{at}), '(^|\\D)[1-9]\\d{{0,2}}\\{sign}\\d{{3}}(\\D|$)')"
        asked = f"SELECT bare(c{at}) FROM {source.relation} WHERE {shaped} LIMIT 1"
        cell: Any = source.con.execute(asked).fetchone()
        if cell:
            examples[at] = (cell[0], figure(cell[0], sign, marks.mark))
    return examples


def _of_type(match: Match, types: Sequence[str]) -> list[int]:
    columns = kinds()[match.kind].columns
    found = [at for ours, at in match.columns.items() if columns[ours].type in types]
    if "money" in types:
        found += [at for aid, at in match.aids.items() if aid in ("unit_price", "line_discount")]
        found += [at for metric, at in match.metrics.items() if sort_of(metric) == "values"]
    return found


def _addresses(source: Source, width: int) -> dict[int, str]:
    """Columns of e-mail addresses or telephone numbers by what they say."""
    email = r"^[^\s@]+@[^\s@]+\.[a-zA-Z]{2,}$"
    phone = r"^(\+|00)\d[\d .()-]{8,16}$|^0\d([ .-]?\d\d){4}$|^\(\d{2,3}\) ?\d{3,5}[- ]\d{4}$"
    selects: list[str] = []
    for at in range(width):
        x = f"bare(c{at})"
        selects.append(f"count({x})")
        selects += [f"count(*) FILTER (regexp_matches({x}, '{one}'))" for one in (email, phone)]
    some = f"(SELECT * FROM {source.relation} LIMIT {LOOKED_AT})"
    found = source.con.execute(f"SELECT {', '.join(selects)} FROM {some}").fetchall()[0]
    addresses = {}
    for at in range(width):
        said, mails, phones = found[3 * at : 3 * at + 3]
        if said and max(mails, phones) > ADDRESS * said:
            addresses[at] = "email" if mails >= phones else "phone"
    return addresses


def _signs(source: Source, match: Match) -> list[str]:
    """The currencies whose signs stand in the amounts, the commonest first."""
    places = _of_type(match, ("money",))
    if not places:
        return []
    counts = ", ".join(
        " + ".join(f"count(*) FILTER (contains(c{at}, '{sign}'))" for at in places)
        for sign in SIGNS
    )
    found = source.con.execute(f"SELECT {counts} FROM {source.relation}").fetchall()[0]
    ranked = sorted(zip(found, SIGNS.values(), strict=True), key=lambda pair: -pair[0])
    told = [currency for count, currency in ranked if count]
    # one sign alone may be R$, C$ or the like: the cell itself says
    return told if len(told) > 1 or told in (["EUR"], ["GBP"]) else []


def _said_currency(source: Source, match: Match) -> str | None:
    """The sign beside the amounts."""
    for at in _of_type(match, ("money",)):
        cell: Any = source.con.execute(
            f"SELECT c{at} FROM {source.relation} WHERE c{at} IS NOT NULL LIMIT 1"
        ).fetchone()
        if cell and (found := currency_in(cell[0])):
            return found
    return None


def _scale(source: Source, match: Match) -> float:
    """Ratings to 10 or to 100 are brought to 5; a slip above 5 brings nothing down."""
    at = match.columns.get("rating")
    if match.kind != "feedback" or at is None:
        return 1.0
    cells = laid_bare(source.relation, [], [], [at], lambda _: ".")
    said = f"SELECT as_rating(t{at}, d{at}, '.') AS r FROM {cells}"
    many, beyond_ten, beyond_five = source.con.execute(
        "SELECT count(r), count(*) FILTER (r > 10 AND r <= 100), "
        f"count(*) FILTER (r > 5 AND r <= 10) FROM ({said})"
    ).fetchall()[0]
    if many and beyond_ten >= TO_HUNDRED * many:
        return 0.05
    return 0.5 if many and beyond_five >= TO_TEN * many else 1.0
