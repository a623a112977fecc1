"""Have a model word a digest or an alert that code has composed.

The model is asked only when something is confirmed: silence costs nothing. A sentence that states
other figures than its finding, or typed ones, or that the claim check does not find borne out,
gives way to the one by code.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from bot.agent.claim_check import ClaimResult, ClaimSentence
from bot.agent.digest_writer import compose_digest
from bot.core.fact_book import SlotError
from bot.core.fact_sentences import SentenceWriter
from bot.core.facts import Evidence
from bot.core.parts import Copy
from bot.core.report import NONE, DigestReport, ReportForm, build_not_used, is_given
from bot.core.request import Question
from bot.data.analyses.findings import Move, build_point
from bot.grounding.report_text import ReportChecker
from bot.i18n.typography import insert_nbsp

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

SYSTEM_PROMPT = "digest_system"


class DigestForm(BaseModel):
    """What the model fills in."""

    sentences: list[str] = Field(
        description="one short sentence for each finding, in their order, its figures as slots; "
        "the first is the headline"
    )
    not_used: list[str] = Field(
        default=[],
        description="subjects that the request names, in its words, and that neither a finding nor "
        "the week's orders, pieces and revenue, beside the week before, tell; none for a request "
        "that names no subject",
    )


async def write_digest(ctx: "SkillContext") -> BaseModel | Question:
    composed = await compose_digest(ctx.request, ctx)
    report = composed.output
    if ctx.by_rules or not isinstance(report, DigestReport):
        return report
    return await _word_report(ctx, report, composed.moves)


async def _word_report(
    ctx: "SkillContext", report: DigestReport, moves: Sequence[Move]
) -> DigestReport:
    kept, cited = ctx.evidence, {id for move in moves for id in move.facts}
    ctx.evidence = Evidence(facts=tuple(fact for fact in kept.facts if fact.id in cited))
    for fact in ctx.evidence.facts:
        ctx.book.add(fact)

    def check(form: DigestForm) -> list[str]:
        if len(form.sentences) != len(moves):
            return [f"sentences: write exactly {len(moves)}, one for each finding"]
        pairs = zip(form.sentences, moves, strict=True)
        return [
            f"sentence {number}: {fault}"
            for number, (text, move) in enumerate(pairs, 1)
            for fault in find_sentence_faults(ctx, text, move, is_first=number == 1)
        ]

    findings = "\n".join(f"{n}. {describe_finding(ctx, move)}" for n, move in enumerate(moves, 1))
    try:
        form = await ctx.write(
            DigestForm,
            tools=(),
            check=check,
            system=SYSTEM_PROMPT,
            values={"composed": findings},
            list_claims=lambda form: list_claims(ctx, form.sentences),
        )
    finally:
        ctx.evidence = kept
    writer, copies = SentenceWriter(ctx.request.language), list[Copy]()
    claims = ctx.answer_checks.claims or ClaimResult()
    for number, move in enumerate(moves):
        text = form.sentences[number] if number < len(form.sentences) else ""
        good = text.strip() and not (
            find_sentence_faults(ctx, text, move, is_first=not number)
            or claims.list_faults(list_claims(ctx, [text]), is_copy=False)
        )
        by_code = "" if number else move.words  # what it has cost is a point of its own
        copies.append(
            _fill(ctx, writer, move, text) if good else build_point(writer, move, by_code)
        )
    own = len(report.points) - (len(moves) - 1)  # points that belong to the headline
    asked = ctx.request.brief.words.casefold()
    gaps = [one for one in form.not_used if is_given(one) and one.strip().casefold() in asked]
    return report.model_copy(
        update={
            "headline": copies[0],
            "points": [*report.points[:own], *copies[1:]],
            "not_used": build_not_used(gaps, ctx.request.language) or report.not_used,
        }
    )


def describe_finding(ctx: "SkillContext", move: Move) -> str:
    """Return a finding for the prompt: how sure it is, code's sentence, and its figures."""
    names = [name for id in move.facts if (name := ctx.book.find_name(id))]
    status = "confirmed" if move.is_sure else "to watch"
    return f"{status}: {move.words} [{', '.join(names)}]"


def find_sentence_faults(
    ctx: "SkillContext", text: str, move: Move, *, is_first: bool
) -> list[str]:
    """Return what is wrong with a sentence: typed figures, and figures of other findings."""
    form = ReportForm(
        headline=text if is_first else "…",
        points=[] if is_first else [text],
        exhibit=NONE,
        cannot_tell=NONE,
        not_used=[],
        next_steps=[],
    )
    checker = ReportChecker(ctx.book, (), move.words, ctx.request.language, (), ctx.today)
    if faults := checker.find_faults(form):
        return faults
    facts = set(ctx.book.fill(text, ctx.request.language).facts)
    if not facts:
        return ["state its figure, as a slot"]
    return ["it states figures of another finding"] if facts - set(move.facts) else []


def list_claims(ctx: "SkillContext", texts: Sequence[str]) -> list[ClaimSentence]:
    """Return the sentences with their slots filled. One whose slots can't be filled goes back."""
    found = list[ClaimSentence]()
    for number, text in enumerate(texts, 1):
        with suppress(SlotError):
            filled = ctx.book.fill(text.strip(), ctx.request.language)
            found.append(ClaimSentence(f"sentence {number}", filled.text, filled.facts))
    return found


def _fill(ctx: "SkillContext", writer: SentenceWriter, move: Move, text: str) -> Copy:
    filled = ctx.book.fill(text.strip(), writer.language)
    shown = insert_nbsp(filled.text, writer.language)
    point = build_point(writer, move, shown)
    return point.model_copy(update={"facts": filled.facts})
