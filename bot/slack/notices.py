"""Notices that everybody in a channel can read, and ephemeral messages to one person. A job sends
each of them once."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.request import task_id
from bot.i18n.messages import Words, restore_words
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.slack.blocks import Message, context_block, render_words, section_block
from bot.slack.client import READ_OUTSIDE, SlackBusy
from bot.slack.location import Place
from bot.slack.sender import MessageSender

NOTICE_KIND = "notice"  # kind of OutboxMessage


def enqueue_notice(
    session: Session,
    enqueue: Enqueue,
    words: Words,
    language: str,
    *,
    id: str,
    workspace: str,
    place: Place,
    now: datetime,
) -> None:
    """Have the notice posted by a job, once for each `id`."""
    plan_notice(session, words, language, id=id, workspace=workspace, place=place, now=now)
    enqueue(session, Job(kind="say", subject=id, workspace=workspace))


def plan_notice(
    session: Session,
    words: Words,
    language: str,
    *,
    id: str,
    workspace: str,
    place: Place,
    now: datetime,
) -> None:
    """Store the row without a job, for a caller that posts it itself."""
    content = place | {"words": words.model_dump(mode="json"), "language": language}
    OutboxMessage.plan(
        session, id=id, workspace=workspace, kind=NOTICE_KIND, place=content, now=now
    )


async def render_notice(post: OutboxMessage) -> Message:
    """Render the notice. When it goes to its owner instead of the channel, it says why."""
    language = str(post.place["language"])
    text = render_words(restore_words(post.place["words"]), language)
    why = _explain_private(post.place)
    above = [context_block(why.to(language))] if why else []
    return Message(text, [*above, section_block(text)])


def _explain_private(place: Place) -> Words | None:
    if not (reason := place.get("fallback")):
        return None
    where = f"<#{place.get('channel')}>"
    if reason == READ_OUTSIDE:
        return Words("Another company reads {place}, so this comes to you alone.", place=where)
    if reason == "is_archived":
        return Words("{place} is archived, so this comes to you alone.", place=where)
    return Words(
        "I am not in {place}, so this comes to you alone. To have it come there, type "
        "{command} in that channel.",
        place=where,
        command="`/invite @Super-Intern`",
    )


# Ephemeral messages. Slack may report the same event twice; each message is sent once.

EPHEMERAL_KIND = "whisper"  # kind of OutboxMessage
CHANNEL_CLOSED = Words(
    "Somebody from outside your workspace reads this conversation, so I do nothing here. An "
    "administrator can open a channel to your members all the same: shared_channels under "
    "[access] in policy.toml."
)
MAX_BUSY_TRIES = 3  # tries to show it in the channel while Slack is busy


def enqueue_ephemeral(
    session: Session,
    enqueue: Enqueue,
    *,
    about: str,
    workspace: str,
    user: str,
    words: Words,
    channel: str | None,
    thread: str | None,
    now: datetime,
) -> None:
    """Have the message shown by a job, once for each `about`."""
    id = f"{about}:{EPHEMERAL_KIND}"
    place = {"channel": channel, "thread": thread, "user": user, "dm": True}
    content = place | {"words": words.model_dump(mode="json")}
    OutboxMessage.plan(
        session, id=id, workspace=workspace, kind=EPHEMERAL_KIND, place=content, now=now
    )
    enqueue(session, Job(kind="tell", subject=id, workspace=workspace))


def enqueue_channel_closed(
    session: Session,
    enqueue: Enqueue,
    workspace: str,
    user: str,
    channel: str,
    thread: str | None,
    now: datetime,
) -> None:
    """Tell the person why nothing happens in a channel that outsiders read, once per channel and
    person."""
    about = task_id("closed", workspace, channel, user)
    if session.get(OutboxMessage, f"{about}:{EPHEMERAL_KIND}") is None:
        enqueue_ephemeral(
            session,
            enqueue,
            about=about,
            workspace=workspace,
            user=user,
            words=CHANNEL_CLOSED,
            channel=channel,
            thread=thread,
            now=now,
        )


async def send_ephemeral(sender: MessageSender, id: str) -> None:
    """Show the message in the person's channel; if that fails, send it once to their direct
    messages. Raise TryAgain."""
    post = await sender.database.run(lambda session: session.get_one(OutboxMessage, id))
    to, people = post.place, sender.people
    text = restore_words(to["words"]).to(await people.language(post.workspace, to["user"]))
    if to["channel"] and not post.tries and to.get("busy", 0) < MAX_BUSY_TRIES:
        try:
            if await people.send_ephemeral(to["user"], text, to["channel"], to["thread"]):
                return
        except SlackBusy:
            await sender.database.run(_count_busy_try, id)
            raise
    await sender.send(id, Message(text, []))


def _count_busy_try(session: Session, id: str) -> None:
    post = session.get_one(OutboxMessage, id, with_for_update=True)
    post.place = post.place | {"busy": post.place.get("busy", 0) + 1}
