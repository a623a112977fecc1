"""The answers that one is held against: how they are kept, read again, and looked at together."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations, islice
from typing import Any

from bot.core.metric_query import MetricQuery, TooFewError
from bot.core.withheld import EarlierAnswer, Reason, Withheld
from bot.data.metrics.answer_log import SalesAnswerRecord
from bot.data.metrics.query.dataset import APART, OF_PEOPLE, OF_THINGS, Family
from bot.data.metrics.query.differences import PublishedSums, isolates
from bot.data.metrics.query.harmless import (
    differs_harmlessly,
    differs_in_days_alone,
    holds_counts_alone,
)
from bot.data.metrics.query.metric_answer import (
    MetricRecipe,
    Released,
    reread_released,
)
from bot.data.metrics.query.release import (
    RowIndex,
    Universe,
    get_floor,
    load_rows_universe,
)
from bot.data.metrics.query.runner import DATASETS
from bot.data.warehouse.warehouse import Warehouse

MAX_EARLIER_ANSWERS = 50  # earlier answers that are checked
MAX_ROW_SETS = 1_000  # row sets that are checked
MAX_CACHED_BYTES = 200_000_000  # of row numbers, kept in memory for the next answer
METRIC_KEY = "metric"  # in the filter of an answer's record, and in `Warehouse.released`


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
        queries = [one.query for one in self.answers if one.query is not None]
        if not any(differs_harmlessly(*both) for both in combinations(queries, 2)):
            return [one.released for one in self.answers], []
        amounts_first = sorted(
            self.answers, key=lambda one: one.query is not None and holds_counts_alone(one.query)
        )
        every = [one.released for one in amounts_first]
        kept = {*range(len(every))}
        for family in dict.fromkeys(family for released in every for family in released):
            if family not in APART:
                sets, wanted = number_sets(every, family)
                kept &= self.add_up(sets, family).choose((), wanted)
        apart = [one for at, one in enumerate(every) if at not in kept]
        return [every[at] for at in sorted(kept)], apart


def number_sets(answers: Sequence[Released], family: Family) -> tuple[list[RowIndex], list[range]]:
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
        sets = [*own, *list_earlier_sets(before, family, len(own))]
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
        apart = [*released.get(people, ()), *list_earlier_sets(before, people, 0)]
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


def list_earlier_sets(before: Sequence[Released], family: Family, own: int) -> list[RowIndex]:
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


def build_record(recipe: MetricRecipe) -> SalesAnswerRecord:
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
        cache_rows(warehouse, record, reread_released(warehouse, recipe))
    released: Released = warehouse.released[key]
    return released


def cache_rows(warehouse: Warehouse, record: SalesAnswerRecord, released: Released) -> None:
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
