"""Facts of the campaigns, one subject at a time; and that there are none."""

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
    found: AnalysisResult,
    subject: str,
    about: str,
    rows: int,
    query: str = "ads",
    *,
    sold: bool = False,
) -> Callable[..., None]:
    """Adds measures to a subject. What an advertisement costs and how often it is seen is about no
    customer; what was sold is added where it is said that enough bought (`sold`)."""
    found.nobody(subject)

    def add(measure: str, value: Any, unit: str | None = None, of: int | None = None) -> None:
        if sold or not is_sales_measure(measure):
            found.add(
                subject, measure, value, unit=unit, about=about, rows=rows, of=of, query=query
            )

    return add


def is_sales_measure(measure: str) -> bool:
    """Whether it is a measure of what was sold, or what is computed from one."""
    return measure == "p" or measure.startswith(SALES_MEASURES)


def refuse_without_campaigns(shelf: Warehouse) -> AnalysisResult:
    found = AnalysisResult("campaigns", Source(""), shelf.today)
    found.refuse(
        Words(
            "There are no campaign results yet: import what your e-mail tool or your retailers "
            "export."
        )
    )
    return found
