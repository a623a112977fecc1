"""The prices of products in a market with a currency of its own."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.config.brand import Brand, Market, MarketBrand
from bot.core.facts import Fact
from bot.core.library import Library, ProductMatch
from bot.core.request import SkillRequest
from bot.core.source import Source
from bot.data.catalogue.product import AMOUNT_MEASURES

BRAND_FILE = Source("brand.toml")


class MarketLibrary:
    """A library whose products have the prices of one market."""

    def __init__(self, library: Library, market: Market) -> None:
        self._library, self._market = library, market

    def __getattr__(self, name: str) -> Any:
        """Everything else that tools use of a library is the same in all markets."""
        return getattr(self._library, name)

    async def find(self, words: str) -> Sequence[ProductMatch]:
        return await self._library.find(words)

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        found = await self._library.look_up(kind, request)
        if kind in ("product", "best_sellers"):
            return tuple(replace_prices(found, self._market))
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
