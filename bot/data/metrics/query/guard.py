"""Hold an answer against those that the same person got before.

Two answers may differ by a filter or by some days; the difference of their sums is the sum of what
is in only one of them. An answer that would tell, together with earlier ones on the same state of
the data, what a few people did is given with fewer figures, or refused. What differs harmlessly
(see `harmless.py`) is not held against each other."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from bot.core.metric_query import QueryError, TooFewError
from bot.core.withheld import Reason, Withheld
from bot.data.metrics.answer_log import AnswerLog, SalesAnswerRecord
from bot.data.metrics.query.dataset import APART, Family
from bot.data.metrics.query.earlier_answers import (
    EarlierAnswers,
    build_record,
    cache_rows,
    digest_state,
    list_earlier_sets,
    number_sets,
)
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.harmless import counts_texts, is_count
from bot.data.metrics.query.metric_answer import (
    OTHERS,
    MetricAnswer,
    MetricRecipe,
    ShownGroup,
    collect_released,
    list_families,
)
from bot.data.metrics.query.release import ALL_GROUPS, Group
from bot.data.metrics.query.runner import PeriodName
from bot.data.warehouse.warehouse import Warehouse


def guard_answer(
    warehouse: Warehouse, answer: MetricAnswer, log: AnswerLog | None, person: str
) -> MetricAnswer:
    """Return the answer as this person may see it. Raises TooFewError, which names the earlier
    answer, where even the least of it would tell too much."""
    if counts_texts(answer.query):
        return answer
    return _Guard(warehouse, answer, log, person).check()


class _Guard:
    """Holds one answer against the earlier ones, and records what is given of it."""

    def __init__(
        self, warehouse: Warehouse, answer: MetricAnswer, log: AnswerLog | None, person: str
    ) -> None:
        self.warehouse, self.answer, self.log, self.person = warehouse, answer, log, person
        self.state = digest_state(warehouse, answer.query)

    def check(self) -> MetricAnswer:
        answer, record = self.answer, build_record(self.answer.recipe)
        given = self.log.record(self.person, self.state, record) if self.log else ()
        if given is None:
            return answer  # the same answer again
        try:
            earlier = EarlierAnswers(self.warehouse, answer.query, given)
        except QueryError:
            self._refuse(record)
            raise
        released = collect_released(answer.recipe, answer.rows)
        floor = earlier.find_broken_floor(released)
        if floor is None:
            cache_rows(self.warehouse, record, released)
            return answer
        self._refuse(record)
        if answer.recipe.members:  # the groups alone may be harmless
            return self._check(answer.without_merged())
        return self._give_less(earlier, earlier.explain(released, floor))

    def _check(self, answer: MetricAnswer) -> MetricAnswer:
        return guard_answer(self.warehouse, answer, self.log, self.person)

    def _refuse(self, record: SalesAnswerRecord) -> None:
        if self.log:
            self.log.refuse(self.person, self.state, record)

    def _give_less(self, earlier: EarlierAnswers, why: Withheld) -> MetricAnswer:
        """Return the answer with fewer figures. Where it differs from an earlier one in its days
        alone, counts are told all the same, as if they were asked for alone."""
        smaller = self._leave_out(earlier, why)
        if smaller is None or self._loses_groups(smaller):
            spared = self._leave_out(earlier, why, total_first=False)
            if spared is not None and not self._loses_groups(spared):
                smaller = spared
        if smaller is not None:
            record = build_record(smaller.recipe)
            if self.log:
                self.log.record(self.person, self.state, record)
            cache_rows(self.warehouse, record, collect_released(smaller.recipe, smaller.rows))
        counts = self._check_counts(smaller) if why.reason == Reason.OTHER_DAYS else None
        if smaller is not None:
            left = replace(smaller, counted=counts.recipe if counts else None)
        elif counts is not None:
            left_out = {
                period: frozenset(one.group for one in self.answer.recipe.shown)
                for period in self.answer.rows
            }
            left = replace(counts, left_out=left_out, withheld=why)
        else:
            raise TooFewError(why)
        return _say_what_is_left_out(self.answer, left, why)

    def _check_counts(self, smaller: MetricAnswer | None) -> MetricAnswer | None:
        """Return the answer with its counts alone, where these tell more than what is left. Nothing
        where the order of its groups, or their bounds, would tell of amounts."""
        query, dataset = self.answer.query, self.answer.dataset
        counts = tuple(one for one in query.measures if is_count(dataset, dataset.measures[one]))
        if not 0 < len(counts) < len(query.measures) or query.having:
            return None
        if smaller is None:
            if query.dimensions and not is_in_time(query) and query.measures[0] not in counts:
                return None
        elif not _list_lost(self.answer, smaller, counts):
            return None
        try:
            return self._check(self.answer.with_measures(counts))
        except TooFewError:
            return None

    def _loses_groups(self, smaller: MetricAnswer) -> bool:
        """Whether a measure that was asked for is left of no group of a period, though several show
        it."""
        groups = [one for one in self.answer.recipe.list_groups() if one != OTHERS]

        def tells(some: MetricAnswer, period: PeriodName, name: str) -> int:
            return sum(some.get_value(period, group, name) is not None for group in groups)

        names = {*self.answer.asked.measures}.intersection(self.answer.query.measures)
        return any(
            tells(self.answer, period, one) > 1 and not tells(smaller, period, one)
            for period in self.answer.rows
            for one in names
        )

    def _leave_out(
        self, earlier: EarlierAnswers, why: Withheld, *, total_first: bool = True
    ) -> MetricAnswer | None:
        """Return the answer without the figures that would tell too much, the least important
        first: the share of the whole, the earlier period, the smallest groups; the total before
        these where it is not to come first. None where nothing of what was asked is left."""
        answer, recipe = self.answer, self._add_spare_total()
        whole = collect_released(recipe, answer.rows)
        without_returns = earlier.tells_returns_of_people(whole)
        safe = self._find_safe_sums(recipe, earlier, total_first=total_first)
        shown, is_complete = [], True  # others are the total less the groups that are shown
        left_out: dict[PeriodName, set[Group]] = {}
        for one in recipe.shown:
            if one.is_remainder:
                shown += [one] if is_complete else []
                continue
            known = {b: answer.dataset.bases[b] for b in one.bases}
            needed = {b: list_families(recipe.query, known[b].family) for b in one.bases}
            bases = tuple(
                b
                for b in one.bases
                if all((b, family) in safe[one] for family in needed[b])
                and not (without_returns and known[b].is_return)
            )
            shown.append(one.model_copy(update={"bases": bases}))
            if bases != one.bases and one != answer.spare_total:
                left_out.setdefault(one.period, set()).add(one.group)
            is_complete &= bases == one.bases or one.period != "now" or bool(one.members)
        smaller = replace(
            self._tell_rests(answer.with_recipe(recipe.with_shown(tuple(shown)))),
            left_out={period: frozenset(groups) for period, groups in left_out.items()},
            withheld=why,
        )
        if earlier.apart and earlier.find_broken_floor(
            collect_released(smaller.recipe, smaller.rows)
        ):
            return None
        return smaller if _tells_anything(smaller) or not _tells_anything(answer) else None

    def _tell_rests(self, smaller: MetricAnswer) -> MetricAnswer:
        """Return the answer with the figures that a total and its other parts give by subtraction:
        to hide one of them hides nothing."""
        answer, recipe = self.answer, smaller.recipe
        places = [answer.recipe.total, *answer.recipe.list_groups()]
        rests = dict[tuple[PeriodName, Group], tuple[str, ...]]()
        for period, name in product(answer.rows, answer.query.measures):
            figures = {one: answer.get_value(period, one, name) for one in places}
            lost = [one for one in places if smaller.get_value(period, one, name) is None]
            if not answer.get_measure(name).is_sum or len(lost) != 1 or None in figures.values():
                continue
            total, *parts = figures.values()
            if total == sum(parts):
                rests[period, lost[0]] = (*rests.get((period, lost[0]), ()), name)
        shown = (
            one.model_copy(update={"subtracted": rests.get((one.period, one.group), ())})
            for one in recipe.shown
        )
        told = (one for one in shown if one.bases or one.subtracted or one.is_remainder)
        return smaller.with_recipe(recipe.with_shown(tuple(told)))

    def _add_spare_total(self) -> MetricRecipe:
        spare, recipe = self.answer.spare_total, self.answer.recipe
        return recipe.with_shown((*recipe.shown, spare)) if spare else recipe

    def _find_safe_sums(
        self, recipe: MetricRecipe, earlier: EarlierAnswers, *, total_first: bool
    ) -> dict[ShownGroup, set[tuple[str, Family]]]:
        """Return of what is shown the bases, by family, whose sums may be told beside earlier
        answers: all of a figure's group, else one by one, in the order of the measures."""
        figures = [one for one in recipe.shown if not one.is_remainder]
        figures.sort(key=lambda one: _rank(self.answer, one, total_first=total_first))
        order = [b for m in recipe.query.measures for b in self.answer.get_measure(m).bases]
        parts = [
            (one, one.model_copy(update={"bases": (basis,)}))
            for one in figures
            for basis in sorted(one.bases, key=lambda b: order.index(b) if b in order else -1)
        ]
        every = [(one, one) for one in figures] + parts
        own = [collect_released(recipe.with_shown((one,)), self.answer.rows) for _, one in every]
        safe: dict[ShownGroup, set[tuple[str, Family]]] = {one: set() for one in figures}
        for family in dict.fromkeys(family for released in own for family in released):
            if family in APART:
                continue
            sets, wanted = number_sets(own, family)
            before = list_earlier_sets(earlier.together, family, len(sets))
            sums = earlier.add_up([*sets, *before], family)
            told = [*range(len(sets), len(sets) + len(before))]
            chosen = sums.choose(told, wanted[: len(figures)])
            told += [n for at in chosen for n in wanted[at]]
            left = [
                at
                for at, (whole, _) in enumerate(every)
                if at >= len(figures) and figures.index(whole) not in chosen
            ]
            chosen |= {left[n] for n in sums.choose(told, [wanted[at] for at in left])}
            for at in chosen:
                whole, part = every[at]
                safe[whole].update((basis, family) for basis in part.bases)
        return safe


def _rank(answer: MetricAnswer, one: ShownGroup, *, total_first: bool) -> tuple[int, int]:
    if one.period == "whole" or one == answer.spare_total:
        return 4, 0
    is_group = one.group != ALL_GROUPS
    if one.members:  # what it tells is less than what its groups would tell
        return 1, 0
    many = answer.count_things(one.group) if is_group else 0
    return 2 * (one.period == "before") + (is_group == total_first), -many


def _tells_anything(answer: MetricAnswer) -> bool:
    """Whether there is a figure of some group, or of the total where no groups were asked."""
    groups = [one for one in answer.recipe.list_groups() if one != OTHERS]
    return any(
        answer.get_value("now", group, name) is not None
        for group in (groups if answer.query.dimensions else [ALL_GROUPS])
        for name in answer.query.measures
    )


def _list_lost(
    answer: MetricAnswer, smaller: MetricAnswer, names: Iterable[str]
) -> list[ShownGroup]:
    """Return what no longer shows one of these measures, of the groups that are left."""
    left = {ALL_GROUPS, *smaller.recipe.list_groups()}
    return [
        one
        for one in answer.recipe.shown
        if one.group in left
        and any(
            answer.get_value(one.period, one.group, name) is not None
            and smaller.get_value(one.period, one.group, name) is None
            for name in names
        )
    ]


def _say_what_is_left_out(answer: MetricAnswer, left: MetricAnswer, why: Withheld) -> MetricAnswer:
    """Return what is left of an answer with a note on the rest. Where nothing of the earlier days
    is left, nothing is compared."""
    if _tells_all(answer, left):
        return replace(left, left_out={}, withheld=None)
    lost = _list_untold(answer, left, "now")
    before = [name for name in _list_untold(answer, left, "before") if name not in lost]
    said = [f"No {', '.join(lost)}"] if lost else []
    if before and "before" in left.left_out:
        whose = "" if ALL_GROUPS in left.left_out["before"] else " of some groups"
        said.append(f"No {', '.join(before)} of the earlier days{whose}")
    compared = [one for one in (left.recipe, left.counted) if one and one.tells("before")]
    periods = left.periods if compared else replace(left.periods, before=None)
    what = "; ".join(said) or "Some figures are left out"
    note = f"{what}: {why.explain()}. {why.suggest()}"
    return replace(left, periods=periods, notes=(*left.notes, note))


def _tells_all(answer: MetricAnswer, left: MetricAnswer) -> bool:
    return all(
        left.get_value(one.period, one.group, name) is not None
        for one in answer.recipe.shown
        for name in answer.query.measures
        if answer.get_value(one.period, one.group, name) is not None
    )


def _list_untold(answer: MetricAnswer, left: MetricAnswer, period: PeriodName) -> list[str]:
    """Return the measures of which nothing is left in a period."""
    groups = [ALL_GROUPS, *answer.recipe.list_groups()]

    def tells(some: MetricAnswer, name: str) -> bool:
        return any(some.get_value(period, group, name) is not None for group in groups)

    return [one for one in answer.query.measures if tells(answer, one) and not tells(left, one)]
