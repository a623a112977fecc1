"""Hold what the parts of an analysis of purchases share: the warehouse, the filter and the selected
orders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.filters import list_currencies
from bot.data.warehouse.purchases import NO_ORDERS, last_day, purchase_lines
from bot.data.warehouse.query import TableCache, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import format_title


@dataclass
class AnalysisContext:
    """`lines` are the order lines (see `bot.data.warehouse.purchases`), `people` counts the
    customers with a purchase in them. `currency` is an ISO code, empty when the file has none, None
    when it has several."""

    warehouse: Warehouse
    filter_: AnalysisFilter
    result: AnalysisResult
    lines: ir.Table
    until: date
    table_cache: TableCache
    people: int = 0
    currency: str | None = ""

    def run_query(self, name: str, table: ir.Table) -> list[dict[str, Any]]:
        """Return the rows of a small table; its SQL is recorded under `name`."""
        return fetch_rows(self.warehouse, self.register_query(name, table))

    def register_query(self, name: str, table: ir.Table) -> ir.Table:
        """Return the table unchanged, with its SQL recorded under `name`."""
        self.result.queries[name] = self.table_cache.defer(table)
        return table

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles by product key, from the catalogue or else the order lines."""
        known = self.lines.group_by("product").aggregate(title=self.lines.title.max())
        rows = fetch_rows(self.warehouse, known.drop_null())
        return {row["product"]: format_title(row["title"]) for row in rows}

    @cached_property
    def categories(self) -> dict[str, str]:
        known = self.lines.select("product", "category").distinct().drop_null()
        return {row["product"]: row["category"] for row in fetch_rows(self.warehouse, known)}


def analyse_purchases(
    kind: str, warehouse: Warehouse, filter_: AnalysisFilter, add: Callable[[AnalysisContext], None]
) -> AnalysisResult:
    """Return the facts that `add` adds about the purchases that the filter selects."""
    lines = purchase_lines(warehouse, filter_)
    if lines is None:
        return AnalysisResult.refuse(kind, warehouse, NO_ORDERS)
    result = AnalysisResult.from_table(kind, warehouse, "orders")
    until = last_day(warehouse, filter_)
    with TableCache(warehouse, kind) as table_cache:
        lines = table_cache.materialize("lines", lines)
        add(AnalysisContext(warehouse, filter_, result, lines, until, table_cache))
    return result


def find_currency(context: AnalysisContext) -> str | None:
    """Return the shop's only currency. Amounts of several currencies can't be summed and are left
    out."""
    currencies = list_currencies(context.warehouse, "orders")
    if len(currencies) > 1:
        context.result.add_limit(
            "The orders are in several currencies: money is left out, and who spent most is"
            " told by amounts as they stand."
        )
        return None
    return currencies[0] if currencies else ""
