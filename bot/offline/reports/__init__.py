"""Reports without an AI: a module for each skill, with a function `write_report`.

A report states the finding in a headline and at most five points, with a table and a chart. A skill
that has no module here needs an AI.
"""

from importlib import import_module
from importlib.util import find_spec

from pydantic import BaseModel

from bot.core.fact_book import FactBook
from bot.core.parts import Copy
from bot.core.report import Report, list_sources
from bot.core.request import Question
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.offline.context import OfflineContext

NEEDS_AI = Words("This needs an AI, and none is connected. An administrator can connect one.")


async def write_offline_report(ctx: OfflineContext) -> BaseModel | Question:
    """Write the report of the request's skill. Raises CannotDo when the skill needs an AI."""
    name = f"{__name__}.{ctx.request.skill}"
    if not ctx.request.skill.isidentifier() or find_spec(name) is None:
        raise CannotDo(NEEDS_AI)
    written: BaseModel | Question = await import_module(name).write_report(ctx.request, ctx)
    return add_sources(written, ctx) if isinstance(written, Report) else written


def add_sources(report: Report, ctx: OfflineContext) -> Report:
    """Return the report with the files of its figures, and with what could not be taken up."""
    language = ctx.request.language
    sources = list_sources(report, FactBook(ctx.evidence.facts), language)
    left_over = ", ".join(
        Words("“{quote}”", quote=one).to(language) for one in ctx.request.brief.left_over
    )
    changes = {
        "sources": report.sources or (Copy(text=sources) if sources else None),
        "not_used": report.not_used or (Copy(text=left_over) if left_over else None),
    }
    return report.model_copy(update=changes)
