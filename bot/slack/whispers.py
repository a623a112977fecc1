"""A sentence to one person alone, about what Slack may tell us of more than once: said once.

It is a row and a job, so that it is said although the process dies that heard the event.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.db import Database
from bot.job import Enqueue, Job
from bot.post import Post
from bot.slack.people import People
from bot.words import Words, words_from

KIND = "whisper"  # of a Post


def whisper(
    session: Session,
    enqueue: Enqueue,
    *,
    about: str,
    workspace: str,
    user: str,
    words: Words,
    channel: str,
    thread: str | None,
    now: datetime,
) -> None:
    """Have it said, once for each `about`."""
    id = f"{about}:{KIND}"
    place = {"channel": channel, "thread": thread, "user": user}
    told = place | {"words": words.model_dump(mode="json")}
    Post.plan(session, id=id, workspace=workspace, kind=KIND, place=told, now=now)
    enqueue(session, Job(kind="tell", subject=id, workspace=workspace))


async def tell(database: Database, people: People, id: str) -> None:
    """Say it where they are, else in their direct messages."""
    post = await database.run(lambda session: session.get_one(Post, id))
    to, words = post.place, words_from(post.place["words"])
    await people.tell(post.workspace, to["user"], words, to["channel"], to["thread"])
