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

from bot.core.sales_query import Tally
from bot.data.analyses.result import Findings, Where
from bot.data.metrics.orders import FEW, OTHERS, WHOLE
from bot.data.metrics.orders.differences import isolates
from bot.data.metrics.orders.question import Asked, Recipe, without_whole
from bot.data.metrics.orders.released_rows import Released, nothing, remember, universe_of
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

LAST = 50  # answers looked back on
WIDE = 1_000  # sets; older answers beyond them count with their totals alone
LEAST = (10, 20, 50, 100)  # orders of a group that is still shown when others are left out
NAMES = {
    "orders": Words("orders"),
    "units": Words("units sold"),
    "customers": Words("customers"),
    "new-customers": Words("new customers"),
}
SALES = Words("sales")


@dataclass(frozen=True)
class Answer:
    """An answer about sales that was given: its days, its measure and what it was narrowed by, in
    canonical JSON. `refused`: it was not given, and is counted only."""

    since: date
    until: date
    measure: str
    filter: str
    refused: bool = False


class AnswerLog(Protocol):
    """What each person was told, kept with the state of the data that it stands on."""

    def record(self, person: str, state: str, answer: Answer) -> Sequence[Answer] | None:
        """Keep the answer, and return the ones given before on the same state, the newest first,
        those of other processes included; None where it is one of them."""
        ...

    def refuse(self, person: str, state: str, answer: Answer) -> None:
        """Keep that this one was refused after all."""
        ...


def guarded(
    shelf: Shelf, found: Findings, where: Where, log: AnswerLog, person: str, state: str
) -> Findings:
    """The findings as this person may be told them: whole, without the share of all orders, or a
    sentence which earlier answer they would complete."""
    if found.get(FEW, "under") or not found.get(WHOLE, "since"):
        return found
    released, recipe = _behind(shelf, where)
    if released is None or recipe is None:
        return found
    answer = _answer(recipe)
    earlier = log.record(person, state, answer)
    if earlier is None:
        return found
    known = [(one, _again(shelf, one)) for one in earlier[:LAST]]
    before = [rows for _one, rows in known]
    if not (floor := _completes(shelf, released, before)):
        return found
    log.refuse(person, state, answer)
    for less in _with_less(shelf, found, released, recipe):
        if not _completes(shelf, less.rows, before):
            told = _answer(less.recipe)
            remember(shelf, told.filter, less.rows, less.recipe)
            log.record(person, state, told)
            return less.found
    earlier_one = _completed(shelf, released, (answer.since, answer.until), known)
    return _refused(found, earlier_one, floor)


@dataclass(frozen=True)
class Less:
    """An answer that tells less than it could, and the rows behind it."""

    found: Findings
    rows: Released
    recipe: Recipe


def _with_less(shelf: Shelf, found: Findings, released: Released, recipe: Recipe) -> Iterator[Less]:
    """The same answer without the share of all orders, then with fewer and fewer of the groups of
    a cut: only those of so many orders."""
    if recipe.whole:
        found = replace(found, facts=without_whole(found.facts))
        recipe, released = replace(recipe, whole=False), replace(released, whole=nothing())
        yield Less(found, released, recipe)
    for least in LEAST if recipe.shown else ():
        shown = {
            cut: {
                value: sorts for value, sorts in some.items() if _orders(found, cut, value) >= least
            }
            for cut, some in recipe.shown.items()
        }
        if not any(shown.values()):
            return
        fewer = replace(recipe, shown=shown)
        gone = {
            f"{cut}-{slug(value)}"
            for cut, some in recipe.shown.items()
            for value in some
            if value not in shown[cut]
        } | {f"{OTHERS}-{cut}" for cut in recipe.shown}
        facts = [fact for fact in found.facts if fact.id.split(".")[1] not in gone]
        less = replace(found, facts=facts)
        less.add(FEW, "groups", least, unit="orders")
        assert recipe.where.tally is not None
        rows = Asked(shelf, recipe.where, recipe.where.tally).again(fewer)
        yield Less(less, rows, fewer)


def _orders(found: Findings, cut: str, value: str) -> int:
    fact = found.get(f"{cut}-{slug(value)}", "orders")
    return int(fact.value) if fact else 0


def _behind(shelf: Shelf, where: Where) -> tuple[Released | None, Recipe | None]:
    """The rows behind an answer; None where it tells no figure of the orders."""
    if where not in shelf.released:  # what was found was read from the disk
        assert where.tally is not None
        asked = Asked(shelf, where, where.tally).answer()
        remember(shelf, where, asked.released, asked.recipe)
    found: tuple[Released | None, Recipe | None] = shelf.released[where]
    if found[1] is not None:
        remember(shelf, _answer(found[1]).filter, *found)
    return found


def _again(shelf: Shelf, answer: Answer) -> Released:
    """The rows behind an earlier answer, from memory or read once more."""
    if answer.filter not in shelf.released:
        recipe = _recipe_from(json.loads(answer.filter))
        assert recipe.where.tally is not None
        rows = Asked(shelf, recipe.where, recipe.where.tally).again(recipe)
        remember(shelf, answer.filter, rows, recipe)
    found: Released = shelf.released[answer.filter][0]
    return found


def _completes(shelf: Shelf, released: Released, before: Sequence[Released]) -> int | None:
    """The floor that an answer would fall under with these earlier ones; None for none."""
    universe = universe_of(shelf)
    sales, returns, people = released.sales(), [*released.returns], [*released.people]
    for one in before:
        sales += one.sales(cells=len(sales) + len(one.cells) < WIDE)
        returns += one.returns[: WIDE - len(returns)]
        people += one.people[: WIDE - len(people)]
    if isolates(sales, universe.person, shelf.sales_floor):
        return shelf.sales_floor
    if released.returns and isolates(returns, universe.person, shelf.sales_floor):
        return shelf.sales_floor
    if released.people and isolates(people, universe.everybody, shelf.floor):
        return shelf.floor
    return None


def _completed(
    shelf: Shelf,
    released: Released,
    days: tuple[date, date],
    before: Sequence[tuple[Answer, Released]],
) -> Answer:
    """The earlier answer that is completed: one of the same days that is enough alone, else any
    that is, else the oldest of those that are needed."""
    alone = [one for one, rows in before if _completes(shelf, released, [rows])]
    if alone:
        return next((one for one in alone if (one.since, one.until) == days), alone[0])
    low, high = 0, len(before) - 1
    while low < high:
        middle = (low + high) // 2
        if _completes(shelf, released, [rows for _one, rows in before[: middle + 1]]):
            high = middle
        else:
            low = middle + 1
    return before[low][0]


def _refused(found: Findings, earlier: Answer, floor: int) -> Findings:
    told = Findings(found.kind, found.source, found.as_of)
    told.add(FEW, "under", floor, unit="customers")
    told.refuse(
        Words(
            "Together with my answer on {what} from {since} to {until}, this would tell what "
            "under {n} customers did, so I don't tell it.",
            what=NAMES.get(earlier.measure, SALES),
            since=earlier.since,
            until=earlier.until,
            n=floor,
        )
    )
    return told


def _answer(recipe: Recipe) -> Answer:
    where = recipe.where
    assert where.since is not None
    assert where.until is not None
    assert where.tally is not None
    told = {**asdict(recipe), "where": where_told(where)}
    filter_ = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return Answer(where.since, where.until, where.tally.measure, filter_)


def _recipe_from(told: dict[str, Any]) -> Recipe:
    return Recipe(**{**told, "where": where_from(told["where"])})


def where_told(where: Where) -> dict[str, Any]:
    """What is asked about as plain values, without what is not asked."""
    told: dict[str, Any] = {}
    for one in fields(where):
        value = getattr(where, one.name)
        if isinstance(value, Tally):
            told[one.name] = value.model_dump(mode="json", exclude_defaults=True)
        elif isinstance(value, date):
            told[one.name] = value.isoformat()
        elif one.name == "against" and value:
            told[one.name] = [day.isoformat() for day in value]
        elif value is not None:
            told[one.name] = value
    return told


def where_from(told: dict[str, Any]) -> Where:
    """The reverse of `where_told`."""
    values = dict(told)
    for name in ("since", "until"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    if against := values.get("against"):
        values["against"] = (date.fromisoformat(against[0]), date.fromisoformat(against[1]))
    values["tally"] = Tally.model_validate(values.get("tally", {}))
    return Where(**values)
