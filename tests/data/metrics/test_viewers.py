"""The audience of customers who looked at something, counted and listed."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.agent.tools.audience import Params
from bot.core.audience_rule import ORDER_FIELDS, AudienceRule, ViewCondition
from bot.core.audience_words import describe_conditions
from bot.data.analyses.segments.audience import list_members, select_matching
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from tests.support.small_tables import small
from tests.support.tool_runner import call_tool, data_of, tool_deps

FIRST, SEEN = datetime(2026, 3, 1, 12), datetime(2026, 6, 1, 9)
CATALOGUE = [
    {"product": "dress", "title": "Linen dress", "category": "Linen"},
    {"product": "shirt", "title": "Linen shirt", "category": "Linen"},
    {"product": "vase", "title": "Glass vase", "category": "Glass"},
]


def view(session: str, product: str, **more: Any) -> dict[str, Any]:
    return {"session": session, "at": SEEN, "step": "view", "product": product, **more}


def shop(events: list[dict[str, Any]] | None = None, **tables: Any) -> Warehouse:
    """120 customers. The first 60 looked at the dress, the first 20 of them have it; those from 60
    on looked at the vase. The visits of 40 to 59 name them by the order that they ended with."""
    orders = [
        {"order": f"a{n}", "line": 1, "customer": f"c{n}", "at": FIRST, "amount": 40}
        | {"product": "dress" if n < 20 else "vase"}
        for n in range(120)
    ]
    orders.append({**orders[-1], "order": "newest", "at": SEEN + timedelta(days=30)})
    if events is None:
        events = [view(f"s{n}", "dress", visitor=f"c{n}") for n in range(40)]
        events += [view(f"s{n}", "dress", visitor=f"cookie-{n}") for n in range(40, 60)]
        events += [
            {"session": f"s{n}", "at": SEEN, "step": "purchase", "order": f"a{n}"}
            for n in range(40, 60)
        ]
        events += [view(f"s{n}", "vase", visitor=f"c{n}") for n in range(60, 120)]
        events += [view(f"x{n}", "dress", visitor=f"cookie-{n}") for n in range(30)]
    return small(products=CATALOGUE, events=events, orders=orders, **tables)


def members(warehouse: Warehouse, rule: AudienceRule) -> set[str]:
    return {row["customer"] for row in fetch_rows(warehouse, select_matching(warehouse, rule))}


def people(*numbers: int) -> set[str]:
    return {f"c{n}" for n in range(*numbers)}


def viewed(*products: str, **more: Any) -> AudienceRule:
    return AudienceRule(viewed=(ViewCondition(products=products, **more),))


def test_audience_is_chosen_by_what_it_looked_at() -> None:
    warehouse, day = shop(), timedelta(days=1)
    assert members(warehouse, viewed("dress")) == people(60)
    not_bought = viewed("dress").model_copy(update={"not_bought": ("dress",)})
    assert members(warehouse, not_bought) == people(20, 60)
    assert members(warehouse, viewed(categories=("linen",))) == people(60)
    assert members(warehouse, viewed("dress", "vase")) == people(120)
    assert members(warehouse, viewed("dress", since=SEEN.date() + day)) == set()


def test_audience_is_chosen_by_what_it_laid_in_the_basket() -> None:
    events = [view(f"s{n}", "dress", visitor=f"c{n}") for n in range(60)]
    events += [view(f"s{n}", "dress", step="cart") for n in range(40)]
    events += [view(f"s{n}", "vase", visitor=f"c{n}", step="cart") for n in range(60, 70)]
    warehouse = shop(events)
    assert members(warehouse, viewed("dress", in_basket=True)) == people(40)
    assert members(warehouse, viewed(in_basket=True)) == people(40) | people(60, 70)
    assert not viewed(in_basket=True).impossible
    said = describe_conditions(viewed("dress", in_basket=True), {"dress": "Linen dress"})
    assert said.to("en") == "put “Linen dress” in the basket"


def test_export_counts_viewers_again() -> None:
    consents = [{"customer": f"c{n}", "email": n < 50} for n in range(120)]
    warehouse = shop(consents=consents)
    listed = fetch_rows(warehouse, list_members(warehouse, viewed("dress")))
    assert {row["customer"] for row in listed} == people(50)


@pytest.mark.parametrize(
    "events", [[], [view(f"s{n}", "dress", visitor=f"cookie-{n}") for n in range(40)]]
)
def test_visits_of_strangers_choose_nobody(events: list[dict[str, Any]]) -> None:
    with pytest.raises(CannotDo, match="No visit names a customer"):
        members(shop(events), viewed("dress"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "never bought “Linen dress”; looked at “Linen dress” (since 1 May 2026)"),
        (
            "fr",
            "n'ont jamais acheté « Linen dress » ; ont regardé « Linen dress » (depuis le "
            "1er mai 2026)",
        ),
    ],
)
def test_what_they_looked_at_stands_in_the_rule(language: str, words: str) -> None:
    rule = viewed("dress", since=date(2026, 5, 1)).model_copy(update={"not_bought": ("dress",)})
    assert AudienceRule.model_validate_json(rule.stored) == rule
    said = describe_conditions(rule, {"dress": "Linen dress"}).to(language)
    assert said.replace("\u00a0", " ") == words
    assert rule.move(timedelta(days=-1)).viewed[0].since == date(2026, 4, 30)
    assert AudienceRule(viewed=(ViewCondition(),)).impossible


async def test_tool_counts_viewers_and_says_how_many_can_be_told() -> None:
    consents = [{"customer": f"c{n}", "email": True} for n in range(120)]
    data = data_of(shop(consents=consents))
    named = {"products": ["Linen dress"], "categories": [], "in_basket": False}
    asked = {**named, "since": "none", "until": "none"}
    result = await call_tool(
        "audience", {"viewed": [asked], "not_bought": ["dress"]}, tool_deps(data)
    )
    counts = {fact.parts.measure: fact.value for fact in result.facts}
    assert counts["customers"] == 40
    assert any("120 of 150 visits" in note for note in result.notes)
    assert "looked at “Linen dress”" in str(result.read_as)
    assert "visitors who never ordered are not counted" in dict(result.scope)["explained"]


def test_schema_offers_the_fields_that_a_rule_may_have() -> None:
    defined = Params.model_json_schema()["$defs"]["OfOrders"]
    assert {*defined["properties"]["field"]["enum"]} == {*ORDER_FIELDS}
