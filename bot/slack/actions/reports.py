"""The buttons of a report: its next steps, whether it was useful, and where else it is shown."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.agent.skills import load_skills
from bot.approvals.decision import Decision, compute_status, demand_author_or_approver
from bot.audit import journal
from bot.audit.row_checks import require_unchanged_task
from bot.core.facts import ONE_CUSTOMER_NOTICE
from bot.core.parts import NextStep
from bot.core.request import task_id
from bot.delivery.models import Delivery
from bot.digests.visibility import GONE, Viewer
from bot.drafts.models import Draft, Vote
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue, pack_draft
from bot.slack.blocks import Block, actions_block, button
from bot.slack.cards.draft_status import number_action_id
from bot.slack.client import SlackRefusal, call_slack, make_retrying_client
from bot.slack.listeners import (
    LANGUAGE_SECONDS,
    BlockAction,
    ListenerContext,
    ViewSubmission,
    choose_next_place,
    find_card,
    load_visible_draft,
)
from bot.slack.threads import Place, read_whole_thread
from bot.slack.views.brief_form import build_brief_form, find_known_values
from bot.tasks.models import Task

MAX_NEXT_STEPS = 12  # as many as there are ideas; Slack allows 25 buttons in a row


def build_next_step_buttons(
    draft: Draft, language: str, *, most: int = MAX_NEXT_STEPS
) -> list[Block]:
    """Build a row of at most `most` buttons; none for a draft without next steps."""
    row = [
        button(
            lead.label.to(language),
            number_action_id(action_ids.LEAD if lead.ask else action_ids.LEAD_NOW, number),
            ButtonValue(draft=draft.id, seen=draft.fingerprint, pick=str(number)).pack(),
        )
        for number, lead in enumerate(draft.next_steps[:most])
    ]
    return actions_block(*row) if row else []


def prepare_brief_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], dict[str, Any]]:
    """Build the brief form with everything known filled in, so that the person can change it
    first."""
    context.services.policy(action.workspace).require(action.user, "ask")
    draft = load_visible_draft(session, action)
    lead = find_next_step(draft, action.ref)
    brand, is_full = context.services.brand(action.workspace), not context.services.has_ai
    # The words of a step with a form are ours: what its text is about stands in the form.
    typed = "" if "channel" in lead.form else lead.words
    values = find_known_values(typed, lead.form) if is_full else {}
    return lambda language: build_brief_form(
        language, brand, action.ref.pack(), words=lead.words, values=values, is_full=is_full
    )


def start_next_step(
    session: Session, context: ListenerContext, action: BlockAction
) -> Words | None:
    """Start the next step at once, for the person who pressed."""
    context.services.policy(action.workspace).require(action.user, "ask")
    draft = load_visible_draft(session, action)
    lead = find_next_step(draft, action.ref)
    id = task_id("lead", draft.id, str(action.ref.pick), action.user)
    if not accept_next_step(session, context, action, id, lead.words):
        return Words("That is being worked on already.")
    return None


def accept_next_step(
    session: Session,
    context: ListenerContext,
    request: BlockAction | ViewSubmission,
    id: str,
    words: str,
    form: Mapping[str, str] | None = None,
) -> bool:
    """Store the task of a next step. `form` has its own fields besides the step's. Return False
    when it was stored already."""
    draft = load_visible_draft(session, request)
    fields = build_next_step_form(draft, find_next_step(draft, request.ref)) | dict(form or {})
    place, private = find_next_step_place(session, draft, request.viewer, request.origin)
    new_task = context.build_task(
        request.workspace, request.user, id, words, place, private=private, form=fields
    )
    return context.accept(session, new_task)


def find_next_step(draft: Draft, ref: ButtonValue) -> NextStep:
    """Raise CannotDo when the draft no longer has it."""
    leads = draft.next_steps
    if not (ref.pick or "").isdigit() or int(ref.pick or 0) >= len(leads):
        raise CannotDo(GONE)
    return leads[int(ref.pick or 0)]


def build_next_step_form(draft: Draft, lead: NextStep) -> dict[str, str]:
    """Return the form fields of the new task: its skill, its source draft and the step's own. Of a
    text that a model proposed, its words are nobody's, and the report's request is a person's."""
    form = {**lead.form, "skill": lead.skill, "stands_on": draft.id}
    if lead.proposed and load_skills()[lead.skill].for_channels:
        form |= {"proposed": lead.words, "follows": draft.brief.asked}
    return form


def find_next_step_place(
    session: Session, draft: Draft, viewer: Viewer, at: dict[str, Any]
) -> tuple[Place, bool]:
    """Return the place under the pressed card, and whether only its author sees it."""
    task = session.get_one(Task, draft.task)
    place, private = choose_next_place(task, find_card(session, draft.piece, at, viewer))
    return read_whole_thread(place) | {"user": viewer.person}, private


# The two buttons that say whether a report was useful.

THUMBS = {action_ids.VOTE_UP: "👍", action_ids.VOTE_DOWN: "👎"}


def build_vote_buttons(draft: Draft, votes: tuple[int, int]) -> list[Block]:
    """Build the buttons, with the number of votes where there are any."""
    ref = pack_draft(draft)
    return [
        button(f"{thumb} {count}" if count else thumb, action, ref)
        for (action, thumb), count in zip(THUMBS.items(), votes, strict=True)
    ]


def cast_vote(
    session: Session, context: ListenerContext, action: BlockAction, *, useful: bool
) -> Words | None:
    """Store the vote of whoever sees the report. The card then shows the new count."""
    draft = load_visible_draft(session, action)
    Vote.cast(session, draft, by=action.user, useful=useful, now=context.services.now())
    context.redraw(session, draft.piece)
    return None


VOTE_ACTIONS = {
    action_ids.VOTE_UP: partial(cast_vote, useful=True),
    action_ids.VOTE_DOWN: partial(cast_vote, useful=False),
}


# The buttons that send a draft elsewhere: approved words to a channel, or a private draft into its
# channel.


async def demand_membership(context: ListenerContext, channel: str) -> None:
    """Raise CannotDo when the intern can't post in that channel. If Slack doesn't answer, go on."""
    if not await can_post_in(context, channel):
        place = f"<#{channel}>"
        raise CannotDo("I am not in {place}. Invite me there, then share.", place=place)


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
    draft = load_visible_draft(session, action)
    policy = context.services.policy(action.workspace)
    channel = action.ref.pick or ""
    if channel not in policy.delivery.channels:
        raise CannotDo("The policy does not let drafts go to that channel.")
    draft.demand_current(session, action.ref.seen or "")
    require_unchanged_task(session, draft.workspace, draft.task)
    demand_author_or_approver(session.get_one(Task, draft.task), draft, action.user, policy)
    if compute_status(Decision.list_for_draft(session, draft.id), policy) != "approved":
        raise CannotDo("Only approved words can be sent.")
    planned = Delivery.plan(
        session,
        context.services.enqueue,
        draft,
        destination={"kind": "place", "channel": channel},
        now=context.services.now(),
        by=action.user,
    )
    context.redraw(session, draft.piece)
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
    draft = load_visible_draft(session, action)
    require_unchanged_task(session, draft.workspace, draft.task)
    task, now = session.get_one(Task, draft.task), context.services.now()
    if action.user != task.author:
        raise CannotDo("Only whoever asked for this draft can share it.")
    if draft.facts.of_one_customer:
        raise CannotDo(ONE_CUSTOMER_NOTICE)
    channel = str(task.place.get("channel") or "")
    if not task.private or channel[:1] not in ("C", "G"):
        raise CannotDo("This was not asked in a channel, so it can't be shared in one.")
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
    context.redraw(session, draft.piece)
    journal.record_event(
        session,
        workspace=draft.workspace,
        event="draft shared",
        subject=draft.id,
        now=now,
        by=action.user,
        fingerprint=draft.fingerprint,
    )
