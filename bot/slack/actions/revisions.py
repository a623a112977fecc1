"""A draft that comes back: by the form, or by a reply under it that asks for another version.

Going back is always a new task: the same wish of the same person, with the reason.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.approvals.decision import Decision, compute_status
from bot.config.policy import Policy
from bot.core.channels import load_channels
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.rules.revision import channel_meant, wants_change
from bot.slack.context import ListenerContext
from bot.slack.interactions import (
    choose_next_place,
    copy_task_form,
    find_card,
    remove_private_sources,
)
from bot.slack.location import find_card_thread
from bot.tasks.models import Task

MAX_THREAD_CARDS = 50  # of one thread, the newest
MAX_REPLY_WORDS, RECENT_DRAFT = (
    12,
    timedelta(minutes=30),
)  # words and time in which a draft is still spoken of


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
    """What was sent back goes on under the card at `back` as the task `id`.
    False when it was accepted before."""
    task = session.get_one(Task, draft.task)
    card = find_card(session, draft.piece, back, viewer)
    place, private = choose_next_place(task, card)
    form = copy_task_form(session, task, draft)
    if "form" in remove_private_sources(session, task, card, private):
        form.pop("stands_on", None)
    wish = task.once_more(
        id, place=place, private=private, form=form, reason=reason, previous=draft.id
    )
    return Task.accept(session, context.services.enqueue, wish, context.services.now())


def revise_from_reply(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    said: str,
    id: str,
) -> bool | None:
    """A reply under a draft that asks for another version sends that draft back, in its words.

    In a direct message it need not be a reply: soon after a draft, a few words are about it.
    None when it asks for none. Raises CannotDo for whoever may not, or a draft that is settled.
    """
    alone = str(event["channel"]).startswith("D") and len(said.split()) <= MAX_REPLY_WORDS
    if not (event.get("thread_ts") or alone) or not wants_change(said):
        return None
    policy = context.services.policy(workspace)
    cards = load_thread_cards(session, workspace, event, context.services.now())
    found = find_draft_meant(session, cards, said, policy)
    if found is None:
        if cards and event.get("thread_ts") and (channel := channel_meant(said)):
            title = Words(load_channels()[channel].title)
            raise CannotDo(Words("Nothing drafted here for {channel} yet.", channel=title))
        return None
    draft, card = found
    decision.lock_piece(session, draft)
    if session.get(Task, id) is not None:
        return False  # Slack told us twice, and the other one was first
    policy.demand_if_known(str(event["user"]), "ask")
    decision.send_back(
        session,
        context.services.enqueue,
        draft,
        by=str(event["user"]),
        fingerprint=draft.fingerprint,
        reason=said,
        policy=policy,
        now=context.services.now(),
    )
    back = {"channel": card.channel, "ts": card.ts}
    viewer = Viewer(workspace, str(event["user"]), frozenset({str(event["channel"])}))
    return start_revision(session, context, draft, id=id, reason=said, back=back, viewer=viewer)


def find_draft_meant(
    session: Session, cards: list[OutboxMessage], said: str, policy: Policy
) -> tuple[Draft, OutboxMessage] | None:
    """The newest draft on these cards that is still open, of the channel named if one is; when
    none is open, the newest, which says why not. None where no draft is."""
    channel, settled = channel_meant(said), None
    for card in cards:
        draft = Draft.latest(session, card.piece or "")
        if draft is None or (channel and draft.channel != channel):
            continue
        if compute_status(Decision.of(session, draft.id), policy) == "open":
            return draft, card
        settled = settled or (draft, card)
    return settled


def load_thread_cards(
    session: Session, workspace: str, event: dict[str, Any], now: datetime
) -> list[OutboxMessage]:
    """Our cards in a message's thread, the one that started it included, the newest first;
    outside a thread those of the last minutes."""
    thread, mine = event.get("thread_ts"), OutboxMessage.channel == str(event["channel"])
    here = or_(
        OutboxMessage.ts == thread,
        OutboxMessage.place["thread"].as_string() == thread,
        OutboxMessage.place["under"]["thread"].as_string() == thread,
    )
    lately = OutboxMessage.made_at > now - RECENT_DRAFT
    cards = (
        select(OutboxMessage)
        .where(
            OutboxMessage.workspace == workspace,
            OutboxMessage.kind == "card",
            mine,
            here if thread else lately,
        )
        .order_by(OutboxMessage.ts.desc())
        .limit(MAX_THREAD_CARDS)
    )
    return [card for card in session.scalars(cards) if not thread or _is_in_thread(card, thread)]


def _is_in_thread(card: OutboxMessage, thread: str) -> bool:
    spot = find_card_thread(card)
    return spot is not None and spot.thread == thread
