"""Answer a question from the team's own data, such as which products to push."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Answer"
HINT = "how many loyal customers do we have?"
TOOLS = (
    "describe_data",
    "query_metrics",
    "calculate",
    "segments",
    "audience",
    "repeat_purchases",
    "bought_next",
    "forecast",
    "trends",
    "split_revenue",
    "funnel",
    "deliveries",
    "advertising",
    "past_copy",
    "experiments",
    "feedback_themes",
    "read_feedback",
    "find_products",
    "product",
    "price_history",
    "read_thread",
    "top_customers",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(
            Words("What do you want to know? For example: how many loyal customers do we have?")
        )
    return await ctx.write_report(tools=TOOLS)
