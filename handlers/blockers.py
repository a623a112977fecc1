"""Say what blocks sales now: since when, what it costs, what to do next."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "What blocks sales"
HINT = "what blocks sales right now?"
TOOLS = (
    "describe_data",
    "query_metrics",
    "calculate",
    "funnel",
    "deliveries",
    "advertising",
    "trends",
    "feedback_themes",
    "read_feedback",
    "find_products",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: what blocks sales right now?"))
    return await ctx.write_report(tools=TOOLS)
