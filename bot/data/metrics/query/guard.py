"""Hold an answer against those that the same person got before.

Two answers may differ by a filter or by some days; the difference of their sums is the sum of what
is in only one of them. An answer that would tell, together with earlier ones on the same state of
the data, what a few people did is given with fewer figures, or refused. Answers to a `SalesQuery`
and to a `MetricQuery` on orders are in the same log and are held against each other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.core.metric_query import MetricQuery
from bot.data.metrics.orders.answer_guard import (
    GROUP_FLOORS,
    MAX_EARLIER_ANSWERS,
    MAX_ROW_SETS,
    METRIC_KEY,
    AnswerLog,
    SalesAnswerRecord,
    digest_table,
    read_earlier_rows,
)
from bot.data.metrics.orders.differences import isolates
from bot.data.metrics.query.answer import (
    OTHERS,
    MetricAnswer,
    MetricRecipe,
    Released,
    collect_released,
    reread_released,
)
from bot.data.metrics.query.datasets import DATASETS
from bot.data.metrics.query.errors import QueryError
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    get_floor,
    load_rows_universe,
)
from bot.data.warehouse.warehouse import Warehouse

MAX_CACHED_BYTES = 200_000_000  # of row numbers, kept in memory for the next answer


def guard_answer(
    warehouse: Warehouse, answer: MetricAnswer, log: AnswerLog | None, person: str
) -> MetricAnswer:
    """Return the answer as this person may see it. Raises QueryError, which names the earlier
    answer, where even the least of it would tell too much."""
    state = digest_state(warehouse, answer.query)
    released = collect_released(answer.recipe, answer.rows)
    record = _build_record(answer.recipe)
    earlier = log.record(person, state, record) if log else ()
    if earlier is None:
        return answer  # the same answer again
    known = [read_released(warehouse, one) for one in earlier[:MAX_EARLIER_ANSWERS]]
    if not find_broken_floor(warehouse, answer.query, released, known):
        _remember(warehouse, record, released)
        return answer
    if log:
        log.refuse(person, state, record)
    for smaller in _iter_smaller_answers(answer):
        less = collect_released(smaller.recipe, smaller.rows)
        if find_broken_floor(warehouse, answer.query, less, known):
            continue
        record = _build_record(smaller.recipe)
        if log:
            log.record(person, state, record)
        _remember(warehouse, record, less)
        return smaller
    raise _refuse(warehouse, answer.query, released, earlier, known)


def digest_state(warehouse: Warehouse, query: MetricQuery) -> str:
    """Return a digest of the dataset's table; of orders the one that `SalesQuery` has, too."""
    dataset = DATASETS[query.dataset]
    digest = digest_table(warehouse, dataset.kind)
    return digest if dataset.kind == "orders" else f"{dataset.kind}:{digest}"


def find_broken_floor(
    warehouse: Warehouse, query: MetricQuery, released: Released, before: Sequence[Released]
) -> int | None:
    """Return the floor that these figures would break together with earlier ones, or None."""
    universe = load_rows_universe(warehouse, DATASETS[query.dataset])
    for family, own in released.items():
        sets = [*own]
        for earlier in before:
            sets += earlier.get(family, [])[: max(0, MAX_ROW_SETS - len(sets))]
        floor = get_floor(warehouse, family)
        if len(sets) == 1:  # nothing to subtract
            if 0 < universe.count_people(family, sets[0]) < floor:
                return floor
            continue
        if isolates(sets, universe.owners(family), floor):
            return floor
    return None


def _iter_smaller_answers(answer: MetricAnswer) -> Iterator[MetricAnswer]:
    """Yield the answer without the share of all rows, without the earlier period, without the
    total, then with fewer and fewer groups: those of at least so many things."""
    recipe = answer.recipe
    if any(one.period == "whole" for one in recipe.shown):
        recipe = _keep(recipe, [one for one in recipe.shown if one.period != "whole"])
        yield answer.with_recipe(recipe, "The share of the whole would tell what a few people did.")
    if recipe.before is not None:
        recipe = _keep(recipe, [one for one in recipe.shown if one.period != "before"])
        yield answer.with_recipe(
            recipe, "Compared with the earlier period it would tell what a few people did."
        )
    if not recipe.list_groups():
        return
    groups = [one for one in recipe.shown if one.group not in (ALL_GROUPS, OTHERS)]
    note = "The total would tell what a few people did, so it is not shown."
    yield answer.with_recipe(_keep(recipe, groups), note)
    for least in GROUP_FLOORS:
        large = [one for one in groups if (answer.count_things(one.group)) >= least]
        if not large:
            return
        yield answer.with_recipe(_keep(recipe, large), note)


def _keep(recipe: MetricRecipe, shown: Sequence[Any]) -> MetricRecipe:
    return recipe.model_copy(update={"shown": tuple(shown)})


def _refuse(
    warehouse: Warehouse,
    query: MetricQuery,
    released: Released,
    earlier: Sequence[SalesAnswerRecord],
    known: Sequence[Released],
) -> QueryError:
    """Return the refusal, which names an earlier answer that does it alone, else the last one."""
    floor = find_broken_floor(warehouse, query, released, known)
    alone = (
        record
        for record, rows in zip(earlier, known, strict=False)
        if find_broken_floor(warehouse, query, released, [rows])
    )
    record = next(alone, earlier[0] if earlier else None)
    if record is None:
        return QueryError("This would tell what under {n} people did, so it is not told.", n=floor)
    return QueryError(
        "Together with the answer on {what} from {since} to {until}, this would tell what under "
        "{n} people did, so it is not told. Ask for something else.",
        what=record.measure.replace("_", " "),
        since=record.since,
        until=record.until,
        n=floor,
    )


# The records of the log.


def _build_record(recipe: MetricRecipe) -> SalesAnswerRecord:
    query = recipe.query
    assert query.since is not None
    assert query.until is not None
    data = {METRIC_KEY: recipe.model_dump(mode="json", exclude_defaults=True)}
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return SalesAnswerRecord(query.since, query.until, query.measures[0], canonical)


def parse_recipe(canonical: str) -> MetricRecipe | None:
    """Return the recipe of a record, or None where it is of a `SalesQuery`."""
    data: Mapping[str, Any] = json.loads(canonical)
    return MetricRecipe.model_validate(data[METRIC_KEY]) if METRIC_KEY in data else None


def read_released(warehouse: Warehouse, record: SalesAnswerRecord) -> Released:
    """Return the rows behind an earlier answer, from memory or read again."""
    key = (METRIC_KEY, record.filter)
    if key not in warehouse.released:
        recipe = parse_recipe(record.filter)
        if recipe is None:
            rows = read_earlier_rows(warehouse, record)
            return {"sales": rows.sales(), "marks": [*rows.returns], "people": [*rows.people]}
        _remember(warehouse, record, reread_released(warehouse, recipe))
    released: Released = warehouse.released[key]
    return released


def _remember(warehouse: Warehouse, record: SalesAnswerRecord, released: Released) -> None:
    kept = {
        key: one
        for key, one in warehouse.released.items()
        if isinstance(key, tuple) and key[0] == METRIC_KEY
    }
    if sum(_count_bytes(one) for one in kept.values()) > MAX_CACHED_BYTES:
        for key in kept:
            del warehouse.released[key]
    warehouse.released[METRIC_KEY, record.filter] = released


def _count_bytes(released: Released) -> int:
    return sum(rows.nbytes for sets in released.values() for rows in sets)
