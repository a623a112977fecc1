"""What a draft is told of products: best sellers in stock, earlier prices, and what is sold out."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.config.brand import Market
from bot.core.facts import Fact, Source
from bot.core.request import Brief, SkillRequest
from bot.data.catalogue.library import CatalogueLibrary, MarketLibrary
from bot.data.catalogue.product import Product
from bot.data.service import WorkspaceData
from bot.i18n.messages import Language
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import sample_data

pytestmark = pytest.mark.timeout(120)


def make_request(product: str | None = None, language: Language = "en") -> SkillRequest:
    brief = Brief(words="", author="U1", language=language, product=product)
    return SkillRequest(skill="draft", brief=brief, channel="email")


def make_product(handle: str, **fields: Any) -> Product:
    known = {"title": handle.title(), "source": Source("shop.csv"), "as_of": TODAY}
    return Product.model_validate({"handle": handle, "currency": "EUR", **known, **fields})


def find_best(limit: int) -> list[tuple[str, str]]:
    """The products in stock with most revenue in the last 90 days of the sample shop."""
    found: list[tuple[str, str]] = (
        sample()
        .engine.con.execute(
            """SELECT product, p.title FROM orders o JOIN products p USING (product)
            WHERE p.stock > 0 AND "at"::DATE > (SELECT max("at")::DATE FROM orders) - 90
            GROUP BY 1, 2 ORDER BY sum(o.amount) DESC LIMIT ?""",
            [limit],
        )
        .fetchall()
    )
    return found


async def test_best_sellers_are_at_most_five_names_and_prices() -> None:
    facts = await sample_data().look_up("best_sellers", make_request())
    names = [(fact.about, fact.value) for fact in facts if fact.label == "name"]
    assert names == find_best(5)
    assert {fact.label for fact in facts} == {"name", "price"}
    assert len(facts) == 10


async def test_a_sold_out_product_is_no_best_seller() -> None:
    first, second = (handle for handle, _title in find_best(2))
    products = [make_product(first, stock=0), make_product(second, stock=3, price=20)]
    shop = WorkspaceData(CatalogueLibrary(lambda: products), sample)
    facts = await shop.look_up("best_sellers", make_request())
    assert {fact.parts.subject for fact in facts} == {second}


async def test_best_sellers_of_a_category_are_filled_up_with_what_has_not_sold() -> None:
    (first, _), (second, _) = find_best(2)
    products = [
        make_product(first, type="Home > Bath"),
        make_product(second, type="Garden"),
        make_product("new-soap", tags=("Bath",)),
        make_product("old-soap", type="Bath", stock=0),
    ]
    for orders, handles in ((sample, [first, "new-soap"]), (small, [first, "new-soap"])):
        shop = WorkspaceData(CatalogueLibrary(lambda: products), orders)
        brief = Brief(words="", author="U1", language="en", category="Bath")
        asked = SkillRequest(skill="draft", brief=brief, channel="email")
        facts = await shop.look_up("best_sellers", asked)
        assert [fact.about for fact in facts if fact.label == "name"] == handles
        both = brief.model_copy(update={"more_categories": ("Garden",)})
        facts = await shop.look_up("best_sellers", asked.model_copy(update={"brief": both}))
        assert {fact.about for fact in facts if fact.label == "name"} == {*handles, second}


async def test_reduced_products_of_a_category_have_their_lowest_price() -> None:
    prices = [
        {"product": product, "since": TODAY - timedelta(days=days), "price": Decimal(price)}
        for product, days, price in (("cut", 90, "50"), ("cut", 5, "40"), ("full", 90, "50"))
    ]
    products = [
        make_product("cut", type="Bath", price=40),
        make_product("full", type="Bath", price=50),
        make_product("stated", type="Bath", price=30, lowest_30_days=35),
        make_product("other", type="Garden", price=30, lowest_30_days=35),
    ]
    shop = WorkspaceData(CatalogueLibrary(lambda: products), lambda: small(prices=prices))
    brief = Brief(words="", author="U1", language="en", category="Bath", offer="20% off")
    asked = SkillRequest(skill="draft", brief=brief, channel="email")
    facts = await shop.look_up("reduced", asked)
    found = [(fact.about, fact.value) for fact in facts]
    assert found == [("Cut", Decimal(50)), ("Stated", Decimal(35))]
    pounds = MarketLibrary(shop, Market(language="en", currency="GBP"))
    assert not await pounds.look_up("reduced", asked)


async def test_ranges_are_categories_and_the_tags_of_several_products() -> None:
    products = [
        make_product("a", type="Home > Bath", tags=("new", "Riviera")),
        make_product("b", type="Home", tags=("Riviera",)),
        make_product("c", tags=("Riviera", "Home")),
    ]
    assert await CatalogueLibrary(lambda: products).list_ranges() == ["Home", "Bath", "Riviera"]


async def test_without_orders_there_are_no_best_sellers() -> None:
    shop = WorkspaceData(CatalogueLibrary(lambda: [make_product("vase")]), lambda: small())
    assert await shop.look_up("best_sellers", make_request()) == ()


@pytest.mark.parametrize(("language", "value"), [("en", "sold out"), ("fr", "épuisé")])
async def test_a_sold_out_product_is_marked(language: Language, value: str) -> None:
    products = [make_product("vase", stock=0), make_product("bowl", stock=2), make_product("jug")]
    shop = WorkspaceData(CatalogueLibrary(lambda: products), lambda: small())
    (fact,) = await shop.look_up("availability", make_request("vase", language))
    assert (fact.id, fact.value) == ("product.vase.availability", value)
    for other in ("bowl", "jug"):
        assert await shop.look_up("availability", make_request(other)) == ()


async def look_up_prices(product: Product, market: Market | None = None) -> Sequence[Fact]:
    days = ((300, "45"), (200, "50"), (20, "60"), (3, "40"))
    prices = [
        {"product": "vase", "since": TODAY - timedelta(days=ago), "price": Decimal(price)}
        for ago, price in days
    ]
    shop = WorkspaceData(CatalogueLibrary(lambda: [product]), lambda: small(prices=prices))
    if market is not None:
        return await MarketLibrary(shop, market).look_up("prices", make_request("vase"))
    return await shop.look_up("prices", make_request("vase"))


async def test_a_draft_knows_the_lowest_price_and_the_last_changes() -> None:
    facts = await look_up_prices(make_product("vase", price=Decimal(40)))
    lowest = next(fact for fact in facts if fact.parts.measure == "lowest-price-30-days")
    assert lowest.value == 50
    changes = [fact for fact in facts if fact.parts.measure.startswith("price-from-")]
    assert [fact.value for fact in changes] == [45, 50, 60, 40]
    assert changes[-1].since == TODAY - timedelta(days=3)
    assert not [fact for fact in facts if fact.parts.measure == "price-now"]


async def test_a_market_with_its_own_price_has_no_earlier_prices_of_the_catalogue() -> None:
    vase = make_product("vase", price=Decimal(40))
    euro = {"language": "fr", "currency": "EUR"}
    pound = {**euro, "currency": "GBP"}
    own = {**euro, "prices": {"vase": Decimal(42)}}
    assert await look_up_prices(vase, Market.model_validate(euro))
    assert not await look_up_prices(vase, Market.model_validate(pound))
    assert not await look_up_prices(vase, Market.model_validate(own))
