"""The state of a draft on its card: assumptions, decisions and deliveries."""

from bot.approvals.decision import Decision
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.action_ids import ANSWER, ButtonValue
from bot.slack.blocks import (
    Block,
    actions_block,
    button,
    context_block,
    quote_as_mrkdwn,
    render_time,
    render_words,
    section_block,
)
from bot.slack.cards.card_data import CardData

MAX_ANSWERS, MAX_PICK_CHARACTERS = 3, 400


def render_unused(draft: Draft, language: str) -> list[Block]:
    """List what was not used of the request."""
    if not draft.brief.left_over:
        return []
    words = quote_as_mrkdwn(", ".join(draft.brief.left_over), 400)
    return [context_block(Words("Not used: {what}", what=words).to(language))]


def render_assumptions(draft: Draft, language: str) -> list[Block]:
    """List the assumptions: "I assumed: …", with buttons for other answers, each of which starts a
    new draft."""
    brief = draft.brief
    if not brief.assumed:
        return []
    apart = "\u00a0; " if language == "fr" else "; "
    listed = apart.join(render_words(one.words, language, 150) for one in brief.assumed[:6])
    block = context_block(Words("I assumed: {what}", what=listed).to(language))
    answers: list[Block] = []
    for option in brief.options:
        value = ButtonValue(
            task=draft.task, draft=draft.id, pick=option.value, field=option.field
        ).pack()
        if len(value) <= MAX_PICK_CHARACTERS and len(answers) < MAX_ANSWERS:
            answers.append(
                button(option.label.to(language), number_action_id(ANSWER, len(answers)), value)
            )
    return [block, *actions_block(*answers)]


def number_action_id(action: str, number: int) -> str:
    """Add a number, because Slack refuses two equal action ids in one row: `answer.1`."""
    return f"{action}.{number}" if number else action


# Decisions and deliveries.

MAX_DELIVERIES = 10


def render_draft_status(card: CardData, language: str) -> list[Block]:
    """Render the decision as a section; deliveries and void approvals as context."""
    lines = [render_decision(decision, language) for decision in card.decisions]
    if card.status == "open" and card.decisions:
        needed, n = card.policy.approval.needed, len(card.decisions)
        lines.append(Words("{n} of {needed} approvals", n=n, needed=needed).to(language))
    if card.is_continued and card.status == "sent back":
        lines.append(Words("A new draft follows below.").to(language))
    blocks = [section_block("\n".join(lines))] if lines else []
    small = [
        render_delivery(one, language) for one in list_visible_deliveries(card)[:MAX_DELIVERIES]
    ]
    small += [
        _render_void_approval(n, decision, language) for n, decision in card.void_approvals[-2:]
    ]
    if card.error_words:
        small.append(f":warning: {render_words(card.error_words, language, 300)}")
    return blocks + ([context_block(*small)] if small else [])


def list_visible_deliveries(card: CardData) -> list[Delivery]:
    """Return the deliveries to show. A downloaded file is shown only when it failed."""
    return [
        one
        for one in card.deliveries
        if one.destination.get("kind") not in ("file", "audience") or one.state == "failed"
    ]


def render_decision(decision: Decision, language: str) -> str:
    who = f"<@{decision.by}>"
    mark, words = {
        "approve": (":white_check_mark:", Words("Approved by {who}", who=who)),
        "reject": (":no_entry_sign:", Words("Rejected by {who}", who=who)),
    }.get(
        decision.verdict,
        (":leftwards_arrow_with_hook:", Words("Changes requested by {who}", who=who)),
    )
    line = f"{mark} {words.to(language)} · {render_time(decision.at, language)}"
    if decision.reason:
        reason = quote_as_mrkdwn(decision.reason, 300).replace("\n", "\n> ")
        line += f"\n> {reason}"
    return line


def render_delivery(delivery: Delivery, language: str) -> str:
    where = _render_destination(delivery)
    code = f"`{delivery.code}`"
    if delivery.state == "gone" and delivery.gone_at:
        at = render_time(delivery.gone_at, language)
        gone = {"where": where, "when": at, "code": code}
        words = Words("Sent to {where} on {when}, campaign code {code}", **gone)
        return f":outbox_tray: {words.to(language)}"
    if delivery.state == "failed":
        why = delivery.status_words or Words("nobody knows why")
        words = Words("Not sent to {where}: {why}", where=where, why=why)
        return f":x: {render_words(words, language, 250)}"
    if delivery.state == "stopped":
        return Words("Stopped before it went to {where}", where=where).to(language)
    words = Words("On its way to {where}, campaign code {code}", where=where, code=code)
    return f":hourglass_flowing_sand: {words.to(language)}"


def _render_destination(delivery: Delivery) -> Words | str:
    channel = delivery.destination.get("channel")
    if channel:
        return f"<#{channel}>"
    if delivery.destination.get("kind") == "file":
        return Words("a file")
    if delivery.destination.get("kind") == "audience":
        return Words("an audience file")
    return Words("this thread")


def _render_void_approval(version: int, decision: Decision, language: str) -> str:
    return Words(
        "{who} had approved version {n}; the edit has made that void",
        who=f"<@{decision.by}>",
        n=version,
    ).to(language)
