"""Facts of the campaigns, one subject at a time; and that there are none."""

from collections.abc import Callable
from typing import Any

from bot.data.analyses.result import Findings
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words

SALES = (
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


def adder(
    found: Findings, subject: str, about: str, rows: int, query: str = "ads", *, sold: bool = False
) -> Callable[..., None]:
    """Adds measures to a subject. What an advertisement costs and how often it is seen is about no
    customer; what was sold is added where it is said that enough bought (`sold`)."""
    found.nobody(subject)

    def add(measure: str, value: Any, unit: str | None = None, of: int | None = None) -> None:
        if sold or not is_of_sales(measure):
            found.add(
                subject, measure, value, unit=unit, about=about, rows=rows, of=of, query=query
            )

    return add


def is_of_sales(measure: str) -> bool:
    """Whether it is a measure of what was sold, or what is computed from one."""
    return measure == "p" or measure.startswith(SALES)


def nothing(shelf: Shelf) -> Findings:
    found = Findings("campaigns", "", shelf.today)
    found.refuse(
        Words(
            "There are no campaign results yet: import what your e-mail tool or your retailers "
            "export."
        )
    )
    return found
