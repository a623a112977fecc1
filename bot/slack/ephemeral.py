"""A sentence to one person alone, about what Slack may tell us of more than once: said once.

It is a row and a job, so that it is said although the process dies that heard the event.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.ids import task_id
from bot.i18n.messages import Words, words_from
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import Post
from bot.slack.blocks import Message
from bot.slack.client import Busy
from bot.slack.sender import Poster

KIND = "whisper"  # of a Post
CLOSED = Words(
    "Somebody from outside your workspace reads this conversation, so I do nothing here. An "
    "administrator can open a channel to your members all the same: shared_channels under "
    "[access] in policy.toml."
)
MOST_BUSY = 3  # times that Slack has no time to show it where they are


def whisper(
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
    """Have it said, once for each `about`."""
    id = f"{about}:{KIND}"
    place = {"channel": channel, "thread": thread, "user": user, "dm": True}
    told = place | {"words": words.model_dump(mode="json")}
    Post.plan(session, id=id, workspace=workspace, kind=KIND, place=told, now=now)
    enqueue(session, Job(kind="tell", subject=id, workspace=workspace))


def tell_closed(
    session: Session,
    enqueue: Enqueue,
    workspace: str,
    user: str,
    channel: str,
    thread: str | None,
    now: datetime,
) -> None:
    """Why nothing happens in a channel that outsiders read, once for each channel and person."""
    about = task_id("closed", workspace, channel, user)
    if session.get(Post, f"{about}:{KIND}") is None:
        whisper(
            session,
            enqueue,
            about=about,
            workspace=workspace,
            user=user,
            words=CLOSED,
            channel=channel,
            thread=thread,
            now=now,
        )


async def tell(poster: Poster, id: str) -> None:
    """Say it where they are, else in their direct messages, there once. Raises TryAgain."""
    post = await poster.database.run(lambda session: session.get_one(Post, id))
    to, people = post.place, poster.people
    text = words_from(to["words"]).to(await people.language(post.workspace, to["user"]))
    if to["channel"] and not post.tries and to.get("busy", 0) < MOST_BUSY:
        try:
            if await people.whispered(to["user"], text, to["channel"], to["thread"]):
                return
        except Busy:
            await poster.database.run(_was_busy, id)
            raise
    await poster.send(id, Message(text, []))


def _was_busy(session: Session, id: str) -> None:
    post = session.get_one(Post, id, with_for_update=True)
    post.place = post.place | {"busy": post.place.get("busy", 0) + 1}
