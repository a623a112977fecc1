"""Which groups of an answer have a place in its order, and what is said of those without one."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from bot.data.metrics.query.dataset import ALL_ROWS
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.metric_answer import WITHIN, MetricAnswer
from bot.data.metrics.query.release import ALL_GROUPS, Group, find_small_groups, get_floor_of
from bot.data.metrics.query.wording import name_group
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words

MAX_LEVEL_NAMES = 8
ORDERS_BELOW = ("lowest", "growth", "decline")  # in which a smaller figure may stand first


class GroupPlaces:
    def __init__(self, warehouse: Warehouse, answer: MetricAnswer, language: Language) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query = answer.query

    def name(self, group: Group) -> tuple[str, ...]:
        if group in (ALL_GROUPS, WITHIN):
            return ()
        return name_group(self.warehouse, self.answer, group, self.language)

    def list_names(self, some: Sequence[Group], groups: Sequence[Group]) -> str:
        if len(some) == len(groups):
            return "any of it"
        named = [" · ".join(self.name(one)) or "the total" for one in some]
        return ", ".join(named[:6]) + (f" and {len(named) - 6} more" if named[6:] else "")

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

    def describe_unranked(self) -> str:
        """Say for people that some groups have no place among those shown; where none of these is
        sure of its own, that others may rank higher."""
        if self.answer.counts is None or not self.unranked:
            return ""
        ranked, above = self._rank()
        lost = self._list_lost()
        floor = self.find_floor()
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

    def warn_of_unranked(self) -> list[str]:
        """Say it to the model, with how many they are and which places are sure."""
        if self.answer.counts is None or not self.unranked:
            return []
        ranked, above = self._rank()
        if not ranked:
            return [f"Small groups are hidden (under {self.find_floor()} people)."]
        if above:
            return [self._place(len(ranked), above)]
        if self.is_mostly_hidden:
            return [
                f"Small groups are hidden (under {self.find_floor()} people), and most of the "
                f"{self.answer.dataset.row_label.text} are of these: so no table is shown. Rank "
                "nothing and call no group the best or the worst."
            ]
        # what is no place among all groups can't be called one
        word_it_so = " Word it so: none of them is the top or the first of all."
        return [self._describe_order(ranked) + word_it_so]

    def name_level(self) -> list[str]:
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
            f"Small groups are hidden (under {self.find_floor()} people): {what} that may be "
            f"shown ({n} of {known})."
        )
        total, *figures = self._list_figures(ranked)
        held = sum(one for one in figures if one is not None)
        share = int(100 * held / total) if counts.adds_up and total else 0
        if share < 1 or order in ORDERS_BELOW:
            return line
        return f"{line} Those in the order hold {share}% of the total."

    def _place(self, shown: int, above: int) -> str:
        """Say of so many of the shown groups that their place is right."""
        places = "the first place is" if above == 1 else f"the first {above} places are"
        right = "the order is" if above == shown else places
        return f"Small groups are hidden (under {self.find_floor()} people); {right} right."

    def _list_lost(self) -> str:
        """Name the groups that lost their place to an earlier answer."""
        assert self.answer.counts is not None
        lost = sorted(self.unranked - self.answer.counts.unranked)
        names = [" · ".join(self.name(one)) for one in lost]
        return ", ".join(names[:6]) + (" …" if names[6:] else "")

    def find_floor(self) -> int:
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

    def _list_figures(self, groups: Sequence[Group]) -> list[Any]:
        """Return the first measure of the total, and of groups."""
        return [self.answer.get_value("now", one, self.first) for one in (ALL_GROUPS, *groups)]
