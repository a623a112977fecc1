"""Suggest campaign ideas, each with the fact of the team's own data behind it."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Ideas"
HINT = "10 ideas for back to school, 2 of them mad"
TOOLS = (
    "describe_data",
    "query_metrics",
    "segments",
    "repeat_purchases",
    "bought_next",
    "trends",
    "feedback_themes",
    "find_products",
    "product",
    "past_copy",
    "occasions",
    "ask_person",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("Ideas for what? For example: 10 ideas for back to school."))
    if ctx.by_rules:
        return await ctx.write_report(tools=TOOLS)  # says that ideas need an AI
    return await ctx.write_ideas(tools=TOOLS)
