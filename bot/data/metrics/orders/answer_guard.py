"""What was told one person before, and whether the next answer would complete it.

Two answers differ by a filter or by some days; the difference of their sums is the sum of whoever
is in the one and not in the other. An answer is refused where it, with any of the earlier ones on
the same state of the data, gives the sum of fewer people than the floor.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, Protocol

from bot.core.sales_query import SalesQuery
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.orders import ALL_SUBJECT, FEW_SUBJECT, OTHERS_SUBJECT
from bot.data.metrics.orders.differences import isolates
from bot.data.metrics.orders.released_rows import (
    ReleasedRows,
    cache_released_rows,
    load_universe,
    make_empty_rows,
)
from bot.data.metrics.orders.sales_question import AnswerRecipe, SalesQuestion, remove_whole_shares
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify

MAX_EARLIER_ANSWERS = 50  # answers looked back on
MAX_ROW_SETS = 1_000  # sets; older answers beyond them count with their totals alone
GROUP_FLOORS = (10, 20, 50, 100)  # orders of a group that is still shown when others are left out
MEASURE_NAMES = {
    "orders": Words("orders"),
    "units": Words("units sold"),
    "customers": Words("customers"),
    "new-customers": Words("new customers"),
}
SALES_LABEL = Words("sales")


@dataclass(frozen=True)
class SalesAnswerRecord:
    """An answer about sales that was given: its days, its measure and what it was narrowed by, in
    canonical JSON. `refused`: it was not given, and is counted only."""

    since: date
    until: date
    measure: str
    filter: str
    refused: bool = False


class AnswerLog(Protocol):
    """What each person was told, kept with the state of the data that it stands on."""

    def record(
        self, person: str, state: str, answer: SalesAnswerRecord
    ) -> Sequence[SalesAnswerRecord] | None:
        """Keep the answer, and return the ones given before on the same state, the newest first,
        those of other processes included; None where it is one of them."""
        ...

    def refuse(self, person: str, state: str, answer: SalesAnswerRecord) -> None:
        """Keep that this one was refused after all."""
        ...


def guard_answer(
    shelf: Warehouse,
    found: AnalysisResult,
    where: AnalysisFilter,
    log: AnswerLog,
    person: str,
    state: str,
) -> AnalysisResult:
    """The findings as this person may be told them: whole, without the share of all orders, or a
    sentence which earlier answer they would complete."""
    if found.get(FEW_SUBJECT, "under") or not found.get(ALL_SUBJECT, "since"):
        return found
    released, recipe = _read_released_rows(shelf, where)
    if released is None or recipe is None:
        return found
    answer = _build_answer(recipe)
    earlier = log.record(person, state, answer)
    if earlier is None:
        return found
    known = [(one, _read_earlier_rows(shelf, one)) for one in earlier[:MAX_EARLIER_ANSWERS]]
    before = [rows for _one, rows in known]
    if not (floor := _find_broken_floor(shelf, released, before)):
        return found
    log.refuse(person, state, answer)
    for less in _iter_reduced_answers(shelf, found, released, recipe):
        if not _find_broken_floor(shelf, less.rows, before):
            told = _build_answer(less.recipe)
            cache_released_rows(shelf, told.filter, less.rows, less.recipe)
            log.record(person, state, told)
            return less.found
    earlier_one = _find_completed_answer(shelf, released, (answer.since, answer.until), known)
    return _refuse_answer(found, earlier_one, floor)


@dataclass(frozen=True)
class ReducedAnswer:
    """An answer that tells less than it could, and the rows behind it."""

    found: AnalysisResult
    rows: ReleasedRows
    recipe: AnswerRecipe


def _iter_reduced_answers(
    shelf: Warehouse, found: AnalysisResult, released: ReleasedRows, recipe: AnswerRecipe
) -> Iterator[ReducedAnswer]:
    """The same answer without the share of all orders, then with fewer and fewer of the groups of
    a cut: only those of so many orders."""
    if recipe.whole:
        found = replace(found, facts=remove_whole_shares(found.facts))
        recipe, released = replace(recipe, whole=False), replace(released, whole=make_empty_rows())
        yield ReducedAnswer(found, released, recipe)
    for least in GROUP_FLOORS if recipe.shown else ():
        shown = {
            cut: {
                value: sorts
                for value, sorts in some.items()
                if _count_group_orders(found, cut, value) >= least
            }
            for cut, some in recipe.shown.items()
        }
        if not any(shown.values()):
            return
        fewer = replace(recipe, shown=shown)
        gone = {
            f"{cut}-{slugify(value)}"
            for cut, some in recipe.shown.items()
            for value in some
            if value not in shown[cut]
        } | {f"{OTHERS_SUBJECT}-{cut}" for cut in recipe.shown}
        facts = [fact for fact in found.facts if fact.parts.subject not in gone]
        less = replace(found, facts=facts)
        less.add(FEW_SUBJECT, "groups", least, unit="orders")
        assert recipe.where.tally is not None
        rows = SalesQuestion(shelf, recipe.where, recipe.where.tally).again(fewer)
        yield ReducedAnswer(less, rows, fewer)


def _count_group_orders(found: AnalysisResult, cut: str, value: str) -> int:
    fact = found.get(f"{cut}-{slugify(value)}", "orders")
    return int(fact.value) if fact else 0


def _read_released_rows(
    shelf: Warehouse, where: AnalysisFilter
) -> tuple[ReleasedRows | None, AnswerRecipe | None]:
    """The rows behind an answer; None where it tells no figure of the orders."""
    if where not in shelf.released:  # what was found was read from the disk
        assert where.tally is not None
        asked = SalesQuestion(shelf, where, where.tally).answer()
        cache_released_rows(shelf, where, asked.released, asked.recipe)
    found: tuple[ReleasedRows | None, AnswerRecipe | None] = shelf.released[where]
    if found[1] is not None:
        cache_released_rows(shelf, _build_answer(found[1]).filter, *found)
    return found


def _read_earlier_rows(shelf: Warehouse, answer: SalesAnswerRecord) -> ReleasedRows:
    """The rows behind an earlier answer, from memory or read once more."""
    if answer.filter not in shelf.released:
        recipe = _parse_recipe(json.loads(answer.filter))
        assert recipe.where.tally is not None
        rows = SalesQuestion(shelf, recipe.where, recipe.where.tally).again(recipe)
        cache_released_rows(shelf, answer.filter, rows, recipe)
    found: ReleasedRows = shelf.released[answer.filter][0]
    return found


def _find_broken_floor(
    shelf: Warehouse, released: ReleasedRows, before: Sequence[ReleasedRows]
) -> int | None:
    """The floor that an answer would fall under with these earlier ones; None for none."""
    universe = load_universe(shelf)
    sales, returns, people = released.sales(), [*released.returns], [*released.people]
    for one in before:
        sales += one.sales(cells=len(sales) + len(one.cells) < MAX_ROW_SETS)
        returns += one.returns[: MAX_ROW_SETS - len(returns)]
        people += one.people[: MAX_ROW_SETS - len(people)]
    if isolates(sales, universe.person, shelf.sales_floor):
        return shelf.sales_floor
    if released.returns and isolates(returns, universe.person, shelf.sales_floor):
        return shelf.sales_floor
    if released.people and isolates(people, universe.everybody, shelf.floor):
        return shelf.floor
    return None


def _find_completed_answer(
    shelf: Warehouse,
    released: ReleasedRows,
    days: tuple[date, date],
    before: Sequence[tuple[SalesAnswerRecord, ReleasedRows]],
) -> SalesAnswerRecord:
    """The earlier answer that is completed: one of the same days that is enough alone, else any
    that is, else the oldest of those that are needed."""
    alone = [one for one, rows in before if _find_broken_floor(shelf, released, [rows])]
    if alone:
        return next((one for one in alone if (one.since, one.until) == days), alone[0])
    low, high = 0, len(before) - 1
    while low < high:
        middle = (low + high) // 2
        if _find_broken_floor(shelf, released, [rows for _one, rows in before[: middle + 1]]):
            high = middle
        else:
            low = middle + 1
    return before[low][0]


def _refuse_answer(found: AnalysisResult, earlier: SalesAnswerRecord, floor: int) -> AnalysisResult:
    told = AnalysisResult(found.kind, found.source, found.as_of)
    told.add(FEW_SUBJECT, "under", floor, unit="customers")
    told.refuse(
        Words(
            "Together with my answer on {what} from {since} to {until}, this would tell what "
            "under {n} customers did, so I don't tell it.",
            what=MEASURE_NAMES.get(earlier.measure, SALES_LABEL),
            since=earlier.since,
            until=earlier.until,
            n=floor,
        )
    )
    return told


def _build_answer(recipe: AnswerRecipe) -> SalesAnswerRecord:
    where = recipe.where
    assert where.since is not None
    assert where.until is not None
    assert where.tally is not None
    told = {**asdict(recipe), "where": filter_to_dict(where)}
    filter_ = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return SalesAnswerRecord(where.since, where.until, where.tally.measure, filter_)


def _parse_recipe(told: dict[str, Any]) -> AnswerRecipe:
    return AnswerRecipe(**{**told, "where": filter_from_dict(told["where"])})


def filter_to_dict(where: AnalysisFilter) -> dict[str, Any]:
    """What is asked about as plain values, without what is not asked."""
    told: dict[str, Any] = {}
    for one in fields(where):
        value = getattr(where, one.name)
        if isinstance(value, SalesQuery):
            told[one.name] = value.model_dump(mode="json", exclude_defaults=True)
        elif isinstance(value, date):
            told[one.name] = value.isoformat()
        elif one.name == "against" and value:
            told[one.name] = [day.isoformat() for day in value]
        elif value is not None:
            told[one.name] = value
    return told


def filter_from_dict(told: dict[str, Any]) -> AnalysisFilter:
    """The reverse of `where_told`."""
    values = dict(told)
    for name in ("since", "until"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    if against := values.get("against"):
        values["against"] = (date.fromisoformat(against[0]), date.fromisoformat(against[1]))
    values["tally"] = SalesQuery.model_validate(values.get("tally", {}))
    return AnalysisFilter(**values)
