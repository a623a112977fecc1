"""Reports without an AI: a module for each skill, with a function `write_report`; and the list of
top customers, which no AI may see.

A report states the finding in a headline and at most five points, with a table and a chart. A skill
that has no module here needs an AI.
"""

from importlib import import_module
from importlib.util import find_spec

from pydantic import BaseModel

from bot.core.parts import Copy
from bot.core.report import MissingData, Report
from bot.core.thread_text import is_about_thread
from bot.data.analyses.findings import list_theme_words
from bot.data.catalogue.product_words import list_title_words
from bot.errors import FORMS_PARAM, SKILLS_PARAM, CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.i18n.periods import find_periods
from bot.offline import OfflineContext
from bot.offline.question_words import load_idle_words
from bot.offline.report_builder import ReportBuilder
from bot.offline.routing import ANSWER_SKILL, list_unread_words
from bot.text.normalize import tokenize

FEEDBACK_SKILL, RECAP_SKILL = "feedback", "recap"
UNREAD = Words(
    "Without an AI I don't understand: {words}. Fill in the form, or choose what you want.",
    **{FORMS_PARAM: "yes"},
)
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
    return mark_unread(ctx, await module.write_report(ReportBuilder(ctx, skill)), title)


def mark_unread(ctx: OfflineContext, written: BaseModel, title: str) -> BaseModel:
    """Return the report with the words of the request that it was not written by. Raises CannotDo
    for these where nobody chose the skill, unless the report is on the messages above."""
    skill, brief = ctx.request.skill, ctx.request.brief
    if not (unread := _list_unread(ctx, written, title)):
        return written
    is_recap = skill == RECAP_SKILL
    of_thread = brief.material and (is_recap or is_about_thread(brief.words, brief.material))
    quotes = (Words("“{quote}”", quote=one).to(ctx.request.language) for one in unread)
    said, is_report = ", ".join(quotes), isinstance(written, Report)
    is_told = is_recap or not isinstance(written, MissingData)
    if brief.routed and is_told and not of_thread:
        raise CannotDo(UNREAD.with_params(**{"words": said, SKILLS_PARAM: skill}))
    return written.model_copy(update={"not_used": Copy(text=said)}) if is_report else written


def _list_unread(ctx: OfflineContext, written: BaseModel, title: str) -> tuple[str, ...]:
    """Return the words of the request that the report was not written by: neither by keyword, nor
    as days, a product, or what it says to be about."""
    brief = ctx.request.brief
    if ctx.request.skill == ANSWER_SKILL or brief.stands_on or brief.rule:
        return brief.left_over  # an answer says which words it reads; buttons have words of ours
    tokens = tokenize(brief.words)
    days = [" ".join(tokens[at] for at in one.words) for one in find_periods(tokens, ctx.today)]
    about = (getattr(written, part, None) for part in ("headline", "quiet", "answer", "read_as"))
    names = [Words(title).to(language) for language in LANGUAGES]
    names += [*load_idle_words(), *days, *(one.text for one in about if one)]
    names += filter(None, (brief.product_words, brief.category))
    names += list_title_words(tokens, brief.product_words or "")
    if ctx.request.skill == FEEDBACK_SKILL:
        names += list_theme_words(brief.words)
    return (*brief.left_over, *list_unread_words(brief.words, ctx.request.skill, names))
