"""The values that orders have, by which a question may narrow them."""

from collections.abc import Mapping

import ibis.expr.types as ir

from bot.data.analyses.trends.titles import titles
from bot.data.metrics.best_sellers import is_sold
from bot.data.metrics.filters import with_category
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf

COLUMNS = ("country", "region", "source", "device", "code", "reason", "category")


def values(shelf: Shelf) -> Mapping[str, Mapping[str, str]]:
    """column → value → what it is called; of products their titles, goods alone."""
    return {**{column: _distinct(shelf, column) for column in COLUMNS}, "product": _products(shelf)}


def _orders(shelf: Shelf, column: str) -> ir.Table | None:
    table = shelf.table("orders")
    if table is None:
        return None
    return with_category(shelf, table) if column == "category" else table


def _distinct(shelf: Shelf, column: str) -> dict[str, str]:
    table = _orders(shelf, column)
    if table is None or column not in table.columns:
        return {}
    rows = rows_of(shelf, table.filter(table[column].notnull()).select(column).distinct())
    return {said: said for said in sorted(str(row[column]) for row in rows)}


def _products(shelf: Shelf) -> dict[str, str]:
    known = titles(shelf, list(_distinct(shelf, "product")))
    return {product: title for product, title in sorted(known.items()) if is_sold(title)}
