"""The prices that a product had, from imported price files and the catalogue."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.facts import Fact, FactId
from bot.core.source import Source
from bot.data.catalogue.product import (
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
