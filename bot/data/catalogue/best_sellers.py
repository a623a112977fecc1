"""The products that a text without a product can be about: those that sell best."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.core.facts import Fact, FactId
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.product import Product, build_product_facts

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

MAX_SELLERS = 5
SHOWN_LABELS = ("name", "price")


def find_seller_facts(
    warehouse: "Warehouse", products: Sequence[Product], category: str | None = None
) -> tuple[Fact, ...]:
    """Return product.<handle>.name and .price of at most MAX_SELLERS products on sale and in stock,
    the best sellers of the last 90 days first; only the names from the orders where there is no
    catalogue. Raises CannotDo when the orders can't be read."""
    from bot.data.metrics.best_sellers import rank_products

    if "orders" not in warehouse.listed:
        return ()
    offered = {
        product.handle: product
        for product in products
        if product.status in (None, "active")
        and product.stock != 0
        and category in (None, product.type)
    }
    handles = frozenset(offered) if products else None
    ranked = rank_products(
        warehouse.for_reading(("orders",)), AnalysisFilter(), handles, MAX_SELLERS
    )
    sold = [
        (fact.parts.subject.removeprefix("product-"), fact)
        for fact in ranked.facts
        if fact.parts.subject.startswith("product-") and fact.parts.measure == "revenue"
    ]
    if handles is None:
        return tuple(_build_name(handle, fact) for handle, fact in sold)
    return tuple(
        fact.model_copy(update={"about": handle if fact.label == "name" else offered[handle].title})
        for handle, _sales in sold
        for fact in build_product_facts(offered[handle])
        if fact.label in SHOWN_LABELS
    )


def _build_name(handle: str, sales: Fact) -> Fact:
    return Fact(
        id=str(FactId("product", handle, "name")),
        label="name",
        about=handle,
        value=sales.about,
        source=sales.source,
        as_of=sales.as_of,
    )
