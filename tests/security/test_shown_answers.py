"""Only what a piece shows of its look-ups is held against later ones, and nothing leaks by it."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.llm.turn import ToolUse
from bot.agent.tool import FoundThings, ToolRunner, load_tools
from bot.agent.tools.query_metrics import Params, build_query
from bot.core.fact_book import FactBook, list_told
from bot.core.facts import CALCULATED, Fact, FactId, Source
from bot.core.metric_query import MetricQuery, QueryError
from bot.data.metrics.answer_log import SalesAnswer
from bot.data.metrics.query.answer_facts import build_result
from bot.data.metrics.query.execution import answer_query
from bot.data.metrics.query.guard import guard_answer
from bot.data.warehouse.warehouse import Warehouse
from bot.db.session import Database
from bot.privacy import Pseudonymizer
from tests.security.attacker import derived
from tests.security.planted_shop import PLANTED, PlantedShop, planted_shop
from tests.security.test_metric_differences import (
    BY_COUNTRY,
    Step,
    attacks,
    follow,
    late_by_country,
    log_of,
    shown_sets,
)
from tests.support.metric_queries import NEUTRAL, condition, tool_deps, where, workspace_data
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small

pytestmark = pytest.mark.timeout(300)
TOTAL: Step = {}
WITHOUT: Step = {"filters": [[where("region", "is_not", "Brest")]]}


class Cards:
    """The cards of one person: what each looks up, and what it shows."""

    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self.log, self.data = log_of(database), workspace_data(warehouse, log_of(database))

    async def look_up(self, piece: str, *steps: Step) -> list[list[str] | None]:
        """The ids of the facts of each look-up; None where it is refused."""
        found = FoundThings(FactBook())
        runner = ToolRunner(
            [load_tools()["query_metrics"]],
            replace(tool_deps(self.data), piece=piece),
            Pseudonymizer(),
            found,
        )
        told: list[list[str] | None] = []
        for number, step in enumerate(steps):
            known = len(found.book.facts)
            use = ToolUse(id=f"{piece}-{number}", name="query_metrics", arguments=_complete(step))
            (reply,) = await runner.run([use], 1)
            told.append(None if reply.is_error else [f.id for f in found.book.facts[known:]])
        return told

    async def show(self, piece: str, *steps: Step) -> list[list[str] | None]:
        told = await self.look_up(piece, *steps)
        self.log.settle(piece, [id for ids in told for id in ids or ()])
        return told


def _complete(step: Step) -> dict[str, Any]:
    return {**NEUTRAL, "dataset": "orders", "measures": ["revenue"], **step}


@pytest.fixture
def cards(sqlite: Database) -> Cards:
    return Cards(sqlite, planted_shop(4, 3).shelf)


async def test_what_a_card_does_not_show_is_forgotten(cards: Cards) -> None:
    assert await cards.look_up("t1.0", TOTAL) != [None]
    cards.log.settle("t1.0", [])
    assert await cards.show("t2.0", WITHOUT) != [None]
    assert await cards.show("t3.0", TOTAL) == [None]


async def test_what_a_card_shows_is_held_against_later_ones(cards: Cards) -> None:
    (told,) = await cards.show("t1.0", TOTAL)
    assert told
    assert await cards.show("t2.0", WITHOUT) == [None]


async def test_what_may_be_shown_yet_counts(cards: Cards) -> None:
    assert await cards.look_up("t1.0", TOTAL, WITHOUT) != [None, None]
    assert await cards.show("t2.0", WITHOUT) == [None]
    cards.log.settle("t1.0", None)
    assert await cards.show("t3.0", WITHOUT) == [None]


async def test_answer_that_another_card_forgets_stays_told(cards: Cards) -> None:
    await cards.look_up("t1.0", TOTAL)
    assert await cards.show("t2.0", TOTAL) != [None]
    cards.log.settle("t1.0", [])
    assert await cards.show("t3.0", WITHOUT) == [None]


async def test_call_that_runs_again_after_a_crash_counts_once(
    cards: Cards, sqlite: Database
) -> None:
    for _ in range(2):
        (told,) = await cards.look_up("t1.0", TOTAL)
    with sqlite.begin() as session:
        assert session.query(SalesAnswer).count() == 1
    cards.log.settle("t1.0", told)
    assert await cards.show("t2.0", WITHOUT) == [None]


async def test_figures_that_the_model_never_got_are_forgotten(
    cards: Cards, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr("bot.data.metrics.query.answer_facts.build_result", fail)
        assert await cards.show("t1.0", TOTAL) == [None]
    with sqlite.begin() as session:
        assert session.query(SalesAnswer).count() == 0
    assert await cards.show("t2.0", WITHOUT) != [None]


async def test_what_a_task_looked_up_that_failed_is_forgotten(
    cards: Cards, sqlite: Database
) -> None:
    await cards.look_up("t1.0", TOTAL)
    await cards.show("t1.1", {"measures": ["orders"]})
    with sqlite.begin() as session:
        SalesAnswer.forget(session, "T1", "t1")
        assert {row.measure for row in session.query(SalesAnswer)} == {"orders"}


def _fact(kind: str, measure: str, query: str | None = None) -> Fact:
    return Fact(
        id=str(FactId(kind, "all", measure)),
        label=measure,
        value=Decimal(1),
        source=Source("orders.csv"),
        as_of=TODAY,
        query=query,
    )


def test_what_a_figure_was_calculated_from_is_told_with_it() -> None:
    revenue, orders = _fact("orders", "revenue"), _fact("orders", "orders")
    mean = _fact(CALCULATED, "ratio", f"ratio({revenue.id}, {orders.id})")
    more = _fact(CALCULATED, "plus", f"plus_percent({mean.id})")
    known = (revenue, orders, mean, more, _fact("orders", "units"))
    assert list_told([more.id], known) == {one.id for one in (revenue, orders, mean, more)}


@pytest.mark.parametrize("column", ["region", "device"])
def test_several_cards_together_tell_nothing_about_a_few_people(
    sqlite: Database, column: str
) -> None:
    """Each card looks up all steps of the attack and shows one."""
    planted = planted_shop(4, 3)
    rows = {n for n, row in enumerate(planted.orders) if row.get(column) == PLANTED[column]}
    series = [*attacks(column, PLANTED[column])][:6]  # those on sums over rows
    for number, steps in enumerate(series):
        sets = _attack(sqlite, planted, column, f"U{number}", steps)
        assert sets
        assert not derived(rows, sets), steps


def _attack(
    database: Database, planted: PlantedShop, column: str, person: str, steps: tuple[Step, ...]
) -> list[frozenset[int]]:
    """The rows behind each figure that the cards of a person show."""
    sets = list[frozenset[int]]()
    for number in range(len(steps)):
        piece = f"{person}.{number}"
        for at in [number, *set(range(len(steps))) - {number}]:
            log = log_of(database).during(piece, str(at))
            query = build_query(Params.model_validate(_complete(steps[at])))
            try:
                answer = answer_query(planted.shelf, query, see_people=False)
                answer = guard_answer(planted.shelf, answer, log, person)
            except QueryError:
                continue
            log.name_facts([str(at)])
            if at == number:
                sets += shown_sets(planted, answer)
        log_of(database).settle(piece, [str(number)])
    return sets


def test_counts_that_were_told_of_other_days_close_no_other_question(sqlite: Database) -> None:
    """Late orders up to two days, which a few lie between, and then those of one country."""
    warehouse, log = late_by_country(FR=32, BE=30, NL=10), log_of(sqlite)
    counted = {**BY_COUNTRY, "measures": ("late_orders",)}
    revenue = {**BY_COUNTRY, "measures": ("revenue",), "dimensions": ()}
    of_one = {**counted, "dimensions": ()}
    of_one["filters"] = [[condition("country", "is", "NL")]]
    queries = [{**counted, "until": date(2026, 11, 18)}, counted, revenue, of_one]
    told = [*follow(warehouse, log, "UMARIE", queries)]
    assert len(told) == 4
    assert all(told)
    assert told[3]
    assert told[3].get_value("now", (), "late_orders") == 10


def test_named_groups_keep_their_earlier_days_before_their_total_does(sqlite: Database) -> None:
    warehouse, log = sample(), log_of(sqlite)
    named = [[condition("country", "in", "FR", "GB")]]
    before = {"dataset": "orders", "measures": ("revenue",), "until": date(2026, 10, 31)}
    of_one = {**before, "since": date(2026, 10, 1), "filters": [[condition("country", "is", "GB")]]}
    compared = {
        **before,
        "dimensions": ("country",),
        "filters": named,
        "comparison": "dates",
        "since": date(2026, 11, 1),
        "until": date(2026, 11, 24),
        "compare_since": date(2026, 10, 1),
        "compare_until": date(2026, 10, 29),
    }
    _, answer = follow(warehouse, log, "UMARIE", [of_one, compared])
    assert answer
    told = {one: answer.get_value("before", one, "revenue") for one in (("FR",), ("GB",), ())}
    assert told[("GB",)] is None
    assert told[("FR",)] is not None
    assert told[()] is None


def test_count_of_too_few_is_told_by_the_floor() -> None:
    asked = {**BY_COUNTRY, "dimensions": (), "filters": [[condition("country", "is", "GB")]]}
    told: dict[int, list[str]] = {}
    for late in (2, 40):
        warehouse = late_by_country(FR=12, GB=late)
        answer = answer_query(warehouse, MetricQuery.model_validate(asked), see_people=False)
        told[late] = [
            f"{one.about}: {one.value}" for one in build_result(warehouse, answer, "fr").bounds
        ]
    assert told == {2: ["commandes en retard · Royaume-Uni: moins de 5"], 40: []}


def test_group_that_was_too_small_before_keeps_its_place_now() -> None:
    """Ten customers bought it in November, and two in October."""
    row = {"amount": 10, "country": "FR"}
    bought = {"vase": (20, 20), "lamp": (30, 2), "rug": (8, 20)}
    orders = [
        {**row, "order": f"{product}{month}{n}", "customer": f"{product}{n}", "product": product}
        | {"at": datetime(2026, month, 1 + n % 24, 12)}
        for product, (now, before) in bought.items()
        for month, many in ((11, now), (10, before))
        for n in range(many)
    ]
    warehouse = small(date(2026, 11, 25), None, orders=orders)
    asked = {
        "dataset": "orders",
        "measures": ("revenue",),
        "dimensions": ("product",),
        "since": date(2026, 11, 1),
        "until": date(2026, 11, 24),
        "order": "highest",
        "comparison": "dates",
        "compare_since": date(2026, 10, 1),
        "compare_until": date(2026, 10, 24),
    }
    answer = answer_query(warehouse, MetricQuery.model_validate(asked), see_people=False)
    assert answer.recipe.list_groups()[:2] == [("lamp",), ("vase",)]
    assert answer.get_value("now", ("lamp",), "revenue") == 300
    assert answer.get_value("before", ("lamp",), "revenue") is None
    hidden = [one for one in bought if answer.get_value("before", (one,), "revenue") is None]
    assert len(hidden) == 2 or answer.get_value("before", (), "revenue") is None


async def test_what_another_tool_makes_of_look_ups_stays_told_with_it(sqlite: Database) -> None:
    """The split of a change is of other facts than the look-ups that it comes from."""
    days = {"since": "2026-10-27", "until": "2026-11-24"}
    before = {"compare_since": "2026-09-28", "compare_until": "2026-10-26"}
    params = {**days, **before, "country": "none", "device": "none"}
    data, found = workspace_data(sample(), log_of(sqlite)), FoundThings(FactBook())
    deps = replace(tool_deps(data), piece="t1.0")
    runner = ToolRunner([load_tools()["split_revenue"]], deps, Pseudonymizer(), found)
    (reply,) = await runner.run([ToolUse(id="c1", name="split_revenue", arguments=params)], 1)
    assert not reply.is_error
    with sqlite.begin() as session:
        many = session.query(SalesAnswer).count()
    log_of(sqlite).settle("t1.0", [found.book.facts[-1].id])
    with sqlite.begin() as session:
        assert session.query(SalesAnswer).count() == many > 0
