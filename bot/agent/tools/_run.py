"""Run a query of a tool on the workspace's tables, within the limit of time."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from bot.agent.tool import ToolDeps, ToolError
from bot.core.metric_query import QueryError
from bot.errors import CannotDo

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

T = TypeVar("T")
MAX_QUERY_SECONDS = 30.0  # from when the query has the engine


async def run_query(deps: ToolDeps, ask: Callable[["Warehouse"], T]) -> T:
    """Return what `ask` computes. Raises ToolError for what can't be answered."""
    try:
        return await deps.data.run_limited(ask, MAX_QUERY_SECONDS)
    except QueryError as error:
        raise ToolError(str(error)) from None
    except CannotDo as error:
        raise ToolError(error.words.to("en")) from None


def parse_day(text: str) -> date | None:
    """Return the day, or None for "none". Raises ToolError."""
    if text.strip().lower() in ("none", ""):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ToolError(f"{text} is not a day: write it as 2026-11-24, or “none”.") from None
