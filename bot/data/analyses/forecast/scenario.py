"""What days to come would bring if they repeated last year's at the pace of the last weeks: a
scenario, which nothing was tried on, and no forecast.

Last year's same days × this year's sales of eight weeks over last year's of the same weeks. The
range is what the weeks differ from that pace: that of the sum of so many weeks, and of a pace that
eight weeks tell (W. G. Cochran, *Sampling Techniques*, 3rd ed. 1977, chapter 6, ratio estimates).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from math import sqrt

import ibis

from bot.core.half_up import round_half_up
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.trends.weekly_series import ONE_WEEK, select_sold_lines
from bot.data.floors import is_below_floor
from bot.data.metrics.filters import find_last_whole_day, list_currencies
from bot.data.stats import round_figure
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

PACE_WEEKS = 8
MIN_ORDERS = 30  # in each of the periods that a scenario stands on
YEAR = timedelta(days=364)  # the same weekdays
ONE_DAY = timedelta(days=1)
Z_95 = 1.96
Days = tuple[date, date]  # the first and the last
NO_ORDERS = Words("A scenario needs orders, and there are none yet. Import a file of orders.")


@dataclass(frozen=True)
class PeriodSales:
    orders: float
    sales: float
    people: int


@dataclass(frozen=True)
class Pace:
    """This year over last year, and what the mean of many weeks may be off by."""

    ratio: float
    spread: float  # of one week

    def off(self, weeks: float) -> float:
        return Z_95 * self.spread * sqrt(1 / max(weeks, 1) + 1 / PACE_WEEKS)


def find_scenario(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return behaviour.scenario.scenario-orders and .scenario-sales of the days of the filter, each
    with -low and -high, the same of last year (.last-year-orders), and the pace (.orders-change,
    and .orders-change-last-week, in %); of two weeks and more that are no whole months also
    behaviour.week-<day>. These are of days after the newest order. Where the filter's days began
    before, behaviour.whole has what came so far (.so-far-orders) and all of them."""
    if warehouse.table("orders") is None:
        return AnalysisResult.refuse("behaviour", warehouse, NO_ORDERS)
    last = find_last_whole_day(warehouse, "orders", AnalysisFilter())
    result = AnalysisResult.from_table("behaviour", warehouse, "orders", as_of=last)
    since, until = max(filter_.since or last + ONE_DAY, last + ONE_DAY), filter_.until
    if until is None or until < since or until - YEAR > last:
        result.add_limit(
            Words("A scenario is of days to come, after {day} and within a year.", day=last)
        )
        return result
    base = _find_last_year((since, until))
    now = (last - PACE_WEEKS * ONE_WEEK + ONE_DAY, last)
    then = _move(now, -YEAR)
    weeks = [] if _is_whole_months(since, until) else _list_weeks(since, until)
    begun = (filter_.since, last) if filter_.since and filter_.since <= last else None
    whole_base = _find_last_year((begun[0], until)) if begun else base
    spans = [
        *(base, now, then, begun or base, whole_base),
        *_list_weeks(*now),
        *_list_weeks(*then),
        *(_move(one, -YEAR) for one in weeks),
    ]
    first_needed = min(base[0], then[0])
    found = _read_sales(warehouse, result, replace(filter_, since=None, until=None), spans)
    if found.first is None or found.first > first_needed:
        result.add_limit(
            Words(
                "A scenario stands on the same days of last year and needs the orders since {day}; "
                "these begin on {first}.",
                day=first_needed,
                first=found.first or last,
            )
        )
        return result
    last_year, this_pace, that_pace, so_far, whole_year, *parts = found.periods
    needed = (last_year, this_pace, that_pace)
    if min(one.orders for one in needed) < MIN_ORDERS or any(
        is_below_floor(one.people, warehouse.floor) for one in (*needed, so_far)
    ):
        result.add_limit(
            Words(
                "Too few orders for a scenario: it takes {n} in the last eight weeks, in those of "
                "last year, and in the days of last year.",
                n=MIN_ORDERS,
            )
        )
        return result
    length = ((until - since).days + 1) / 7
    money = found.currency
    result.set_group_size("scenario", min(one.people for one in needed))
    result.set_group_size("whole", so_far.people)
    halves = parts[:PACE_WEEKS], parts[PACE_WEEKS : 2 * PACE_WEEKS]
    orders_pace, sales_pace = (_measure_pace(*halves, one) for one in ("orders", "sales"))
    for measure, unit, pace in (("orders", "orders", orders_pace), ("sales", money, sales_pace)):
        came = float(getattr(last_year, measure))
        low, high = (max(0.0, pace.ratio + side * pace.off(length)) for side in (-1, 1))
        scenario = {"": came * pace.ratio, "-low": came * low, "-high": came * high}
        add = partial(result.add, "scenario", query="scenario", rows=round(last_year.orders))
        for name, value in scenario.items():
            add(f"scenario-{measure}{name}", round_half_up(value), unit, days=(since, until))
        add(f"last-year-{measure}", round_half_up(came), unit, days=base)
        add(f"{measure}-change", _change(pace.ratio), "%", days=now)
        week, week_before = (getattr(half[-1], measure) for half in halves)
        if week_before and min(half[-1].people for half in halves) >= warehouse.sales_floor:
            days = (last - ONE_WEEK + ONE_DAY, last)
            add(f"{measure}-change-last-week", _change(week / week_before), "%", days=days)
        if begun:
            done, before = getattr(so_far, measure), getattr(whole_year, measure)
            add = partial(result.add, "whole", query="scenario", rows=round(so_far.orders))
            add(f"so-far-{measure}", round_half_up(done), unit, days=begun)
            for name, value in scenario.items():
                both = round_half_up(done) + round_half_up(value)
                add(f"scenario-{measure}{name}", both, unit, days=(begun[0], until))
            if found.first <= whole_base[0]:
                add(f"last-year-{measure}", round_half_up(before), unit, days=whole_base)
                ratio = (done + scenario[""]) / before
                add(f"scenario-{measure}-change", _change(ratio), "%", days=(begun[0], until))
    _add_weeks(result, warehouse, weeks, parts[2 * PACE_WEEKS :], orders_pace)
    return result


def _change(ratio: float) -> float:
    return round_figure(100 * (ratio - 1), 1)


@dataclass(frozen=True)
class SalesOfPeriods:
    first: date | None  # the first day with an order
    periods: list[PeriodSales]
    currency: str | None


def _read_sales(
    warehouse: Warehouse, result: AnalysisResult, filter_: AnalysisFilter, spans: Sequence[Days]
) -> SalesOfPeriods:
    currencies = list_currencies(warehouse, "orders")
    currency = currencies[0] if currencies else None
    result.add_currency_limit(currencies)
    lines = select_sold_lines(
        warehouse, filter_, date(1970, 1, 1), max(last for _, last in spans) + ONE_DAY, currency
    )
    day = lines["at"].date()
    who = ibis.coalesce(lines.customer, lines["order"])
    columns = {"first": day.min()}
    for n, (first, last) in enumerate(spans):
        inside = day.between(ibis.literal(first), ibis.literal(last))
        columns |= {
            f"orders_{n}": lines["order"].nunique(where=inside),
            f"sales_{n}": lines.paid.sum(where=inside),
            f"people_{n}": who.nunique(where=inside),
        }
    query = lines.aggregate(**columns)
    result.queries["scenario"] = defer_sql(query)
    (row,) = fetch_rows(warehouse, query)
    periods = [
        PeriodSales(
            float(row[f"orders_{n}"] or 0), float(row[f"sales_{n}"] or 0), row[f"people_{n}"] or 0
        )
        for n in range(len(spans))
    ]
    return SalesOfPeriods(row["first"], periods, currency)


def _add_weeks(
    result: AnalysisResult,
    warehouse: Warehouse,
    weeks: Sequence[Days],
    last_year: Sequence[PeriodSales],
    pace: Pace,
) -> None:
    """Add the weeks, unless one of them was of too few people."""
    few = warehouse.sales_floor
    if len(weeks) < 2 or any(one.people < few for one in last_year):
        return
    for days, came in zip(weeks, last_year, strict=True):
        subject = f"week-{days[0]}"
        result.set_group_size(subject, came.people, sort="sales")
        add = partial(result.add, subject, query="scenario", rows=round(came.orders))
        add("scenario-orders", round_half_up(came.orders * pace.ratio), "orders", days=days)
        add("last-year-orders", round_half_up(came.orders), "orders", days=_move(days, -YEAR))


def _measure_pace(now: Sequence[PeriodSales], then: Sequence[PeriodSales], measure: str) -> Pace:
    came, before = ([float(getattr(one, measure)) for one in weeks] for weeks in (now, then))
    ratio = sum(came) / max(sum(before), 1.0)
    errors = [(a - ratio * b) ** 2 for a, b in zip(came, before, strict=True)]
    return Pace(ratio, sqrt(sum(errors) / (PACE_WEEKS - 1)) / max(sum(before) / PACE_WEEKS, 1.0))


def _find_last_year(days: Days) -> Days:
    """Return the same months of last year, else the same weekdays."""
    since, until = days
    if not _is_whole_months(since, until):
        return _move(days, -YEAR)
    after = until + ONE_DAY
    return since.replace(year=since.year - 1), after.replace(year=after.year - 1) - ONE_DAY


def _is_whole_months(since: date, until: date) -> bool:
    return since.day == (until + ONE_DAY).day == 1


def _list_weeks(since: date, until: date) -> list[Days]:
    """Return the days in sevens; the last may be fewer."""
    count = -(-((until - since).days + 1) // 7)
    firsts = [since + n * ONE_WEEK for n in range(count)]
    return [(first, min(first + ONE_WEEK - ONE_DAY, until)) for first in firsts]


def _move(days: Days, by: timedelta) -> Days:
    return days[0] + by, days[1] + by
