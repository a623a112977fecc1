"""A notice: one sentence for all to read, said once, by a job, whatever happens meanwhile."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.i18n.messages import Words, words_from
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import Post
from bot.slack.blocks import Message, context, section, told
from bot.slack.client import READ_OUTSIDE
from bot.slack.location import Place

KIND = "notice"  # of a Post


def give_notice(
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
    """Have it said, once for each `id`."""
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
    """Its row alone, for whoever puts it up at once."""
    said = place | {"words": words.model_dump(mode="json"), "language": language}
    Post.plan(session, id=id, workspace=workspace, kind=KIND, place=said, now=now)


async def notice(post: Post) -> Message:
    """What its row says. Where we can't write, it comes to its owner and says so."""
    language = str(post.place["language"])
    text = told(words_from(post.place["words"]), language)
    why = _why_alone(post.place)
    above = [context(why.to(language))] if why else []
    return Message(text, [*above, section(text)])


def _why_alone(place: Place) -> Words | None:
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
