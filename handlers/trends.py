"""Tell what moved in sales: confirmed and to watch apart, and what comes back."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Trends"
COMMAND = "trends"
HINT = "trends in sales this month"
ASKED_BY = (
    r"^\W*(?:(?:show|give|tell|what|any|are|do|me|us|we|have|montre[rz]?|donne[rz]?|quelles|sont"
    r"|y|a|t|il|des|moi|nous|les?|the|our|nos|latest|sales|dernières) ?[-']?)*"
    r"(?:trends?|tendances?)\b"
    r"|\b(?:sales trends?|tendances? d(?:e|es) ventes|évolution des ventes)\b"
    r"|^\W*what(?:'s|s| is| has| have)? (?:moving|changed|rising|falling|growing|trending)\b"
    r"|^\W*(?:is|was|has) (?:there )?(?:anything|something) (?:unusual|odd|strange|new|mov\w+)"
    r"|^\W*y a-t-il .* d'(?:inhabituel|anormal)|^\W*pourquoi .*\b(?:retour|renvo|revien)\w+"
    r"|^\W*why (?:do|did|are|is|does) .*\b(?:return(?:ed|ing)?|sen[dt] .*back|com(?:e|ing) back)\b"
    r"|^\W*how (?:are|were|did) (?:our |the )?sales\b(?!.*\b(?:compar|than\b|vs\b|versus\b))"
    r"|^\W*qu'est-ce qui (?:a |est en train de )?(?:boug|mont|baiss|grimp|progress)"
    r"|^\W*comment (?:vont|évoluent|ont évolué) (?:les |nos )?ventes\b"
)
TOOLS = (
    "describe_data",
    "query_metrics",
    "calculate",
    "trends",
    "funnel",
    "find_products",
    "product",
    "price_history",
    "feedback_themes",
    "occasions",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: trends in candles this month."))
    return await ctx.write_report(tools=TOOLS)
