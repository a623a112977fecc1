"""A product of the catalogue, and the facts that it proves."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.core.facts import Fact, ReadSource, SourcedModel
from bot.i18n.messages import Language, Words

ProductStatus = Literal["active", "draft", "archived", "unpublished"]


class PriceChange(BaseModel):
    """The price from this day on."""

    model_config = ConfigDict(frozen=True)
    day: date
    price: Decimal


class Product(SourcedModel):
    """One product. What the file does not contain is None or empty, never guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    handle: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")  # part of fact ids, so it contains no dot
    title: str = Field(min_length=1)
    description: str | None = None
    type: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] = ()
    price: Decimal | None = Field(default=None, ge=0)  # the lowest price of its variants
    price_to: Decimal | None = Field(default=None, ge=0)  # the highest price, if it differs
    compare_at: Decimal | None = Field(default=None, ge=0)  # only if it is above the price
    currency: str | None = None  # ISO 4217
    sizes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    link: str | None = None
    stock: int | None = Field(default=None, ge=0)  # of all variants; None: unknown
    status: ProductStatus | None = None
    price_history: tuple[PriceChange, ...] = ()
    lowest_30_days: Decimal | None = Field(default=None, ge=0)  # as stated by the file
    source: ReadSource
    as_of: date


# Facts of a product, each with its source and date.

PRICE_WINDOW = timedelta(days=30)
MOST_TITLES = 3  # products that represent the range


def build_product_facts(product: Product) -> tuple[Fact, ...]:
    """Return the facts about one product, with ids `product.<handle>.<label>`. Amounts are in its
    currency."""
    return tuple(
        Fact(
            id=f"product.{product.handle}.{label}",
            label=label,
            value=value,
            unit=product.currency if label in AMOUNT_MEASURES else None,
            source=product.source,
            as_of=product.as_of,
        )
        for label, value in _label_values(product)
    )


def build_availability_facts(product: Product, language: Language) -> tuple[Fact, ...]:
    """Return the fact that the product is sold out; nothing while it is in stock or its stock is
    not known."""
    if product.stock != 0:
        return ()
    return (
        Fact(
            id=f"product.{product.handle}.availability",
            label="availability",
            about=product.title,
            value=Words("sold out").to(language),
            source=product.source,
            as_of=product.as_of,
        ),
    )


def build_range_facts(products: Sequence[Product]) -> tuple[Fact, ...]:
    """Return facts with the titles of MOST_TITLES products: those with the highest stock."""
    best = sorted(products, key=lambda one: -(one.stock or 0))[:MOST_TITLES]
    return tuple(
        Fact(
            id=f"range.{product.handle}.title",
            label="title",
            value=product.title,
            source=product.source,
            as_of=product.as_of,
        )
        for product in best
    )


AMOUNT_MEASURES = ("price", "price to", "compare-at price", "lowest price 30 days")


def find_lowest_price(history: tuple[PriceChange, ...], as_of: date) -> Decimal | None:
    """Return the price that a reduction must be compared with: the lowest of the 30 days before it.

    Where the last change is a reduction, the days before it count. Otherwise the days before
    `as_of`, including today's price, count for a reduction that is still to be announced. Return
    None when nothing is known about those days. Source: Directive 98/6/EC, article 6a (2019/2161);
    France, L112-1-1 code de la consommation.
    """
    past = sorted((p for p in history if p.day <= as_of), key=lambda p: p.day)
    if not past:
        return None
    cut = len(past) > 1 and past[-1].price < past[-2].price
    end = past[-1].day if cut else as_of
    before = past[:-1] if cut else past
    inside = [p.price for p in before if p.day > end - PRICE_WINDOW]
    running = [p.price for p in before if p.day <= end - PRICE_WINDOW][-1:]
    return min(inside + running, default=None)


def _label_values(product: Product) -> Iterator[tuple[str, Decimal | str]]:
    lowest = find_lowest_price(product.price_history, product.as_of)
    values = {
        "name": product.title,
        "price": product.price,
        "price to": product.price_to,
        "compare-at price": product.compare_at,
        "lowest price 30 days": lowest if lowest is not None else product.lowest_30_days,
        "description": product.description,
        "type": product.type,
        "vendor": product.vendor,
        "tags": ", ".join(product.tags),
        "sizes": ", ".join(product.sizes),
        "colours": ", ".join(product.colours),
        "materials": ", ".join(product.materials),
        "link": product.link,
        "stock": None if product.stock is None else Decimal(product.stock),
    }
    for label, value in values.items():
        if value is not None and value != "":
            yield label, value
