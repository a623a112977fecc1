"""Tell what moved in sales: confirmed and to watch apart, and what comes back."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Trends"
COMMAND = "trends"
HINT = "trends in sales this month"
TOOLS = (
    "describe_data",
    "query_metrics",
    "calculate",
    "trends",
    "split_revenue",
    "funnel",
    "find_products",
    "price_history",
    "feedback_themes",
    "occasions",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: trends in candles this month."))
    return await ctx.write_report(tools=TOOLS)
