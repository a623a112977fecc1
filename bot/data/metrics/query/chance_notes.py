"""Which figures of an answer may differ by chance, or stand on few."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from bot.core.facts import Fact
from bot.data.metrics.query.few_orders import may_counts_be_chance, warn_of_few_orders
from bot.data.metrics.query.group_places import GroupPlaces
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import Group
from bot.data.metrics.query.runner import PeriodName
from bot.data.stats import WATCHED_P, compute_equal_means_p, compute_equal_shares_p

MIN_SENDS, MIN_RATED = 5, 10
SEND_TIMES = ("weekday", "hour")
NEARLY_WHOLE = Decimal("0.01")


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


class ChanceNotes:
    def __init__(self, answer: MetricAnswer, places: GroupPlaces) -> None:
        self.answer, self.query, self.places = answer, answer.query, places

    def build(self, groups: Sequence[Group], cells: Any) -> list[str]:
        return [
            *self._list_chance(groups, cells),
            *warn_of_few_orders(self.answer, groups, cells, self.places.list_names),
            *self._list_few_rated(groups, cells),
            *self._list_few_sends(groups, cells),
        ]

    def _list_chance(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say of which rates a difference may be chance: between the groups, and from the earlier
        period."""
        notes, changes = list[str](), dict[str, list[str]]()
        single = [one for one in groups[1:] if self.answer.recipe.is_single(one)]
        for name in self.query.measures:
            if self._may_be_chance(name, [(one, 0, cells[one, name][0]) for one in single]):
                notes.append(
                    f"{name}: the difference between these groups may be chance. Call none better, "
                    "higher or lower without saying so."
                )
            alike = [
                one
                for one in groups
                if self._may_be_chance(name, [(one, n, cells[one, name][n]) for n in (0, 1)])
                or may_counts_be_chance(self.answer, name, *cells[one, name][:2])
            ]
            if alike:
                changes.setdefault(self.places.list_names(alike, groups), []).append(name)
        return notes + [
            f"{', '.join(names)}: the change may be chance for {where}. Say so."
            for where, names in changes.items()
        ]

    def _may_be_chance(self, name: str, places: Sequence[tuple[Group, int, Fact | None]]) -> bool:
        """Whether rates or means differ by no more than chance often makes of equal ones."""
        measure = self.answer.get_measure(name)
        if (measure.unit != "%" and measure.spread is None) or measure.share_of:
            return False
        told = [(one, n, fact) for one, n, fact in places if fact]
        if measure.spread is None:
            return may_be_chance([fact for *_, fact in told])
        return self._may_means_be_chance(name, told)

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
                    f"{self.places.list_names(few, groups)}. Say of how many; none of these leads."
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
                f"{self.places.list_names(few, groups)}. A recommendation that stands on them says "
                "how many sends they are."
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
