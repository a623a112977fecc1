"""Whom to speak to: audiences with rule, size and reason, exported as a file."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Audience ideas"
COMMAND = "target"
HINT = "whom should I target for the linen launch?"
TOOLS = (
    "describe_data",
    "suggest_audiences",
    "audience",
    "segments",
    "repeat_purchases",
    "bought_next",
    "query_metrics",
    "calculate",
    "find_products",
    "plan_experiment",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if request.brief.rule and (ctx.by_rules or not request.reason):
        return await ctx.write_audience()
    if not request.brief.words.strip():
        return ctx.ask(Words("For what? For example: whom should I target for the linen launch?"))
    return await ctx.write_report(tools=TOOLS)
