"""Hold an answer against those that the same person got before.

Two answers may differ by a filter or by some days; the difference of their sums is the sum of what
is in only one of them. An answer that would tell, together with earlier ones on the same state of
the data, what a few people did is given with fewer figures, or refused. The same holds for sums and
differences of single figures. Counts of the same groups on other days, and returns, late parcels
and ratings by what was sold, are not held against each other: they tell nothing about a person."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any

from bot.core.facts import Fact
from bot.core.metric_query import (
    ORDERED_DIMENSIONS,
    MetricQuery,
    QueryError,
    TooFewError,
)
from bot.data.floors import is_below_floor
from bot.data.metrics.answer_log import AnswerLog, SalesAnswerRecord
from bot.data.metrics.query.answer_facts import PEOPLE_UNIT, MetricResult
from bot.data.metrics.query.dataset import (
    APART,
    OF_PEOPLE,
    OF_THINGS,
    Family,
    tells_of_things,
)
from bot.data.metrics.query.differences import PublishedSums, isolates
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
from bot.data.metrics.query.runner import DATASETS
from bot.data.warehouse.warehouse import Warehouse

MAX_EARLIER_ANSWERS = 50  # earlier answers that are checked
MAX_ROW_SETS = 1_000  # row sets that are checked
MAX_CACHED_BYTES = 200_000_000  # of row numbers, kept in memory for the next answer
METRIC_KEY = "metric"  # in the filter of an answer's record, and in `Warehouse.released`
FIGURE_KEY = "figure"  # in `Warehouse.released`, beside a fact's id
COUNT_UNITS = ("orders", "units", "texts", "visits", "%")  # of what may be told of few on a day
# what went wrong with what was sold, and what was written of it: nothing about who it was
INCIDENT_MEASURES = frozenset(
    (
        "returned",
        "return_rate",
        "due_orders",
        "late_orders",
        "late_share",
        "mean_delivery_days",
        "cancelled_orders",
        "cancelled_share",
        "reviews",
        "ratings",
        "rating",
        "low_rating_share",
    )
)
MAX_FIGURES = 5_000


def guard_answer(
    warehouse: Warehouse, answer: MetricAnswer, log: AnswerLog | None, person: str
) -> MetricAnswer:
    """Return the answer as this person may see it. Raises TooFewError, which names the earlier
    answer, where even the least of it would tell too much."""
    if counts_texts(answer.query):
        return answer
    state = digest_state(warehouse, answer.query)
    released = collect_released(answer.recipe, answer.rows)
    record = _build_record(answer.recipe)
    earlier = log.record(person, state, record) if log else ()
    if earlier is None:
        return answer  # the same answer again
    earlier = [one for one in earlier if not differs_harmlessly(answer.query, _read_query(one))]
    try:
        known = [_read_rows(warehouse, one) for one in earlier[:MAX_EARLIER_ANSWERS]]
    except QueryError:
        if log:
            log.refuse(person, state, record)
        raise
    if not find_broken_floor(warehouse, answer.query, released, known):
        _cache_rows(warehouse, record, released)
        return answer
    if log:
        log.refuse(person, state, record)
    if answer.recipe.members:  # the groups alone may be harmless
        return guard_answer(warehouse, answer.without_merged(), log, person)
    if (smaller := _leave_out(warehouse, answer, known)) is not None:
        record = _build_record(smaller.recipe)
        if log:
            log.record(person, state, record)
        released = collect_released(smaller.recipe, smaller.rows)
        _cache_rows(warehouse, record, released)
        return smaller
    raise _refuse(warehouse, answer.query, released, earlier, known)


def _read_query(record: SalesAnswerRecord) -> MetricQuery | None:
    """Return what an earlier answer was about; None for one to a typed question."""
    data: dict[str, Any] = json.loads(record.filter)
    return MetricRecipe.model_validate(data[METRIC_KEY]).query if METRIC_KEY in data else None


def differs_harmlessly(now: MetricQuery, before: MetricQuery | None) -> bool:
    """Whether the difference to an earlier answer tells nothing about a person: it is a count of
    the same groups on other days, or of what went wrong with what was sold. On the same days, a
    total less the weeks that are shown would tell a hidden one."""
    if before is None:
        return False
    both = (now, before)
    if any(INCIDENT_MEASURES.issuperset(one.measures) for one in both) and all(
        tells_of_things(one) for one in both
    ):
        return True
    return _differs_in_days_alone(now, before) and any(_holds_counts_alone(one) for one in both)


def counts_texts(query: MetricQuery) -> bool:
    """Whether a query only counts texts by what they are on: these are no persons, and
    `feedback_themes` counts them, too."""
    is_count = query.dataset == "feedback" and {*query.measures} == {"reviews"}
    return is_count and tells_of_things(query)


def _differs_in_days_alone(now: MetricQuery, before: MetricQuery) -> bool:
    apart = [
        (one.dataset, one.filters, one.having, {*one.dimensions}.difference(ORDERED_DIMENSIONS))
        for one in (before, now)
    ]
    return (before.since, before.until) != (now.since, now.until) and apart[0] == apart[1]


def _holds_counts_alone(query: MetricQuery) -> bool:
    measures = DATASETS[query.dataset].measures
    named = (measures[name] for name in query.measures)
    whole = (measures[one.share_of] if one.share_of else one for one in named)
    return all(one.unit in COUNT_UNITS and not one.of_one_customer for one in whole)


def digest_state(warehouse: Warehouse, query: MetricQuery) -> str:
    """Return a digest which changes whenever rows of the dataset's table are added or removed."""
    kind = DATASETS[query.dataset].kind
    one = warehouse.listed[kind]
    identity = (sorted(path.name for path in one.paths), one.rows, str(one.as_of))
    digest = sha256(repr(identity).encode()).hexdigest()
    return digest if kind == "orders" else f"{kind}:{digest}"


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


def _leave_out(
    warehouse: Warehouse, answer: MetricAnswer, before: Sequence[Released]
) -> MetricAnswer | None:
    """Return the answer without the figures that would tell too much, the least important first:
    the share of the whole, the earlier period, the smallest groups. None where nothing of what was
    asked is left."""
    recipe, universe = answer.recipe, load_rows_universe(warehouse, answer.dataset)
    figures = [one for one in recipe.shown if not one.is_remainder]
    figures.sort(key=lambda one: _rank(answer, one))
    own = [collect_released(recipe.with_shown((one,)), answer.rows) for one in figures]
    safe: dict[ShownGroup, set[Family]] = {one: set() for one in figures}
    whole = collect_released(recipe, answer.rows)
    without_returns = _tells_returns_of_people(warehouse, universe, whole, before)
    for family in dict.fromkeys(family for released in own for family in released):
        if family in APART:
            continue
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
    left_out = set[Group]()
    for one in recipe.shown:
        if one.is_remainder:
            shown += [one] if is_complete else []
            continue
        known = {b: answer.dataset.bases[b].family for b in one.bases}
        bases = tuple(
            b for b in one.bases if safe[one].issuperset(list_families(recipe.query, known[b]))
        )
        if without_returns:
            bases = tuple(b for b in bases if not answer.dataset.bases[b].is_return)
        shown += [one.model_copy(update={"bases": bases})] if bases else []
        left_out |= {one.group} if bases != one.bases and one.period == "now" else set()
        is_complete &= bases == one.bases or one.period != "now" or bool(one.members)
    smaller = replace(
        answer.with_recipe(
            recipe.with_shown(tuple(shown)),
            "Some figures are left out: with earlier answers they would tell what a few people "
            "did. Those of the earlier answers may be told, each with its own filters and days.",
        ),
        left_out=frozenset(left_out),
    )
    return smaller if _tells_anything(smaller) or not _tells_anything(answer) else None


def _rank(answer: MetricAnswer, one: ShownGroup) -> tuple[int, int]:
    if one.period == "whole":
        return 4, 0
    is_group = one.group != ALL_GROUPS
    if one.members:  # what it tells is less than what its groups would tell
        return 1, 0
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
) -> TooFewError:
    """Return the refusal, which names an earlier answer that does it alone, else the last one."""
    floor = find_broken_floor(warehouse, query, released, known)
    alone = (
        record
        for record, rows in zip(earlier, known, strict=False)
        if find_broken_floor(warehouse, query, released, [rows])
    )
    record = next(alone, earlier[0] if earlier else None)
    if record is None:
        return TooFewError("This would tell what under {n} people did, so it is not told.", n=floor)
    return TooFewError(
        "Together with the answer on {what} from {since} to {until}, this would tell what under "
        "{n} people did, so it is not told. Ask for something else.",
        what=record.measure.replace("_", " "),
        since=record.since,
        until=record.until,
        n=floor,
    )


# The answers in the log.


def _build_record(recipe: MetricRecipe) -> SalesAnswerRecord:
    query = recipe.query
    assert query.since is not None
    assert query.until is not None
    data = {METRIC_KEY: recipe.model_dump(mode="json", exclude_defaults=True)}
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return SalesAnswerRecord(query.since, query.until, query.measures[0], canonical)


def _read_rows(warehouse: Warehouse, record: SalesAnswerRecord) -> Released:
    """Return the rows behind an earlier answer, from memory or read again. Raises TooFewError for
    an answer of an earlier version, whose rows can't be read any more."""
    key = (METRIC_KEY, record.filter)
    if key not in warehouse.released:
        data: dict[str, Any] = json.loads(record.filter)
        if METRIC_KEY not in data:
            raise TooFewError(
                "An earlier version told this person figures of these data, of {since} to {until}. "
                "This can't be held against them, so it is not told before newer data are "
                "imported, at the latest in a week.",
                since=record.since,
                until=record.until,
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
