"""Load the products that were ever bought, with their names, and find the ones that a word
names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
from ibis import _

from bot.data.catalogue.product_words import list_name_words
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words, quote_name
from bot.text.normalize import format_title

# Product titles: from the catalogue, else as most of their order lines have it.

SERIES_TITLES = {"orders": Words("orders"), "units": Words("units"), "revenue": Words("revenue")}


def unknown_name_message(name: str) -> Words:
    return Words(
        "Nobody bought anything called {name}: look at how your orders or products spell it.",
        name=quote_name(name),
    )


def load_catalogue_titles(warehouse: Warehouse) -> dict[str, str]:
    if warehouse.products is None:
        return {}
    named = fetch_rows(warehouse, warehouse.products.select("product", "title"))
    return {row["product"]: row["title"] for row in named if row["title"]}


def load_product_titles(warehouse: Warehouse, products: Collection[str]) -> dict[str, str]:
    """Return product → title, for products with a title anywhere. When the lines of one product
    have several titles (a remark instead of a name), the most common one counts; ties go
    alphabetically."""
    known = {key: format_title(title) for key, title in load_catalogue_titles(warehouse).items()}
    wanted = sorted(set(products) - set(known))
    orders = warehouse.table("orders")
    if not wanted or orders is None:
        return known
    lines = orders.filter(orders.product.isin(wanted), orders.title.notnull())
    rows = fetch_rows(warehouse, lines.group_by("product", "title").aggregate(lines=lines.count()))
    titles: dict[str, str] = {}
    for row in sorted(rows, key=lambda one: (-one["lines"], one["title"])):
        titles.setdefault(row["product"], format_title(row["title"]))
    return {**titles, **known}


@dataclass(frozen=True)
class PurchasedProducts:
    """The products ever bought: key → title and category, those with most buyers first."""

    titles: Mapping[str, str]
    categories: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The categories, those with most products first."""
        return list(dict.fromkeys(self.categories.values()))

    def first(self, category: str) -> str | None:
        """Return the title of the category's product with most buyers."""
        return next(
            (self.titles[k] for k, name in self.categories.items() if name == category), None
        )


@dataclass(frozen=True)
class Subject:
    """What an analysis is about: a product or categories; or everything, when neither is filled.
    `name` is its name for people."""

    name: str = ""
    product: str | None = None
    categories: tuple[str, ...] = ()


def load_purchased_products(warehouse: Warehouse, lines: ir.Table) -> PurchasedProducts:
    """Load the products, those with most buyers first. `lines` come from
    `bot.data.warehouse.purchases`."""
    table = (
        lines.filter(_.amount >= 0, _["product"].notnull())
        .group_by("product")
        .aggregate(category=_.category.max(), buyers=_.customer.nunique())
    )
    rows = sorted(fetch_rows(warehouse, table), key=lambda row: (-row["buyers"], row["product"]))
    known = load_product_titles(warehouse, [row["product"] for row in rows])
    called = {key: format_title(known.get(key) or key) for key in (row["product"] for row in rows)}
    categories = {row["product"]: row["category"] for row in rows if row["category"]}
    return PurchasedProducts(called, categories)


def find_products_with_word(word: str, goods: PurchasedProducts) -> tuple[str, ...]:
    """Return the keys of the products whose titles contain most of the words, in any language."""
    wanted = list_name_words(word)
    shared = {key: len(list_name_words(title) & wanted) for key, title in goods.titles.items()}
    most = max(shared.values(), default=0)
    return tuple(key for key, many in shared.items() if most and many == most)


def is_in_product_name(word: str, goods: PurchasedProducts) -> bool:
    """Tell whether a product's name contains all of the words."""
    wanted = list_name_words(word)
    return bool(wanted) and any(wanted <= list_name_words(title) for title in goods.titles.values())
