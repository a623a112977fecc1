"""The orders as weekly series: units, orders and revenue, by everything they can be told by.

Weeks are ISO weeks, Monday to Sunday; the one in progress is left out, and so is the first one
when the orders begin in its middle. Sold means sold: cancelled orders and what was taken back
are not subtracted, since a return says nothing about the week it comes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.library.bought import CANCELLED
from bot.library.chance import Numbers
from bot.library.findings import Where
from bot.library.narrow import last_day, narrowed, with_category
from bot.library.read import rows_of
from bot.library.shelf import Shelf

MOST = 130  # weeks read: a year to compare with, and a year to try the forecast on
WEEK = timedelta(weeks=1)
BY_LINE = ("category", "product")  # counted in units
BY_ORDER = ("source", "device", "country", "region")  # counted in orders
Key = tuple[str, str]  # dimension, value: ("category", "Mailles"), ("total", "orders")


@dataclass(frozen=True)
class Weekly:
    """Series × weeks. `counts` are units or orders, of ("total", "revenue") money; `worth` is
    the revenue of each."""

    keys: list[Key]
    weeks: list[date]  # Mondays
    counts: Numbers
    worth: Numbers

    def only(self, kept: Sequence[int]) -> "Weekly":
        rows = list(kept)
        keys = [self.keys[row] for row in rows]
        return Weekly(keys, self.weeks, self.counts[rows], self.worth[rows])


def mondays(shelf: Shelf, where: Where) -> list[date]:
    """The Mondays of the whole weeks that the orders cover, at most 130."""
    orders = shelf.table("orders")
    assert orders is not None
    first = rows_of(shelf, orders.aggregate(first=orders.at.min().date()))[0]["first"]
    if first is None:
        return []
    begun = max(first, where.since) if where.since else first
    begin = begun + timedelta(days=-begun.weekday() % 7)
    day = last_day(shelf, "orders", where)
    end = day - timedelta(days=day.weekday()) - (WEEK if day.weekday() < 6 else timedelta(0))
    count = min(MOST, (end - begin).days // 7 + 1)
    return [end - WEEK * back for back in range(count - 1, -1, -1)]


def by_line(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """Units and revenue by week: dimension, value, week, counted, worth. Products that sold
    fewer than four times thirty units in the last eight weeks are left out: their median cannot
    reach thirty."""
    sold = _sold(shelf, where, weeks, currency)
    cells = sold.group_by("week", "product", "category").aggregate(
        counted=sold.units.sum(), worth=sold.paid.sum()
    )
    cells = with_category(shelf, cells)
    recent = ibis.ifelse(cells.week >= ibis.literal(weeks[-1] - 8 * WEEK), cells.counted, 0.0)
    lively = cells.mutate(recent=recent.sum().over(ibis.window(group_by="product")))
    lively = lively.filter(lively.recent >= 120)
    return ibis.union(
        _by(lively, "product"), _by(cells, "category"), _total(cells, "units"), distinct=False
    )


def by_order(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """Orders and revenue by week: dimension, value, week, counted, worth."""
    sold = _sold(shelf, where, weeks, currency)
    whole = sold.group_by("order", "week", *BY_ORDER).aggregate(paid=sold.paid.sum())
    cells = whole.group_by("week", *BY_ORDER).aggregate(
        counted=whole.count().cast("float64"), worth=whole.paid.sum()
    )
    return ibis.union(
        *(_by(cells, name) for name in BY_ORDER), _total(cells, "orders"), distinct=False
    )


def by_segment(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """Orders and revenue by week and the segment that the customers' file gives."""
    people = shelf.table("consents")
    assert people is not None
    sold = _sold(shelf, where, weeks, currency)
    whole = sold.group_by("order", "week", "customer").aggregate(paid=sold.paid.sum())
    named = people.filter(people.segment.notnull()).select(person="customer", segment="segment")
    joined = whole.inner_join(named, whole.customer == named.person)
    cells = joined.group_by("week", "segment").aggregate(
        counted=joined.count().cast("float64"), worth=joined.paid.sum()
    )
    return _by(cells, "segment")


def arranged(rows: list[dict[str, Any]], weeks: list[date]) -> Weekly:
    """The rows of the tables above as series; a week without rows is a week of nothing."""
    place = {week: at for at, week in enumerate(weeks)}
    found: dict[Key, tuple[Numbers, Numbers]] = {}
    for row in rows:
        key = (str(row["dimension"]), str(row["value"]))
        if key not in found:
            found[key] = (np.zeros(len(weeks)), np.zeros(len(weeks)))
        if (at := place.get(row["week"])) is not None:
            found[key][0][at] += float(row["counted"] or 0)
            found[key][1][at] += float(row["worth"] or 0)
    keys = sorted(found)
    empty = np.zeros((0, len(weeks)))
    counts = np.stack([found[key][0] for key in keys]) if keys else empty
    return Weekly(keys, weeks, counts, np.stack([found[k][1] for k in keys]) if keys else empty)


def _sold(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """The lines sold in these weeks, with their week, units, and what was paid in the currency."""
    table = narrowed(shelf, "orders", where)
    table = table.filter(
        table.at >= ibis.literal(weeks[0]).cast("timestamp"),
        table.at < ibis.literal(weeks[-1] + WEEK).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(CANCELLED),
        table.quantity.fill_null(1.0) > 0,
        table.amount >= 0,
    )
    paid = table.amount
    if currency:
        other = table.currency.fill_null(currency) != currency
        paid = ibis.ifelse(other, ibis.literal(0).cast("decimal(18, 2)"), paid)
    return table.mutate(
        week=table.at.truncate("W").date(), units=table.quantity.fill_null(1.0), paid=paid
    )


def _by(cells: ir.Table, name: str) -> ir.Table:
    named = cells.filter(cells[name].notnull())
    return named.group_by(
        dimension=ibis.literal(name), value=named[name].cast("string"), week=named.week
    ).aggregate(counted=named.counted.sum(), worth=named.worth.sum())


def _total(cells: ir.Table, name: str) -> ir.Table:
    return cells.group_by(
        dimension=ibis.literal("total"), value=ibis.literal(name), week=cells.week
    ).aggregate(counted=cells.counted.sum(), worth=cells.worth.sum())
