"""Test all weekly series that may be shown at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.trends.expectation import (
    LEVEL_WEEKS,
    MAX_ONSET_WEEKS,
    STEP_WEEKS,
    SeriesDeviation,
    find_onsets,
    forecast_weeks,
    measure_deviation,
    measure_steps,
)
from bot.data.analyses.trends.truncation import Truncation, detect_truncation
from bot.data.analyses.trends.weekly_series import (
    LINE_DIMENSIONS,
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
from bot.data.metrics.filters import list_currencies
from bot.data.stats import (
    CONFIRMED_FDR,
    WATCHED_P,
    Numbers,
    adjust_as_one_more,
    adjust_false_discovery,
)
from bot.data.warehouse.purchases import segments_table
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

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
    seasons = np.convolve(year, np.ones(SEASON_WEEKS), "valid")
    if seasons.max() > MIN_SEASON_SHARE * year.sum():
        return True
    levels = np.convolve(year[:-LEVEL_WEEKS], np.ones(LEVEL_WEEKS) / LEVEL_WEEKS, "valid")
    return bool(fell and came >= levels.min())


MIN_PER_WEEK = 30  # units or orders per week, in the median over the level's weeks
MIN_RELATIVE_CHANGE = 0.10  # smaller changes are not reported
TOTAL_ORDERS_KEY: SeriesKey = ("total", "orders")
TOTAL_UNITS_KEY: SeriesKey = ("total", "units")
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
    foretold: Numbers | None  # the value expected of each week, for charts
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
    """Test every weekly series; None without one whole week. The season that all series share is
    that of the whole shop, whatever the filter: one week of a series has one expected value."""
    ended = detect_truncation(warehouse)
    weeks = list_mondays(warehouse, filter_, ended)
    if not weeks:
        return None
    named = list_currencies(warehouse, "orders")
    read = _read_series(warehouse, filter_, weeks, named)
    tested, whole_shop = read.tested, _drop_conditions(filter_)
    shop = tested
    if filter_ != whole_shop and tested.keys:
        shop = _read_series(warehouse, whole_shop, weeks, named).tested.plus(tested)
    status, alone, since = [""] * len(tested.keys), [False] * len(tested.keys), list[date | None]()
    steps: dict[int, SeriesStep] = {}
    measure = _Measurement(shop, len(shop.keys) - len(tested.keys))
    measured = measure.deviation() if tested.keys else None
    deviation = measured.without_first(measure.others) if measured else None
    if measured is not None:
        status, alone = judge_changes(shop, measured, measure.others)
        since = measure.onsets(seasonal=measured.season)
    if tested.keys:
        steps = find_steps(measure, status)
    return SeriesAssessment(
        series=tested,
        deviation=deviation,
        foretold=measure.forecast(deviation) if deviation else None,
        status=status,
        alone=alone,
        since=since,
        steps=steps,
        left=len(read.series.keys) - len(tested.keys) - read.withheld,
        queries=read.queries,
        currencies=named,
        small=_list_small_series(read.series, read.large),
        people=read.people,
        withheld=read.withheld,
        ended=ended,
    )


@dataclass(frozen=True)
class _ReadSeries:
    """All series of a filter, and those of them that are tested."""

    series: WeeklySeries
    tested: WeeklySeries
    large: set[int]
    people: Mapping[SeriesKey, int]
    withheld: int
    queries: dict[str, ir.Table]


def _read_series(
    warehouse: Warehouse, filter_: AnalysisFilter, weeks: list[date], currencies: Sequence[str]
) -> _ReadSeries:
    queries = _build_queries(warehouse, filter_, weeks, currencies[0] if currencies else None)
    rows = [row for query in queries.values() for row in fetch_rows(warehouse, query)]
    series = arrange_series(rows, weeks)
    if filter_ != _drop_conditions(filter_):
        series = _drop_repeated_units(series)
    series = _add_revenue(series)
    lively = _select_large_series(series)
    people = _count_people(warehouse, filter_, weeks, [series.keys[row] for row in lively])
    safe = [row for row in lively if series.keys[row] in people]
    return _ReadSeries(
        series, series.only(safe), set(safe), people, len(lively) - len(safe), queries
    )


def _drop_conditions(filter_: AnalysisFilter) -> AnalysisFilter:
    """Return the same days of the whole shop."""
    return AnalysisFilter(since=filter_.since, until=filter_.until)


@dataclass(frozen=True)
class _Measurement:
    """Measures the series; those after the first `others` are of a part of the shop, and the first
    alone make up the common season."""

    series: WeeklySeries
    others: int

    @property
    def _given(self) -> tuple[Numbers, list[date], Numbers]:
        return self.series.counts, self.series.weeks, self.series.sizes

    def deviation(self) -> SeriesDeviation | None:
        return measure_deviation(*self._given, common=self.others or None)

    def quarter(self) -> SeriesDeviation | None:
        return measure_steps(*self._given, common=self.others or None)

    def onsets(self, *, seasonal: bool = True, latest: int = MAX_ONSET_WEEKS) -> list[date | None]:
        common = self.others or None
        found = find_onsets(*self._given, seasonal=seasonal, latest=latest, common=common)
        return found[self.others :]

    def forecast(self, deviation: SeriesDeviation) -> Numbers:
        """Return the value expected of each week; of the last the one that it is tested against."""
        common = self.others or None
        found = forecast_weeks(*self._given, seasonal=deviation.season, common=common)[
            self.others :
        ]
        found[:, -1] = np.where(deviation.span == 1, deviation.expected, found[:, -1])
        return found


def find_steps(measure: _Measurement, status: list[str]) -> dict[int, SeriesStep]:
    """Find the steps of the last quarter, confirmed, in series without a status."""
    measured = measure.quarter()
    if measured is None:
        return {}
    confirmed, _ = judge_changes(measure.series, measured, measure.others)
    quarter = measured.without_first(measure.others)
    return {
        row: SeriesStep(float(quarter.came[row]), float(quarter.expected[row]), began)
        for row, began in enumerate(measure.onsets(latest=STEP_WEEKS))
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


def _drop_repeated_units(series: WeeklySeries) -> WeeklySeries:
    """Leave out the total of units where a single category or product has them all."""
    if TOTAL_UNITS_KEY not in series.keys:
        return series
    row = series.keys.index(TOTAL_UNITS_KEY)
    lines = [n for n, key in enumerate(series.keys) if key[0] in LINE_DIMENSIONS]
    if not any(np.array_equal(series.counts[row], series.counts[n]) for n in lines):
        return series
    return series.only([n for n in range(len(series.keys)) if n != row])


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


def judge_changes(
    series: WeeklySeries, deviation: SeriesDeviation, others: int = 0
) -> tuple[list[str], list[bool]]:
    """Return each series' status, and whether it would be higher if it were not a single product.
    With `others`, the first are those of the whole shop, and only those after them are returned.

    Products are tested as a family of their own: hundreds of them would raise or lower the
    threshold for the ten series that matter most (Efron, Ann. Appl. Stat. 2 (2008) 197–223). One in
    twenty products has p < .05 by chance, so even "to watch" requires significance after
    correction; a change that a product's life cycle may explain is "to watch" at most.

    A series of a part is tested as one more of the whole shop's family, and one that is the same
    under another name has the status of that: what a call narrows changes no verdict."""
    goods = np.array([key[0] == "product" for key in series.keys])
    q, whole = np.ones(len(goods)), np.arange(len(goods)) < (others or len(goods))
    for family in (goods, ~goods):
        shop = deviation.p[family & whole]
        q[family & whole] = adjust_false_discovery(shop)
        q[family & ~whole] = adjust_as_one_more(deviation.p[family & ~whole], shop)
    stands = (q <= CONFIRMED_FDR) & (np.abs(deviation.change) >= MIN_RELATIVE_CHANGE)
    watched = (deviation.p < WATCHED_P) & (np.abs(deviation.change) >= MIN_RELATIVE_CHANGE) & ~goods
    alone = stands & goods & np.array(find_explained_changes(series.counts, deviation))
    status = np.where(stands & ~alone, "confirmed", np.where(alone | watched, "to watch", ""))
    rows = [_find_same(series, row, others) for row in range(others, len(goods))]
    return [str(status[row]) for row in rows], [bool(alone[row]) for row in rows]


def _find_same(series: WeeklySeries, row: int, others: int) -> int:
    """Return the row of the same series among the first `others`; the row itself without one."""
    same = (series.counts[:others] == series.counts[row]).all(axis=1)
    return int(same.argmax()) if same.any() else row
