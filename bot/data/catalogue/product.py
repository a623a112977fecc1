"""A product of the catalogue, the prices that it had, and the facts that both prove."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from bot.core.facts import Fact, FactId, ReadSource, Source, SourcedModel
from bot.core.half_up import round_half_up
from bot.i18n.messages import Language, Words

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

ProductStatus = Literal["active", "draft", "archived", "unpublished"]


class PriceChange(BaseModel, frozen=True):
    """The price from this day on."""

    day: date
    price: Decimal


class Product(SourcedModel, frozen=True, extra="forbid"):
    """One product. What the file does not contain is None or empty, never guessed."""

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

    @property
    def ranges(self) -> tuple[str, ...]:
        """The names of the ranges that it belongs to: its category, with each level of a path, and
        its tags."""
        texts = (self.type or "", *self.tags)
        return tuple(level for text in texts for level in split_levels(text))


@lru_cache(maxsize=4096)
def split_levels(category: str) -> tuple[str, ...]:
    """Return the levels of a category path: "Home" and "Bath" of "Home > Bath"."""
    return tuple(filter(None, map(str.strip, category.split(">"))))


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


# The prices that a product had, from imported price files and the catalogue.

WRITING_CHANGES = 4  # price changes that a writer is told of
MAX_REDUCED = 10
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
    return load_price_histories(warehouse, [product])[product.handle]


def load_price_histories(
    warehouse: "Warehouse", products: Sequence[Product]
) -> dict[str, PriceHistory]:
    imported: dict[str, dict[date, Decimal]] = {product.handle: {} for product in products}
    table = warehouse.table("prices")
    if table is not None:
        from bot.data.warehouse.query import fetch_rows

        mine = table.filter(table["product"].isin([*imported]))
        for row in fetch_rows(warehouse, mine.select("product", "since", "price")):
            if row["since"] and row["price"] is not None:
                imported[row["product"]][row["since"]] = Decimal(row["price"])
    return {one.handle: _join_prices(warehouse, one, imported[one.handle]) for one in products}


def _join_prices(
    warehouse: "Warehouse", product: Product, imported: Mapping[date, Decimal]
) -> PriceHistory:
    """Return the history of a product's own prices and of imported ones, which come first."""
    source, as_of = product.source, product.as_of
    if imported:
        source, as_of = warehouse.source("prices"), warehouse.as_of("prices")
    known = {**{change.day: change.price for change in product.price_history}, **imported}
    past = [PriceChange(day=day, price=known[day]) for day in sorted(known)]
    past = [change for change in past if change.day <= warehouse.today]
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
        cut = round_half_up(100 * (1 - product.price / history.lowest), 1)
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


def find_reduced_facts(warehouse: "Warehouse", products: Sequence[Product]) -> tuple[Fact, ...]:
    """Return reduced.<handle>.lowest-price-30-days of at most MAX_REDUCED of these products that
    cost less today: for an offer that comes on top."""
    histories = load_price_histories(warehouse, products)
    found = [
        Fact(
            id=str(FactId("reduced", product.handle, "lowest-price-30-days")),
            label="lowest price 30 days, reduced already",
            about=product.title,
            value=history.lowest,
            unit=product.currency,
            source=history.source,
            as_of=history.as_of,
        )
        for product in products
        if (history := histories[product.handle]).lowest is not None
        and product.price is not None
        and product.price < history.lowest
    ]
    return tuple(found[:MAX_REDUCED])


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


def list_names(products: Iterable[Product]) -> list[str]:
    """Return the titles, brands, types and colours of products, each once."""
    said = ((one.title, one.vendor or "", one.type or "", *one.colours) for one in products)
    return list(dict.fromkeys(name for names in said for name in names))
