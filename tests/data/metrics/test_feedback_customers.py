"""Feedback joined with what else is known of its customers."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.agent.tool import ToolError
from bot.core.audience_rule import AudienceRule, OrderCondition, RatingCondition
from bot.core.audience_words import describe_conditions
from bot.core.metric_query import MetricCondition, QueryError, TooFewError
from bot.data.analyses.feedback.texts import select_feedback
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.segments.audience import list_members, select_matching
from bot.data.metrics.query.release import ALL_GROUPS
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from tests.support.metric_queries import answer, condition
from tests.support.small_tables import small
from tests.support.tool_runner import call_tool, data_of, tool_deps

FIRST = date(2026, 3, 1)
WRITTEN = date(2026, 6, 1)


def order(name: str, customer: str, day: date, **more: Any) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, 12)
    return {"order": name, "line": 1, "customer": customer, "at": at, "amount": 40, **more}


def review(n: int, rating: int, **more: Any) -> dict[str, Any]:
    at = datetime(WRITTEN.year, WRITTEN.month, WRITTEN.day, 9)
    return {"id": f"r{n}", "at": at, "rating": float(rating), **more}


def shop(reviews: list[dict[str, Any]], **tables: Any) -> Warehouse:
    """120 customers, of whom the first 60 ordered again after they wrote, the first 90 before."""
    orders = [order(f"a{n}", f"c{n}", FIRST, country="FR" if n < 90 else "BE") for n in range(120)]
    orders += [order(f"b{n}", f"c{n}", WRITTEN + timedelta(days=30)) for n in range(60)]
    orders += [order(f"d{n}", f"c{n}", WRITTEN - timedelta(days=9)) for n in range(90)]
    return small(feedback=reviews, orders=orders, **tables)


def of_customers() -> list[dict[str, Any]]:
    """The odd reviews name the customer, the even ones the first order, the last 30 neither."""
    named = [
        review(n, 1 + n % 2, **({"customer": f"c{n}"} if n % 2 else {"order": f"a{n}"}))
        for n in range(120)
    ]
    return [*named, *(review(n, 5) for n in range(120, 150))]


def count(warehouse: Warehouse, *filters: MetricCondition, measure: str = "reviews") -> Any:
    found = answer(
        warehouse, dataset="feedback", measures=[measure], filters=[[one] for one in filters]
    )
    return found.get_value("now", ALL_GROUPS, measure)


@pytest.mark.parametrize(
    ("wanted", "many"),
    [
        (condition("customer_orders", "at_least", "2"), 90),
        (condition("customer_orders", "is", "1"), 30),
        (condition("customer_not_ordered", "at_least", "2026-06-02"), 60),
        (condition("customer_ordered", "at_least", "2026-06-02"), 60),
        (condition("customer_last_order", "at_most", "2026-03-31"), 30),
        (condition("customer_type", "is", "new"), 30),
        (condition("customer_type", "is", "known"), 90),
        (condition("ordered_after", "is", "yes"), 60),
        (condition("ordered_after", "is", "no"), 60),
        (condition("ordered_after", "is", "none"), 30),
        (condition("level", "is", "gold"), 40),
        (condition("customer_points", "at_least", "500"), 20),
        (condition("segment", "is", "press"), 30),
        (condition("city", "is", "lille"), 40),
        (condition("country", "is", "Belgium"), 30),
    ],
)
def test_feedback_is_filtered_by_what_its_customers_did(wanted: MetricCondition, many: int) -> None:
    members = [
        {
            "customer": f"c{n}",
            "level": "Gold" if n < 40 else "Silver",
            "points": 500.0 if n < 20 else 10.0,
            "segment": "press" if n >= 90 else "other",
            "city": "Lille" if n < 40 else "Lyon",
        }
        for n in range(120)
    ]
    warehouse = shop(of_customers(), customers=members)
    assert count(warehouse, wanted) == many


def test_low_ratings_are_counted_by_whether_an_order_followed() -> None:
    found = answer(
        shop(of_customers()),
        dataset="feedback",
        measures=["reviewers"],
        dimensions=["ordered_after"],
        filters=[[condition("rating", "is", "1")]],
    )
    groups = found.recipe.list_groups()
    assert {one: found.get_value("now", one, "reviewers") for one in groups} == {
        ("yes",): 30,
        ("no",): 30,
    }
    assert any("120 of 150 texts" in note for note in found.notes)
    assert any("Orders are known until" in note for note in found.notes)


def list_delivered(late: int) -> Warehouse:
    """40 reviews of orders, of which so many came late, and 30 of none."""
    days = [date(2026, 3, 9) if n < late else date(2026, 3, 4) for n in range(40)]
    orders = [
        order(f"o{n}", f"c{n}", FIRST, promised=date(2026, 3, 5), delivered=day)
        for n, day in enumerate(days)
    ]
    orders.append(order("later", "c0", WRITTEN))
    reviews = [review(n, 2 if n < late else 5, order=f"o{n}") for n in range(40)]
    return small(feedback=[*reviews, *(review(n, 1) for n in range(40, 70))], orders=orders)


def test_ratings_are_told_by_whether_the_order_was_late() -> None:
    warehouse = list_delivered(late=20)
    found = answer(warehouse, dataset="feedback", measures=["rating"], dimensions=["late"])
    assert found.get_value("now", ("yes",), "rating") == 2
    assert found.get_value("now", ("no",), "rating") == 5
    assert any(note.startswith("40 of 70 texts") for note in found.notes)
    assert count(warehouse, condition("late", "is", "yes")) == 20
    assert count(warehouse, condition("delivered_day", "at_least", "2026-03-06")) == 20


def test_few_reviews_of_late_orders_are_not_told() -> None:
    warehouse = list_delivered(late=3)
    with pytest.raises(TooFewError):
        count(warehouse, condition("late", "is", "yes"))
    found = answer(warehouse, dataset="feedback", measures=["rating"], dimensions=["late"])
    assert ("yes",) not in found.recipe.list_groups()


def test_reviews_of_one_customer_are_of_one_person() -> None:
    ones = [review(n, 1, order="a0" if n % 2 else f"a{n}") for n in range(40)]
    warehouse = shop(ones)
    assert count(warehouse, measure="reviewers") == 20
    few = [review(n, 1, order="a0") for n in range(40)]
    with pytest.raises(QueryError):
        count(shop(few), measure="reviewers")


def test_few_customers_are_not_told_apart_by_what_they_ordered() -> None:
    reviews = [review(n, 1, customer=f"c{n}") for n in range(57, 97)]
    warehouse = shop(reviews)  # of whom 3 ordered after they wrote
    with pytest.raises(TooFewError):
        count(warehouse, condition("ordered_after", "is", "yes"))
    found = answer(
        warehouse, dataset="feedback", measures=["reviews"], dimensions=["ordered_after"]
    )
    assert ("yes",) not in found.recipe.list_groups()


def test_feedback_that_names_nobody_says_so() -> None:
    warehouse = shop([review(n, 1) for n in range(40)])
    for name in ("customer_orders", "ordered_after", "customer_type", "level"):
        with pytest.raises(QueryError, match="names a customer or an order"):
            count(warehouse, condition(name, "is", "1"))
    with pytest.raises(QueryError, match="names a customer or an order"):
        count(warehouse, condition("late", "is", "yes"))


def test_themes_are_of_those_of_a_level_whatever_else_they_are() -> None:
    members = [
        {"customer": f"c{n}", "level": "Gold" if n < 40 else "Silver", "segment": "press"}
        for n in range(120)
    ]
    texts = [{**one, "text": "Too small."} for one in of_customers()]
    warehouse = shop(texts, customers=members)
    for name, many in (("gold", 40), ("press", 120)):
        rows = select_feedback(warehouse, AnalysisFilter(segment=name))
        assert len(fetch_rows(warehouse, rows)) == many


async def test_words_of_a_level_are_read_and_those_of_few_are_not() -> None:
    levels = {"Gold": 40, "Silver": 119}
    members = [
        {"customer": f"c{n}", "level": next((k for k, v in levels.items() if n < v), "Bronze")}
        for n in range(120)
    ]
    texts = [{**one, "text": f"Too small, {n}."} for n, one in enumerate(of_customers())]
    deps = tool_deps(data_of(shop(texts, customers=members)))
    found = await call_tool("read_feedback", {"segment": "gold", "most": 3}, deps)
    assert found.notes[0].startswith("40 texts fit")
    with pytest.raises(ToolError, match="Fewer than 20 customers"):
        await call_tool("read_feedback", {"segment": "bronze", "most": 3}, deps)


# The audience of those who rated so.


def members(warehouse: Warehouse, **rated: Any) -> set[str]:
    rule = AudienceRule(rated=(RatingCondition(**rated),))
    return {row["customer"] for row in fetch_rows(warehouse, select_matching(warehouse, rule))}


def test_audience_is_chosen_by_ratings() -> None:
    warehouse = shop(of_customers())
    low, silent = {f"c{n}" for n in range(0, 120, 2)}, {f"c{n}" for n in range(60, 120, 2)}
    assert members(warehouse, at_most=1) == low
    assert members(warehouse, at_most=1, no_order_after=True) == silent
    assert members(warehouse, at_least=2, at_most=5) == {f"c{n}" for n in range(1, 120, 2)}
    assert members(warehouse, since=WRITTEN + timedelta(days=1)) == set()
    assert members(warehouse, until=WRITTEN, at_most=1) == low


def test_export_counts_raters_again() -> None:
    consents = [{"customer": f"c{n}", "email": n < 50} for n in range(120)]
    warehouse = shop(of_customers(), consents=consents)
    rule = AudienceRule(rated=(RatingCondition(at_most=1),))
    listed = {row["customer"] for row in fetch_rows(warehouse, list_members(warehouse, rule))}
    assert listed == {f"c{n}" for n in range(0, 50, 2)}


def rows_rule(**more: Any) -> AudienceRule:
    """Orders to Belgium, of the last 30, and low ratings; no order since."""
    belgian = MetricCondition(field="country", operator="is", values=("BE",))
    orders = OrderCondition(filters=((belgian,),), no_order_after=True)
    rated = RatingCondition(at_most=1, no_order_after=True)
    return AudienceRule(orders=(orders,), rated=(rated,), **more)


def test_audience_ordered_nothing_after_such_an_order() -> None:
    warehouse = shop(of_customers())
    ever = OrderCondition(until=FIRST)
    for condition_, wanted in (
        (ever, range(120)),
        (ever.model_copy(update={"no_order_after": True}), range(90, 120)),
        (OrderCondition(no_order_after=True), range(120)),
        (OrderCondition(until=WRITTEN, no_order_after=True), range(60, 120)),
    ):
        rule = AudienceRule(orders=(condition_,))
        found = {row["customer"] for row in fetch_rows(warehouse, select_matching(warehouse, rule))}
        assert found == {f"c{n}" for n in wanted}
    never = AudienceRule(orders=(OrderCondition(never=True, no_order_after=True),))
    assert never.impossible is not None


def test_one_of_several_kinds_of_rows_suffices_for_an_audience() -> None:
    consents = [{"customer": f"c{n}", "email": n != 70} for n in range(120)]
    warehouse = shop(of_customers(), consents=consents)
    low, silent = {f"c{n}" for n in range(60, 120, 2)}, {f"c{n}" for n in range(90, 120)}
    for any_of, wanted in ((False, low & silent), (True, low | silent)):
        rule = rows_rule(any_of=any_of)
        found = {row["customer"] for row in fetch_rows(warehouse, select_matching(warehouse, rule))}
        assert found == wanted
    listed = list_members(warehouse, rows_rule(any_of=True, countries=("BE",)))
    assert {row["customer"] for row in fetch_rows(warehouse, listed)} == silent
    listed = list_members(warehouse, rows_rule(any_of=True))
    assert {row["customer"] for row in fetch_rows(warehouse, listed)} == (low | silent) - {"c70"}
    unbought = OrderCondition(filters=rows_rule().orders[0].filters, never=True)
    without = AudienceRule(orders=(unbought,), rated=rows_rule().rated, any_of=True)
    found = {row["customer"] for row in fetch_rows(warehouse, select_matching(warehouse, without))}
    assert found == {f"c{n}" for n in range(90)} | low


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "placed an order (late: delivered after the promised day, or overdue; no order "
            "afterwards) since 1 May 2026 or left a rating (at most 2 stars)",
        ),
        (
            "fr",
            "ont commandé (en retard\u00a0: livrée après la date promise, ou pas encore arrivée"
            "\u00a0; aucune commande depuis) depuis le 1er mai 2026 ou ont laissé une note (au "
            "plus 2 étoiles)",
        ),
    ],
)
def test_rule_of_which_one_condition_suffices_says_so(language: str, words: str) -> None:
    late = MetricCondition(field="late", operator="is", values=("yes",))
    orders = OrderCondition(filters=((late,),), since=date(2026, 5, 1), no_order_after=True)
    rule = AudienceRule(orders=(orders,), rated=(RatingCondition(at_most=2),), any_of=True)
    assert AudienceRule.model_validate_json(rule.stored) == rule
    assert describe_conditions(rule).to(language) == words
    assert rule.code != rule.model_copy(update={"any_of": False}).code


@pytest.mark.parametrize("operator", ["at_most", "at_least", "is"])
def test_one_order_is_singular(operator: str) -> None:
    one = MetricCondition(field="selected_orders", operator=operator, values=("1",))
    words = describe_conditions(AudienceRule(orders=(OrderCondition(filters=((one,),)),)))
    assert words.to("en").endswith("1 order")


@pytest.mark.parametrize("reviews", [[], [review(n, 1) for n in range(40)]])
def test_ratings_without_a_customer_choose_nobody(reviews: list[dict[str, Any]]) -> None:
    with pytest.raises(CannotDo, match="No rating names a customer"):
        members(shop(reviews), at_most=1)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "left a rating (at most 2 stars; since 1 May 2026; no order afterwards)"),
        (
            "fr",
            "ont laissé une note (au plus 2 étoiles\u00a0; depuis le 1er mai 2026\u00a0; "
            "aucune commande depuis)",
        ),
    ],
)
def test_ratings_stand_in_the_rule(language: str, words: str) -> None:
    rated = RatingCondition(at_most=2, since=date(2026, 5, 1), no_order_after=True)
    rule = AudienceRule(rated=(rated,))
    assert AudienceRule.model_validate_json(rule.stored) == rule
    assert describe_conditions(rule).to(language) == words
    assert rule.move(timedelta(days=-1)).rated[0].since == date(2026, 4, 30)


async def test_tool_counts_raters_and_says_how_many_can_be_told() -> None:
    consents = [{"customer": f"c{n}", "email": True} for n in range(120)]
    data = data_of(shop(of_customers(), consents=consents))
    rated = {
        "at_least": 0,
        "at_most": 1,
        "since": "none",
        "until": "none",
        "no_order_after": True,
    }
    result = await call_tool("audience", {"rated": [rated]}, tool_deps(data))
    counts = {fact.parts.measure: fact.value for fact in result.facts}
    assert counts["customers"] == 30
    assert any("120 of 150 texts" in note for note in result.notes)
    assert "at most 1 star" in result.read_as


async def test_tool_counts_people_of_whom_one_condition_holds() -> None:
    consents = [{"customer": f"c{n}", "email": True} for n in range(120)]
    data = data_of(shop(of_customers(), consents=consents))
    days = {"since": "none", "until": "none", "no_order_after": True}
    belgian = {"field": "country", "operator": "is", "values": ["BE"]}
    given = {
        "orders": [{"filters": [[belgian]], "never": False, **days}],
        "rated": [{"at_least": 0, "at_most": 1, **days}],
        "any_of": True,
    }
    result = await call_tool("audience", given, tool_deps(data))
    counts = {fact.parts.measure: fact.value for fact in result.facts}
    assert counts["customers"] == 45
    rule = AudienceRule.model_validate_json(str(counts["rule"]))
    assert rule == rows_rule(any_of=True)
    alone = await call_tool("audience", {**given, "rated": []}, tool_deps(data))
    found = {fact.parts.measure: fact.value for fact in alone.facts}
    assert not AudienceRule.model_validate_json(str(found["rule"])).any_of
