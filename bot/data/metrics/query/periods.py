"""The days of a query, and those that it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import NamedTuple

from bot.core.metric_query import DATED_DIMENSIONS, MetricQuery, QueryError
from bot.data.metrics.query.dataset import MetricDataset
from bot.data.metrics.query.order_cautions import counts_returns
from bot.data.schema import load_kinds
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

Days = tuple[date, date]
# of a period's days: where the data cut the earlier period to fewer, nothing is compared
MIN_COMPARED_SHARE = 0.5
WEEK = 7
YEAR_OF_WEEKS = timedelta(weeks=52)
MAX_DAYS_BY_WEEKDAY = 14  # of so few, a Sunday more than last year would tell
MAX_NEWER_DAYS = 31  # behind the days asked about, from which these are plainly earlier ones
MAX_LENGTH_DIFFERENCE = 0.12  # of two periods whose sums are compared: 28 days and 31


class OpenDays(NamedTuple):
    """The last days of the data, of which an order `may` still do something."""

    days: int
    may: str


@dataclass(frozen=True)
class QueryPeriods:
    """The days asked about and those compared with, both inclusive. `sums_compare` is False where
    the data know too few of the earlier days to compare sums. `per_day`: both are as they were
    named, but of different length, so a change of a sum is that of its amount per day."""

    now: Days
    before: Days | None
    sums_compare: bool
    notes: tuple[str, ...]
    known_until: date
    left_out_days: int = 0  # the last days of the data, whose rows may still change
    per_day: bool = False

    @property
    def has_newer(self) -> bool:
        """Whether the data hold whole days behind these, no more than these are: what "last week"
        means is open then, and that of whole months is not."""
        newer = (self.known_until - self.now[1]).days
        is_open = not self.left_out_days and not _count_whole_months(self.now)
        return is_open and 0 < newer <= min(count_days(self.now), MAX_NEWER_DAYS)


def count_days(days: Days) -> int:
    return (days[1] - days[0]).days + 1


def are_as_long(now: Days, before: Days) -> bool:
    """Whether the sums of two periods may be compared."""
    return abs(count_days(before) / count_days(now) - 1) <= MAX_LENGTH_DIFFERENCE


def find_known_days(warehouse: Warehouse, dataset: MetricDataset) -> Days | None:
    """Return the first day and the last whole day of the dataset, or None without dated rows."""
    key = ("days", dataset.name)
    if key not in warehouse.released:
        table = warehouse.rows(dataset.kind)
        day = table[load_kinds()[dataset.kind].dated].cast("date")
        query = table.aggregate(first=day.min(), last=day.max())
        (row,) = fetch_rows(warehouse, query)
        warehouse.released[key] = (row["first"], row["last"]) if row["first"] else None
    known: Days | None = warehouse.released[key]
    if known is None:
        return None
    return known[0], max(known[0], min(known[1], warehouse.today - timedelta(days=1)))


def choose_periods(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery
) -> QueryPeriods:
    """Raises QueryError for days that the data doesn't have."""
    known = find_known_days(warehouse, dataset)
    if known is None:
        raise QueryError(
            "No row of {dataset} has a day, so no period can be told.", dataset=dataset.name
        )
    notes: list[str] = []
    first, last = query.since or known[0], query.until or known[1]
    if first > known[1] or last < known[0]:
        raise QueryError(
            "{dataset} are known from {since} to {until}, not in the days asked about.",
            dataset=dataset.name,
            since=known[0],
            until=known[1],
        )
    asked = _require_order(first, last)
    first, last = max(first, known[0]), min(last, known[1])
    if query.since and first > query.since:
        notes.append(f"The data begins on {first}, so the period does.")
    if query.until and last < query.until:
        notes.append(f"The last whole day in the data is {last}, so the period ends there.")
    measures = find_open_days(warehouse, dataset, query)
    now, open_days = _leave_out_open_days(measures, dataset, query, (first, last), known[1], notes)
    keeps_months = not open_days and not query.uses(*DATED_DIMENSIONS)
    before = _find_comparison(query, asked, now, notes, keeps_months=keeps_months)
    if before is None:
        found = QueryPeriods(now, None, False, tuple(notes), known[1])
    else:
        found = _fit_comparison(now, before, known, notes)
    if open_days and found.before:
        note = f"Both periods are cut alike: {now[0]} to {now[1]} against {{}} to {{}}. Say both."
        found = replace(found, notes=(*found.notes, note.format(*found.before)))
    return replace(found, left_out_days=open_days)


def leave_out_unsettled(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery
) -> tuple[MetricQuery, list[str]]:
    """Return the query without the measures whose rows may all still change, where others are left,
    and say why they are."""
    known, bounds = find_known_days(warehouse, dataset), {one.measure for one in query.having}
    if known is None or query.since is None:
        return query, []
    unsettled = {
        name: one
        for name, one in find_open_days(warehouse, dataset, query).items()
        if query.since > known[1] - timedelta(one.days)
    }
    kept = tuple(name for name in query.measures if name not in unsettled)
    if not unsettled or not kept or not bounds.isdisjoint(unsettled):
        return query, []  # refused
    return query.model_copy(update={"measures": kept}), [
        _explain_unsettled(unsettled, dataset, known[1])
    ]


def find_open_days(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery
) -> dict[str, OpenDays]:
    """Return for each measure of which the last rows may still change how many days these are."""
    return {
        name: OpenDays(settling.days(warehouse), settling.may)
        for name in query.measures
        if (settling := (measure := dataset.measures[name]).settling)
        and not (query.takes_arrived and "delivered" in measure.needs)  # all of these have come
    }


def _explain_unsettled(
    measures: Mapping[str, OpenDays], dataset: MetricDataset, last_known: date
) -> str:
    days, may = max(measures.values())
    so_far = "".join(
        f" Asked “so far”, tell {counted} out of units, never out of orders, and that more of them "
        f"may still {may}."
        for counted in dict.fromkeys(dataset.measures[name].counts for name in measures)
        if counted
    )
    return (
        f"{', '.join(measures)} can't be told of these days yet: what was ordered in the last "
        f"{days} days of the data may still {may}. The last day to ask for is "
        f"{last_known - timedelta(days=days)}.{so_far}"
    )


def _leave_out_open_days(
    measures: Mapping[str, OpenDays],
    dataset: MetricDataset,
    query: MetricQuery,
    now: Days,
    last_known: date,
    notes: list[str],
) -> tuple[Days, int]:
    """Return the days without the last ones, whose rows may still change, for the measures of the
    query, and how many these are. Raises QueryError where no other days are left."""
    open_days, may = max(measures.values(), default=OpenDays(0, ""))
    last = last_known - timedelta(days=open_days)
    if not open_days or now[1] <= last:
        return now, 0
    if now[0] > last:
        raise QueryError("{why}", why=_explain_unsettled(measures, dataset, last_known))
    notes.append(
        f"What was ordered in the last {open_days} days of the data may still {may}, so with "
        f"{', '.join(measures)} the period ends on {last}, for {', '.join(query.measures)}. Say so."
    )
    beside = {dataset.measures[name].of for name in measures}
    whole = [
        name
        for name in query.measures
        if name not in {*measures, *beside} and not counts_returns(dataset.measures[name])
    ]
    if query.dimensions and whole:
        notes.append(f"Asked apart, these have the later days too: {', '.join(whole)}.")
    return (now[0], last), open_days


def _require_order(first: date, last: date) -> Days:
    if first > last:
        raise QueryError(
            "The period ends before it begins: {since} to {until}.", since=first, until=last
        )
    return first, last


def _find_comparison(
    query: MetricQuery, asked: Days, now: Days, notes: list[str], *, keeps_months: bool
) -> Days | None:
    """Return the earlier days: those named, else in the length of the days that are over.
    `keeps_months`: whole months that are named stay whole."""
    if query.comparison == "none":
        return None
    if query.comparison == "dates":
        if query.compare_since is None or query.compare_until is None:
            raise QueryError("A comparison with dates needs its first and last day.")
        before = _require_order(query.compare_since, query.compare_until)
        until = before[1] - (asked[1] - now[1])
        is_cut = now[1] < asked[1] and are_as_long(asked, before) and before[0] <= until
        if not is_cut or (keeps_months and _count_whole_months(before)):
            return before
        notes.append(f"The earlier period is as long, until {until}, as the other ends earlier.")
        return before[0], until
    if query.comparison == "same_period_last_year":
        if count_days(now) <= MAX_DAYS_BY_WEEKDAY or query.uses("week"):
            before = now[0] - YEAR_OF_WEEKS, now[1] - YEAR_OF_WEEKS
            notes.append(
                f"Last year are the same weekdays, {before[0]} to {before[1]}: what falls on other "
                "days there (a holiday, Black Friday) may not be in both."
            )
            if count_days(now) > MAX_DAYS_BY_WEEKDAY:
                notes.append(
                    "Without weeks, these days stand beside the same dates: tell one of the two, "
                    "with its days."
                )
            return before
        return _year_before(now[0]), _year_before(now[1])
    # of a period that is not over, the first days are compared with the first days before
    length = count_days(asked) if query.until else count_days(now)
    months = _count_whole_months(asked) if query.since and query.until else 0
    if months:
        start = _months_before(now[0], months)
        if now == asked:  # the month before October is September, with all its days
            return start, now[0] - timedelta(days=1)
        return start, start + (now[1] - now[0])
    is_part = (length <= MAX_DAYS_BY_WEEKDAY or query.uses("week")) and length % WEEK > 0
    back = timedelta(days=ceil(length / WEEK) * WEEK if is_part else length)
    before = now[0] - back, now[1] - back
    if is_part:
        notes.append(f"Compared with the same weekdays before, {before[0]} to {before[1]}: say so.")
    return before


def _count_whole_months(days: Days) -> int:
    """Return how many calendar months these days are; 0 when they begin or end within one."""
    first, last = days
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return 0
    return 12 * (last.year - first.year) + last.month - first.month + 1


def _months_before(day: date, many: int) -> date:
    months = 12 * day.year + day.month - 1 - many
    return date(months // 12, months % 12 + 1, 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def _fit_comparison(now: Days, before: Days, known: Days, notes: list[str]) -> QueryPeriods:
    if before[1] < known[0] or before[0] > known[1]:
        notes.append(
            f"Nothing to compare with: the data goes from {known[0]} to {known[1]}, not back to "
            f"{before[0]}–{before[1]}."
        )
        return QueryPeriods(now, None, False, tuple(notes), known[1])
    asked, before = before, (max(before[0], known[0]), min(before[1], known[1]))
    many, earlier = count_days(now), count_days(before)
    if before != asked and earlier < many * MIN_COMPARED_SHARE:
        notes.append(
            f"Nothing to compare with: of the earlier period only {earlier} days are known, this "
            f"one has {many}."
        )
        return QueryPeriods(now, None, False, tuple(notes), known[1])
    # a month that is not over and a whole one are not alike, however long
    are_months = [_count_whole_months(days) > 0 for days in (now, before)]
    is_alike = are_as_long(now, before) and (many == earlier or are_months[0] == are_months[1])
    if not is_alike and before != asked and earlier < many:
        notes.append(
            f"The earlier period has only {earlier} days and this one {many}: sums are not "
            "compared, only averages and rates."
        )
        return QueryPeriods(now, before, False, tuple(notes), known[1])
    if not is_alike:
        notes.append(
            f"The periods have {many} and {earlier} days, so the change of a sum is that per day: "
            "say so, and don't compare the sums. Rates and averages compare as they are."
        )
    elif earlier != many:
        notes.append(f"The periods have {many} and {earlier} days.")
    return QueryPeriods(now, before, True, tuple(notes), known[1], per_day=not is_alike)
