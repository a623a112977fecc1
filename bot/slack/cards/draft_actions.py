"""What can be done with a draft, in one row; what can't is not there, and its reason is."""

from collections.abc import Sequence

from bot.core.checks import Check
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.audience_export import exportable
from bot.slack.blocks import (
    CONFIRM,
    Block,
    actions,
    button,
    confirm,
    context,
    option,
    plain,
    told,
)
from bot.slack.cards.data import Shown
from bot.text.escape import neutral

MOST_PLACES = 20  # an option with its reference takes about 150 of a message's 13,200


def buttons(shown: Shown, draft: Draft, language: str) -> list[Block]:
    """The row for this moment."""
    ref = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    edit = button(Words("Edit").to(language), action_ids.EDIT, ref)
    back = button(Words("Send back").to(language), action_ids.SEND_BACK, ref)
    if shown.standing == "approved":
        ways = [_send_to(shown, draft, language), None if shown.left else edit]
        ways.append(_export(draft, language))
        return actions(*ways, more(draft, language, open=False))
    why = _why_not(shown, draft, language)
    elsewhere = shown.shared and not _may_alone(shown, draft)  # it is decided where it was shared
    without = why or (shown.private and elsewhere) or draft.findings is None
    row = actions(
        _share(shown, draft, language),
        None if without else _approve(shown, draft, language),
        edit,
        back,
        more(draft, language, open=True),
    )
    return [*([context(why)] if why else []), *row]


def _why_not(shown: Shown, draft: Draft, language: str) -> str | None:
    """Why there is no Approve on this card."""
    if draft.refused():
        words = Words("This can't be approved: {why}", why=draft.refused()[0].words)
        return told(words, language, 500)
    if not shown.policy.approvers:
        return Words(
            "No approver is named yet. An administrator can name approvers in policy.toml, "
            "for example: approvers = [{who}]",
            who=f'"{shown.task.author}"',
        ).to(language)
    if _out_of_sight(shown, draft):
        return Words("To have it approved, share it: approvers can't see it here.").to(language)
    return None


def _out_of_sight(shown: Shown, draft: Draft) -> bool:
    """Whether nobody who may approve it sees it."""
    return shown.private and not shown.shared and not _may_alone(shown, draft)


def _may_alone(shown: Shown, draft: Draft) -> bool:
    who = shown.task.author
    authors = {who, draft.author or who}
    return all(shown.policy.may_approve(who, author=author) for author in authors)


def _approve(shown: Shown, draft: Draft, language: str) -> Block:
    ref = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    if draft.blocked():
        return button(Words("Approve anyway").to(language), action_ids.APPROVE_ANYWAY, ref)
    ask = None
    if stated := draft.stated():
        lead = Words.count(
            "Nobody has proved this. By approving you confirm it:",
            "Nobody has proved these {n} things. By approving you confirm all of them:",
            len(stated),
        ).to(language)
        text = f"{lead}\n{_listed(stated, CONFIRM - len(lead), language)}"
        ask = confirm(Words("Is this right?"), text, Words("Approve"), language)
    text = Words("Approve").to(language)
    return button(text, action_ids.APPROVE, ref, style="primary", confirm=ask)


def _listed(stated: Sequence[Check], room: int, language: str) -> str:
    """What is confirmed, in at most `room` characters: a sentence each; else what is said and no
    more; else what fits, and how many more there are. Nobody says yes to half a word."""
    lines = "\n".join(f"• {told(check.words, language, 140)}" for check in stated)
    if len(lines) < room:
        return lines
    said = [neutral(one.quote or "") or told(one.words, language, 140) for one in stated]
    for shown in range(len(said), -1, -1):
        rest = len(said) - shown
        more = Words("and {n} more, named on the card", n=rest).to(language) if rest else ""
        line = "• " + " · ".join(filter(None, [*said[:shown], more]))
        if len(line) < room:
            break
    return line


def _share(shown: Shown, draft: Draft, language: str) -> Block | None:
    if not shown.private or shown.shared or not shown.origin:
        return None
    if draft.facts.of_one_customer:
        return None
    name = shown.channel_names.get(shown.origin)
    words = Words("Share in {place}", place=f"#{name}") if name else Words("Share in the channel")
    ref = Ref(task=draft.task, draft=draft.id, seen=draft.fingerprint, pick=shown.origin)
    return button(words.to(language), action_ids.SHARE, ref.packed(), style="primary")


def _send_to(shown: Shown, draft: Draft, language: str) -> Block | None:
    there = [delivery for delivery in shown.deliveries if delivery.state != "failed"]
    sent = {delivery.destination.get("channel") for delivery in there}
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
        "action_id": action_ids.SEND_TO,
        "placeholder": plain(Words("Send to…").to(language), 150),
        "options": [_place(shown, draft, one) for one in places],
        "confirm": ask,
    }


def _export(draft: Draft, language: str) -> Block | None:
    if not exportable(draft):
        return None
    ref = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    return button(Words("Export audience").to(language), action_ids.EXPORT, ref)


def _place(shown: Shown, draft: Draft, channel: str) -> Block:
    ref = Ref(draft=draft.id, seen=draft.fingerprint, pick=channel)
    return option(f"#{shown.channel_names.get(channel, channel)}", ref.packed())


def more(draft: Draft, language: str, *, open: bool) -> Block:
    offers = {
        action_ids.REJECT: Words("Reject"),
        action_ids.SOURCES: Words("Sources"),
        action_ids.WHAT_LEFT: Words("What left"),
        action_ids.HISTORY: Words("History"),
        action_ids.DOWNLOAD: Words("Download"),
    }
    options = [
        option(words.to(language), Ref(draft=draft.id, seen=draft.fingerprint, pick=pick).packed())
        for pick, words in offers.items()
        if open or pick != action_ids.REJECT
    ]
    return {"type": "overflow", "action_id": action_ids.MORE, "options": options}
