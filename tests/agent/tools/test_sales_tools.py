"""The tools on sales, visits and parcels: trends, funnel, deliveries; and on tests."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.tool import ToolError
from bot.agent.tools._calendar import find_like_days, tell_occasions
from bot.agent.tools._path_breaks import name_breaks
from bot.agent.tools.split_revenue import split_change
from bot.config.brand import Brand, Market
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.core.joined_exhibits import arrange_exhibits
from bot.data.analyses.result import AnalysisFilter
from bot.data.service import WorkspaceData
from tests.support.loop_tools import fact
from tests.support.sample_tables import sample
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
STEP = "Step"
PATH = ("From product page to cart", "From cart to payment", "From payment to purchase")
MOBILE = "funnel.device-mobile-checkout-to-purchase"


@pytest.fixture(scope="module")
def orders_alone() -> WorkspaceData:
    start = datetime(2026, 10, 1)
    return data_of(
        small(
            orders=[
                {
                    "order": f"o{n}",
                    "at": start + timedelta(days=n % 50),
                    "customer": f"c{n}",
                    "quantity": 1.0,
                    "amount": Decimal(20 + n % 7),
                    "currency": "EUR",
                }
                for n in range(400)
            ]
        )
    )


async def test_trends_give_what_moved_first_and_the_totals() -> None:
    found = sample_data().findings("trends", AnalysisFilter())
    result = await call_tool("trends")
    first = next(fact for fact in result.facts if fact.parts.kind == "trends")
    assert first.value == "confirmed"
    assert first.about == "Bougies et senteurs"
    for subject, measure in (
        ("category-bougies-et-senteurs", "change"),
        ("total-orders", "last"),
        ("total-revenue", "expected"),
        ("returns-lin-alba", "rate"),
    ):
        same = found.get(subject, measure)
        assert same is not None
        assert figure(result, f"trends.{subject}.{measure}").value == same.value
    assert any("Mailles" in note for note in result.notes if note.startswith("Steady"))


async def test_a_trend_can_be_told_from_the_usual_level_to_the_last_weeks() -> None:
    result = await call_tool("trends")
    last = figure(result, "trends.category-bougies-et-senteurs.last")
    assert (last.since, last.until) == (date(2026, 11, 2), date(2026, 11, 22))
    assert last.label == "a week, mean of these days", "not of those since it moved"
    assert any(last.label in note for note in result.notes)
    assert figure(result, "trends.total-orders.last").label == "last"
    book = FactBook(result.facts)
    assert book.spell(book.add(last), "from-to", "en") == "from 44 to 126\u00a0units"
    assert book.spell(book.add(last), "from-to", "fr") == "de 44 à 126\u00a0pièces"


def test_the_parts_of_a_change_add_up_to_it() -> None:
    now = {"visits": Decimal(1200), "per-visit": Decimal("0.02"), "average-order": Decimal(100)}
    before = {"visits": Decimal(1000), "per-visit": Decimal("0.03"), "average-order": Decimal(100)}
    parts = split_change(now, before, 0)
    assert sum(parts.values()) == 2400 - 3000
    assert parts["average-order"] == 0
    assert parts["visits"] == 490  # L(2400, 3000) x ln(1200 / 1000)
    assert set(split_change(before, before, 0).values()) == {0}


@pytest.mark.parametrize("part", ["", "device-", "country-"])
async def test_a_change_of_revenue_is_split_exactly(part: str) -> None:
    days = {"since": "2026-11-16", "until": "2026-11-22"}
    result = await call_tool("split_revenue", days)
    split = [fact for fact in result.facts if f"split-orders-{part or '2026'}" in fact.id]
    parts = [f for f in split if f.label.startswith("of it")]
    assert parts
    for subject in {one.parts.subject for one in parts}:
        change = figure(result, f"calculated.{subject}.revenue-change")
        assert sum(f.number for f in parts if f.parts.subject == subject) == change.number
    (of,) = {one.parts.subject for one in split if one.parts.measure == "rate"}
    change = figure(result, f"calculated.{of}.revenue-change")
    rates = {one.parts.measure: one.number for one in split if one.parts.subject == of}
    assert 0 < rates["rate"] < 100
    assert rates["rate"] != rates["rate-before"]
    if not part:
        revenue = [f for f in result.facts if f.parts.measure == "revenue"]
        assert change.number == Decimal(revenue[0].value) - Decimal(revenue[1].value)


async def test_each_device_has_a_whole_row_of_the_split() -> None:
    days = {"since": "2026-11-16", "until": "2026-11-22"}
    result = await call_tool("split_revenue", {**days, "country": "FR"}, tool_deps(language="fr"))
    (table,) = [e.table for e in result.exhibits if e.table and e.shows.startswith("the change")]
    rows = sample().engine.con.execute("SELECT DISTINCT device FROM orders WHERE device NOTNULL")
    assert len(table.rows) == 1 + len(rows.fetchall())
    cells = [cell for row in table.rows for cell in row[1:]]
    assert "–" not in cells
    assert not [cell for cell in cells if ",00" in cell]
    assert not [row for row in table.rows if "France" in row[0]]  # its title says it


async def test_a_split_names_the_devices_that_have_no_row() -> None:
    days = {"since": "2026-10-01", "until": "2026-10-31"}
    result = await call_tool("split_revenue", {**days, "country": "GB"})
    assert (await call_tool("split_revenue", {**days, "country": "UK"})).facts == result.facts
    exhibit = result.exhibits[0]
    assert exhibit.table
    rows = {row[0] for row in exhibit.table.rows}
    devices = {"desktop", "mobile", "tablet"}
    assert devices - rows == {one for one in devices if one in exhibit.cut}
    assert devices - rows


async def test_a_split_stands_on_the_visits_too() -> None:
    result = await call_tool("split_revenue", {"since": "2026-11-16", "until": "2026-11-22"})
    split = next(one for one in result.facts if one.parts.measure == "per-visit-change")
    inputs = [one for one in result.facts if one.id in split.calculated_from]
    assert len({one.source.file for one in inputs}) == 2


async def test_a_split_names_what_sold_out_within_its_days() -> None:
    sql = """SELECT any_value(products.title), max("at")::DATE + 1 AS since
        FROM orders JOIN products USING (product) WHERE stock = 0 GROUP BY product ORDER BY 2"""
    (title, since), *_ = sample().engine.con.execute(sql).fetchall()
    result = await call_tool("split_revenue", {"since": str(since), "until": "2026-11-22"})
    assert any(f"{title} since {since}" in note for note in result.notes)
    result = await call_tool("split_revenue", {"since": "2026-09-16", "until": "2026-09-22"})
    assert not any(title in note for note in result.notes)


@pytest.mark.parametrize(("country", "is_named"), [("FR", True), ("GB", False)])
async def test_a_split_names_what_sold_out_where_it_sold(country: str, is_named: bool) -> None:
    sql = """SELECT DISTINCT country FROM orders JOIN products USING (product)
        WHERE stock = 0 AND "at" >= '2026-10-20'"""
    assert sample().engine.con.execute(sql).fetchall() == [("FR",)]
    days = {"since": "2026-11-06", "until": "2026-11-22"}
    result = await call_tool("split_revenue", {**days, "country": country})
    assert any(note.startswith("Sold out") for note in result.notes) is is_named


async def test_trends_name_what_sold_out_of_the_category_asked_for() -> None:
    sql = """SELECT any_value(products.title), any_value(products.category), max("at")::DATE + 1
        FROM orders JOIN products USING (product) WHERE stock = 0 GROUP BY product ORDER BY 3"""
    (title, category, since), *_ = sample().engine.con.execute(sql).fetchall()
    result = await call_tool("trends", {"category": category})
    assert any(f"{title} since {since}" in note for note in result.notes)
    other = await call_tool("trends", {"category": "Bain"})
    assert category != "Bain"
    assert not any("Sold out" in note for note in other.notes)


async def test_a_change_where_no_device_is_stated_is_not_split() -> None:
    orders, events = [], []
    for n in range(400):
        at, known = datetime(2026, 11, 1 + n % 14, 9), n % 3
        device = ("mobile", "desktop", None)[known]
        amount = Decimal(20 + (at.day > 7) * (0, 1, 30)[known])
        sold = {"order": f"o{n}", "customer": f"c{n}", "quantity": 1.0, "currency": "EUR"}
        orders.append({**sold, "at": at, "amount": amount, "device": device})
        seen = {"session": f"s{n}", "visitor": f"v{n}", "step": "view"}
        events.append({**seen, "at": at, "device": device})
    shop = data_of(small(orders=orders, events=events))
    days = {"since": "2026-11-08", "until": "2026-11-14"}
    result = await call_tool("split_revenue", days, tool_deps(shop))
    split = {f.about for f in result.facts if f.parts.measure == "per-visit-change"}
    assert split == {"", "desktop", "mobile"}


async def test_where_earlier_visits_are_not_known_their_days_are_told() -> None:
    orders, events = [], []
    for n in range(400):
        at = datetime(2026, 11, 1 + n % 14, 9)
        sold = {"order": f"o{n}", "customer": f"c{n}", "quantity": 1.0, "currency": "EUR"}
        orders.append({**sold, "at": at, "amount": Decimal(20)})
        if at.day > 7:
            events.append({"session": f"s{n}", "visitor": f"v{n}", "step": "view", "at": at})
    shop = data_of(small(orders=orders, events=events))
    days = {"since": "2026-11-08", "until": "2026-11-14"}
    result = await call_tool("split_revenue", days, tool_deps(shop))
    (note,) = [note for note in result.notes if "Visits are not known" in note]
    assert "known from 2026-11-08 to 2026-11-14" in note


async def test_without_visits_a_change_is_split_into_orders_and_basket(orders_alone: Any) -> None:
    days = {"since": "2026-11-01", "until": "2026-11-14"}
    result = await call_tool("split_revenue", days, tool_deps(orders_alone))
    assert {f.label for f in result.facts if f.label.startswith("of it")} == {
        "of it with orders",
        "of it with the average order",
    }
    assert any("Visits are not known" in note for note in result.notes)


@pytest.mark.parametrize(
    ("language", "about"), [("en", "France, mobile, checkout to purchase"), ("fr", "du paiement")]
)
async def test_parts_of_filtered_visits_say_what_they_are_filtered_by(
    language: Any, about: str
) -> None:
    result = await call_tool("funnel", {"device": "mobile"}, tool_deps(language=language))
    of_country = [f for f in result.facts if f.parts.subject.startswith("country-fr-checkout")]
    assert {about in fact.name_about(language) for fact in of_country} == {True}
    assert {fact.about.count("mobile") for fact in result.facts} == {1}
    assert not [fact for fact in result.facts if "moteur" in fact.about]


async def test_a_break_in_the_path_has_its_own_rate_since_that_day() -> None:
    result = await call_tool("funnel")
    since = figure(result, f"{MOBILE}.since")
    rate = figure(result, f"{MOBILE}.rate-since")
    assert str(rate.since) == since.value
    assert rate.compared_with == f"{MOBILE}.before"
    assert any("rate-since" in note for note in result.notes)


async def test_a_part_of_the_visits_tells_what_broke_for_all() -> None:
    whole = {fact.id: fact for fact in (await call_tool("funnel")).facts}
    for call in ({"country": "FR"}, {"country": "FR", "device": "mobile"}):
        result = await call_tool("funnel", call)
        told = [fact for fact in result.facts if "whole shop" in fact.about]
        assert {fact.about for fact in told} == {"mobile, the whole shop, checkout to purchase"}
        for measure in ("rate", "before", "since"):
            (fact,) = (one for one in told if one.parts.measure == measure)
            assert fact.value == whole[f"{MOBILE}.{measure}"].value
            assert fact.id not in whole
        assert any("whole shop" in note for note in result.notes)


async def test_conversion_keeps_the_number_before_it_was_rounded() -> None:
    facts = (await call_tool("funnel", {"device": "mobile"})).facts
    rates = [fact for fact in facts if fact.parts.measure == "conversion"]
    assert rates
    assert all(fact.exact is not None and fact.exact != fact.value for fact in rates)


@pytest.mark.parametrize("call", [{}, {"device": "mobile"}, {"device": "desktop"}])
async def test_what_broke_elsewhere_or_is_told_already_is_not_told_of_all(call: Any) -> None:
    result = await call_tool("funnel", call)
    assert not [fact for fact in result.facts if "whole shop" in fact.about]


@pytest.mark.parametrize(
    ("tool", "call", "is_named"),
    [
        ("trends", {}, True),
        ("trends", {"country": "FR"}, True),
        ("trends", {"device": "desktop"}, False),
        ("trends", {"until": "2026-09-30"}, False),
        ("split_revenue", {"since": "2026-11-16", "until": "2026-11-22"}, True),
        ("split_revenue", {"since": "2026-10-05", "until": "2026-10-11"}, False),
    ],
)
async def test_sales_name_what_broke_in_the_path_to_purchase(
    tool: str, call: Any, is_named: bool
) -> None:
    result = await call_tool(tool, call)
    named = [note for note in result.notes if "Confirmed in the path" in note]
    assert bool(named) is is_named
    assert [call.tool for call in result.next_calls] == ["funnel"] * is_named
    if is_named:
        since = figure(await call_tool("funnel"), f"{MOBILE}.since").value
        assert f"mobile, checkout to purchase: fewer pass it since {since}" in named[0]


@pytest.mark.parametrize(
    ("until", "category", "is_named"),
    [
        ("2026-11-15", "none", True),
        ("2026-11-15", "Mailles", False),  # visits without a source alone
        ("none", "Mailles", True),  # all visits, because of those by phone
    ],
)
async def test_sales_of_goods_name_what_all_visits_moved_by(
    until: str, category: str, is_named: bool
) -> None:
    result = await call_tool("trends", {"until": until, "category": category})
    assert any("Confirmed in the path" in note for note in result.notes) is is_named


VISITS = {"dataset": "visits", "measures": ["conversion"], "comparison": "previous_period"}
WEEKS = {"since": "2026-11-11", "until": "2026-11-24"}
ORDERS_BY = {"dataset": "orders", "measures": ["revenue"], "since": "2026-09-01"}
BASKETS = {"dataset": "orders", "measures": ["average_order", "orders"]}
ARRIVED = {"field": "delivered_day", "operator": "is", "values": ["any"]}
ARRIVED_ORDERS = {"dataset": "orders", "measures": ["orders"], "filters": [[ARRIVED]]}
ORDERS_OF_CAMPAIGNS = {"dataset": "campaigns", "measures": ["campaign_orders"]}


@pytest.mark.parametrize(
    ("tool", "call", "is_named", "is_in_both"),
    [
        ("query_metrics", VISITS | WEEKS, True, False),
        ("query_metrics", VISITS | {"since": "2026-11-21", "until": "2026-11-24"}, True, True),
        ("query_metrics", VISITS | {"since": "2026-10-05", "until": "2026-10-11"}, False, False),
        ("query_metrics", VISITS | WEEKS | {"measures": ["visits"]}, False, False),
        (
            "query_metrics",
            VISITS | WEEKS | {"dataset": "orders", "measures": ["revenue"]},
            True,
            False,
        ),
        (
            "query_metrics",
            VISITS | WEEKS | {"dataset": "orders", "measures": ["late_share"]},
            False,
            False,
        ),
        ("query_metrics", VISITS | WEEKS | ORDERS_OF_CAMPAIGNS, False, False),  # of ads alone
        ("query_metrics", VISITS | WEEKS | BASKETS, False, False),
        ("query_metrics", VISITS | WEEKS | ARRIVED_ORDERS, False, False),
        ("query_metrics", VISITS | WEEKS | {"comparison": "none"}, False, False),
        ("query_metrics", ORDERS_BY | {"dimensions": ["week"]}, True, False),
        ("query_metrics", ORDERS_BY | {"dimensions": ["month"]}, False, False),
        (
            "query_metrics",
            ORDERS_BY | {"dimensions": ["week"], "measures": ["discounted_share"]},
            False,
            False,
        ),
        ("query_metrics", {"dataset": "orders", "measures": ["revenue"]}, False, False),
        ("query_metrics", {"dataset": "campaigns", "measures": ["click_rate"]}, False, False),
        ("query_metrics", {"dataset": "feedback", "measures": ["rating"]}, False, False),
        ("advertising", {}, False, False),
    ],
)
async def test_figures_of_broken_days_carry_a_note(
    tool: str, call: Any, is_named: bool, is_in_both: bool
) -> None:
    result = await call_tool(tool, call)
    notes = [note for note in result.notes if "Confirmed in the path" in note]
    since = since_of_break()
    compared = [
        fact.id if fact.is_change else fact.compared_with
        for fact in result.facts
        if (fact.is_change or fact.compared_with) and fact.until and str(fact.until) >= since
    ]
    asked = [call.facts for call in result.next_calls if call.tool == "funnel"]
    assert asked == [tuple(compared)] * (is_named and bool(compared))
    assert [f"since {since}" in note for note in notes] == [True] * is_named
    assert any("The earlier days have it as well" in note for note in notes) is is_in_both


@pytest.mark.parametrize(
    ("day", "dimensions", "is_named"),
    [
        ("2026-11-24", [], True),
        ("2026-11-20", [], False),  # more orders than a week before
        ("2026-11-20", ["device"], False),
        ("2026-11-21", ["device"], False),
    ],
)
async def test_a_break_is_named_beside_what_fell_alone(
    day: str, dimensions: list[str], is_named: bool
) -> None:
    asked = {"measures": ["orders"], "since": day, "until": day, "dimensions": dimensions}
    result = await call_tool("query_metrics", VISITS | {"dataset": "orders"} | asked)
    assert [call.tool for call in result.next_calls] == ["funnel"] * is_named
    assert any("Confirmed in the path" in note for note in result.notes) is is_named


@pytest.mark.parametrize(("fallen", "is_named"), [("mobile", True), ("desktop", False)])
async def test_a_break_is_named_for_its_own_part(fallen: str, is_named: bool) -> None:
    facts = list[Fact]()
    for of in ("", "mobile", "desktop"):
        ids = [f"metric.orders-{of or 'all'}-{time}.orders" for time in ("now", "before")]
        now, before = (fact(id, Decimal(50), about=of) for id in ids)
        days = {"since": date(2026, 11, 24), "until": date(2026, 11, 24)}
        value = Decimal(40 if of == fallen else 60)
        facts += [now.model_copy(update={"value": value, "compared_with": ids[1], **days}), before]
    when = (date(2026, 11, 24), date(2026, 11, 24))
    found = await name_breaks(when, AnalysisFilter(), tool_deps(), facts)
    assert bool(found.notes) is is_named


@pytest.mark.parametrize("device", ["mobile", "desktop"])
async def test_figures_of_other_visits_carry_no_note_on_a_break(device: str) -> None:
    of = {"filters": [[{"field": "device", "operator": "is", "values": [device]}]]}
    result = await call_tool("query_metrics", VISITS | WEEKS | of)
    assert bool(result.next_calls) is (device == "mobile")


def since_of_break() -> str:
    found = sample_data().findings("funnel", AnalysisFilter())
    since = found.get(MOBILE.removeprefix("funnel."), "since")
    assert since
    return str(since.value)


async def test_trends_draw_the_weeks_with_what_was_expected() -> None:
    result = await call_tool("trends")
    lines = [one.chart for one in result.exhibits if one.chart and one.chart.kind == "line"]
    assert lines
    points = lines[0].points
    assert [point.day for point in points] == sorted(point.day for point in points if point.day)
    assert all(point.expected is not None for point in points)


async def test_trends_say_their_days_and_those_too_new_for_a_whole_week() -> None:
    result = await call_tool("trends")
    assert "16 to 22 Nov" in result.read_as
    assert any("23 to 24 Nov 2026" in note for note in result.notes)
    table = result.exhibits[0].table
    assert table is not None
    assert any("16 to 22 Nov 2026" in row[0] for row in table.rows)


async def test_trends_of_a_category_that_sells_too_little_say_so_in_french() -> None:
    result = await call_tool(
        "trends", {"category": "Mailles", "until": "2026-09-01"}, tool_deps(language="fr")
    )
    assert any("tient du hasard" in note for note in result.notes)
    assert "Mailles" in result.read_as


async def test_returns_of_trends_carry_the_days_of_their_orders() -> None:
    result = await call_tool("trends")
    returns = [fact for fact in result.facts if fact.parts.subject.startswith("returns-")]
    assert {(fact.since, fact.until) for fact in returns} == {
        (date(2025, 11, 24), date(2026, 11, 9))
    }


async def test_keywords_of_what_is_sold_out_carry_the_days_since_then() -> None:
    result = await call_tool("advertising", {"since": "2026-11-01", "until": "2026-11-24"})
    days = {
        fact.about: (fact.since, fact.until)
        for fact in result.facts
        if fact.parts.measure == "spend"
    }
    assert days["plaid mohair"] == (date(2026, 11, 6), date(2026, 11, 24))
    assert days["bougie naturelle"] == (date(2026, 11, 1), date(2026, 11, 24))
    table = next(one.table for one in result.exhibits if "don't sell" in one.shows)
    assert table is not None
    names = [row[0] for row in table.rows]
    assert "plaid mohair, 6 to 24 Nov 2026" in names
    assert "bougie naturelle, 1 to 24 Nov 2026" in names
    assert result.read_as == "advertising · 1 to 24 Nov"
    budget = next(
        one
        for one in result.facts
        if (one.parts.measure, one.about) == ("share-of-budget", "plaid mohair")
    )
    sql = """SELECT 100 * sum(spent) / sum(budget) FROM (SELECT sum(spend) AS spent, max(budget)
        AS budget FROM campaigns WHERE keyword = 'plaid mohair'
        AND "at"::DATE BETWEEN '2026-11-06' AND '2026-11-24' GROUP BY "at"::DATE)"""
    ((share,),) = sample().engine.con.execute(sql).fetchall()
    assert float(budget.number) == pytest.approx(float(share), abs=0.06)


async def test_figures_of_advertising_carry_the_days_of_the_period_that_nobody_named() -> None:
    result = await call_tool("advertising")
    spend = figure(result, "campaigns.ads.spend")
    assert (spend.since, spend.until) == (date(2026, 10, 28), date(2026, 11, 24))
    one_period = await call_tool("advertising", {"since": "2026-10-01", "until": "2026-10-31"})
    table = next(one for one in one_period.exhibits if "side by side" in one.shows)
    assert "October 2026" in table.column_days


async def test_funnel_gives_the_drop_with_its_cost_and_both_periods() -> None:
    result = await call_tool("funnel")
    rate, before = figure(result, f"{MOBILE}.rate"), figure(result, f"{MOBILE}.before")
    assert (rate.value, before.value) == (Decimal("38.4"), Decimal("58.0"))
    assert (rate.since, rate.until) == (date(2026, 11, 11), date(2026, 11, 24))
    assert (before.since, before.until) == (date(2026, 9, 16), date(2026, 11, 10))
    lost = figure(result, f"{MOBILE}.lost-money")
    assert lost.unit == "EUR"
    since = figure(result, f"{MOBILE}.since").value
    assert (str(lost.since), lost.until) == (str(since), date(2026, 11, 24))
    assert result.facts[0].id == f"{MOBILE}.status"
    book = FactBook(result.facts)
    assert book.spell(book.add(rate), "from-to", "en") == "from 58.0% to 38.4%"
    assert any("Asked why" in note and "feedback_themes" in note for note in result.notes)
    assert not result.next_calls
    asks_why = tool_deps()
    asks_why = replace(asks_why, request=asks_why.request.model_copy(update={"skill": "blockers"}))
    (call,) = (await call_tool("funnel", deps=asks_why)).next_calls
    assert call.tool == "feedback_themes"
    assert f"{MOBILE}.rate-since" in call.facts
    assert not any("total" in id for id in call.facts)


async def test_funnel_counts_the_visits_that_reached_checkout() -> None:
    result = await call_tool("funnel")
    sql = """SELECT count(DISTINCT session) FROM events WHERE step IN ('checkout', 'purchase')
        AND device = 'mobile' AND "at"::DATE BETWEEN '2026-11-11' AND '2026-11-24'"""
    row = sample().engine.con.execute(sql).fetchone()
    assert row is not None
    assert figure(result, f"{MOBILE}.visits").value == row[0]


async def test_funnel_of_one_device_says_each_figure_once() -> None:
    result = await call_tool("funnel", {"device": "mobile"})
    subjects = {fact.parts.subject.split("--")[0] for fact in result.facts}
    assert {"device-mobile-checkout-to-purchase", "visits-device-mobile"} <= subjects
    assert {"total-all-view-to-cart", "total-all-cart-to-checkout"} <= subjects
    assert not subjects & {"total-all-checkout-to-purchase", "visits-all"}


async def test_funnel_of_one_device_and_source_tells_the_same_visits_once() -> None:
    result = await call_tool("funnel", {"device": "mobile", "source": "moteur", "country": "FR"})
    counted = [
        (fact.about.split(", ")[-1], fact.value)
        for fact in result.facts
        if fact.parts.measure in ("rate", "conversion") and "product-" not in fact.id
    ]
    assert len(counted) == len({*counted})
    assert not [fact for fact in result.facts if fact.parts.measure == "through"]


@pytest.mark.parametrize("call", [{}, {"device": "mobile"}, {"country": "FR"}])
async def test_funnel_tells_a_break_and_what_was_asked_and_leaves_out_the_rest(call: Any) -> None:
    result = await call_tool("funnel", call)
    costs = [fact for fact in result.facts if fact.parts.measure == "lost-money"]
    assert len(costs) == 1  # of what was asked, neither of its parts nor of the whole shop as well
    dated = [fact for fact in result.facts if "purchase" in fact.id and fact.id.endswith(".since")]
    assert len({fact.value for fact in dated}) == 1
    (tables, *_) = [
        one.table for one in result.exhibits if one.table and "Since" in one.table.columns
    ]
    assert tables
    place = tables.columns.index("Since")
    rows = [row for row in tables.rows if "purchase" in row[0]]
    assert len([row for row in rows if row[place] != "–"]) == 1
    assert result.facts[0].value == "confirmed"
    assert len(result.facts) < 45
    conversion = {f.parts.subject.split("--")[0] for f in result.facts if f.label == "conversion"}
    asked = [f"visits-{name}-{value}".lower() for name, value in call.items()]
    assert conversion <= {*asked, "visits-all"} if call else "visits-device-tablet" in conversion
    assert not [f for f in result.facts if f.parts.measure == "status" and f.value == "to watch"]
    (note,) = [note for note in result.notes if "are left out, of" in note]
    assert "narrow the call" in note


async def test_a_change_that_has_ended_is_told_as_over() -> None:
    """Two in five buy from 4 to 10 November, before and after that four in five."""
    events = [
        {"session": f"{day}-{n}", "at": at, "step": step}
        for day in range(70)
        if (at := datetime(2026, 11, 24, 12) - timedelta(days=day))
        for n in range(50)
        for step in ("view", "purchase")
        if step == "view" or n < (20 if date(2026, 11, 4) <= at.date() < date(2026, 11, 11) else 40)
    ]
    deps = tool_deps(data_of(small(events=events)))
    result = await call_tool("funnel", {"until": "2026-11-10"}, deps)
    after = figure(result, "funnel.total-all-view-to-purchase--2026-11-10.rate-after")
    assert (after.since, after.until) == (date(2026, 11, 11), date(2026, 11, 24))
    assert any("It is over" in note for note in result.notes)


async def test_funnel_without_a_break_tells_each_part() -> None:
    result = await call_tool("funnel", {"until": "2026-09-30"})
    assert not [fact for fact in result.facts if fact.value == "confirmed"]
    subjects = {fact.parts.subject.split("--")[0] for fact in result.facts}
    assert {"visits-all", "visits-device-mobile", "visits-country-fr"} <= subjects
    assert not result.next_calls


async def test_tables_of_the_funnel_have_each_step_that_is_told_in_its_order() -> None:
    for call in ({}, {"device": "mobile", "source": "moteur"}, {"device": "desktop"}):
        result = await call_tool("funnel", call)
        told = {fact.id for fact in result.facts if fact.parts.measure == "rate"}
        assert told
        tables = [
            one.table for one in result.exhibits if one.table and one.table.columns[0] == STEP
        ]
        assert told <= {id for table in tables for id in table.facts}
        names = [row[0].partition(",")[0] for row in tables[0].rows]
        assert names == sorted(names, key=PATH.index)


async def test_table_of_a_part_has_no_row_of_the_whole_shop() -> None:
    result = await call_tool("funnel", {"device": "mobile", "country": "FR"})
    part, whole = (one for one in result.exhibits if one.table and one.table.columns[0] == STEP)
    assert part.table
    assert ("Whole shop" in str(part.table.rows), "whole shop" in str(whole.scope)) == (False, True)
    assert not any("mobile" in row[0].lower() for row in part.table.rows)
    assert {id for id in part.table.facts if "whole-" in id} == set()
    assert len({*part.table.columns}) == len(part.table.columns) <= 7


async def test_funnel_gives_the_conversion_of_each_device() -> None:
    result = await call_tool("funnel", deps=tool_deps(language="fr"))
    found = sample_data().findings("funnel", AnalysisFilter())
    for device in ("mobile", "desktop", "tablet"):
        same = found.get(f"visits-device-{device}", "conversion")
        assert same is not None
        fact = figure(result, f"funnel.visits-device-{device}.conversion")
        assert fact.value == same.value
        assert fact.since == date(2026, 10, 28)
    tables = [exhibit.table for exhibit in result.exhibits if exhibit.table]
    assert tables[0].columns[0] == "Étape"


async def test_deliveries_name_the_late_regions() -> None:
    found = sample_data().findings("delivery", AnalysisFilter())
    result = await call_tool("deliveries")
    for subject, measure in (
        ("region-33", "late"),
        ("all", "late"),
        ("late-regions", "late-worth"),
    ):
        same = found.get(subject, measure)
        assert same is not None
        assert figure(result, f"delivery.{subject}.{measure}").value == same.value
    share = figure(result, "delivery.all.late")
    assert (share.since, share.until) == (found.as_of - timedelta(days=55), found.as_of)
    book = FactBook(result.facts)
    late = book.add(figure(result, "delivery.region-33.late"))
    assert book.spell(late, "from-to", "en") == "from 6.7% to 37.7%"
    assert figure(result, "delivery.region-33.late").about == "Gironde (33)"
    assert "Dordogne (24)" in figure(result, "delivery.late-regions.late").about
    assert result.exhibits[0].table
    assert result.exhibits[0].table.columns[0] == "Department"
    named = {row[0] for row in result.exhibits[0].table.rows}
    few = {*figure(result, "delivery.late-regions.late").about.split(", ")} - named
    assert all(name in result.exhibits[0].cut for name in few)
    assert bool(few) is bool(result.exhibits[0].cut)
    chart = result.exhibits[0].chart
    assert chart is not None
    assert chart.points[0].name == "Gironde (33)"


async def test_experiments_name_the_winner_and_the_broken_test() -> None:
    result = await call_tool("experiments")
    assert figure(result, "experiments.panier-court--purchase.status").value == "broken"
    winner = figure(result, "experiments.photos-portees--purchase--b.effect")
    assert winner.value == Decimal("1.2")
    assert figure(result, "experiments.photos-portees--purchase.winner").value == "B"
    broken, sound = result.exhibits  # each is read as its own test
    assert "Panier" in broken.read_as
    titles = [table.title for one in (broken, sound) if (table := one.build_card_table())]
    assert len({*titles}) == 2
    (joined,), _ = arrange_exhibits([sound, broken])
    assert joined.table
    assert len(joined.table.rows) == 4
    assert all(one.startswith("experiments.panier-court") for one in broken.facts)
    assert broken.table
    assert "People meant" in broken.table.columns
    chance = figure(result, "experiments.photos-portees--purchase--b.chance")
    assert [chance.shown(language) for language in ("en", "fr")] == [
        "under 0.1%",
        "moins de 0,1\u00a0%",
    ]


async def test_experiments_name_those_that_ran_until_the_last_day_of_the_data() -> None:
    result = await call_tool("experiments")
    ends = {one.value: one.about for one in result.facts if one.parts.measure == "last-day"}
    (note,) = [one for one in result.notes if "still running" in one]
    named = [about for about in ends.values() if about.split(", ")[0] in note]
    assert named == [ends[max(ends, key=str)]]


async def test_one_experiment_is_found_by_a_part_of_its_name() -> None:
    result = await call_tool(
        "experiments", {"experiment": "Panier", "split": [], "by": "none"}, tool_deps(language="fr")
    )
    assert {fact.parts.subject.split("--")[0] for fact in result.facts} == {"panier-court"}
    with pytest.raises(ToolError, match="panier-court, photos-portees"):
        await call_tool("experiments", {"experiment": "hero image", "split": [], "by": "none"})


@pytest.mark.parametrize("spoken", ["photos portées", "Photo portée", "photos portee", "PORTEES"])
async def test_experiment_is_found_by_its_spoken_name(spoken: str) -> None:
    result = await call_tool("experiments", {"experiment": spoken})
    assert {fact.parts.subject.split("--")[0] for fact in result.facts} == {"photos-portees"}


async def test_experiments_tell_a_test_by_device() -> None:
    result = await call_tool(
        "experiments", {"experiment": "photos-portees", "split": [], "by": "device"}
    )
    rows = [row[0] for exhibit in result.exhibits if exhibit.table for row in exhibit.table.rows]
    assert {"mobile · A", "mobile · B"} <= set(rows)
    assert any("one more comparison" in note for note in result.notes)


@pytest.mark.parametrize(
    ("when", "since", "until", "told", "left_out"),
    [
        ("ran", "2026-11-01", "none", {"panier-court", "photos-portees"}, ""),
        ("ended", "2026-11-10", "none", {"panier-court"}, "photos du lin"),
        ("ended", "2026-10-01", "2026-10-31", set(), "panier"),
        ("ran", "2026-10-01", "2026-10-15", {"photos-portees"}, "panier"),
    ],
)
async def test_tests_are_those_of_the_days_and_the_others_are_named(
    when: str, since: str, until: str, told: set[str], left_out: str
) -> None:
    days = {"when": when, "since": since, "until": until}
    result = await call_tool("experiments", days)
    tests = {fact.parts.subject.split("--")[0] for fact in result.facts} - {"all"}
    assert tests == told
    assert all(fact.since is None for fact in result.facts)  # of the test's own days
    named = [note for note in result.notes if note.startswith("Left out")]
    assert bool(named) is bool(left_out)
    assert left_out.lower() in " ".join(named).lower()
    assert f"tests that {when}" in result.read_as


async def test_no_days_leave_no_test_out() -> None:
    result = await call_tool("experiments", {"when": "ended"})
    assert "Left out" not in " ".join(result.notes)
    assert "then" not in result.read_as


async def test_a_planned_test_needs_the_people_that_the_analysis_computes() -> None:
    found = sample_data().findings("plan", AnalysisFilter())
    result = await call_tool("plan_experiment", {"place": "visit"})
    people = {fact.about: fact.value for fact in result.facts if fact.parts.measure == "people"}
    for lift in ("5", "10", "20"):
        same = found.get(f"visit-lift-{lift}", "people")
        assert same is not None
        assert people[f"+{lift}%"] == same.value


@pytest.mark.parametrize(
    ("call", "unit", "head"),
    [
        ({"place": "checkout"}, "visits", "Hausse · visites"),
        ({"place": "letter"}, "e-mails", "Hausse · e-mails"),
        ({"place": "visit", "segment": "at-risk"}, "customers", "Hausse · clients"),
        ({"place": "visit", "base_percent": 4.0}, None, "Hausse"),
    ],
)
async def test_a_planned_test_says_what_it_counts(
    call: dict[str, Any], unit: str | None, head: str
) -> None:
    result = await call_tool("plan_experiment", call, tool_deps(language="fr"))
    needed = [one for one in result.facts if one.parts.measure in ("people", "in-all")]
    assert {fact.unit for fact in needed} == {unit}
    table = result.exhibits[0].table
    assert table
    assert table.columns[:2] == (head, "Taux à atteindre")
    assert "ersonne" not in " ".join(table.columns)


async def test_a_planned_test_takes_the_given_rate_lift_and_people() -> None:
    result = await call_tool(
        "plan_experiment",
        {"place": "checkout", "base_percent": 4.0, "lift_percent": 25.0, "people_a_week": 2000},
    )
    facts = {(fact.parts.measure, fact.about): fact.value for fact in result.facts}
    assert facts["base", ""] == 4
    assert facts["rate", "+25%"] == 5
    # two proportions, 4 % against 5 %, power 80 %, alpha 5 %
    assert abs(Decimal(facts["people", "+25%"]) - 6745) < 15
    assert facts["weeks", "+25%"] == 7


async def test_a_test_is_planned_on_a_segment_or_on_a_rule_of_the_audience_tool() -> None:
    lapsed = await call_tool("plan_experiment", {"place": "subject", "segment": "lapsed"})
    audience = await call_tool("audience", {"segments": ["lapsed"]})
    rule = next(fact for fact in audience.facts if fact.parts.measure == "rule")
    same = await call_tool("plan_experiment", {"place": "subject", "rule": str(rule.value)})
    assert [f.value for f in lapsed.facts] == [f.value for f in same.facts]
    assert "Lapsed" in text_of(lapsed)
    assert "decided by orders" not in text_of(lapsed)
    letter = await call_tool("plan_experiment", {"place": "letter", "segment": "lapsed"})
    assert "decided by orders" in text_of(letter)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"base_percent": 120.0}, "base_percent must be"),
        ({"lift_percent": -5.0}, "lift_percent must be"),
        ({"rule": "{lapsed"}, "rule must be the JSON"),
        ({"rule": "{}", "segment": "new"}, "not both"),
        ({"product": "zzqqxx"}, "no product zzqqxx"),
    ],
)
async def test_a_plan_refuses_with_a_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        await call_tool("plan_experiment", given)


async def test_a_plan_for_a_part_of_the_visits_starts_from_that_part() -> None:
    whole = await call_tool("plan_experiment", {"place": "checkout"})
    mobile = await call_tool("plan_experiment", {"place": "checkout", "device": "Mobile"})
    assert "mobile" in mobile.read_as.lower()
    of_all, of_part = (
        {fact.parts.measure: fact for fact in result.facts if not fact.about}
        for result in (whole, mobile)
    )
    assert 0 < Decimal(of_part["weekly"].value) < Decimal(of_all["weekly"].value)
    assert of_part["base"].value != of_all["base"].value
    assert of_part["base"].id != of_all["base"].id


async def test_a_test_of_e_mails_counts_the_list_of_their_language() -> None:
    plan = {"place": "send_time", "lift_percent": 10.0}
    every, french, english = [
        await call_tool("plan_experiment", {**plan, "language": language})
        for language in ("none", "fr", "en")
    ]
    assert "sending time" in french.read_as
    assert french.read_as.endswith("in French")
    of_every, of_french, of_english = (
        {fact.parts.measure: fact for fact in result.facts if not fact.about}
        for result in (every, french, english)
    )
    reach = """SELECT max(coalesce(delivered, sent)) FROM campaigns WHERE channel = 'email'
        AND language = 'en' AND "at"::DATE > (SELECT max("at")::DATE - 91 FROM campaigns)"""
    assert of_english["reach"].value == sample().engine.con.execute(reach).fetchone()[0]
    assert of_english["reach-lift"].number > of_french["reach-lift"].number
    assert of_french["weekly"].number < of_every["weekly"].number
    assert len({one["base"].id for one in (of_every, of_french, of_english)}) == 3


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"device": "zzqqxx"}, "no device called zzqqxx"),
        ({"place": "subject", "device": "mobile"}, "narrows visits"),
        ({"segment": "lapsed", "country": "FR"}, "narrows visits"),
        ({"place": "subject", "language": "de"}, "is in de, .* Known languages: fr, en"),
        ({"place": "checkout", "language": "fr"}, "narrows e-mails"),
        ({"place": "subject", "language": "fr", "segment": "lapsed"}, "narrows e-mails"),
    ],
)
async def test_a_plan_refuses_a_part_that_there_is_not(
    given: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ToolError, match=sentence):
        await call_tool("plan_experiment", given)


async def test_a_steady_series_that_is_named_is_told_with_what_was_expected() -> None:
    """Its units suffice for a test, its orders don't, so no total stands in for it."""
    end = datetime(2026, 11, 22, 12)
    rows = [
        {
            "order": f"{day}-{n}",
            "line": 1,
            "at": end - timedelta(days=day),
            "customer": f"{day}-{n}",
            "category": category,
            "quantity": 4.0,
            "amount": 40,
        }
        for day in range(7 * 30)
        for n, category in enumerate(("Linen", "Linen", "Bath", "Bath"))
    ]
    deps = tool_deps(data_of(small(orders=rows)))
    result = await call_tool("trends", {"category": "linen"}, deps)
    values = {
        fact.parts.measure: fact.value
        for fact in result.facts
        if fact.parts.subject.startswith("category-linen")
    }
    assert values["status"] == "steady"
    assert values["last"] == values["expected"] == 56
    assert [one.chart is not None for one in result.exhibits][-1]
    assert "no more is told" not in text_of(result)
    everything = await call_tool("trends", {}, deps)
    assert "no more is told of them: Bath, Linen" in text_of(everything)


@pytest.mark.parametrize(
    ("since", "until", "changes"),
    [
        ("2026-11-01", "2026-11-22", {"revenue"}),
        ("2026-08-01", "2026-08-31", {"revenue", "net-revenue"}),
    ],
)
async def test_what_counts_returns_has_no_change_while_some_are_to_come(
    since: str, until: str, changes: set[str]
) -> None:
    given = {
        "dataset": "orders",
        "measures": ["revenue", "net_revenue"],
        "since": since,
        "until": until,
        "comparison": "same_period_last_year",
        "order": "natural",
    }
    result = await call_tool("query_metrics", given)
    measures = [fact.parts.measure for fact in result.facts]
    assert {one.removesuffix("-change") for one in measures if one.endswith("-change")} == changes
    assert measures.count("net-revenue") == 1 + ("net-revenue" in changes)
    noted = any("what counts returns" in note for note in result.notes)
    assert noted == ("net-revenue" not in changes)


async def test_new_customers_of_the_first_months_carry_a_note() -> None:
    given = {"dataset": "orders", "measures": ["new_customers"], "order": "natural"}
    early = {**given, "since": "2025-06-01", "until": "2025-06-30"}
    late = {**given, "since": "2026-06-01", "until": "2026-06-30"}
    for asked, expected in ((early, True), (late, False)):
        notes = (await call_tool("query_metrics", asked)).notes
        assert any("first in the data" in note for note in notes) == expected


async def test_visits_are_named_without_the_conditions_of_the_whole_table() -> None:
    for call, parts in (({"country": "GB"}, {"Mobile"}), ({}, {"Mobile", "France"})):
        result = await call_tool("funnel", call)
        tables = [
            e.table for e in result.exhibits if e.table and e.table.columns[-1] == "Conversion"
        ]
        names = [row[0] for table in tables for row in table.rows]
        assert parts <= {*names}
        assert all(table.rows[0][0] == "All" for table in tables)
        assert not [name for name in names if "United Kingdom," in name or ", " in name]


async def test_rows_of_a_table_are_of_one_kind() -> None:
    """Devices and countries overlap, as campaigns and products do: nobody adds them up."""
    visits = (await call_tool("funnel")).exhibits
    ads = (await call_tool("advertising")).exhibits
    for exhibits, some in ((visits, {"Device", "Country"}), (ads, {"Campaign"})):
        tables = {e.rows.dimensions[0]: e.table for e in exhibits if e.rows and e.table}
        heads = {kind: table.columns[0].partition(" · ")[0] for kind, table in tables.items()}
        assert some <= {*heads.values()}
        assert len({*heads.values()}) == len(heads)
    products = {row[0] for row in tables["product"].rows}
    assert not products & {row[0] for row in tables["campaign"].rows}


def _ask_orders(**more: object) -> dict[str, object]:
    return {
        "dataset": "orders",
        "measures": ["orders"],
        "dimensions": [],
        "filters": [],
        "comparison": "previous_period",
        "compare_since": "none",
        "compare_until": "none",
        "having": [],
        "order": "natural",
        "limit": 0,
        **more,
    }


SALES_DAYS = {"since": "2026-06-22", "until": "2026-06-28"}  # the sales begin on the 24th


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (
            "query_metrics",
            _ask_orders(**SALES_DAYS),
        ),
        ("split_revenue", SALES_DAYS),
        ("trends", {"until": "2026-06-28"}),
    ],
)
async def test_retail_occasions_within_the_days_are_named(tool: str, arguments: Any) -> None:
    result = await call_tool(tool, arguments)
    (note,) = [one for one in result.notes if one.startswith("Retail occasions")]
    assert "22 to 28 Jun 2026: summer sales" in note
    assert "15 to 21 Jun 2026: Father's Day" in note
    assert "don't hold them alike" in note
    assert "23 to 29 Jun 2025 (summer sales" in note
    (change,) = [
        fact
        for fact in result.facts
        if fact.parts.measure == "orders-change" and "20250623" in fact.id
    ]
    assert change.unit == "%"


@pytest.mark.parametrize("category", ["none", "Mailles"])
async def test_trends_tell_the_days_after_the_last_whole_week(category: str) -> None:
    found = await call_tool("trends", {"category": category})
    filters = [[{"field": "category", "operator": "is", "values": ["Mailles"]}]]
    asked = _ask_orders(since="2026-11-23", filters=filters if category != "none" else [])
    alone = await call_tool("query_metrics", asked)
    known = {fact.id: fact.value for fact in found.facts}
    assert {fact.id: fact.value for fact in alone.facts}.items() <= known.items()
    assert any("23 to 24 Nov" in one.read_as for one in found.exhibits)


@pytest.mark.parametrize("listed", [(), ("halloween",)])
def test_an_occasion_of_few_goods_is_named_where_the_settings_list_it(
    listed: tuple[str, ...],
) -> None:
    october, september = (
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 9, 1), date(2026, 9, 30)),
    )
    markets = {"FR": Market(language="fr", occasions=listed)}
    deps = replace(tool_deps(), brand=Brand(name="A", markets=markets))
    brief = deps.request.brief.model_copy(update={"market": "FR"})
    deps = replace(deps, request=deps.request.model_copy(update={"brief": brief}))
    notes = tell_occasions(october, september, deps)
    assert ["Halloween" in one for one in notes] == [True] * len(listed)
    assert not tell_occasions(october, (None, None), deps)  # compared with nothing


def test_like_days_of_which_nothing_is_known_are_named_all_the_same() -> None:
    now, before = (date(2026, 11, 23), date(2026, 11, 28)), (date(2026, 11, 16), date(2026, 11, 21))
    like = find_like_days(now, before, tool_deps())
    (told,) = tell_occasions(now, before, tool_deps(), like, is_told=True)
    (note,) = tell_occasions(now, before, tool_deps(), like)
    assert ["can't be told" in one for one in (told, note)] == [False, True]
    assert all("24 to 29 Nov 2025" in one for one in (told, note))


async def test_a_week_with_an_occasion_has_the_same_days_of_last_year_beside() -> None:
    result = await call_tool("query_metrics", _ask_orders(dimensions=["device"], **SALES_DAYS))
    days = ("2025-06-23", "2025-06-29")
    asked = _ask_orders(comparison="dates", compare_since=days[0], compare_until=days[1])
    alone = await call_tool("query_metrics", asked | SALES_DAYS)
    named = {fact.id for fact in alone.facts}
    first = {fact.id for fact in result.facts[: 2 * len(named)]}  # a long result loses its end
    assert named <= first
    (note,) = [one for one in result.notes if one.startswith("Retail occasions")]
    assert "23 to 29 Jun 2025 (summer sales" in note
    (note,) = [one for one in alone.notes if one.startswith("Retail occasions")]
    assert "Both hold them alike" in note


async def test_an_occasion_that_a_filter_on_days_leaves_out_is_not_taken_for_granted() -> None:
    no_friday = [[{"field": "weekday", "operator": "is_not", "values": ["Friday"]}]]
    result = await call_tool("query_metrics", _ask_orders(filters=no_friday, **SALES_DAYS))
    (note,) = [one for one in result.notes if one.startswith("Retail occasions")]
    assert "only if its own days are counted" in note
    assert "alike, as to these days" not in note


@pytest.mark.parametrize(
    ("now", "before", "like"),
    [
        # the week after Black Friday's: Cyber Monday, a year before as well
        (("11-30", "12-05"), ("2026-11-23", "2026-11-28"), ("2025-12-01", "2025-12-06")),
        # a month to date: a year before ends on its Black Friday, a day too early
        (("11-01", "11-28"), ("2025-11-01", "2025-11-28"), ("2025-11-02", "2025-11-29")),
        (("11-23", "11-28"), ("2025-11-24", "2025-11-29"), None),  # alike
        (("12-20", "12-26"), ("2026-12-13", "2026-12-19"), ("2025-12-20", "2025-12-26")),
        # the day after Black Friday's
        (("11-28", "11-28"), ("2026-11-21", "2026-11-21"), ("2025-11-29", "2025-11-29")),
        (("10-12", "10-18"), ("2026-10-05", "2026-10-11"), None),  # nothing in either
        (("01-01", "11-28"), ("2025-01-01", "2025-11-28"), None),  # every year has them
    ],
)
def test_like_days_hold_the_same_occasions(
    now: tuple[str, str], before: tuple[str, str], like: tuple[str, str] | None
) -> None:
    asked = [date.fromisoformat(f"2026-{day}") for day in now]
    earlier = [date.fromisoformat(day) for day in before]
    found = find_like_days((asked[0], asked[1]), (earlier[0], earlier[1]), tool_deps())
    assert found == (like and tuple(map(date.fromisoformat, like)))
