"""The tool that tells how advertising does."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.tool import COUNTS, ToolError
from bot.core.facts import FACT_UNITS
from bot.i18n.messages import Language
from tests.support.metric_queries import where
from tests.support.sample_tables import sample
from tests.support.tool_runner import call_tool, text_of, tool_deps


@pytest.mark.parametrize(
    ("language", "problem"),
    [("en", "product sold out · problem"), ("fr", "produit épuisé · problème")],
)
async def test_what_stops_a_keyword_is_said_in_the_readers_language(
    language: Language, problem: str
) -> None:
    result = await call_tool("advertising", {}, tool_deps(language=language))
    assert problem in text_of(result, language)


async def test_a_keyword_says_where_it_is_advertised() -> None:
    result = await call_tool("advertising")
    stuck = [fact for fact in result.facts if fact.parts.subject.startswith("stuck--")]
    where = {fact.parts.measure: fact.value for fact in stuck}
    (retailers,) = (
        sample()
        .engine.con.execute(
            "SELECT list(DISTINCT retailer) FROM campaigns WHERE keyword IS NOT NULL"
        )
        .fetchone()
    )
    assert where["retailer"] in retailers
    of_keyword = "SELECT DISTINCT name FROM campaigns WHERE keyword = ?"
    keyword = next(fact for fact in stuck if fact.parts.measure == "campaign")
    named = sample().engine.con.execute(of_keyword, [keyword.about]).fetchall()
    assert named == [(keyword.value,)]
    table = next(
        one.table for one in result.exhibits if one.table and "Keyword" in one.table.columns[0]
    )
    assert {"Platform", "Campaign"}.issubset(table.columns)


@pytest.mark.parametrize("column", ["retailer", "placement"])
async def test_ads_of_one_retailer_or_placement_are_told_apart(column: str) -> None:
    sql = f"""SELECT {column}, sum(spend) FROM campaigns WHERE channel = 'ads'
        AND "at"::DATE BETWEEN '2026-10-01' AND '2026-10-31' GROUP BY 1 ORDER BY 1"""
    rows = sample().engine.con.execute(sql).fetchall()
    assert len(rows) > 1
    days = {"since": "2026-10-01", "until": "2026-10-31"}
    for name, spend in rows:
        result = await call_tool("advertising", {**days, column: name.upper()})
        total = next(f for f in result.facts if f.parts.measure == "spend" and not f.about)
        assert total.number == spend
        assert name.upper() in result.read_as
    with pytest.raises(ToolError, match="called zzqqxx. It has: .*" + rows[0][0]):
        await call_tool("advertising", {column: "zzqqxx"})


async def test_a_campaign_can_be_left_out_of_the_advertising() -> None:
    sql = """SELECT sum(spend) FROM campaigns WHERE channel = 'ads' AND name <> 'Marque'
        AND "at"::DATE BETWEEN '2026-10-01' AND '2026-10-31'"""
    ((spend,),) = sample().engine.con.execute(sql).fetchall()
    days = {"since": "2026-10-01", "until": "2026-10-31"}
    result = await call_tool("advertising", {**days, "without_campaign": "MARQUE"})
    assert next(f for f in result.facts if f.parts.measure == "spend").number == spend
    assert "without MARQUE" in result.read_as
    assert not [fact for fact in result.facts if fact.about == "Marque"]
    with pytest.raises(ToolError, match="no campaign called zzqqxx"):
        await call_tool("advertising", {"without_campaign": "zzqqxx"})


async def test_figures_that_are_left_out_are_named() -> None:
    result = await call_tool("funnel", {"device": "mobile"})
    (note,) = [one for one in result.notes if "more figures are left out" in one]
    assert " of " in note


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("advertising", {}),
        ("suggest_audiences", {"category": "Bain"}),
        ("funnel", {}),
        ("find_products", {"words": "lin"}),
    ],
)
async def test_what_is_counted_stands_behind_each_count(tool: str, arguments: Any) -> None:
    result = await call_tool(tool, arguments)
    counts = [
        fact
        for fact in result.facts
        if fact.parts.measure in COUNTS and isinstance(fact.value, Decimal)
    ]
    assert counts
    assert all(fact.unit in FACT_UNITS for fact in counts)


async def test_advertising_says_which_budgets_have_room() -> None:
    result = await call_tool("advertising", {})
    shares = [fact for fact in result.facts if fact.parts.measure == "share-of-budget"]
    campaigns = {fact.about for fact in shares if fact.parts.subject.startswith("name--")}
    rows = sample().engine.con.execute("SELECT DISTINCT name FROM campaigns WHERE budget > 0")
    assert campaigns == {name for (name,) in rows.fetchall()}
    assert any("share of budget" in note for note in result.notes)


async def test_a_keyword_whose_budget_runs_out_says_how_small_it_is() -> None:
    result = await call_tool("advertising", {"since": "2026-11-01", "until": "2026-11-24"})
    found = {(fact.about, fact.parts.measure): fact for fact in result.facts}
    (keyword,) = (about for about, measure in found if measure == "days-out-of-budget")
    own, campaign = (
        found[name, "budget-a-day"] for name in (keyword, str(found[keyword, "campaign"].value))
    )
    assert 0 < own.number < campaign.number
    others = {about for about, measure in found if measure == "budget-a-day"}
    assert others == {"", own.about, campaign.about}
    tables = [one.table.columns for one in result.exhibits if one.table]
    assert any("Keyword" in names and "Budget a day" in names for names in tables)


async def test_a_return_on_ads_has_the_name_and_decimals_of_query_metrics() -> None:
    days = {"since": "2026-10-01", "until": "2026-10-31"}
    told = await call_tool("advertising", days)
    asked = {**ADS, **days, "measures": ["sales_per_spend"]}
    (roas,) = (await call_tool("query_metrics", asked)).facts
    own = next(f for f in told.facts if f.parts.measure == "return" and not f.about)
    assert (own.label, own.value) == (roas.label, roas.value)


ADS = {
    "dataset": "campaigns",
    "measures": ["spend"],
    "filters": [],
    "since": "2026-11-01",
    "until": "2026-11-24",
}


async def test_ads_that_ran_on_for_what_is_sold_out_are_named_with_their_cost() -> None:
    sql = """SELECT products.product, any_value(products.title), max(sold), any_value(name),
            sum(spend), sum(orders) FROM products JOIN (
            SELECT product, max("at")::DATE + 1 AS sold FROM orders GROUP BY 1) USING (product)
        JOIN campaigns USING (product) WHERE stock = 0 AND spend > 0
        AND campaigns."at"::DATE BETWEEN sold AND '2026-11-24' GROUP BY products.product"""
    ((_, title, since, campaign, spent, orders),) = sample().engine.con.execute(sql).fetchall()
    named = f"{title} (since {since}, in {campaign})"
    by_campaign = {**ADS, "dimensions": ["campaign"]}
    later = str(since + timedelta(days=5))
    until = {"until": "2026-11-24"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("query_metrics", by_campaign),
        ("query_metrics", {**by_campaign, "since": later}),
        ("advertising", until),
        ("advertising", until | {"since": later}),
        ("find_products", {"in_stock": "no"}),
    ]
    for tool, call in calls:
        result = await call_tool(tool, call)
        assert tool == "find_products" or any(named in note for note in result.notes)
        cost = [fact for fact in result.facts if title in fact.about and campaign in fact.about]
        told = {fact.parts.measure: fact.number for fact in cost}
        assert told == {"spend": spent, "campaign-orders": orders}
        assert {(fact.since, str(fact.until)) for fact in cost} == {(since, "2026-11-24")}
        assert ": :" not in text_of(result)  # what only says how it was read is no exhibit
    before = {**by_campaign, "until": str(since - timedelta(days=1))}
    clicks = {**by_campaign, "measures": ["clicks"]}
    elsewhere = {**by_campaign, "filters": [[where("campaign", "is_not", campaign)]]}
    for call in (before, clicks, elsewhere):
        notes = (await call_tool("query_metrics", call)).notes
        assert not any("sold out" in note for note in notes)
    stuck = (await call_tool("advertising", {"until": before["until"]})).facts
    assert not any(fact.value == "product sold out" for fact in stuck)


async def test_costs_of_ads_say_that_they_are_of_all_countries() -> None:
    for measure, is_said in (("spend", True), ("opened", False)):
        call = {**ADS, "measures": [measure], "since": "2026-06-01"}
        notes = (await call_tool("query_metrics", call)).notes
        assert any("have no country" in note for note in notes) is is_said


async def test_a_platform_that_an_exclusion_empties_is_named() -> None:
    sql = """SELECT any_value(name), retailer FROM campaigns WHERE spend > 0
        GROUP BY retailer HAVING count(DISTINCT name) = 1"""
    (campaign, platform), *_ = sample().engine.con.execute(sql).fetchall()
    without = [[{"field": "campaign", "operator": "is_not", "values": [campaign]}]]
    for dimensions, is_named in (["retailer"], True), (["campaign"], False), ([], False):
        call = {**ADS, "filters": without, "dimensions": dimensions}
        notes = [n for n in (await call_tool("query_metrics", call)).notes if "No row here" in n]
        assert [platform in note for note in notes] == [True] * is_named


@pytest.mark.parametrize(
    ("tool", "call"),
    [
        ("advertising", {}),
        ("feedback_themes", {"theme": "sizing"}),
        ("read_feedback", {"tone": "complaint"}),
        ("find_products", {"sort": "best_sellers"}),
    ],
)
async def test_days_end_with_the_last_whole_day_of_the_data(
    tool: str, call: dict[str, Any]
) -> None:
    days = {**call, "since": "2026-11-01", "until": "2026-11-24"}
    result = await call_tool(tool, days | {"until": "2026-11-30"})
    whole = await call_tool(tool, days)
    assert result.facts == whole.facts
    assert (result.read_as, result.scope) == (whole.read_as, whole.scope)
