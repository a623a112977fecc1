"""The buttons that send a draft elsewhere: approved words to a channel, or a private draft into
its channel."""

import asyncio

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.audit import journal
from bot.audit.row_digests import require_unchanged_task
from bot.core.facts import ONE_CUSTOMER_NOTICE
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.client import SlackRefusal, call_slack, make_retrying_client
from bot.slack.interactions import BlockAction, demand_author_or_approver, load_visible_draft
from bot.slack.listener_context import LANGUAGE_SECONDS, ListenerContext
from bot.tasks.models import Task


async def demand_membership(context: ListenerContext, channel: str) -> None:
    """Raise CannotDo when the intern can't post in that channel. If Slack doesn't answer, go on."""
    if not await can_post_in(context, channel):
        place = f"<#{channel}>"
        raise CannotDo(Words("I am not in {place}. Invite me there, then share.", place=place))


async def can_post_in(context: ListenerContext, channel: str) -> bool:
    """Return whether the intern is in that channel; True when Slack doesn't answer in time."""
    call = call_slack(
        make_retrying_client(context.services.client).conversations_info(channel=channel)
    )
    try:
        answer = await asyncio.wait_for(call, LANGUAGE_SECONDS)
    except (TryAgain, TimeoutError):
        return True
    except SlackRefusal:
        return False
    return bool(answer["channel"].get("is_member")) and not answer["channel"].get("is_archived")


def send_to_channel(
    session: Session, context: ListenerContext, action: BlockAction
) -> Words | None:
    """Plan the delivery of approved words to a channel that the policy names, for the requester
    or an approver."""
    draft, policy = (
        load_visible_draft(session, action.viewer, action.ref),
        context.services.policy(action.workspace),
    )
    channel = action.ref.pick or ""
    if channel not in policy.delivery.channels:
        raise CannotDo(Words("The policy does not let drafts go to that channel."))
    draft.demand_current(session, action.ref.seen or "")
    require_unchanged_task(session, draft.workspace, draft.task)
    demand_author_or_approver(session.get_one(Task, draft.task), draft, action.user, policy)
    if compute_status(Decision.list_for_draft(session, draft.id), policy) != "approved":
        raise CannotDo(Words("Only approved words can be sent."))
    planned = Delivery.plan(
        session,
        context.services.enqueue,
        draft,
        destination={"kind": "place", "channel": channel},
        now=context.services.now(),
        by=action.user,
    )
    OutboxMessage.request_redraw(session, context.services.enqueue, draft.piece)
    return None if planned else _explain_refusal(session, draft, channel)


def _explain_refusal(session: Session, draft: Draft, channel: str) -> Words:
    """Explain why it is not sent there now, from the state of the first delivery."""
    for one in Delivery.list_for_draft(session, draft.id):
        if one.destination.get("channel") == channel and one.state == "failed" and one.status_words:
            return Words("It could not be sent there: {why}", why=one.status_words)
    return Words("It was sent there already.")


def share_draft(session: Session, context: ListenerContext, action: BlockAction) -> None:
    """Show a private draft in the channel where it was requested, as a second card of the same
    rows."""
    draft = load_visible_draft(session, action.viewer, action.ref)
    require_unchanged_task(session, draft.workspace, draft.task)
    task, now = session.get_one(Task, draft.task), context.services.now()
    if action.user != task.author:
        raise CannotDo(Words("Only whoever asked for this draft can share it."))
    if draft.facts.of_one_customer:
        raise CannotDo(ONE_CUSTOMER_NOTICE)
    channel = str(task.place.get("channel") or "")
    if not task.private or channel[:1] not in ("C", "G"):
        raise CannotDo(Words("This was not asked in a channel, so it can't be shared in one."))
    place = {k: v for k, v in task.place.items() if k in ("channel", "thread", "asked", "user")}
    OutboxMessage.plan(
        session,
        id=f"{draft.piece}:shared",
        workspace=draft.workspace,
        kind="card",
        place=place,
        piece=draft.piece,
        now=now,
    )
    OutboxMessage.request_redraw(session, context.services.enqueue, draft.piece)
    journal.record_event(
        session,
        workspace=draft.workspace,
        event="draft shared",
        subject=draft.id,
        by=action.user,
        now=now,
        fingerprint=draft.fingerprint,
    )
