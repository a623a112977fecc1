"""What people press on a card: each press is checked and stored, then answered.

Two people may press at once: the rows decide who was first, and the other is told so.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.core.ids import task_id
from bot.digests.visibility import demand_visible, may_see
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.actions import alerts, digests, next_steps
from bot.slack.actions.context import (
    Click,
    card_at,
    click_of,
    demand_author_or_approver,
    draft_of,
    form_again,
    next_place,
    quotable,
    task_of,
)
from bot.slack.actions.download import download
from bot.slack.actions.open_modal import READY, opened
from bot.slack.actions.share import demand_membership, send_to, share
from bot.slack.actions.swap_opening import with_hook
from bot.slack.cards import results
from bot.slack.context import Front
from bot.slack.events import files
from bot.slack.visible_rows import for_viewer
from bot.tasks.models import Task

Verb = Callable[[Session, Front, Click], Words | None]


async def pressed(front: Front, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Do it, answer. Raises CannotDo, which its presser is told; the card is drawn anew then."""
    await ack()
    click = click_of(body)
    if click.channel:
        front.channel_members.pressed_in(click.workspace, click.user, click.channel)
    try:
        said = await for_viewer(front, click, partial(_done, front))
    except CannotDo:
        await front.run(_redraw, front, click)
        raise
    if said is not None:
        tell = front.people.tell
        front.later.soon(tell(click.workspace, click.user, said, click.channel, click.thread))


async def _done(front: Front, click: Click) -> Words | None:
    if click.name in READY:
        await opened(front, click)
        return None
    if click.name == action_ids.DOWNLOAD:
        return await download(front, click)
    if click.name == action_ids.STAYED_OUT:
        return await files.stayed_out(front, click)
    verb = VERBS.get(click.name)
    if verb is None:
        return None
    if click.name == action_ids.SHARE:
        await front.run(draft_of, click.viewer, click.ref)  # before Slack is asked anything
        await demand_membership(front, str(click.ref.pick))
    said = await front.run(verb, front, click)
    if click.name == action_ids.STOP:
        front.later.soon(front.interrupt(str(click.ref.task)))
    return said


def approve(session: Session, front: Front, click: Click) -> None:
    decision.approve(
        session,
        front.house.enqueue,
        draft_of(session, click.viewer, click.ref),
        by=click.user,
        fingerprint=click.ref.seen or "",
        policy=front.house.policy(click.workspace),
        now=front.house.now(),
    )


def use_hook(session: Session, front: Front, click: Click) -> None:
    draft = draft_of(session, click.viewer, click.ref)
    decision.revise(
        session,
        front.house.enqueue,
        draft,
        by=click.user,
        fingerprint=click.ref.seen or "",
        texts=with_hook(draft, click.ref.pick or ""),
        policy=front.house.policy(click.workspace),
        now=front.house.now(),
    )


def answer(session: Session, front: Front, click: Click) -> Words | None:
    """A one-tap answer: the same wish again, with this one field set."""
    task, pick = task_of(session, click.viewer, click.ref), click.ref.pick or ""
    field = click.ref.field or f"answer {1 + sum(k.startswith('answer') for k in task.form)}"
    id = task_id("answer", task.id, click.ref.field or "", pick)
    draft = _draft_of_task(session, click, task)
    form = form_again(session, task, draft) | {field: pick}
    if not _again(session, front, click, task, id, form=form):
        return Words("That is being drafted already.")
    return None


def try_again(session: Session, front: Front, click: Click) -> None:
    task = task_of(session, click.viewer, click.ref)
    id = task_id("again", task.id, click.trigger)
    _again(session, front, click, task, id)


def _again(session: Session, front: Front, click: Click, task: Task, id: str, **more: Any) -> bool:
    """The same wish of the same person, as a new task in the thread of the card pressed."""
    policy = front.house.policy(click.workspace)
    demand_author_or_approver(task, None, click.user, policy)
    policy.demand(click.user, "ask")
    draft = _draft_of_task(session, click, task)
    piece = draft.piece if draft else task.first_piece
    card = card_at(session, piece, click.back, click.viewer)
    place, private = next_place(task, card)
    changed = quotable(session, task, card, private)
    if "form" in more and "form" in changed:
        changed.pop("form")
        more["form"] = {k: v for k, v in more["form"].items() if k != "stands_on"}
    wish = task.once_more(id, place=place, private=private, **{**changed, **more})
    accepted = Task.accept(session, front.house.enqueue, wish, front.house.now())
    Post.changed(session, front.house.enqueue, piece)  # it goes on below, and says so
    return accepted


def stop(session: Session, front: Front, click: Click) -> None:
    task = task_of(session, click.viewer, click.ref)
    demand_author_or_approver(task, None, click.user, front.house.policy(click.workspace))
    task.stop(session, front.house.enqueue, click.user, front.house.now())


def _draft_of_task(session: Session, click: Click, task: Task) -> Draft | None:
    """The draft that the button names, when it is this task's; None when it names none. Raises
    NotVisible."""
    if not click.ref.draft:
        return None
    found = session.get(Draft, click.ref.draft)
    return demand_visible(session, click.viewer, found if _is_of(found, task) else None)


def _is_of(draft: Draft | None, task: Task) -> bool:
    return draft is not None and draft.task == task.id


def _redraw(session: Session, front: Front, click: Click) -> None:
    """What was pressed may be an old picture."""
    if piece := _piece(session, click):
        Post.changed(session, front.house.enqueue, piece)


def _piece(session: Session, click: Click) -> str | None:
    """What was pressed, when this person may see it."""
    if click.ref.arrival:
        return files.piece_of(session, click)
    draft = session.get(Draft, click.ref.draft) if click.ref.draft else None
    if draft is not None:
        return draft.piece if may_see(session, click.viewer, draft) else None
    task = session.get(Task, click.ref.task) if click.ref.task else None
    return task.first_piece if task and may_see(session, click.viewer, task) else None


VERBS: dict[str, Verb] = {
    action_ids.APPROVE: approve,
    action_ids.USE_HOOK: use_hook,
    action_ids.ANSWER: answer,
    action_ids.TRY_AGAIN: try_again,
    action_ids.SEND_TO: send_to,
    action_ids.SHARE: share,
    action_ids.STOP: stop,
    action_ids.LEAD_NOW: next_steps.now,
    action_ids.DIGEST_ON: digests.turn("on"),
    action_ids.DIGEST_PAUSE: digests.turn("paused"),
    action_ids.DIGEST_OFF: digests.turn("off"),
    action_ids.DIGEST_NOW: digests.run_now,
    **files.VERBS,
    **results.VERBS,
    **alerts.VERBS,
}
