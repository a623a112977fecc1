"""What the parts of the analysis share while they tell: the shelf, the orders asked about."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.query import TableCache, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import format_title


@dataclass
class AnalysisContext:
    """`bought` are the lines (bought.lines), `people` how many customers have a purchase in them.
    `currency` is an ISO code, empty when the file has none, None when it has several."""

    warehouse: Warehouse
    filter_: AnalysisFilter
    result: AnalysisResult
    lines: ir.Table
    until: date
    table_cache: TableCache
    people: int = 0
    currency: str | None = ""

    def run_query(self, name: str, table: ir.Table) -> list[dict[str, Any]]:
        """The rows of a small result; its SQL is kept under that name."""
        return fetch_rows(self.warehouse, self.register_query(name, table))

    def register_query(self, name: str, table: ir.Table) -> ir.Table:
        """The same table, its SQL kept under that name."""
        self.result.queries[name] = self.table_cache.later(table)
        return table

    @cached_property
    def titles(self) -> dict[str, str]:
        """Names by product key, as the catalogue or else the lines have them."""
        known = self.lines.group_by("product").aggregate(title=self.lines.title.max())
        rows = fetch_rows(self.warehouse, known.drop_null())
        return {row["product"]: format_title(row["title"]) for row in rows}

    @cached_property
    def categories(self) -> dict[str, str]:
        """Categories by product key."""
        known = self.lines.select("product", "category").distinct().drop_null()
        return {row["product"]: row["category"] for row in fetch_rows(self.warehouse, known)}


def find_currency(context: AnalysisContext) -> str | None:
    """The shop's one currency; amounts of several can't be added up and are left out."""
    orders = context.warehouse.table("orders")
    assert orders is not None  # asked before
    known = orders.filter(orders.currency.notnull()).select("currency").distinct()
    currencies = sorted(row["currency"] for row in fetch_rows(context.warehouse, known))
    if len(currencies) > 1:
        context.result.add_limit(
            Words(
                "The orders are in several currencies: money is left out, and who spent most is"
                " told by amounts as they stand."
            )
        )
        return None
    return currencies[0] if currencies else ""
