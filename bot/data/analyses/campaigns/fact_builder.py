"""Add campaign facts to one subject at a time, or the limit that there are no campaigns."""

from collections.abc import Callable
from typing import Any

from bot.core.source import Source
from bot.data.analyses.result import AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

SALES_MEASURES = (
    "orders",
    "sales",
    "return",
    "cost-per-order",
    "orders-per-click",
    "sales-change",
    "order-rate",
    "share-of-orders",
    "share-of-sales",
    "excess",
)


def make_fact_adder(
    result: AnalysisResult,
    subject: str,
    about: str,
    rows: int,
    query: str = "ads",
    *,
    sold: bool = False,
) -> Callable[..., None]:
    """Return a function that adds measures to a subject. Costs and impressions are not about
    customers; sales are added only where enough people bought (`sold`)."""
    result.mark_without_customers(subject)

    def add(measure: str, value: Any, unit: str | None = None, of: int | None = None) -> None:
        if sold or not is_sales_measure(measure):
            result.add(
                subject, measure, value, unit=unit, about=about, rows=rows, of=of, query=query
            )

    return add


def is_sales_measure(measure: str) -> bool:
    """Tell whether it is a measure of sales, or one computed from sales."""
    return measure == "p" or measure.startswith(SALES_MEASURES)


def refuse_without_campaigns(warehouse: Warehouse) -> AnalysisResult:
    result = AnalysisResult("campaigns", Source(""), warehouse.today)
    result.add_limit(
        Words(
            "There are no campaign results yet: import what your e-mail tool or your retailers "
            "export."
        )
    )
    return result
