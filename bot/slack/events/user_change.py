"""Somebody reads another language from now on: what they asked for lately is drawn anew."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.data.ingest.models import Arrival
from bot.messages.outbox import Post
from bot.slack.context import Front
from bot.tasks.models import Task

LATEST = 20  # of their tasks; older cards keep their language until something changes


async def changed(front: Front, body: dict[str, Any]) -> None:
    """Slack's `user_change`, which comes with every change of a profile."""
    workspace, user = str(body.get("team_id")), str(body["event"]["user"]["id"])
    before = front.people.known(workspace, user)
    front.people.forget(workspace, user)  # they may be a guest from now on, or gone
    if before is None:
        return  # never asked, so nothing of theirs stands in the wrong language
    if await front.people.locale(workspace, user) != before:
        await front.run(redraw, front, workspace, user)


def redraw(session: Session, front: Front, workspace: str, user: str) -> None:
    """Their newest cards, once more."""
    theirs = select(Task.id).where(Task.workspace == workspace, Task.author == user)
    for task in session.scalars(theirs.order_by(Task.made_at.desc()).limit(LATEST)):
        for card in Post.cards_of(session, task):
            post = session.get_one(Post, card)
            Post.changed(session, front.house.enqueue, post.piece or "")
    dropped = select(Arrival).where(Arrival.workspace == workspace, Arrival.author == user)
    for arrival in session.scalars(dropped.order_by(Arrival.made_at.desc()).limit(LATEST)):
        Post.changed(session, front.house.enqueue, arrival.piece)
