"""Sort the groups of an answer, and hold them to the bounds of its query."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import ceil, isclose, log10
from typing import Any

from bot.core.facts import RATING_UNIT
from bot.core.metric_query import BOUNDS, ORDERED_DIMENSIONS, MetricBound, MetricQuery
from bot.data.metrics.query.release import ALL_GROUPS, Group, HiddenGroups
from bot.data.metrics.query.runner import PeriodName, QueryRunner, Values

DEFAULT_LIMIT = 20
MAX_LEVEL = 5  # groups that are shown beyond the limit, as they are level with the last within it
CHANGE_ORDERS = ("growth", "decline")


def is_in_time(query: MetricQuery) -> bool:
    """Whether groups are in the order of time: all of them, or those of each first value."""
    return query.order == "natural" and not {*query.dimensions}.isdisjoint(ORDERED_DIMENSIONS)


class GroupOrder:
    """The order of groups by the first measure, or by its change, and the bounds of the query. A
    place in the order tells of a figure, and so does being within the bounds: a figure that is not
    shown counts for neither."""

    def __init__(
        self,
        runner: QueryRunner,
        values: Mapping[tuple[PeriodName, Group], Values],
        hidden: Mapping[PeriodName, HiddenGroups],
    ) -> None:
        self.runner, self.query, self.values, self.hidden = runner, runner.query, values, hidden
        self.first = runner.names[0]
        self.measure = runner.measures[self.first]

    def is_within(self, group: Group) -> bool:
        """Whether the group is within the bounds, by figures that may be shown."""
        return all(self._keeps(group, bound) for bound in self.query.having)

    def is_beyond(self, group: Group) -> bool:
        """Whether the group is outside a bound, by a figure that may be shown or that it lacks."""
        return any(self._keeps(group, bound) is False for bound in self.query.having)

    def list_nearest(self, groups: Sequence[Group]) -> list[Group]:
        """Return the groups that are nearest to the first bound, by figures that may be shown."""
        bound = self.query.having[0]
        far = {one: self._find_bounded(one, bound) for one in groups if self.is_beyond(one)}
        known = {one: value for one, value in far.items() if value is not None}
        return sorted(known, key=lambda one: abs(float(known[one]) - float(bound.value)))

    def _keeps(self, group: Group, bound: MetricBound) -> bool | None:
        """Return None where the figure may not be shown."""
        name = self.runner.dataset.measures[bound.measure].share_of or bound.measure
        if self.values["now", group].get(name) is None:
            return False
        value = self._find_bounded(group, bound)
        return None if value is None else bool(BOUNDS[bound.operator](value, bound.value))

    def _find_bounded(self, group: Group, bound: MetricBound) -> Any:
        """Return the figure that is bounded; None where there is none that may be shown."""
        measure = self.runner.dataset.measures[bound.measure]
        name = measure.share_of or bound.measure
        value = self.values["now", group].get(name)
        if not self._is_shown("now", group, self.runner.measures[name].bases):
            return None
        if value is None or not measure.share_of:
            return value
        total = self.values["now", ALL_GROUPS].get(name)
        return 100 * float(value) / float(total) if total else 0

    def sort(self, groups: Sequence[Group]) -> list[Group]:
        """Sort by the first measure, or by its change. Groups whose figure is not shown come
        last."""
        ranked = sorted(groups, key=self._by_figure)
        if not is_in_time(self.query):
            return ranked
        if self.query.dimensions[0] in ORDERED_DIMENSIONS:
            return sorted(groups, key=by_time)
        if have_one_time(groups):
            return sorted(ranked, key=lambda group: by_time(group[1:]))
        # the first dimension as the largest of it stands, and in each of its values by time
        places = {one: n for n, one in enumerate(dict.fromkeys(group[0] for group in ranked))}
        return sorted(groups, key=lambda group: (places[group[0]], by_time(group[1:])))

    def cut(self, groups: list[Group], room: int) -> list[Group]:
        """Return as many groups as there is room for: of a period's days the last ones."""
        query = self.query
        if is_in_time(query) and query.dimensions[0] in ORDERED_DIMENSIONS:
            return groups[-room:]
        if is_in_time(query) and have_one_time(groups):
            return groups[-min(room, query.limit if query.limit > 0 else room) :]
        if is_in_time(query) and query.limit <= 0:  # no gaps in the months of a group
            return groups[:room]
        limit = min(room, query.limit if query.limit > 0 else DEFAULT_LIMIT)
        level = len(self.list_level(groups[limit:], groups[limit - 1 : limit]))
        return groups[: limit + (level if level <= min(MAX_LEVEL, room - limit) else 0)]

    def list_level(self, groups: Sequence[Group], place: Sequence[Group]) -> list[Group]:
        """Return the groups that are level with the one in this place, if any is there."""
        figure = self._find_figure(place[0]) if place and not is_in_time(self.query) else None
        return [one for one in groups if figure is not None and self._find_figure(one) == figure]

    def _by_figure(self, group: Group) -> tuple[Any, ...]:
        value = self._find_figure(group)
        number = float(value) if value is not None else 0.0
        is_ascending = self.query.order in ("lowest", "decline")
        return (value is None, number if is_ascending else -number, by_time(group))

    def _find_figure(self, group: Group) -> Any:
        """Return what the group is sorted by; None where it is not shown."""
        if not self._is_shown("now", group, self.measure.bases):
            return None
        value = self.values["now", group].get(self.first)
        if value is None or self.query.order not in CHANGE_ORDERS:
            return value
        return self._find_change(group, float(value))

    def _find_change(self, group: Group, value: float) -> float | None:
        """Return the change since the earlier period: of a rate or a mean rating the difference,
        else as a quotient."""
        if not self._is_shown("before", group, self.measure.bases):
            return None
        before = self.values.get(("before", group), {}).get(self.first)
        if before is None or self.measure.unit in ("%", RATING_UNIT):
            return None if before is None else value - float(before)
        return (value - float(before)) / abs(float(before)) if before else None

    def _is_shown(self, period: PeriodName, group: Group, bases: Iterable[str]) -> bool:
        return period in self.hidden and self.hidden[period].shows(group, bases)

    # What is told of groups that have no place in the order.

    def adds_up(self, groups: Collection[Group]) -> bool:
        """Whether the first measure of these groups adds up to that of the total."""
        total = float(self.values["now", ALL_GROUPS].get(self.first) or 0)
        return self.measure.is_sum and isclose(sum(self._list(groups)), total, abs_tol=0.01)

    def add_up(self, groups: Collection[Group]) -> float | None:
        """Return the first measure of these groups together. None where one of them is below zero:
        then it is no bound of any of them."""
        figures = self._list(groups)
        return None if min(figures, default=0) < 0 else sum(figures)

    def find_bound(self, groups: Collection[Group]) -> float | None:
        """Return the power of ten that the first measure of none of these groups exceeds. The
        largest one itself would tell between which of the shown figures it is. None where the
        measure does not add up over groups."""
        if not self.measure.is_sum:
            return None
        largest = max(self._list(groups), default=0.0)
        return 10.0 ** max(0, ceil(log10(largest))) if largest > 0 else 1.0

    def _list(self, groups: Collection[Group]) -> list[float]:
        return [float(self.values["now", one].get(self.first) or 0) for one in groups]


def have_one_time(groups: Sequence[Group]) -> bool:
    """Whether most first values have one time alone, as campaigns have the day of their sending."""
    return len(groups) < 2 * len({group[0] for group in groups})


def by_time(group: Group) -> tuple[Any, ...]:
    return tuple((value is None, len(value or ""), value or "") for value in group)
