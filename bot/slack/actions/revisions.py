"""Revisions: a draft sent back by the form or by a reply in its thread.

A revision is always a new task: the same request of the same person, with the reason added.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.approvals.decision import Decision, compute_status
from bot.config.policy import Policy
from bot.core.channels import load_channels
from bot.core.request import task_id
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft, replace_opening
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.offline.routing import find_channels, find_revision
from bot.slack.listeners import (
    BlockAction,
    ListenerContext,
    ViewSubmission,
    choose_next_place,
    copy_task_form,
    decision_fields,
    find_card,
    load_visible_draft,
    remove_private_sources,
)
from bot.slack.threads import MAX_THREAD_CARDS, ChannelThread, list_thread_cards
from bot.tasks.models import Task

# In a direct message, at most this many words this soon after a draft are about the draft.
MAX_REPLY_WORDS = 12
RECENT_DRAFT = timedelta(minutes=30)


def use_opening(
    session: Session, context: ListenerContext, request: BlockAction | ViewSubmission, pick: str
) -> None:
    """Store the draft with this one of its openings as the next version."""
    draft = load_visible_draft(session, request.viewer, request.ref)
    decision.revise(
        session,
        context.services.enqueue,
        draft,
        **decision_fields(context, request),
        texts=replace_opening(draft, pick),
    )


def request_changes(
    session: Session, context: ListenerContext, request: BlockAction | ViewSubmission, reason: str
) -> None:
    """Send the draft back. It continues as a new task under the same card."""
    draft = load_visible_draft(session, request.viewer, request.ref)
    decision.send_back(
        session,
        context.services.enqueue,
        draft,
        **decision_fields(context, request),
        reason=reason,
    )
    id = task_id("send back", draft.id, request.user)
    start_revision(
        session, context, draft, id=id, reason=reason, back=request.origin, viewer=request.viewer
    )


def start_revision(
    session: Session,
    context: ListenerContext,
    draft: Draft,
    *,
    id: str,
    reason: str,
    back: dict[str, Any],
    viewer: Viewer,
) -> bool:
    """Continue the draft that was sent back as task `id`, under the card at `origin`. Return
    False when that task exists already."""
    task = session.get_one(Task, draft.task)
    card = find_card(session, draft.piece, back, viewer)
    place, private = choose_next_place(task, card)
    form = copy_task_form(session, task, draft)
    if "form" in remove_private_sources(session, task, card, private):
        form.pop("stands_on", None)
    new_task = task.retry(
        id, place=place, private=private, form=form, reason=reason, previous=draft.id
    )
    return context.accept(session, new_task)


def revise_from_reply(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    words: str,
    id: str,
) -> bool | None:
    """Send a draft back because a reply in its thread asks for another version.

    Without an AI, this is "shorter", "longer" or "another angle", which the templates can follow.
    In a direct message, a few words soon after a draft count as a reply. Return None when the
    message asks for no revision. Raise CannotDo when the person may not, or the draft is decided.
    """
    follows_directly = (
        str(event["channel"]).startswith("D") and len(words.split()) <= MAX_REPLY_WORDS
    )
    if not (event.get("thread_ts") or follows_directly) or find_revision(words) is None:
        return None
    policy = context.services.policy(workspace)
    cards = load_thread_cards(session, workspace, event, context.services.now())
    match = find_draft_meant(session, cards, words, policy)
    if match is None:
        if cards and event.get("thread_ts") and (channel := _find_channel(words)):
            title = Words(load_channels()[channel].title)
            raise CannotDo(Words("Nothing drafted here for {channel} yet.", channel=title))
        return None
    draft, card = match
    decision.lock_piece(session, draft)
    if session.get(Task, id) is not None:
        return False  # Slack sent the event twice, and the other one was first
    policy.require_if_known(str(event["user"]), "ask")
    decision.send_back(
        session,
        context.services.enqueue,
        draft,
        by=str(event["user"]),
        fingerprint=draft.fingerprint,
        reason=words,
        policy=policy,
        now=context.services.now(),
    )
    back = {"channel": card.channel, "ts": card.ts}
    viewer = Viewer(workspace, str(event["user"]), frozenset({str(event["channel"])}))
    return start_revision(session, context, draft, id=id, reason=words, back=back, viewer=viewer)


def find_draft_meant(
    session: Session, cards: list[OutboxMessage], words: str, policy: Policy
) -> tuple[Draft, OutboxMessage] | None:
    """Return the newest draft on these cards that is still open, for the channel that the words
    name if they name one.

    When none is open, return the newest, so that the person is told why. Return None without a
    draft.
    """
    channel, settled = _find_channel(words), None
    for card in cards:
        draft = Draft.latest(session, card.piece or "")
        if draft is None or (channel and draft.channel != channel):
            continue
        if compute_status(Decision.list_for_draft(session, draft.id), policy) == "open":
            return draft, card
        settled = settled or (draft, card)
    return settled


def _find_channel(words: str) -> str | None:
    """Return the one marketing channel that the words name; None for none or several."""
    named = find_channels(words)
    return named[0] if len(named) == 1 else None


def load_thread_cards(
    session: Session, workspace: str, event: dict[str, Any], now: datetime
) -> list[OutboxMessage]:
    """Return the cards in a message's thread, newest first; outside a thread, those of the last
    minutes."""
    channel = str(event["channel"])
    if thread := event.get("thread_ts"):
        return list_thread_cards(session, workspace, ChannelThread(channel, str(thread)))
    lately = (
        select(OutboxMessage)
        .where(
            OutboxMessage.workspace == workspace,
            OutboxMessage.kind == "card",
            OutboxMessage.channel == channel,
            OutboxMessage.made_at > now - RECENT_DRAFT,
        )
        .order_by(OutboxMessage.ts.desc())
        .limit(MAX_THREAD_CARDS)
    )
    return list(session.scalars(lately))
