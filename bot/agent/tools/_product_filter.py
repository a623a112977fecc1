"""Which products of the catalogue fit a call, best fit first."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, model_validator

from bot.agent.tool import ToolError, ToolParams
from bot.agent.tools._analysis import read_text
from bot.data.analyses.result import split_names
from bot.data.catalogue.product import Product
from bot.data.catalogue.product_words import tokenize_product, tokenize_query
from bot.data.catalogue.search import ProductIndex, find_in_category


class ProductBounds(ToolParams):
    words: str
    category: str = Field(
        description="“A; B” for several: “home products” are all its categories in one call."
    )
    without_category: str
    max_price: float
    in_stock: Literal["yes", "no", "any"]
    stock_at_least: int = Field(description="Units in stock; 0: any.")
    stock_at_most: int = Field(description="0: any.")
    reduced: Literal["any", "yes", "no"] = Field(
        description="Now cheaper than the former price in the catalogue."
    )

    @model_validator(mode="before")
    @classmethod
    def add_newer(cls, given: Any) -> Any:
        """Read calls that were recorded before there were bounds on the stock."""
        newer = {"stock_at_least": 0, "stock_at_most": 0}
        return {**newer, **given} if isinstance(given, dict) else given


def read_names(value: str) -> tuple[str, ...]:
    """Return each of "Bain; Mailles", nothing for "none"."""
    return split_names(read_text(value) or "")


def filter_products(
    products: Sequence[Product], asked: ProductBounds
) -> tuple[list[Product], set[str]]:
    """Return the products on sale that fit, best fit first, and the handles of those that have the
    words in their description alone."""
    names = sorted({product.type for product in products if product.type})
    wanted, left_out = read_names(asked.category), read_names(asked.without_category)
    for category in (*wanted, *left_out) if products else ():
        if category.lower() not in {name.lower() for name in names}:
            raise ToolError(
                f"There is no category “{category}”. There are: {', '.join(names[:20])}."
            )
    within, beyond = ({name.lower() for name in some} for some in (wanted, left_out))
    is_reduced = asked.reduced == "yes"
    fitting = [
        product
        for product in products
        if product.status in (None, "active")
        and (not within or (product.type or "").lower() in within)
        and (product.type or "").lower() not in beyond
        and (not asked.max_price or _is_within(product.price, asked.max_price))
        and (asked.in_stock != "yes" or product.stock is None or product.stock > 0)
        and (asked.in_stock != "no" or product.stock == 0)
        and (product.stock or 0) >= asked.stock_at_least
        and (not asked.stock_at_most or _is_few(product.stock, asked.stock_at_most))
        and (asked.reduced == "any" or (product.compare_at is not None) is is_reduced)
    ]
    words = read_text(asked.words)
    return _search(words, fitting) if words else (fitting, set())


def _search(words: str, products: list[Product]) -> tuple[list[Product], set[str]]:
    """Return what the words may mean, then all of the category that they name, then all others
    that have each of them; last those whose description alone says them, and these again."""
    index, by_handle = ProductIndex(products), {product.handle: product for product in products}
    wanted = set(tokenize_query(words))
    said = [
        product.handle
        for product in products
        if wanted and wanted <= set(tokenize_product(f"{product.title} {product.description}"))
    ]
    best = [match.handle for match in index.find(words)]
    best += [products[n].handle for n in find_in_category(words, products)]
    best += index.find_all(words)
    return [by_handle[handle] for handle in dict.fromkeys((*best, *said))], {*said}.difference(best)


def _is_few(stock: int | None, most: int) -> bool:
    return stock is not None and stock <= most


def _is_within(price: Decimal | None, most: float) -> bool:
    return price is not None and price <= Decimal(str(most))
