"""The tools on customers: segments, audiences, repeat_purchases, bought_next, forecast."""

import dataclasses
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.tool import ToolDeps, ToolError, ToolResult
from bot.agent.tools import audience
from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.core.joined_exhibits import arrange_exhibits
from bot.core.request import Brief, SkillRequest
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.segments.audience import count_audience
from bot.data.analyses.segments.rfm import SEGMENTS_BY_ID
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import (
    call_tool,
    data_of,
    figure,
    sample_data,
    text_of,
    tool_deps,
)

pytestmark = pytest.mark.timeout(120)


def ask(sql: str) -> Any:
    """The first value of a query that shares no code with the analyses."""
    row = sample().engine.con.execute(sql).fetchone()
    assert row is not None
    return row[0]


def values(result: ToolResult, measure: str) -> list[Decimal]:
    return [
        fact.value
        for fact in result.facts
        if fact.parts.measure == measure and isinstance(fact.value, Decimal)
    ]


async def test_segments_add_up_to_all_customers() -> None:
    result = await call_tool("segments")
    every = figure(result, "segments.all.customers").value
    assert every == ask("SELECT count(DISTINCT customer) FROM orders WHERE amount >= 0")
    assert sum(values(result, "customers")) == 2 * Decimal(every)
    for measure in ("share-of-customers", "revenue-share"):
        assert 99 < sum(values(result, measure)) < 101


async def test_segments_give_the_figures_of_the_analysis_with_table_and_chart() -> None:
    found = sample_data().findings("segments", AnalysisFilter())
    result = await call_tool("segments")
    for fact in result.facts:
        same = found.get(fact.parts.subject, fact.parts.measure)
        assert same is not None
        assert same.value == fact.value
    table, chart = result.exhibits[0].table, result.exhibits[0].chart
    assert table is not None
    assert chart is not None
    assert len(table.rows) == len(chart.points) == len(SEGMENT_LABELS)
    assert set(table.facts) <= {fact.id for fact in result.facts}


async def test_segments_say_how_many_agreed_to_the_channel_that_was_asked_for() -> None:
    deps = tool_deps()
    brief = deps.request.brief.model_copy(update={"channels": ("sms",)})
    deps = dataclasses.replace(deps, request=deps.request.model_copy(update={"brief": brief}))
    result = await call_tool("segments", {"segment": "lapsed"}, deps)
    counted = await call_tool("audience", {"segments": ["lapsed"]}, deps)
    told = figure(result, "segments.lapsed.by-sms")
    assert told.value == next(f.value for f in counted.facts if f.parts.measure == "by-sms")
    every = await call_tool("segments", {}, deps)
    assert len([f for f in every.facts if f.parts.measure == "by-sms"]) == len(SEGMENT_LABELS)
    table = every.exhibits[0].table
    assert table
    assert table.columns[2] == "Agreed to SMS"
    france = await call_tool("segments", {"country": "FR"}, deps)
    assert not [f for f in france.facts if f.parts.measure == "by-sms"]
    assert any("Who agreed" in note for note in france.notes)


async def test_segments_say_how_many_agreed_to_a_purpose_that_is_named() -> None:
    result = await call_tool("segments", {"purpose": "sms"})
    counted = await call_tool("audience", {"segments": ["champions"]})
    (told,) = (one for one in result.facts if one.id == "segments.champions.by-sms")
    assert told.value == next(f.value for f in counted.facts if f.parts.measure == "by-sms")
    assert "without opt-outs" in result.read_as
    without = await call_tool("segments")
    assert not [f for f in without.facts if f.parts.measure.startswith("by-")]


async def test_audiences_are_suggested_for_several_categories_together() -> None:
    result = await call_tool("suggest_audiences", {**ANY, "category": "Bain; mailles"})
    (rule,) = (
        AudienceRule.model_validate_json(str(one.value))
        for one in result.facts
        if one.parts.measure == "rule" and one.parts.subject.startswith("buyers")
    )
    assert rule.bought_categories == ("Bain", "Mailles")
    assert "Bain, mailles" in result.read_as
    with pytest.raises(ToolError, match="no category called Bad"):
        await call_tool("suggest_audiences", {**ANY, "category": "Bain; Bad"})


async def test_suggested_audiences_say_what_each_of_them_spent() -> None:
    result = await call_tool("suggest_audiences", LINEN)
    spent, each = (values(result, one) for one in ("spent", "revenue-per-customer"))
    assert spent
    assert len(each) == len(spent)
    assert all(0 < one < whole for one, whole in zip(each, spent, strict=True))


async def test_those_who_agreed_are_told_from_the_file_of_consents() -> None:
    result = await call_tool("audience", {"segments": ["lapsed"]})
    agreed = next(f for f in result.facts if f.parts.measure == "by-email")
    assert agreed.source.file == "consents.csv"


async def test_one_segment_has_its_rule_and_habits_in_french() -> None:
    result = await call_tool("segments", {"segment": "at-risk"}, tool_deps(language="fr"))
    rule = figure(result, "segments.at-risk.rule")
    assert rule.spelled("fr") != rule.value
    assert result.read_as.split(" · ")[0] == "À risque"
    assert {fact.parts.subject for fact in result.facts} == {"all", "at-risk"}
    assert figure(result, "segments.at-risk.favourite-category").value


async def test_a_period_is_part_of_the_figures_and_of_their_ids() -> None:
    result = await call_tool("segments", {"country": "FR", "since": "2026-01-01"})
    fact = figure(result, "segments.all--fr--2026-01-01.customers")
    assert str(fact.since) == "2026-01-01"
    assert fact.until is not None
    parts = ("what", "country", "days")
    told = " · ".join(text for part, text in result.scope if part in parts)
    assert told == "customer segments · France · since 1 January 2026"


async def test_an_unknown_country_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ToolError, match=r"no country called Japon.*BE"):
        await call_tool("segments", {"country": "Japon"})


AUDIENCE_SQL = """
SELECT count(*) FROM (
  SELECT o.customer FROM orders o JOIN products p USING (product)
  WHERE o.amount >= 0 AND p.category = 'Mailles'
    AND date_diff('day', o."at"::DATE, (SELECT max("at")::DATE FROM orders)) < 60
  INTERSECT SELECT customer FROM orders WHERE country = 'FR'
  {consent})
"""


async def test_audience_counts_buyers_of_a_category_in_a_country() -> None:
    result = await call_tool(
        "audience",
        {"bought_categories": ["Mailles"], "bought_within_days": 60, "countries": ["FR"]},
    )
    consent = (
        "INTERSECT SELECT customer FROM consents WHERE email AND NOT coalesce(opted_out, false)"
    )
    assert values(result, "customers") == [ask(AUDIENCE_SQL.format(consent=""))]
    assert values(result, "by-email") == [ask(AUDIENCE_SQL.format(consent=consent))]


@pytest.mark.parametrize(("field", "says_so"), [("returned", True), ("discounted", False)])
async def test_audience_by_returns_says_that_some_are_still_to_come(
    field: str, says_so: bool
) -> None:
    filters = [[{"field": field, "operator": "is", "values": ["yes"]}]]
    days = {"since": "none", "until": "none"}
    never = {"filters": filters, **days, "never": True, "no_order_after": False}
    result = await call_tool("audience", {"orders": [never]})
    assert any("still to come" in note for note in result.notes) == says_so


async def test_rows_of_an_audience_are_people_and_can_stand_in_one_table() -> None:
    exhibits = [
        (await call_tool("audience", {"countries": [code]})).exhibits[0] for code in ("FR", "BE")
    ]
    (joined,), left_out = arrange_exhibits(
        [one.model_copy(update={"id": f"e{n}"}) for n, one in enumerate(exhibits)]
    )
    assert not left_out
    assert joined.table
    assert len(joined.table.rows) == 2


async def test_rows_of_audiences_are_named_by_what_they_do_not_share() -> None:
    lapsed = {"not_within_days": 90, "countries": ["FR"]}
    calls = [{**lapsed, "min_orders": 2}, {**lapsed, "max_orders": 1, "min_orders": 1}]

    async def name_rows(*calls: dict[str, Any]) -> tuple[list[str], Any]:
        exhibits = [(await call_tool("audience", one)).exhibits[0] for one in calls]
        (joined,), _left_out = arrange_exhibits(
            [one.model_copy(update={"id": f"e{n}"}) for n, one in enumerate(exhibits)]
        )
        assert joined.table
        return [row[0] for row in joined.table.rows], joined.scope

    names, scope = await name_rows(*calls)
    assert names == ["At least 2 orders", "Bought once"]
    assert ("more", "nothing for 90 days, France") in scope
    names, _scope = await name_rows(calls[0], lapsed)
    assert names == ["At least 2 orders", "Nothing for 90 days, France"]
    names, scope = await name_rows({"countries": ["FR"]}, {"countries": ["BE"]})
    assert names == ["France", "Belgium"]
    assert "more" not in {part for part, _text in scope}


async def test_segments_say_their_days_their_revenue_and_the_sign_of_a_rise() -> None:
    result = await call_tool("segments", {"segment": "none"})
    assert {"what", "days", "more"} <= {part for part, _text in result.scope}
    rises = [one for one in result.facts if one.parts.measure == "growth" and one.number > 0]
    assert rises
    assert all(one.shown("en").startswith("+") for one in rises)


async def test_audience_says_how_many_agreed_with_or_without_an_order() -> None:
    result = await call_tool("audience", {"countries": ["FR"]})
    told = {fact.id: fact.value for fact in result.facts}
    for column in ("email", "sms"):
        agreed = f"FROM consents WHERE {column} AND NOT coalesce(opted_out, false)"
        buyers = "(SELECT customer FROM orders WHERE customer IS NOT NULL)"
        without = ask(f"SELECT count(*) {agreed} AND customer NOT IN {buyers}")
        is_small = 0 < without < 20  # the difference would tell of these few
        everybody = None if is_small else ask(f"SELECT count(*) {agreed}")
        assert told.get(f"audiences.everybody.agreed-{column}") == everybody
    assert "audiences.everybody.agreed-email" in told
    assert any("Only customers with an order are counted" in note for note in result.notes)


@pytest.mark.parametrize(
    ("tool", "given"), [("audience", {"countries": ["FR"]}), ("suggest_audiences", None)]
)
async def test_audiences_say_whom_no_data_tell_to_be_reached(
    tool: str, given: dict[str, Any] | None
) -> None:
    silent = await call_tool(tool, given or LINEN)
    assert not [note for note in silent.notes if "can be reached by" in note]
    result = await call_tool(tool, given or LINEN, tool_deps(words="who gets a push in France?"))
    (note,) = [note for note in result.notes if "can be reached by" in note]
    reached = note.partition(".")[0]
    assert "Push notification" in reached
    assert not any(one in reached for one in ("E-mail", "SMS", "Meta ad", "Product page"))


async def test_audience_returns_its_rule_in_words_and_as_json_for_the_export() -> None:
    result = await call_tool(
        "audience",
        {"segments": ["lapsed"], "bought": ["Robe Solène en lin"], "purpose": "sms"},
        tool_deps(language="fr"),
    )
    stored = next(fact for fact in result.facts if fact.parts.measure == "rule")
    rule = AudienceRule.model_validate(json.loads(str(stored.value)))
    assert rule == AudienceRule(segments=("lapsed",), bought=("lin-solene",), purpose="sms")
    assert rule.code in stored.id
    conditions = next(fact for fact in result.facts if fact.parts.measure == "conditions")
    assert "SMS" in str(conditions.value)


async def test_audience_says_since_when_orders_are_known_where_it_reaches_further_back() -> None:
    first = ask('SELECT min("at") FROM orders').date()
    since = f"orders since {first.day} {first:%B %Y}"
    condition = {
        "filters": [],
        "since": "none",
        "until": "none",
        "never": False,
        "no_order_after": False,
    }
    before = str(first - timedelta(days=1))
    for reaching in (
        {"last_order_until": "2025-11-28"},
        {"not_bought": ["Robe Solène en lin"]},
        {"not_within_days": 900},
        {"orders": [{**condition, "never": True}]},
        {"orders": [{**condition, "since": before}]},
        {"orders": [{**condition, "until": "2025-11-28"}]},
    ):
        assert (await call_tool("audience", reaching)).read_as.endswith(since), reaching
    for within in (
        {"countries": ["FR"], "bought": ["Robe Solène en lin"], "not_within_days": 90},
        {"last_order_from": "2026-01-01", "last_order_until": "2026-06-30"},
        {"orders": [{**condition, "since": "2026-01-01"}]},
        {"not_bought": ["Robe Solène en lin"], "not_within_days": 90},
    ):
        assert "orders since" not in (await call_tool("audience", within)).read_as


async def test_audience_is_read_as_the_conditions_that_its_count_is_of() -> None:
    """The count is of all who meet them: the reading names no consent, which only part of them
    gave."""
    result = await call_tool("audience", {"bought": ["Robe Solène en lin"], "purpose": "sms"})
    assert "Robe Solène en lin" in result.read_as
    assert "agreed" not in result.read_as
    counted = next(fact for fact in result.facts if fact.parts.measure == "customers")
    assert counted.label == "customers who meet the conditions"


async def test_audience_counts_new_subscribers_without_an_order() -> None:
    without = "customer NOT IN (SELECT customer FROM orders WHERE customer IS NOT NULL)"
    whole = ask(f"SELECT count(*) FROM consents WHERE {without}")
    result = await call_tool("audience", {"never_ordered": True, "joined_within_days": 2000})
    assert values(result, "customers") == [whole]
    part = await call_tool("audience", {"never_ordered": True, "joined_within_days": 180})
    counted = next(fact.value for fact in part.facts if fact.parts.measure == "customers")
    since = 'since > (SELECT max("at")::DATE FROM orders) - 180'
    told = ask(f"SELECT count(*) FROM consents WHERE {since} AND {without}")
    assert 20 <= told > whole - 20
    assert counted == f"at least {whole - 19}"  # the few others stay unknown
    assert "never ordered" in str(part.read_as)
    assert not any("Only customers with an order" in note for note in result.notes)
    assert not values(result, "bought-share")
    of_buyers = await call_tool("audience", {"segments": ["new"]})
    assert any("never_ordered" in note for note in of_buyers.notes)


def deps_of_copy(channel: str, *facts: Fact) -> ToolDeps:
    deps = tool_deps()
    brief = deps.request.brief.model_copy(update={"product": "mai-brume"})
    request = SkillRequest(skill="draft", brief=brief, channel=channel)
    return dataclasses.replace(deps, request=request, book=FactBook(facts))


async def test_writer_of_copy_is_told_what_a_count_means_for_the_text() -> None:
    found = await call_tool("audience", {"countries": ["GB"]})
    most = next(fact for fact in found.facts if fact.parts.measure == "bought-most")
    product = "product.mai-brume"
    stored = {"source": "products.csv", "as_of": TODAY}
    name = str(most.value).split("; ")[0]
    facts = (
        Fact(id=f"{product}.name", label="name", value=name, **stored),
        Fact(id=f"{product}.price", label="price", value=Decimal(59), unit="EUR", **stored),
    )
    of_copy = await call_tool("audience", {"countries": ["GB"]}, deps_of_copy("email", *facts))
    told = of_copy.notes
    measures = {fact.parts.measure for fact in of_copy.facts}
    assert {"conditions", "rule", "customers", "by-email", "bought-most"} <= measures
    assert not {one for one in measures if one.startswith(("bought-share", "expected", "agreed"))}
    assert values(found, "bought-share")
    assert not any("people then" in note for note in told)
    assert any("have this very product" in note for note in told)
    assert any("Prices are known in EUR alone" in note for note in told)
    assert audience.NOBODY_TO_WRITE_TO not in told
    assert not any("have this very product" in note for note in found.notes)


async def test_writer_of_copy_is_to_ask_where_too_few_may_be_written_to() -> None:
    few = {"segments": ["at-risk"], "regions": ["33"], "purpose": "sms"}
    told = (await call_tool("audience", few, deps_of_copy("sms"))).notes
    assert audience.NOBODY_TO_WRITE_TO in told
    assert audience.NOBODY_TO_WRITE_TO not in (await call_tool("audience", few)).notes
    late = deps_of_copy("sms")
    brief = late.request.brief.model_copy(update={"goal": "announce"})
    late = dataclasses.replace(late, request=late.request.model_copy(update={"brief": brief}))
    assert audience.NOBODY_TO_WRITE_TO not in (await call_tool("audience", few, late)).notes


async def test_audience_below_the_floor_shows_no_number() -> None:
    result = await call_tool("audience", {"segments": ["at-risk"], "regions": ["33"]})
    counted = {fact.parts.measure: fact.value for fact in result.facts}
    assert counted["customers"] == "under 20"
    assert not values(result, "customers")
    assert "bought-share" not in counted


LATE_UK = (("country", "GB"), ("late", "yes"))  # of these days the sample shop has none


async def test_that_nobody_is_in_an_audience_stands_in_no_note() -> None:
    late = [[{"field": field, "operator": "is", "values": [value]}] for field, value in LATE_UK]
    days = {"since": "2026-11-15", "until": "2026-11-28"}
    asked = {"orders": [{"filters": late, **days, "never": False, "no_order_after": False}]}
    result = await call_tool("audience", asked)
    counted = {fact.parts.measure: fact.value for fact in result.facts}
    assert counted["customers"] == "under 20"
    assert not any("No row" in note or "in_audience" in note for note in result.notes)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bought": ["Robe Solange"]}, "Near it: .*Robe Solène en lin"),
        ({"bought_categories": ["Knitwear"]}, "It has:"),
        ({"min_orders": 5, "max_orders": 2}, "Nobody has at least 5 orders and at most 2"),
        ({"bought_within_days": -3}, "greater than or equal to 1"),
        ({"last_order_from": "in May"}, "last_order_from must be a day"),
    ],
)
async def test_audience_refuses_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        await call_tool("audience", given)


async def test_audience_of_an_unknown_country_says_how_the_orders_write_them() -> None:
    result = await call_tool("audience", {"countries": ["Atlantis"]})
    assert not result.facts
    assert any("FR, GB, BE" in note for note in result.notes)


async def test_audience_of_a_country_is_the_same_by_each_of_its_names() -> None:
    one, *others = [
        [fact.value for fact in (await call_tool("audience", {"countries": [name]})).facts]
        for name in ("GB", "UK", "United Kingdom", "Royaume-Uni")
    ]
    assert one
    assert others == [one] * 3


async def test_repeat_purchases_give_the_figures_of_the_analysis() -> None:
    found = sample_data().findings("segments", AnalysisFilter())
    result = await call_tool("repeat_purchases")
    assert [f.id for f in result.facts][:2] == [
        "segments.second-purchase.share-30-days",
        "segments.second-purchase.share-60-days",
    ]
    for fact in result.facts:
        same = found.get(fact.parts.subject, fact.parts.measure)
        assert same is not None
        assert same.value == fact.value
    assert all(fact.about for fact in result.facts)


REPEAT_SQL = """
WITH days AS (
  SELECT customer, min("at")::DATE AS day FROM orders
  WHERE customer IS NOT NULL GROUP BY customer, "order"),
firsts AS (SELECT customer, min(day) AS day FROM days GROUP BY customer),
back AS (
  SELECT f.customer, f.day, min(d.day - f.day) AS again
  FROM firsts f LEFT JOIN days d ON d.customer = f.customer AND d.day > f.day GROUP BY ALL)
SELECT {what} FROM back WHERE day BETWEEN '2026-01-01' AND '{until}'
"""


@pytest.mark.parametrize("until", ["2026-03-31", "2026-06-29"])
async def test_repeat_purchases_of_days_are_of_first_purchases_ever(until: str) -> None:
    result = await call_tool("repeat_purchases", {"since": "2026-01-01", "until": until})
    fact = figure(result, f"segments.second-purchase--2026-01-01--{until}.share-90-days")
    assert fact.rows == ask(REPEAT_SQL.format(what="count(*)", until=until))
    share = "round(100.0 * count(*) FILTER (again <= 90) / count(*), 1)"
    assert float(fact.value) == pytest.approx(ask(REPEAT_SQL.format(what=share, until=until)))


async def test_repeat_purchases_say_which_shares_the_data_can_not_tell() -> None:
    result = await call_tool("repeat_purchases", {"since": "2026-07-01", "until": "2026-09-30"})
    assert "segments.second-purchase--2026-07-01--2026-09-30.share-90-days" in {
        fact.id for fact in result.facts
    }
    notes = " ".join(result.notes)
    assert "Within 180 days can't be told: the data ends on 2026-11-24" in notes
    assert "Within 90 days is of first purchases until 2026-08-26" in notes
    assert "Within 30 days" not in notes
    none = await call_tool("repeat_purchases", {"since": "2026-11-10"})
    assert not none.facts
    assert any("first time in these days" in note for note in none.notes)


SOURCE_SQL = """
WITH lines AS (
  SELECT customer, "order", min("at") AS "at", max(source) AS source FROM orders
  WHERE customer IS NOT NULL GROUP BY customer, "order" HAVING sum(amount) >= 0),
firsts AS (
  SELECT customer, arg_min(source, ("at", "order")) AS source, min("at")::DATE AS day
  FROM lines GROUP BY customer),
back AS (
  SELECT f.customer, f.day, f.source, min(l."at"::DATE - f.day) AS again
  FROM firsts f LEFT JOIN lines l ON l.customer = f.customer AND l."at"::DATE > f.day GROUP BY ALL)
SELECT {what} FROM back WHERE source = 'instagram' AND '2026-11-24' - day >= 30
"""


async def test_repeat_purchases_of_a_source_are_of_first_orders_ever_from_it() -> None:
    result = await call_tool("repeat_purchases", {"source": "instagram"})
    fact = figure(result, "segments.second-purchase--instagram.share-30-days")
    assert fact.rows == ask(SOURCE_SQL.format(what="count(*)"))
    share = "round(100.0 * count(*) FILTER (again <= 30) / count(*), 1)"
    assert float(fact.value) == pytest.approx(ask(SOURCE_SQL.format(what=share)))
    assert fact.about == "first order: instagram"


async def test_repeat_purchases_tell_no_share_of_which_one_side_is_of_few() -> None:
    """As `repeat_rate`: 20 who came back, and 20 who did not."""
    told = 0
    for since in ("2026-02-01", "2026-05-01", "2026-07-01"):
        given = {"source": "instagram", "since": since}
        result = await call_tool("repeat_purchases", given)
        for fact in result.facts:
            if fact.unit == "%" and fact.parts.measure.startswith("share-"):
                back = round(float(fact.value) * (fact.rows or 0) / 100)
                assert min(back, (fact.rows or 0) - back) >= 20
                told += 1
    assert told


async def test_repeat_purchases_after_a_first_category_stand_beside_the_others() -> None:
    result = await call_tool("repeat_purchases", {"category": "Mailles"}, tool_deps(language="fr"))
    own = figure(result, "segments.first-mailles--mailles.share-90-days")
    others = figure(result, "segments.first-mailles--mailles.others-90-days")
    assert Decimal(own.value) < Decimal(others.value)
    assert "tous les clients" in text_of(result, "fr")


async def test_bought_next_after_a_product_gives_the_figures_of_the_analysis() -> None:
    found = sample_data().findings("behaviour", AnalysisFilter(product="lin-solene"))
    result = await call_tool("bought_next", {"relation": "next", "product": "Robe Solène en lin"})
    assert figure(result, "behaviour.after--lin-solene.subject").value == "Robe Solène en lin"
    for fact in result.facts:
        same = found.get(fact.parts.subject.removesuffix("--lin-solene"), fact.parts.measure)
        assert same is not None
        assert same.value == fact.value


async def test_bought_next_of_the_shop_names_pairs_beyond_chance() -> None:
    result = await call_tool("bought_next", {"relation": "next"})
    lifts = values(result, "lift")
    assert lifts
    assert all(lift >= Decimal("1.2") for lift in lifts)


async def test_bought_together_names_what_the_same_customers_own() -> None:
    result = await call_tool("bought_next", {"relation": "together"}, tool_deps(language="fr"))
    assert values(result, "customers") == [375]
    assert result.exhibits[0].table is not None
    assert "Planche à pain" in result.exhibits[0].table.rows[0][0]


async def test_bought_next_takes_a_product_or_a_category() -> None:
    with pytest.raises(ToolError, match="not both"):
        await call_tool("bought_next", {"product": "lin-solene", "category": "Bain"})


async def test_forecast_gives_tried_shares_and_says_what_it_can_not_foretell() -> None:
    found = sample_data().findings("behaviour", AnalysisFilter(days=90))
    result = await call_tool("forecast", {"days": 90}, tool_deps(language="fr"))
    fact = figure(result, "behaviour.in-rhythm-90-days--90-days.bought")
    same = found.get("in-rhythm-90-days", "bought")
    assert same is not None
    assert fact.value == same.value
    assert any("1\u202f337" in note for note in result.notes), "what a past window missed"
    chart = result.exhibits[0].chart
    assert chart is not None
    assert len(chart.points) == 10


async def test_forecast_of_too_few_customers_is_refused_with_the_reason() -> None:
    result = await call_tool("forecast", {"days": 30, "country": "BE"})
    assert not result.facts
    assert any("200" in note for note in result.notes)


@pytest.mark.parametrize("days", [6, 366])
async def test_forecast_looks_a_week_to_a_year_ahead(days: int) -> None:
    with pytest.raises(ToolError, match="from 7 to 365"):
        await call_tool("forecast", {"days": days})


ANY = {"product": "none", "category": "none", "goal": "none", "country": "none", "purpose": "none"}
LINEN = {**ANY, "category": "Vêtements en lin"}


async def test_suggested_audiences_have_the_figures_of_their_rules() -> None:
    result = await call_tool("suggest_audiences", LINEN)
    rules = {
        fact.parts.subject: AudienceRule.model_validate_json(str(fact.value))
        for fact in result.facts
        if fact.parts.measure == "rule"
    }
    assert {subject.split("--")[0] for subject in rules} == {"buyers", "alike", "loyal"}
    for subject, rule in rules.items():
        counted = count_audience(sample(), rule)
        sizes = [
            figure(result, f"audiences.{subject}.{m}").value for m in ("customers", "by-email")
        ]
        assert sizes == [counted.fits, counted.reachable]
    chart = result.exhibits[0].chart
    assert chart is not None
    assert all(p.low is not None and p.low <= p.value <= (p.high or 0) for p in chart.points)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("audience", {"segments": ["loyal"]}), ("suggest_audiences", LINEN), ("segments", {})],
)
async def test_what_a_segment_is_is_told_with_its_name(tool: str, arguments: Any) -> None:
    result = await call_tool(tool, arguments, tool_deps(language="fr"))
    tables = [row for one in result.exhibits if one.table for row in one.table.rows]
    shown = " ".join([result.read_as, *(" ".join(row) for row in tables)])
    told = {name for name, one in SEGMENTS_BY_ID.items() if one.rule.to("fr") in shown}
    assert "loyal" in told
    assert ("lapsed" in told) == (tool == "segments")


async def test_what_suggested_audiences_spent_is_what_the_audience_of_the_rule_spent() -> None:
    result = await call_tool("suggest_audiences", {**ANY, "goal": "win back"})
    spent = next(one for one in result.facts if one.id.endswith(".spent"))
    told = await call_tool("audience", {"segments": ["at-risk", "drifting-away"]})
    revenue = {one.value for one in told.facts if one.label == spent.label}
    assert spent.value in revenue
    table = result.exhibits[0].table
    assert table is not None
    assert spent.id in table.facts


async def test_suggested_audiences_say_that_the_product_is_sold_out() -> None:
    sold_out = "Plaid Nuée en mohair et laine is sold out: say so first."
    result = await call_tool("suggest_audiences", {**ANY, "product": "lit-nuee"})
    assert sold_out in result.notes
    assert figure(result, "product.lit-nuee.availability").value == "sold out"
    result = await call_tool("suggest_audiences", {**ANY, "product": "lin-alba"})
    assert not any("sold out" in note for note in result.notes)


async def test_suggested_audiences_fit_goal_and_country() -> None:
    result = await call_tool("suggest_audiences", {**LINEN, "goal": "win back", "country": "BE"})
    rules = [
        AudienceRule.model_validate_json(str(fact.value))
        for fact in result.facts
        if fact.parts.measure == "rule"
    ]
    assert rules
    assert {rule.countries for rule in rules} == {("BE",)}
    with pytest.raises(ToolError, match="FR, GB, BE"):
        await call_tool("suggest_audiences", {**LINEN, "country": "Japan"})
    with pytest.raises(ToolError, match="not both"):
        await call_tool("suggest_audiences", {**LINEN, "product": "lin-alba"})


async def test_forecast_says_when_the_season_was_never_tried() -> None:
    result = await call_tool("forecast", {"days": 30})
    assert any("in none of the windows tried" in note for note in result.notes)


async def test_products_and_categories_bought_next_are_shown_apart() -> None:
    result = await call_tool("bought_next", {"product": "lin-alba"})
    firsts = [
        {id.split(".")[1].rsplit("-", 2)[0][:11] for id in exhibit.table.facts}
        for exhibit in result.exhibits
        if exhibit.table
    ]
    assert len(firsts) == 2
    assert firsts[0].isdisjoint(firsts[1])


async def test_the_amounts_of_an_audience_are_told_in_their_currency() -> None:
    dear = {"field": "order_value", "operator": "at_least", "values": ["100"]}
    orders = {
        "filters": [[dear]],
        "since": "none",
        "until": "none",
        "never": False,
        "no_order_after": False,
    }
    result = await call_tool("audience", {"min_spend": 250.0, "orders": [orders]})
    conditions = str(result.facts[0].value)
    for said in (result.read_as, conditions):
        assert "spent at least €250" in said
        assert "orders of at least €100" in said


@pytest.mark.parametrize(
    ("agreed", "buyers", "shown"),
    [
        (0, 28, 0),
        (7, 28, "under 20"),
        (21, 28, "at least 20"),
        (30, 42, "at least 23"),
        (28, 28, 28),
    ],
)
async def test_who_agreed_is_told_as_far_as_it_may_be(
    agreed: int, buyers: int, shown: int | str
) -> None:
    row = {"at": datetime(2026, 10, 1, 12), "amount": 9}
    places = [("FR", one) for one in range(buyers)] + [("GB", one) for one in range(120)]
    shop = small(
        orders=[
            {**row, "order": f"{country}{one}", "customer": f"{country}{one}", "country": country}
            for country, one in places
        ],
        consents=[{"customer": f"FR{one}", "sms": one < agreed} for one in range(buyers)],
    )
    given = {"purpose": "sms", "countries": ["FR"]}
    result = await call_tool("audience", given, tool_deps(data_of(shop)))
    counted = {fact.parts.measure: fact for fact in result.facts}
    assert counted["by-sms"].value == shown
    warned = any(one.startswith("Too few") and "by sms" in one for one in result.notes)
    assert warned == (agreed < 20)
    other = await call_tool("audience", {**given, "purpose": "ads"}, tool_deps(data_of(shop)))
    assert not any("by sms" in one for one in other.notes)


async def test_what_people_spent_is_not_told_where_their_number_is_not() -> None:
    """Revenue and revenue per customer together would tell it. The card says so."""
    call = {"segments": ["champions", "loyal"], "countries": ["GB"]}
    found = {}
    for purpose in ("ads", "email"):
        result = await call_tool("audience", {**call, "purpose": purpose})
        counted = next(fact.value for fact in result.facts if fact.parts.measure == "customers")
        assert str(counted).startswith("at least ")
        worth = [fact for fact in result.facts if fact.parts.measure.startswith(("spent", "reven"))]
        found[purpose] = bool(worth)
        is_left_out = any("what they spent is left out" in note for note in result.notes)
        assert bool(result.exhibits[0].not_ranked) == is_left_out != bool(worth)
    assert found == {"ads": False, "email": True}  # only the number of those by e-mail is told


async def test_table_of_an_audience_has_those_who_may_be_written_to_and_what_they_spent() -> None:
    call = {"purpose": "sms", "segments": ["lapsed"], "not_within_days": 90}
    result = await call_tool("audience", call)
    table = result.exhibits[0].table
    assert table
    heads = ["Customers", "Agreed to SMS", "Spent by those who agreed"]
    assert [*table.columns[1:4]] == heads
    assert table.rows[0][0] == "Lapsed, nothing for 90 days"
    title = result.exhibits[0].build_card_table()
    assert title
    assert "Lapsed:" not in title.title
    assert "Lapsed:" in result.read_as


ANYBODY: dict[str, Any] = {}


async def test_all_customers_are_those_with_an_order() -> None:
    result = await call_tool("audience", ANYBODY)
    assert result.read_as == "all customers with an order"


@pytest.mark.parametrize("tool", ["audience", "suggest_audiences"])
async def test_audiences_are_of_the_channel_that_was_asked_for(tool: str) -> None:
    given = ANYBODY if tool == "audience" else LINEN
    deps = tool_deps()
    asked = deps.request.brief.model_copy(update={"channels": ("sms",)})
    request = deps.request.model_copy(update={"brief": asked})
    of_sms = await call_tool(tool, given, dataclasses.replace(deps, request=request))
    for result, purpose in ((of_sms, "sms"), (await call_tool(tool, given), "email")):
        rules = [str(one.value) for one in result.facts if one.parts.measure == "rule"]
        assert {AudienceRule.model_validate_json(one).purpose for one in rules} == {purpose}
        assert ("those who agreed, counted without opt-outs" in result.read_as) == (
            purpose == "sms"
        )


async def test_that_nobody_may_be_written_to_by_the_channel_is_said_first() -> None:
    place = {**ANY, "country": "GB", "purpose": "sms"}
    result = await call_tool("suggest_audiences", place)
    assert any(one.startswith("Too few agreed") and "by sms" in one for one in result.notes)


WORTH_SQL = """
SELECT sum(amount), count(DISTINCT "order") FILTER (amount >= 0), count(DISTINCT customer)
FROM orders WHERE "at"::DATE >= '{since}' AND customer IN (
  SELECT customer FROM orders WHERE amount >= 0 AND customer IS NOT NULL
  GROUP BY customer HAVING count(DISTINCT "order") >= 3){consent}
"""
AGREED_SQL = """ AND customer IN (
  SELECT customer FROM consents WHERE email AND NOT coalesce(opted_out, false))"""


async def test_audience_tells_what_its_people_spent_in_all_and_in_the_last_year() -> None:
    result = await call_tool("audience", {"min_orders": 3})
    last = sample().as_of("orders")
    year_ago = last - timedelta(days=364)
    told = {
        (fact.parts.measure.removesuffix("-of-12-months"), fact.since): fact
        for fact in result.facts
        if fact.about == "of these, agreed to e-mail"
    }
    assert {since for _, since in told} == {ask('SELECT min("at")::DATE FROM orders'), year_ago}
    for (measure, since), fact in told.items():
        sql = WORTH_SQL.format(since=since, consent=AGREED_SQL)
        spent, orders, people = map(float, sample().engine.con.execute(sql).fetchone())
        wanted = {"spent": spent, "orders": orders, "revenue-per-customer": spent / people}
        assert float(str(fact.value)) == pytest.approx(wanted[measure], rel=1e-3)
        assert fact.label == ("revenue before returns" if measure == "spent" else fact.label)
    assert len(told) == 6


async def test_audience_of_a_text_and_of_people_without_an_order_has_no_worth() -> None:
    request = SkillRequest(skill="email", channel="email", brief=tool_deps().request.brief)
    deps = dataclasses.replace(tool_deps(), request=request)
    for given, of in (({"min_orders": 3}, deps), ({"never_ordered": True}, tool_deps())):
        assert not values(await call_tool("audience", given, of), "spent")


def daily_orders(*, until: date, days: int, country: str = "FR", a_day: int = 2) -> list[Any]:
    """`a_day` orders of €10 on each day, half as many again in the last eight weeks."""
    rows = []
    for back in range(days):
        for n in range(a_day + a_day // 2 if back < 56 else a_day):
            at = datetime.combine(until - timedelta(days=back), time(12))
            id = f"{country}{back}-{n}"
            rows.append(
                {"order": id, "line": 1, "at": at, "customer": id, "amount": 10, "country": country}
            )
    return rows


async def test_days_to_come_are_a_scenario_of_last_year_and_the_pace() -> None:
    deps = tool_deps(data_of(small(orders=daily_orders(until=date(2026, 11, 24), days=450))))
    december = {"since": "2026-12-01", "until": "2026-12-31"}
    result = await call_tool("forecast", december, deps)
    figures = {fact.parts.measure: fact for fact in result.facts}
    base, told = figures["last-year-orders"], figures["scenario-orders"]
    assert base.value == 62
    assert (base.since, base.until) == (date(2025, 12, 1), date(2025, 12, 31))
    assert figures["orders-change"].value == 50
    assert told.value == figures["scenario-orders-low"].value == 93  # no week differs
    assert (told.since, told.until) == (date(2026, 12, 1), date(2026, 12, 31))
    assert figures["scenario-sales"].value == 930
    assert any("no forecast" in note for note in result.notes)


async def test_a_month_that_has_begun_ends_with_what_came_and_a_scenario() -> None:
    until = date(2026, 11, 24)
    rows = daily_orders(until=until, days=450, a_day=10)
    week = [one for one in rows if one["at"].date() > until - timedelta(days=7)]
    rows = rows[len(week) :] + week[::3]  # five orders a day instead of fifteen
    deps = tool_deps(data_of(small(orders=rows)))
    november = {"since": "2026-11-01", "until": "2026-11-30"}
    result = await call_tool("forecast", november, deps)
    told = {
        f"{one.parts.subject.partition('--')[0]}.{one.parts.measure}": one for one in result.facts
    }
    rest, whole = told["scenario.scenario-sales"], told["whole.scenario-sales"]
    assert (rest.since, whole.since) == (date(2026, 11, 25), date(2026, 11, 1))
    came = told["whole.so-far-sales"].number
    assert came == 17 * 150 + 7 * 50
    assert whole.number == came + rest.number
    assert told["whole.last-year-sales"].number == 30 * 100
    assert (
        told["scenario.sales-change-last-week"].number == -50 < told["scenario.sales-change"].number
    )
    (table,) = (exhibit.table for exhibit in result.exhibits)
    assert table is not None
    assert {rest.shown("en"), whole.shown("en")} <= {cell for row in table.rows for cell in row}


async def test_a_scenario_of_weeks_tells_each() -> None:
    deps = tool_deps(data_of(small(orders=daily_orders(until=date(2026, 11, 24), days=450))))
    result = await call_tool("forecast", {"since": "2026-11-25", "until": "2027-01-12"}, deps)
    whole, weeks = (exhibit.table for exhibit in result.exhibits)
    assert whole is not None
    assert [row[1:] for row in whole.rows] == [("1,470", "1,470", "1,470", "980")]
    assert weeks is not None
    assert [row[1:] for row in weeks.rows] == [("14", "21")] * 7
    base = next(fact for fact in result.facts if fact.parts.measure == "last-year-orders")
    assert base.since == date(2025, 11, 26)  # a Wednesday too


@pytest.mark.parametrize(
    ("days", "given", "why"),
    [
        (300, {}, "needs the orders since 1 October 2025"),
        (450, {"country": "BE"}, "Too few orders"),
        (450, {"since": "2026-10-01", "until": "2026-10-31"}, "days to come"),
        (450, {"since": "2027-12-01", "until": "2027-12-31"}, "within a year"),
    ],
)
async def test_a_scenario_is_refused_with_the_reason(
    days: int, given: dict[str, str], why: str
) -> None:
    rows = daily_orders(until=date(2026, 11, 24), days=days)
    rows += [
        {**row, "order": f"b{row['order']}", "customer": f"b{row['order']}", "country": "BE"}
        for row in rows[::40]
    ]
    december = {"since": "2026-12-01", "until": "2026-12-31"}
    deps = tool_deps(data_of(small(orders=rows)))
    result = await call_tool("forecast", {**december, **given}, deps)
    assert not result.facts
    assert any(why in note for note in result.notes)


async def test_the_best_day_of_a_segment_is_named_in_the_readers_language() -> None:
    result = await call_tool("segments", {"segment": "champions"})
    day = figure(result, "segments.champions.best-day")
    assert day.spelled("en") == "Sunday"
    assert day.spelled("fr") == "dimanche"


@pytest.mark.parametrize(("channel", "is_told"), [(None, True), ("email", False)])
def test_only_a_report_is_told_to_say_that_few_agreed(channel: str | None, is_told: bool) -> None:
    """A text has no place for it; its card says it."""
    few = Fact(
        id="audiences.yours.by-email",
        label="of these, agreed to e-mail",
        value="under 20",
        source="consents.csv",
        as_of=TODAY,
    )
    brief = Brief(words="whom?", author="U1", language="en")
    request = SkillRequest(skill="draft" if channel else "targeting", brief=brief, channel=channel)
    notes = audience._explain((few,), AudienceRule(purpose="email", min_orders=2), request)
    assert any("Too few agreed" in one for one in notes) is is_told
