"""Say what blocks sales now: since when, what it costs, what to do next."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "What blocks sales"
HINT = "what blocks sales right now?"
ASKED_BY = (
    r"^\W*what(?:'s|s| is| are)?\b.*\b(?:block\w*|hold\w* back|in the way of|keeps? .* from)\b"
    r"|^\W*what(?:'s|s| is| are)? (?:hurt\w*|costing us)\b|\bsales blockers?\b"
    r"|^\W*(?:which|what|where|qu\w+|où) .*\b(?:wast(?:es?|ed|ing)|gaspill\w*)\b"
    r"|^\W*where (?:do|are) we los(?:e|ing)\b|^\W*(?:où|ou) perd(?:ons|-on)"
    r"|^\W*why (?:are|is|did|do|have) .*\b(?:sales|orders|revenue|conversion)\b"
    r"|^\W*pourquoi .*\b(?:ventes|commandes|chiffre d'affaires|conversion)\b"
    r"|\b(?:qu'est-ce qui|ce qui|qui) (?:frein|bloqu|plomb|empêch)\w+"
    r"|^\W*(?:quels sont )?(?:les |nos )?(?:freins|blocages)\b"
)
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
