"""Reports without an AI: a module for each skill, with a function `write_report`.

A report states the finding in a headline and at most five points, with a table and a chart. A skill
that has no module here needs an AI.
"""

from importlib import import_module
from importlib.util import find_spec

from pydantic import BaseModel

from bot.core.parts import Copy
from bot.core.report import Report
from bot.core.request import Question
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.offline import OfflineContext

NEEDS_AI = Words("This needs an AI, and none is connected. An administrator can connect one.")


def has_offline_report(skill: str) -> bool:
    return skill.isidentifier() and find_spec(f"{__name__}.{skill}") is not None


async def write_offline_report(ctx: OfflineContext) -> BaseModel | Question:
    """Write the report of the request's skill. Raises CannotDo when the skill needs an AI."""
    if not has_offline_report(ctx.request.skill):
        raise CannotDo(NEEDS_AI)
    module = import_module(f"{__name__}.{ctx.request.skill}")
    written: BaseModel | Question = await module.write_report(ctx.request, ctx)
    language, left_over = ctx.request.language, ctx.request.brief.left_over
    if not isinstance(written, Report) or not left_over:
        return written
    not_used = ", ".join(Words("“{quote}”", quote=one).to(language) for one in left_over)
    return written.model_copy(update={"not_used": Copy(text=not_used)})
