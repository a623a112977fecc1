"""Build weekly series from the orders: units, orders and revenue, by every dimension.

Weeks are ISO weeks, Monday to Sunday. The current week is left out, and so is the first one when
the orders begin in its middle. Cancelled orders and returns are not subtracted, because a return
says nothing about the week it comes in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.trends.truncation import Truncation
from bot.data.disclosure import Population
from bot.data.metrics.filters import add_category, filter_rows, find_last_whole_day
from bot.data.stats import Numbers
from bot.data.warehouse.purchases import NOT_SOLD_STATUSES, segments_table
from bot.data.warehouse.query import fetch_arrow, fetch_rows, person_column
from bot.data.warehouse.warehouse import Warehouse

MAX_WEEKS = 130  # weeks read: a year to compare with, and a year to backtest the forecast on
ONE_WEEK = timedelta(weeks=1)
LINE_DIMENSIONS = ("category", "product")  # counted in units
ORDER_DIMENSIONS = ("source", "device", "country", "region")  # counted in orders
SUM_COLUMNS = ("counted", "worth", "squared")
SeriesKey = tuple[str, str]  # dimension and value: ("category", "Mailles"), ("total", "orders")


@dataclass(frozen=True)
class WeeklySeries:
    """Series × weeks. `counts` are units or orders, or money for ("total", "revenue"); `worth` is
    the revenue of each. `sizes` is the effective number of purchases: how many of equal size would
    vary as much as the counts do, (sum q)² / sum q² over the lines' quantities q (Kish, "Survey
    Sampling" (1965), p. 427). A hundred units in one line are one purchase."""

    keys: list[SeriesKey]
    weeks: list[date]  # Mondays
    counts: Numbers
    worth: Numbers
    sizes: Numbers

    def plus(self, other: "WeeklySeries") -> "WeeklySeries":
        """Return these series and those of the same weeks, which may have the same keys."""
        stacked = (
            np.vstack(pair)
            for pair in (
                (self.counts, other.counts),
                (self.worth, other.worth),
                (self.sizes, other.sizes),
            )
        )
        return WeeklySeries([*self.keys, *other.keys], self.weeks, *stacked)

    def only(self, kept: Sequence[int]) -> "WeeklySeries":
        rows = list(kept)
        keys = [self.keys[row] for row in rows]
        return WeeklySeries(keys, self.weeks, self.counts[rows], self.worth[rows], self.sizes[rows])


def list_mondays(
    warehouse: Warehouse, filter_: AnalysisFilter, ended: Truncation | None = None
) -> list[date]:
    """Return the Mondays of the whole weeks that the orders cover, at most 130; where the file
    breaks off, up to there."""
    orders = warehouse.rows("orders")
    first = fetch_rows(warehouse, orders.aggregate(first=orders.at.min().date()))[0]["first"]
    if first is None:
        return []
    begun = max(first, filter_.since) if filter_.since else first
    begin = begun + timedelta(days=-begun.weekday() % 7)
    day = find_last_whole_day(warehouse, "orders", filter_)
    day = min(day, ended.last) if ended else day
    end = day - timedelta(days=day.weekday()) - (ONE_WEEK if day.weekday() < 6 else timedelta(0))
    count = min(MAX_WEEKS, (end - begin).days // 7 + 1)
    return [end - ONE_WEEK * back for back in range(count - 1, -1, -1)]


def build_line_series(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], currency: str | None
) -> ir.Table:
    """Build units and revenue by week of products and categories: dimension, value, week, counted,
    worth, squared (the sum of squared units per line). Products that sold fewer than four times
    thirty units in the last eight weeks are left out, because their median can't reach thirty."""
    sold = _select_sold_lines(warehouse, filter_, weeks, currency)
    cells = sold.group_by("week", "product", "category").aggregate(
        counted=sold.units.sum(), worth=sold.paid.sum(), squared=(sold.units * sold.units).sum()
    )
    cells = add_category(warehouse, cells)
    recent = ibis.ifelse(cells.week >= ibis.literal(weeks[-1] - 8 * ONE_WEEK), cells.counted, 0.0)
    lively = cells.mutate(recent=recent.sum().over(ibis.window(group_by="product")))
    lively = lively.filter(lively.recent >= 120)
    return ibis.union(
        _group_by_dimension(lively, "product"),
        _group_by_dimension(cells, "category"),
        distinct=False,
    )


def build_order_series(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], currency: str | None
) -> ir.Table:
    """Build orders and revenue by week: dimension, value, week, counted, worth, squared (each order
    counts as one); and the total units, whose size is per order, not per line."""
    sold = _select_sold_lines(warehouse, filter_, weeks, currency)
    whole = sold.group_by("order", "week", *ORDER_DIMENSIONS).aggregate(
        paid=sold.paid.sum(), units=sold.units.sum()
    )
    units = whole.group_by("week").aggregate(
        counted=whole.units.sum(), worth=whole.paid.sum(), squared=(whole.units * whole.units).sum()
    )
    cells = _count_orders(whole, "week", *ORDER_DIMENSIONS)
    return ibis.union(
        *(_group_by_dimension(cells, name) for name in ORDER_DIMENSIONS),
        _sum_total(cells, "orders"),
        _sum_total(units, "units"),
        distinct=False,
    )


def build_segment_series(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], currency: str | None
) -> ir.Table:
    """Build orders and revenue by week and the segment of the customers' file."""
    people = segments_table(warehouse)
    assert people is not None
    sold = _select_sold_lines(warehouse, filter_, weeks, currency)
    whole = sold.group_by("order", "week", "customer").aggregate(paid=sold.paid.sum())
    named = people.filter(people.segment.notnull()).select(person="customer", segment="segment")
    joined = whole.inner_join(named, whole.customer == named.person)
    return _group_by_dimension(_count_orders(joined, "week", "segment"), "segment")


def build_buyers(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], dimensions: Collection[str]
) -> Population:
    """Return who bought in these weeks, by the values of some dimensions; orders count where no
    customer is known."""
    sold = _select_sold_lines(warehouse, filter_, weeks, None)
    if "category" in dimensions:
        sold = add_category(warehouse, sold)
    if "segment" in dimensions:
        people = segments_table(warehouse)
        assert people is not None
        named = people.filter(people.segment.notnull()).select(of="customer", segment="segment")
        sold = sold.left_join(named, sold.customer == named.of)
    person = ibis.coalesce(sold.customer, sold["order"])
    query = sold.select(
        person=person_column(warehouse, person), **{name: sold[name] for name in sorted(dimensions)}
    )
    return Population.of(fetch_arrow(warehouse, query.distinct()), "person")


def arrange_series(rows: list[dict[str, Any]], weeks: list[date]) -> WeeklySeries:
    """Arrange the rows of the tables above as series; a week without rows is zero."""
    place = {week: at for at, week in enumerate(weeks)}
    arrays: dict[SeriesKey, Numbers] = {}
    for row in rows:
        values = arrays.setdefault(
            (str(row["dimension"]), str(row["value"])), np.zeros((3, len(weeks)))
        )
        if (at := place.get(row["week"])) is not None:
            values[:, at] += [float(row[name] or 0) for name in SUM_COLUMNS]
    keys = sorted(arrays)
    sums = np.stack([arrays[key] for key in keys]) if keys else np.zeros((0, 3, len(weeks)))
    counts, worth, squared = sums[:, 0], sums[:, 1], sums[:, 2]
    sizes = np.divide(counts**2, squared, out=np.zeros_like(counts), where=squared > 0)
    return WeeklySeries(keys, weeks, counts, worth, sizes)


def _select_sold_lines(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], currency: str | None
) -> ir.Table:
    return select_sold_lines(warehouse, filter_, weeks[0], weeks[-1] + ONE_WEEK, currency)


def select_sold_lines(
    warehouse: Warehouse, filter_: AnalysisFilter, first: date, end: date, currency: str | None
) -> ir.Table:
    """Select the lines sold from the first day until before the end, with their week, units, and
    the amount in the currency."""
    table = filter_rows(warehouse, "orders", filter_)
    table = table.filter(
        table.at >= ibis.literal(first).cast("timestamp"),
        table.at < ibis.literal(end).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(NOT_SOLD_STATUSES),
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


def _count_orders(orders: ir.Table, *by: str) -> ir.Table:
    count = orders.count().cast("float64")
    return orders.group_by(*by).aggregate(counted=count, worth=orders.paid.sum(), squared=count)


def _group_by_dimension(cells: ir.Table, name: str) -> ir.Table:
    named = cells.filter(cells[name].notnull())
    return named.group_by(
        dimension=ibis.literal(name), value=named[name].cast("string"), week=named.week
    ).aggregate(**{each: named[each].sum() for each in SUM_COLUMNS})


def _sum_total(cells: ir.Table, name: str) -> ir.Table:
    return cells.group_by(
        dimension=ibis.literal("total"), value=ibis.literal(name), week=cells.week
    ).aggregate(**{each: cells[each].sum() for each in SUM_COLUMNS})
