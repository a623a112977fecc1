"""Read a test of variants, or plan one: what it changed, how many it takes."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "A/B test"
HINT = "how did the photos test do?"
ASKED_BY = (
    r"\b(?:a ?/ ?b|split)[- ]?tests?\b|\bsample size\b|\btaille d'échantillon\b"
    r"|\b(?:how did|how is|how are|how do|read|results? of|who won|which variant)\b.*\btests?\b"
    r"|\b(?:lis|lire|lisez|résultats? d\w*|que donnent?|qu'ont? donné|a donné|qui a gagné"
    r"|comment s'est passé|quelle variante)\b.*\btests?\b"
    r"|\b(?:which|what) (?:version|one)\b.*\b(?:won|wins?)\b|\bquelle version\b.*\bgagn\w+"
    r"|\b(?:lequel|laquelle|qui)\b.*\bgagn\w+\b.*\b[ab] ou [ab]\b"
    r"|\b(?:trust|reliable|valid|fiables?|fier|valables?)\b.*\btests?\b"
    r"|\btests?\b.*\b(?:reliable|valid|fiables?|valables?|significant|significati\w+)\b"
    r"|\b(?:plan|design|set up|run|prepare|planifie\w*|prépare[rz]?|organise[rz]?|prévois|prévoir"
    r"|monte[rz]?|lance[rz]?)\b.{0,30}\btests?\b"
    r"|\b(?:how (?:many|long)|combien d\w*)\b.*\b(?:a |un |le |the |ce )test\b"
    r"|^\W*(?:(?:please|stp|svp|let's|let us|can (?:you|we)|could (?:you|we)"
    r"|we (?:want|would like) to|i(?:'d like| want| would like) to|peux-tu|pouvez-vous|peut-on"
    r"|on (?:peut|pourrait|veut|voudrait)|je (?:veux|voudrais)|il faudrait"
    r"|nous (?:voulons|voudrions))\W+)*"
    r"(?:test(?:e|ez|ons|er)\b"
    r"|test (?:an?|the|our|free|whether|if|two|both|different|another|new)\b)"
)
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
