"""A product as the catalogue has it: pure, and stored as JSON."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.core.facts import Fact
from bot.core.source import Source, SourcedModel

ProductStatus = Literal["active", "draft", "archived", "unpublished"]


class PriceChange(BaseModel):
    """What it has cost from that day on."""

    model_config = ConfigDict(frozen=True)
    day: date
    price: Decimal


class Product(SourcedModel):
    """One thing that is sold. What the file does not say is None or empty, never guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    handle: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")  # goes into the ids of facts: no dot
    title: str = Field(min_length=1)
    description: str | None = None
    type: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] = ()
    price: Decimal | None = Field(default=None, ge=0)  # the lowest of its variants
    price_to: Decimal | None = Field(default=None, ge=0)  # the highest, when it is another
    compare_at: Decimal | None = Field(default=None, ge=0)  # only when above the price
    currency: str | None = None  # ISO 4217
    sizes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    link: str | None = None
    stock: int | None = Field(default=None, ge=0)  # all variants together; None: not counted
    status: ProductStatus | None = None
    price_history: tuple[PriceChange, ...] = ()
    lowest_30_days: Decimal | None = Field(default=None, ge=0)  # as the file says it
    source: Source
    as_of: date


# What a product's row proves: facts, each with its source and its day. Only what is there.

PRICE_WINDOW = timedelta(days=30)
MOST_TITLES = 3  # products that stand for all


def build_product_facts(product: Product) -> tuple[Fact, ...]:
    """The facts about one product: ids `product.<handle>.<label>`, amounts in its currency."""
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


def build_range_facts(products: Sequence[Product]) -> tuple[Fact, ...]:
    """What is sold, by three titles: those of which there are most."""
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
    """The price that a cut is measured against: the lowest of the 30 days before it.

    Where the last change is the cut, before that change; else before `as_of`, today's price
    included, for a cut still to be announced. None when nothing is known of those days.
    Source: Directive 98/6/EC, article 6a (2019/2161); France, L112-1-1 code de la consommation.
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
    said = {
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
    for label, value in said.items():
        if value is not None and value != "":
            yield label, value
