"""Run a skill for a request and check its output. Stores nothing and sends nothing."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel

from bot.agent.audience_draft import list_copy_exports, list_other_languages
from bot.agent.claim_check import list_output_sentences
from bot.agent.context import SkillContext
from bot.agent.copy_notes import NOTE_RULES
from bot.agent.loop import AgentOptions, WritingVersion
from bot.agent.request_state import deny_right
from bot.agent.skills import load_skills
from bot.agent.stated_facts import find_instructed_facts, find_stated_facts
from bot.agent.tool import AskedPerson
from bot.config.brand import Brand
from bot.core.channels import NOT_USED, Channel, find_channel, measure_text
from bot.core.checks import Check, sort_checks
from bot.core.facts import Evidence, Fact
from bot.core.library import Library
from bot.core.parts import Hook, NextStep, Part, collect_next_steps, split_output
from bot.core.report import ComputedOutput, is_given
from bot.core.request import Question, SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.drafts.models import tag_links
from bot.errors import CannotDo
from bot.grounding.copy_checks import check_draft
from bot.grounding.sources import OWN_TEXT_ORIGIN, drop_replaced
from bot.i18n.messages import Language, Words
from bot.i18n.typography import insert_nbsp
from bot.text.escape import strip_hidden, strip_hidden_deep
from bot.text.normalize import collapse_spaces, tokenize

MAX_NOT_USED = 5  # things that a text lacks, as its writer says


@dataclass(frozen=True)
class DraftResult:
    """A draft before it is stored. `request` is the one it answers, with what was found out about
    it on the way. `told` are the ids of the facts that it tells something of, None for all that
    were looked up."""

    request: SkillRequest
    parts: tuple[Part, ...]
    hooks: tuple[Hook, ...]
    evidence: Evidence
    checks: tuple[Check, ...]
    leads: tuple[NextStep, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)  # PNG by SHA-256
    version: WritingVersion = field(default_factory=WritingVersion)
    told: frozenset[str] | None = None


async def run_skill(
    request: SkillRequest,
    *,
    brand: Brand,
    library: Library,
    writer: Writer,
    receipt: Callable[[LlmCall], Awaitable[None]],
    code: str,
    today: date,
    extra_facts: Sequence[Fact] = (),
    may: Callable[[str], Awaitable[bool]] = deny_right,
    agent: AgentOptions | None = None,
) -> DraftResult | Question:
    """Run the skill and check its output. Raises CannotDo for an unknown skill.

    `code` becomes utm_campaign in the links. `extra_facts` do not come from the library: earlier
    statements, the team's own work. `may` tells whether the person who asks has a right. `agent` is
    for skills that look things up with tools."""
    skill = load_skills().get(request.skill)
    if skill is None:
        raise CannotDo("I can't do that yet: {skill}.", skill=request.skill)
    channel = find_channel(request)
    ctx = SkillContext(
        request,
        brand=brand,
        channel=channel,
        library=library,
        writer=writer,
        receipt=receipt,
        stated=(*find_request_facts(request, today), *extra_facts),
        today=today,
        may=may,
        agent=agent,
    )
    try:
        output = await skill.handle(request, ctx)
    except AskedPerson as asked:
        return asked.question
    if isinstance(output, Question):
        return output
    parts, hooks = _split_output(output, brand, code)
    if not ctx.request.is_own_text and not isinstance(output, ComputedOutput):
        parts, hooks = _set_type(parts, hooks, ctx.request.language, channel)
    if isinstance(output, ComputedOutput):
        checks = build_figure_checks(output)
    else:
        claims = ctx.answer_checks.list_claim_checks(list_output_sentences(output))
        checks = (*ctx.check_copy(parts, hooks, ctx.evidence), *claims)
    described = (ctx.evidence, ctx.request, ctx.earlier.language)
    return DraftResult(
        _collect_left_over(ctx.request, output, parts, by_rules=ctx.by_rules),
        parts,
        hooks,
        ctx.evidence,
        sort_checks((*checks, *ctx.notes)),
        (
            *collect_next_steps(output),
            *(() if ctx.by_rules else list_other_languages(*described)),
            *list_copy_exports(ctx.evidence, ctx.request),
        ),
        ctx.pictures,
        ctx.version,
        ctx.list_told(parts),
    )


def _collect_left_over(
    request: SkillRequest, output: BaseModel, parts: Sequence[Part], *, by_rules: bool
) -> SkillRequest:
    """Return the request with what is said on the card to be missing: words that no field took,
    unless the text has them all the same, as a price of the catalogue; and what copy lacks, as its
    writer says. A template has no place for some fields: what of these is not in the text comes
    first."""
    written = {token for part in parts for token in tokenize(part.text)}
    brief, stated = request.brief, list[str | None]()
    if by_rules and not request.is_own_text and not isinstance(output, ComputedOutput):
        stated = [brief.dates, brief.offer, *brief.must_say]
    said = [*filter(None, stated), *brief.left_over]
    unread = [one for one in said if not {*tokenize(one)} <= written]
    if not isinstance(output, ComputedOutput):
        told = (collapse_spaces(strip_hidden(one)) for one in getattr(output, NOT_USED, ()))
        unread += [one for one in told if is_given(one)][:MAX_NOT_USED]
    changed = brief.model_copy(update={"left_over": tuple(dict.fromkeys(unread))})
    return request.model_copy(update={"brief": changed})


def build_figure_checks(output: ComputedOutput) -> tuple[Check, ...]:
    """Return the finding that the figures which code has filled in come from the data."""
    figures = output.count_figures()
    if not figures:
        return ()
    words = Words.count("{n} figure proven", "{n} figures proven", figures)
    return (Check(rule="figure", level="pass", words=words),)


def find_request_facts(request: SkillRequest, today: date) -> tuple[Fact, ...]:
    """Facts that people stated: the author in the brief, and whoever sent the draft back."""
    author = request.brief.author
    brief = request.keep_reason().brief
    back = [
        fact.model_copy(update={"id": f"back.{number}.{fact.id}" if number else f"back.{fact.id}"})
        for number, one in enumerate(brief.instructions)
        for fact in find_instructed_facts(
            one.model_copy(update={"words": drop_replaced(one.words, brief)}), brief.channels, today
        )
    ]
    # What a form adds counts as typed by the author as well.
    words = drop_replaced(brief.typed_words, brief)
    fields = brief.list_typed(brief.follows, brief.offer, brief.dates, *brief.must_say)
    typed = "\n".join(dict.fromkeys((words, *(one for one in fields if one not in words))))
    own = find_stated_facts(
        "\n".join(brief.own_text.values()), author, today, source=OWN_TEXT_ORIGIN
    )
    own = tuple(fact.model_copy(update={"id": f"own.{fact.id}"}) for fact in own)
    return (*find_stated_facts(typed, author, today), *back, *own)


def recheck_parts(
    parts: tuple[Part, ...],
    hooks: tuple[Hook, ...],
    evidence: Evidence,
    *,
    request: SkillRequest,
    brand: Brand,
    today: date,
    before: tuple[Part, ...],
    editor: str,
    notes: Iterable[Check] = (),
) -> tuple[Evidence, tuple[Check, ...]]:
    """Check an edited version. Figures that the editor added count as stated by the editor; those
    of an opening that they picked don't. Figures that had no source before the edit still have
    none. Of the findings before the edit (`notes`), those on the audience and the facts stay."""
    known = [*(part.text for part in before), *(hook.text for hook in hooks)]
    text_before = "\n\n".join(known)
    typed_facts = tuple(
        fact.model_copy(update={"id": f"edit.{editor}.{part.key}.{number}"})
        for part in parts
        for number, fact in enumerate(
            find_stated_facts(part.text, editor, today, source="edit", before=text_before)
        )
    )
    all_facts = evidence.plus(typed_facts)
    channel = find_channel(request)
    checks = check_draft(
        parts, hooks, all_facts, request=request, brand=brand, channel=channel, today=today
    )
    kept = (one for one in notes if one.rule in NOTE_RULES)
    return all_facts, sort_checks((*checks, *kept))


def _set_type(
    parts: tuple[Part, ...], hooks: tuple[Hook, ...], language: Language, channel: Channel | None
) -> tuple[tuple[Part, ...], tuple[Hook, ...]]:
    """Return copy that was written here with the spaces of its language, so that no line begins
    with a colon. An SMS keeps plain ones: its alphabet has no others."""
    if channel and channel.is_counted_in_segments:
        return parts, hooks

    def set_type(text: str, part_key: str) -> str:
        spaced = insert_nbsp(text, language)
        limit = channel.find_limit(part_key) if channel else None
        fits = limit is None or measure_text(spaced, limit) <= limit.most
        return spaced if fits or len(spaced) == len(text) else text

    spaced = (
        part.with_text(set_type(part.text, part.key)) if part.kind == "copy" else part
        for part in parts
    )
    openings = (
        hook.model_copy(update={"text": set_type(hook.text, parts[0].key)}) for hook in hooks
    )
    return tuple(spaced), tuple(openings)


def _split_output(
    output: BaseModel, brand: Brand, code: str
) -> tuple[tuple[Part, ...], tuple[Hook, ...]]:
    parts, hooks = split_output(output)
    # Hidden characters go: people must see all that they approve.
    shown = (strip_hidden_deep(part) for part in parts)
    return tuple(
        part.with_text(tag_links(part.text, brand.site, code)) if part.kind == "copy" else part
        for part in shown
    ), tuple(hook.model_copy(update={"text": strip_hidden(hook.text)}) for hook in hooks)
