"""Products that are sold out: since when, and which of them a query of orders is about."""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.metric_query import DATED_DIMENSIONS, MetricQuery
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.filters import add_category
from bot.data.metrics.filters import filter_rows as filter_rows_of_kind
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import MetricDataset
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

GOODS = ("product", "category")
MAX_NAMED = 6


def find_sold_out_dates(warehouse: Warehouse) -> dict[str, date]:
    """Return the products without stock, each with the first day on which it could not be bought:
    the day after its last order (in the shop, else through its ads)."""
    if warehouse.products is None:
        return {}
    empty = warehouse.products.filter(warehouse.products.stock == 0).select("product")
    products = [row["product"] for row in fetch_rows(warehouse, empty)]
    last: dict[str, date] = {}
    for kind in ("orders", "campaigns"):
        if (table := warehouse.table(kind)) is not None and products and not last:
            lines = table.orders > 0 if kind == "campaigns" else table.quantity.fill_null(1) > 0
            rows = table.filter(lines & table.product.isin(products))
            days = rows.group_by("product").aggregate(last=rows["at"].date().max())
            last = {r["product"]: r["last"] for r in fetch_rows(warehouse, days) if r["last"]}
    return {product: day + timedelta(days=1) for product, day in last.items()}


def tell_sold_out(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery, before: date | None
) -> list[str]:
    """Say which products of a query by product or category sold out within its days, where these
    are compared: with those from `before` on, or one after the other."""
    in_time = not set(DATED_DIMENSIONS).isdisjoint(query.dimensions)
    if dataset.kind != "orders" or not query.uses(*GOODS) or not (before or in_time):
        return []
    assert query.since is not None
    assert query.until is not None
    of_goods = tuple(group for group in query.filters if {one.field for one in group} <= {*GOODS})
    goods = query.model_copy(update={"filters": of_goods})
    orders = warehouse.table("orders")
    assert orders is not None
    lines = filter_rows(dataset, add_category(warehouse, orders), goods)
    return name_sold_out(warehouse, min(before or query.since, query.since), query.until, lines)


def tell_sold_out_of(
    warehouse: Warehouse, where: AnalysisFilter, first: date, last: date
) -> list[str]:
    """Name what sold out within these days, of a product or a category where one is named."""
    if warehouse.table("orders") is None:
        return []
    goods = AnalysisFilter(product=where.product, category=where.category)
    return name_sold_out(warehouse, first, last, filter_rows_of_kind(warehouse, "orders", goods))


def name_sold_out(warehouse: Warehouse, first: date, last: date, lines: ir.Table) -> list[str]:
    """Name the products of these lines that sold in these days and are sold out since one of them,
    those that sold most first."""
    since = {p: day for p, day in find_sold_out_dates(warehouse).items() if first < day <= last}
    if not since:
        return []
    lines = lines.filter(
        lines.product.isin(list(since)),
        lines["at"].date().between(ibis.literal(first), ibis.literal(last)),
    )
    sold = lines.group_by("product").aggregate(units=_.quantity.fill_null(1).sum())
    rows = sorted(fetch_rows(warehouse, sold), key=lambda row: (-row["units"], row["product"]))
    if not rows:
        return []
    titles = load_product_titles(warehouse, [row["product"] for row in rows])
    named = "; ".join(
        f"{titles.get(row['product'], row['product'])} since {since[row['product']]}"
        for row in rows[:MAX_NAMED]
    )
    more = f"; {len(rows) - MAX_NAMED} more" if rows[MAX_NAMED:] else ""
    return [
        f"Sold out (no stock today, since the day after the last order): {named}{more}. Name it "
        "where sales fell. find_products with in_stock no tells what it cost."
    ]
