"""An answer to a query: its figures, which of them are shown, and the rows behind them.

`MetricAnswer` holds every figure; its `recipe` lists which are shown: those of no small group,
within the bounds, as many as there is room for. The recipe is all that is needed to read the rows
behind them again, so it is what the log of answers keeps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import isclose
from typing import Any

from pydantic import BaseModel

from bot.core.facts import Source
from bot.core.metric_query import OTHERS_VALUE, WITHIN_VALUE, MeasureName, MetricQuery
from bot.core.withheld import Withheld
from bot.data.metrics.query.dataset import (
    OF_PEOPLE,
    OF_THINGS,
    Family,
    Measure,
    MetricDataset,
    Unlike,
    hold_by_buyers,
    tells_of_things,
)
from bot.data.metrics.query.paired_times import TimeShift, find_time_shift
from bot.data.metrics.query.periods import QueryPeriods
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    MERGED_GROUP,
    Group,
    GroupedRows,
    RowIndex,
)
from bot.data.metrics.query.runner import (
    COUNT_KEY,
    DATASETS,
    FILLED,
    PeriodName,
    QueryRunner,
    Values,
)
from bot.data.warehouse.warehouse import Warehouse

OTHERS: Group = (OTHERS_VALUE,)
WITHIN: Group = (WITHIN_VALUE,)  # what stands in place of the total where a query has bounds
Released = dict[Family, list[RowIndex]]


class ShownGroup(BaseModel, frozen=True):
    """A group of one period that is shown, with the bases of its figures. `whole` is the period
    without the filters, of which a share is told. With `members` these are groups together. What
    the other figures leave by subtraction is no sum of its own: measures that are told so."""

    period: PeriodName
    group: Group
    bases: tuple[str, ...]
    members: tuple[Group, ...] = ()
    subtracted: tuple[str, ...] = ()

    @property
    def is_remainder(self) -> bool:
        """Whether the figures are just the total less those of the groups that are shown."""
        return self.group == OTHERS and not self.members


class MetricRecipe(BaseModel, frozen=True):
    """How to read the rows behind an answer again. The query has its days and the data's values."""

    query: MetricQuery
    before: tuple[date, date] | None
    currency: str | None
    shown: tuple[ShownGroup, ...]

    @property
    def shift(self) -> TimeShift | None:
        return find_time_shift(self.query, self.before)

    def with_shown(self, shown: tuple[ShownGroup, ...]) -> "MetricRecipe":
        """Return the recipe with other groups. A copy would keep the cached `members`."""
        return MetricRecipe(
            query=self.query, before=self.before, currency=self.currency, shown=shown
        )

    def get_bases(self, period: PeriodName, group: Group) -> frozenset[str]:
        return frozenset(
            basis
            for one in self.shown
            if (one.period, one.group) == (period, group)
            for basis in one.bases
        )

    def is_subtracted(self, period: PeriodName, group: Group, name: str) -> bool:
        return any(
            name in one.subtracted
            for one in self.shown
            if (one.period, one.group) == (period, group)
        )

    def tells(self, period: PeriodName) -> bool:
        return any(one.period == period for one in self.shown)

    def list_groups(self) -> list[Group]:
        """Return the groups that are shown, in their order, without the total. Last come those
        that are several together."""
        totals = (ALL_GROUPS, WITHIN)
        return [one.group for one in self.shown if one.period == "now" and one.group not in totals]

    @property
    def total(self) -> Group:
        """What the groups are a part of: with bounds, those within them together."""
        is_bounded = self.query.having and any(one.group for one in self.shown)
        return WITHIN if is_bounded else ALL_GROUPS

    @cached_property
    def members(self) -> Mapping[Group, tuple[Group, ...]]:
        """The groups that are shown together, by the group that they are shown as."""
        return {one.group: one.members for one in self.shown if one.members}

    def is_single(self, group: Group) -> bool:
        """Whether this is a group of its own: neither the total nor several together."""
        return group not in (ALL_GROUPS, OTHERS, WITHIN) and group not in self.members


@dataclass(frozen=True)
class GroupCounts:
    """How many groups there are, and how many are not chosen, by reason. Of the chosen ones, some
    may be left out later: see `guard.py`."""

    known: int
    chosen: int
    too_small: int  # of too few people, or needed to hide those
    out_of_bounds: int
    are_outside: bool  # whether those chosen are: none is within the bounds
    may_fit: int  # within the bounds, as far as can be told: also those whose figure is hidden
    beyond_limit: int
    level_beyond: int  # of these, how many are level with the last that is chosen
    level: tuple[tuple[Group, ...], ...]  # the chosen ones that share the first or the last place
    # the too small ones, and those whose first measure is of too few people
    unranked: frozenset[Group]
    adds_up: bool  # whether the first measure of all groups is that of the total
    # their first measure together, where it is what the shown total and groups leave over
    unranked_sum: float | None
    unranked_bound: float | None  # the power of ten that none of them exceeds


@dataclass(frozen=True)
class MetricAnswer:
    """All figures by period and group, with the rows behind them. `unknown` says of measures why
    the data can't tell them."""

    dataset: MetricDataset
    asked: MetricQuery
    recipe: MetricRecipe
    periods: QueryPeriods
    values: Mapping[tuple[PeriodName, Group], Values]
    rows: Mapping[PeriodName, GroupedRows]
    sql: Mapping[str, str]  # of each measure
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # how words of the query were understood
    unknown: Mapping[str, str] = field(default_factory=dict)
    counts: GroupCounts | None = None
    sources: Mapping[tuple[PeriodName, Group, str], Source] = field(default_factory=dict)
    told_of: Mapping[str, Group] = field(default_factory=dict)  # see `MetricDataset.told_by`
    unlike: Unlike = field(default_factory=dict)
    # groups of which figures are left out because of earlier answers, and why: see `guard.py`
    left_out: Mapping[PeriodName, frozenset[Group]] = field(default_factory=dict)
    withheld: Withheld | None = None
    spare_total: ShownGroup | None = None  # see `GroupChoice.spare_total`
    # what may be told of counts alone, beside the recipe
    counted: MetricRecipe | None = None

    @property
    def query(self) -> MetricQuery:
        return self.recipe.query

    def with_recipe(self, recipe: MetricRecipe) -> "MetricAnswer":
        return replace(self, recipe=recipe)

    def with_measures(self, names: tuple[MeasureName, ...]) -> "MetricAnswer":
        """Return the answer with some of its measures."""
        bases = {basis for name in names for basis in self.dataset.measures[name].bases}
        shown = (
            one.model_copy(update={"bases": tuple(b for b in one.bases if b in bases)})
            for one in self.recipe.shown
        )
        recipe = MetricRecipe(
            query=self.query.model_copy(update={"measures": names}),
            before=self.recipe.before,
            currency=self.recipe.currency,
            shown=tuple(one for one in shown if one.bases or one.is_remainder),
        )
        return replace(self, recipe=recipe)

    def without_lone_counts(self) -> "MetricAnswer":
        """Return the answer without the counts that nobody asked for and that were added for a rate
        that is not told: alone they read as what the rate counts."""
        groups = [self.recipe.total, *self.recipe.list_groups()]
        measures = self.query.measures
        told = [
            name
            for name in measures
            if any(self.get_value("now", group, name) is not None for group in groups)
        ]
        kept = {*self.asked.measures, *(self.get_measure(name).of for name in told)}
        names = tuple(name for name in measures if name in kept)
        return self if names == measures else self.with_measures(names)

    def without_merged(self) -> "MetricAnswer":
        """Return the answer without the groups that are told together; of the others only what is
        left of the total."""
        shown = [
            one.model_copy(
                update={"members": (), "bases": list_remainder_bases(self.dataset, one.bases)}
            )
            if one.group == OTHERS
            else one
            for one in self.recipe.shown
            if one.group == OTHERS or not one.members
        ]
        kept = tuple(one for one in shown if one.bases or one.group != OTHERS)
        return self.with_recipe(self.recipe.with_shown(kept))

    def get_measure(self, name: str) -> Measure:
        return self.dataset.measures[name]

    def get_value(self, period: PeriodName, group: Group, name: str) -> Any:
        """Return a figure that is shown, else None."""
        measure = self.dataset.measures[name]
        if measure.share_of:
            part = self.get_value(period, group, measure.share_of)
            whole = [
                self.get_value(*one, measure.share_of)
                for one in self.list_whole(period, group, measure.share_of)
            ]
            if part is None or None in whole or not sum(whole):
                return None
            return 100 * float(part) / float(sum(whole))
        if self.list_lacking(group, name, period):
            return None
        return self.values.get((period, group), {}).get(name)

    def list_whole(
        self, period: PeriodName, group: Group, name: str
    ) -> list[tuple[PeriodName, Group]]:
        """Return what a share of a group is of, together: the total, or of two dimensions all
        groups of the same country, month …, where they add up."""
        place = self.query.share_place
        if not self.query.dimensions:
            return [("whole", ALL_GROUPS)] if period != "before" else []
        if place is None:
            return [(period, ALL_GROUPS)]
        groups = self.rows[period].groups if period in self.rows else ()
        if group not in groups or not self.adds_up(name, period):
            return []
        return [(period, one) for one in groups if one[place] == group[place]]

    def adds_up(self, name: str, period: PeriodName = "now") -> bool:
        """Whether the figures of all groups are together that of the total."""
        if not self.get_measure(name).is_sum or period not in self.rows:
            return False
        figures = [
            float(self.values.get((period, one), {}).get(name) or 0)
            for one in self.rows[period].groups
        ]
        total = float(self.values[period, ALL_GROUPS].get(name) or 0)
        return isclose(sum(figures), total, abs_tol=0.01)

    def get_source(
        self, warehouse: Warehouse, period: PeriodName, group: Group, name: str
    ) -> Source:
        """Return the files that the rows of a figure come from."""
        name = self.dataset.measures[name].share_of or name
        whole = self.sources.get((period, ALL_GROUPS, name), warehouse.source(self.dataset.kind))
        return self.sources.get((period, group, name), whole)

    def compares(self, group: Group, name: str) -> bool:
        """Whether a figure may stand beside that of the earlier days."""
        measure = self.dataset.measures[name]
        is_known = self.periods.sums_compare or not measure.is_sum
        whats = (group in (ALL_GROUPS, WITHIN), *group)
        names = (name, measure.share_of)
        unlike = any((one, what) in self.unlike for one in names for what in whats)
        return self.periods.before is not None and is_known and not unlike

    def is_allowed(self, group: Group, name: str) -> bool:
        """Whether a figure of the group may be shown."""
        return not self.list_lacking(group, name)

    def list_lacking(self, group: Group, name: str, period: PeriodName = "now") -> set[str]:
        """Return the bases of a figure that may not be told of the group."""
        name = self.dataset.measures[name].share_of or name
        told = [one for one in (self.recipe, self.counted) if one and name in self._list_names(one)]
        if any(one.is_subtracted(period, group, name) for one in told):
            return set()
        bases = {basis for one in told for basis in one.get_bases(period, group)}
        return set(self.dataset.measures[name].bases) - bases

    def _list_names(self, recipe: MetricRecipe) -> set[str]:
        """Return the measures that a recipe tells: another may be of the same bases."""
        return {self.dataset.measures[name].share_of or name for name in recipe.query.measures}

    def is_blank(self, group: Group, name: str) -> bool:
        """Whether no row of the group says what the measure needs."""
        return self.values.get(("now", group), {}).get(f"{name}{FILLED}") == 0

    def count_things(self, group: Group) -> int:
        """Return how many orders, visits … a group has."""
        return int(self.values["now", group].get(COUNT_KEY) or 0)

    def get_count(self, period: PeriodName, group: Group, name: str) -> int | None:
        """Return how many rows a figure stands on."""
        measure = self.dataset.measures[name]
        values = self.values.get((period, group), {})
        if measure.share_of:
            return self.get_count(period, group, measure.share_of)
        many = values.get(f"{name}_count", values.get(COUNT_KEY))
        return None if many is None else int(many)


def list_remainder_bases(dataset: MetricDataset, bases: Iterable[str]) -> tuple[str, ...]:
    """Return the bases whose figures add up over groups."""
    return tuple(
        basis
        for basis in bases
        if dataset.bases[basis].family == "sales" and not dataset.bases[basis].refine
    )


# Rows of one value of these are what measures count: `late_orders`, or orders that are late.
MARK_FIELDS = ("late", "returned", "return_reason", "discounted", "code", "status")


def collect_released(recipe: MetricRecipe, rows: Mapping[PeriodName, GroupedRows]) -> Released:
    """Return the sets of elements whose sums the shown figures tell, by family. Those of what came
    back stand in a family of their own as well: where buyers stand for them, it is the only one."""
    released: Released = {}
    is_of_things = tells_of_things(recipe.query)
    wholes = {period: some.as_whole() for period, some in rows.items()}
    for one in recipe.shown:
        if one.is_remainder:
            continue
        grouped = wholes[one.period] if one.group == ALL_GROUPS else rows[one.period]
        groups = None if one.group == ALL_GROUPS else [one.group]
        if one.members:
            grouped, groups = grouped.merge(one.members), [MERGED_GROUP]
        for basis in one.bases:
            kind, elements = grouped.dataset.bases[basis], grouped.elements(basis, groups)
            for family in list_families(recipe.query, kind.family):
                released.setdefault(family, []).append(elements)
            if kind.is_return and (kind.stands_for or not is_of_things):
                apart = (OF_THINGS if kind.stands_for else OF_PEOPLE)[kind.family]
                sent_back = grouped.elements_stood_for(basis, groups)
                released.setdefault(apart, []).append(sent_back)
    return released


def list_families(query: MetricQuery, family: Family) -> tuple[Family, ...]:
    """Return the families of figures that tell a sum of the same rows."""
    is_marked = family == "sales" and query.uses(*MARK_FIELDS)
    return (family, "marks") if is_marked else (family,)


def reread_released(warehouse: Warehouse, recipe: MetricRecipe) -> Released:
    """Read the rows behind an earlier answer again."""
    dataset = hold_by_buyers(DATASETS[recipe.query.dataset], recipe.query)
    runner = QueryRunner(warehouse, dataset, recipe.query, recipe.before, recipe.currency)
    tables = {period: runner.select(period) for period in runner.period_names}
    return collect_released(recipe, runner.read_rows(tables))
