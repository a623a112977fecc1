"""Reports without an AI: a module for each skill, with a function `write_report`; and the list of
top customers, which no AI may see.

A report states the finding in a headline and at most five points, with a table and a chart. A skill
that has no module here needs an AI.
"""

from importlib import import_module
from importlib.util import find_spec

from pydantic import BaseModel

from bot.core.parts import Copy
from bot.core.report import Report
from bot.data.analyses.findings import list_theme_words
from bot.errors import FORMS_PARAM, SKILLS_PARAM, CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.i18n.periods import find_periods
from bot.offline import OfflineContext
from bot.offline.question_words import load_idle_words
from bot.offline.report_builder import ReportBuilder
from bot.offline.routing import ANSWER_SKILL, list_unread_words
from bot.text.normalize import tokenize

FEEDBACK_SKILL = "feedback"
NEEDS_AI = Words(
    "This needs an AI, and none is connected. An administrator can connect one.",
    **{FORMS_PARAM: "yes", SKILLS_PARAM: ""},
)


def has_offline_report(skill: str) -> bool:
    return skill.isidentifier() and find_spec(f"{__name__}.{skill}") is not None


async def write_offline_report(ctx: OfflineContext, title: str) -> BaseModel:
    """Write the report of the request's skill, whose title is what a command alone asks for. Raises
    CannotDo when the skill needs an AI."""
    skill = ctx.request.skill
    if not has_offline_report(skill):
        raise CannotDo(NEEDS_AI)
    module = import_module(f"{__name__}.{skill}")
    written: BaseModel = await module.write_report(ReportBuilder(ctx, skill))
    if not isinstance(written, Report) or not (unused := _list_unused(ctx, written, title)):
        return written
    quotes = (Words("“{quote}”", quote=one).to(ctx.request.language) for one in unused)
    return written.model_copy(update={"not_used": Copy(text=", ".join(quotes))})


def _list_unused(ctx: OfflineContext, report: Report, title: str) -> tuple[str, ...]:
    """Return the words of the request that the report was not written by: neither by keyword, nor
    as days, a product, or what it says to be about."""
    brief = ctx.request.brief
    if ctx.request.skill == ANSWER_SKILL or brief.stands_on or brief.rule:
        return brief.left_over  # an answer says which words it reads; buttons have words of ours
    tokens = tokenize(brief.words)
    days = [" ".join(tokens[at] for at in one.words) for one in find_periods(tokens, ctx.today)]
    read_as = report.read_as.text if report.read_as else ""
    names = [Words(title).to(language) for language in LANGUAGES]
    names += [*load_idle_words(), *days, report.headline.text, read_as]
    names += filter(None, (brief.product_words, brief.category))
    if ctx.request.skill == FEEDBACK_SKILL:
        names += list_theme_words(brief.words)
    return (*brief.left_over, *list_unread_words(brief.words, ctx.request.skill, names))
