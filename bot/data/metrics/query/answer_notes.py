"""Say of an answer how many groups are shown, and why figures are missing."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from bot.core.facts import Fact
from bot.core.metric_query import ANY_VALUE, AUDIENCE_FIELD
from bot.core.withheld import Reason, Withheld
from bot.data.metrics.query.dataset import ALL_ROWS
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.metric_answer import OTHERS, WITHIN, MetricAnswer
from bot.data.metrics.query.order_cautions import (
    LATE_RETURNS,
    counts_returns,
    warn_of_late_returns,
)
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    Group,
    find_small_groups,
    get_floor,
    get_floor_of,
)
from bot.data.metrics.query.remainder import are_empty, count_twice
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.withheld import WithheldFigures
from bot.data.metrics.query.wording import (
    is_by_time,
    is_of_deliveries,
    is_of_kept,
    name_group,
    name_hidden_times,
)
from bot.data.stats import WATCHED_P, compute_equal_means_p, compute_equal_shares_p
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words

KEPT_IN_PART = Words("Orders of which only a part came back count here with what was kept.")
ORDER_DAYS = (
    "The days are those on which the orders were placed, not those on which they came (a filter, "
    "delivered_day). Say “of the orders placed …”."
)
ARRIVAL_DAYS = (
    "The filter delivered_day takes what came on these days, whenever it was ordered. Say "
    "“of the orders delivered …”."
)
NO_FILTER = (
    ". Beside this answer no filter shows them one by one: tell them together, or of a longer "
    "period. Where a question names groups, a first call with a filter to these alone shows those "
    "that are large enough"
)
ARRIVED_OF_ORDERED = (
    "The days are those on which the orders were placed; of these the filter delivered_day takes "
    "what came. Say “of the orders placed …, those that came”."
)
MIN_SENDS, MIN_RATED, MAX_LEVEL_NAMES = 5, 10, 8
SEND_TIMES = ("weekday", "hour")
COARSER_WORDS = {
    "week": Words("By week: on most days there are too few people to be shown."),
    "month": Words("By month: in most weeks there are too few people to be shown."),
    "quarter": Words("By quarter: in most months there are too few people to be shown."),
}
ALL_OUTSIDE = Words("No row is within the bounds: these are outside, nearest first.")
OUTSIDE = Words("No row that may be shown is within the bounds: these are outside, nearest first.")
NEARLY_WHOLE = Decimal("0.01")
ORDERS_BELOW = ("lowest", "growth", "decline")  # in which a smaller figure may stand first


def may_be_chance(facts: Sequence[Fact]) -> bool:
    """Whether rates differ by no more than chance often makes of equal ones. A rate whose part is
    no whole number of its rows is of something else than these."""
    counts = [(fact.number * (fact.rows or 0) / 100, fact.rows or 0) for fact in facts]
    if len(counts) < 2 or len({fact.number for fact in facts}) < 2:
        return False
    if any(not of or abs(hits - round(hits)) > NEARLY_WHOLE for hits, of in counts):
        return False
    p = compute_equal_shares_p([round(hits) for hits, _ in counts], [of for _, of in counts])
    return p >= WATCHED_P


class AnswerNotes:
    def __init__(self, warehouse: Warehouse, answer: MetricAnswer, language: Language) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query = answer.query
        self.withheld = WithheldFigures(warehouse, answer)

    def build(self, groups: Sequence[Group], cells: Any, facts: Sequence[Fact]) -> tuple[str, ...]:
        """`cells` are the facts by group and measure: now, earlier, change."""
        notes = [
            *self.answer.words,
            *self._count_groups(),
            *self._name_level(),
            *self._warn_of_unranked(),
            *self._name_other_tool(),
            *self.answer.notes,
            *self._explain_bounds(),
            *self._list_gaps(groups, cells),
            *self._say_which_days(),
            *self._list_chance(groups, cells),
            *self._list_few_rated(groups, cells),
            *self._list_few_sends(groups, cells),
            *self._list_counted(),
            *self._list_last_days(facts),
            *self._name_newer_days(),
        ]
        if (stale := self.warehouse.stale(self.answer.dataset.kind)) is not None:
            notes.append(f"{self.query.dataset} are {stale} days old.")
        return tuple(notes)

    def _say_which_days(self) -> list[str]:
        if self.query.takes_arrived:
            is_dated = self.answer.asked.since or self.answer.asked.until
            values = [one.values for one in self.query.conditions if one.field == "delivered_day"]
            return [ARRIVED_OF_ORDERED if is_dated or (ANY_VALUE,) in values else ARRIVAL_DAYS]
        return [ORDER_DAYS] if is_of_deliveries(self.answer) else []

    def _explain_bounds(self) -> list[str]:
        """Say of which groups the total is, and which of two periods the bounds are on."""
        notes = []
        if self.answer.recipe.total == WITHIN and WITHIN in self.answer.recipe.members:
            notes.append("What names no group is of all groups within the bounds together.")
        if any(one.operator in ("at_most", "under") for one in self.query.having):
            notes.append("What has no row, such as a product that sold none, is no group.")
        if not self.query.having or self.answer.periods.before is None:
            return notes
        first, last = self.answer.periods.now
        return [
            *notes,
            f"having bounds the figures of {first} to {last} alone: a group that was within the "
            "bounds in the earlier days only is not here.",
        ]

    def name(self, group: Group) -> tuple[str, ...]:
        if group in (ALL_GROUPS, WITHIN):
            return ()
        return name_group(self.warehouse, self.answer, group, self.language)

    def _count_groups(self) -> list[str]:
        """Say in one sentence how many groups there are, and why some are not shown."""
        counts, answer = self.answer.counts, self.answer
        if counts is None:
            return []
        groups = answer.recipe.list_groups()
        shown = len([one for one in groups if answer.recipe.is_single(one)])
        if counts.are_outside:
            names = "; ".join(" · ".join(self.name(one)) for one in groups)
            may_be = "may be told to be" if counts.may_fit else "is"
            return [f"None {may_be} within the bounds. Outside, the nearest: {names}."]
        if shown == counts.known:
            return []
        small = f"of under {self._find_floor()} people, or needed to hide those"
        others = [answer.get_value("now", OTHERS, name) for name in self.query.measures]
        small += self._describe_others() if any(one is not None for one in others) else ""
        where = "earlier" if is_by_time(self.query.dimensions) else "after these in the order"
        reasons = (
            (counts.level_beyond, "level with the last of these"),
            (counts.beyond_limit - counts.level_beyond, where),
            (counts.out_of_bounds, "outside the bounds"),
            (counts.too_small, small),
            (
                counts.chosen - shown,
                "left out because with earlier answers they would tell what a few people did",
            ),
        )
        listed = "; ".join(f"{n} {'is' if n == 1 else 'are'} {why}" for n, why in reasons if n)
        be = "is" if shown == 1 else "are"
        more = " Ask for fewer measures at a time to see more." if self._list_cut() else ""
        return [f"{shown} of {counts.known} groups {be} shown. Of the others, {listed}.{more}"]

    def _name_level(self) -> list[str]:
        """Say which of the first or the last places is shared, so that nobody is called the fifth
        of five beside others that are level."""
        shown = {*self.answer.recipe.list_groups()} - self.unranked
        ties = [
            [" · ".join(self.name(one)) for one in some if one in shown]
            for some in (self.answer.counts.level if self.answer.counts else ())
        ]
        return [
            f"Level, so none before the other: {', '.join(names[:MAX_LEVEL_NAMES])}"
            f"{' …' if names[MAX_LEVEL_NAMES:] else '.'}"
            for names in ties
            if len(names) > 1
        ]

    def describe_cut(self) -> str:
        """Say for people how many of the groups are shown where there is no room for as many as
        were asked for, and which days, weeks or months are missing."""
        lines = [
            *self._list_coarser(),
            *self._list_outside(),
            *self._list_cut(),
            *self._list_hidden(),
            *self._list_counted_twice(),
        ]
        return "\n".join(dict.fromkeys(line.to(self.language) for line in lines))

    def describe_withheld(self) -> str:
        """Say for people why cells of the shown groups are empty, where they are of too few."""
        periods: tuple[PeriodName, ...] = ("now", "before")
        is_withheld = any(
            self.withheld.find(group, name, period)
            for group in (ALL_GROUPS, *self.answer.recipe.list_groups())
            for name in self.query.measures
            for period in periods
            if period in self.answer.rows
        )
        words = Words(
            "“–”: of under {n} people, or a figure that would give them away.", n=self._find_floor()
        )
        return words.to(self.language) if is_withheld else ""

    def describe_source(self) -> str:
        """Say for people whose figures they are, where they are not the shop's own, that returns
        of amounts without them are still to come, and what is left of orders without returns."""
        measures = [self.answer.get_measure(name) for name in self.query.measures]
        notes = [one.footnote for one in measures if one.footnote]
        is_net = any(one.unit in ("money", "%") and counts_returns(one) for one in measures)
        if is_net and warn_of_late_returns(self.warehouse, self.answer.periods.now):
            notes.append(LATE_RETURNS)
        notes += [KEPT_IN_PART] if is_of_kept(self.query) else []
        return " ".join(dict.fromkeys(one.to(self.language) for one in notes))

    def _name_newer_days(self) -> list[str]:
        """Say it to the model, which chose the days."""
        until, last = self.answer.periods.now[1], self.answer.periods.known_until
        newer = (
            f"The data run to {last}: the days after {until} are in none of these figures. If a "
            "period up to now may be meant, such as a week that is about to end, tell of them too."
        )
        return [newer] if self.answer.periods.has_newer else []

    def _list_coarser(self) -> list[Words]:
        """Say that a course is by month where it was asked for by week, and that all rows are too
        small."""
        shown, recipe = self.query.dimensions, self.answer.recipe
        if shown and self.answer.counts and not any(map(recipe.is_single, recipe.list_groups())):
            return [
                Words(
                    "All groups are of fewer than {n} people: only the total is shown.",
                    n=self._find_floor(),
                )
            ]
        if len(shown) == 1 and {*self.answer.asked.dimensions} != {*shown}:
            return [COARSER_WORDS[one] for one in shown if one in COARSER_WORDS]
        return []

    def _list_outside(self) -> list[Words]:
        counts = self.answer.counts
        if counts is None or not counts.are_outside:
            return []
        return [OUTSIDE if counts.may_fit else ALL_OUTSIDE]

    def _list_cut(self) -> list[Words]:
        counts = self.answer.counts
        if counts is None or not counts.beyond_limit or 0 < self.query.limit <= counts.chosen:
            return []
        return [Words("{n} of {known} rows shown.", n=counts.chosen, known=counts.known)]

    def _list_hidden(self) -> list[Words]:
        """Where they stand together in a row, that names them."""
        if OTHERS in self.answer.recipe.list_groups():
            return []
        if are_empty(self.answer):
            return []  # they are shown as such
        times = name_hidden_times(self.answer, self.language)
        return [Words("Not shown: {what}", what=times)] if times else []

    def _list_counted_twice(self) -> list[Words]:
        groups = [*filter(self.answer.recipe.is_single, self.answer.recipe.list_groups())]
        if not count_twice(self.answer, groups):
            return []
        return [Words("What belongs to several rows counts once in the total.")]

    def describe_unranked(self) -> str:
        """Say for people that some groups have no place among those shown; where none of these is
        sure of its own, that others may rank higher."""
        if self.answer.counts is None or not self.unranked:
            return ""
        ranked, above = self._rank()
        lost = self._list_lost()
        floor = self._find_floor()
        lines = [Words("Groups of under {n} people are not shown.", n=floor)]
        if self._gives_up_large():
            lines = [
                Words(
                    "Groups of under {n} people are not shown, nor others that would give them "
                    "away.",
                    n=floor,
                )
            ]
        if lost and not above:
            lines = [Words("Not shown, to protect single customers: {what}.", what=lost)]
        if ranked and not above and not self.query.having:
            lines.append(Words("Others may rank higher."))
        return " ".join(line.to(self.language) for line in lines)

    def _warn_of_unranked(self) -> list[str]:
        """Say it to the model, with how many they are and which places are sure."""
        if self.answer.counts is None or not self.unranked:
            return []
        ranked, above = self._rank()
        if not ranked:
            return [f"Small groups are hidden (under {self._find_floor()} people)."]
        if above:
            return [self._place(len(ranked), above)]
        if self.is_mostly_hidden:
            return [
                f"Small groups are hidden (under {self._find_floor()} people), and most of the "
                f"{self.answer.dataset.row_label.text} are of these: so no table is shown. Rank "
                "nothing and call no group the best or the worst."
            ]
        # what is no place among all groups can't be called one
        word_it_so = " Word it so: none of them is the top or the first of all."
        return [self._describe_order(ranked) + word_it_so]

    def _name_other_tool(self) -> list[str]:
        if "return_reason" not in self.query.dimensions or not self.unranked:
            return []
        return ["trends tells the leading reason of each product that comes back beyond chance."]

    def _describe_others(self) -> str:
        """Say that the hidden groups are together, and which of them may be named."""
        large = self.list_named_others()
        also = f", {', '.join(large[:6])} among them" if large else ""
        return f": they are together as others{also}" + (
            "" if is_in_time(self.query) else NO_FILTER
        )

    def list_named_others(self) -> list[str]:
        """Return the names of the groups that are hidden only for the sake of others, or for a
        figure that is of few of them."""
        members = self.answer.recipe.members.get(OTHERS, ())
        sizes = self.answer.rows["now"].count_people_by_group(ALL_ROWS) if members else {}
        return [
            " · ".join(self.name(one))
            for one in members
            if sizes.get(one, 0) >= self.warehouse.floor
        ]

    def _find_floor(self) -> int:
        """Return of under how many people the groups without a place are: of all in them, or of
        those whom the first measure tells of."""
        rows, bases = self.answer.rows["now"], self.answer.get_measure(self.first).bases
        floors = [
            get_floor_of(self.warehouse, rows, basis)
            for basis in (ALL_ROWS, *bases)
            if self.unranked & find_small_groups(self.warehouse, rows, basis)
        ]
        return max(floors, default=get_floor_of(self.warehouse, rows, ALL_ROWS))

    def _gives_up_large(self) -> bool:
        """Whether a group has no place that is of enough people itself, to protect another."""
        rows, bases = self.answer.rows["now"], self.answer.get_measure(self.first).bases
        small = [find_small_groups(self.warehouse, rows, one) for one in (ALL_ROWS, *bases)]
        return bool({*rows.groups} & self.unranked.difference(*small))

    def _list_lost(self) -> str:
        """Name the groups that lost their place to an earlier answer."""
        assert self.answer.counts is not None
        lost = sorted(self.unranked - self.answer.counts.unranked)
        names = [" · ".join(self.name(one)) for one in lost]
        return ", ".join(names[:6]) + (" …" if names[6:] else "")

    def _describe_order(self, ranked: Sequence[Group]) -> str:
        """Say of groups that are ordered by a measure that some have no place among them, because
        it would tell their figure: they are the largest of those that may be shown, with how much
        of the total they hold."""
        counts, order = self.answer.counts, self.query.order
        assert counts is not None
        if lost := self._list_lost():
            return (
                "Left out beside an earlier answer, because the difference would tell of a few "
                f"people: {lost}. They may stand higher."
            )
        n, known = counts.known - len(self.unranked), counts.known
        is_largest = order not in ORDERS_BELOW and self.answer.get_measure(self.first).is_sum
        what = "the largest of those" if is_largest else "the order is among those"
        line = (
            f"Small groups are hidden (under {self._find_floor()} people): {what} that may be "
            f"shown ({n} of {known})."
        )
        total, *figures = self._list_figures(ranked)
        held = sum(one for one in figures if one is not None)
        share = int(100 * held / total) if counts.adds_up and total else 0
        if share < 1 or order in ORDERS_BELOW:
            return line
        return f"{line} Those in the order hold {share}% of the total."

    @cached_property
    def first(self) -> str:
        """The measure that groups are ordered by; of a share, that of which it is one."""
        name = self.query.measures[0]
        return self.answer.get_measure(name).share_of or name

    @cached_property
    def unranked(self) -> frozenset[Group]:
        """The groups without a place: those that had none, and those that lost their first figure,
        or all of them, to an earlier answer."""
        counts = self.answer.counts
        if counts is None or is_in_time(self.query):
            return frozenset()
        shown = self.answer.recipe.list_groups()
        lost = {*self.answer.left_out.get("now", ())}.intersection(self.answer.rows["now"].groups)
        return counts.unranked | {
            one
            for one in lost
            if one not in shown or not self.answer.is_allowed(one, self.query.measures[0])
        }

    def _rank(self) -> tuple[list[Group], int]:
        """Return the groups that have a place, and above how many of them those without one can't
        stand: they are larger than all of these together, or than each of them."""
        counts, recipe = self.answer.counts, self.answer.recipe
        if counts is None or not self.unranked:
            return [], 0
        ranked = [
            one
            for one in recipe.list_groups()
            if recipe.is_single(one) and one not in self.unranked
        ]
        if self.unranked != counts.unranked or self.query.order in ORDERS_BELOW:
            return ranked, 0
        total, *figures = self._list_figures(ranked)
        bounds = counts.unranked_sum if total is not None else None, counts.unranked_bound
        than_all, than_each = (
            len([one for one in figures if bound is not None and one is not None and one > bound])
            for bound in bounds
        )
        return ranked, max(than_all, than_each)

    @cached_property
    def is_mostly_hidden(self) -> bool:
        """Whether groups in the order of a rate or a mean say little: those without a place have
        more than half of what is counted."""
        ranked, above = self._rank()
        if not ranked or above or self.answer.get_measure(self.first).is_sum:
            return False
        sizes = {one: self.answer.count_things(one) for one in self.answer.rows["now"].groups}
        return 2 * sum(sizes[one] for one in self.unranked if one in sizes) > sum(sizes.values())

    def _place(self, shown: int, above: int) -> str:
        """Say of so many of the shown groups that their place is right."""
        places = "the first place is" if above == 1 else f"the first {above} places are"
        right = "the order is" if above == shown else places
        return f"Small groups are hidden (under {self._find_floor()} people); {right} right."

    def _list_figures(self, groups: Sequence[Group]) -> list[Any]:
        """Return the first measure of the total, and of groups."""
        return [self.answer.get_value("now", one, self.first) for one in (ALL_GROUPS, *groups)]

    def _list_gaps(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say which figures are missing for which groups, and why."""
        has_rows = self.answer.count_things(ALL_GROUPS) > 0
        if not has_rows and self.answer.is_allowed(ALL_GROUPS, self.first):
            return [self._say_no_rows()]
        notes, earlier = list[str](), dict[tuple[str, str], list[str]]()
        for name in self.query.measures:
            measure = self.answer.get_measure(name)
            if name not in self.answer.asked.measures:
                continue  # it stands beside another, whose gaps are told
            if why := self.answer.unknown.get(measure.share_of or name):
                notes.append(f"{name} is not known: {why}")
                continue
            shown = {one.group for one in self.answer.recipe.shown if one.period == "now"}
            named = [
                one
                for one in groups
                if (one in (ALL_GROUPS, WITHIN) or self.answer.recipe.is_single(one))
                and one in shown
            ]
            without = [one for one in named if cells[one, name][0] is None]
            few = [one for one in without if not self.answer.is_allowed(one, name)]
            blank = [one for one in without if one not in few and self.answer.is_blank(one, name)]
            rest = [one for one in without if one not in few and one not in blank]
            columns = " and ".join(measure.needs)
            for some, why in (
                *self._sort_by_reason(few, name),
                (blank, measure.blank or f"{columns} is blank in these rows"),
                (rest, "there is nothing to compute it from"),
            ):
                if some:
                    names = self._list_names(some, groups)
                    notes.append(f"No {name} for {names}: {why.rstrip('.')}.")
            known = [one for one in named if one not in without and cells[one, name][1] is None]
            for some, why in self._sort_by_reason(known, name, "before"):
                earlier.setdefault((self._list_names(some, groups), why), []).append(name)
            if few and measure.instead:
                notes.append(f"What may be told instead of {name}: {measure.instead}.")
            together = [
                self.name(one)[0]
                for one in groups
                if one in self.answer.recipe.members
                and one not in (OTHERS, WITHIN)
                and cells[one, name][0]
            ]
            if few and together:
                notes.append(f"{name} is told of these together: {'; '.join(together)}.")
        for (names, why), of in earlier.items():
            notes.append(f"No earlier {', '.join(of)} for {names}: {why}.")
        return notes

    def _say_no_rows(self) -> str:
        alone = [group[0] for group in self.query.filters if len(group) == 1]
        plain = [
            f"the {c.field} {c.values[0]}"
            for c in alone
            if c.operator in ("is", "in") and len(c.values) == 1 and c.field != AUDIENCE_FIELD
        ]
        if not plain or len(plain) < len(self.query.filters):
            return "No row is of these days and filters."
        return f"No row of these days has {' and '.join(plain)}."

    def _sort_by_reason(
        self, groups: Sequence[Group], name: str, period: PeriodName = "now"
    ) -> list[tuple[list[Group], str]]:
        """Return groups whose figure may not be told, those of the same reason together."""
        found: dict[Withheld, list[Group]] = {}
        for one in groups:
            if why := self.withheld.find(one, name, period):
                found.setdefault(why, []).append(one)
        return [(some, why.explain()) for why, some in found.items()]

    def is_small(self, group: Group, name: str) -> bool:
        """Whether a figure that is not shown is of too few people."""
        why = self.withheld.find(group, name)
        return why is not None and why.reason == Reason.FEW

    def _list_names(self, some: Sequence[Group], groups: Sequence[Group]) -> str:
        if len(some) == len(groups):
            return "any of it"
        named = [" · ".join(self.name(one)) or "the total" for one in some]
        return ", ".join(named[:6]) + (f" and {len(named) - 6} more" if named[6:] else "")

    def _list_chance(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say of which rates a difference may be chance: between the groups, and from the earlier
        period."""
        notes = []
        for name in self.query.measures:
            measure = self.answer.get_measure(name)
            if (measure.unit != "%" and measure.spread is None) or measure.share_of:
                continue
            single = [one for one in groups[1:] if self.answer.recipe.is_single(one)]

            def is_chance(*places: tuple[Group, int], name: str = name) -> bool:
                told = [(one, n, fact) for one, n in places if (fact := cells[one, name][n])]
                if self.answer.get_measure(name).spread is None:
                    return may_be_chance([fact for *_, fact in told])
                return self._may_means_be_chance(name, told)

            if is_chance(*((one, 0) for one in single)):
                notes.append(
                    f"{name}: the difference between these groups may be chance. Call none better, "
                    "higher or lower without saying so."
                )
            alike = [one for one in groups if is_chance((one, 0), (one, 1))]
            if alike:
                names = self._list_names(alike, groups)
                notes.append(f"{name}: the change may be chance for {names}. Say so.")
        return notes

    def _may_means_be_chance(self, name: str, told: Sequence[tuple[Group, int, Fact]]) -> bool:
        """Whether means differ by no more than chance often makes of equal ones."""
        if len({fact.number for *_, fact in told}) < 2:
            return False
        periods: tuple[PeriodName, PeriodName] = ("now", "before")
        found = [self.answer.values.get((periods[n], one), {}) for one, n, _ in told]
        means, of = ([getattr(fact, key) for *_, fact in told] for key in ("number", "rows"))
        spreads = [values.get(f"{name}_spread") for values in found]
        if any(one is None and (many or 0) > 1 for one, many in zip(spreads, of, strict=True)):
            return False  # of several groups together
        known = [np.array([float(one or 0) for one in some]) for some in (means, of, spreads)]
        return compute_equal_means_p(*known) >= WATCHED_P

    def _list_few_rated(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say which means stand on few."""
        notes = []
        for name in self.query.measures:
            measure = self.answer.get_measure(name)
            if measure.spread is None or not measure.counted:
                continue
            told = {one: [fact for fact in cells[one, name][:2] if fact] for one in groups}
            few = [one for one in groups if any((f.rows or 0) < MIN_RATED for f in told[one])]
            if few:
                notes.append(
                    f"{name}: of under {MIN_RATED}, now or earlier, for "
                    f"{self._list_names(few, groups)}. Say of how many; none of these leads."
                )
        return notes

    def _list_few_sends(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say which rates stand on few mailings, whose texts differ more than their days do."""
        if "mailings" not in self.query.measures or not self.query.dimensions:
            return []
        facts = [(one, cells[one, "mailings"][0]) for one in groups[1:]]
        few = [one for one, fact in facts if fact and fact.number < MIN_SENDS]
        by, notes = " and ".join(self.query.dimensions), list[str]()
        if few:
            notes.append(
                f"Under {MIN_SENDS} sends, so what was in them may make the difference: "
                f"{self._list_names(few, groups)}. A recommendation that stands on them says how "
                "many sends they are."
            )
        rates = [name for name in self.query.measures if name.endswith("_per_1000_sent")]
        if rates and sum(fact is not None for _, fact in facts) > 1:
            notes.append(
                f"{', '.join(rates)}: single sends differ much, and no chance is computed of the "
                "difference between these groups. Call none better without saying so, and how many "
                "sends each has."
            )
        if self.query.uses(*SEND_TIMES):
            notes.append(f"What was sent differs by {by}, too: only a test tells what does it.")
        return notes

    def _list_counted(self) -> list[str]:
        """Say on how many rows figures stand that are not of all rows."""
        answer, notes = self.answer, dict[str, list[str]]()
        whole = answer.count_things(ALL_GROUPS)
        for name in self.query.measures:
            measure = answer.get_measure(name)
            if not measure.counted or not answer.is_allowed(ALL_GROUPS, name):
                continue
            many = answer.get_count("now", ALL_GROUPS, name)
            if many is None:
                continue
            floor = get_floor(self.warehouse, answer.dataset.bases[ALL_ROWS].family)
            of = f", of {whole} in all" if whole - many >= floor else ""
            label = answer.dataset.row_label.text
            notes.setdefault(f"of the {many} {label} {measure.counted}{of}", []).append(name)
        return [f"{', '.join(names)}: {what}." for what, names in notes.items()]

    def _list_last_days(self, facts: Sequence[Fact]) -> list[str]:
        """Say which days the days since a last sale begin on."""
        if "days_since_last_sale" not in self.query.measures:
            return []
        last = self.answer.periods.known_until
        said = [
            f"{fact.about or 'all products'}: {last - timedelta(days=int(fact.value))}"
            for fact in facts
            if fact.parts.measure == "days-since-last-sale"
        ]
        return [f"Counted to {last}. Last sale: {'; '.join(said)}."] if said else []
