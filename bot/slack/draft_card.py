"""A draft on its card: the copy, what stands behind it, and what a person can do with it."""

from bot.channels import channels
from bot.draft import Draft
from bot.slack import names
from bot.slack.blocks import (
    HEADER,
    MOST_BLOCKS,
    MOST_CHARACTERS,
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    cut,
    option,
    plain,
    quoted,
    section,
    titled,
    told,
    weigh,
)
from bot.slack.copy import copy_blocks
from bot.slack.findings import assumed_blocks, findings_blocks
from bot.slack.names import Ref
from bot.slack.outcome import outcome_blocks
from bot.slack.shown import Shown
from bot.words import Words

MOST_HOOKS = 2
MOST_PLACES = 20  # an option with its reference takes about 150 of a message's 13,200


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
    names = [titled(channel.title, language)] if channel else []
    return " · ".join([*names, cut(" ".join(what.split()), 80) or "…", version])


def place_lines(shown: Shown, language: str) -> list[str]:
    """Who sees this card, when that needs saying."""
    if shown.private and not shown.shared:
        return [f":lock: {Words('Just for you. Nobody else sees this.').to(language)}"]
    if shown.private and shown.origin:
        return [Words("Shared in {place}", place=f"<#{shown.origin}>").to(language)]
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
    small += place_lines(shown, language)
    head: Block = {"type": "header", "text": plain(title(draft, language), HEADER)}
    return [head, *([context(*small)] if small else []), *outcome_blocks(shown, language)]


def _below(shown: Shown, draft: Draft, language: str) -> list[Block]:
    if shown.standing in ("rejected", "sent back"):
        return actions(_more(draft, language, open=False))
    if draft.findings is None:
        who = f"<@{draft.author}>" if draft.author else Words("your intern").to(language)
        words = Words("Edited by {who}, being checked…", who=who).to(language)
        return [context(f":hourglass_flowing_sand: {words}"), *_buttons(shown, draft, language)]
    below = [*findings_blocks(draft, language), *_buttons(shown, draft, language)]
    if shown.standing == "open":
        below += [*assumed_blocks(draft, language), *_hooks(draft, language)]
    return below


def _buttons(shown: Shown, draft: Draft, language: str) -> list[Block]:
    """What can be done now, in one row; what can't is not there, and its reason is."""
    ref = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    edit = button(Words("Edit").to(language), names.EDIT, ref)
    back = button(Words("Send back").to(language), names.SEND_BACK, ref)
    if shown.standing == "approved":
        ways = [_send_to(shown, draft, language), None if shown.left else edit]
        return actions(*ways, _more(draft, language, open=False))
    why = _why_not(shown, draft, language)
    row = actions(
        _share(shown, draft, language),
        None if why or draft.findings is None else _approve(shown, draft, language),
        edit,
        back,
        _more(draft, language, open=True),
    )
    return [*([context(why)] if why else []), *row]


def _why_not(shown: Shown, draft: Draft, language: str) -> str | None:
    """Why there is no Approve on this card."""
    if draft.refused():
        words = Words("This can't be approved: {why}", why=draft.refused()[0].words)
        return told(words, language, 500)
    if not shown.policy.approval.approvers:
        return Words(
            "No approver is named yet. An administrator can name approvers in policy.toml, "
            "for example: approvers = [{who}]",
            who=f'"{shown.task.author}"',
        ).to(language)
    if shown.private and not _may_alone(shown, draft):
        return Words("To have it approved, share it: approvers can't see it here.").to(language)
    return None


def _may_alone(shown: Shown, draft: Draft) -> bool:
    who = shown.task.author
    authors = {who, draft.author or who}
    return all(shown.policy.may_approve(who, author=author) for author in authors)


def _approve(shown: Shown, draft: Draft, language: str) -> Block:
    ref = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    if draft.blocked():
        return button(Words("Approve anyway").to(language), names.APPROVE_ANYWAY, ref)
    ask = None
    if stated := draft.stated():
        lines = "\n".join(f"• {told(check.words, language, 140)}" for check in stated)
        lead = Words("Nobody has proved this. By approving you confirm it:").to(language)
        ask = confirm(Words("Is this right?"), f"{lead}\n{lines}", Words("Approve"), language)
    text = Words("Approve").to(language)
    return button(text, names.APPROVE, ref, style="primary", confirm=ask)


def _share(shown: Shown, draft: Draft, language: str) -> Block | None:
    if not shown.private or shown.shared or not shown.origin:
        return None
    name = shown.channel_names.get(shown.origin)
    words = Words("Share in {place}", place=f"#{name}") if name else Words("Share in the channel")
    ref = Ref(task=draft.task, draft=draft.id, seen=draft.fingerprint, pick=shown.origin)
    return button(words.to(language), names.SHARE, ref.packed(), style="primary")


def _send_to(shown: Shown, draft: Draft, language: str) -> Block | None:
    sent = {delivery.destination.get("channel") for delivery in shown.deliveries}
    places = [one for one in shown.policy.delivery.channels if one not in sent][:MOST_PLACES]
    if not places:
        return None
    ask = confirm(
        Words("Send now?"),
        Words("The approved words go out to the channel you chose, at once.").to(language),
        Words("Send"),
        language,
    )
    return {
        "type": "static_select",
        "action_id": names.SEND_TO,
        "placeholder": plain(Words("Send to…").to(language), 150),
        "options": [_place(shown, draft, one) for one in places],
        "confirm": ask,
    }


def _place(shown: Shown, draft: Draft, channel: str) -> Block:
    ref = Ref(draft=draft.id, seen=draft.fingerprint, pick=channel)
    return option(f"#{shown.channel_names.get(channel, channel)}", ref.packed())


def _more(draft: Draft, language: str, *, open: bool) -> Block:
    offers = {
        names.REJECT: Words("Reject"),
        names.SOURCES: Words("Sources"),
        names.WHAT_LEFT: Words("What left"),
        names.HISTORY: Words("History"),
        names.DOWNLOAD: Words("Download"),
    }
    options = [
        option(words.to(language), Ref(draft=draft.id, seen=draft.fingerprint, pick=pick).packed())
        for pick, words in offers.items()
        if open or pick != names.REJECT
    ]
    return {"type": "overflow", "action_id": names.MORE, "options": options}


def _hooks(draft: Draft, language: str) -> list[Block]:
    """Other ways in, each with a button that takes it."""
    shown = []
    for number, hook in enumerate(draft.other_hooks[:MOST_HOOKS]):
        ref = Ref(draft=draft.id, seen=draft.fingerprint, pick=str(number)).packed()
        use = button(Words("Use this").to(language), names.USE_HOOK, ref)
        angle = quoted(hook.angle, 100) or "…"
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
    return f"{state.to(language)} · {head}\n{quoted(text, 500)}".strip()
