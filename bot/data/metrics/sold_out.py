"""Products that are sold out: since when, and which of them a query of orders is about."""

import operator
from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce

import ibis
from ibis import _

from bot.core.metric_query import DATED_DIMENSIONS, MetricQuery
from bot.data.analyses.products import load_product_titles
from bot.data.metrics.filters import add_category
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import MetricDataset
from bot.data.metrics.query.periods import Days
from bot.data.metrics.query.runner import DATASETS
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

GOODS = ("product", "category")
NARROWING = (*GOODS, "country", "device")
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
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery, before: Days | None
) -> list[str]:
    """Say which products of a query by product or category sold out within its days, where these
    are compared: with those `before`, or one after the other."""
    in_time = not set(DATED_DIMENSIONS).isdisjoint(query.dimensions)
    if dataset.kind != "orders" or not query.uses(*GOODS) or not (before or in_time):
        return []
    assert query.since is not None
    assert query.until is not None
    now = (query.since, query.until)
    return name_sold_out(warehouse, query, [now, before] if before else [now])


def name_sold_out(warehouse: Warehouse, query: MetricQuery, periods: Sequence[Days]) -> list[str]:
    """Name the products that are sold out since a day from the first of these periods to the last,
    and that enough people bought in them, those that sold most first. Of a query of orders its
    conditions on the goods, the country and the device count."""
    orders = warehouse.table("orders")
    if orders is None:
        return []
    told = tuple(group for group in query.filters if {one.field for one in group} <= {*NARROWING})
    query = query.model_copy(update={"filters": told})
    lines = filter_rows(DATASETS["orders"], add_category(warehouse, orders), query)
    first, last = min(days[0] for days in periods), max(days[1] for days in periods)
    since = {p: day for p, day in find_sold_out_dates(warehouse).items() if first < day <= last}
    if not since:
        return []
    day = lines["at"].date()
    within = [day.between(ibis.literal(start), ibis.literal(end)) for start, end in periods]
    lines = lines.filter(lines.product.isin(list(since)), reduce(operator.or_, within))
    sold = lines.group_by("product").aggregate(
        units=_.quantity.fill_null(1).sum(),
        buyers=ibis.coalesce(lines.customer, lines["order"]).nunique(),
    )
    sold = sold.filter(sold.buyers >= warehouse.sales_floor)
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
