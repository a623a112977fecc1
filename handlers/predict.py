"""Say who is likely to buy again, who drifts away, or what is bought next."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "What comes next"
HINT = "who is likely to buy again in the next 60 days?"
ASKED_BY = (
    r"\b(?:who(?! buys? (?:more|the most)\b(?! often))"
    r"|(?:which|what) (?:customers|clients|buyers|people|shoppers))"
    r"(?:'s| is| are| will| might| may)?\b.*\b(?:buy|buys|order again|come back|comes back"
    r"|return|leave|leaving|lapse|lapsing|drift\w*|churn\w*|stop buying)\b"
    r"|\bwhat (?:will|do|does|would|is|are) .*\b(?:buy|bought|order)\w* (?:next|after)\b|\bchurn\b"
    r"|\bpredict\b|\b(?:sales|orders?|purchases?) forecast\b|^\W*(?:please )?forecast\b"
    r"|\bqui (?:va|vont|risque(?:nt)?|devrait|peut|pourrait)\b.*\b(?:r?acheter|revenir|repartir"
    r"|partir|commander|s'en aller|s'éloigner)\b|(?<!clients )\bqui s'éloigne|\bqui rachète"
    r"|\bquel(?:le)?s (?:client|cliente|acheteur)s (?:vont|risquent|s'éloignent|rachètent)\b"
    r"|\bqu(?:e |'est-ce qu(?:e |')|')(?:vont|va|on|r?achète(?:nt)?|r?achèteront|r?achète-t-on)\b"
    r".*\b(?:ensuite|après)\b|\bqu'est-ce que .*\br?achètent\b.*\b(?:ensuite|après)\b"
    r"|\bpr[ée]di(?:s|re|ction)|\bprévisions? d(?:'|e |es )|^\W*(?:prévois|prévoir|prévoyez)\b"
)
OWN_PERIOD = True  # a forecast uses all orders
TOOLS = (
    "describe_data",
    "forecast",
    "repeat_purchases",
    "bought_next",
    "segments",
    "audience",
    "query_metrics",
    "calculate",
    "find_products",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("Who, or what? For example: who is likely to buy again?"))
    return await ctx.write_report(tools=TOOLS)
