"""Choose which groups of an answer are shown, with which figures."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import ibis.expr.types as ir

from bot.core.metric_query import ORDERED_DIMENSIONS, TooFewError
from bot.core.withheld import Reason, Withheld
from bot.data.floors import is_below_floor
from bot.data.metrics.query.dataset import ALL_ROWS
from bot.data.metrics.query.few_rows import get_people_floor
from bot.data.metrics.query.group_order import CHANGE_ORDERS, GroupOrder
from bot.data.metrics.query.metric_answer import (
    OTHERS,
    WITHIN,
    GroupCounts,
    MetricRecipe,
    ShownGroup,
    list_remainder_bases,
)
from bot.data.metrics.query.paired_times import FACTS_COMPARED
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    MERGED_GROUP,
    Group,
    GroupedRows,
    HiddenGroups,
    get_floor_of,
    hide_small_groups,
    is_too_few,
)
from bot.data.metrics.query.runner import PeriodName, QueryRunner, Values
from bot.data.metrics.query.withheld import describe_people

MAX_OUTSIDE = 5  # groups that are shown where none is within the bounds
MIN_GROUPS = 5  # before there are fewer, the last measures are left out
MAX_HIDDEN_LISTED = 2_000  # hidden groups that are summed up as others
MAX_MERGED = 40  # groups that are told together by figures that do not add up, such as means


class GroupChoice:
    """The choice of what is shown of one query.

    The method is secondary cell suppression (`docs/small-groups.md` names its sources). Groups of
    too few people are hidden, and then the smallest of the others, until the hidden ones are of
    enough people together: the total less the groups that are shown tells of these. Where a filter
    names the groups, the total is hidden before any of the others is. The same is done for each
    basis of a figure among the groups that are left, so that a group may show its orders, and not
    how many of them came late. Of the groups that may be shown, those within the bounds stand in
    their order, as many as there is room for. The others are put together where that hides them.

    `values` are the figures by period and group; those of groups that are put together are added.
    """

    def __init__(
        self,
        runner: QueryRunner,
        rows: Mapping[PeriodName, GroupedRows],
        tables: Mapping[PeriodName, ir.Table],
        values: dict[tuple[PeriodName, Group], Values],
    ) -> None:
        self.runner, self.query, self.bases = runner, runner.query, runner.bases
        self.rows, self.tables, self.values = rows, tables, values
        self.hidden = self._hide_groups() if self.query.dimensions else {}
        self.order = GroupOrder(runner, values, self.hidden)
        if "before" in self.hidden:
            self._fill_absent()

    def build_recipe(self) -> MetricRecipe:
        totals = [self._show_total(period) for period in self.rows]
        groups = self._show_groups() if self.query.dimensions else []
        if self.query.having and groups:
            totals = [self._keep_wholes(one) for one in totals]
        return MetricRecipe(
            query=self.query,
            before=self.runner.before if "before" in self.rows else None,
            currency=self.runner.currency,
            shown=(*totals, *groups),
        )

    def explain_missing(self, recipe: MetricRecipe) -> list[str]:
        """Say why measures have no figure where the total alone is shown. Raises TooFewError where
        none of them has one."""
        if any(one.group for one in recipe.shown):
            return []
        known, reasons = recipe.get_bases("now", ALL_GROUPS), list[str]()
        for name, measure in self.runner.measures.items():
            if lacking := {*measure.bases} - known:
                why = self._explain(lacking)
                reasons.append(f"{name} is not shown: {why.explain()}.")
        if len(reasons) == len(self.runner.measures):
            why = self._explain({*self.bases} - known)
            raise TooFewError(why, f"{' '.join(reasons)} {why.suggest()}")
        return reasons

    def _explain(self, lacking: Collection[str]) -> Withheld:
        people = describe_people(self.runner.warehouse, self.runner.dataset, lacking)
        return Withheld(Reason.FEW, people)

    def count_groups(self) -> GroupCounts | None:
        if not self.query.dimensions:
            return None
        unseen = [
            one for one in self.kept if one not in self.chosen and not self._shows_any_measure(one)
        ]
        unranked = self.small.union(one for one in self.within if not self._has_place(one))
        adds_up = self.order.adds_up(self.rows["now"].groups)
        return GroupCounts(
            known=len(self.candidates) + len(self.small),
            chosen=len(self.chosen),
            too_small=len(self.small) + len(unseen) + len(self.folded),
            out_of_bounds=len(self.candidates) - len(self.within),
            are_outside=bool(self.outside),
            may_fit=len(self.small)
            + len([o for o in self.candidates if not self.order.is_beyond(o)]),
            beyond_limit=len(self.kept) - len(self.chosen) - len(unseen),
            level_beyond=sum(one not in self.chosen for one in self._list_level(self.kept, -1)),
            level=tuple(dict.fromkeys(tuple(self._list_level(self.chosen, at)) for at in (0, -1))),
            unranked=unranked,
            adds_up=adds_up,
            unranked_sum=self.order.add_up(unranked) if adds_up else None,
            unranked_bound=self.order.find_bound(unranked),
        )

    # What is hidden.

    def _hide_groups(self) -> dict[PeriodName, HiddenGroups]:
        """Return which groups of which period are hidden. Those of these days are of both; one that
        was too small before lacks its figures of then alone."""
        hidden = self._hide("now")
        if "before" not in self.rows or not self.runner.dimensions_of("before"):
            return {"now": hidden}
        return {"now": hidden, "before": self._hide("before", hidden.groups)}

    def _hide(self, period: PeriodName, hidden_before: Collection[Group] = ()) -> HiddenGroups:
        return hide_small_groups(
            self.runner.warehouse,
            self.rows[period],
            self.bases,
            hidden_before,
            groups_first=self._names_groups(),
        )

    def _names_groups(self) -> bool:
        """Whether a filter names the groups that are asked for, so that each of them is wanted
        more than all of them together. A share is told of the total."""
        query, measures = self.query, self.runner.dataset.measures
        is_of_total = any(measures[name].share_of for name in query.measures)
        return query.names_groups and not is_of_total

    def _fill_absent(self) -> None:
        """Add the groups that have rows in one of two periods alone: in the other one, none, of
        what those rows tell."""
        groups = {*self.rows["now"].groups, *self.rows["before"].groups}
        periods: tuple[PeriodName, ...] = ("now", "before")
        for period, other in zip(periods, reversed(periods), strict=True):
            for one in groups.difference(self.rows[period].groups):
                told, nothing = self.values[other, one], self.runner.count_nothing()
                self.values[period, one] = {
                    name: None if told.get(name) is None else nothing[name] for name in nothing
                }

    def _is_told(self, period: PeriodName, group: Group, basis: str) -> bool:
        """Whether figures of this basis may be told of the group. Of nobody no more is told than
        of the other period."""
        other: PeriodName = "before" if period == "now" else "now"
        known = self.hidden.get(period if group in self.rows[period].groups else other)
        return known is not None and known.shows(group, [basis])

    def _shows_any_measure(self, group: Group) -> bool:
        shows = self.hidden["now"].shows
        return any(shows(group, measure.bases) for measure in self.runner.measures.values())

    # Which groups are shown.

    @cached_property
    def small(self) -> frozenset[Group]:
        """The hidden groups of these days."""
        return frozenset(self.rows["now"].groups) & self.hidden["now"].groups

    @cached_property
    def candidates(self) -> list[Group]:
        """The groups of one of the periods that are not hidden and have something to tell."""
        now, earlier = self.hidden["now"], self.hidden.get("before")
        groups = [one for one in self.rows["now"].groups if one not in now.groups]
        if earlier is not None:
            known = {*self.rows["now"].groups, *earlier.groups}
            groups += [one for one in self.rows["before"].groups if one not in known]
        return [one for one in groups if self._has_figure(one)]

    def _has_figure(self, group: Group) -> bool:
        """Whether there is something to tell of the group: nothing is counted of what is not
        stated."""
        figures = {name: self.values["now", group].get(name) for name in self.runner.names}
        is_stated = None not in group
        return any(
            value is not None and (value or is_stated or not self.runner.measures[name].is_sum)
            for name, value in figures.items()
        )

    @cached_property
    def within(self) -> list[Group]:
        return [one for one in self.candidates if self.order.is_within(one)]

    @cached_property
    def outside(self) -> list[Group]:
        """The groups to name where none is within the bounds: those that are nearest."""
        none_fits = self.query.having and not self.within
        return self.order.list_nearest(self.candidates)[:MAX_OUTSIDE] if none_fits else []

    @cached_property
    def in_order(self) -> list[Group]:
        return self.outside or self.order.sort(self.within)

    @cached_property
    def ranked(self) -> list[Group]:
        """The sorted groups that show the figure which they are sorted by."""
        return [
            one
            for one in self.in_order
            if all(self._is_told("now", one, basis) for basis in self.order.measure.bases)
        ]

    @cached_property
    def is_folded(self) -> bool:
        """Whether groups that lack the figure which they are sorted by are told together, not row
        by row."""
        return (
            bool(self.ranked)
            and not self.outside
            and {*self.query.dimensions}.isdisjoint(ORDERED_DIMENSIONS)
        )

    @cached_property
    def folded(self) -> frozenset[Group]:
        if not self.is_folded:
            return frozenset()
        return frozenset(self.in_order).difference(self.ranked) & {*self.rows["now"].groups}

    @cached_property
    def kept(self) -> list[Group]:
        """The groups that have a row of their own where there is room."""
        return self.ranked if self.is_folded else self.in_order

    @cached_property
    def chosen(self) -> list[Group]:
        of_total, of_group = self._count_facts()
        room = self.query.room // len(self.query.measures) - of_total
        return self.order.cut(self.kept, max(1, room // of_group))

    def count_fitting_measures(self) -> int:
        """Return of how many measures there is room for beside the first groups."""
        limit = self.query.limit if self.query.limit > 0 else MIN_GROUPS
        wanted = min(len(self.kept), limit, MIN_GROUPS) if self.query.dimensions else 0
        of_total, of_group = self._count_facts()
        return self.query.room // (of_total + wanted * of_group)

    def _count_facts(self) -> tuple[int, int]:
        """Return how many facts a measure has of the total, and of each group."""
        total, group = ("before" in some for some in (self.rows, self.hidden))
        return FACTS_COMPARED if total else 1, FACTS_COMPARED if group else 1

    def _list_level(self, groups: Sequence[Group], at: int) -> list[Group]:
        """Return the groups that are level with the chosen one in this place."""
        return self.order.list_level(groups, [self.chosen[at]] if self.chosen else [])

    def _has_place(self, group: Group) -> bool:
        """Whether the figure that groups are sorted by may be shown of this one."""
        bases, earlier = self.order.measure.bases, self.hidden.get("before")
        if not self.hidden["now"].shows(group, bases):
            return False
        by_change = self.query.order in CHANGE_ORDERS and earlier is not None
        return not by_change or earlier is None or earlier.shows(group, bases)

    # What is shown of them.

    def _show_total(self, period: PeriodName) -> ShownGroup:
        """Show the bases that are not of too few people, and whose total is not hidden for the sake
        of a small group."""
        whole = self.rows[period].as_whole()
        hidden = self.hidden[period].without_total if period in self.hidden else frozenset()
        bases = [
            basis
            for basis in self.bases
            if basis not in hidden and not is_too_few(self.runner.warehouse, whole, basis)
        ]
        return self._show(period, ALL_GROUPS, bases)

    @property
    def spare_total(self) -> ShownGroup | None:
        """The total that is hidden in place of groups which a filter names: it may be told where it
        was told before."""
        if not self.query.dimensions or not self._names_groups():
            return None
        bases = [basis for basis in self.bases if basis in self.hidden["now"].without_total]
        return ShownGroup(period="now", group=ALL_GROUPS, bases=tuple(bases)) if bases else None

    def _keep_wholes(self, total: ShownGroup) -> ShownGroup:
        """Show of all groups only what a share is told of."""
        of = {self.runner.dataset.measures[name].share_of for name in self.query.measures} - {""}
        wholes = {basis for name in of for basis in self.runner.measures[name].bases}
        bases = tuple(basis for basis in total.bases if basis in wholes)
        return total.model_copy(update={"bases": bases})

    def _show_groups(self) -> list[ShownGroup]:
        shown = [self._show_group("now", one) for one in self.chosen]
        if "before" not in self.hidden and len(self.query.dimensions) == 1:
            shown += self._show_merged()
        if self.query.having:
            shown += [] if self.outside else self._show_within_bounds()
        elif self.small or self.folded:
            shown += self._show_others()
        if "before" in self.hidden:
            shown += [self._show_group("before", one) for one in self.chosen]
        return shown

    def _show_group(self, period: PeriodName, group: Group) -> ShownGroup:
        bases = [basis for basis in self.bases if self._is_told(period, group, basis)]
        return self._show(period, group, bases)

    def _show(self, period: PeriodName, group: Group, bases: Sequence[str]) -> ShownGroup:
        return ShownGroup(period=period, group=group, bases=self._keep_complete(bases))

    def _keep_complete(self, bases: Collection[str]) -> tuple[str, ...]:
        """Return the bases of which a figure can be told: some measure has no others."""
        complete = [one.bases for one in self.runner.measures.values() if {*one.bases} <= {*bases}]
        return tuple(basis for basis in bases if any(basis in some for some in complete))

    # Groups that are put together.

    def _show_within_bounds(self) -> list[ShownGroup]:
        """Show all groups within the bounds together: the total of what an answer lists, and the
        one mean over it. Nothing where it is a single group."""
        if not 1 < len(self.kept) <= MAX_HIDDEN_LISTED:
            return []
        shown = []
        for period, hidden in self.hidden.items():
            groups = [one for one in self.rows[period].groups if one in self.kept]
            bases = [b for b in self.bases if all(hidden.shows(one, [b]) for one in groups)]
            if groups and (complete := self._keep_complete(bases)):
                self._compute_together(period, WITHIN, self.kept)
                members = tuple(self.kept)
                shown.append(
                    ShownGroup(period=period, group=WITHIN, bases=complete, members=members)
                )
        return shown

    def _show_others(self) -> list[ShownGroup]:
        """Show the hidden groups together: what is left of the total anyway, so only figures that
        every other group shows. Those that do not add up, such as the number of customers, tell
        more than the total does; they are added where these groups can be listed. Nothing where
        even these are of too few people."""
        hidden, now = self.small | self.folded, self.rows["now"]
        if len(self.chosen) < len(self.kept) or len(hidden) > MAX_HIDDEN_LISTED:
            return []
        floor = get_people_floor(self.runner.warehouse, self.runner.dataset)
        if now.count_people(ALL_ROWS, hidden) < floor:
            return []
        is_listed, without_total = len(hidden) <= MAX_MERGED, self.hidden["now"].without_total
        complete = [
            b for b in self.bases if b not in without_total and self._all_show(self.chosen, b)
        ]
        remainder = list_remainder_bases(self.runner.dataset, complete)
        together = now.merge(hidden)
        bases = [
            basis
            for basis in (complete if is_listed else remainder)
            if not self._is_small(together, basis)
        ]
        if not bases:
            return []
        self._compute_together("now", OTHERS, hidden)
        members = () if {*bases} <= {*remainder} else tuple(sorted(hidden, key=str))
        return [ShownGroup(period="now", group=OTHERS, bases=tuple(bases), members=members)]

    def _show_merged(self) -> list[ShownGroup]:
        """Put groups together of which a figure is not shown alone, neighbours in time first: "5
        late orders from September to November". Of each basis the groups that are shown and those
        that are put together are apart, and each is of enough people."""
        merged: dict[tuple[Group, ...], list[str]] = {}
        for basis in self.bases:
            for members in self._split_into_spans(basis):
                merged.setdefault(members, []).append(basis)
        shown = []
        for members, own in merged.items():
            bases = [b for b in self.bases if b in own or self._all_show(members, b)]
            if not {*own}.isdisjoint(self._keep_complete(bases)):
                group: Group = ("+".join(one[0] or "" for one in members),)
                self._compute_together("now", group, members)
                shown.append(
                    ShownGroup(period="now", group=group, bases=tuple(bases), members=members)
                )
        return shown

    def _split_into_spans(self, basis: str) -> list[tuple[Group, ...]]:
        """Return the shown groups that lack a basis in spans of enough people, all in one where
        they have no order in time. Nothing where they are too few or too many for that."""
        alone = [one for one in self.chosen if not self._all_show([one], basis)]
        if not 1 < len(alone) <= MAX_MERGED:
            return []
        if self.query.dimensions[0] not in ORDERED_DIMENSIONS:
            return [] if self._is_small_together(alone, basis) else [tuple(alone)]
        spans, span = list[tuple[Group, ...]](), tuple[Group, ...]()
        for one in sorted(alone, key=lambda group: group[0] or ""):
            span = (*span, one)
            if len(span) > 1 and not self._is_small_together(span, basis):
                spans.append(span)
                span = ()
        if span and spans:
            spans[-1] = (*spans[-1], *span)
        return spans

    def _all_show(self, groups: Sequence[Group], basis: str) -> bool:
        return all(self.hidden["now"].shows(one, [basis]) for one in groups)

    def _is_small_together(self, groups: Sequence[Group], basis: str) -> bool:
        return self._is_small(self.rows["now"].merge(groups), basis)

    def _is_small(self, merged: GroupedRows, basis: str) -> bool:
        floor = get_floor_of(self.runner.warehouse, merged, basis)
        return is_below_floor(merged.count_people(basis, [MERGED_GROUP]), floor)

    def _compute_together(
        self, period: PeriodName, name: Group, members: Collection[Group]
    ) -> None:
        self.values[period, name] = self.runner.compute_others(self.tables[period], members)
