"""Say what moved this week in sales, on the site, in feedback and in campaigns."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "What moved this week"
HINT = "what moved this week?"
COMMAND = "digest"
ASKED_BY = (
    r"\bwhat moved\b|\bweekly (?:digest|report|point)\b|\bthe digest\b"
    r"|\bce qui a bougé\b|\bqu'est-ce qui a bougé\b|\ble point de la semaine\b"
    r"|\b(?:rapport|point|bilan) hebdo"
)
OWN_PERIOD = True


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What shall I report on? For example: what moved this week?"))
    return await ctx.write_digest()
