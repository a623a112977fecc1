"""Hold an answer against those that the same person got before.

Two answers may differ by a filter or by some days; the difference of their sums is the sum of what
is in only one of them. An answer that would tell, together with earlier ones on the same state of
the data, what a few people did is given with fewer figures, or refused. Answers to a `SalesQuery`
and to a `MetricQuery` on orders are in the same log and are held against each other."""

from collections.abc import Sequence
from itertools import islice

from bot.core.metric_query import MetricQuery
from bot.data.metrics.earlier_answers import (
    MAX_EARLIER_ANSWERS,
    MAX_ROW_SETS,
    AnswerLog,
    SalesAnswerRecord,
    build_metric_record,
    cache_metric_rows,
    digest_table,
    read_metric_rows,
)
from bot.data.metrics.orders.differences import PublishedSums, isolates
from bot.data.metrics.orders.released_rows import RowIndex
from bot.data.metrics.query.answer import (
    OTHERS,
    MetricAnswer,
    Released,
    ShownGroup,
    collect_released,
)
from bot.data.metrics.query.dataset import Family
from bot.data.metrics.query.datasets import DATASETS
from bot.data.metrics.query.errors import QueryError
from bot.data.metrics.query.release import ALL_GROUPS, get_floor, load_rows_universe
from bot.data.warehouse.warehouse import Warehouse


def guard_answer(
    warehouse: Warehouse, answer: MetricAnswer, log: AnswerLog | None, person: str
) -> MetricAnswer:
    """Return the answer as this person may see it. Raises QueryError, which names the earlier
    answer, where even the least of it would tell too much."""
    state = digest_state(warehouse, answer.query)
    released = collect_released(answer.recipe, answer.rows)
    record = build_metric_record(answer.recipe)
    earlier = log.record(person, state, record) if log else ()
    if earlier is None:
        return answer  # the same answer again
    known = [read_metric_rows(warehouse, one) for one in earlier[:MAX_EARLIER_ANSWERS]]
    if not find_broken_floor(warehouse, answer.query, released, known):
        cache_metric_rows(warehouse, record, released)
        return answer
    if log:
        log.refuse(person, state, record)
    if (smaller := _leave_out(warehouse, answer, known)) is not None:
        record = build_metric_record(smaller.recipe)
        if log:
            log.record(person, state, record)
        released = collect_released(smaller.recipe, smaller.rows)
        cache_metric_rows(warehouse, record, released)
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
        sets = [*own, *_list_earlier_sets(before, family, len(own))]
        floor = get_floor(warehouse, family)
        if len(sets) == 1:  # nothing to subtract
            if 0 < universe.count_people(family, sets[0]) < floor:
                return floor
            continue
        if isolates(sets, universe.owners(family), floor):
            return floor
    return None


def _list_earlier_sets(before: Sequence[Released], family: Family, own: int) -> list[RowIndex]:
    """Return the sets of earlier answers, as many as are checked beside the own ones."""
    every = (rows for earlier in before for rows in earlier.get(family, ()))
    return [*islice(every, max(0, MAX_ROW_SETS - own))]


def _leave_out(
    warehouse: Warehouse, answer: MetricAnswer, before: Sequence[Released]
) -> MetricAnswer | None:
    """Return the answer without the figures that would tell too much, the least important first:
    the share of the whole, the earlier period, the smallest groups. None where nothing of what was
    asked is left."""
    recipe, universe = answer.recipe, load_rows_universe(warehouse, answer.dataset)
    figures = [one for one in recipe.shown if one.group != OTHERS]
    figures.sort(key=lambda one: _rank(answer, one))
    own = [
        collect_released(recipe.model_copy(update={"shown": (one,)}), answer.rows)
        for one in figures
    ]
    safe: dict[ShownGroup, set[Family]] = {one: set() for one in figures}
    for family in dict.fromkeys(family for released in own for family in released):
        wanted, sets = list[range](), list[RowIndex]()
        for released in own:
            rows = released.get(family, [])
            wanted.append(range(len(sets), len(sets) + len(rows)))
            sets += rows
        earlier = _list_earlier_sets(before, family, len(sets))
        sums = PublishedSums(
            [*sets, *earlier], universe.owners(family), get_floor(warehouse, family)
        )
        for at in sums.choose(range(len(sets), len(sets) + len(earlier)), wanted):
            safe[figures[at]].add(family)
    shown, is_complete = [], True  # others are the total less the groups that are shown
    for one in recipe.shown:
        if one.group == OTHERS:
            shown += [one] if is_complete else []
            continue
        bases = tuple(b for b in one.bases if answer.dataset.bases[b].family in safe[one])
        shown += [one.model_copy(update={"bases": bases})] if bases else []
        is_complete &= bases == one.bases or one.period != "now"
    smaller = answer.with_recipe(
        recipe.model_copy(update={"shown": tuple(shown)}),
        "Some figures are left out: with earlier answers they would tell what a few people did.",
    )
    return smaller if _tells_anything(smaller) or not _tells_anything(answer) else None


def _rank(answer: MetricAnswer, one: ShownGroup) -> tuple[int, int]:
    if one.period == "whole":
        return 4, 0
    is_group = one.group != ALL_GROUPS
    many = answer.count_things(one.group) if is_group else 0
    return 2 * (one.period == "before") + is_group, -many


def _tells_anything(answer: MetricAnswer) -> bool:
    """Whether there is a figure of some group, or of the total where no groups were asked."""
    groups = [one for one in answer.recipe.list_groups() if one != OTHERS]
    return any(
        answer.get_value("now", group, name) is not None
        for group in (groups if answer.query.dimensions else [ALL_GROUPS])
        for name in answer.query.measures
    )


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
