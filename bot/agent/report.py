"""Write a report: the model looks figures up with tools and writes; code fills the figures in."""

import logging
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from bot.agent.audience_draft import list_export_steps
from bot.agent.claim_check import ClaimSentence
from bot.agent.skills import load_skills
from bot.agent.tool import Refusal
from bot.core.charts import build_exhibit_chart
from bot.core.checks import Check
from bot.core.fact_book import FactBook, SlotError
from bot.core.parts import Copy, File, NextStep
from bot.core.report import (
    MAX_HEADLINE,
    Report,
    ReportForm,
    build_report,
    find_exhibit,
    is_given,
)
from bot.errors import CannotDo
from bot.grounding.report_text import ReportChecker
from bot.i18n.messages import Language, Words

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

log = logging.getLogger(__name__)

SYSTEM_PROMPT = "report"
NO_GOOD_SENTENCE = Words(
    "The AI's answer held figures without a source, so I don't show it. Ask again in other words."
)
AUDIENCE_SKILLS = ("draft", "experiment")  # which can be for an audience


async def write_report(ctx: "SkillContext", tools: Sequence[str]) -> Report:
    """Have the model answer the context's request with these tools. The evidence is what the
    report cites."""
    request, language = ctx.request, ctx.request.language

    def list_claims(form: ReportForm) -> list[ClaimSentence]:
        return list_report_sentences(form, ctx.book, language)

    try:
        form = await ctx.write(
            ReportForm,
            tools=tools,
            check=lambda form: build_checker(ctx, load_skills()).find_faults(form),
            system=SYSTEM_PROMPT,
            list_claims=list_claims,
        )
    except Refusal as refusal:
        log.info("a question could not be answered: %s", refusal.reason)
        return build_refusal(refusal.words.to(language))
    form, dropped = build_checker(ctx, load_skills()).drop_faulty_texts(form)
    ctx.notes = build_dropped_notes(dropped)
    ctx.notes += ctx.list_claim_checks(form, list_claims(form))
    if not form.headline:
        raise CannotDo(NO_GOOD_SENTENCE)
    filled = build_report(
        form,
        ctx.book,
        ctx.exhibits,
        language=language,
        read_as=(*choose_reading(form, ctx), *list_not_ranked(form, ctx)),
        unused=request.brief.left_over,
    )
    picture = await _draw_exhibit(ctx, form, filled.headline.text, language)
    return filled.model_copy(update={"picture": picture, "leads": _add_exports(filled, ctx)})


def build_checker(ctx: "SkillContext", skills: Collection[str] = ()) -> ReportChecker:
    """Build the checker that knows what has been found up to now."""
    if ctx.today is None:
        raise ValueError("a report needs to know the day")
    brief = ctx.request.brief
    return ReportChecker(
        ctx.book,
        ctx.exhibits,
        request_words="\n".join(filter(None, [brief.words, ctx.request.reason, brief.material])),
        language=ctx.request.language,
        skills=skills,
        today=ctx.today,
        shown=ctx.read_as,
        notes=ctx.tool_notes,
    )


def _add_exports(report: Report, ctx: "SkillContext") -> list[NextStep]:
    """Return the next steps: those of the model, and the export of the audiences that the report
    leads with. A text or a test for them knows their rule."""
    cited = [id for text in (report.headline, *report.points) for id in text.facts]
    exports = list_export_steps(cited, ctx.book.facts)
    if not exports:
        return report.leads
    names = [fact for fact in ctx.book.facts if fact.parts.subject == "things"]
    ctx.evidence = ctx.evidence.plus(names)
    rule = {"rule": exports[0].form["rule"]}
    steps = [
        step.model_copy(update={"form": rule}) if step.skill in AUDIENCE_SKILLS else step
        for step in report.leads
    ]
    return [*exports, *steps]


def list_report_sentences(
    form: ReportForm, book: FactBook, language: Language
) -> list[ClaimSentence]:
    """Return the texts of a report with their slots filled and the facts that these name. A text
    whose slots can't be filled goes back for that."""
    texts = [("headline", form.headline)]
    texts += [(f"points.{number}", point) for number, point in enumerate(form.points, 1)]
    texts += [("cannot_tell", form.cannot_tell)] if is_given(form.cannot_tell) else []
    found = []
    for part, text in texts:
        try:
            filled = book.fill(text.strip(), language)
        except SlotError:
            continue
        if filled.text:
            found.append(ClaimSentence(part, filled.text, filled.facts))
    return found


def choose_reading(form: ReportForm, ctx: "SkillContext") -> tuple[str, ...]:
    """Return how the question was read, in one line: the reading of the call whose figures the
    headline shows, else of the shown exhibit, else of the points. A call that was corrected or not
    used says nothing about the report."""
    chosen = find_exhibit(form.exhibit, ctx.exhibits)
    for text in (form.headline, "", " ".join([*form.points, form.cannot_tell])):
        names = re.findall(r"\bf\d+\b", text)
        cited = {fact.id for name in names if (fact := ctx.book.get(name))}
        cited |= set(_list_sources_of(cited, ctx)) if text else set(chosen.facts if chosen else ())
        for exhibit in ctx.exhibits:
            if exhibit.read_as and cited & set(exhibit.facts):
                return (exhibit.read_as,)
    with_exhibit = {exhibit.read_as for exhibit in ctx.exhibits}
    return tuple(one for one in ctx.read_as if one not in with_exhibit)[:1]


def list_not_ranked(form: ReportForm, ctx: "SkillContext") -> tuple[str, ...]:
    """Return what the rankings leave out that the report shows, or whose figures it cites."""
    names = re.findall(r"\bf\d+\b", " ".join([form.headline, *form.points, form.cannot_tell]))
    cited = {fact.id for name in names if (fact := ctx.book.get(name))}
    cited |= set(_list_sources_of(cited, ctx))
    chosen = find_exhibit(form.exhibit, ctx.exhibits)
    found = [
        exhibit.not_ranked
        for exhibit in ctx.exhibits
        if exhibit.not_ranked and (exhibit == chosen or cited & set(exhibit.facts))
    ]
    return tuple(dict.fromkeys(found))


def _list_sources_of(ids: set[str], ctx: "SkillContext") -> list[str]:
    """Return the facts that calculated ones among these were computed from."""
    calculated = [fact.query or "" for fact in ctx.book.facts if fact.id in ids]
    return [fact.id for fact in ctx.book.facts if any(fact.id in query for query in calculated)]


def build_dropped_notes(count: int) -> tuple[Check, ...]:
    """Build the note on sentences that were left out; none when there are none."""
    if not count:
        return ()
    words = Words.count(
        "{n} sentence left out: it held a figure or a quotation without a source.",
        "{n} sentences left out: they held figures or quotations without a source.",
        count,
    )
    return (Check(rule="left out", level="info", words=words),)


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
