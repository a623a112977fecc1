"""Test all series that may be shown at once, and return one series for a chart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.trends.expectation import (
    LEVEL_WEEKS,
    SeriesDeviation,
    find_onsets,
    measure_deviation,
)
from bot.data.analyses.trends.weekly_series import (
    SeriesKey,
    WeeklySeries,
    arrange_series,
    build_buyers,
    build_line_series,
    build_order_series,
    build_segment_series,
    list_mondays,
)
from bot.data.disclosure import TOTAL_VALUE as WHOLE
from bot.data.ingest.truncation import Truncation, detect_truncation
from bot.data.metrics.filters import list_currencies
from bot.data.stats import Numbers, adjust_false_discovery
from bot.data.warehouse.purchases import segments_table
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

# Changes that a product's life cycle explains: its season, its first months, the end of its peak.

YEAR_WEEKS, SEASON_WEEKS = 52, 17  # in weeks
MIN_SEASON_SHARE = (
    # share of the year's sales in one third of it; evenly spread it is a third, and 0.45 when sales
    # double over the year
    0.6
)
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
CONFIRMED_FDR = 0.10  # false discovery rate
WATCHED_P = 0.05  # p
TOTAL_ORDERS_KEY: SeriesKey = ("total", "orders")
CHART_WEEKS = 26  # weeks in a chart


@dataclass(frozen=True)
class SeriesAssessment:
    """`series` are the tested ones; `left` counts those that are too small, and `small` are those
    of them that still sell. `status` is "confirmed", "to watch" or "" for each; `alone` marks those
    that are only "to watch" because they are single products, whose life cycles explain much."""

    series: WeeklySeries
    deviation: SeriesDeviation | None  # None: too few weeks
    status: list[str]
    alone: list[bool]
    since: list[date]
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
        left=len(series.keys) - len(lively) - withheld,
        queries=queries,
        currencies=named,
        small=_list_small_series(series, set(lively)),
        people=people,
        withheld=withheld,
        ended=ended,
    )


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
