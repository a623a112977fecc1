"""Build weekly series from the orders (units, orders and revenue, by every dimension) and test all
that may be shown at once.

Weeks are ISO weeks, Monday to Sunday. The current week is left out, and so is the first one when
the orders begin in its middle. Cancelled orders and returns are not subtracted, because a return
says nothing about the week it comes in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.trends.expectation import (
    LEVEL_WEEKS,
    STEP_WEEKS,
    SeriesDeviation,
    find_onsets,
    measure_deviation,
    measure_steps,
)
from bot.data.analyses.trends.truncation import Truncation, detect_truncation
from bot.data.disclosure import TOTAL_VALUE as WHOLE
from bot.data.disclosure import Population
from bot.data.metrics.filters import add_category, filter_rows, find_last_whole_day, list_currencies
from bot.data.stats import CONFIRMED_FDR, WATCHED_P, Numbers, adjust_false_discovery
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

    def only(self, kept: Sequence[int]) -> "WeeklySeries":
        rows = list(kept)
        keys = [self.keys[row] for row in rows]
        return WeeklySeries(keys, self.weeks, self.counts[rows], self.worth[rows], self.sizes[rows])


def list_mondays(
    warehouse: Warehouse, filter_: AnalysisFilter, ended: Truncation | None = None
) -> list[date]:
    """Return the Mondays of the whole weeks that the orders cover, at most 130; where the file
    breaks off, up to there."""
    orders = warehouse.table("orders")
    assert orders is not None
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
    """Select the lines sold in these weeks, with their week, units, and the amount in the
    currency."""
    table = filter_rows(warehouse, "orders", filter_)
    table = table.filter(
        table.at >= ibis.literal(weeks[0]).cast("timestamp"),
        table.at < ibis.literal(weeks[-1] + ONE_WEEK).cast("timestamp"),
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
    """Count orders, each as one."""
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


# Changes that a product's life cycle explains: its season, its first months, the end of its peak.

YEAR_WEEKS, SEASON_WEEKS = 52, 17  # in weeks
# share of the year's sales in one third of it; evenly spread it is a third, and 0.45 when sales
# double over the year
MIN_SEASON_SHARE = 0.6
MIN_WEEKS_SOLD = 0.75  # of last year's weeks, in which the product must have sold


def find_explained_changes(counts: Numbers, deviation: SeriesDeviation) -> list[bool]:
    """Tell for each series (series × weeks) whether its life cycle may explain its change."""
    return [
        _is_explained(row, int(deviation.span[n]), deviation.change[n] < 0)
        for n, row in enumerate(counts)
    ]


def _is_explained(weeks: Numbers, span: int, fell: bool) -> bool:
    before, came = weeks[:-span], weeks[-span:].mean()
    year = before[-YEAR_WEEKS:]
    last_year = weeks[-YEAR_WEEKS - span - LEVEL_WEEKS : -YEAR_WEEKS]
    if len(last_year) < span + LEVEL_WEEKS or (last_year > 0).mean() < MIN_WEEKS_SOLD:
        return True
    if _find_highest_sum(year, SEASON_WEEKS) > MIN_SEASON_SHARE * year.sum():
        return True
    return bool(fell and came >= _find_lowest_mean(year[:-LEVEL_WEEKS], LEVEL_WEEKS))


def _find_highest_sum(weeks: Numbers, of: int) -> float:
    """Return the highest sum of so many consecutive weeks."""
    return float(np.convolve(weeks, np.ones(of), "valid").max())


def _find_lowest_mean(weeks: Numbers, of: int) -> float:
    """Return the lowest mean of so many consecutive weeks."""
    return float(np.convolve(weeks, np.ones(of) / of, "valid").min())


MIN_PER_WEEK = 30  # units or orders per week, in the median over the level's weeks
MIN_RELATIVE_CHANGE = 0.10  # smaller changes are not reported
TOTAL_ORDERS_KEY: SeriesKey = ("total", "orders")
CHART_WEEKS = 26  # weeks in a chart


@dataclass(frozen=True)
class SeriesStep:
    """A series that changed within the last quarter and stayed there: its mean a week over the
    quarter, what was expected of it, and the Monday since which it differs."""

    came: float
    expected: float
    since: date


@dataclass(frozen=True)
class SeriesAssessment:
    """`series` are the tested ones; `left` counts those that are too small, and `small` are those
    of them that still sell. `status` is "confirmed", "to watch" or "" for each; `alone` marks those
    that are only "to watch" because they are single products, whose life cycles explain much."""

    series: WeeklySeries
    deviation: SeriesDeviation | None  # None: too few weeks
    status: list[str]
    alone: list[bool]
    since: list[date | None]
    steps: "dict[int, SeriesStep]"  # by row, of series that did not move last
    left: int
    queries: dict[str, ir.Table]
    currencies: list[str]
    small: list[SeriesKey]
    people: Mapping[SeriesKey, int]  # customers behind each series in the last half year
    withheld: int  # number of series with too few customers, or that would give one away
    ended: Truncation | None = None  # where the file breaks off before its last row


def assess_series(warehouse: Warehouse, filter_: AnalysisFilter) -> SeriesAssessment | None:
    """Test every weekly series; None without one whole week."""
    ended = detect_truncation(warehouse)
    weeks = list_mondays(warehouse, filter_, ended)
    if not weeks:
        return None
    named = list_currencies(warehouse, "orders")
    queries = _build_queries(warehouse, filter_, weeks, named[0] if named else None)
    rows = [row for query in queries.values() for row in fetch_rows(warehouse, query)]
    series = _add_revenue(arrange_series(rows, weeks))
    lively = _select_large_series(series)
    people = _count_people(warehouse, filter_, weeks, [series.keys[row] for row in lively])
    safe = [row for row in lively if series.keys[row] in people]
    withheld, lively = len(lively) - len(safe), safe
    tested = series.only(lively)
    deviation = measure_deviation(tested.counts, weeks, tested.sizes) if lively else None
    status, alone = (
        judge_changes(tested, deviation)
        if deviation
        else ([""] * len(lively), [False] * len(lively))
    )
    return SeriesAssessment(
        series=tested,
        deviation=deviation,
        status=status,
        alone=alone,
        since=find_onsets(tested.counts, weeks, tested.sizes, seasonal=deviation.season)
        if deviation
        else [],
        steps=find_steps(tested, status) if lively else {},
        left=len(series.keys) - len(lively) - withheld,
        queries=queries,
        currencies=named,
        small=_list_small_series(series, set(lively)),
        people=people,
        withheld=withheld,
        ended=ended,
    )


def find_steps(series: WeeklySeries, status: list[str]) -> dict[int, SeriesStep]:
    """Find the steps of the last quarter, confirmed, in series without a status."""
    quarter = measure_steps(series.counts, series.weeks, series.sizes)
    if quarter is None:
        return {}
    confirmed, _ = judge_changes(series, quarter)
    since = find_onsets(series.counts, series.weeks, series.sizes, latest=STEP_WEEKS)
    return {
        row: SeriesStep(float(quarter.came[row]), float(quarter.expected[row]), began)
        for row, began in enumerate(since)
        if began and confirmed[row] == "confirmed" and not status[row]
    }


def _build_queries(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], currency: str | None
) -> dict[str, ir.Table]:
    made = {
        "trends.units": build_line_series(warehouse, filter_, weeks, currency),
        "trends.orders": build_order_series(warehouse, filter_, weeks, currency),
    }
    people = segments_table(warehouse)
    if people is not None:
        named = fetch_rows(warehouse, people.aggregate(named=people.segment.count()))[0]["named"]
        if named:
            made["trends.segments"] = build_segment_series(warehouse, filter_, weeks, currency)
    return made


def _count_people(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], keys: list[SeriesKey]
) -> dict[SeriesKey, int]:
    """Return the series that may be shown, with the number of customers behind each."""
    if not keys:
        return {}
    named = [key for key in keys if key[0] != "total"]
    known = build_buyers(
        warehouse, filter_, weeks[-CHART_WEEKS:], {dimension for dimension, _value in named}
    )
    safe_keys = known.find_publishable(named, warehouse.sales_floor)
    every = known.count(known.which(WHOLE))
    people = {key: known.count(known.which(key)) for key in named if key in safe_keys}
    return people | (
        {key: every for key in keys if key[0] == "total"} if WHOLE in safe_keys else {}
    )


def _add_revenue(series: WeeklySeries) -> WeeklySeries:
    """Add the revenue of all orders as one more series. An order's value varies about as much as
    its mean, which makes revenue as uncertain as half as many orders."""
    if TOTAL_ORDERS_KEY not in series.keys:
        return series
    row = series.keys.index(TOTAL_ORDERS_KEY)
    worth, half = series.worth[row], series.counts[row] / 2
    return WeeklySeries(
        [*series.keys, ("total", "revenue")],
        series.weeks,
        np.vstack([series.counts, worth]),
        np.vstack([series.worth, worth]),
        np.vstack([series.sizes, half]),
    )


def _select_large_series(series: WeeklySeries) -> list[int]:
    """Return the series with at least thirty per week; revenue is included with the orders."""
    before = series.counts[:, -LEVEL_WEEKS - 1 : -1]
    if not before.shape[1]:
        return []
    enough = np.median(before, axis=1) >= MIN_PER_WEEK
    for row, key in enumerate(series.keys):
        if key == ("total", "revenue"):
            enough[row] = enough[series.keys.index(TOTAL_ORDERS_KEY)]
    return [int(row) for row in np.flatnonzero(enough)]


def _list_small_series(series: WeeklySeries, lively: set[int]) -> list[SeriesKey]:
    """Return the small series that sold in most of the last eight weeks."""
    middle = np.median(series.counts[:, -LEVEL_WEEKS:], axis=1) if series.keys else np.zeros(0)
    left = [row for row in range(len(series.keys)) if row not in lively]
    return [series.keys[row] for row in left if middle[row] >= 1]


def judge_changes(series: WeeklySeries, deviation: SeriesDeviation) -> tuple[list[str], list[bool]]:
    """Return each series' status, and whether it would be higher if it were not a single product.

    Products are tested as a family of their own: hundreds of them would raise or lower the
    threshold for the ten series that matter most (Efron, Ann. Appl. Stat. 2 (2008) 197–223). One in
    twenty products has p < .05 by chance, so even "to watch" requires significance after
    correction; a change that a product's life cycle may explain is "to watch" at most."""
    goods = np.array([key[0] == "product" for key in series.keys])
    q = np.ones(len(goods))
    for family in (goods, ~goods):
        q[family] = adjust_false_discovery(deviation.p[family])
    stands = (q <= CONFIRMED_FDR) & (np.abs(deviation.change) >= MIN_RELATIVE_CHANGE)
    watched = (deviation.p < WATCHED_P) & (np.abs(deviation.change) >= MIN_RELATIVE_CHANGE) & ~goods
    alone = stands & goods & np.array(find_explained_changes(series.counts, deviation))
    status = np.where(stands & ~alone, "confirmed", np.where(alone | watched, "to watch", ""))
    return [str(statu) for statu in status], [bool(one) for one in alone]
