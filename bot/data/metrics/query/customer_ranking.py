"""The customers who spent most. Only for a person with the right to see people: no AI gets it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import ibis
from ibis import _
from pydantic import BaseModel, Field

from bot.core.audience_rule import OrderCondition
from bot.data.metrics.filters import list_currencies
from bot.data.metrics.query.orders import select_customer_lines
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

DEFAULT_CUSTOMERS, MAX_CUSTOMERS = 10, 50


class TopCustomersQuery(BaseModel, frozen=True):
    """Whose orders count, and how many customers are listed."""

    orders: OrderCondition = OrderCondition()
    limit: int = Field(default=DEFAULT_CUSTOMERS, ge=1, le=MAX_CUSTOMERS)


@dataclass(frozen=True)
class TopCustomer:
    customer: str  # the masked id, as it is stored
    spent: Decimal
    orders: int
    last_order: date


def find_top_customers(
    warehouse: Warehouse, query: TopCustomersQuery
) -> tuple[list[TopCustomer], str | None]:
    """Return the customers, highest first, and the currency of what they spent."""
    lines = select_customer_lines(warehouse, query.orders, warehouse.as_of("orders"))
    lines = lines.filter(_.customer.notnull())
    customers = lines.group_by("customer").aggregate(
        spent=_.paid.sum(),
        orders=lines["order"].nunique(where=lines.net >= 0),
        last_order=_.day.max(where=_.net >= 0),
    )
    highest = customers.filter(_.orders > 0).order_by(ibis.desc("spent"), "customer")
    found = [TopCustomer(**row) for row in fetch_rows(warehouse, highest.limit(query.limit))]
    currencies = list_currencies(warehouse, "orders")
    return found, currencies[0] if currencies else None
