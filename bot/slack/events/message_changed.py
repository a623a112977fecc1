"""What somebody changed or took back after they had said it.

While nothing is drafted of it yet, the new words count: what was begun with the old ones is
stopped, and an open question is done with. A draft stands as it is, and they are told so. What is
taken back is stopped. Slack tells of an edit as `message_changed`, as it does of a link's preview;
of a message taken back as `message_deleted`, or as a tombstone where it had a thread.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.brief import just_for_me
from bot.core.ids import task_id
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack.context import Front
from bot.slack.events import messages
from bot.slack.location import continued
from bot.tasks.models import OPEN, Task, Wish

CHANGED, DELETED, TOMBSTONE = "message_changed", "message_deleted", "tombstone"
A_DAY = 86_400.0  # seconds: an older message that was changed is no new wish
SIGNS = re.compile(r"\W+")


@dataclass(frozen=True)
class Change:
    """`message` as it stands now, and as it came (None: taken back); what it said `before`."""

    workspace: str
    mine: str | None  # our own user id
    event: dict[str, Any]
    message: dict[str, Any] | None
    ts: str
    before: str

    @property
    def task(self) -> str:
        """The id of what was asked with this message."""
        return task_id(self.workspace, str(self.event["channel"]), self.ts)

    @property
    def now(self) -> str:
        return messages.said_in(self.message or {}, self.mine)

    @property
    def id(self) -> str:
        """One for each edit, however often Slack tells of it."""
        at = str(((self.message or {}).get("edited") or {}).get("ts"))
        return task_id(self.workspace, str(self.event["channel"]), self.ts, at)


async def happened(front: Front, body: dict[str, Any]) -> None:
    """Store what it changes. The answer to Slack follows the commit."""
    change = change_of(body)
    if change is None:
        return
    if change.message is None:
        stopped = await front.run(taken_back, front, change)
    else:
        stopped = await _edited(front, change)
    if stopped:
        front.later.soon(front.interrupt(stopped))


def change_of(body: dict[str, Any]) -> Change | None:
    """A change of its words by the person who wrote it; None for every other."""
    event, mine = body["event"], messages.our_user(body)
    before, after = event.get("previous_message") or {}, event.get("message") or {}
    if not messages.written_by_a_person(before, mine):
        return None
    workspace = str(body.get("team_id") or event.get("team"))
    said, ts = messages.said_in(before, mine), str(before.get("ts"))
    if event.get("subtype") == DELETED or after.get("subtype") == TOMBSTONE:
        return Change(workspace, mine, event, None, ts, said)
    by = (after.get("edited") or {}).get("user")
    if by != before.get("user") or _asks(after, mine) == _asks(before, mine):
        return None
    return Change(workspace, mine, event, after, ts, said)


async def _edited(front: Front, change: Change) -> str | None:
    """The task to be interrupted, if one is under way."""
    assert change.message is not None
    heard = {key: change.event.get(key) for key in ("channel", "channel_type")}
    event = {**change.message, **heard}
    try:
        known, stopped = await front.run(taken_up, front, change)
        if not known and front.house.now().timestamp() - float(change.ts) < A_DAY:
            await messages.heard(front, change.workspace, event, change.mine)
    except CannotDo as no:
        await messages.refused(front, change.workspace, event, no, about=change.id)
        return None
    return stopped


def taken_up(session: Session, front: Front, change: Change) -> tuple[bool, str | None]:
    """Whether something was asked with this message, and the task that its new words stop.
    Raises CannotDo for words that come too late."""
    first = session.get(Task, change.task)
    if first is None or session.get(Task, change.id) is not None:
        return first is not None, None
    task, now = _newest(session, first), front.house.now()
    wish, under_way = _anew(session, task, change), task.state in OPEN
    by = str((change.message or {})["user"])
    front.house.policy(change.workspace).demand_if_known(by, "ask")
    if under_way:
        task.stop(session, front.house.enqueue, by, now)
    Task.accept(session, front.house.enqueue, wish, now)
    Post.changed(session, front.house.enqueue, task.first_piece)  # it goes on below, and says so
    return True, task.id if under_way else None


def taken_back(session: Session, front: Front, change: Change) -> str | None:
    """Stop what was asked with it; the task that is under way, if one is."""
    first = session.get(Task, change.task)
    if first is None:
        return None
    task = _newest(session, first)
    under_way = task.state in OPEN
    task.take_back(session, front.house.enqueue, front.house.now())
    return task.id if under_way else None


def _newest(session: Session, task: Task) -> Task:
    """What became of a task: the last that took it up."""
    while True:
        after = select(Task).where(Task.parent == task.id).order_by(Task.made_at.desc()).limit(1)
        if (next_one := session.scalar(after)) is None:
            return task
        task = next_one


def _anew(session: Session, task: Task, change: Change) -> Wish:
    """The same wish in the new words. Raises CannotDo for a task that has ended with the old."""
    words, reason = _said_anew(task, change)
    same = (words, reason) == (task.words, task.reason)
    if same or task.state not in (*OPEN, "asking", "failed"):
        raise CannotDo(STOPPED if task.state == "stopped" else TOO_LATE)
    alone = just_for_me(change.now)[0]
    place = continued(task.place, session.get(Post, f"{task.first_piece}:card"))
    if alone and not task.private:  # from now on for their eyes only
        place = {key: value for key, value in place.items() if key != "under"} | {"dm": True}
    private = task.private or alone
    return task.once_more(change.id, words=words, place=place, private=private, reason=reason)


def _said_anew(task: Task, change: Change) -> tuple[str, str | None]:
    """Its words and the reason it came back for, with the change made in them."""
    was, now = just_for_me(change.before)[1], just_for_me(change.now)[1]
    if task.reason == change.before:
        return task.words, change.now
    if not was:  # a mention alone; what was answered stands below it
        return "\n".join(filter(None, [now, task.words])), task.reason
    whole = f"\n{task.words}\n".replace(f"\n{was}\n", f"\n{now}\n", 1)
    return whole.strip(), task.reason


def _asks(message: dict[str, Any], mine: str | None) -> tuple[bool, str]:
    """Whether it is to us, and its letters and figures: another comma asks for nothing else."""
    signs = SIGNS.sub(" ", messages.said_in(message, mine).casefold()).strip()
    return messages.names(message, mine), signs


TOO_LATE = Words(
    "You have changed your message. What I made stands on the words as they were: reply under it "
    "with what should change, or ask again."
)
STOPPED = Words("You have changed your message, but its work was stopped. Please ask again.")
