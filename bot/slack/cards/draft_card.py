"""The card of a draft: its copy, its checks, its state and its buttons."""

from collections.abc import Sequence

from bot.agent.skills import load_skills
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.digests.models import ALERT_TITLE
from bot.drafts.models import Draft
from bot.i18n.messages import LANGUAGES, Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.actions.alerts import build_alert_buttons
from bot.slack.actions.audience_export import find_exportable_rules
from bot.slack.actions.digests import build_digest_buttons
from bot.slack.actions.next_steps import build_next_step_buttons
from bot.slack.blocks import (
    HEADER,
    MAX_CONFIRM_CHARACTERS,
    MAX_MESSAGE_BLOCKS,
    MAX_MESSAGE_CHARACTERS,
    Block,
    Message,
    actions_block,
    button,
    confirm,
    context_block,
    measure_blocks,
    option,
    plain_text,
    quote_as_mrkdwn,
    render_words,
    section_block,
    translate_title,
    truncate,
)
from bot.slack.cards.card_data import CardData
from bot.slack.cards.draft_parts import is_report, render_copy
from bot.slack.cards.draft_status import render_assumptions, render_checks, render_draft_status
from bot.slack.cards.report_card import render_report_card
from bot.slack.cards.results import render_results
from bot.slack.views.draft_details import build_details_button
from bot.text.escape import escape_mrkdwn
from bot.text.normalize import collapse_spaces

# an option with its value takes about 150 of a message's 13,200 characters
MAX_CHANNEL_OPTIONS = 20


def build_draft_buttons(card: CardData, draft: Draft, language: str) -> list[Block]:
    """Build the buttons for the draft's current state. An action that is not possible has no
    button; the card says why."""
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
    edit = button(Words("Edit").to(language), action_ids.EDIT, ref)
    back = button(Words("Send back").to(language), action_ids.SEND_BACK, ref)
    if card.status == "approved":
        elements = [_build_channel_menu(card, draft, language), None if card.is_sent else edit]
        elements.append(_build_export_button(draft, language))
        return actions_block(*elements, build_more_menu(draft, language, open=False))
    why = _explain_no_approval(card, draft, language)
    # A shared draft is decided on the card that others see.
    elsewhere = card.shared and not _can_approve_alone(card, draft)
    without = why or (card.private and elsewhere) or draft.findings is None
    row = actions_block(
        _build_share_button(card, draft, language),
        None if without else _build_approve_button(card, draft, language),
        edit,
        back,
        build_more_menu(draft, language, open=True),
    )
    return [*([context_block(why)] if why else []), *row]


def _explain_no_approval(card: CardData, draft: Draft, language: str) -> str | None:
    """Return why the card has no Approve button; None when nothing prevents approval."""
    if draft.list_final_checks():
        words = Words("This can't be approved: {why}", why=draft.list_final_checks()[0].words)
        return render_words(words, language, 500)
    if not card.policy.approvers:
        return Words(
            "No approver is named yet. An administrator can name approvers in policy.toml, "
            "for example: approvers = [{who}]",
            who=f'"{card.task.author}"',
        ).to(language)
    if _is_hidden_from_approvers(card, draft):
        return Words("To have it approved, share it: approvers can't see it here.").to(language)
    return None


def _is_hidden_from_approvers(card: CardData, draft: Draft) -> bool:
    """Return whether no approver can see this draft."""
    return card.private and not card.shared and not _can_approve_alone(card, draft)


def _can_approve_alone(card: CardData, draft: Draft) -> bool:
    who = card.task.author
    authors = {who, draft.author or who}
    return all(card.policy.may_approve(who, author=author) for author in authors)


def _build_approve_button(card: CardData, draft: Draft, language: str) -> Block:
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
    if draft.list_blocking_checks():
        return button(Words("Approve anyway").to(language), action_ids.APPROVE_ANYWAY, ref)
    ask = None
    if stated := draft.list_stated_checks():
        lead = Words.count(
            "Nobody has proved this. By approving you confirm it:",
            "Nobody has proved these {n} things. By approving you confirm all of them:",
            len(stated),
        ).to(language)
        text = (
            f"{lead}\n{_list_stated_claims(stated, MAX_CONFIRM_CHARACTERS - len(lead), language)}"
        )
        ask = confirm(Words("Is this right?"), text, Words("Approve"), language)
    text = Words("Approve").to(language)
    return button(text, action_ids.APPROVE, ref, style="primary", confirm=ask)


def _list_stated_claims(stated: Sequence[Check], room: int, language: str) -> str:
    """List the unproven claims that an approver confirms, in at most `room` characters.

    Use a sentence each; if that is too long, only the quoted words; if that is too long, as many as
    fit and the number of the others. No claim is cut.
    """
    lines = "\n".join(f"• {render_words(check.words, language, 140)}" for check in stated)
    if len(lines) < room:
        return lines
    quotes = [
        escape_mrkdwn(one.quote or "") or render_words(one.words, language, 140) for one in stated
    ]
    for count in range(len(quotes), -1, -1):
        rest = len(quotes) - count
        more = Words("and {n} more, named on the card", n=rest).to(language) if rest else ""
        line = "• " + " · ".join(filter(None, [*quotes[:count], more]))
        if len(line) < room:
            break
    return line


def _build_share_button(card: CardData, draft: Draft, language: str) -> Block | None:
    if not card.private or card.shared or not card.origin:
        return None
    if draft.facts.of_one_customer:
        return None
    name = card.channel_names.get(card.origin)
    words = Words("Share in {place}", place=f"#{name}") if name else Words("Share in the channel")
    ref = ButtonValue(task=draft.task, draft=draft.id, seen=draft.fingerprint, pick=card.origin)
    return button(words.to(language), action_ids.SHARE, ref.pack(), style="primary")


def _build_channel_menu(card: CardData, draft: Draft, language: str) -> Block | None:
    active = [delivery for delivery in card.deliveries if delivery.state != "failed"]
    sent = {delivery.destination.get("channel") for delivery in active}
    places = [one for one in card.policy.delivery.channels if one not in sent][:MAX_CHANNEL_OPTIONS]
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
        "placeholder": plain_text(Words("Send to…").to(language), 150),
        "options": [_build_channel_option(card, draft, one) for one in places],
        "confirm": ask,
    }


def _build_export_button(draft: Draft, language: str) -> Block | None:
    if not find_exportable_rules(draft):
        return None
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
    return button(Words("Export audience").to(language), action_ids.EXPORT, ref)


def _build_channel_option(card: CardData, draft: Draft, channel: str) -> Block:
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=channel)
    return option(f"#{card.channel_names.get(channel, channel)}", ref.pack())


def build_more_menu(draft: Draft, language: str, *, open: bool) -> Block:
    offers = {
        action_ids.REJECT: Words("Reject"),
        action_ids.SOURCES: Words("Sources"),
        action_ids.WHAT_LEFT: Words("What left"),
        action_ids.HISTORY: Words("History"),
        action_ids.DOWNLOAD: Words("Download"),
    }
    options = [
        option(
            words.to(language),
            ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=pick).pack(),
        )
        for pick, words in offers.items()
        if open or pick != action_ids.REJECT
    ]
    return {"type": "overflow", "action_id": action_ids.MORE, "options": options}


# The card.

MAX_HOOKS = 2


def render_draft_card(card: CardData, language: str) -> Message:
    """Render the card. The copy gets the room that the other blocks leave; what does not fit is
    returned as `rest`."""
    draft = card.draft
    assert draft is not None
    if is_report(draft):
        return render_report_card(
            card,
            draft,
            language,
            visibility=render_visibility(card, language),
            share=_build_share_button(card, draft, language),
            more=build_more_menu(draft, language, open=False),
            below=_build_digest_rows(card, language),
        )
    above, below = _render_header(card, draft, language), _render_footer(card, draft, language)
    long = Words("The text is long: the rest of it is in a file in this thread.")
    more = context_block(long.to(language))
    room = (
        MAX_MESSAGE_CHARACTERS
        - measure_blocks(above)
        - measure_blocks(below)
        - measure_blocks(more)
    )
    copy, rest = render_copy(draft, language, hosts=card.hosts, room=room)
    blocks = [*above, *copy, *([more] if rest else []), *below]
    return Message(
        _render_fallback_text(card, draft, language), blocks[:MAX_MESSAGE_BLOCKS], rest or None
    )


def render_draft_title(draft: Draft, language: str) -> str:
    """ "E-mail · Linen shirt · version 2"."""
    channel = load_channels().get(draft.channel or "")
    words = draft.brief.product_words or draft.brief.product or draft.brief.words
    version = Words("version {n}", n=draft.version).to(language)
    skill = load_skills().get(draft.skill)
    title = channel.title if channel else skill.title if skill else ""
    if draft.brief.series:
        title = ALERT_TITLE.text
    names = [translate_title(title, language)] if title else []
    subject = truncate(collapse_spaces(words), 80) or "…"
    # The words of the request repeat the title.
    if any(subject.lower() == translate_title(title, one).lower() for one in LANGUAGES):
        return " · ".join([*names, version][: 1 if draft.version == 1 else 2])
    return " · ".join([*names, subject, version])


def render_visibility(card: CardData, language: str) -> list[str]:
    """Return lines that say who sees this card, where that is not obvious."""
    if card.private and not card.shared:
        return [f":lock: {Words('Just for you. Nobody else sees this.').to(language)}"]
    if card.private and card.origin:
        return [Words("Shared in {place}", place=f"<#{card.origin}>").to(language)]
    if card.fallback and card.origin and card.read_outside:
        words = Words(
            "Another company reads {place}, so this comes to you alone.", place=f"<#{card.origin}>"
        )
        return [words.to(language)]
    if card.fallback and card.origin and card.archived:
        words = Words("{place} is archived, so this comes to you alone.", place=f"<#{card.origin}>")
        return [words.to(language)]
    if card.fallback and card.origin:
        words = Words(
            "I am not in {place}, so I answer you here. To have me answer there, type {command} "
            "in that channel.",
            place=f"<#{card.origin}>",
            command="`/invite @Super-Intern`",
        )
        return [words.to(language)]
    return []


def _render_header(card: CardData, draft: Draft, language: str) -> list[Block]:
    small = []
    if draft.by_rules:
        small.append(Words("No AI connected: written by rules").to(language))
    if draft.author and draft.findings is not None:
        small.append(Words("Edited by {who}", who=f"<@{draft.author}>").to(language))
    if card.source_draft is not None:
        title = quote_as_mrkdwn(render_draft_title(card.source_draft, language), 200)
        small.append(Words("Stands on: {what}", what=title).to(language))
    small += render_visibility(card, language)
    head: Block = {
        "type": "header",
        "text": plain_text(render_draft_title(draft, language), HEADER),
    }
    blocks = [*render_draft_status(card, language), *render_results(card, language)]
    return [head, *([context_block(*small)] if small else []), *blocks]


def _render_footer(card: CardData, draft: Draft, language: str) -> list[Block]:
    if card.status in ("rejected", "sent back"):
        return actions_block(build_more_menu(draft, language, open=False))
    if draft.findings is None:
        who = f"<@{draft.author}>" if draft.author else Words("your intern").to(language)
        words = Words("Edited by {who}, being checked…", who=who).to(language)
        return [
            context_block(f":hourglass_flowing_sand: {words}"),
            *build_draft_buttons(card, draft, language),
        ]
    if _is_read_only(card, draft):
        return _render_read_only_footer(card, draft, language)
    below = [*render_checks(draft, language), *build_draft_buttons(card, draft, language)]
    if card.status in ("open", "approved"):
        below += actions_block(build_details_button(draft, language)) + build_next_step_buttons(
            draft, language
        )
    if card.status == "open":
        below += [*render_assumptions(draft, language), *_render_hooks(draft, language)]
    return below


def _is_read_only(card: CardData, draft: Draft) -> bool:
    """Return whether the draft needs no approval because it is sent nowhere else: a digest, an
    alert or a refusal to answer."""
    return not card.task.is_typed or draft.is_empty or is_report(draft) or draft.skill == "ideas"


def _render_read_only_footer(card: CardData, draft: Draft, language: str) -> list[Block]:
    """Build the next steps and the digest's own buttons, in place of the approval row."""
    below = render_checks(draft, language)
    below += build_next_step_buttons(draft, language)
    below += actions_block(
        build_details_button(draft, language), build_more_menu(draft, language, open=False)
    )
    return below + _build_digest_rows(card, language)


def _build_digest_rows(card: CardData, language: str) -> list[Block]:
    """Build the buttons of a digest or an alert; none for other cards."""
    return [
        *build_digest_buttons(card.digest, card.task.id, language),
        *build_alert_buttons(card.task, card.alert, language),
    ]


def _render_hooks(draft: Draft, language: str) -> list[Block]:
    """List alternative openings, each with a button that uses it."""
    blocks = []
    texts = "\n".join(part.text for part in draft.parts)
    for number, hook in enumerate(draft.other_hooks[:MAX_HOOKS]):
        if hook.text in texts:
            continue  # the draft uses it already
        ref = ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=str(number)).pack()
        use = button(Words("Use this").to(language), action_ids.USE_HOOK, ref)
        angle = quote_as_mrkdwn(translate_title(hook.angle, language), 100) or "…"
        lead = Words("Another opening: {angle}", angle=angle).to(language)
        blocks.append(section_block(f"*{lead}*\n{quote_as_mrkdwn(hook.text, 500)}", use))
    return blocks


def _render_fallback_text(card: CardData, draft: Draft, language: str) -> str:
    state = {
        "approved": Words("Approved"),
        "rejected": Words("Rejected"),
        "sent back": Words("Sent back"),
    }.get(card.status, Words("Draft"))
    text = next((part.text for part in draft.parts if part.text), "")
    head = quote_as_mrkdwn(render_draft_title(draft, language), 200)
    if _is_read_only(card, draft):
        return f"{head}\n{quote_as_mrkdwn(text, 500)}".strip()
    return f"{state.to(language)} · {head}\n{quote_as_mrkdwn(text, 500)}".strip()
