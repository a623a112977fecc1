"""The tools on products: find_products, product, price_history, past_copy."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any

import pytest

from bot.agent.tool import MAX_FACTS, ToolError, ToolResult
from bot.agent.tools._product_comparison import FORMER_PRICE
from bot.agent.tools._stock_cover import COVER_LABEL
from bot.agent.tools.find_products import Params
from bot.core.facts import PRODUCT_KINDS, Evidence, Source
from bot.core.material_facts import find_material_facts
from bot.core.report import PRODUCT_LIST, describe_data
from bot.core.request import Brief, SkillRequest
from bot.data.analyses.campaigns.mailings import nearest_texts
from bot.data.analyses.result import AnalysisResult
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.product import Product
from bot.data.service import WorkspaceData
from bot.data.stats import round_figure
from bot.i18n.messages import Words
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import (
    call_tool,
    data_of,
    figure,
    full_params,
    sample_data,
    text_of,
    tool_deps,
)

pytestmark = pytest.mark.timeout(120)
COMPARE = "returns_and_ratings"


def handles(result: ToolResult) -> list[str]:
    """The handles of the products, in their order."""
    return [fact.about for fact in result.facts if fact.label == "name"]


@pytest.mark.parametrize(
    ("words", "handle"), [("linen shirt", "lin-alba"), ("chemise en lin", "lin-alba")]
)
async def test_products_are_found_in_both_languages(words: str, handle: str) -> None:
    result = await call_tool("find_products", {"words": words})
    assert handle in handles(result)
    assert any(word in result.read_as for word in words.split())


@pytest.mark.parametrize("sort", ["best_sellers", "stock_cover"])
async def test_a_category_can_be_left_out(sort: str) -> None:
    call = {"sort": sort, "since": "2026-10-01", "until": "2026-11-20", "most": 20}
    every = handles(await call_tool("find_products", call))
    rest = await call_tool("find_products", {**call, "without_category": "Mailles"})
    products = await sample_data().list_products()
    left_out = {one.handle for one in products if one.type == "Mailles"}
    assert left_out.intersection(every)
    kept = handles(rest)
    assert not left_out.intersection(kept)
    assert [one for one in kept if one in every] == [one for one in every if one not in left_out]
    assert "without Mailles" in rest.read_as
    for name, wrong in (("without_category", "Mailes"), ("category", "not Mailles")):
        with pytest.raises(ToolError, match=f"There is no category “{wrong}”"):
            await call_tool("find_products", {**call, name: wrong})


@pytest.mark.parametrize("sort", ["price_low", "stock_cover", "best_sellers"])
async def test_several_categories_are_told_in_one_call(sort: str) -> None:
    call = {"sort": sort, "most": 20, "category": "Bain; Linge de lit"}
    result = await call_tool("find_products", call)
    products = await sample_data().list_products()
    of_both = {one.handle: one.type for one in products if one.type in ("Bain", "Linge de lit")}
    assert {of_both[one] for one in handles(result)} == {"Bain", "Linge de lit"}
    assert "Bain, Linge de lit" in result.read_as
    rest = await call_tool(
        "find_products", {**call, "category": "none", "without_category": "Bain; Linge de lit"}
    )
    assert not set(of_both).intersection(handles(rest))
    with pytest.raises(ToolError, match="There is no category “Bin”"):
        await call_tool("find_products", {**call, "category": "Bain; Bin"})


@pytest.mark.parametrize("compare", ["none", COMPARE])
async def test_products_are_found_by_their_ratings(compare: str) -> None:
    bounds = {"rated_at_least": 4.3, "rated_at_most": 4.8, "ratings_at_least": 10}
    call = {"in_stock": "yes", "sort": "stock_cover_longest", "most": 15, "compare": compare}
    result = await call_tool("find_products", {**call, **bounds})
    ratings = [one.number for one in result.facts if one.parts.measure == "rating"]
    counts = [one.number for one in result.facts if one.parts.measure == "ratings"]
    assert ratings
    assert len(ratings) == len(counts)
    assert all(Decimal("4.3") <= one <= Decimal("4.8") for one in ratings)
    assert min(counts) >= 10
    (table,) = (one.table for one in result.exhibits if one.table)
    assert any(column.startswith("Mean rating") for column in table.columns)
    assert "4.3" in result.read_as
    assert any("Left out by their ratings" in note for note in result.notes)
    assert len(result.notes) == len(set(result.notes))


@pytest.mark.parametrize("sort", ["fit", "best_sellers", "price_low"])
async def test_bounds_on_ratings_are_held_against_all_products(sort: str) -> None:
    rated = sample().engine.con.execute(
        "SELECT product, count(rating) >= 5 AND avg(rating) <= 3.8 FROM feedback "
        f"""WHERE "at" >= DATE '{TODAY}' - 364 AND rating IS NOT NULL GROUP BY product"""
    )
    is_bad = dict(rated.fetchall())
    assert len(is_bad) > MAX_FACTS / 2  # more than a look-up has room for
    bad = [one for one in is_bad if is_bad[one]]
    call = {"sort": sort, "rated_at_most": 3.8, "ratings_at_least": 5, "most": len(bad)}
    result = await call_tool("find_products", call)
    assert sorted(handles(result)) == sorted(bad)
    assert f"{len(bad)} products fit; {len(bad)} stand here." in result.notes


@pytest.mark.parametrize(("last", "told"), [(20, True), (5, False)])
async def test_a_last_week_beyond_chance_has_its_own_days_of_stock(last: int, told: bool) -> None:
    days = [*range(8, 29)] + [n % 7 + 1 for n in range(last)]  # days ago: one a day, then these
    orders = [
        {
            "order": f"o{n}",
            "line": 1,
            "at": datetime.combine(TODAY - timedelta(days=ago), datetime.min.time()),
            "customer": f"c{n}",
            "product": "vase",
            "title": "Vase",
            "quantity": 1.0,
            "amount": Decimal(50),
        }
        for n, ago in enumerate(days)
    ]
    shop = small(orders=orders)
    data = WorkspaceData(
        CatalogueLibrary(lambda: [make_product("vase", stock=40, title="Vase")]), lambda: shop
    )
    result = await call_tool(
        "find_products", {"sort": "stock_cover", "in_stock": "yes", "most": 5}, tool_deps(data)
    )
    of_week = [one.number for one in result.facts if one.parts.measure == "stock-cover-week"]
    assert of_week == ([Decimal(14)] if told else [])
    assert any("In the last 7 days" in note for note in result.notes) == told


async def test_a_last_week_within_chance_stands_in_the_table_alone() -> None:
    """A dash would read as if nothing were known."""
    shop = small(orders=[*sell({"vase": 28, "bowl": 28}), *sell_more("bowl")])
    products = [make_product(name, stock=40, title=name.title()) for name in ("vase", "bowl")]
    data = WorkspaceData(CatalogueLibrary(lambda: products), lambda: shop)
    call = {"sort": "best_sellers", "pace": 1, "most": 5}
    result = await call_tool("find_products", call, tool_deps(data))
    (table,) = (one.table for one in result.exhibits if one.table and len(one.table.columns) > 5)
    (of_week,) = (n for n, head in enumerate(table.columns) if "last week" in head)
    cells = {row[0]: row[of_week] for row in table.rows}
    assert cells["Vase"].isdigit()
    assert cells["Bowl"].isdigit()
    (note,) = [note for note in result.notes if "In the last 7 days" in note]
    assert "Bowl" in note
    assert "Vase" not in note


async def test_what_runs_out_sooner_at_the_rate_of_the_last_week_is_among_the_first() -> None:
    """The stock of the cup lasts 32 days, at the rate of the last week 20; that of the vase 26."""
    lately = [
        {**one, "order": f"more{one['order']}", "customer": f"more{one['customer']}"}
        for one in sell({"cup": 7})
    ]
    shop = small(orders=[*sell({"vase": 28, "bowl": 28, "cup": 28}), *lately])
    stock = {"vase": 26, "bowl": 40, "cup": 40}
    products = [make_product(name, stock=n, title=name.title()) for name, n in stock.items()]
    data = WorkspaceData(CatalogueLibrary(lambda: products), lambda: shop)
    call = {"sort": "stock_cover", "in_stock": "yes", "most": 1}
    result = await call_tool("find_products", call, replace(tool_deps(data), today=TODAY))
    assert handles(result) == ["cup"]
    assert [one.number for one in result.facts if one.parts.measure == "stock-cover-week"] == [20]
    assert any("may be chance, a warning" in note for note in result.notes)


async def test_a_word_that_only_descriptions_have_names_no_product() -> None:
    texts = {"cap": "Se glisse sous le manteau.", "scarf": "Chaude."}
    products = [
        make_product(name, title=name.title(), description=text) for name, text in texts.items()
    ]
    data = WorkspaceData(CatalogueLibrary(lambda: products), lambda: small())
    result = await call_tool("find_products", {"words": "manteau", "most": 5}, tool_deps(data))
    assert handles(result) == ["cap"]
    assert result.notes[0].startswith("No product and no category is called “manteau”")
    assert not [fact for fact in result.facts if fact.unit == "products"]
    products.append(make_product("coat", title="Manteau Loden", description="Chaud."))
    result = await call_tool("find_products", {"words": "manteau", "most": 5}, tool_deps(data))
    assert handles(result) == ["coat", "cap"]
    assert "“manteau” stands in the description alone of: Cap." in result.notes
    assert [fact.number for fact in result.facts if fact.unit == "products"] == [1]


async def test_sales_that_an_earlier_answer_hides_are_not_called_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: Any, kind: str, found: AnalysisResult, *_: Any) -> AnalysisResult:
        return AnalysisResult(kind, found.source, found.as_of, limits=[Words("Told before.")])

    monkeypatch.setattr(WorkspaceData, "guard_sales", refuse)
    result = await call_tool("find_products", {"sort": "best_sellers", "most": 5})
    assert "Told before." in result.notes
    assert not any("did not sell" in note for note in result.notes)


async def test_a_highest_price_is_read_with_its_currency() -> None:
    """So that a report may write "under €60" of a request that says 60."""
    result = await call_tool("find_products", {"words": "linen", "max_price": 60.0})
    assert "€60" in result.read_as


@pytest.mark.parametrize(("words", "material"), [("linen", "lin"), ("wool", "laine")])
async def test_all_products_of_a_material_are_found_and_counted(words: str, material: str) -> None:
    result = await call_tool("find_products", {"words": words, "in_stock": "any", "most": 20})
    made = (
        "SELECT count(*) FROM products WHERE regexp_matches(title, ?)"
        " AND status IS DISTINCT FROM 'archived'"
    )
    count = sample().engine.con.execute(made, [rf"\b{material}\b"]).fetchone()
    assert count
    assert count[0] > 5
    said = next(note for note in result.notes if "products fit" in note)
    assert int(said.split()[0]) >= count[0]


async def test_products_within_a_price_come_cheapest_first() -> None:
    result = await call_tool("find_products", {"max_price": 30.0, "sort": "price_low", "most": 20})
    prices = [fact.value for fact in result.facts if fact.label == "price"]
    assert prices == sorted(prices, key=Decimal)
    assert max(Decimal(price) for price in prices) <= 30
    row = (
        sample()
        .engine.con.execute("SELECT count(*) FROM products WHERE price <= 30 AND stock > 0")
        .fetchone()
    )
    assert row == (len(prices),)


@pytest.mark.parametrize(
    ("sort", "measure"),
    [("best_sellers", "par quantité vendue"), ("most_revenue", "par chiffre d'affaires")],
)
async def test_best_sellers_of_a_month_have_the_sales_of_the_orders(
    sort: str, measure: str
) -> None:
    result = await call_tool(
        "find_products",
        {
            "sort": sort,
            "category": "Mailles",
            "since": "2026-10-01",
            "until": "2026-10-31",
            "most": 3,
        },
        tool_deps(language="fr"),
    )
    sql = """SELECT o.product, sum(quantity), sum(amount) FROM orders o
        JOIN products p USING (product) WHERE p.category = 'Mailles'
        AND "at"::DATE BETWEEN '2026-10-01' AND '2026-10-31' GROUP BY 1 ORDER BY {by} LIMIT 3"""
    by = "3 DESC" if sort == "most_revenue" else "2 DESC, 3 DESC"
    rows = sample().engine.con.execute(sql.format(by=by)).fetchall()
    assert handles(result) == [row[0] for row in rows]
    assert measure in result.read_as
    assert "avant retours" in result.read_as
    assert any("what came back counts" in note for note in result.notes)
    revenue = [fact for fact in result.facts if fact.parts.measure == "revenue"]
    assert [fact.value for fact in revenue] == [round_figure(row[2]) for row in rows]
    assert {(fact.since, fact.until) for fact in revenue} == {
        (date(2026, 10, 1), date(2026, 10, 31))
    }
    assert "octobre" in result.read_as


async def test_stock_cover_is_stock_over_the_daily_sales_and_the_soonest_comes_first() -> None:
    result = await call_tool(
        "find_products",
        {
            "sort": "stock_cover",
            "category": "Mailles",
            "since": "2026-10-01",
            "until": "2026-10-31",
            "most": 3,
        },
    )
    found = {fact.parts.subject: fact for fact in result.facts if fact.label == COVER_LABEL.text}
    assert len(found) == 3
    weeks = {
        fact.parts.subject: fact.number
        for fact in result.facts
        if fact.parts.measure == "stock-cover-week"
    }
    values = [min(fact.number, weeks.get(name, fact.number)) for name, fact in found.items()]
    assert values == sorted(values)
    for handle, fact in found.items():
        row = (
            sample()
            .engine.con.execute(
                f"""SELECT round(any_value(products.stock) * 31 / sum(quantity)) FROM orders
                JOIN products USING (product) WHERE product = '{handle}'
                AND "at"::DATE BETWEEN '2026-10-01' AND '2026-10-31'"""
            )
            .fetchone()
        )
        assert row is not None
        assert float(fact.value) == pytest.approx(row[0], abs=1)
        assert fact.unit == "days"


async def test_best_sellers_have_the_day_until_which_their_stock_lasts_at_a_pace() -> None:
    call = {"sort": "best_sellers", "since": "2026-10-28", "most": 4}
    plain, slow, fast = [
        await call_tool("find_products", {**call, "pace": pace}) for pace in (0, 1, 1.5)
    ]
    assert not [fact for fact in plain.facts if "lasts" in fact.label]
    covers = [
        [fact for fact in result.facts if fact.parts.measure == "stock-cover" and fact.value]
        for result in (slow, fast)
    ]
    assert covers[0]
    for one, faster in zip(*covers, strict=True):
        assert float(faster.number) == pytest.approx(float(one.number) / 1.5, abs=1)
        assert faster.id != one.id
        last = figure(fast, str(faster.parts._replace(measure="lasts-until")))
        stock = figure(fast, f"product.{one.parts.subject}.stock")
        assert last.value == str(stock.as_of + timedelta(days=int(faster.value)))
        assert (last.since, last.until) == (None, None)  # a day, not a figure of days
    assert any("assumes" in note for note in fast.notes)
    with pytest.raises(ToolError, match="pace"):
        await call_tool("find_products", {"sort": "newest", "pace": 1})


@pytest.mark.parametrize(
    "more", [{"sort": "best_sellers", "pace": 1}, {"sort": "best_sellers", "compare": COMPARE}]
)
async def test_sales_of_a_country_say_it_and_the_stock_of_all_is_used_up_by_all(
    more: dict[str, Any],
) -> None:
    call = {"since": "2026-10-01", "until": "2026-11-20", "in_stock": "yes", **more}
    here = await call_tool("find_products", {**call, "country": "FR", "most": 3})
    every = await call_tool("find_products", {**call, "most": 20})
    units = [fact for fact in here.facts if fact.parts.measure == "units"]
    assert units
    assert all(fact.about.endswith(", France") for fact in units)
    covers = {fact.about: fact.value for fact in here.facts if fact.label == COVER_LABEL.text}
    of_all = {fact.about: fact.value for fact in every.facts if fact.label == COVER_LABEL.text}
    both = covers.keys() & of_all.keys()
    assert both
    assert {name: covers[name] for name in both} == {name: of_all[name] for name in both}
    assert any("of all countries, so" in note for note in here.notes)
    assert not any("of all countries, so" in note for note in every.notes)
    table = here.exhibits[0].table
    assert table
    assert [row[0] for row in table.rows] == [f.about.removesuffix(", France") for f in units]


@pytest.mark.parametrize("sort", ["fit", "best_sellers"])
async def test_what_is_reduced_now_has_its_former_price_and_can_be_left_out(sort: str) -> None:
    products = await sample_data().list_products()
    former = {one.title: one.compare_at for one in products if one.compare_at}
    call = {"sort": sort, "since": "2026-06-01", "until": "2026-11-20", "most": 10}
    yes, no = [await call_tool("find_products", {**call, "reduced": one}) for one in ("yes", "no")]
    told = [{f.about: f.value for f in one.facts if f.label == FORMER_PRICE} for one in (yes, no)]
    assert told[0]
    assert told[0].items() <= former.items()
    assert not told[1]
    names = {fact.value for fact in no.facts if fact.label == "name"}
    assert names
    assert names.isdisjoint(former)
    table = yes.exhibits[0].table
    assert table
    assert "Former price" in table.columns


async def test_a_pace_is_that_of_the_last_28_days_and_missing_rows_are_explained() -> None:
    result = await call_tool("find_products", {"sort": "best_sellers", "pace": 1, "most": 20})
    covers = [fact for fact in result.facts if fact.parts.measure == "stock-cover"]
    assert {fact.since for fact in covers if fact.since} == {TODAY - timedelta(days=28)}
    stocks = {f.source.file for f in result.facts if f.parts.measure == "stock"}
    assert {fact.source.file for fact in covers} == stocks
    named = describe_data(covers, {"orders.csv": Words("orders")}, "en")
    assert named.startswith(PRODUCT_LIST.text)
    shown = {fact.parts.subject for fact in result.facts if fact.parts.measure == "stock"}
    assert len(shown) < 20
    assert any(f"{20 - len(shown)} of the 20 asked for have no room" in n for n in result.notes)


def sell(units: dict[str, int]) -> list[dict[str, Any]]:
    """Return an order of one unit a day, each by another customer, of each product."""
    return [
        {
            "order": f"{handle}{n}",
            "line": 1,
            "at": datetime.combine(TODAY - timedelta(days=n + 1), datetime.min.time()),
            "customer": f"{handle}{n}",
            "product": handle,
            "title": handle.title(),
            "quantity": 1.0,
            "amount": Decimal(50),
        }
        for handle, many in units.items()
        for n in range(many)
    ]


def sell_more(handle: str) -> list[dict[str, Any]]:
    """Return three more orders on each of the last 7 days, each by another customer."""
    return [
        {**one, "order": f"more{n}{one['order']}", "customer": f"more{n}{one['customer']}"}
        for one in sell({handle: 7})
        for n in range(3)
    ]


async def test_stock_cover_is_ranked_by_the_exact_days_and_tells_who_is_level() -> None:
    stock = {"bowl": 201, "cup": 202, "jar": 201, "vase": 100}
    shop = small(orders=sell(dict.fromkeys(stock, 20)))
    products = [make_product(name, stock=n, title=name.title()) for name, n in stock.items()]
    data = WorkspaceData(CatalogueLibrary(lambda: products), lambda: shop)
    call = {"sort": "stock_cover_longest", "most": 2, "stock_at_least": 101}
    deps = replace(tool_deps(data), today=TODAY)
    result = await call_tool("find_products", call, deps)
    assert handles(result) == ["cup", "bowl"]
    assert {one.value for one in result.facts if one.label == COVER_LABEL.text} <= {281, 283}
    assert "Level, so none before the other: Bowl, Jar." in result.notes
    assert any(note.startswith("3 products fit") for note in result.notes)
    assert "101" in result.read_as
    recorded = {**full_params("find_products", call)}
    del recorded["stock_at_least"], recorded["stock_at_most"]  # a call of before
    known = Params.model_validate(recorded)
    assert (known.stock_at_least, known.stock_at_most) == (0, 0)
    few = await call_tool("find_products", call | {"stock_at_least": 0, "stock_at_most": 100}, deps)
    assert handles(few) == ["vase"]
    assert "100" in few.read_as


async def test_stock_cover_begins_with_either_end_and_says_what_is_left_out() -> None:
    soonest, longest = [
        await call_tool("find_products", {"sort": sort, "most": 20})
        for sort in ("stock_cover", "stock_cover_longest")
    ]
    first, last = [
        [fact for fact in result.facts if fact.label == COVER_LABEL.text]
        for result in (soonest, longest)
    ]
    assert [fact.number for fact in last] == sorted((f.number for f in last), reverse=True)
    assert last[0].number > max(fact.number for fact in first)
    for result, how in ((soonest, "longer"), (longest, "less long")):
        assert any(f"more whose stock lasts {how}" in note for note in result.notes)
        assert "Left out" not in text_of(result)


async def test_what_is_sold_out_stands_first_in_stock_cover() -> None:
    call = {"sort": "stock_cover", "in_stock": "any", "most": 20}
    result = await call_tool("find_products", call)
    covers = {f.about: f.value for f in result.facts if f.label == COVER_LABEL.text}
    rows = sample().engine.con.execute("SELECT title FROM products WHERE stock = 0").fetchall()
    assert rows
    assert [*covers][: len(rows)] == [title for title, days in covers.items() if days == 0]
    assert {title for (title,) in rows} == {*[*covers][: len(rows)]}


@pytest.mark.parametrize("sort", ["best_sellers", "stock_cover"])
async def test_what_is_sold_out_and_sold_well_is_one_table(sort: str) -> None:
    call = {"sort": sort, "in_stock": "no", "sold_at_least": 21, "since": "2026-08-27", "most": 20}
    result = await call_tool("find_products", call)
    sql = """SELECT product, sum(quantity) FROM orders JOIN products USING (product)
        WHERE stock = 0 AND "at"::DATE BETWEEN '2026-08-27' AND '2026-11-24'
        GROUP BY product HAVING sum(quantity) > 20"""
    theirs = dict(sample().engine.con.execute(sql).fetchall())
    assert theirs
    table = result.exhibits[0].table
    assert table is not None
    at = {name.split(",")[0].split(" · ")[0]: n for n, name in enumerate(table.columns)}
    titles = dict(sample().engine.con.execute("SELECT product, title FROM products").fetchall())
    theirs = {titles[one]: units for one, units in theirs.items()}
    rows = {row[at["Product"]]: (row[at["Stock"]], row[at["Units sold"]]) for row in table.rows}
    assert rows == {handle: ("0", str(int(sold))) for handle, sold in theirs.items()}
    assert "only sold out, at least 21 units sold" in result.read_as


async def test_what_is_sold_out_has_the_sales_it_lost() -> None:
    """The pace of the eight weeks before, for the days without stock, at the price paid then."""
    result = await call_tool("find_products", {"in_stock": "no"})
    sql = """SELECT product, max("at")::DATE + 1 FROM orders JOIN products USING (product)
        WHERE stock = 0 GROUP BY product"""
    since = dict(sample().engine.con.execute(sql).fetchall())
    assert since
    for product, first in since.items():
        assert figure(result, f"product.{product}.sold-out-since").value == str(first)
        sold, paid = (
            sample()
            .engine.con.execute(
                """SELECT sum(quantity), sum(amount) FROM orders WHERE product = ?
            AND "at"::DATE BETWEEN ?::DATE - 56 AND ?::DATE - 1""",
                [product, first, first],
            )
            .fetchone()
        )
        out = (TODAY - first).days
        lost = figure(result, f"calculated.sold-out-{product}.lost-sales")
        step = 100 if float(paid) / 56 * out >= 1000 else 10
        assert float(lost.number) == pytest.approx(float(paid) / 56 * out, abs=0.51 * step)
        assert (lost.since, lost.unit) == (first, "EUR")
        low, high = (
            figure(result, f"calculated.sold-out-{product}.lost-sales-{end}").number
            for end in ("low", "high")
        )
        off = 1.96 * sqrt(sold / 56 * out * (1 + out / 56)) * float(paid) / sold
        assert float(high - lost.number) == pytest.approx(off, abs=1.01 * step)
        assert float(low) == pytest.approx(max(0.0, float(2 * lost.number - high)), abs=2.01 * step)
    assert any("at this pace" in note for note in result.notes)


async def test_a_bound_on_what_was_sold_needs_a_sort_by_sales() -> None:
    with pytest.raises(ToolError, match="most_revenue and stock_cover"):
        await call_tool("find_products", {"sort": "newest", "sold_at_least": 3})


async def test_best_sellers_under_a_price_are_ranked_among_all_that_sold() -> None:
    result = await call_tool(
        "find_products",
        {
            "sort": "best_sellers",
            "max_price": 50.0,
            "in_stock": "any",
            "since": "2026-10-01",
            "until": "2026-10-31",
            "most": 15,
        },
    )
    sql = """SELECT o.product FROM orders o JOIN products p USING (product) WHERE p.price <= 50
        AND "at"::DATE BETWEEN '2026-10-01' AND '2026-10-31'
        GROUP BY 1 HAVING count(DISTINCT customer) >= 20
        ORDER BY sum(quantity) DESC, sum(amount) DESC LIMIT 15"""
    rows = sample().engine.con.execute(sql).fetchall()
    assert len(rows) > 6
    assert handles(result) == [row[0] for row in rows]
    sold = {fact.parts.subject for fact in result.facts if fact.parts.measure == "revenue"}
    assert len(sold) == len(rows)


async def test_products_that_did_not_sell_are_left_out_of_best_sellers_and_counted() -> None:
    products = [make_product("never-sold", price=20)]
    shop = WorkspaceData(CatalogueLibrary(lambda: products), sample)
    result = await call_tool("find_products", {"sort": "best_sellers"}, tool_deps(shop))
    assert handles(result) == []
    assert any(note.startswith("1 products that fit are left out") for note in result.notes)


async def test_products_that_sold_as_well_are_said_to_be_level() -> None:
    found = await call_tool("find_products", {"sort": "best_sellers", "most": 20})
    units = [f for f in found.facts if (f.parts.kind, f.parts.measure) == ("sellers", "units")]
    level = {one.value for one in units if sum(one.value == f.value for f in units) > 1}
    told = [note for note in found.notes if note.startswith("Level, so none before the other")]
    assert len(told) == min(len(level), 3) > 0
    names = [one.about for one in units if one.value == max(level)]
    assert all(name in told[0] for name in names)
    one = await call_tool("find_products", {"sort": "best_sellers", "most": 1})
    assert not any(note.startswith("Level, so none") for note in one.notes)


async def test_a_thing_of_a_category_is_sought_in_all_of_it() -> None:
    """A turtleneck is a pullover that doesn't say so: the whole range is ranked."""
    call = {"words": "pullover", "sort": "best_sellers", "in_stock": "any", "most": 20}
    assert "mai-maud" in handles(await call_tool("find_products", call))


async def test_newest_products_are_those_first_sold_last() -> None:
    result = await call_tool("find_products", {"sort": "newest", "most": 5})
    rows = (
        sample()
        .engine.con.execute('SELECT product, min("at")::DATE AS first FROM orders GROUP BY 1')
        .fetchall()
    )
    first = dict(rows)
    days = [first[handle] for handle in handles(result)]
    assert days == sorted(days, reverse=True)
    assert days[0] == max(first[handle] for handle in first)


@pytest.mark.parametrize(("years", "is_old"), [(0, False), (3, True)])
async def test_products_sold_for_over_a_year_are_not_called_new(years: int, is_old: bool) -> None:
    first = (
        sample()
        .engine.con.execute(
            'SELECT max(first) FROM (SELECT min("at")::DATE AS first FROM orders GROUP BY product)'
        )
        .fetchall()
    )
    deps = replace(tool_deps(), today=first[0][0] + timedelta(days=365 * years))
    notes = (await call_tool("find_products", {"sort": "newest", "most": 1}, deps)).notes
    assert any("call them neither new" in note for note in notes) is is_old


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"category": "Mailes"}, "There is no category “Mailes”. There are:.*Mailles"),
        ({"most": 0}, "most must be from 1 to 20"),
        ({"max_price": -1.0}, "max_price must be 0"),
    ],
)
async def test_a_search_refuses_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        await call_tool("find_products", given)


async def test_a_period_without_best_sellers_is_said_to_be_unused() -> None:
    result = await call_tool("find_products", {"words": "lin", "since": "2026-10-01"})
    assert any("were not used" in note for note in result.notes)


async def test_products_that_are_not_on_sale_are_left_out_and_counted() -> None:
    products = [make_product("old", status="archived"), make_product("new")]
    result = await call_tool("find_products", {}, tool_deps(shop_of(products)))
    assert handles(result) == ["new"]
    assert "1 products that are not on sale were left out." in result.notes


def make_product(handle: str, **fields: Any) -> Product:
    known = {"title": handle.title(), "source": Source("shop.csv"), "as_of": TODAY}
    return Product.model_validate({"handle": handle, "currency": "EUR", **known, **fields})


def shop_of(
    products: Sequence[Product], prices: list[dict[str, Any]] | None = None
) -> WorkspaceData:
    shop = small(prices=prices) if prices else small()
    return WorkspaceData(CatalogueLibrary(lambda: products), lambda: shop)


async def test_a_product_has_all_its_facts_and_what_customers_say() -> None:
    result = await call_tool("product", {"product": "Robe Solène en lin"}, tool_deps(language="fr"))
    row = (
        sample()
        .engine.con.execute("SELECT price, stock FROM products WHERE product = 'lin-solene'")
        .fetchone()
    )
    assert row is not None
    assert figure(result, "product.lin-solene.price").value == row[0]
    assert figure(result, "product.lin-solene.stock").value == row[1]
    assert figure(result, "product.lin-solene.materials").value == "lin"
    assert any(fact.parts.measure == "quote" for fact in result.facts)
    assert result.exhibits[0].table is not None
    assert result.exhibits[0].table.columns == ("Caractéristique", "Valeur")


async def test_a_product_has_the_facts_that_a_draft_about_it_has() -> None:
    result = await call_tool("product", {"product": "Robe Solène en lin"})
    brief = Brief(words="", author="U1", language="en", product="lin-solene")
    request = SkillRequest(skill="draft", brief=brief)
    found = [fact for kind in PRODUCT_KINDS for fact in await sample_data().look_up(kind, request)]
    truths = find_material_facts(Evidence(facts=tuple(found)), request)
    assert truths
    assert {"product", "prices"} <= {fact.parts.kind for fact in found}
    assert {fact.id for fact in (*found, *truths)} <= {fact.id for fact in result.facts}


async def test_a_product_says_what_the_catalogue_does_not_tell() -> None:
    result = await call_tool(
        "product", {"product": "vase"}, tool_deps(shop_of([make_product("vase", price=20)]))
    )
    assert (
        "The catalogue does not tell: description, materials, sizes, colours, stock."
        in result.notes
    )


@pytest.mark.parametrize("name", ["robe", "télévision"])
@pytest.mark.parametrize("tool", ["product", "price_history"])
async def test_a_vague_name_is_refused_with_the_nearest_products(tool: str, name: str) -> None:
    with pytest.raises(ToolError, match="There is no product called") as refusal:
        await call_tool(tool, {"product": name})
    assert ("Robe Solène en lin" in str(refusal.value)) == (name == "robe")


async def test_prices_have_their_days_and_the_lowest_of_thirty_days() -> None:
    result = await call_tool("price_history", {"product": "lit-brume"})
    sql = "SELECT since, price FROM prices WHERE product = 'lit-brume' ORDER BY 1"
    rows = sample().engine.con.execute(sql).fetchall()
    changes = [(fact.since, fact.value) for fact in result.facts if fact.since]
    assert changes == rows
    assert figure(result, "prices.lit-brume.lowest-price-30-days").value == 189
    assert result.exhibits[0].chart is not None
    assert len(result.exhibits[0].chart.points) == len(rows)


async def test_a_cut_is_told_against_the_lowest_price_of_thirty_days() -> None:
    """A rise shortly before the cut does not count as the price that it is compared with."""
    days = ((200, "50"), (20, "60"), (3, "40"))
    prices = [
        {"product": "vase", "since": TODAY - timedelta(days=ago), "price": Decimal(price)}
        for ago, price in days
    ]
    vase = make_product("vase", price=Decimal(40), compare_at=Decimal(60))
    result = await call_tool(
        "price_history",
        {"product": "vase"},
        tool_deps(shop_of([vase], prices=prices), language="fr"),
    )
    assert figure(result, "prices.vase.lowest-price-30-days").value == 50
    cut = figure(result, "prices.vase.cut-against-lowest-price")
    assert cut.spelled("fr") == "20\u00a0%"
    assert result.read_as == "prix de Vase"


async def test_without_former_prices_no_cut_can_be_announced() -> None:
    vase = make_product("vase", price=Decimal(40), compare_at=Decimal(60))
    result = await call_tool("price_history", {"product": "vase"}, tool_deps(shop_of([vase])))
    assert not [fact for fact in result.facts if "lowest" in fact.parts.measure]
    assert any("announce no price cut" in note for note in result.notes)


async def test_past_copy_comes_from_imported_campaigns() -> None:
    given = {"words": "soldes d'hiver", "channel": "email"}
    result = await call_tool("past_copy", given, tool_deps(language="fr"))
    subjects = [fact.value for fact in result.facts if fact.parts.measure == "subject"]
    rows = sample().engine.con.execute("SELECT DISTINCT subject FROM campaigns").fetchall()
    assert len(subjects) == 3
    assert set(subjects) <= {row[0] for row in rows}
    assert any(fact.parts.measure == "open-rate" for fact in result.facts)


async def test_past_copy_of_codes_is_found_in_any_language() -> None:
    codes = ["om-260915-maud", "om-261020-kerven-en"]
    result = await call_tool("past_copy", {"words": " ".join(codes), "channel": "email"})
    subjects = {f.parts.subject: f.value for f in result.facts if f.parts.measure == "subject"}
    assert {*codes} <= {*subjects}
    assert subjects[codes[0]] == "Col roulé Maud\u00a0: une côte fine, sous la veste"


async def test_past_copy_in_another_language_is_better_than_none() -> None:
    found = {}
    for language in ("fr", "en"):
        deps = tool_deps(language=language)
        result = await call_tool("past_copy", {"words": "cabas Halles", "channel": "email"}, deps)
        found[language] = {fact.parts.subject for fact in result.facts}
    assert found["fr"]
    assert found["en"] == found["fr"]


async def test_past_copy_for_an_occasion_is_of_its_time_of_year() -> None:
    deps = tool_deps(language="fr")
    brief = deps.request.brief.model_copy(update={"occasion": "noel"})
    deps = replace(deps, request=deps.request.model_copy(update={"brief": brief}))
    words = "un e-mail de Noël : des cadeaux pour elle, une idée de cadeau"
    result = await call_tool("past_copy", {"words": words, "channel": "email"}, deps)
    sent = {fact.parts.subject for fact in result.facts}
    assert "past_copy.om-260512-meres.subject" not in {fact.id for fact in result.facts}
    assert sent == {"om-251128-friday", "om-251202-cadeaux", "om-251209-table-noel"}
    plain = await call_tool(
        "past_copy", {"words": words, "channel": "email"}, tool_deps(language="fr")
    )
    assert sent != {fact.parts.subject for fact in plain.facts}
    titles = {str(one.value) for one in result.facts if one.parts.measure == "subject"}
    assert {fact.about for fact in result.facts} == {f"«\u00a0{one}\u00a0»" for one in titles}
    named = await call_tool(
        "past_copy",
        {"words": words, "channel": "email", "occasion": "noel"},
        tool_deps(language="fr"),
    )
    assert named.facts == result.facts
    with pytest.raises(ToolError, match="There is no occasion “christmas”"):
        await call_tool("past_copy", {"words": words, "occasion": "christmas"})


def test_a_text_that_names_the_product_comes_before_one_that_shares_more_words() -> None:
    near = nearest_texts(
        sample(),
        channel="email",
        product=None,
        words="une idée de cadeau pour elle, elle dit tous les ans que ce n'est pas la peine",
        product_words="Drap-housse Halte",
        language="fr",
    )
    assert near[0].letter.code == "om-260120-halte"


async def test_past_copy_of_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ToolError, match="There is no channel “fax”"):
        await call_tool("past_copy", {"words": "lin", "channel": "fax"})
    with pytest.raises(ToolError, match="Say in words"):
        await call_tool("past_copy")


async def test_past_copy_without_any_sent_text_says_so() -> None:
    result = await call_tool("past_copy", {"words": "lin"}, tool_deps(data_of(small())))
    assert not result.facts
    assert "No text was sent yet" in text_of(result)
    result = await call_tool("past_copy", {"words": "yawning zebras"})
    assert not result.facts
    assert "No text was sent" not in text_of(result)  # they are in other words
    assert "fr, en, for: tous" in text_of(result)
    result = await call_tool("past_copy", {"words": "clients qui s'éloignent"})
    subjects = {fact.parts.subject for fact in result.facts}
    assert "om-251014-revenez-automne" in subjects  # by its audience


async def test_a_title_names_the_first_of_many_categories() -> None:
    titles = sample().engine.con.execute("SELECT DISTINCT category FROM products").fetchall()
    names = sorted(title for (title,) in titles if title)[:3]
    call = {"sort": "best_sellers", "most": 15, "compare": COMPARE, "category": "; ".join(names)}
    (exhibit,) = (await call_tool("find_products", call)).exhibits
    table = exhibit.build_card_table()
    assert table
    assert names[0] in table.title
    assert names[1] not in table.title


async def test_products_are_compared_by_sales_stock_returns_and_ratings_in_one_table() -> None:
    call = {"sort": "best_sellers", "in_stock": "yes", "most": 15, "compare": COMPARE}
    result = await call_tool("find_products", call)
    assert len(result.facts) <= MAX_FACTS
    (exhibit,) = result.exhibits
    assert exhibit.table is not None
    assert exhibit.table.columns[0].startswith("Product")
    assert len(exhibit.table.columns) == 7
    assert len(exhibit.table.rows) == 15
    assert "15" in exhibit.cut  # of how many
    names = {fact.about for fact in result.facts}
    assert len(names) >= 10
    rate = next(fact for fact in result.facts if fact.parts.measure == "return-rate")
    assert rate.until is not None
    assert rate.until <= TODAY - timedelta(days=30)
    shown = text_of(result)
    assert "Left out" not in shown
    assert any("in the table alone" in note for note in result.notes)


@pytest.mark.parametrize("former", [None, Decimal(60)])
async def test_a_comparison_tells_which_products_are_reduced(former: Decimal | None) -> None:
    price = Decimal(40)
    products = [
        make_product("vase", price=price, compare_at=former, stock=4),
        make_product("rug", price=price, stock=4),
    ]
    call = {"sort": "fit", "in_stock": "any", "most": 5, "compare": COMPARE}
    result = await call_tool("find_products", call, tool_deps(shop_of(products)))
    (table,) = (one.table for one in result.exhibits if one.table)
    assert ("Price" in table.columns) is ("Former price" in table.columns) is bool(former)
    prices = [one.id for one in result.facts if "price" in one.parts.measure]
    its = ["product.vase.price", "product.vase.compare-at price"]
    assert prices == (its if former else [])
    assert any("Reduced already: Vase." in note for note in result.notes) is bool(former)


async def test_what_too_few_bought_or_rated_has_a_blank_in_the_comparison() -> None:
    days = [TODAY - timedelta(days=40 + n) for n in range(60)]
    orders = [
        {
            "order": f"o{n}",
            "line": 1,
            "at": datetime(day.year, day.month, day.day),
            "customer": f"c{n % 15}",
            "product": "lamp" if n < 3 else ("vase", "vase", "rug")[n % 3],
            "quantity": 1.0,
            "amount": Decimal(50),
            "returned": n % 5 == 0,
        }
        for n, day in enumerate(days)
    ]
    shop = small(orders=orders)
    products = [
        make_product(name, stock=40, title=name.title()) for name in ("vase", "rug", "lamp")
    ]
    data = WorkspaceData(CatalogueLibrary(lambda: products), lambda: shop)
    call = {"sort": "fit", "in_stock": "any", "most": 15, "compare": COMPARE}
    result = await call_tool("find_products", call, tool_deps(data))
    rates = {fact.about for fact in result.facts if fact.parts.measure == "return-rate"}
    assert rates == {"Vase", "Rug"}
    assert any("No rating" in note for note in result.notes)


async def test_how_many_products_fit_is_a_figure() -> None:
    result = await call_tool("find_products", {"in_stock": "no", "sort": "fit"})
    (many,) = (fact for fact in result.facts if fact.parts.kind == "catalogue")
    sold_out = [one for one in await sample_data().list_products() if one.stock == 0]
    assert many.number == len(sold_out)
    assert many.unit == "products"
    other = await call_tool("find_products", {"in_stock": "any", "sort": "fit"})
    assert many.id not in {fact.id for fact in other.facts}
