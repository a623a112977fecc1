"""Check your own text: what the data hold, what they don't, brand and law."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.channels import get_default_channel
from bot.core.checks import Check, group_checks
from bot.core.parts import Copy, NextStep
from bot.core.report import Report
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words
from bot.text.normalize import collapse_spaces

TITLE = "Text check"
COMMAND = "check"
HINT = "OK to send? Our linen shirt is back, now €39."
MAX_POINTS, MAX_REMARKS = 4, 2  # points that the card shows; the rest is behind Details
SEVERITY_LINES = {
    "block": Words("To correct: {what}"),
    "warn": Words("To check: {what}"),
    "info": Words("To know: {what}"),
}


class TextReview(BaseModel):
    """What the model says of the text."""

    strengths: list[str] = Field(description="up to two, one short sentence each")
    risks: list[str] = Field(description="up to two for this channel and audience")
    rewrite: str = Field(description="the whole text, better, standing on the facts alone")


class TextReport(Report):
    more: Copy | None = Field(default=None, title=Words("Other points").text)
    rewrite: Copy | None = Field(default=None, title="A rewrite")


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    text = await ctx.find_text_to_check()
    if not text:
        return ctx.ask(Words("Which text shall I check? Paste it behind your request."))
    checks = await ctx.check_text(text)
    review = None
    if not ctx.by_rules:
        findings = "\n".join(check.words.to("en") for check in checks) or "none"
        review = await ctx.write(
            TextReview,
            tools=(),
            check=lambda written: ctx.find_text_faults(written.rewrite),
            values={"text": text, "findings": findings},
        )
    is_wrong = review is not None and bool(ctx.find_text_faults(review.rewrite))
    return build_report(request, checks, text, review, faults=is_wrong)


def build_report(
    request: SkillRequest,
    checks: Sequence[Check],
    text: str,
    review: TextReview | None,
    *,
    faults: bool,
) -> TextReport:
    """Build the report: one line for each fault, the worst first. A rewrite that is wrong itself is
    left out."""
    language = request.language
    found = [check for check in group_checks(checks) if check.severity is not None]
    lines = [_describe(check, language) for check in found]
    if review:
        for words, some in (
            (Words("Strength: {what}"), review.strengths),
            (Words("Risk: {what}"), review.risks),
        ):
            lines += [words.with_params(what=one).to(language) for one in some[:MAX_REMARKS]]
    rewrite = review.rewrite.strip() if review and not faults else ""
    return TextReport(
        headline=Copy(text=_summarize(found, language)),
        points=[Copy(text=line) for line in lines[:MAX_POINTS]],
        more=Copy(text="\n".join(lines[MAX_POINTS:])) if len(lines) > MAX_POINTS else None,
        rewrite=Copy(text=rewrite) if rewrite else None,
        read_as=Copy(text=Words("“{quote}”", quote=collapse_spaces(text)).to(language)),
        leads=[_offer(request, Words("Use my text"), text)]
        + ([_offer(request, Words("Use the rewrite"), rewrite)] if rewrite else []),
    )


def _describe(check: Check, language: str) -> str:
    """Return a finding as one line, with the words that it is about."""
    what = check.words.to(language)
    if check.quote and check.quote not in what:
        what = f"{what} {Words('“{quote}”', quote=check.quote).to(language)}"
    return SEVERITY_LINES[check.severity or "info"].with_params(what=what).to(language)


def _summarize(found: Sequence[Check], language: str) -> str:
    blocked = sum(check.severity == "block" for check in found)
    marked = sum(check.severity == "warn" for check in found)
    if not blocked and not marked:
        return Words("Nothing stands in the way of this text.").to(language)
    parts = [
        words.to(language)
        for count, words in (
            (blocked, Words.count("{n} point to correct", "{n} points to correct", blocked)),
            (marked, Words.count("{n} point to check", "{n} points to check", marked)),
        )
        if count
    ]
    return ", ".join(parts)


def _offer(request: SkillRequest, label: Words, text: str) -> NextStep:
    """Make the text a draft that can be approved."""
    brief = request.brief
    known = {
        "own_text": text,
        "channel": request.channel or get_default_channel().key,
        "language": request.language,
        "product": brief.product,
        "product_words": brief.product_words,
        "market": brief.market,
    }
    form = {name: value for name, value in known.items() if value}
    return NextStep(label=label, skill="draft", words=label.text, form=form, ask=False)
