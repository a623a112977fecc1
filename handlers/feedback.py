"""Sum up what customers say: themes with counts, their words, what to fix first."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Customer feedback"
COMMAND = "feedback"
HINT = "what do customers say about sizing this month?"
TOOLS = (
    "describe_data",
    "feedback_themes",
    "read_feedback",
    "read_thread",
    "query_metrics",
    "calculate",
    "deliveries",
    "find_products",
    "product",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: what do customers say about sizing?"))
    return await ctx.write_report(tools=TOOLS)
