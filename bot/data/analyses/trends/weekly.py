"""The orders as weekly series: units, orders and revenue, by everything they can be told by.

Weeks are ISO weeks, Monday to Sunday; the one in progress is left out, and so is the first one
when the orders begin in its middle. Sold means sold: cancelled orders and what was taken back
are not subtracted, since a return says nothing about the week it comes in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import Where
from bot.data.disclosure import Population
from bot.data.ingest.truncation import Ending
from bot.data.metrics.filters import last_day, narrowed, with_category
from bot.data.stats import Numbers
from bot.data.warehouse.purchases import CANCELLED
from bot.data.warehouse.query import arrow_of, person_of, rows_of
from bot.data.warehouse.warehouse import Shelf

MOST = 130  # weeks read: a year to compare with, and a year to try the forecast on
WEEK = timedelta(weeks=1)
BY_LINE = ("category", "product")  # counted in units
BY_ORDER = ("source", "device", "country", "region")  # counted in orders
SUMS = ("counted", "worth", "squared")
Key = tuple[str, str]  # dimension, value: ("category", "Mailles"), ("total", "orders")


@dataclass(frozen=True)
class Weekly:
    """Series × weeks. `counts` are units or orders, of ("total", "revenue") money; `worth` is
    the revenue of each; `sizes` how many purchases of one size would vary as much as the counts
    do: (sum q)² / sum q² over the lines' quantities q (Kish, "Survey Sampling" (1965), p. 427).
    A hundred units in one line are one purchase."""

    keys: list[Key]
    weeks: list[date]  # Mondays
    counts: Numbers
    worth: Numbers
    sizes: Numbers

    def only(self, kept: Sequence[int]) -> "Weekly":
        rows = list(kept)
        keys = [self.keys[row] for row in rows]
        return Weekly(keys, self.weeks, self.counts[rows], self.worth[rows], self.sizes[rows])


def mondays(shelf: Shelf, where: Where, ended: Ending | None = None) -> list[date]:
    """The Mondays of the whole weeks that the orders cover, at most 130; where they break off, up
    to there."""
    orders = shelf.table("orders")
    assert orders is not None
    first = rows_of(shelf, orders.aggregate(first=orders.at.min().date()))[0]["first"]
    if first is None:
        return []
    begun = max(first, where.since) if where.since else first
    begin = begun + timedelta(days=-begun.weekday() % 7)
    day = last_day(shelf, "orders", where)
    day = min(day, ended.last) if ended else day
    end = day - timedelta(days=day.weekday()) - (WEEK if day.weekday() < 6 else timedelta(0))
    count = min(MOST, (end - begin).days // 7 + 1)
    return [end - WEEK * back for back in range(count - 1, -1, -1)]


def by_line(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """Units and revenue by week of products and categories: dimension, value, week, counted,
    worth, squared (of each line's units, added up). Products that sold fewer than four times
    thirty units in the last eight weeks are left out: their median cannot reach thirty."""
    sold = _sold(shelf, where, weeks, currency)
    cells = sold.group_by("week", "product", "category").aggregate(
        counted=sold.units.sum(), worth=sold.paid.sum(), squared=(sold.units * sold.units).sum()
    )
    cells = with_category(shelf, cells)
    recent = ibis.ifelse(cells.week >= ibis.literal(weeks[-1] - 8 * WEEK), cells.counted, 0.0)
    lively = cells.mutate(recent=recent.sum().over(ibis.window(group_by="product")))
    lively = lively.filter(lively.recent >= 120)
    return ibis.union(_by(lively, "product"), _by(cells, "category"), distinct=False)


def by_order(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """Orders and revenue by week: dimension, value, week, counted, worth, squared (an order's
    count is one); and the units of all, which are bought by the order, not by the line."""
    sold = _sold(shelf, where, weeks, currency)
    whole = sold.group_by("order", "week", *BY_ORDER).aggregate(
        paid=sold.paid.sum(), units=sold.units.sum()
    )
    units = whole.group_by("week").aggregate(
        counted=whole.units.sum(), worth=whole.paid.sum(), squared=(whole.units * whole.units).sum()
    )
    cells = _counted(whole, "week", *BY_ORDER)
    return ibis.union(
        *(_by(cells, name) for name in BY_ORDER),
        _total(cells, "orders"),
        _total(units, "units"),
        distinct=False,
    )


def by_segment(shelf: Shelf, where: Where, weeks: list[date], currency: str | None) -> ir.Table:
    """Orders and revenue by week and the segment that the customers' file gives."""
    people = shelf.table("consents")
    assert people is not None
    sold = _sold(shelf, where, weeks, currency)
    whole = sold.group_by("order", "week", "customer").aggregate(paid=sold.paid.sum())
    named = people.filter(people.segment.notnull()).select(person="customer", segment="segment")
    joined = whole.inner_join(named, whole.customer == named.person)
    return _by(_counted(joined, "week", "segment"), "segment")


def buyers(
    shelf: Shelf, where: Where, weeks: list[date], dimensions: Collection[str]
) -> Population:
    """Who bought in these weeks, by the values of some dimensions; orders where no customer is
    known."""
    sold = _sold(shelf, where, weeks, None)
    if "category" in dimensions:
        sold = with_category(shelf, sold)
    if "segment" in dimensions:
        people = shelf.table("consents")
        assert people is not None
        named = people.filter(people.segment.notnull()).select(of="customer", segment="segment")
        sold = sold.left_join(named, sold.customer == named.of)
    person = ibis.coalesce(sold.customer, sold["order"])
    asked = sold.select(
        person=person_of(shelf, person), **{name: sold[name] for name in sorted(dimensions)}
    )
    return Population.of(arrow_of(shelf, asked.distinct()), "person")


def arranged(rows: list[dict[str, Any]], weeks: list[date]) -> Weekly:
    """The rows of the tables above as series; a week without rows is a week of nothing."""
    place = {week: at for at, week in enumerate(weeks)}
    found: dict[Key, Numbers] = {}
    for row in rows:
        told = found.setdefault(
            (str(row["dimension"]), str(row["value"])), np.zeros((3, len(weeks)))
        )
        if (at := place.get(row["week"])) is not None:
            told[:, at] += [float(row[name] or 0) for name in SUMS]
    keys = sorted(found)
    sums = np.stack([found[key] for key in keys]) if keys else np.zeros((0, 3, len(weeks)))
    counts, worth, squared = sums[:, 0], sums[:, 1], sums[:, 2]
    sizes = np.divide(counts**2, squared, out=np.zeros_like(counts), where=squared > 0)
    return Weekly(keys, weeks, counts, worth, sizes)


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


def _counted(orders: ir.Table, *by: str) -> ir.Table:
    """Orders, each of them one."""
    count = orders.count().cast("float64")
    return orders.group_by(*by).aggregate(counted=count, worth=orders.paid.sum(), squared=count)


def _by(cells: ir.Table, name: str) -> ir.Table:
    named = cells.filter(cells[name].notnull())
    return named.group_by(
        dimension=ibis.literal(name), value=named[name].cast("string"), week=named.week
    ).aggregate(**{each: named[each].sum() for each in SUMS})


def _total(cells: ir.Table, name: str) -> ir.Table:
    return cells.group_by(
        dimension=ibis.literal("total"), value=ibis.literal(name), week=cells.week
    ).aggregate(**{each: cells[each].sum() for each in SUMS})
