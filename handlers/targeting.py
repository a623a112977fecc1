"""Whom to speak to: audiences with rule, size, reason and what to say to them."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Audience ideas"
COMMAND = "target"
HINT = "whom should I target for the linen launch?"
ASKED_BY = (
    r"\bwhom?\b.{0,20}\b(?:target|write to|send|contact|address|reach|speak to|offer)\b"
    r"|\bwho should (?:get|receive|see|hear)\b"
    r"|\b(?:which|what) (?:customers|clients|people) should\b"
    r"|\bquell?e?s? (?:client|cliente|acheteur)s\b.{0,20}\b(?:cibler|viser|contacter|relancer)\b"
    r"|\b(?:suggest|find|propose|recommend|which|what)\b.{0,20}"
    r"\b(?:audiences?|targeting|segments?|niches?)\b"
    r"|\b(?:à )?qui\b.{0,25}\b(?:cibler|viser|écrire|envoyer|contacter|s'adresser|parler|"
    r"proposer|présenter)\b"
    r"|\b(?:quell?e?s?|propose\w*|suggère\w*|trouve\w*)\b.{0,20}"
    r"\b(?:cibles?|audiences?|segments?|ciblage|niches?)\b"
    r"|^\W*(?:target(?:ing)?|ciblage|cible[rz]?)\b"
)
TOOLS = (
    "describe_data",
    "suggest_audiences",
    "audience",
    "segments",
    "repeat_purchases",
    "bought_next",
    "query_metrics",
    "calculate",
    "find_products",
    "plan_experiment",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if request.brief.rule and (ctx.by_rules or not request.reason):
        return await ctx.write_audience()
    if not request.brief.words.strip():
        return ctx.ask(Words("For what? For example: whom should I target for the linen launch?"))
    return await ctx.write_report(tools=TOOLS)
