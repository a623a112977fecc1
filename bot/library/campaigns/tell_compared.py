"""What is told of whole campaigns, audiences, placements … beside each other."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir

from bot.library.campaigns.adding import adder
from bot.library.campaigns.ads import DIMENSIONS as KEYS
from bot.library.campaigns.ads import Ad, Sums, added
from bot.library.campaigns.cells import Cell, Keys
from bot.library.campaigns.comparing import DIMENSIONS, compared
from bot.library.campaigns.tell_worse import subject, worse
from bot.library.campaigns.turning import turned
from bot.library.disclosure import TOTAL, Value
from bot.library.findings import Findings
from bot.library.floors import is_small
from bot.library.read import rows_of, sql_later
from bot.library.shelf import Shelf

QUERY = "compared"
MOST_TOLD = 6
BESIDE = 0.01  # of the orders, in rows that cost nothing, from which that is said
TOLD = ("confirmed", "mixed", "apart", "to watch")


@dataclass(frozen=True)
class Asked:
    """What is compared: `rows` are of the period and the currency, `ads` their sums; `every` are
    the rows of all days; `known` the lines whose trouble is told already."""

    rows: ir.Table
    every: ir.Table
    ads: Sequence[Ad]
    currency: str | None
    until: date
    known: Sequence[Keys] = ()
    sold: Collection[Value] = ()  # what enough orders came of for these to be told


def tell_compared(shelf: Shelf, found: Findings, asked: Asked) -> None:
    """Facts campaigns.worse--<dimension>--<value>.* of those that sell worse than the others, and
    campaigns.compared.*: how many were held against each other, or why none was."""
    whole = sum((ad.sums for ad in asked.ads), Sums())
    values = {name: added(asked.ads, _key(name)) for name in DIMENSIONS}
    several = [name for name, by in values.items() if len(by) > 1]
    add = adder(found, "compared", "", whole.rows)
    measures = _measures(whole)
    if not several:
        add("status", "alone" if values["name"] else "unnamed")
        for name in values["name"]:
            add("name", name)
    elif measures is None:
        add("status", "no orders" if not whole.says("orders") else "nothing spent")
    else:
        _compared(shelf, found, asked, values, measures)


def _compared(
    shelf: Shelf,
    found: Findings,
    asked: Asked,
    values: Mapping[str, Mapping[str, Sums]],
    measures: tuple[str, str],
) -> None:
    expression = cells(asked.rows, *measures)
    found.queries[QUERY] = sql_later(expression)
    whole = sum((ad.sums for ad in asked.ads), Sums())
    unit = _unit(whole, measures[0])
    some = _cells(rows_of(shelf, expression))
    by = [name for name in DIMENSIONS if name != "product" or measures[0] == "sales"]
    every = compared(some, unit=unit, known=asked.known, by=by)
    add = adder(found, "compared", "", whole.rows, QUERY, sold=TOTAL in asked.sold)
    add("status", "compared")
    add("by", " by ".join(measures))
    add("held-against-each-other", sum(one.status != "too few" for one in every))
    beside = whole.orders - round(sum(cell.gain for cell in some))
    floor = found.floors.sales if found.floors else 0
    hidden = is_small(beside, floor) or is_small(whole.orders - beside, floor)
    if measures[0] == "orders" and beside > BESIDE * whole.orders and not hidden:
        add("orders-beside", beside, "orders")
    first = next(name for name in DIMENSIONS if len(values[name]) > 1)
    few = {(one.dimension, one.value) for one in every if one.status == "too few"}
    if named := sorted(value for of, value in few if of == first):
        add("too-few", ", ".join(named[:MOST_TOLD]))
        add("too-few-of", first)
    told = [one for one in every if one.status in TOLD]
    for one in [one for one in told if (one.dimension, one.value) in asked.sold][:MOST_TOLD]:
        small = [value for of, value in few if of == one.dimension]
        worse(found, one, values[one.dimension], asked.currency, measures, small)
        if one.status == "confirmed":
            of = (one.dimension, one.value)
            turned(shelf, found, asked.every, asked.until, of, subject(one))


def _key(name: str) -> Callable[[Ad], str | None]:
    return lambda ad: ad.keys[name]


def cells(rows: ir.Table, gain: str, stake: str) -> ir.Table:
    """Of each combination of keys: stake, gain, the sum of gain² / stake, rows. Without a stake
    nothing can be held against it."""
    put, got = rows[stake].cast("float64"), rows[gain].cast("float64").fill_null(0.0)
    staked = rows.mutate(put=put, got=got).filter(put > 0)
    return staked.group_by(*KEYS).aggregate(
        stake=staked.put.sum(),
        gain=staked.got.sum(),
        squares=(staked.got * staked.got / staked.put).sum(),
        rows=staked.count(),
    )


def _cells(found: Iterable[Mapping[str, Any]]) -> list[Cell]:
    return [
        Cell(
            {name: _text(row[name]) for name in KEYS},
            stake=float(row["stake"]),
            gain=float(row["gain"]),
            squares=float(row["squares"]),
            rows=int(row["rows"]),
        )
        for row in found
    ]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _measures(whole: Sums) -> tuple[str, str] | None:
    """What is bought with what: sales or orders with money, else orders with clicks. Products are
    held against each other by sales alone: an order of one is worth many of another."""
    if whole.spend and whole.says("spend"):
        if whole.sales and whole.says("sales"):
            return "sales", "spend"
        if whole.orders and whole.says("orders"):
            return "orders", "spend"
    if whole.orders and whole.clicks and whole.says("orders", "clicks"):
        return "orders", "clicks"
    return None


def _unit(whole: Sums, gain: str) -> float | None:
    """What one order adds to the gain."""
    if gain == "orders":
        return 1.0
    return float(whole.sales) / whole.orders if whole.orders else None
