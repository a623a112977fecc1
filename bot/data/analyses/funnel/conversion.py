"""Compute the overall conversion: visits and orders in total and by device, source and country."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.data.analyses.funnel.steps import MIN_SESSIONS
from bot.data.analyses.funnel.visits import (
    VISIT_DIMENSIONS,
    VisitCounts,
    build_sessions,
    count_sessions,
    load_visitors,
    read_visits,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, DimensionValue
from bot.data.metrics.filters import find_last_whole_day
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse
from bot.text.slugs import slugify

DEFAULT_DAYS = 28  # when no days are requested
CONVERSION_QUERY = "funnel.whole"


def add_overall_conversion(
    warehouse: Warehouse, filter_: AnalysisFilter, result: AnalysisResult, table_cache: TableCache
) -> None:
    """Add facts funnel.visits-all.visits, .purchases, .conversion (%), .since and .until, over the
    requested days, else the last 28; the same for visits-device-mobile, visits-source-…,
    visits-country-… Nothing is added where the events lack the first or last step. Where too few
    people bought, only .visits is shown; values with too few people are summed in
    visits-others-device … with .visits only."""
    until = find_last_whole_day(warehouse, "events", filter_)
    since = filter_.since or until - timedelta(days=DEFAULT_DAYS - 1)
    if since > until:
        return
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    came = table_cache.materialize("whole", build_sessions(warehouse, filter_, days))
    query = count_sessions(came)
    visits = read_visits(warehouse, query, days)
    if not {"view", "purchase"} <= set(visits.steps):
        return
    result.queries[CONVERSION_QUERY] = table_cache.defer(query)
    parts = list(_count_groups(visits))
    who = load_visitors(warehouse, came, days)
    people, buyers = who.select_at_step("view"), who.select_at_step("purchase")
    wanted = [part.value for part in parts if part.value != TOTAL_VALUE]
    safe_values = people.find_publishable(wanted, warehouse.floor)
    lines = buyers.find_publishable(sorted(safe_values - {TOTAL_VALUE}), warehouse.sales_floor)
    for part in parts:
        size = people.count(people.which(part.value))
        if result.set_group_size(part.key, size, safe=part.value in safe_values):
            _add_group(result, part, (visits.days[0], until), sold=part.value in lines)
    for dimension in VISIT_DIMENSIONS:
        _add_other_groups(result, dimension, parts)


@dataclass(frozen=True)
class VisitGroup:
    """The visits of one value of a dimension, and how many of them ended in an order."""

    value: DimensionValue
    came: int
    bought: int

    @property
    def key(self) -> str:
        if self.value == TOTAL_VALUE:
            return "visits-all"
        return f"visits-{self.value[0]}-{slugify(self.value[1])}"


def _count_groups(visits: VisitCounts) -> Iterator[VisitGroup]:
    every = visits.counts().sum(axis=0)
    yield VisitGroup(TOTAL_VALUE, int(every[0]), int(every[-1]))
    for dimension in VISIT_DIMENSIONS:
        for value in visits.values(dimension):
            some = visits.counts(visits.mask_of(dimension, value)).sum(axis=0)
            if some[0] >= MIN_SESSIONS:
                yield VisitGroup((dimension, value), int(some[0]), int(some[-1]))


def _add_group(
    result: AnalysisResult, part: VisitGroup, days: tuple[date, date], *, sold: bool
) -> None:
    came, lines = part.came, part.bought
    if not came:
        return
    about = "" if part.value == TOTAL_VALUE else part.value[1]
    measures: list[tuple[str, float | date, str | None]] = [("visits", came, "visits")]
    if sold:
        rate = round(100 * lines / came, 2 if lines < came / 100 else 1)
        measures += [("purchases", lines, None), ("conversion", rate, "%")]
    for measure, value, unit in (*measures, ("since", days[0], None), ("until", days[1], None)):
        result.add(
            part.key, measure, value, unit=unit, about=about, rows=came, query=CONVERSION_QUERY
        )


def _add_other_groups(result: AnalysisResult, dimension: str, parts: Sequence[VisitGroup]) -> None:
    """Add the sum of the visits of values that are too small to be shown on their own."""
    mine = [part for part in parts if part.value[0] == dimension]
    shown = [part for part in mine if result.get(part.key, "visits")]
    rest = sum(part.came for part in mine) - sum(part.came for part in shown)
    if rest and shown:
        key = f"visits-others-{dimension}"
        result.mark_without_customers(key)  # a sum over several groups, checked by `safe_values`
        result.add(
            key, "visits", rest, unit="visits", about="Others", rows=rest, query=CONVERSION_QUERY
        )
