"""Say who is likely to buy again, who drifts away, or what is bought next."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "What comes next"
HINT = "who is likely to buy again in the next 60 days?"
TOOLS = (
    "describe_data",
    "forecast",
    "repeat_purchases",
    "bought_next",
    "segments",
    "audience",
    "query_metrics",
    "calculate",
    "find_products",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("Who, or what? For example: who is likely to buy again?"))
    return await ctx.write_report(tools=TOOLS)
