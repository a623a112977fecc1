"""Lists single customers by what they spent, and ends the work: code writes the list for the person
who asks, if that person has the right to see people and asks in private. You never see it. For
"who are our ten best customers", never for what customers have in common (audience, segments) or
what share they make (query_metrics: top_10_percent_share).
Example: {"filters": [], "since": "2026-01-01", "until": "none", "limit": 10}
"""

from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import read_day, run_query
from bot.agent.tools.query_metrics import Condition, build_filters
from bot.core.audience_rule import OrderCondition

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

ENDS_LOOP = True
MOST_CUSTOMERS = 50


class Params(ToolParams):
    filters: list[list[Condition]] = Field(description="Whose orders count, as in query_metrics.")
    since: str = Field(description="First day, or “none”.")
    until: str = Field(description="Last day, or “none”.")
    limit: int = Field(description=f"How many customers, 1 to {MOST_CUSTOMERS}.")


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    """Check the call. The note is the query, which code answers."""
    if not 1 <= params.limit <= MOST_CUSTOMERS:
        raise ToolError(f"limit is 1 to {MOST_CUSTOMERS}.")
    try:
        orders = OrderCondition(
            filters=build_filters(params.filters),
            since=read_day(params.since, "since"),
            until=read_day(params.until, "until"),
        )
    except ValidationError as wrong:
        raise ToolError(wrong.errors()[0]["msg"]) from wrong

    if orders.since and orders.until and orders.until < orders.since:
        raise ToolError("The period ends before it begins.")

    def resolve(warehouse: "Warehouse") -> str:
        from bot.data.metrics.query.customer_ranking import TopCustomersQuery
        from bot.data.metrics.query.orders import resolve_order_condition

        if warehouse.table("orders") is None:
            raise ToolError("There are no orders yet: nothing was imported.")
        known, _notes = resolve_order_condition(warehouse, orders)
        return TopCustomersQuery(orders=known, limit=params.limit).model_dump_json()

    return ToolResult(notes=(await run_query(deps, resolve),))
