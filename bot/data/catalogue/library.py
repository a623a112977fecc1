"""The catalogue as a `Library`: finds products and returns facts about them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bot.config.brand import Brand, Market, MarketBrand
from bot.core.facts import Fact, FactId, Source
from bot.core.library import Library, ProductMatch
from bot.core.request import SkillRequest
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.product import (
    AMOUNT_MEASURES,
    Product,
    build_product_facts,
    build_range_facts,
    list_names,
    split_levels,
)
from bot.data.catalogue.search import ProductIndex
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse


class CatalogueLibrary:
    """The products of one workspace. They are loaded on first use and indexed once for each
    version.

    `version` tells at low cost whether `load` would return something else. By default it always
    differs: `load` is called each time, and the same object means that nothing changed.
    """

    def __init__(
        self, load: Callable[[], Sequence[Product]], *, version: Callable[[], Hashable] = object
    ):
        self._load, self._version = load, version
        self._current_version: _CatalogueVersion | None = None

    async def find(self, words: str) -> Sequence[ProductMatch]:
        return (await asyncio.to_thread(self._load_current)).index.find(words)

    async def find_mentioned(self, words: str) -> Sequence[ProductMatch]:
        return (await asyncio.to_thread(self._load_current)).index.find_mentioned(words)

    async def list_ranges(self) -> Sequence[str]:
        return (await asyncio.to_thread(self._load_current)).ranges

    async def list_names(self) -> Sequence[str]:
        return list_names(await self.list_products())

    async def list_products(self) -> Sequence[Product]:
        return (await asyncio.to_thread(self._load_current)).products

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        """Return the facts of a kind. `product`: facts about the brief's product. `range`: titles
        of some products. Other kinds have none here."""
        if kind == "range":
            return build_range_facts((await asyncio.to_thread(self._load_current)).products)
        if kind != "product" or request.brief.product is None:
            return ()
        product = (await asyncio.to_thread(self._load_current)).by_handle.get(request.brief.product)
        return build_product_facts(product) if product else ()

    def _load_current(self) -> "_CatalogueVersion":
        version, current = self._version(), self._current_version
        if current and current.version == version:
            return current
        products = self._load()
        if current is None or current.products is not products:
            current = _CatalogueVersion(products, version)
        current.version = version
        self._current_version = current
        return current


class _CatalogueVersion:
    def __init__(self, products: Sequence[Product], version: Hashable):
        self.products, self.version = products, version
        self.index = ProductIndex(products)
        self.by_handle = {product.handle: product for product in products}
        self.ranges = _list_ranges(products)


def _list_ranges(products: Sequence[Product]) -> list[str]:
    """Return the names of the ranges that have most products, categories before collections. A
    collection has several products: a tag of one or two says something else of them."""
    categories = Counter(name for one in products for name in split_levels(one.type or ""))
    tags = Counter(name for one in products for name in one.ranges if name not in categories)
    found = [name for name, _ in categories.most_common()]
    found += [name for name, count in tags.most_common() if count >= MIN_COLLECTION]
    return found[:MAX_RANGES]


# The products that a text without a product can be about: those that sell best.

MAX_SELLERS = 5
MAX_RANGES, MIN_COLLECTION = 24, 3
SHOWN_LABELS = ("name", "price")
BEST_SELLER = Words("best seller of the range by revenue, over 90 days")


def find_seller_facts(
    warehouse: "Warehouse", products: Sequence[Product], categories: Collection[str] = ()
) -> tuple[Fact, ...]:
    """Return product.<handle>.name and .price of at most MAX_SELLERS products on sale and in stock,
    the best sellers of the last 90 days first; only the names from the orders where there is no
    catalogue. Those of categories come with which of all its products sold best, unless that one
    is sold out, and are filled up with products that have not sold. Raises CannotDo when the orders
    can't be read."""
    offered = {one.handle: one for one in select_offered(products, categories)}
    handles = frozenset(offered) if products else None
    sold = _find_sales(warehouse, handles)
    if handles is None:
        return tuple(_build_name(handle, fact) for handle, fact in sold.items())
    best = [*sold] if not categories else [*dict.fromkeys((*sold, *offered))][:MAX_SELLERS]
    facts = [
        fact.model_copy(update={"about": handle if fact.label == "name" else offered[handle].title})
        for handle in best
        for fact in build_product_facts(offered[handle])
        if fact.label in SHOWN_LABELS
    ]
    if categories:
        every = {one.handle for one in select_offered(products, categories, sold_out=True)}
        first = _find_sales(warehouse, every, most=1)
        facts += [
            _build_best_seller(offered[handle], sales, categories)
            for handle, sales in first.items()
            if handle in offered
        ]
    return tuple(facts)


def select_offered(
    products: Sequence[Product], categories: Collection[str], *, sold_out: bool = False
) -> list[Product]:
    """Return the products on sale and in stock, of these categories if any. `sold_out`: with
    those that are sold out."""
    return [
        product
        for product in products
        if product.status in (None, "active")
        and (sold_out or product.stock != 0)
        and (not categories or not {*categories}.isdisjoint(product.ranges))
    ]


def _find_sales(
    warehouse: "Warehouse", handles: Collection[str] | None, most: int = MAX_SELLERS
) -> dict[str, Fact]:
    """Return the revenue of the best sellers among these products, by handle."""
    from bot.data.metrics import best_sellers

    if "orders" not in warehouse.listed:
        return {}
    ranked = best_sellers.find(warehouse.for_reading(("orders",)), AnalysisFilter(), handles, most)
    return {
        fact.parts.subject.removeprefix("product-"): fact
        for fact in ranked.facts
        if fact.parts.measure == "revenue"
    }


def _build_best_seller(product: Product, sales: Fact, categories: Collection[str]) -> Fact:
    return Fact(
        id=str(FactId("product", product.handle, "best-seller")),
        label=BEST_SELLER.text,
        about=", ".join(categories),
        value=product.title,
        source=sales.source,
        as_of=sales.as_of,
    )


def _build_name(handle: str, sales: Fact) -> Fact:
    return Fact(
        id=str(FactId("product", handle, "name")),
        label="name",
        about=handle,
        value=sales.about,
        source=sales.source,
        as_of=sales.as_of,
    )


# The prices of products in a market with a currency of its own.

BRAND_FILE = Source("brand.toml")


class MarketLibrary:
    """A library whose products have the prices of one market."""

    def __init__(self, library: Library, market: Market) -> None:
        self._library, self._market = library, market
        self.find, self.find_mentioned = library.find, library.find_mentioned
        self.list_ranges, self.list_names = library.list_ranges, library.list_names

    def __getattr__(self, name: str) -> Any:
        """Everything else that tools use of a library is the same in all markets."""
        return getattr(self._library, name)

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        found = await self._library.look_up(kind, request)
        if kind in ("product", "best_sellers"):
            return tuple(replace_prices(found, self._market))
        if kind == "reduced":
            return tuple(
                fact
                for fact in found
                if fact.parts.subject not in self._market.prices
                and self._market.currency in (None, fact.unit)
            )
        return tuple(select_market_prices(found, self._market)) if kind == "prices" else found


def choose_library(library: Library, brand: Brand) -> Library:
    """Return the library as the brand's market sees it."""
    return MarketLibrary(library, brand.market) if isinstance(brand, MarketBrand) else library


def replace_prices(facts: Iterable[Fact], market: Market) -> Iterator[Fact]:
    """Yield the facts with the market's prices. An amount in another currency is left out, since
    nobody has said what the product costs there."""
    for fact in facts:
        _, subject, label = fact.id.split(".", 2)
        if label not in AMOUNT_MEASURES or market.currency is None:
            yield fact
        elif label == "price" and subject in market.prices:
            price = {"value": market.prices[subject], "unit": market.currency}
            yield fact.model_copy(update={**price, "source": BRAND_FILE})
        elif fact.unit == market.currency:
            yield fact


def select_market_prices(facts: Sequence[Fact], market: Market) -> Sequence[Fact]:
    """Return the earlier prices of a product if they are those of the market: it has the
    catalogue's currency and no price of its own for the product."""
    currencies = {fact.unit for fact in facts if fact.unit != "%"}
    is_catalogue = market.currency is None or currencies <= {market.currency}
    own = any(fact.parts.subject in market.prices for fact in facts)
    return facts if is_catalogue and not own else ()
