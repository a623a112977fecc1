"""What was ever bought, with its names: what an audience may be about, and what a word of them
stands for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
from ibis import _

from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.rules.goods import named_in
from bot.text.slugs import format_title

# What series are called; products as the catalogue has it, else as most of their lines say.

SERIES_TITLES = {"orders": Words("orders"), "units": Words("units"), "revenue": Words("revenue")}


def load_product_titles(warehouse: Warehouse, products: Collection[str]) -> dict[str, str]:
    """product → title, of those that have one anywhere. Lines of one product may be called several
    things (a remark in place of a name): the commonest counts, the first by alphabet of equals."""
    known: dict[str, str] = {}
    if warehouse.products is not None:
        named = fetch_rows(warehouse, warehouse.products.select("product", "title"))
        known = {row["product"]: format_title(row["title"]) for row in named if row["title"]}
    wanted = sorted(set(products) - set(known))
    orders = warehouse.table("orders")
    if not wanted or orders is None:
        return known
    lines = orders.filter(orders.product.isin(wanted), orders.title.notnull())
    rows = fetch_rows(warehouse, lines.group_by("product", "title").aggregate(lines=lines.count()))
    said: dict[str, str] = {}
    for row in sorted(rows, key=lambda one: (-one["lines"], one["title"])):
        said.setdefault(row["product"], format_title(row["title"]))
    return {**said, **known}


@dataclass(frozen=True)
class PurchasedProducts:
    """What was bought at all: a product's key → its title and category, most buyers first."""

    titles: Mapping[str, str]
    categories: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The categories, those with most products first come first."""
        return list(dict.fromkeys(self.categories.values()))

    def first(self, category: str) -> str | None:
        """The title of its product that most people bought."""
        return next(
            (self.titles[k] for k, name in self.categories.items() if name == category), None
        )


def load_purchased_products(warehouse: Warehouse, lines: ir.Table) -> PurchasedProducts:
    """Most buyers first. `lines` as bought.lines gives them."""
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
    """The keys of the products whose titles say a word, in any language."""
    return tuple(list_matching_titles(named_in(word), goods))


def is_in_product_name(word: str, goods: PurchasedProducts) -> bool:
    """Whether a product's name says all of it."""
    wanted = named_in(word)
    return bool(wanted) and any(wanted <= named_in(title) for title in goods.titles.values())


def list_matching_titles(wanted: frozenset[str], goods: PurchasedProducts) -> list[str]:
    """Those whose titles name most of it."""
    shared = {key: len(named_in(title) & wanted) for key, title in goods.titles.items()}
    most = max(shared.values(), default=0)
    return [key for key, many in shared.items() if most and many == most]
