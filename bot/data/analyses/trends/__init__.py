"""Find trends: compare every weekly series with its expected value, and find products with many
returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np

from bot.core.half_up import round_half_up
from bot.data.analyses.products import SERIES_TITLES, load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.trends.expectation import STEP_WEEKS, SeriesDeviation
from bot.data.analyses.trends.returns import add_returns
from bot.data.analyses.trends.series_assessment import (
    CHART_WEEKS,
    MIN_PER_WEEK,
    TOTAL_ORDERS_KEY,
    SeriesAssessment,
    SeriesStep,
    assess_series,
)
from bot.data.analyses.trends.truncation import Truncation
from bot.data.analyses.trends.weekly_series import LINE_DIMENSIONS, SeriesKey
from bot.data.floors import is_below_floor
from bot.data.metrics.filters import find_last_whole_day
from bot.data.stats import CONFIRMED_FDR, Numbers, round_figure, round_p
from bot.data.warehouse.purchases import NO_ORDERS
from bot.data.warehouse.query import defer_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import list_country_spellings
from bot.i18n.messages import Words
from bot.text.normalize import slugify

# The facts on weekly series and on returns.

MAX_NEW_SHARE = 0.05  # of current sales: what sold less than this before counts as new
REVENUE_KEY: SeriesKey = ("total", "revenue")


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return for each series that moved, and always for all except single products: change (%),
    last, expected, level (a week; of "weeks" weeks together), of the totals week-before, p, since
    (a Monday), revenue (a week), and status: "confirmed", "to watch", "steady". Series that moved,
    the totals and what the filter names have "points", the last half year for a chart. A subject is
    dimension-value: trends.category-candles.change. Series that are too small only have
    trends.small-<dimension>-<value>.least, the required size. A series that changed within the last
    quarter and stayed there has trends.step-<dimension>-<value>: last and expected (a week of that
    quarter), change and since. Returns by product are in trends.returns-<product>."""
    if warehouse.table("orders") is None:
        return AnalysisResult.refuse("trends", warehouse, NO_ORDERS, source="orders")
    result = AnalysisResult.from_table(
        "trends", warehouse, "orders", as_of=find_last_whole_day(warehouse, "orders", filter_)
    )
    all_of = assess_series(warehouse, filter_)
    if all_of is None:
        result.add_limit("The orders don't cover one whole week, Monday to Sunday.")
        return result
    for name, query in all_of.queries.items():
        result.queries[name] = defer_sql(query)
    named = load_product_titles(
        warehouse, [value for which, value in all_of.series.keys if which == "product"]
    )
    if all_of.withheld:
        result.withhold("sales")
    _add_limits(result, all_of)
    _add_truncation(result, all_of.ended)
    if all_of.deviation is not None:
        _SeriesReport(result, all_of, all_of.deviation, named, filter_).add_all()
    add_returns(warehouse, filter_, result, named)
    return result


def _add_limits(result: AnalysisResult, all_of: SeriesAssessment) -> None:
    """Add what can't be answered, and why."""
    if all_of.deviation is None and not all_of.series.keys:
        if all_of.withheld:
            return
        result.add_limit(
            "Nothing sells {least} times a week, so a week's change is chance.", least=MIN_PER_WEEK
        )
    elif all_of.deviation is None:
        result.add_limit(
            "Trends need 18 whole weeks of orders; there are {weeks}.",
            weeks=len(all_of.series.weeks),
        )
    elif not all_of.deviation.season:
        result.add_limit(
            "The orders go back {weeks} weeks, too few to tell the season from a change: "
            "what is expected is the level of the eight weeks before.",
            weeks=len(all_of.series.weeks),
        )
    if any(all_of.alone):
        result.add_limit(
            "A single product whose season is not known, or that fell back from a peak, is "
            "called to watch at most: it may be its season."
        )
    if (ended := all_of.ended) is not None:
        result.add_limit(
            "{source} all but breaks off on {since}: {came} orders stand in it from then on, "
            "where {usual} are usual, and so in every region, channel and category. I took it "
            "for the end of the file, and read the weeks before. If you did stop selling, that "
            "is the news.",
            source=result.source.words(),
            since=ended.since,
            came=_count_rows_read(result, ended),
            usual=ended.usual,
        )
    result.add_currency_limit(all_of.currencies)


def _add_truncation(result: AnalysisResult, ended: Truncation | None) -> None:
    """Add the limit that the file breaks off before its last row."""
    if ended is not None:
        result.mark_without_customers("ended")
        came = _count_rows_read(result, ended)
        unit = "orders" if isinstance(came, int) else None
        text = came if isinstance(came, int) else came.to("en")
        result.add("ended", "since", ended.since, about="orders")
        result.add("ended", "came", text, unit=unit, about="orders")
        result.add("ended", "usual", ended.usual, unit="orders", about="orders")


def _count_rows_read(result: AnalysisResult, ended: Truncation) -> int | Words:
    floor = result.floors.sales if result.floors else 0
    return Words("under {n}", n=floor) if is_below_floor(ended.came, floor) else ended.came


@dataclass(frozen=True)
class _SeriesReport:
    """Adds the facts on the tested series. `row` is a series among them."""

    result: AnalysisResult
    all_of: SeriesAssessment
    deviation: SeriesDeviation
    titles: Mapping[str, str]  # of products
    filter_: AnalysisFilter

    def add_all(self) -> None:
        all_of, series = self.all_of, self.all_of.series
        self._add_tested()
        p, status = self.deviation.p, all_of.status
        foretold = all_of.foretold
        assert foretold is not None
        for row in sorted(range(len(series.keys)), key=lambda r: (status[r] != "confirmed", p[r])):
            dimension = series.keys[row][0]
            if status[row] and self._is_new(row):
                self._add_new_series(row)
                continue
            if row in all_of.steps:
                self._add_step(row, all_of.steps[row])
            is_asked = self._is_asked(*series.keys[row])
            if status[row] or is_asked or dimension != "product":
                self._add_change(row)
            if status[row] or is_asked or dimension == "total":
                self._add_chart_points(row, foretold[row])
        for key in all_of.small:
            if key[0] not in ("product", "region"):
                unit, subject = _choose_unit(key, None), f"small-{key[0]}-{slugify(key[1])}"
                self.result.mark_without_customers(subject)
                query = _get_query_name(key)
                self.result.add(
                    subject, "least", MIN_PER_WEEK, unit=unit, about=key[1], query=query
                )

    def _add_tested(self) -> None:
        """Add how many series were tested, and of which week."""
        all_of, keys = self.all_of, self.all_of.series.keys
        if TOTAL_ORDERS_KEY in all_of.people:
            self.result.set_group_size("tested", all_of.people[TOTAL_ORDERS_KEY], sort="sales")
        else:
            self.result.mark_without_customers("tested")
        rows = None
        if TOTAL_ORDERS_KEY in keys:
            rows = self._count_rows(keys.index(TOTAL_ORDERS_KEY), len(all_of.series.weeks))
        add = partial(self.result.add, "tested", about="series", query="trends.units", rows=rows)
        add("series", len(keys))
        add("week", all_of.series.weeks[-1])
        add("too-small", all_of.left)
        false = CONFIRMED_FDR * 100
        self.result.add("tested", "false-among-confirmed", false, unit="%", about="series")

    def _add_change(self, row: int) -> None:
        key, deviation = self.all_of.series.keys[row], self.deviation
        span, unit = int(deviation.span[row]), _choose_unit(key, self._money)
        of_orders = key == REVENUE_KEY and TOTAL_ORDERS_KEY in self.all_of.series.keys
        counted = self.all_of.series.keys.index(TOTAL_ORDERS_KEY) if of_orders else row
        add = self._start_subject(row, rows=self._count_rows(counted, span))
        add("status", self.all_of.status[row] or "steady")
        add("change", round_figure(float(deviation.change[row]) * 100, 1), "%")
        add("last", round_figure(float(deviation.came[row])), unit, days=self._list_days(span))
        if key[0] == "total" and span == 1 and len(self.all_of.series.weeks) > 1:
            before = round_figure(float(self.all_of.series.counts[row, -2]))
            monday = self.all_of.series.weeks[-2]
            add("week-before", before, unit, days=(monday, monday + timedelta(days=6)))
        add("expected", round_figure(float(deviation.expected[row])), unit)
        add("level", round_figure(float(deviation.level[row])), unit)
        add("weeks", span)
        add("p", round_p(deviation.p[row]))
        if self.all_of.status[row] and (since := self.all_of.since[row]):
            add("since", since)
        if key[0] != "total" and self._money:
            add("revenue", round_figure(self._compute_revenue(row)), self._money)

    def _add_step(self, row: int, step: SeriesStep) -> None:
        unit = _choose_unit(self.all_of.series.keys[row], self._money)
        add = self._start_subject(row, "step-", rows=self._count_rows(row, STEP_WEEKS))
        add("change", round_figure(100 * (step.came / step.expected - 1), 1), "%")
        add("last", round_figure(step.came), unit, days=self._list_days(STEP_WEEKS))
        add("expected", round_figure(step.expected), unit)
        add("since", step.since)

    def _is_asked(self, dimension: str, value: str) -> bool:
        """Tell whether the filter names this series."""
        wanted = getattr(self.filter_, dimension, None)
        if wanted and dimension == "country":
            return value.lower() in list_country_spellings(wanted)
        return wanted is not None and wanted.lower() == value.lower()

    def _is_new(self, row: int) -> bool:
        """Tell whether hardly anything was sold before, so that a percentage makes no sense."""
        if self.all_of.series.keys[row][0] == "total":
            return False
        before = max(self.deviation.level[row], self.deviation.expected[row])
        return bool(before < MAX_NEW_SHARE * self.deviation.came[row])

    def _add_new_series(self, row: int) -> None:
        """Add trends.new-<dimension>-<value>: last (a week), since, revenue (a week)."""
        rows = self._count_rows(row, int(self.deviation.span[row]))
        add = self._start_subject(row, "new-", rows=rows)
        unit = _choose_unit(self.all_of.series.keys[row], None)
        days = self._list_days(int(self.deviation.span[row]))
        add("last", round_figure(float(self.deviation.came[row])), unit, days=days)
        if since := self.all_of.since[row]:
            add("since", since)
        if self._money:
            add("revenue", round_figure(self._compute_revenue(row), 2), self._money)

    def _add_chart_points(self, row: int, foretold: Numbers) -> None:
        """Add the weeks of a chart as text: "2026-11-16: 148 (75); …", with the value expected from
        the weeks before in brackets."""
        series = self.all_of.series
        points = [
            f"{week.isoformat()}: {round_half_up(came)} ({round_half_up(other)})"
            for week, came, other in zip(series.weeks, series.counts[row], foretold, strict=True)
            if not np.isnan(other)
        ]
        self._start_subject(row)("points", "; ".join(points[-CHART_WEEKS:]))

    def _start_subject(
        self, row: int, prefix: str = "", *, rows: int | None = None
    ) -> Callable[..., Any]:
        """Return what adds a fact about a series, of which so many people are known."""
        key = self.all_of.series.keys[row]
        subject, about = f"{prefix}{key[0]}-{slugify(key[1])}", _format_about(key, self.titles)
        self.result.set_group_size(subject, self.all_of.people[key], sort="sales")
        return partial(self.result.add, subject, about=about, query=_get_query_name(key), rows=rows)

    def _list_days(self, span: int) -> tuple[date, date]:
        """Return the first and last day of the last weeks."""
        weeks = self.all_of.series.weeks
        return weeks[-span], weeks[-1] + timedelta(days=6)

    def _count_rows(self, row: int, span: int) -> int:
        """Return the units or orders of these weeks."""
        return round(float(self.all_of.series.counts[row, -span:].sum()))

    def _compute_revenue(self, row: int) -> float:
        """Return the mean revenue of the tested weeks."""
        return float(self.all_of.series.worth[row, -int(self.deviation.span[row]) :].mean())

    @property
    def _money(self) -> str | None:
        return self.all_of.currencies[0] if self.all_of.currencies else None


def _choose_unit(key: SeriesKey, money: str | None) -> str | None:
    if key == ("total", "revenue"):
        return money
    return "units" if key[0] in LINE_DIMENSIONS or key[1] == "units" else "orders"


def _get_query_name(key: SeriesKey) -> str:
    if key[0] == "segment":
        return "trends.segments"
    return "trends.units" if key[0] in LINE_DIMENSIONS else "trends.orders"


def _format_about(key: SeriesKey, titles: Mapping[str, str]) -> str:
    if key[0] == "total":
        return SERIES_TITLES[key[1]].text
    return titles.get(key[1], key[1]) if key[0] == "product" else key[1]
