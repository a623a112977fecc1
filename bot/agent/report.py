"""Write a report: the model looks figures up with tools and writes; code fills the figures in."""

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.agent.skills import load_skills
from bot.agent.tool_calls import Refusal
from bot.core.charts import build_exhibit_chart
from bot.core.checks import Check
from bot.core.parts import Copy, File
from bot.core.report import MAX_HEADLINE, Report, ReportForm, build_report, find_exhibit
from bot.errors import CannotDo
from bot.grounding.report_text import drop_faulty_texts, find_report_faults
from bot.i18n.messages import Language, Words

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

log = logging.getLogger(__name__)

SYSTEM_PROMPT = "report"
NO_GOOD_SENTENCE = Words(
    "The AI's answer held figures without a source, so I don't show it. Ask again in other words."
)


async def write_report(ctx: "SkillContext", tools: Sequence[str]) -> Report:
    """Have the model answer the context's request with these tools. The evidence is what the
    report cites."""
    request, today = ctx.request, ctx.today
    language = request.language
    if today is None:
        raise ValueError("a report needs to know the day")

    said = "\n".join(filter(None, [request.brief.words, request.reason, request.brief.material]))

    def check(form: ReportForm) -> list[str]:
        return find_report_faults(
            form,
            ctx.book,
            ctx.exhibits,
            request_words=said,
            language=language,
            skills=load_skills(),
            today=today,
            shown=ctx.read_as,
        )

    try:
        form = await ctx.write(ReportForm, tools=tools, check=check, system=SYSTEM_PROMPT)
    except Refusal as refusal:
        log.info("a question could not be answered: %s", refusal.reason)
        return build_refusal(refusal.words.to(language))
    form, dropped = drop_faulty_texts(
        form,
        ctx.book,
        ctx.exhibits,
        request_words=said,
        language=language,
        skills=load_skills(),
        today=today,
        shown=ctx.read_as,
    )
    ctx.notes = build_dropped_notes(dropped)
    if not form.headline:
        raise CannotDo(NO_GOOD_SENTENCE)
    filled = build_report(
        form,
        ctx.book,
        ctx.exhibits,
        language=language,
        read_as=select_used_readings(form, ctx),
        unused=request.brief.left_over,
    )
    picture = await _draw_exhibit(ctx, form, filled.headline.text, language)
    return filled.model_copy(update={"picture": picture}) if picture else filled


def select_used_readings(form: ReportForm, ctx: "SkillContext") -> tuple[str, ...]:
    """Return how the calls were read whose figures the report shows. A call that was corrected or
    not used says nothing about the report."""
    texts = " ".join([form.headline, *form.points, form.cannot_tell, form.exhibit])
    names = set(re.findall(r"\bf\d+\b", texts))
    cited = {fact.id for name in names if (fact := ctx.book.get(name))}
    chosen = find_exhibit(form.exhibit, ctx.exhibits)
    cited |= set(chosen.facts) if chosen else set()
    unused = {one.shows for one in ctx.exhibits if not cited & set(one.facts)}
    unused -= {one.shows for one in ctx.exhibits if cited & set(one.facts)}
    return tuple(reading for reading in ctx.read_as if reading not in unused)


def build_dropped_notes(count: int) -> tuple[Check, ...]:
    """Build the note on sentences that were left out; none when there are none."""
    if not count:
        return ()
    words = Words.count(
        "{n} sentence left out: it held a figure or a quotation without a source.",
        "{n} sentences left out: they held figures or quotations without a source.",
        count,
    )
    return (Check(rule="left out", level="warn", words=words),)


def build_refusal(sentence: str) -> Report:
    """Build the report that only says what the data can't tell, and what would change that."""
    headline, _, rest = sentence.partition(". ")
    if not rest or len(headline) > MAX_HEADLINE:
        return Report(headline=Copy(text=sentence))
    return Report(headline=Copy(text=f"{headline}."), cannot_tell=Copy(text=rest))


async def _draw_exhibit(
    ctx: "SkillContext", form: ReportForm, title: str, language: Language
) -> File | None:
    """Draw the chart of the chosen exhibit, with the finding as its title."""
    exhibit = find_exhibit(form.exhibit, ctx.exhibits)
    picture = build_exhibit_chart(exhibit, title, language, ctx.brand.colours) if exhibit else None
    return await ctx.draw(picture) if picture else None
