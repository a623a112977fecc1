"""Hold an answer against those that the same person got before.

Two answers may differ by a filter or by some days; the difference of their sums is the sum of what
is in only one of them. An answer that would tell, together with earlier ones on the same state of
the data, what a few people did is given with fewer figures, or refused. The same holds for sums and
differences of single figures. What differs harmlessly (see `harmless.py`) is not held against each
other."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from itertools import combinations, islice
from typing import Any

from bot.core.facts import Fact
from bot.core.metric_query import MetricQuery, QueryError, TooFewError
from bot.core.withheld import EarlierAnswer, Reason, Withheld
from bot.data.floors import is_below_floor
from bot.data.metrics.answer_log import AnswerLog, SalesAnswerRecord
from bot.data.metrics.query.answer_facts import PEOPLE_UNIT, MetricResult
from bot.data.metrics.query.dataset import APART, OF_PEOPLE, OF_THINGS, Family
from bot.data.metrics.query.differences import PublishedSums, isolates
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.harmless import (
    counts_texts,
    differs_harmlessly,
    differs_in_days_alone,
    holds_counts_alone,
    is_count,
)
from bot.data.metrics.query.metric_answer import (
    OTHERS,
    MetricAnswer,
    MetricRecipe,
    Released,
    ShownGroup,
    collect_released,
    list_families,
    reread_released,
)
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    Group,
    RowIndex,
    Universe,
    get_floor,
    load_rows_universe,
)
from bot.data.metrics.query.runner import DATASETS, PeriodName
from bot.data.warehouse.warehouse import Warehouse

MAX_EARLIER_ANSWERS = 50  # earlier answers that are checked
MAX_ROW_SETS = 1_000  # row sets that are checked
MAX_CACHED_BYTES = 200_000_000  # of row numbers, kept in memory for the next answer
METRIC_KEY = "metric"  # in the filter of an answer's record, and in `Warehouse.released`
FIGURE_KEY = "figure"  # in `Warehouse.released`, beside a fact's id
MAX_FIGURES = 5_000


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
        answer, record = self.answer, _build_record(self.answer.recipe)
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
            _cache_rows(self.warehouse, record, released)
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

    def _give_less(self, earlier: "EarlierAnswers", why: Withheld) -> MetricAnswer:
        """Return the answer with fewer figures. Where it differs from an earlier one in its days
        alone, counts are told all the same, as if they were asked for alone."""
        smaller = self._leave_out(earlier, why)
        if smaller is None or self._loses_groups(smaller):
            spared = self._leave_out(earlier, why, total_first=False)
            if spared is not None and not self._loses_groups(spared):
                smaller = spared
        if smaller is not None:
            record = _build_record(smaller.recipe)
            if self.log:
                self.log.record(self.person, self.state, record)
            _cache_rows(self.warehouse, record, collect_released(smaller.recipe, smaller.rows))
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
        """Whether a measure that was asked for is left of no group, though several show it."""
        groups = [one for one in self.answer.recipe.list_groups() if one != OTHERS]

        def tells(some: MetricAnswer, name: str) -> int:
            return sum(some.get_value("now", group, name) is not None for group in groups)

        names = {*self.answer.asked.measures}.intersection(self.answer.query.measures)
        return any(tells(self.answer, one) > 1 and not tells(smaller, one) for one in names)

    def _leave_out(
        self, earlier: "EarlierAnswers", why: Withheld, *, total_first: bool = True
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
            shown += [one.model_copy(update={"bases": bases})] if bases else []
            if bases != one.bases and one != answer.spare_total:
                left_out.setdefault(one.period, set()).add(one.group)
            is_complete &= bases == one.bases or one.period != "now" or bool(one.members)
        smaller = replace(
            answer.with_recipe(recipe.with_shown(tuple(shown))),
            left_out={period: frozenset(groups) for period, groups in left_out.items()},
            withheld=why,
        )
        if earlier.apart and earlier.find_broken_floor(
            collect_released(smaller.recipe, smaller.rows)
        ):
            return None
        return smaller if _tells_anything(smaller) or not _tells_anything(answer) else None

    def _add_spare_total(self) -> MetricRecipe:
        spare, recipe = self.answer.spare_total, self.answer.recipe
        return recipe.with_shown((*recipe.shown, spare)) if spare else recipe

    def _find_safe_sums(
        self, recipe: MetricRecipe, earlier: "EarlierAnswers", *, total_first: bool
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
            sets, wanted = _number_sets(own, family)
            before = _list_earlier_sets(earlier.together, family, len(sets))
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


def _list_untold(answer: MetricAnswer, left: MetricAnswer, period: PeriodName) -> list[str]:
    """Return the measures of which nothing is left in a period."""
    groups = [ALL_GROUPS, *answer.recipe.list_groups()]

    def tells(some: MetricAnswer, name: str) -> bool:
        return any(some.get_value(period, group, name) is not None for group in groups)

    return [one for one in answer.query.measures if tells(answer, one) and not tells(left, one)]


# The earlier answers.


@dataclass(frozen=True)
class _ToldAnswer:
    """An earlier answer; without a query it is one to a typed question."""

    record: SalesAnswerRecord
    query: MetricQuery | None
    released: Released


class EarlierAnswers:
    """The answers that one is held against: the last ones to the same person, without those that
    differ harmlessly from it. All of them are looked at `together`, but for counts that were told
    beside others as they differ harmlessly from those: these are looked at each alone (`apart`)."""

    def __init__(
        self, warehouse: Warehouse, query: MetricQuery, records: Iterable[SalesAnswerRecord]
    ) -> None:
        self.warehouse, self.query = warehouse, query
        self.universe = load_rows_universe(warehouse, DATASETS[query.dataset])
        asked = ((record, _read_query(record)) for record in records)
        held = ((record, one) for record, one in asked if not differs_harmlessly(query, one))
        self.answers = [
            _ToldAnswer(record, one, _read_rows(warehouse, record))
            for record, one in islice(held, MAX_EARLIER_ANSWERS)
        ]
        self.together, self.apart = self._split()

    def find_broken_floor(self, released: Released) -> int | None:
        """Return the floor that these figures would break beside the earlier ones, or None."""
        floor = find_broken_floor(self.warehouse, self.query, released, self.together)
        for one in self.apart:
            floor = floor or find_broken_floor(self.warehouse, self.query, released, [one])
        return floor

    def explain(self, released: Released, floor: int) -> Withheld:
        """Return why these figures can't be told: because of an earlier answer that does it alone,
        else of the last one."""
        alone = (
            one
            for one in self.answers
            if find_broken_floor(self.warehouse, self.query, released, [one.released])
        )
        found, people = next(alone, None), f"under {floor} people"
        if not self.answers:
            return Withheld(Reason.BESIDE, people)
        one = found or self.answers[0]
        record = one.record
        recipe = _read_recipe(record)
        what = record.measure.replace("_", " ")
        earlier = EarlierAnswer(what, record.since, record.until, recipe.before if recipe else None)
        is_of_days = one.query is not None and differs_in_days_alone(self.query, one.query)
        return Withheld(Reason.OTHER_DAYS if is_of_days else Reason.EARLIER, people, earlier)

    def tells_returns_of_people(self, released: Released) -> bool:
        return _tells_returns_of_people(self.warehouse, self.universe, released, self.together)

    def add_up(self, sets: Sequence[RowIndex], family: Family) -> PublishedSums:
        floor = get_floor(self.warehouse, family)
        return PublishedSums(sets, self.universe.owners(family), floor)

    def _split(self) -> tuple[list[Released], list[Released]]:
        """Return the answers that tell nothing of a few people together, amounts first, and the
        others."""
        every = [one.released for one in self.answers]
        queries = [one.query for one in self.answers if one.query is not None]
        if not any(differs_harmlessly(*both) for both in combinations(queries, 2)):
            return every, []
        if find_broken_floor(self.warehouse, self.query, every[0], every[1:]) is None:
            return every, []
        amounts_first = sorted(
            self.answers, key=lambda one: one.query is not None and holds_counts_alone(one.query)
        )
        every = [one.released for one in amounts_first]
        kept = {*range(len(every))}
        for family in dict.fromkeys(family for released in every for family in released):
            if family not in APART:
                sets, wanted = _number_sets(every, family)
                kept &= self.add_up(sets, family).choose((), wanted)
        apart = [one for at, one in enumerate(every) if at not in kept]
        return [every[at] for at in sorted(kept)], apart


def _number_sets(answers: Sequence[Released], family: Family) -> tuple[list[RowIndex], list[range]]:
    """Return the sets of a family, and by answer their numbers."""
    sets, numbers = list[RowIndex](), list[range]()
    for released in answers:
        rows = released.get(family, [])
        numbers.append(range(len(sets), len(sets) + len(rows)))
        sets += rows
    return sets, numbers


def find_broken_floor(
    warehouse: Warehouse, query: MetricQuery, released: Released, before: Sequence[Released]
) -> int | None:
    """Return the floor that these figures would break together with earlier ones, or None."""
    universe = load_rows_universe(warehouse, DATASETS[query.dataset])
    if _tells_returns_of_people(warehouse, universe, released, before):
        return warehouse.sales_floor
    for family, own in released.items():
        if family in APART:
            continue
        sets = [*own, *_list_earlier_sets(before, family, len(own))]
        floor = get_floor(warehouse, family)
        if len(sets) == 1:  # nothing to subtract
            if 0 < universe.count_people(family, sets[0]) < floor:
                return floor
            continue
        if isolates(sets, universe.owners(family), floor):
            return floor
    return None


def _tells_returns_of_people(
    warehouse: Warehouse, universe: Universe, released: Released, before: Sequence[Released]
) -> bool:
    """Whether returns by what was sold, which may be those of a few, and returns by something about
    customers tell together what a few of these sent back. Of the former only what tells of no few
    by itself is put together with the latter, answer by answer."""
    for family in OF_THINGS:
        things, people = OF_THINGS[family], OF_PEOPLE[family]
        sold = [one[things] for one in (released, *before) if things in one]
        apart = [*released.get(people, ()), *_list_earlier_sets(before, people, 0)]
        if things in released and people not in released:
            sold = [released[things]]  # the earlier ones have been looked at
        if not apart or not {things, people} & {*released}:
            continue
        owners, floor = universe.owners(family), get_floor(warehouse, family)
        for own in sold:
            sums = PublishedSums([*own, *apart], owners, floor)
            kept = sums.choose((), [[n] for n in range(len(own))])
            if sums.isolate([*kept, *range(len(own), len(own) + len(apart))]):
                return True
    return False


def _list_earlier_sets(before: Sequence[Released], family: Family, own: int) -> list[RowIndex]:
    """Return the sets of earlier answers, as many as are checked beside the own ones."""
    every = (rows for earlier in before for rows in earlier.get(family, ()))
    return [*islice(every, max(0, MAX_ROW_SETS - own))]


def digest_state(warehouse: Warehouse, query: MetricQuery) -> str:
    """Return a digest which changes whenever rows of the dataset's table are added or removed."""
    kind = DATASETS[query.dataset].kind
    one = warehouse.listed[kind]
    identity = (sorted(path.name for path in one.paths), one.rows, str(one.as_of))
    digest = sha256(repr(identity).encode()).hexdigest()
    return digest if kind == "orders" else f"{kind}:{digest}"


# The answers in the log.


def _build_record(recipe: MetricRecipe) -> SalesAnswerRecord:
    query = recipe.query
    assert query.since is not None
    assert query.until is not None
    data = {METRIC_KEY: recipe.model_dump(mode="json", exclude_defaults=True)}
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return SalesAnswerRecord(query.since, query.until, query.measures[0], canonical)


def _read_query(record: SalesAnswerRecord) -> MetricQuery | None:
    """Return what an earlier answer was about; None for one to a typed question."""
    recipe = _read_recipe(record)
    return recipe.query if recipe else None


def _read_recipe(record: SalesAnswerRecord) -> MetricRecipe | None:
    data: dict[str, Any] = json.loads(record.filter)
    return MetricRecipe.model_validate(data[METRIC_KEY]) if METRIC_KEY in data else None


def _read_rows(warehouse: Warehouse, record: SalesAnswerRecord) -> Released:
    """Return the rows behind an earlier answer, from memory or read again. Raises TooFewError for
    an answer of an earlier version, whose rows can't be read any more."""
    key = (METRIC_KEY, record.filter)
    if key not in warehouse.released:
        data: dict[str, Any] = json.loads(record.filter)
        if METRIC_KEY not in data:
            what = EarlierAnswer("other figures", record.since, record.until)
            raise TooFewError(
                Withheld(Reason.EARLIER, "a few people", what),
                f"An earlier version told this person figures of these data, of {record.since} to "
                f"{record.until}. This can't be held against them, so it is not told before newer "
                "data are imported, at the latest in a week.",
            )
        recipe = MetricRecipe.model_validate(data[METRIC_KEY])
        _cache_rows(warehouse, record, reread_released(warehouse, recipe))
    released: Released = warehouse.released[key]
    return released


def _cache_rows(warehouse: Warehouse, record: SalesAnswerRecord, released: Released) -> None:
    kept = {
        key: one
        for key, one in warehouse.released.items()
        if isinstance(key, tuple) and key[0] == METRIC_KEY
    }
    if sum(_count_bytes(one.values()) for one in kept.values()) > MAX_CACHED_BYTES:
        for key in kept:
            del warehouse.released[key]
    warehouse.released[METRIC_KEY, record.filter] = released


def _count_bytes(families: Iterable[Any]) -> int:
    return sum(rows.nbytes for sets in families for rows in sets)


# Sums and differences of single figures.


def remember_figures(warehouse: Warehouse, answer: MetricAnswer, result: MetricResult) -> None:
    """Keep in memory which rows each figure is of."""
    known = [key for key in warehouse.released if isinstance(key, tuple) and key[0] == FIGURE_KEY]
    if len(known) > MAX_FIGURES:
        for key in known:
            del warehouse.released[key]
    for fact_id, (period, group, name) in result.groups.items():
        measure = answer.get_measure(name)
        bases = answer.get_measure(measure.share_of or name).bases
        members = answer.recipe.members.get(group, ())
        shown = ShownGroup(period=period, group=group, bases=bases, members=members)
        alone = answer.recipe.with_shown((shown,))
        warehouse.released[FIGURE_KEY, fact_id] = alone


def tells_few_people(
    warehouse: Warehouse, facts: Sequence[Fact], value: Decimal, *, is_difference: bool
) -> bool:
    """Whether the sum or difference of these figures tells what a few people did."""
    known: list[MetricRecipe] = [
        warehouse.released[FIGURE_KEY, fact.id]
        for fact in facts
        if (FIGURE_KEY, fact.id) in warehouse.released
    ]
    if len(known) < len(facts):
        counts_people = is_difference and facts[0].unit == PEOPLE_UNIT
        return counts_people and is_below_floor(abs(float(value)), warehouse.floor)
    if len({one.query.dataset for one in known}) > 1 or all(counts_texts(r.query) for r in known):
        return False
    together: Released = {}
    for recipe in known:
        for family, sets in reread_released(warehouse, recipe).items():
            together.setdefault(family, []).extend(sets)
    return find_broken_floor(warehouse, known[0].query, together, ()) is not None
