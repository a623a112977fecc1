"""Guard answers on sales: refuse an answer that, together with earlier ones, reveals a few people.

Two answers may differ by a filter or by some days; the difference of their sums is the sum of the
orders in only one of them. An answer is refused when it gives, together with earlier answers to the
same person on the same state of the data, the sum of fewer people than the floor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.earlier_answers import (
    MAX_EARLIER_ANSWERS,
    MAX_ROW_SETS,
    AnswerLog,
    SalesAnswerRecord,
    build_sales_record,
    read_sales_rows,
)
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
from bot.text.normalize import slugify

GROUP_FLOORS = (10, 20, 50, 100)  # orders that a group needs to stay when smaller ones are left out
MEASURE_NAMES = {
    "orders": Words("orders"),
    "units": Words("units sold"),
    "customers": Words("customers"),
    "new-customers": Words("new customers"),
}
SALES_LABEL = Words("sales")


def guard_answer(
    warehouse: Warehouse,
    result: AnalysisResult,
    filter_: AnalysisFilter,
    log: AnswerLog,
    person: str,
    state: str,
) -> AnalysisResult:
    """Return the result as this person may see it: complete, reduced, or a sentence that names the
    earlier answer which makes it unsafe."""
    if result.get(FEW_SUBJECT, "under") or not result.get(ALL_SUBJECT, "since"):
        return result
    released, recipe = _read_released_rows(warehouse, filter_)
    if released is None or recipe is None:
        return result
    answer = build_sales_record(recipe)
    earlier = log.record(person, state, answer)
    if earlier is None:
        return result
    known = [
        (answer_, read_sales_rows(warehouse, answer_)) for answer_ in earlier[:MAX_EARLIER_ANSWERS]
    ]
    before = [rows for _one, rows in known]
    if not (floor := _find_broken_floor(warehouse, released, before)):
        return result
    log.refuse(person, state, answer)
    for less in _iter_reduced_answers(warehouse, result, released, recipe):
        if not _find_broken_floor(warehouse, less.rows, before):
            smaller = build_sales_record(less.recipe)
            cache_released_rows(warehouse, smaller.filter, less.rows, less.recipe)
            log.record(person, state, smaller)
            return less.result
    earlier_one = _find_completed_answer(warehouse, released, (answer.since, answer.until), known)
    return _refuse_answer(result, earlier_one, floor)


@dataclass(frozen=True)
class ReducedAnswer:
    """An answer with fewer figures, and the rows behind it."""

    result: AnalysisResult
    rows: ReleasedRows
    recipe: AnswerRecipe


def _iter_reduced_answers(
    warehouse: Warehouse, result: AnalysisResult, released: ReleasedRows, recipe: AnswerRecipe
) -> Iterator[ReducedAnswer]:
    """Yield the answer without the share of all orders, then with fewer and fewer groups of a cut:
    only those with a minimum number of orders."""
    if recipe.whole:
        result = replace(result, facts=remove_whole_shares(result.facts))
        recipe, released = replace(recipe, whole=False), replace(released, whole=make_empty_rows())
        yield ReducedAnswer(result, released, recipe)
    for least in GROUP_FLOORS if recipe.shown else ():
        shown = {
            cut: {
                value: sorts
                for value, sorts in some.items()
                if _count_group_orders(result, cut, value) >= least
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
        facts = [fact for fact in result.facts if fact.parts.subject not in gone]
        less = replace(result, facts=facts)
        less.add(FEW_SUBJECT, "groups", least, unit="orders")
        assert recipe.where.tally is not None
        rows = SalesQuestion(warehouse, recipe.where, recipe.where.tally).reread_rows(fewer)
        yield ReducedAnswer(less, rows, fewer)


def _count_group_orders(result: AnalysisResult, cut: str, value: str) -> int:
    fact = result.get(f"{cut}-{slugify(value)}", "orders")
    return int(fact.value) if fact else 0


def _read_released_rows(
    warehouse: Warehouse, filter_: AnalysisFilter
) -> tuple[ReleasedRows | None, AnswerRecipe | None]:
    """Return the rows behind an answer; None where it contains no figure of the orders."""
    if filter_ not in warehouse.released:  # the result came from the cache on disk
        assert filter_.tally is not None
        question = SalesQuestion(warehouse, filter_, filter_.tally).answer()
        cache_released_rows(warehouse, filter_, question.released, question.recipe)
    cached: tuple[ReleasedRows | None, AnswerRecipe | None] = warehouse.released[filter_]
    if cached[1] is not None:
        cache_released_rows(warehouse, build_sales_record(cached[1]).filter, *cached)
    return cached


def _find_broken_floor(
    warehouse: Warehouse, released: ReleasedRows, before: Sequence[ReleasedRows]
) -> int | None:
    """Return the floor that the answer would break together with the earlier ones, or None."""
    universe = load_universe(warehouse)
    sales, returns, people = released.sales(), [*released.returns], [*released.people]
    for earlier in before:
        sales += earlier.sales(cells=len(sales) + len(earlier.cells) < MAX_ROW_SETS)
        returns += earlier.returns[: MAX_ROW_SETS - len(returns)]
        people += earlier.people[: MAX_ROW_SETS - len(people)]
    if isolates(sales, universe.person, warehouse.sales_floor):
        return warehouse.sales_floor
    if released.returns and isolates(returns, universe.person, warehouse.sales_floor):
        return warehouse.sales_floor
    if released.people and isolates(people, universe.everybody, warehouse.floor):
        return warehouse.floor
    return None


def _find_completed_answer(
    warehouse: Warehouse,
    released: ReleasedRows,
    days: tuple[date, date],
    before: Sequence[tuple[SalesAnswerRecord, ReleasedRows]],
) -> SalesAnswerRecord:
    """Return the earlier answer that makes this one unsafe: one of the same days that does so
    alone, else any that does, else the oldest of those needed for it."""
    alone = [answer for answer, rows in before if _find_broken_floor(warehouse, released, [rows])]
    if alone:
        return next((answer for answer in alone if (answer.since, answer.until) == days), alone[0])
    low, high = 0, len(before) - 1
    while low < high:
        middle = (low + high) // 2
        if _find_broken_floor(warehouse, released, [rows for _one, rows in before[: middle + 1]]):
            high = middle
        else:
            low = middle + 1
    return before[low][0]


def _refuse_answer(
    result: AnalysisResult, earlier: SalesAnswerRecord, floor: int
) -> AnalysisResult:
    refusal = AnalysisResult(result.kind, result.source, result.as_of)
    refusal.add(FEW_SUBJECT, "under", floor, unit="customers")
    refusal.add_limit(
        Words(
            "Together with my answer on {what} from {since} to {until}, this would tell what "
            "under {n} customers did, so I don't tell it.",
            what=MEASURE_NAMES.get(earlier.measure, SALES_LABEL),
            since=earlier.since,
            until=earlier.until,
            n=floor,
        )
    )
    return refusal
