"""What people change in Slack later: the text of a message, and their language."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.request import ANSWER_KEY, parse_just_for_me, task_id
from bot.data.ingest.models import FileUpload
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.events import message_events
from bot.slack.listeners import ListenerContext
from bot.slack.threads import continue_in_thread
from bot.tasks.draft_versions import list_cards
from bot.tasks.models import OPEN_STATES, NewTask, Task

CHANGED, DELETED, TOMBSTONE = "message_changed", "message_deleted", "tombstone"
MAX_CHANGE_AGE = 86_400.0  # seconds; an edit of an older message starts no task
NON_WORD_CHARACTERS = re.compile(r"\W+")


@dataclass(frozen=True)
class MessageChange:
    """One edit or deletion. `message` is the edited message, None when it was deleted; `before` is
    its earlier text."""

    workspace: str
    bot_user: str | None  # the intern's own user id
    event: dict[str, Any]
    message: dict[str, Any] | None
    ts: str
    before: str

    @property
    def task(self) -> str:
        """The id of the task that this message started."""
        return task_id(self.workspace, str(self.event["channel"]), self.ts)

    @property
    def now(self) -> str:
        return message_events.extract_words(self.message or {}, self.bot_user)

    @property
    def id(self) -> str:
        """The same however often Slack reports this edit."""
        at = str(((self.message or {}).get("edited") or {}).get("ts"))
        return task_id(self.workspace, str(self.event["channel"]), self.ts, at)


async def handle_message_change(context: ListenerContext, body: dict[str, Any]) -> None:
    """Store what the edit changes. Slack is answered after the commit."""
    change = parse_message_change(body)
    if change is None:
        return
    if change.message is None:
        stopped = await context.run(stop_deleted_task, context, change)
    else:
        stopped = await _apply_edit(context, change)
    if stopped:
        context.background.start(context.stop_task(stopped))


def parse_message_change(body: dict[str, Any]) -> MessageChange | None:
    """Return the edit if the author changed the words; None for every other change."""
    event, bot_user = body["event"], message_events.find_bot_user(body)
    before, after = event.get("previous_message") or {}, event.get("message") or {}
    if not message_events.is_from_person(before, bot_user):
        return None
    workspace = str(body.get("team_id") or event.get("team"))
    words, ts = message_events.extract_words(before, bot_user), str(before.get("ts"))
    if event.get("subtype") == DELETED or after.get("subtype") == TOMBSTONE:
        return MessageChange(workspace, bot_user, event, None, ts, words)
    by = (after.get("edited") or {}).get("user")
    if by != before.get("user") or _normalize_request(after, bot_user) == _normalize_request(
        before, bot_user
    ):
        return None
    return MessageChange(workspace, bot_user, event, after, ts, words)


async def _apply_edit(context: ListenerContext, change: MessageChange) -> str | None:
    """Return the task to stop, if one is running."""
    assert change.message is not None
    heard = {key: change.event.get(key) for key in ("channel", "channel_type")}
    event = {**change.message, **heard}
    try:
        is_request, stopped = await context.run(restart_changed_task, context, change)
        if (
            not is_request
            and context.services.now().timestamp() - float(change.ts) < MAX_CHANGE_AGE
        ):
            await message_events.accept_message(context, change.workspace, event, change.bot_user)
    except CannotDo as error:
        await message_events.refuse_message(
            context, change.workspace, event, error, about=change.id
        )
        return None
    return stopped


def restart_changed_task(
    session: Session, context: ListenerContext, change: MessageChange
) -> tuple[bool, str | None]:
    """Return whether this message had started a task, and the running task that the new words stop.

    Raise CannotDo when the edit comes too late.
    """
    first = session.get(Task, change.task)
    if first is None or session.get(Task, change.id) is not None:
        return first is not None, None
    if first.state == "stopped" and not first.words:
        return True, None  # it was not for us, or was deleted
    task, now = _find_latest_task(session, first), context.services.now()
    new_task, under_way = _build_changed_task(session, task, change), task.state in OPEN_STATES
    by = str((change.message or {})["user"])
    context.services.policy(change.workspace).require_if_known(by, "ask")
    if under_way:
        task.stop(session, context.services.enqueue, by, now)
    context.accept(session, new_task)
    # The old card then says that the work continues below it.
    context.redraw(session, task.first_piece)
    return True, task.id if under_way else None


def stop_deleted_task(
    session: Session, context: ListenerContext, change: MessageChange
) -> str | None:
    """Stop the task that the message started; return the running task, if there is one."""
    first = session.get(Task, change.task)
    if first is None:
        return None
    task = _find_latest_task(session, first)
    under_way = task.state in OPEN_STATES
    task.withdraw(session, context.services.enqueue, context.services.now())
    return task.id if under_way else None


def _find_latest_task(session: Session, task: Task) -> Task:
    """Return the last task that continues this one."""
    while True:
        after = select(Task).where(Task.parent == task.id).order_by(Task.made_at.desc()).limit(1)
        if (next_one := session.scalar(after)) is None:
            return task
        task = next_one


def _build_changed_task(session: Session, task: Task, change: MessageChange) -> NewTask:
    """Return the same request with the new words. Raise CannotDo when the task has ended with
    the old words."""
    words, reason = _apply_changed_words(task, change)
    form = _apply_changed_answer(task, change)
    same = (words, reason, form) == (task.words, task.reason, task.form)
    is_unanswered = task.state in (*OPEN_STATES, "asking", "failed") or task.trouble is not None
    if same or not is_unanswered:
        raise CannotDo(WORK_IS_STOPPED if task.state == "stopped" else WORK_IS_DONE)
    only_for_author = parse_just_for_me(change.now)[0]
    place = continue_in_thread(task.place, session.get(OutboxMessage, f"{task.first_piece}:card"))
    if only_for_author and not task.private:  # the edited request is private from now on
        place = {key: value for key, value in place.items() if key != "under"} | {"dm": True}
    private = task.private or only_for_author
    return task.retry(
        change.id, words=words, form=form, place=place, private=private, reason=reason
    )


def _apply_changed_words(task: Task, change: MessageChange) -> tuple[str, str | None]:
    """Return the task's words and its revision reason, with the edit applied."""
    old_words, now = parse_just_for_me(change.before)[1], parse_just_for_me(change.now)[1]
    if task.reason == change.before:
        return task.words, change.now
    if not old_words:  # the message was only a mention; an answer in its thread follows it
        return "\n".join(filter(None, [now, task.words])), task.reason
    whole = f"\n{task.words}\n".replace(f"\n{old_words}\n", f"\n{now}\n", 1)
    return whole.strip(), task.reason


def _apply_changed_answer(task: Task, change: MessageChange) -> dict[str, str]:
    """Return the task's form; an answer that was this message has its new words."""
    return {
        key: change.now if key.startswith(ANSWER_KEY) and value == change.before else value
        for key, value in task.form.items()
    }


def _normalize_request(message: dict[str, Any], bot_user: str | None) -> tuple[bool, str]:
    """Return whether the message is for the intern, and its letters and digits: a changed comma
    is no new request."""
    signs = NON_WORD_CHARACTERS.sub(
        " ", message_events.extract_words(message, bot_user).casefold()
    ).strip()
    return message_events.is_bot_mentioned(message, bot_user), signs


WORK_IS_DONE = Words(
    "You have changed your message. What I made stands on the words as they were: reply under it "
    "with what should change, or ask again."
)
WORK_IS_STOPPED = Words(
    "You have changed your message, but its work was stopped. Please ask again."
)


# Redraws a person's latest cards when they change their language in Slack.

MAX_TASKS = 20  # of one person; older cards keep their language until something changes


async def handle_user_change(context: ListenerContext, body: dict[str, Any]) -> None:
    """Handle Slack's `user_change`, which comes with every change of a profile."""
    workspace, user = str(body.get("team_id")), str(body["event"]["user"]["id"])
    before = context.people.cached_locale(workspace, user)
    context.people.forget(workspace, user)  # they may have become a guest or left
    if before is None:
        return  # their locale was never read, so no card uses it
    if await context.people.locale(workspace, user) != before:
        await context.run(redraw_cards, context, workspace, user)


def redraw_cards(session: Session, context: ListenerContext, workspace: str, user: str) -> None:
    tasks = select(Task.id).where(Task.workspace == workspace, Task.author == user)
    for task in session.scalars(tasks.order_by(Task.made_at.desc()).limit(MAX_TASKS)):
        for card in list_cards(session, task):
            post = session.get_one(OutboxMessage, card)
            context.redraw(session, post.piece or "")
    dropped = select(FileUpload).where(FileUpload.workspace == workspace, FileUpload.author == user)
    for upload in session.scalars(dropped.order_by(FileUpload.made_at.desc()).limit(MAX_TASKS)):
        context.redraw(session, upload.card_piece)
