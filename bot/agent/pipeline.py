"""From a Request to a checked draft: the handler, then the proof. Keeps nothing, sends nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel

from bot.agent.context import SkillContext, deny_right
from bot.agent.skills import load_skills
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.library import Library
from bot.core.parts import Hook, NextStep, Part, collect_next_steps, split_output
from bot.core.request import Question, SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.drafts.tracking import tag_links
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.rules.proof import prove, stated_in
from bot.text.escape import strip_hidden, strip_hidden_deep


@dataclass(frozen=True)
class DraftResult:
    """A draft as it is about to be kept."""

    parts: tuple[Part, ...]
    hooks: tuple[Hook, ...]
    evidence: Evidence
    checks: tuple[Check, ...]
    leads: tuple[NextStep, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)  # PNG by SHA-256


async def run_skill(
    request: SkillRequest,
    *,
    brand: Brand,
    library: Library,
    writer: Writer,
    receipt: Callable[[LlmCall], Awaitable[None]],
    code: str,
    today: date,
    grow: Callable[[str], None] = lambda _: None,
    known: Sequence[Fact] = (),
    may: Callable[[str], Awaitable[bool]] = deny_right,
) -> DraftResult | Question:
    """Run the skill and check what it gives. `code` goes into the links as utm_campaign; `known`
    are facts that are not the library's: what was said before, what was done; `may` says whether
    whoever asks has a right."""
    skill = load_skills().get(request.skill)
    if skill is None:
        raise CannotDo(Words("I can't do that yet: {skill}.", skill=request.skill))
    channel = load_channels().get(request.channel) if request.channel else None
    desk = SkillContext(
        request,
        brand=brand,
        channel=channel,
        library=library,
        writer=writer,
        receipt=receipt,
        grow=grow,
        stated=(*_find_stated_facts(request, today), *known),
        today=today,
        may=may,
    )
    output = await skill.handle(request, desk)
    if isinstance(output, Question):
        return output
    parts, hooks = _split_output(output, brand, code)
    checks = prove(
        parts, hooks, desk.evidence, request=request, brand=brand, channel=channel, today=today
    )
    checks = (*checks, *desk.notes)
    return DraftResult(
        parts, hooks, desk.evidence, checks, collect_next_steps(output), desk.pictures
    )


def _find_stated_facts(request: SkillRequest, today: date) -> tuple[Fact, ...]:
    """What people said of figures and offers: the author in the brief, whoever sent it back."""
    author = request.brief.author
    back = stated_in(request.reason or "", request.sender or author, today, source="send-back")
    back = tuple(fact.model_copy(update={"id": f"back.{fact.id}"}) for fact in back)
    return (*stated_in(request.brief.words, author, today), *back)


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
) -> tuple[Evidence, tuple[Check, ...]]:
    """The checks of an edited version. What the editor typed newly is stated by the editor; what
    had no source before has none now."""
    said = "\n\n".join(part.text for part in before)
    typed = tuple(
        fact.model_copy(update={"id": f"edit.{editor}.{part.key}.{number}"})
        for part in parts
        for number, fact in enumerate(
            stated_in(part.text, editor, today, source="edit", before=said)
        )
    )
    known = evidence.plus(typed)
    channel = load_channels().get(request.channel) if request.channel else None
    checks = prove(parts, hooks, known, request=request, brand=brand, channel=channel, today=today)
    return known, checks


def _split_output(
    output: BaseModel, brand: Brand, code: str
) -> tuple[tuple[Part, ...], tuple[Hook, ...]]:
    parts, hooks = split_output(output)
    shown = (strip_hidden_deep(part) for part in parts)  # what is approved is what is seen
    return tuple(
        part.with_text(tag_links(part.text, brand.site, code)) if part.kind == "copy" else part
        for part in shown
    ), tuple(hook.model_copy(update={"text": strip_hidden(hook.text)}) for hook in hooks)
