"""A product growing out of its rows: one row, or one for each variant."""

import re
from datetime import date
from decimal import Decimal

from bot.data.catalogue.cells import once
from bot.data.catalogue.lexicon import Trait, honest, named
from bot.data.catalogue.product import Product
from bot.data.catalogue.row import BadCell, Row

TRAITS = ("sizes", "colours", "materials")
INFERRED: tuple[Trait, ...] = ("colours", "materials")
SEVERAL = re.compile(r"&|/|,|\b(?:and|et)\b", re.IGNORECASE)  # "Wind & Brass" names several


class Growing:
    source: str
    as_of: date

    def __init__(self, handle: str, title: str, row: Row, *, currency: str | None):
        self.handle, self.title, self.line = handle, title, row.line
        self._first, self._default = row, currency
        self._options = row.option_names()
        self._prices: list[tuple[Decimal, Decimal, Decimal | None]] = []  # lowest, highest, before
        self._traits: dict[str, list[str]] = {trait: [] for trait in TRAITS}
        self._stocks: list[int] = []
        self._seen: set[tuple[object, ...]] = set()
        self._currency: str | None = None
        self._body = {
            "description": row.words("description"),
            "type": row.type(),
            "vendor": row.words("vendor"),
            "tags": row.tags(),
            "link": row.link(),
            "status": row.status(),
            "lowest_30_days": row.lowest(),
        }
        self.add(row)

    def add(self, row: Row) -> None:
        """One more variant. Raises BadCell, and is then as before."""
        traits = {trait: row.trait(trait, self._options) for trait in TRAITS}
        price = row.price()
        currency = row.currency(price)
        if currency and self._currency and currency != self._currency:
            raise BadCell("currency", f"{currency}, but line {self.line} says {self._currency}")
        options = tuple(row.raw(f"option_value_{i}") for i in (1, 2, 3))
        variant = (tuple(traits.values()), options)  # sizes, colours, materials; options as said
        if variant in self._seen:
            raise BadCell("handle", f"the same product as line {self.line} once more")
        self._seen.add(variant)
        self._currency = self._currency or currency
        if price:
            before = row.compare_at(price.lowest)
            self._prices.append((price.lowest, price.highest, before))
        for trait, values in traits.items():
            self._traits[trait] += values
        stock = row.stock()
        if stock is not None:
            self._stocks.append(stock)

    def cells(self) -> dict[str, str]:
        """What its first row says, by field."""
        return self._first.cells()

    def has_room_for(self, row: Row) -> bool:
        """Whether this row can be one more variant: the same text, another size or colour."""
        traits = tuple(row.trait(trait, self._options) for trait in TRAITS)
        known = {variant[0] for variant in self._seen}
        return traits not in known and row.words("description") == self._body["description"]

    def product(self) -> Product:
        lowest = min(self._prices, key=lambda p: p[0], default=None)
        highest = max((p[1] for p in self._prices), default=None)
        price = lowest[0] if lowest else None
        return Product(
            handle=self.handle,
            title=self.title,
            price=price,
            price_to=highest if highest != price else None,
            compare_at=lowest[2] if lowest else None,
            currency=(self._currency or self._default) if lowest else None,
            stock=sum(self._stocks) if self._stocks else None,
            source=self.source,
            as_of=self.as_of,
            **self._body,
            **self._all_traits(),
        )

    def _all_traits(self) -> dict[str, tuple[str, ...]]:
        """What the columns say; where they say nothing, what the product's own words say."""
        traits = {trait: once(values) for trait, values in self._traits.items()}
        for trait in INFERRED:
            if not traits[trait]:
                traits[trait] = self._inferred(trait)
        return traits

    def _inferred(self, trait: Trait) -> tuple[str, ...]:
        """By the title and the tags; the description only adds materials, or stands alone."""
        tags = self._body["tags"]
        own = [tag for tag in tags if not SEVERAL.search(tag)] if isinstance(tags, tuple) else []
        short = f"{self.title}. {'. '.join(own)}"
        found = named(trait, short)
        if found and trait == "colours":
            return found
        return honest(once((*found, *named(trait, str(self._body["description"] or "")))))
