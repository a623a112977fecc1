"""An answer to a question of the intern's: which one it answers, and the wish that it makes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages.outbox import Post
from bot.slack.events.thread_questions import asked_for
from bot.slack.location import continued, thread_of
from bot.tasks.models import Task, Wish

ANSWER_WITHIN = timedelta(minutes=30)  # in a direct message, outside the question's thread


def question_of(
    session: Session,
    workspace: str,
    event: dict[str, Any],
    said: str,
    now: datetime,
    *,
    direct: bool,
) -> Task | None:
    """The task that asked this person and still waits, where they now write. Outside its thread,
    a question of their own is no answer."""
    thread = event.get("thread_ts")
    if not direct and not thread:
        return None
    asking = select(Task).where(
        Task.workspace == workspace, Task.author == event["user"], Task.state == "asking"
    )
    for task in session.scalars(asking.order_by(Task.changed_at.desc()).limit(20)):
        card = session.get(Post, f"{task.first_piece}:card")
        spot = thread_of(card) if card else None
        if card is None or spot is None or spot.channel != event["channel"]:
            continue
        lately = now - task.changed_at < ANSWER_WITHIN and not asked_for(said)
        here = thread in (spot.thread, card.ts) if thread else lately
        if here and not _taken_up(session, task):
            return task
    return None


def answer(session: Session, asked: Task, said: str, id: str) -> Wish:
    """The wish again, with the answer in it."""
    card = session.get(Post, f"{asked.first_piece}:card")
    words = "\n".join(filter(None, [asked.words, said]))
    return asked.once_more(id, words=words, place=continued(asked.place, card))


def _taken_up(session: Session, task: Task) -> bool:
    return session.scalar(select(Task.id).where(Task.parent == task.id).limit(1)) is not None
