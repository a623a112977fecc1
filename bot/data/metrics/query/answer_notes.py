"""Say of an answer how many groups are shown, and why figures are missing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.core.facts import Fact
from bot.core.metric_query import ANY_VALUE, AUDIENCE_FIELD
from bot.core.withheld import Reason, Withheld
from bot.data.metrics.query.chance_notes import ChanceNotes
from bot.data.metrics.query.dataset import ALL_ROWS
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.group_places import GroupPlaces
from bot.data.metrics.query.metric_answer import OTHERS, WITHIN, MetricAnswer
from bot.data.metrics.query.order_cautions import (
    LATE_RETURNS,
    counts_returns,
    warn_of_late_returns,
)
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    Group,
    get_floor,
)
from bot.data.metrics.query.remainder import are_empty, count_twice
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.time_names import is_by_time, name_hidden_times
from bot.data.metrics.query.withheld import WithheldFigures
from bot.data.metrics.query.wording import is_of_deliveries, is_of_kept
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
COARSER_WORDS = {
    "week": Words("By week: on most days there are too few people to be shown."),
    "month": Words("By month: in most weeks there are too few people to be shown."),
    "quarter": Words("By quarter: in most months there are too few people to be shown."),
}
ALL_OUTSIDE = Words("No row is within the bounds: these are outside, nearest first.")
OUTSIDE = Words("No row that may be shown is within the bounds: these are outside, nearest first.")


class AnswerNotes:
    def __init__(self, warehouse: Warehouse, answer: MetricAnswer, language: Language) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query = answer.query
        self.places = GroupPlaces(warehouse, answer, language)
        self.withheld = WithheldFigures(warehouse, answer)

    def build(self, groups: Sequence[Group], cells: Any, facts: Sequence[Fact]) -> tuple[str, ...]:
        """`cells` are the facts by group and measure: now, earlier, change."""
        notes = [
            *self.answer.words,
            *self._count_groups(),
            *self.places.name_level(),
            *self.places.warn_of_unranked(),
            *self.answer.notes,
            *self._explain_bounds(),
            *self._list_gaps(groups, cells),
            *self._say_which_days(),
            *ChanceNotes(self.answer, self.places).build(groups, cells),
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

    def _count_groups(self) -> list[str]:
        """Say in one sentence how many groups there are, and why some are not shown."""
        counts, answer = self.answer.counts, self.answer
        if counts is None:
            return []
        groups = answer.recipe.list_groups()
        shown = len([one for one in groups if answer.recipe.is_single(one)])
        if counts.are_outside:
            names = "; ".join(" · ".join(self.places.name(one)) for one in groups)
            may_be = "may be told to be" if counts.may_fit else "is"
            return [f"None {may_be} within the bounds. Outside, the nearest: {names}."]
        if shown == counts.known:
            return []
        small = f"of under {self.places.find_floor()} people, or needed to hide those"
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
            "“–”: of under {n} people, or a figure that would give them away.",
            n=self.places.find_floor(),
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
                    n=self.places.find_floor(),
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
            " · ".join(self.places.name(one))
            for one in members
            if sizes.get(one, 0) >= self.warehouse.floor
        ]

    def _list_gaps(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say which figures are missing for which groups, and why."""
        has_rows = self.answer.count_things(ALL_GROUPS) > 0
        if not has_rows and self.answer.is_allowed(ALL_GROUPS, self.places.first):
            return [self._say_no_rows()]
        notes, earlier = list[str](), dict[tuple[str, str], list[str]]()
        for name in self.query.measures:
            measure = self.answer.get_measure(name)
            if name not in self.answer.asked.measures:
                continue  # it stands beside another, whose gaps are told
            no_whole = self._explain_no_whole(name)
            if why := self.answer.unknown.get(measure.share_of or name):
                notes.append(f"{name} is not known: {why}")
                continue
            shown = {one.group for one in self.answer.recipe.shown if one.period == "now"}
            named = [
                one
                for one in groups
                if (one in (ALL_GROUPS, WITHIN) or self.answer.recipe.is_single(one))
                and one in shown
                and (one or not no_whole)
            ]
            without = [one for one in named if cells[one, name][0] is None]
            few = [one for one in without if not self.answer.is_allowed(one, name)]
            blank = [one for one in without if one not in few and self.answer.is_blank(one, name)]
            rest = [one for one in without if one not in few and one not in blank]
            columns = " and ".join(measure.needs)
            for some, why in (
                *self._sort_by_reason(few, name),
                (blank, measure.blank or f"{columns} is blank in these rows"),
                (rest, no_whole or "there is nothing to compute it from"),
            ):
                if some:
                    names = self.places.list_names(some, groups)
                    notes.append(f"No {name} for {names}: {why.rstrip('.')}.")
            known = [one for one in named if one not in without and cells[one, name][1] is None]
            for some, why in self._sort_by_reason(known, name, "before"):
                earlier.setdefault((self.places.list_names(some, groups), why), []).append(name)
            if few and measure.instead:
                notes.append(f"What may be told instead of {name}: {measure.instead}.")
            together = [
                self.places.name(one)[0]
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

    def _explain_no_whole(self, name: str) -> str:
        """Say why a share of two dimensions is not told."""
        place = self.query.share_place
        if place is None or not self.answer.get_measure(name).share_of:
            return ""
        by = self.query.dimensions[place]
        return f"it is per {by}, whose parts must add up and all be told; filter to one {by}"

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
