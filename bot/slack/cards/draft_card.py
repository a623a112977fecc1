"""A draft on its card: the copy, what stands behind it, and what a person can do with it."""

from bot.agent.skills import skills
from bot.core.channels import channels
from bot.digests.models import ALERT
from bot.drafts.models import Draft
from bot.i18n.messages import LANGUAGES, Words
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.alerts import alert_buttons
from bot.slack.actions.digests import digest_buttons
from bot.slack.actions.next_steps import lead_buttons
from bot.slack.blocks import (
    HEADER,
    MOST_BLOCKS,
    MOST_CHARACTERS,
    Block,
    Message,
    actions,
    button,
    context,
    cut,
    plain,
    quoted,
    section,
    titled,
    weigh,
)
from bot.slack.cards.checks import assumed_blocks, findings_blocks
from bot.slack.cards.data import Shown
from bot.slack.cards.draft_actions import buttons, more
from bot.slack.cards.draft_parts import copy_blocks
from bot.slack.cards.results import result_blocks
from bot.slack.cards.status import outcome_blocks
from bot.slack.views.details import details_button

MOST_HOOKS = 2


def draft_card(shown: Shown, language: str) -> Message:
    """The copy takes the room that the rest leaves it; what does not fit is `rest`."""
    draft = shown.draft
    assert draft is not None
    above, below = _above(shown, draft, language), _below(shown, draft, language)
    long = Words("The text is long: the rest of it is in a file in this thread.")
    more = context(long.to(language))
    room = MOST_CHARACTERS - weigh(above) - weigh(below) - weigh(more)
    copy, rest = copy_blocks(draft, language, hosts=shown.hosts, room=room)
    blocks = [*above, *copy, *([more] if rest else []), *below]
    return Message(_fallback(shown, draft, language), blocks[:MOST_BLOCKS], rest or None)


def title(draft: Draft, language: str) -> str:
    """ "E-mail · Linen shirt · version 2"."""
    channel = channels().get(draft.channel or "")
    what = draft.brief.product_words or draft.brief.product or draft.brief.words
    version = Words("version {n}", n=draft.version).to(language)
    skill = skills().get(draft.skill)
    named = channel.title if channel else skill.title if skill else ""
    if draft.brief.series:
        named = ALERT.text
    names = [titled(named, language)] if named else []
    asked = cut(" ".join(what.split()), 80) or "…"
    if any(asked.lower() == titled(named, one).lower() for one in LANGUAGES):  # said already
        return " · ".join([*names, version][: 1 if draft.version == 1 else 2])
    return " · ".join([*names, asked, version])


def place_lines(shown: Shown, language: str) -> list[str]:
    """Who sees this card, when that needs saying."""
    if shown.private and not shown.shared:
        return [f":lock: {Words('Just for you. Nobody else sees this.').to(language)}"]
    if shown.private and shown.origin:
        return [Words("Shared in {place}", place=f"<#{shown.origin}>").to(language)]
    if shown.fallback and shown.origin and shown.read_outside:
        words = Words(
            "Another company reads {place}, so this comes to you alone.", place=f"<#{shown.origin}>"
        )
        return [words.to(language)]
    if shown.fallback and shown.origin and shown.archived:
        words = Words(
            "{place} is archived, so this comes to you alone.", place=f"<#{shown.origin}>"
        )
        return [words.to(language)]
    if shown.fallback and shown.origin:
        words = Words(
            "I am not in {place}, so I answer you here. To have me answer there, type {command} "
            "in that channel.",
            place=f"<#{shown.origin}>",
            command="`/invite @Super-Intern`",
        )
        return [words.to(language)]
    return []


def _above(shown: Shown, draft: Draft, language: str) -> list[Block]:
    small = []
    if draft.by_rules:
        small.append(Words("No AI connected: written by rules").to(language))
    if draft.author and draft.findings is not None:
        small.append(Words("Edited by {who}", who=f"<@{draft.author}>").to(language))
    if shown.stands_on is not None:
        what = quoted(title(shown.stands_on, language), 200)
        small.append(Words("Stands on: {what}", what=what).to(language))
    small += place_lines(shown, language)
    head: Block = {"type": "header", "text": plain(title(draft, language), HEADER)}
    said = [*outcome_blocks(shown, language), *result_blocks(shown, language)]
    return [head, *([context(*small)] if small else []), *said]


def _below(shown: Shown, draft: Draft, language: str) -> list[Block]:
    if shown.standing in ("rejected", "sent back"):
        return actions(more(draft, language, open=False))
    if draft.findings is None:
        who = f"<@{draft.author}>" if draft.author else Words("your intern").to(language)
        words = Words("Edited by {who}, being checked…", who=who).to(language)
        return [context(f":hourglass_flowing_sand: {words}"), *buttons(shown, draft, language)]
    if _only_read(shown, draft):
        return _below_read(shown, draft, language)
    below = [*findings_blocks(draft, language), *buttons(shown, draft, language)]
    if shown.standing in ("open", "approved"):
        below += actions(details_button(draft, language)) + lead_buttons(draft, language)
    if shown.standing == "open":
        below += [*assumed_blocks(draft, language), *_hooks(draft, language)]
    return below


def _only_read(shown: Shown, draft: Draft) -> bool:
    """Whether it is there already and goes nowhere else: a digest, an alert, what can't be told."""
    return not shown.task.typed or draft.tells_nothing


def _below_read(shown: Shown, draft: Draft, language: str) -> list[Block]:
    """There is nothing to approve: what it leads to, and what can be done with a digest itself."""
    below = findings_blocks(draft, language)
    below += lead_buttons(draft, language)
    below += actions(details_button(draft, language), more(draft, language, open=False))
    below += digest_buttons(shown.digest, shown.task.id, language)
    return below + alert_buttons(shown.task, shown.alert, language)


def _hooks(draft: Draft, language: str) -> list[Block]:
    """Other ways in, each with a button that takes it."""
    shown = []
    texts = "\n".join(part.text for part in draft.parts)
    for number, hook in enumerate(draft.other_hooks[:MOST_HOOKS]):
        if hook.text in texts:
            continue  # it is in use
        ref = Ref(draft=draft.id, seen=draft.fingerprint, pick=str(number)).packed()
        use = button(Words("Use this").to(language), action_ids.USE_HOOK, ref)
        angle = quoted(titled(hook.angle, language), 100) or "…"
        lead = Words("Another opening: {angle}", angle=angle).to(language)
        shown.append(section(f"*{lead}*\n{quoted(hook.text, 500)}", use))
    return shown


def _fallback(shown: Shown, draft: Draft, language: str) -> str:
    state = {
        "approved": Words("Approved"),
        "rejected": Words("Rejected"),
        "sent back": Words("Sent back"),
    }.get(shown.standing, Words("Draft"))
    text = next((part.text for part in draft.parts if part.text), "")
    head = quoted(title(draft, language), 200)
    if _only_read(shown, draft):
        return f"{head}\n{quoted(text, 500)}".strip()
    return f"{state.to(language)} · {head}\n{quoted(text, 500)}".strip()
