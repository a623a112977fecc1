"""Read a test of variants, or plan one: what it changed, how many it takes."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "A/B test"
HINT = "how did the photos test do?"
TOOLS = (
    "describe_data",
    "query_metrics",
    "calculate",
    "experiments",
    "plan_experiment",
    "audience",
    "segments",
    "funnel",
    "find_products",
    "past_copy",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("Which test? For example: how did the photos test do?"))
    return await ctx.write_report(tools=TOOLS)
