"""No figure of a few people can be read from answers of `query_metrics`, nor computed from several
of them to one person."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from bot.agent.llm.turn import ToolUse
from bot.agent.tool import FoundThings, ToolDeps, ToolError, ToolResult, ToolRunner, load_tools
from bot.agent.tools.query_metrics import Params, build_query
from bot.core.fact_book import FactBook
from bot.core.metric_query import MetricCondition, MetricQuery, QueryError
from bot.core.withheld import Reason
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics import best_sellers
from bot.data.metrics.answer_log import DatabaseAnswerLog, SalesAnswer, SalesAnswerRecord
from bot.data.metrics.query.answer_facts import build_result
from bot.data.metrics.query.describe import list_limits
from bot.data.metrics.query.earlier_answers import digest_state
from bot.data.metrics.query.execution import answer_query
from bot.data.metrics.query.guard import guard_answer
from bot.data.metrics.query.harmless import differs_harmlessly
from bot.data.metrics.query.metric_answer import MetricAnswer, collect_released
from bot.data.metrics.query.withheld import WithheldFigures
from bot.data.warehouse.warehouse import Warehouse
from bot.db.session import Database
from bot.privacy import Pseudonymizer
from tests.conftest import NOW
from tests.security.attacker import derived
from tests.security.ordinary_questions import sessions
from tests.security.planted_shop import PLANTED, PlantedShop, planted_shop
from tests.security.small_shops import BIG, Plant, shop
from tests.security.test_differences import ask as ask_in_words
from tests.security.test_differences import tells_figure as is_answered
from tests.support.metric_queries import (
    NEUTRAL,
    condition,
    mixed_shop,
    query_tool,
    tool_deps,
    where,
    workspace_data,
)
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import call_tool

pytestmark = pytest.mark.timeout(300)
COLUMNS = ("region", "source", "code", "device", "product")
Step = dict[str, Any]


def log_of(database: Database) -> DatabaseAnswerLog:
    return DatabaseAnswerLog(database, "T1", lambda: NOW)


def deps_of(database: Database, warehouse: Warehouse, person: str = "UMARIE") -> ToolDeps:
    return tool_deps(workspace_data(warehouse, log_of(database)), person=person)


async def attempt(deps: ToolDeps, **params: Any) -> ToolResult | None:
    """The result, or None where it is refused."""
    try:
        return await query_tool(deps, **{"dataset": "orders", "measures": ["revenue"], **params})
    except ToolError:
        return None


def attacks(column: str, name: str) -> Iterator[tuple[Step, ...]]:
    """Series of calls that together would tell what the customers named so bought."""
    without = {"filters": [[where(column, "is_not", name)]]}
    everything: Step = {}
    yield (everything, without)
    yield (without, everything)
    yield ({"measures": ["orders"]}, {"measures": ["average_order"], **without})
    yield ({"measures": ["units_per_order"], "dimensions": ["month"]}, without)
    yield (without, {"dimensions": ["weekday"]})
    yield ({"dimensions": [column], "limit": 50}, without)
    yield ({"measures": ["revenue_share"], "dimensions": [column]}, everything, without)
    yield ({"measures": ["customers"]}, {"measures": ["customers"], **without})
    both = [where(column, "is_not", name), where(column, "is", name)]
    yield ({"filters": [both]}, without)
    often = [where("selected_orders", "at_least", "1")]
    yield (everything, {"filters": [*without["filters"], often]})
    yield ({"measures": ["net_revenue"]}, {"measures": ["net_revenue"], **without})
    yield ({"measures": ["discounted_share"]}, {"measures": ["orders"], **without})
    yield ({"measures": ["code_share"]}, {"measures": ["orders"], **without})
    yield ({"dimensions": ["discounted"]}, {"dimensions": ["nth_order"]}, without)
    seconds = {"measures": ["mean_days_to_second_order"]}
    yield (
        {"measures": ["customers"]},
        {**seconds, **without},
        {"measures": ["customers"], **without},
    )
    if column == "product":
        never = {"filters": [[where("customer_bought", "is_not", name)]]}
        buyers = {"filters": [[where("customer_spent", "at_least", "0")]]}
        yield (buyers, never)
        yield ({"measures": ["customers"]}, {"measures": ["customers"], **never})


def hold(database: Database, planted: PlantedShop, column: str, nth: int, step: int) -> None:
    """The sums over rows, and the counts of people, that a series of calls tells do not give those
    of the planted group."""
    warehouse, log = planted.shelf, log_of(database)
    rows = {n for n, row in enumerate(planted.orders) if row.get(column) == PLANTED[column]}
    if column == "product":
        rows = {n for n, row in enumerate(planted.orders) if row["product"] == "clavecin"}
    people = {n for n, row in enumerate(planted.orders) if n in rows and row["customer"]}
    for number, steps in list(enumerate(attacks(column, PLANTED[column])))[nth::step]:
        sets: dict[bool, list[frozenset[int]]] = {True: [], False: []}
        for n, one in enumerate(steps):
            params = {**NEUTRAL, "dataset": "orders", "measures": ["revenue"], **one}
            query = build_query(Params.model_validate(params))
            try:
                answer = answer_query(warehouse, query, see_people=False)
                answer = guard_answer(warehouse, answer, log, f"U{column}{number}")
            except QueryError:
                assert n, steps  # the first call of a series is harmless
                continue
            counts_people = query.measures == ("customers",)
            sets[counts_people] += shown_sets(planted, answer)
        assert any(sets.values()), steps
        assert not derived(rows, sets[False]), steps
        assert not derived(_customers(planted, people), _as_people(planted, sets[True])), steps


def _customers(planted: PlantedShop, rows: Iterable[int]) -> set[int]:
    """The customers of these rows, as numbers."""
    return {hash(planted.orders[n]["customer"]) for n in rows}


def _as_people(planted: PlantedShop, sets: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    return [frozenset(_customers(planted, one)) for one in sets]


async def test_audiences_that_differ_by_few_people_do_not_both_tell_what_they_spent(
    sqlite: Database,
) -> None:
    row = {"at": datetime(2026, 10, 1, 12), "amount": 10, "country": "FR"}
    orders = [
        {**row, "order": f"o{n}", "customer": f"c{n}", "category": "Vase"} for n in range(150)
    ]
    orders += [{**row, "order": f"p{n}", "customer": f"c{n}", "category": "Rug"} for n in range(3)]
    deps = deps_of(sqlite, small(orders=orders))

    async def tell_spent(**given: Any) -> list[Any]:
        result = await call_tool("audience", {"countries": ["FR"], **given}, deps)
        return [one.value for one in result.facts if one.parts.measure == "spent"]

    assert await tell_spent() == [1530]
    assert not await tell_spent(not_bought_categories=["Rug"])
    assert await tell_spent() == [1530]  # the same again
    others = [where("customer_bought", "is_not", "Rug")]
    assert await attempt(deps, filters=[others]) is None


@pytest.mark.parametrize(("column", "nth"), [("region", 0), ("code", 1), ("product", 2)])
def test_calls_that_differ_by_few_people_are_not_all_answered(
    sqlite: Database, column: str, nth: int
) -> None:
    hold(sqlite, planted_shop(2, 3, customers=120), column, nth, 3)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("column", COLUMNS)
def test_calls_that_differ_by_few_people_are_not_all_answered_in_random_shops(
    sqlite: Database, size: int, column: str
) -> None:
    hold(sqlite, planted_shop(60 + size, size), column, 0, 1)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(
    "measure",
    [
        "revenue",
        "orders",
        "units",
        "customers",
        "average_order",
        "median_order",
        "return_rate",
        "new_customers",
        "repeat_rate",
        "top_10_percent_share",
        "net_revenue",
        "discounts",
        "discounted_orders",
        "discounted_share",
        "code_share",
        "reordered_30_days",
        "reorder_rate_30_days",
        "median_days_to_second_order",
        "mean_days_to_second_order",
        "median_days_since_last_order",
    ],
)
@pytest.mark.sample(4)  # has each column and each measure
async def test_no_measure_of_a_few_people_is_told(
    sqlite: Database, column: str, measure: str
) -> None:
    planted = planted_shop(5, 3, customers=150)
    deps = deps_of(sqlite, planted.shelf)
    filters = [[where(column, "is", PLANTED[column])]]
    assert await attempt(deps, measures=[measure], filters=filters) is None
    grouped = await attempt(deps, measures=[measure], dimensions=[column], limit=50)
    assert grouped is not None
    assert PLANTED[column].lower() not in {fact.about.lower() for fact in grouped.facts}


# An attacker who asks at random, and knows which rows each figure sums up.


def random_query(dice: random.Random) -> MetricQuery:
    values: dict[str, list[str]] = {
        "region": ["Nantes", "Rennes", "Lille", "Bordeaux", "Brest"],
        "source": ["newsletter", "google", "direct", "podcast"],
        "device": ["mobile", "desktop", "console"],
        "code": ["AUTOMNE", "VELOURS"],
        "product": ["bougie", "vase", "plaid", "lampe", "clavecin"],
        "payment_method": ["card", "wallet"],
        "discounted": ["yes", "no"],
    }
    filters = []
    for column in dice.sample(list(values), dice.choice((0, 1, 1, 2))):
        operator = dice.choice(("is", "is_not", "is_not"))
        some = dice.sample(values[column], dice.randint(1, min(2, len(values[column]) - 1)))
        filters.append([condition(column, operator, *some)])
    if dice.random() < 0.25:
        filters.append([condition("selected_orders", "at_least", dice.choice("123"))])
    by = [name for name in values if name != "discounted"]
    dimensions = dice.choice(([], [], [dice.choice(by)], ["region", "device"]))
    last = TODAY - timedelta(days=1)
    since = last - timedelta(days=dice.choice((30, 60, 100)))
    return MetricQuery.model_validate(
        {
            "dataset": "orders",
            "measures": [dice.choice(("revenue", "orders", "units"))],
            "dimensions": dimensions,
            "filters": filters,
            "since": since,
            "limit": 50,
        }
    )


def shown_sets(planted: PlantedShop, answer: MetricAnswer) -> Iterator[frozenset[int]]:
    """The rows that each shown figure sums up, found in the rows themselves."""
    query = answer.query
    assert query.since is not None
    assert query.until is not None

    def holds(row: dict[str, Any], one: MetricCondition) -> bool:
        if one.field == "customer_spent":
            return True  # "at least 0": everybody known
        if one.field == "customer_bought":
            bought = {r["product"] for r in planted.orders if r["customer"] == row["customer"]}
            return bought.isdisjoint(one.values) == (one.operator == "is_not")
        if one.field == "selected_orders":
            return True  # see below
        if one.field == "discounted":
            is_reduced = "yes" if row["discount"] > 0 else "no"
            return (is_reduced in one.values) != (one.operator == "is_not")
        return (row.get(one.field) in one.values) != (one.operator == "is_not")

    def fits(row: dict[str, Any]) -> bool:
        if not query.since <= row["at"].date() <= query.until:
            return False
        return all(any(holds(row, one) for one in group) for group in query.filters)

    def value(row: dict[str, Any], dimension: str) -> str | None:
        if dimension == "month":
            return str(row["at"].date().replace(day=1))
        if dimension == "weekday":
            return str(row["at"].weekday())
        found: str | None = row.get(dimension)
        return found

    rows = {n for n, row in enumerate(planted.orders) if fits(row)}
    for condition_ in query.selected_conditions:
        orders = Counter(planted.orders[n]["customer"] for n in rows)  # of one line each
        least = int(float(condition_.values[0]))
        rows = {n for n in rows if orders[planted.orders[n]["customer"]] >= least}
    for one in answer.recipe.shown:
        if one.is_remainder:
            continue
        members = one.members or (one.group,)
        yield frozenset(
            n
            for n in rows
            if any(
                all(
                    value(planted.orders[n], name) == wanted
                    for name, wanted in zip(query.dimensions, group, strict=False)
                )
                for group in members
            )
        )


def attack_at_random(database: Database, seed: int, size: int, queries: int) -> tuple[int, int]:
    planted, dice = planted_shop(seed, size, customers=90), random.Random(seed)
    warehouse, log = planted.shelf, log_of(database)
    sets: list[frozenset[int]] = []
    answered = refused = 0
    for _ in range(queries):
        query = random_query(dice)
        try:
            answer = answer_query(warehouse, query, see_people=False)
            answer = guard_answer(warehouse, answer, log, f"U{seed}")
        except QueryError:
            refused += 1
            continue
        answered += 1
        sets += shown_sets(planted, answer)
        people: dict[str, set[int]] = {}
        for n, row in enumerate(planted.orders):
            people.setdefault(row["customer"], set()).add(n)
        for column, value in PLANTED.items():
            group = {n for n, row in enumerate(planted.orders) if row.get(column) == value}
            assert not derived(group, sets), (seed, query, column)
        for who in dice.sample(sorted(people), 12):
            assert not derived(people[who], sets), (seed, query, who)
    return answered, refused


def test_random_queries_tell_nothing_about_a_few_people(sqlite: Database) -> None:
    answered, _refused = attack_at_random(sqlite, 7, 3, 14)
    assert answered >= 3


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20, 32))
def test_long_series_of_random_queries_tell_nothing_about_a_few_people(
    sqlite: Database, seed: int
) -> None:
    answered, refused = attack_at_random(sqlite, seed, 1 + seed % 4, 40)
    assert answered >= 5
    assert refused


# The log, and the other way of asking.


async def test_answer_in_words_is_held_against_a_call(sqlite: Database) -> None:
    planted = planted_shop(3, 3)
    data = workspace_data(planted.shelf, log_of(sqlite))
    assert is_answered(await ask_in_words(data, "how much did we sell?"))
    days = {"since": (TODAY - timedelta(days=90)).isoformat()}
    deps = tool_deps(data)
    with pytest.raises(ToolError, match="Together with the answer on"):
        await query_tool(
            deps,
            dataset="orders",
            measures=["revenue"],
            filters=[[where("region", "is_not", "Brest")]],
            **days,
        )


async def test_call_is_held_against_a_later_answer_in_words(sqlite: Database) -> None:
    planted = planted_shop(3, 3)
    data = workspace_data(planted.shelf, log_of(sqlite))
    days = {"since": (TODAY - timedelta(days=90)).isoformat()}
    filters = [[where("region", "is_not", "Brest")]]
    assert await attempt(tool_deps(data), filters=filters, **days)
    assert not is_answered(await ask_in_words(data, "how much did we sell?"))


async def test_refusals_are_counted_and_survive_a_restart(sqlite: Database) -> None:
    planted = planted_shop(4, 3)
    filters = [[where("region", "is_not", "Brest")]]
    assert await attempt(deps_of(sqlite, planted.shelf))
    assert await attempt(deps_of(sqlite, planted.shelf), filters=filters) is None
    assert log_of(sqlite).refused(NOW - timedelta(days=1)) >= 1


async def test_other_people_and_other_states_of_the_data_are_apart(sqlite: Database) -> None:
    planted = planted_shop(4, 3)
    filters = [[where("region", "is_not", "Brest")]]
    warehouse = planted.shelf
    assert await attempt(deps_of(sqlite, warehouse))
    assert await attempt(deps_of(sqlite, warehouse, "UPAUL"), filters=filters)
    planted.orders.pop(0)
    assert await attempt(deps_of(sqlite, planted.shelf), filters=filters)


async def test_calls_on_visits_leave_the_answers_on_orders_in_the_log(sqlite: Database) -> None:
    planted = shop(Plant("region", 3))
    deps = deps_of(sqlite, planted.shelf)
    assert await attempt(deps)
    assert await attempt(deps, dataset="visits", measures=["visits"])
    given = log_of(sqlite)
    with sqlite.begin() as session:
        states = {row.state for row in session.query(SalesAnswer)}
    assert len(states) == 2
    assert given.refused(NOW - timedelta(days=1)) == 0
    filters = [[where("region", "is_not", "planted")]]
    assert await attempt(deps, filters=filters) is None


async def test_answer_of_an_earlier_version_is_not_combined_with_a_new_one(
    sqlite: Database,
) -> None:
    """Its rows can't be read any more, so nothing is told until the data change."""
    planted = planted_shop(4, 3)
    old = SalesAnswerRecord(TODAY, TODAY, "revenue", '{"where": {"region": "Nantes"}}')
    query = MetricQuery(dataset="orders", measures=("revenue",))
    log_of(sqlite).record("UMARIE", digest_state(planted.shelf, query), old)
    for _ in range(2):
        assert await attempt(deps_of(sqlite, planted.shelf)) is None
    assert await attempt(deps_of(sqlite, planted.shelf, "UPAUL"))
    planted.orders.pop(0)
    assert await attempt(deps_of(sqlite, planted.shelf))


async def test_total_of_best_sellers_is_held_against_earlier_answers(sqlite: Database) -> None:
    planted = planted_shop(4, 3)
    deps = deps_of(sqlite, planted.shelf)
    assert await attempt(deps)
    found = best_sellers.find(planted.shelf, AnalysisFilter())
    told = [
        deps.data.guard_sales("sellers", found, AnalysisFilter(device=device), "UMARIE")
        for device in ("mobile", "desktop")  # all but those of the planted people
    ]
    assert [one.facts for one in told] == [found.facts, []]
    assert [one.limits == found.limits for one in told] == [True, False]
    assert ["told before" in one.text for one in told[1].limits] == [True]
    assert await attempt(deps, filters=[[where("device", "is", "desktop")]]) is None


async def test_the_same_call_again_is_answered(sqlite: Database) -> None:
    deps = deps_of(sqlite, planted_shop(4, 3).shelf)
    for _ in range(3):
        assert await attempt(deps, measures=["revenue", "orders"], dimensions=["month"])


@pytest.mark.parametrize("people", [2, 15])
async def test_visits_of_a_few_people_are_not_told(sqlite: Database, people: int) -> None:
    planted = shop(Plant("device", people))
    deps = deps_of(sqlite, planted.shelf)
    call = {"dataset": "visits", "measures": ["visits", "conversion"]}
    grouped = await attempt(deps, **call, dimensions=["device"])
    assert grouped is not None
    assert "planted" not in {fact.about for fact in grouped.facts}
    filters = [[where("device", "is_not", "planted")]]
    total = [fact for fact in grouped.facts if not fact.about]
    assert total
    assert await attempt(deps, **call, filters=filters) is None


async def test_mailing_to_a_few_people_is_not_told(sqlite: Database) -> None:
    planted = shop(Plant("country", 3))
    deps = deps_of(sqlite, planted.shelf)
    call = {"dataset": "campaigns", "measures": ["sent", "opened", "campaign_orders"]}
    grouped = await attempt(deps, **call, dimensions=["code"], limit=40)
    assert grouped is not None
    assert "planted" not in {fact.about for fact in grouped.facts}
    assert await attempt(deps, **call, filters=[[where("code", "is", "planted")]]) is None
    assert await attempt(deps, **call, filters=[[where("code", "is_not", "planted")]]) is None


async def test_reviews_of_a_few_people_are_not_told(sqlite: Database) -> None:
    planted = shop(Plant("region", 3))
    deps = deps_of(sqlite, planted.shelf)
    call = {"dataset": "feedback", "measures": ["rating", "reviews"]}
    grouped = await attempt(deps, **call, dimensions=["region"])
    assert grouped is not None
    assert "planted" not in {fact.about for fact in grouped.facts}
    assert await attempt(deps, **call, filters=[[where("region", "is", "planted")]]) is None


async def test_model_gets_no_single_customers_figure_whatever_the_asker_may(
    sqlite: Database,
) -> None:
    data = workspace_data(planted_shop(4, 3).shelf, log_of(sqlite))
    call: Step = {"dataset": "orders", "measures": ["largest_order"]}
    for deps in (
        tool_deps(data, private=False, rights=("see_people",)),
        tool_deps(data, private=True),
        tool_deps(data, private=True, rights=("see_people",)),
    ):
        with pytest.raises(ToolError, match="single customer"):
            await query_tool(deps, **call)


NAMED: dict[str, Any] = {
    "dataset": "orders",
    "measures": ["revenue"],
    "dimensions": ["region"],
    "filters": [[condition("region", "is", "planted", BIG)]],
}


def test_large_group_beside_a_small_rest_is_not_shown() -> None:
    """The total less the large one would be the small one. A share needs the total."""
    planted = shop(Plant("region", 3, "nested"))
    query = MetricQuery.model_validate({**NAMED, "measures": ["revenue", "revenue_share"]})
    answer = answer_query(planted.shelf, query, see_people=False)
    assert answer.get_value("now", (), "revenue")
    assert [group for group in answer.recipe.list_groups() if group != ("others",)] == []


def test_named_group_is_shown_in_place_of_the_total_with_a_small_one(sqlite: Database) -> None:
    warehouse, log = shop(Plant("region", 3, "nested")).shelf, log_of(sqlite)
    total = {**NAMED, "dimensions": []}
    by_region, whole = follow(warehouse, log, "UMARIE", [NAMED, total])
    assert by_region
    told = [by_region.get_value("now", group, "revenue") for group in ((), (BIG,), ("planted",))]
    assert [one is not None for one in told] == [False, True, False]
    assert whole is None  # less the large group, it would be the small one
    whole, by_region = follow(warehouse, log, "UPAUL", [total, NAMED])
    assert whole
    assert by_region is None


def test_total_of_named_groups_is_told_again(sqlite: Database) -> None:
    """Beside an earlier answer that tells it, the large groups but one are shown."""
    rows = [single_order(100 * region + n, f"r{region}") for region in range(3) for n in range(30)][
        :63
    ]
    warehouse, log = small(orders=rows), log_of(sqlite)
    named = {**NAMED, "filters": [[condition("region", "is", "r0", "r1", "r2")]]}
    _, answer = follow(warehouse, log, "UMARIE", [{**named, "dimensions": []}, named])
    assert answer
    told = [answer.get_value("now", group, "revenue") for group in ((), ("r0",), ("r1",), ("r2",))]
    assert [one is not None for one in told].count(True) == 2
    assert told[0] == 63 * 50
    assert told[3] is None


def test_others_give_no_hidden_figure_away() -> None:
    """Three of Nantes were paid back: the total less all that is shown must not be theirs."""
    rows: list[dict[str, Any]] = []
    for region, people, paid_back in (
        ("Nantes", 60, 3),
        ("Rennes", 60, 30),
        ("Lille", 60, 30),
        ("Brest", 4, 4),
        ("Quimper", 4, 4),
    ):
        for n in range(people):
            row = single_order(len(rows), region)
            rows.append(row | {"refunded": Decimal(20 if n < paid_back else 0)})
    warehouse = small(orders=rows)
    query = {"dataset": "orders", "dimensions": ("region",), "comparison": "none"}
    for measure in ("revenue", "refunded"):
        asked = MetricQuery.model_validate({**query, "measures": (measure,)})
        answer = answer_query(warehouse, asked, see_people=False)
        *shown, others = answer.recipe.list_groups()
        assert others == ("others",)
        figures = [answer.get_value("now", group, measure) for group in shown]
        assert len([one for one in figures if one is not None]) >= 2
        if measure == "refunded":
            left = answer.get_value("now", (), measure) - sum(one or 0 for one in figures)
            assert left == answer.get_value("now", others, measure) == 20 * (3 + 4 + 4)


def late_orders(*late_by_month: int) -> Warehouse:
    """Twenty orders in each month from March 2026 on, of which so many came late."""
    rows: list[dict[str, Any]] = []
    for month, late in enumerate(late_by_month, start=3):
        for n in range(20):
            at = datetime(2026, month, 2 + n, 12)
            delivered = at + timedelta(days=9 if n < late else 1)
            row = single_order(len(rows), "Lille") | {"at": at, "delivered": delivered}
            rows.append(row | {"promised": (at + timedelta(days=3)).date()})
    return small(orders=rows)


def late_by_month(warehouse: Warehouse, **more: Any) -> tuple[MetricAnswer, dict[str, Any]]:
    query = {"dataset": "orders", "measures": ("late_orders",), "dimensions": ("month",), **more}
    answer = answer_query(warehouse, MetricQuery.model_validate(query), see_people=False)
    answer = guard_answer(warehouse, answer, None, "")
    names = {
        group: " + ".join(str(one[0])[5:7] for one in answer.recipe.members.get(group, (group,)))
        for group in answer.recipe.list_groups()
    }
    told = {names[one]: answer.get_value("now", one, "late_orders") for one in names}
    return answer, {name: figure for name, figure in told.items() if figure is not None}


def test_months_of_few_people_are_told_together() -> None:
    _, told = late_by_month(late_orders(0, 0, 1, 2, 2))
    assert told == {"03": 0, "04": 0, "05 + 06 + 07": 5}


def test_months_are_put_together_in_spans_of_enough_people() -> None:
    _, told = late_by_month(late_orders(3, 3, 10, 4, 3, 2))
    assert told == {"05": 10, "03 + 04": 6, "06 + 07 + 08": 9}


def test_month_of_few_people_alone_is_not_told() -> None:
    """With May beside it, which would give it away, it is told; with nothing beside it, not."""
    answer, told = late_by_month(late_orders(9, 2, 8))
    assert told == {"03": 9, "04 + 05": 10}
    assert answer.recipe.members
    _, told = late_by_month(late_orders(0, 2, 0))
    assert set(told) == {"03", "05"}


def test_groups_told_together_give_nobody_away_with_an_earlier_answer(sqlite: Database) -> None:
    """Who knows the months from March to June learns of July from no span with it."""
    warehouse, log = late_orders(6, 7, 6, 2, 4), log_of(sqlite)
    query = {"dataset": "orders", "measures": ("late_orders",), "dimensions": ("month",)}
    days = [{"until": date(2026, 6, 30)}, {}]
    asked = [{**query, **one} for one in days]
    answers = [one for one in follow(warehouse, log, "UMARIE", asked) if one]
    sets = [rows for one in answers for rows in late_sets(one)]
    for month, late in ((6, 2), (7, 4)):
        few = {20 * (month - 3) + n for n in range(late)}
        assert not derived(few, sets), month


def late_by_country(early: Mapping[str, int] | None = None, **late: int) -> Warehouse:
    """Sixty orders of each country, one a customer, of which so many came late, and a last order
    of Italy, by whose day all others are due but those that came so early."""
    rows: list[dict[str, Any]] = []
    for country, many in late.items():
        for n in range(60):
            row = single_order(len(rows), "Lille") | {"country": country}
            delivered = row["at"] + timedelta(days=9 if n < many else 1)
            is_early = n >= 60 - (early or {}).get(country, 0)
            promised = (row["at"] + timedelta(days=99 if is_early else 3)).date()
            rows.append(row | {"delivered": delivered, "promised": promised})
    last = single_order(len(rows), "Lille") | {"country": "IT", "at": datetime(2026, 11, 30, 12)}
    return small(date(2026, 12, 31), None, orders=[*rows, last])


BY_COUNTRY: dict[str, Any] = {
    "until": date(2026, 11, 20),
    "dataset": "orders",
    "measures": ("late_orders", "orders"),
    "dimensions": ("country",),
}

REVENUE_OF_LATE: dict[str, Any] = {
    "measures": ("revenue",),
    "filters": [[condition("late", "is", "yes")]],
}


def test_one_of_two_groups_is_told_in_place_of_the_total() -> None:
    """With the total it would tell the other one, of which a single person had a late order."""
    warehouse = late_by_country(FR=12, GB=1)
    answer = answer_query(warehouse, MetricQuery.model_validate(BY_COUNTRY), see_people=False)
    answer = guard_answer(warehouse, answer, None, "")
    told = [answer.get_value("now", one, "late_orders") for one in ((), ("FR",), ("GB",))]
    assert told == [None, 12, None]
    assert answer.get_value("now", (), "orders") == 120
    (why,) = [
        note
        for note in build_result(warehouse, answer, "en").notes
        if note.startswith("No late_orders for the total")
    ]
    assert "late" in why.split(": ")[1]
    assert "in time" not in why


def test_large_group_keeps_a_figure_that_a_small_one_loses_beside_another() -> None:
    """Three of the United Kingdom came before their promised day, which is not over: their number
    is what came less what is due. France, of which it is twenty, keeps its share."""
    early = {"FR": 20, "GB": 3}
    warehouse = late_by_country(early, FR=10, GB=10)
    asked = {**BY_COUNTRY, "measures": ("mean_delivery_days", "late_share")}
    answer = answer_query(warehouse, MetricQuery.model_validate(asked), see_people=False)
    answer = guard_answer(warehouse, answer, None, "")
    told = {one: answer.get_value("now", (one,), "late_share") for one in early}
    assert told == {"FR": 25, "GB": None}
    assert all(answer.get_value("now", (one,), "mean_delivery_days") for one in early)
    table = build_result(warehouse, answer, "en").exhibits[0].table
    assert table
    assert "not shown (too few)" not in {cell for row in table.rows for cell in row}


def test_smallest_group_is_hidden_for_the_sake_of_a_smaller_one() -> None:
    warehouse = late_by_country(FR=30, DE=20, BE=7, GB=1)
    query = {**BY_COUNTRY, "measures": ("orders", "late_orders")}
    answer = answer_query(warehouse, MetricQuery.model_validate(query), see_people=False)
    told = [answer.get_value("now", (one,), "late_orders") for one in ("FR", "DE", "BE", "GB")]
    assert told == [30, 20, None, None]
    notes = {note for note in build_result(warehouse, answer, "en").notes if "late_orders" in note}
    (alone,) = [note for note in notes if note.startswith("No late_orders for United Kingdom")]
    (beside,) = [note for note in notes if note.startswith("No late_orders for Belgium")]
    assert alone.split(": ")[1] != beside.split(": ")[1]


def test_large_group_of_marked_rows_is_told_beside_a_tiny_one() -> None:
    """Nobody is told of how many orders, so that the tiny country is what is left of them."""
    rows = [
        single_order(n, "Lille")
        | {"country": "FR" if n < 60 else "GB", "returned": n % 3 == 0, "return_reason": None}
        for n in range(63)
    ]
    query = MetricQuery.model_validate(
        {"dataset": "orders", "measures": ("returned",), "dimensions": ("country",)}
    )
    warehouse = small(date(2026, 12, 31), None, orders=rows)
    answer = guard_answer(warehouse, answer_query(warehouse, query, see_people=False), None, "")
    told = [answer.get_value("now", one, "returned") for one in ((), ("FR",), ("GB",))]
    assert told == [None, 20, None]


def test_groups_without_the_figure_asked_for_are_told_together() -> None:
    warehouse = late_by_country(FR=30, DE=20, BE=3, GB=4)
    query = MetricQuery.model_validate({**BY_COUNTRY, "measures": ("late_share", "late_orders")})
    answer = guard_answer(warehouse, answer_query(warehouse, query, see_people=False), None, "")
    assert answer.recipe.list_groups() == [("FR",), ("DE",), ("others",)]
    assert answer.get_value("now", ("others",), "late_orders") == 7
    assert answer.counts
    assert (answer.counts.chosen, answer.counts.too_small) == (2, 2)


def test_no_ranking_is_shown_where_most_is_hidden() -> None:
    warehouse = late_by_country(FR=30, BE=3, GB=2, DE=1)
    query = {**BY_COUNTRY, "measures": ("late_share",)}
    found = answer_query(warehouse, MetricQuery.model_validate(query), see_people=False)
    result = build_result(warehouse, found, "en")
    assert found.recipe.is_single(found.recipe.list_groups()[0])
    assert not result.exhibits
    assert result.scope
    counted = {**query, "measures": ("late_orders",)}
    found = answer_query(warehouse, MetricQuery.model_validate(counted), see_people=False)
    assert build_result(warehouse, found, "en").exhibits


@pytest.mark.parametrize(("first", "is_named"), [(1, False), (18, True)])
def test_longer_period_is_named_where_it_shows_more_groups(first: int, is_named: bool) -> None:
    query = {**BY_COUNTRY, "measures": ("customers",), "since": date(2026, 11, first)}
    asked = MetricQuery.model_validate(query)
    answer = answer_query(late_by_country(FR=30, DE=20, BE=3), asked, see_people=False)
    named = [note for note in answer.notes if note.startswith("A longer period")]
    assert bool(named) is is_named
    assert all("3 of these groups, not 0" in note for note in named)


def test_texts_are_counted_by_what_they_are_on_and_not_by_whose_they_are() -> None:
    def write(n: int) -> dict[str, Any]:
        at = datetime(2026, 11, 1 + n % 20, 12)
        channel, language = ("mail", "fr") if n < 40 else ("chat", "sv")
        return {
            "id": f"t{n}",
            "at": at,
            "text": f"Text {n}",
            "channel": channel,
            "country": language,
            "rating": 2.0,
            "customer": f"c{n}",
        }

    warehouse = small(feedback=[write(n) for n in range(42)])
    query = {"dataset": "feedback", "measures": ("reviews", "ratings", "stars_2")}
    for dimension, values in (("channel", ("mail", "chat")), ("country", ("fr", "sv"))):
        asked = MetricQuery.model_validate({**query, "dimensions": (dimension,)})
        answer = answer_query(warehouse, asked, see_people=False)
        answer = guard_answer(warehouse, answer, None, "")
        told = [answer.get_value("now", (one,), "reviews") for one in values]
        assert told == ([40, 2] if dimension == "channel" else [None, None])
    people = MetricQuery.model_validate(
        {"dataset": "feedback", "measures": ("reviewers",), "dimensions": ("channel",)}
    )
    answer = guard_answer(warehouse, answer_query(warehouse, people, see_people=False), None, "")
    assert answer.get_value("now", ("chat",), "reviewers") is None


def test_group_that_has_no_place_and_is_left_out_counts_once(sqlite: Database) -> None:
    warehouse, log = late_by_country(FR=12, BE=12, GB=1), log_of(sqlite)
    before = {**BY_COUNTRY, "dimensions": (), "until": date(2026, 11, 19)}
    before["filters"] = [[condition("country", "is", "GB")]]
    by_country = {**BY_COUNTRY, "order": "highest"}
    _, answer = follow(warehouse, log, "UMARIE", [before, by_country])
    assert answer
    told = build_result(warehouse, answer, "en").exhibits[0].not_ranked
    assert told.count("are not shown") == 1


def test_figure_that_an_earlier_answer_forbids_is_said_to_be_that(sqlite: Database) -> None:
    """Two late orders are new since the earlier answer; the twelve of all days are not too few."""
    warehouse, log = late_by_country(FR=32, BE=30, NL=10), log_of(sqlite)
    asked = {**BY_COUNTRY, **REVENUE_OF_LATE}
    _, answer = follow(warehouse, log, "UMARIE", [{**asked, "until": date(2026, 11, 18)}, asked])
    assert answer
    assert answer.left_out
    assert answer.get_value("now", ("FR",), "revenue") is None


async def test_ranking_keeps_its_rows_beside_another_call_of_the_turn(sqlite: Database) -> None:
    warehouse = late_by_country(FR=32, BE=30, NL=10)
    late = {**NEUTRAL, "measures": ["revenue"], "dataset": "orders"}
    late["filters"] = [[where("late", "is", "yes")]]
    french = [*late["filters"], [where("country", "is", "France")]]
    total = {**late, "until": "2026-11-18", "order": "natural", "filters": french}
    ranking = {**late, "until": "2026-11-20", "dimensions": ["country"], "order": "highest"}
    for person, calls in (("UMARIE", [total, ranking]), ("UPAUL", [ranking, total])):
        runner = ToolRunner(
            [load_tools()["query_metrics"]],
            deps_of(sqlite, warehouse, person),
            Pseudonymizer(),
            FoundThings(FactBook()),
        )
        uses = [ToolUse(str(n), "query_metrics", call) for n, call in enumerate(calls)]
        replies = await runner.run(uses, 9)
        assert "revenue, France" in replies[calls.index(ranking)].text


async def test_total_is_told_beside_its_parts_of_the_same_turn(sqlite: Database) -> None:
    warehouse = late_by_country(FR=32, BE=3)
    late = {**NEUTRAL, "measures": ["late_orders"], "dataset": "orders", "order": "highest"}
    by_country = {**late, "dimensions": ["country"]}
    for person, calls in (("UMARIE", [late, by_country]), ("UPAUL", [by_country, late])):
        runner = ToolRunner(
            [load_tools()["query_metrics"]],
            deps_of(sqlite, warehouse, person),
            Pseudonymizer(),
            FoundThings(FactBook()),
        )
        uses = [ToolUse(str(n), "query_metrics", call) for n, call in enumerate(calls)]
        replies = await runner.run(uses, 9)
        assert "35" in replies[calls.index(late)].text


def test_counts_of_the_same_groups_on_other_days_are_told_and_their_revenue_is_not(
    sqlite: Database,
) -> None:
    warehouse, log = late_by_country(FR=32, BE=30, NL=10), log_of(sqlite)
    counted = {**BY_COUNTRY, "measures": ("late_orders",)}
    _, answer = follow(
        warehouse, log, "UMARIE", [{**counted, "until": date(2026, 11, 18)}, counted]
    )
    assert answer
    assert answer.get_value("now", ("FR",), "late_orders") == 32
    now, months = (
        MetricQuery.model_validate(one)
        for one in (counted, {**counted, "dimensions": ("country", "month")})
    )
    earlier = months.model_copy(update={"until": date(2026, 11, 18)})
    assert differs_harmlessly(now, earlier)
    assert not differs_harmlessly(now, months)  # of the same days
    spent = {**BY_COUNTRY, **REVENUE_OF_LATE}
    _, answer = follow(warehouse, log, "UMAX", [{**spent, "until": date(2026, 11, 18)}, spent])
    assert answer
    assert answer.get_value("now", ("FR",), "revenue") is None


@pytest.mark.parametrize("is_counted_first", [True, False])
def test_what_is_counted_and_what_is_filtered_by_are_held_against_each_other(
    sqlite: Database, *, is_counted_first: bool
) -> None:
    """Late orders by country, and orders that are late: the rest is three orders of one country."""
    warehouse, log = late_by_country(FR=40, BE=0, GB=3), log_of(sqlite)
    counted = {**BY_COUNTRY, "measures": ("late_orders",)}
    whole = {**counted, "measures": ("orders",), "dimensions": ()}
    whole["filters"] = [[condition("late", "is", "yes")]]
    queries = [counted, whole] if is_counted_first else [whole, counted]
    told = [*follow(warehouse, log, "UMARIE", queries)]
    by_country, total = told if is_counted_first else told[::-1]
    known = by_country.get_value("now", ("FR",), "late_orders") if by_country else None
    assert not (known == 40 and total and total.get_value("now", (), "orders") == 43)


@pytest.mark.parametrize(
    ("dimensions", "field", "harmless"),
    [
        (("product", "return_reason"), "category", True),
        (("product",), "device", True),
        (("product", "country"), "category", False),
        (("return_reason",), "city", False),
        (("return_reason",), "code", False),  # it may be one customer's own
        (("return_reason",), "customer_spent", False),
    ],
)
def test_returns_by_what_was_sold_are_not_held_against_each_other(
    dimensions: tuple[str, ...], field: str, *, harmless: bool
) -> None:
    counted = {**BY_COUNTRY, "measures": ("return_rate",)}
    whole = MetricQuery.model_validate({**counted, "dimensions": ("return_reason",)})
    only = {"dimensions": dimensions, "filters": [[condition(field, "is", "x")]]}
    part = MetricQuery.model_validate({**counted, **only})
    assert differs_harmlessly(part, whole) is harmless
    spent = [one.model_copy(update={"measures": ("revenue",)}) for one in (part, whole)]
    assert differs_harmlessly(part, spent[1]) is harmless
    assert not differs_harmlessly(*spent)


def test_groups_left_out_beside_an_earlier_answer_are_named_in_a_ranking(sqlite: Database) -> None:
    warehouse, log = late_by_country(FR=32, BE=30, NL=10), log_of(sqlite)
    asked = {**BY_COUNTRY, **REVENUE_OF_LATE, "order": "highest"}
    _, answer = follow(warehouse, log, "UMARIE", [{**asked, "until": date(2026, 11, 18)}, asked])
    assert answer
    assert answer.left_out
    result = build_result(warehouse, answer, "en")
    assert "France" in result.exhibits[0].not_ranked
    assert "under" not in result.exhibits[0].not_ranked
    assert [note for note in result.notes if "none of them is the top" in note]


def late_sets(answer: MetricAnswer) -> Iterator[frozenset[int]]:
    """The late orders that each figure counts, by their numbers."""
    for one in answer.recipe.shown:
        if "late" in one.bases or any("late" in basis for basis in one.bases):
            grouped = answer.rows[one.period]
            groups: list[tuple[str | None, ...]] = list(one.members or [one.group])
            rows = grouped.as_whole() if one.group == () else grouped
            basis = next(basis for basis in one.bases if "late" in basis)
            found = rows.elements(basis, None if one.group == () else groups)
            yield frozenset(found.tolist())


def test_hidden_groups_are_told_together_by_means_too() -> None:
    """Rennes is hidden for the sake of Brest; what the customers of both spent is told."""
    rows = [single_order(n, "Lille") for n in range(60)]
    rows += [single_order(60 + n, "Rennes") for n in range(30)]
    rows += [single_order(90 + n, "Brest") for n in range(3)]
    query = {"dataset": "orders", "measures": ("customers",), "dimensions": ("region",)}
    warehouse = small(orders=rows)
    answer = answer_query(warehouse, MetricQuery.model_validate(query), see_people=False)
    answer = guard_answer(warehouse, answer, None, "")
    assert answer.get_value("now", ("others",), "customers") == 33


def single_order(n: int, region: str) -> dict[str, Any]:
    """The order of a customer who ordered once."""
    return {
        "order": f"o{n}",
        "line": 1,
        "at": datetime(2026, 11, 1 + n % 20, 12),
        "customer": f"c{n}",
        "product": "vase",
        "quantity": 1,
        "amount": Decimal(50),
        "currency": "EUR",
        "region": region,
    }


def test_floors_of_one_show_everything() -> None:
    warehouse = replace(mixed_shop(orders=60), floor=1, sales_floor=1)
    query = MetricQuery(dataset="orders", measures=("customers",), dimensions=("hour",))
    answer = answer_query(warehouse, query, see_people=False)
    assert len(answer.recipe.list_groups()) > 15


# People who want to learn nothing about a few.


def follow(
    warehouse: Warehouse, log: DatabaseAnswerLog, person: str, queries: Iterable[dict[str, Any]]
) -> Iterator[MetricAnswer | None]:
    """The answers to one person, None where an earlier answer makes one be refused. What is of too
    few people whatever was told before is left out."""
    for params in queries:
        try:
            answer = answer_query(warehouse, MetricQuery.model_validate(params), see_people=False)
        except QueryError:
            continue
        try:
            yield guard_answer(warehouse, answer, log, person)
        except QueryError:
            yield None


def test_follow_up_loses_only_the_groups_that_give_something_away(sqlite: Database) -> None:
    """By region and device, after each alone: the cells beside a planted one are withheld."""
    planted = planted_shop(1, 3)
    by = [("region",), ("device",), ("region", "device")]
    queries = [{"dataset": "orders", "measures": ["revenue"], "dimensions": one} for one in by]
    answers = [*follow(planted.shelf, log_of(sqlite), "UMARIE", queries)]
    sets = [rows for answer in answers if answer for rows in shown_sets(planted, answer)]
    for column in ("region", "device"):
        group = {n for n, row in enumerate(planted.orders) if row[column] == PLANTED[column]}
        assert not derived(group, sets), column
    assert answers[2]
    assert len(answers[2].recipe.list_groups()) >= 4


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ordinary_follow_ups_are_rarely_refused(sqlite: Database) -> None:
    """At most one in 200 of 1,000 questions that follow from each other."""
    log, warehouse = log_of(sqlite), sample()
    answers = [
        answer
        for number, queries in enumerate(sessions(11, 1_000))
        for answer in follow(warehouse, log, f"U{number}", queries)
    ]
    refused = answers.count(None)
    print(f"{refused} of {len(answers)} ordinary questions are refused")
    assert len(answers) >= 950
    assert refused <= len(answers) / 200


# What is told in another way than by sums of orders.


def test_order_of_groups_does_not_tell_a_figure_that_is_not_shown() -> None:
    """Sources of which only three sent something back earned most: they are not first."""
    rows = [
        single_order(100 * source + n, "Nantes")
        | {
            "source": f"p{source}",
            "amount": Decimal(900 if source in (5, 12) else 50 + source),
            "returned": n < (3 if source in (5, 12) else 8),
        }
        for source in range(13)
        for n in range(30)
    ]
    query = {
        "dataset": "orders",
        "measures": ("net_revenue",),
        "dimensions": ("source",),
        "order": "highest",
        "limit": 5,
    }
    answer = answer_query(small(orders=rows), MetricQuery.model_validate(query), see_people=False)
    listed = [source for (source,) in answer.recipe.list_groups()]
    assert len(listed) == 5
    assert not {"p5", "p12"} & set(listed)


def shop_of_returns(planted: int) -> Warehouse:
    """Four products of 40 buyers each: nine of Nantes and so many of Brest sent theirs back."""
    return small(
        orders=[
            single_order(100 * product + n, "Brest" if n % 2 else "Nantes")
            | {"product": f"p{product}", "returned": n in range(0, 18, 2) or n in (1, 3)[:planted]}
            for product in range(4)
            for n in range(40)
        ]
    )


NET_OF_PRODUCTS: dict[str, Any] = {
    "dataset": "orders",
    "measures": ("net_revenue",),
    "dimensions": ("product",),
    "order": "highest",
}


def test_net_revenue_by_what_was_sold_shows_each_product_of_enough_buyers() -> None:
    rows = [
        single_order(100 * product + n, "Nantes")
        | {"product": f"p{product}", "returned": n < product}
        for product in range(5)
        for n in range(30 if product else 3)
    ]
    query = MetricQuery.model_validate(NET_OF_PRODUCTS)
    answer = answer_query(small(orders=rows), query, see_people=False)
    listed = [group[0] for group in answer.recipe.list_groups() if answer.recipe.is_single(group)]
    assert listed == ["p2", "p3", "p4"]  # p1 hides p0, of which 3 bought


@pytest.mark.parametrize("is_of_things_first", [True, False])
def test_returns_by_what_was_sold_are_held_against_those_of_a_region(
    sqlite: Database, *, is_of_things_first: bool
) -> None:
    """Either is told alone: together they would tell of the few of Brest."""
    warehouse, log = shop_of_returns(1), log_of(sqlite)
    elsewhere = {**NET_OF_PRODUCTS, "filters": [[condition("region", "is_not", "Brest")]]}
    asked = [NET_OF_PRODUCTS, elsewhere]
    first, second = follow(warehouse, log, "UMARIE", asked if is_of_things_first else asked[::-1])
    assert first
    assert first.get_value("now", ("p1",), "net_revenue") is not None
    assert second is None
    alone = [*follow(warehouse, log, "UPAUL", [asked[is_of_things_first]])]
    assert alone[0]


def test_few_orders_of_a_mailing_are_no_persons() -> None:
    """Rows of campaigns are sums: three orders of 348 sent are told, and ranked."""
    rows = [
        {
            "id": f"mail-{n}",
            "at": datetime(2026, 11, 1 + n),
            "code": f"mail-{n}",
            "channel": "email",
            "sent": 348,
            "orders": orders,
            "sales": Decimal(90 * orders),
            "currency": "EUR",
        }
        for n, orders in enumerate((3, 20, 0, 11))
    ]
    query = {
        "dataset": "campaigns",
        "measures": ("orders_per_1000_sent", "campaign_sales"),
        "dimensions": ("campaign",),
        "order": "lowest",
        "limit": 4,
    }
    answer = answer_query(
        small(campaigns=rows), MetricQuery.model_validate(query), see_people=False
    )
    listed = [code for (code,) in answer.recipe.list_groups()]
    assert listed == ["mail-2", "mail-0", "mail-3", "mail-1"]
    assert answer.get_value("now", ("mail-0",), "campaign_sales") == 270


@pytest.mark.parametrize(
    "field", ["country", "region", "customer_spent", "selected_orders", "selected_units"]
)
async def test_day_of_a_last_sale_is_told_of_products_alone(sqlite: Database, field: str) -> None:
    planted = planted_shop(4, 3)
    deps = deps_of(sqlite, planted.shelf)
    call: Step = {"dataset": "orders", "measures": ["days_since_last_sale"]}
    value = "1" if field.endswith(("spent", "orders", "units")) else "FR"
    operator = "at_least" if value == "1" else "is"
    with pytest.raises(ToolError, match="only told by"):
        await query_tool(deps, **call, filters=[[where(field, operator, value)]])
    by_product = await query_tool(deps, **call, dimensions=["product"])
    assert "Clavecin" not in {fact.about for fact in by_product.facts}


async def test_traffic_of_a_few_sessions_is_not_told(sqlite: Database) -> None:
    rows: list[dict[str, Any]] = [
        {
            "day": TODAY - timedelta(days=1 + n),
            "channel": channel,
            "sessions": many,
            "orders": many // 10,
            "sales": Decimal(many),
            "currency": "EUR",
        }
        for n in range(3)
        for channel, many in (("organic", 900), ("email", 600), ("podcast", 2))
    ]
    deps = deps_of(sqlite, small(traffic=rows))
    call: Step = {"dataset": "traffic", "measures": ["sessions", "traffic_sales"]}
    grouped = await query_tool(deps, **call, dimensions=["channel"])
    assert "podcast" not in {fact.about for fact in grouped.facts}
    for operator in ("is", "is_not"):
        filters = [[where("channel", operator, "podcast")]]
        assert await attempt(deps, **call, filters=filters) is None


async def test_cancellations_of_a_few_people_are_not_told(sqlite: Database) -> None:
    rows = [
        single_order(n, "Nantes") | {"status": "cancelled" if n < 3 else "sold"} for n in range(90)
    ]
    deps = deps_of(sqlite, small(orders=rows))
    assert await attempt(deps, measures=["cancelled_share"]) is None
    rows = [row | {"status": "cancelled"} if n % 3 == 0 else row for n, row in enumerate(rows)]
    told = await attempt(deps_of(sqlite, small(orders=rows)), measures=["cancelled_share"])
    assert told is not None


async def test_lifetime_value_of_a_few_buyers_is_not_told(sqlite: Database) -> None:
    deps = deps_of(sqlite, planted_shop(4, 3).shelf)
    call: Step = {"measures": ["lifetime_value"]}
    assert await attempt(deps, **call)
    for operator in ("is", "is_not"):
        filters = [[where("customer_bought", operator, "Clavecin Doré")]]
        assert await attempt(deps, **call, filters=filters) is None


GB_OCTOBER = {"filters": [[where("country", "is", "GB")]], "since": "2026-10-01"}


async def test_counts_are_told_where_amounts_are_held_back_beside_an_earlier_answer(
    sqlite: Database,
) -> None:
    deps = deps_of(sqlite, sample())
    whole = {"dataset": "orders", **GB_OCTOBER, "until": "2026-10-31"}
    part = {"dataset": "orders", **GB_OCTOBER, "until": "2026-10-29"}
    first = await query_tool(deps, **whole, measures=["revenue", "orders"])
    assert {fact.parts.measure for fact in first.facts} == {"revenue", "orders"}
    with pytest.raises(ToolError, match="under 5 people"):
        await query_tool(deps, **part, measures=["revenue"])
    second = await query_tool(deps, **part, measures=["revenue", "orders"])
    assert {fact.parts.measure for fact in second.facts} == {"orders"}
    assert any("on the days between" in note for note in second.notes)


async def test_a_comparison_keeps_its_counts_and_the_split_says_why_there_is_none(
    sqlite: Database,
) -> None:
    deps = deps_of(sqlite, sample())
    days = {"compare_since": "2026-10-01", "compare_until": "2026-10-29"}
    now = {"since": "2026-10-27", "until": "2026-11-24"}
    asked = {"filters": GB_OCTOBER["filters"], "dataset": "orders"}
    await query_tool(deps, **asked, since="2026-10-01", until="2026-10-31", measures=["revenue"])
    measures = ["revenue", "orders", "average_order"]
    told = await query_tool(deps, **asked, **now, **days, comparison="dates", measures=measures)
    of_october = {f.parts.measure for f in told.facts if f.until == date(2026, 10, 29)}
    assert of_october == {"orders"}
    read = {exhibit.read_as for exhibit in told.exhibits}
    assert len(read) == len(told.exhibits)
    split = load_tools()["split_revenue"]
    params = {**now, **days, "country": "GB", "device": "none"}
    with pytest.raises(ToolError, match="on the days between"):
        await split.run(split.params.model_validate(params), deps)


def test_log_keeps_the_datasets_own_names_of_bases(sqlite: Database) -> None:
    """Where the buyers stand for those of them who sent something back, too."""
    (told,) = follow(shop_of_returns(1), log_of(sqlite), "UMARIE", [NET_OF_PRODUCTS])
    assert told
    assert told.dataset.bases["taken_off"].stands_for
    with sqlite.begin() as session:
        (stored,) = session.scalars(select(SalesAnswer.filter))
    recipe = json.loads(stored)["metric"]
    assert {basis for one in recipe["shown"] for basis in one["bases"]} == {"rows", "taken_off"}


# The days between two answers.


def shop_of_days() -> Warehouse:
    """Two orders each day by country and device, of September to November 2026. On the last days
    of October three people of Great Britain bought something, and eighteen of France."""
    days = [date(2026, month, day) for month in (9, 10, 11) for day in range(1, 29)]
    groups = [(country, device) for country in ("GB", "FR") for device in ("mobile", "desktop")]
    sold = [(day, *group) for day in days for group in groups for _ in range(2)]
    sold += [(date(2026, 10, 30), "GB", "mobile")] * 3 + [(date(2026, 10, 29), "FR", "mobile")] * 18
    return small(
        date(2026, 12, 31),
        None,
        orders=[
            single_order(n, "Lille")
            | {"at": datetime.combine(day, time(12)), "country": country, "device": device}
            for n, (day, country, device) in enumerate(sold)
        ],
    )


GB = {"dataset": "orders", "filters": [[condition("country", "is", "GB")]]}
OCTOBER: dict[str, Any] = {**GB, "since": date(2026, 10, 1), "until": date(2026, 10, 31)}
SAME_DAYS: dict[str, Any] = {**GB, "since": date(2026, 10, 1), "until": date(2026, 10, 28)}
TO_DATE: dict[str, Any] = {
    **GB,
    "since": date(2026, 11, 1),
    "until": date(2026, 11, 28),
    "comparison": "dates",
    "compare_since": date(2026, 10, 1),
    "compare_until": date(2026, 10, 28),
}
SEPTEMBER: dict[str, Any] = {**GB, "since": date(2026, 9, 1), "until": date(2026, 9, 30)}
COMPARED = ("compare_since", "compare_until")
SALES = {"measures": ["revenue", "orders", "average_order"]}


def test_month_to_date_is_compared_by_counts_after_the_whole_month(sqlite: Database) -> None:
    """The three days between are those of three people: what they spent is not told."""
    warehouse, log = shop_of_days(), log_of(sqlite)
    whole = {**OCTOBER, "measures": ["revenue"]}
    _, answer = follow(warehouse, log, "UMARIE", [whole, {**TO_DATE, **SALES}])
    assert answer
    told = [answer.get_value("before", (), name) for name in SALES["measures"]]
    assert told == [None, 112, None]
    assert [answer.get_value("now", (), name) for name in SALES["measures"]] == [5600, 112, 50]
    (note,) = [note for note in answer.notes if note.startswith("No revenue, average_order of")]
    assert "2026-10-01 to 2026-10-31" in note.split(" Take ")[1]
    why = WithheldFigures(warehouse, answer).find((), "revenue", "before")
    assert why
    assert why.reason == Reason.OTHER_DAYS
    assert WithheldFigures(warehouse, answer).find((), "orders", "before") is None


def test_what_a_refusal_offers_is_told(sqlite: Database) -> None:
    """The days of the earlier answer, counts of these days, and all countries."""
    warehouse, log = shop_of_days(), log_of(sqlite)
    amounts = {"measures": ["revenue"]}
    compared = dict(zip(COMPARED, (OCTOBER["since"], OCTOBER["until"]), strict=True))
    asked = [
        {**OCTOBER, **amounts},
        {**SAME_DAYS, **amounts},
        {**SAME_DAYS, "measures": ["orders"]},
        {**TO_DATE, **amounts, **compared},
        {**TO_DATE, **amounts, "filters": []},
    ]
    _, refused, counted, per_day, everywhere = follow(warehouse, log, "UMARIE", asked)
    assert refused is None
    assert counted
    assert per_day
    assert per_day.get_value("before", (), "revenue") == 115 * 50
    assert everywhere
    assert everywhere.get_value("before", (), "revenue") == 224 * 50


def shop_of_late_returns(last: int = 20) -> Warehouse:
    """One person on each of the first twenty days of a month, and so many on the last ones of these
    in November. Of each month the first ten sent something back, and of November the last two."""
    days = [(month, day) for month in (9, 10, 11) for day in range(1, 21)]
    days = [(month, day) for month, day in days if month < 11 or day > 20 - last]
    sold = [(year, month, day) for year in (2025, 2026) for month, day in days]
    return small(
        date(2026, 12, 1),
        None,
        orders=[
            single_order(at, "Lille")
            | {"at": datetime(year, month, day), "country": "GB"}
            | {"returned": day > 18 if month == 11 else day <= 10}
            for at, (year, month, day) in enumerate(sold)
        ],
    )


RETURNS = {"measures": ["revenue", "net_revenue", "return_rate"]}
SHOWN = ("revenue", "net-revenue", "return-rate")
AUTUMN: dict[str, Any] = {
    **GB,
    "since": date(2026, 9, 1),
    "until": date(2026, 11, 20),
    "comparison": "same_period_last_year",
}


def test_few_returns_of_the_days_between_hold_no_revenue(sqlite: Database) -> None:
    """Twenty ordered on them, and two of these sent something back: after the answer that ends
    before them, revenue is told of all days, and returns only of the days of that answer."""
    warehouse, log = shop_of_late_returns(), log_of(sqlite)
    first = {**AUTUMN, **RETURNS, "until": date(2026, 10, 20)}
    later = {**AUTUMN, "measures": ["revenue", "net_revenue"]}
    given, answer, again = follow(warehouse, log, "UMARIE", [first, later, first])
    assert given
    assert answer
    assert answer.get_value("now", (), "revenue") == 60 * 50
    assert answer.get_value("before", (), "revenue") == 60 * 50
    assert answer.get_value("now", (), "net_revenue") is None
    (note,) = [note for note in answer.notes if note.startswith("No net_revenue:")]
    days = ("2026-09-01 to 2026-10-20", "2025-09-01 to 2025-10-20")
    assert all(span in note.split(" Take ")[1] for span in days)
    assert again
    assert again.get_value("before", (), "net_revenue") == 40 * 50 - 20 * 50


@pytest.mark.parametrize(("last", "is_apart"), [(20, True), (3, False)])
async def test_measures_of_other_days_are_told_apart_where_many_ordered_between(
    sqlite: Database, last: int, *, is_apart: bool
) -> None:
    deps = deps_of(sqlite, shop_of_late_returns(last))
    result = await attempt(deps, **RETURNS, since="2026-09-01", comparison="same_period_last_year")
    assert result
    ends = {name: {f.until for f in result.facts if f.parts.measure == name} for name in SHOWN}
    assert all(ends.values())
    assert (ends["revenue"] != ends["return-rate"]) == is_apart


@pytest.mark.parametrize("is_refused_in_part", [True, False])
def test_nothing_is_compared_where_no_earlier_figure_is_told(
    sqlite: Database, *, is_refused_in_part: bool
) -> None:
    warehouse, amounts = shop_of_days(), {"measures": ["revenue"]}
    asked = [*([{**OCTOBER, **amounts}] if is_refused_in_part else []), {**TO_DATE, **amounts}]
    *_, answer = follow(warehouse, log_of(sqlite), "UMARIE", asked)
    assert answer
    assert (answer.periods.before is None) is is_refused_in_part
    said = [*list_limits(warehouse, answer.asked, answer)]
    assert said == ([answer.withheld.words] if answer.withheld else [])


async def test_split_of_revenue_says_that_an_earlier_answer_forbids_it(sqlite: Database) -> None:
    deps = deps_of(sqlite, shop_of_days())
    since, until = OCTOBER["since"].isoformat(), OCTOBER["until"].isoformat()
    only = [[where("country", "is", "GB")]]
    assert await attempt(deps, filters=only, since=since, until=until)
    days = {name: str(TO_DATE[name]) for name in ("since", "until", *COMPARED)}
    with pytest.raises(ToolError, match=f"answer on revenue from {since} to {until}"):
        await call_tool("split_revenue", {**days, "country": "GB", "device": "none"}, deps)


@pytest.mark.parametrize("later", [{"dimensions": ["country"], "filters": []}, {}])
def test_counts_told_of_other_days_refuse_no_later_answer(
    sqlite: Database, later: dict[str, Any]
) -> None:
    """Together they tell that three people ordered on the days between. That was told, and what is
    asked about other groups adds nothing to it."""
    warehouse, log = shop_of_days(), log_of(sqlite)
    mobile = [*GB["filters"], [condition("device", "is", "mobile")]]
    asked = [
        {**OCTOBER, **SALES},
        {**SAME_DAYS, **SALES},
        {**SEPTEMBER, **SALES, "filters": mobile, **later},
    ]
    _, counted, answer = follow(warehouse, log, "UMARIE", asked)
    assert counted
    assert counted.query.measures == ("orders",)
    assert counted.get_value("now", (), "orders") == 112
    assert counted.get_value("now", (), "revenue") is None
    assert answer
    assert answer.get_value("now", (), "revenue")


@pytest.mark.parametrize("measures", [["revenue"], ["revenue", "orders"]])
def test_amounts_of_the_days_between_are_not_told_by_other_filters(
    sqlite: Database, measures: list[str]
) -> None:
    """By device, or all countries less the others, after counts were told beside the amounts."""
    warehouse, log = shop_of_days(), log_of(sqlite)
    devices = [[*GB["filters"], [condition("device", "is", one)]] for one in ("mobile", "desktop")]
    elsewhere = [[condition("country", "is_not", "GB")]]
    asked = [
        {**OCTOBER, **SALES},
        {**SAME_DAYS, **SALES},
        *({**SAME_DAYS, "measures": measures, "filters": one} for one in devices),
        *({**SAME_DAYS, "measures": measures, "filters": one} for one in ([], elsewhere)),
    ]
    month, same_days = (
        answer_query(warehouse, MetricQuery.model_validate({**one, **SALES}), see_people=False)
        for one in (OCTOBER, SAME_DAYS)
    )
    between = {*month.rows["now"].elements("rows")} - {*same_days.rows["now"].elements("rows")}
    assert len(between) == 3
    sets = [
        frozenset(rows.tolist())
        for answer in follow(warehouse, log, "UMARIE", asked)
        if answer and "revenue" in answer.query.measures
        for rows in collect_released(answer.recipe, answer.rows)["sales"]
    ]
    assert sets
    assert not derived(between, sets)


async def test_what_a_total_and_its_other_parts_leave_is_told() -> None:
    """Few newcomers with a discount bought once more without one, so those who were no newcomers
    without a discount are few more than those of all orders."""
    old = [f"old{n}" for n in range(60)]
    new = [f"new{n}" for n in range(60)]
    later = [f"late{n}" for n in range(80)]
    bought = [(who, date(2026, 8, 3), 0) for who in old]
    bought += [(who, date(2026, 10, 5), 0) for who in (*old, *later)]
    bought += [(who, date(2026, 10, 5), 2) for who in new]
    bought += [(who, date(2026, 10, 20), 0) for who in new[:4]]
    orders = [
        {"order": f"o{n}", "line": 1, "at": datetime.combine(day, time(12)), "customer": who}
        | {"product": "vase", "title": "Vase", "amount": Decimal(20), "quantity": 1.0}
        | {"discount": Decimal(off), "currency": "EUR"}
        for n, (who, day, off) in enumerate(bought)
    ]
    deps = tool_deps(workspace_data(small(orders=orders)))
    days = {"since": "2026-10-01", "until": "2026-10-31"}
    told = await attempt(deps, measures=["new_customers"], dimensions=["discounted"], **days)
    assert told is not None
    assert sorted(fact.number for fact in told.facts) == [60, 80, 140]
    assert not [note for note in told.notes if "left out" in note or "would tell" in note]
    every = ["new_customers", "customers"]
    both = await attempt(deps, measures=every, dimensions=["discounted"], **days)
    assert both is not None
    numbers = [fact.number for fact in both.facts]
    assert 144 not in numbers  # less 80 and the other 60 of all, this would be the four
