"""Sum up a conversation, or tell what waits: decisions, open points, drafts."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Recap"
HINT = "recap this thread"
TOOLS = (
    "read_thread",
    "past_copy",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(
            Words("Which conversation? Mention me in a thread, or ask for the channel you are in.")
        )
    return await ctx.write_report(tools=TOOLS)
