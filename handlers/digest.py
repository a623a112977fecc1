"""Tell what moved in the last whole week, where no subject and no more is named."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "What moved this week"
HINT = "what moved this week?"
COMMAND = "digest"
OWN_PERIOD = True


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What shall I report on? For example: what moved this week?"))
    return await ctx.write_digest()
