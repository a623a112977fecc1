"""See which data there is: datasets with their days, measures, what to group and filter by with the
values, what is old, what the data lacks, and what it has that no look-up reaches. Call it before
the first query_metrics where values or days are not known yet."""

from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import run_query
from bot.i18n.messages import Words

TOO_LONG = Words("This took too long, so I stopped. Ask again: what was read so far is kept.")


class Params(ToolParams):
    pass


async def run(_params: Params, deps: ToolDeps) -> ToolResult:
    return ToolResult(notes=tuple(await run_query(deps, deps.data.describe, too_long=TOO_LONG)))
