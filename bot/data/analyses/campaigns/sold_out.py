"""What was spent on advertising things that could no longer be bought."""

from collections.abc import Mapping
from datetime import date, timedelta

import ibis.expr.types as ir

from bot.data.analyses.campaigns.ads import Ad, Line, Sums, added, ads_of, sums
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf


def gone(shelf: Shelf) -> dict[str, date]:
    """The products without stock, each with the first day on which nobody could buy it: the day
    after its last order (of the shop, else of its advertising)."""
    if shelf.products is None:
        return {}
    empty = shelf.products.filter(shelf.products.stock == 0).select("product")
    products = [row["product"] for row in rows_of(shelf, empty)]
    last: dict[str, date] = {}
    for kind in ("orders", "campaigns"):
        if (table := shelf.table(kind)) is not None and products and not last:
            bought = table.orders > 0 if kind == "campaigns" else table.quantity.fill_null(1) > 0
            rows = table.filter(bought & table.product.isin(products))
            days = rows.group_by("product").aggregate(last=rows["at"].date().max())
            last = {r["product"]: r["last"] for r in rows_of(shelf, days) if r["last"]}
    return {product: day + timedelta(days=1) for product, day in last.items()}


def spent_since(
    shelf: Shelf, rows: ir.Table, gone: Mapping[str, date], currency: str | None
) -> dict[Line, Sums]:
    """What each line has cost since its product was gone."""
    found: list[Ad] = []
    for product, day in gone.items():
        wasted = sums(
            rows.filter(rows.product == product, rows["at"].date() >= day), None, None, None
        )
        found += ads_of(r for r in rows_of(shelf, wasted) if r["currency"] == currency)
    return added(found, lambda ad: ad.line)
