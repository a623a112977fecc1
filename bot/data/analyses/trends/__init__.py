"""What moved: every weekly series held against what was expected of it, and what comes back."""

from datetime import date
from functools import partial

import numpy as np

from bot.core.source import Source
from bot.data.analyses.products import SERIES_TITLES, load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.trends.expectation import forecast_weeks
from bot.data.analyses.trends.returns import add_returns
from bot.data.analyses.trends.significance import (
    CHART_WEEKS,
    CONFIRMED_FDR,
    MIN_PER_WEEK,
    TOTAL_ORDERS_KEY,
    SeriesAssessment,
    assess_series,
    series,
)
from bot.data.analyses.trends.weekly_series import LINE_DIMENSIONS, SeriesKey
from bot.data.floors import is_below_floor
from bot.data.ingest.truncation import Truncation
from bot.data.metrics.filters import find_last_whole_day
from bot.data.stats import Numbers
from bot.data.warehouse.query import defer_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify

# What moved last week, and what keeps coming back: trends as facts.

MAX_NEW_SHARE = 0.05  # of what is sold now: what sold less before is new
REVENUE_KEY: SeriesKey = ("total", "revenue")


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """For each series that moved, and always for all but single products: change (%), last,
    expected, level (a week; of "weeks" weeks together), p, since (a Monday), revenue (a week),
    and status: "confirmed", "to watch", "steady". Of what moved and of the totals "points": the
    last half year for a chart. A subject is dimension-value: trends.category-candles.change.
    Those too small to be told have trends.small-<dimension>-<value>.least alone: what it takes.
    Returns by product are trends.returns-<product>.rate and what goes with it."""
    if shelf.table("orders") is None:
        found = AnalysisResult("trends", Source("orders"), shelf.today)
        found.refuse(Words("Trends need orders, and there are none yet. Import a file of orders."))
        return found
    found = AnalysisResult(
        "trends",
        shelf.source("orders"),
        find_last_whole_day(shelf, "orders", where),
        floors=shelf.floors,
    )
    all_of = assess_series(shelf, where)
    if all_of is None:
        found.refuse(Words("The orders don't cover one whole week, Monday to Sunday."))
        return found
    for name, query in all_of.queries.items():
        found.queries[name] = defer_sql(query)
    named = load_product_titles(
        shelf, [value for which, value in all_of.series.keys if which == "product"]
    )
    if all_of.withheld:
        found.withhold("sales")
    _add_limits(found, all_of)
    _add_truncation(found, all_of.ended)
    if all_of.found is not None:
        _add_series(found, all_of, named)
    add_returns(shelf, where, found, named)
    return found


def _add_limits(found: AnalysisResult, all_of: SeriesAssessment) -> None:
    """What can't be told, and why."""
    if all_of.found is None and not all_of.series.keys:
        if all_of.withheld:
            return
        found.refuse(
            Words(
                "Nothing sells {least} times a week, so a week's change is chance.",
                least=MIN_PER_WEEK,
            )
        )
    elif all_of.found is None:
        found.refuse(
            Words(
                "Trends need 18 whole weeks of orders; there are {weeks}.",
                weeks=len(all_of.series.weeks),
            )
        )
    elif not all_of.found.season:
        found.refuse(
            Words(
                "The orders go back {weeks} weeks, not 61: the season can't be told from a change,"
                " so what is expected is the level of the eight weeks before.",
                weeks=len(all_of.series.weeks),
            )
        )
    if any(all_of.alone):
        found.refuse(
            Words(
                "A single product whose season is not known, or that fell back from a peak, is "
                "called to watch at most: it may be its season."
            )
        )
    if (ended := all_of.ended) is not None:
        found.refuse(
            Words(
                "{source} all but breaks off on {since}: {came} orders stand in it from then on, "
                "where {usual} are usual, and so in every region, channel and category. I took it "
                "for the end of the file, and read the weeks before. If you did stop selling, that "
                "is the news.",
                source=found.source.words(),
                since=ended.since,
                came=_count_rows_read(found, ended),
                usual=ended.usual,
            )
        )
    if len(all_of.currencies) > 1:
        found.refuse(
            Words(
                "Revenue counts the orders in {currency} only; others are in {others}.",
                currency=all_of.currencies[0],
                others=", ".join(all_of.currencies[1:]),
            )
        )


def _add_truncation(found: AnalysisResult, ended: Truncation | None) -> None:
    """Where the file breaks off before its last row."""
    if ended is not None:
        found.nobody("ended")
        came = _count_rows_read(found, ended)
        unit = "orders" if isinstance(came, int) else None
        told = came if isinstance(came, int) else came.to("en")
        found.add("ended", "since", ended.since, about="orders")
        found.add("ended", "came", told, unit=unit, about="orders")
        found.add("ended", "usual", ended.usual, unit="orders", about="orders")


def _count_rows_read(found: AnalysisResult, ended: Truncation) -> int | Words:
    floor = found.floors.sales if found.floors else 0
    return Words("under {n}", n=floor) if is_below_floor(ended.came, floor) else ended.came


def _add_series(found: AnalysisResult, all_of: SeriesAssessment, titles: dict[str, str]) -> None:
    if TOTAL_ORDERS_KEY in all_of.people:
        found.group("tested", all_of.people[TOTAL_ORDERS_KEY], sort="sales")
    else:
        found.nobody("tested")
    week = all_of.series.weeks[-1]
    count = len(all_of.series.keys)
    add = partial(
        found.add,
        "tested",
        about="series",
        query="trends.units",
        rows=_count_rows(
            all_of, all_of.series.keys.index(TOTAL_ORDERS_KEY), len(all_of.series.weeks)
        )
        if TOTAL_ORDERS_KEY in all_of.series.keys
        else None,
    )
    add("series", count)
    add("week", week)
    add("too-small", all_of.left)
    found.add("tested", "false-among-confirmed", CONFIRMED_FDR * 100, unit="%", about="series")
    assert all_of.found is not None
    p, status = all_of.found.p, all_of.status
    foretold = forecast_weeks(all_of.series.counts, all_of.series.weeks, all_of.series.sizes)
    for row in sorted(range(count), key=lambda r: (status[r] != "confirmed", p[r])):
        if status[row] and _is_new(all_of, row):
            _add_new_series(found, all_of, row, titles)
            continue
        if status[row] or all_of.series.keys[row][0] != "product":
            _add_change(found, all_of, row, titles)
        if status[row] or all_of.series.keys[row][0] == "total":
            _add_chart_points(found, all_of, row, foretold[row])
    for key in all_of.small:
        if key[0] not in ("product", "region"):
            unit, subject = _choose_unit(key, None), f"small-{key[0]}-{slugify(key[1])}"
            found.nobody(subject)
            found.add(
                subject, "least", MIN_PER_WEEK, unit=unit, about=key[1], query=_get_query_name(key)
            )


def _add_change(
    found: AnalysisResult, all_of: SeriesAssessment, row: int, titles: dict[str, str]
) -> None:
    key, told = all_of.series.keys[row], all_of.found
    assert told is not None
    subject, about = f"{key[0]}-{slugify(key[1])}", _format_about(key, titles)
    found.group(subject, all_of.people[key], sort="sales")
    query = _get_query_name(key)
    span = int(told.span[row])
    money = all_of.currencies[0] if all_of.currencies else None
    unit = _choose_unit(key, money)
    of_orders = key == REVENUE_KEY and TOTAL_ORDERS_KEY in all_of.series.keys
    rows = _count_rows(
        all_of, all_of.series.keys.index(TOTAL_ORDERS_KEY) if of_orders else row, span
    )

    def add(measure: str, value: float | int | str | date, unit: str | None = None) -> None:
        found.add(subject, measure, value, unit=unit, about=about, query=query, rows=rows)

    add("status", all_of.status[row] or "steady")
    add("change", round(float(told.change[row]) * 100, 1), "%")
    add("last", round(float(told.came[row])), unit)
    add("expected", round(float(told.expected[row])), unit)
    add("level", round(float(told.level[row])), unit)
    add("weeks", span)
    add("p", max(round(float(told.p[row]), 4), 0.0001))
    if all_of.status[row]:
        add("since", all_of.since[row])
    if key[0] != "total" and all_of.currencies:
        add("revenue", round(float(all_of.series.worth[row, -span:].mean())), money)


def _count_rows(all_of: SeriesAssessment, row: int, span: int) -> int:
    """The units or orders of these weeks."""
    return round(float(all_of.series.counts[row, -span:].sum()))


def _is_new(all_of: SeriesAssessment, row: int) -> bool:
    """Whether hardly any was sold before: the change of next to nothing is no percentage."""
    told = all_of.found
    assert told is not None
    if all_of.series.keys[row][0] == "total":
        return False
    return bool(max(told.level[row], told.expected[row]) < MAX_NEW_SHARE * told.came[row])


def _add_new_series(
    found: AnalysisResult, all_of: SeriesAssessment, row: int, titles: dict[str, str]
) -> None:
    """trends.new-<dimension>-<value>: last (a week), since, revenue (a week)."""
    key, told = all_of.series.keys[row], all_of.found
    assert told is not None
    span = int(told.span[row])
    subject = f"new-{key[0]}-{slugify(key[1])}"
    found.group(subject, all_of.people[key], sort="sales")
    add = partial(
        found.add,
        subject,
        about=_format_about(key, titles),
        query=_get_query_name(key),
        rows=_count_rows(all_of, row, span),
    )
    add("last", round(float(told.came[row])), unit=_choose_unit(key, None))
    add("since", all_of.since[row])
    if all_of.currencies:
        worth = float(all_of.series.worth[row, -span:].mean())
        add("revenue", round(worth, 2), unit=all_of.currencies[0])


def _add_chart_points(
    found: AnalysisResult, all_of: SeriesAssessment, row: int, foretold: Numbers
) -> None:
    """The weeks of a chart in one text: "2026-11-16: 148 (75); …", in brackets what was expected
    of the week by the weeks before it."""
    key, series = all_of.series.keys[row], all_of.series
    told = [
        f"{week.isoformat()}: {round(came)} ({round(other)})"
        for week, came, other in zip(series.weeks, series.counts[row], foretold, strict=True)
        if not np.isnan(other)
    ]
    subject = f"{key[0]}-{slugify(key[1])}"
    found.group(subject, all_of.people[key], sort="sales")
    about = found.get(subject, "status")
    found.add(
        subject,
        "points",
        "; ".join(told[-CHART_WEEKS:]),
        query=_get_query_name(key),
        about=about.about if about else key[1],
    )


def _choose_unit(key: SeriesKey, money: str | None) -> str | None:
    if key == ("total", "revenue"):
        return money
    return "units" if key[0] in LINE_DIMENSIONS or key[1] == "units" else "orders"


def _get_query_name(key: SeriesKey) -> str:
    if key[0] == "segment":
        return "trends.segments"
    return "trends.units" if key[0] in LINE_DIMENSIONS else "trends.orders"


def _format_about(key: SeriesKey, titles: dict[str, str]) -> str:
    if key[0] == "total":
        return SERIES_TITLES[key[1]].text
    return titles.get(key[1], key[1]) if key[0] == "product" else key[1]


__all__ = ["find", "series"]
