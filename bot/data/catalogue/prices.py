"""The prices that a product had, from imported price files and the catalogue."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.config.brand import Brand, Market, MarketBrand
from bot.core.facts import Fact, FactId, Source
from bot.core.library import Library, ProductMatch
from bot.core.request import SkillRequest
from bot.data.catalogue.product import (
    AMOUNT_MEASURES,
    PriceChange,
    Product,
    build_product_facts,
    find_lowest_price,
)

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

WRITING_CHANGES = 4  # price changes that a writer is told of
CATALOGUE_MEASURES = ("price-now", "compare-at-price")  # product facts say them


@dataclass(frozen=True)
class PriceHistory:
    """The changes in order of time. `lowest` is the lowest price of the last 30 days, with which a
    reduction must be compared (see `find_lowest_price`); None where it is not known."""

    changes: tuple[PriceChange, ...]
    lowest: Decimal | None
    source: Source
    as_of: date


def load_price_history(warehouse: "Warehouse", product: Product) -> PriceHistory:
    """Return the prices of a product up to today."""
    known = {change.day: change for change in product.price_history}
    source, as_of = product.source, product.as_of
    table = warehouse.table("prices")
    if table is not None:
        from bot.data.warehouse.query import fetch_rows

        mine = table.filter(table["product"] == product.handle)
        for row in fetch_rows(warehouse, mine.select("since", "price", "currency")):
            if row["since"] and row["price"] is not None:
                day = row["since"]
                known[day] = PriceChange(day=day, price=Decimal(row["price"]))
                source, as_of = warehouse.source("prices"), warehouse.as_of("prices")
    past = sorted((one for one in known.values() if one.day <= warehouse.today), key=_get_day)
    changes = tuple(
        one for at, one in enumerate(past) if at == 0 or one.price != past[at - 1].price
    )
    lowest = find_lowest_price(changes, warehouse.today)
    if lowest is None:
        lowest, source, as_of = product.lowest_30_days, product.source, product.as_of
    return PriceHistory(changes, lowest, source, as_of)


def build_price_facts(product: Product, history: PriceHistory, most: int) -> tuple[Fact, ...]:
    """Return prices.<handle> .price-now, .compare-at-price, .lowest-price-30-days, .cut-against-
    lowest-price, and .price-from-<day> of the last `most` changes."""

    def make(measure: str, value: Decimal, **more: object) -> Fact:
        values = {
            "id": str(FactId("prices", product.handle, measure)),
            "label": measure.replace("-", " "),
            "about": product.title,
            "value": value,
            "unit": product.currency,
            "source": history.source,
            "as_of": history.as_of,
        }
        return Fact.model_validate({**values, **more})

    facts = []
    catalogue: dict[str, object] = {"source": product.source, "as_of": product.as_of}
    if product.price is not None:
        facts.append(make("price-now", product.price, **catalogue))
    if product.compare_at is not None:
        facts.append(make("compare-at-price", product.compare_at, **catalogue))
    if history.lowest is not None:
        facts.append(make("lowest-price-30-days", history.lowest))
    if product.price is not None and history.lowest and product.price < history.lowest:
        cut = round(100 * (1 - product.price / history.lowest), 1)
        facts.append(make("cut-against-lowest-price", cut, unit="%"))
    recent = history.changes[-most:]
    for at, change in enumerate(recent):
        later = recent[at + 1].day if at + 1 < len(recent) else None
        facts.append(
            make(
                f"price-from-{change.day.isoformat()}",
                change.price,
                label="price from that day",
                since=change.day,
                until=None if later is None else later.fromordinal(later.toordinal() - 1),
            )
        )
    return tuple(facts)


def find_writing_prices(warehouse: "Warehouse", product: Product) -> tuple[Fact, ...]:
    """Return the price facts that a text may need besides those of the product itself."""
    facts = build_price_facts(product, load_price_history(warehouse, product), WRITING_CHANGES)
    known = {fact.label: fact.value for fact in build_product_facts(product)}
    return tuple(
        fact
        for fact in facts
        if fact.parts.measure not in CATALOGUE_MEASURES and known.get(fact.label) != fact.value
    )


def _get_day(change: PriceChange) -> date:
    return change.day


def load_first_days(warehouse: "Warehouse") -> dict[str, date]:
    """Return the day on which each product was first sold; of one never sold, of its first
    price."""
    from bot.data.warehouse.query import fetch_rows

    days: dict[str, date] = {}
    for kind, column in (("prices", "since"), ("orders", "at")):
        table = warehouse.table(kind)
        if table is None:
            continue
        dated = table.filter(table["product"].notnull(), table[column].notnull())
        first = dated.group_by("product").aggregate(day=dated[column].min().cast("date"))
        days.update({row["product"]: row["day"] for row in fetch_rows(warehouse, first)})
    return days


# The prices of products in a market with a currency of its own.

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
