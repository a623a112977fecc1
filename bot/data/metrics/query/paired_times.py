"""Pair the days, weeks, months … of two periods: those of this year with last year's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import DATED_DIMENSIONS, MetricQuery

FACTS_COMPARED = 3  # of a figure: itself, the earlier one, the change
MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
WEEK = 7


@dataclass(frozen=True)
class TimeShift:
    """How far a period is behind another: in months or in days."""

    months: int
    days: int

    def move(self, at: ir.Value) -> ir.Value:
        """Return when something of the earlier period was, as if it were of the later one."""
        far = ibis.interval(months=self.months) if self.months else ibis.interval(days=self.days)
        return at + far

    def move_back(self, first: date) -> date:
        """Return the first day of the earlier day, week or month that is paired with this one."""
        if not self.months:
            return first - timedelta(days=self.days)
        months = 12 * first.year + first.month - 1 - self.months
        return date(months // 12, months % 12 + 1, first.day)


def find_time_shift(query: MetricQuery, before: tuple[date, date] | None) -> TimeShift | None:
    """Return how the groups of two periods are paired. None where they can't be, and where there is
    no room for all of them."""
    shift, many = _pair(query, before)
    return shift if many * len(query.measures) <= query.room else None


def count_paired_measures(query: MetricQuery, before: tuple[date, date] | None) -> int:
    """Return of how many measures there is room for all paired groups; 0 where none are paired."""
    shift, many = _pair(query, before)
    return query.room // many if shift else 0


def _pair(query: MetricQuery, before: tuple[date, date] | None) -> tuple[TimeShift | None, int]:
    """Return how the groups of two periods are paired, and how many facts a measure has then. None
    where they are not of a time alone, and where the periods don't begin and end alike in it."""
    if before is None or len(query.dimensions) != 1 or query.dimensions[0] not in DATED_DIMENSIONS:
        return None, 0
    assert query.since is not None
    assert query.until is not None
    unit, now = query.dimensions[0], (query.since, query.until)
    days = [(now[n] - before[n]).days for n in (0, 1)]
    months = [12 * (now[n].year - before[n].year) + now[n].month - before[n].month for n in (0, 1)]
    if step := MONTHS.get(unit):
        fits = months[0] == months[1] and months[0] % step == 0 and now[0].day == before[0].day
        many = (12 * (now[1].year - now[0].year) + now[1].month - now[0].month) // step + 1
    else:
        step = WEEK if unit == "week" else 1
        fits = days[0] == days[1] and days[0] % step == 0
        many = (now[1] - now[0]).days // step + 1
    shift = TimeShift(months[0] if unit in MONTHS else 0, days[0]) if fits else None
    return shift, FACTS_COMPARED * (many + 1)  # and the total
