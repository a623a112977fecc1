"""A line in the channel of a digest: who switched it on, paused, changed, ran or deleted it."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.post import Post
from bot.schedule import Schedule, called
from bot.slack import names
from bot.slack.blocks import Message, section, told
from bot.slack.click import Click
from bot.slack.front import Front
from bot.words import Words

CHANGED = "changed"  # in a form, where the others are pressed
Line = tuple[str, Message]


async def pressed(front: Front, click: Click) -> None:
    """What was pressed on its card."""
    line = await front.run(_pressed, front, click)
    if line is not None:
        await send(front, line)


async def send(front: Front, line: Line) -> None:
    await front.poster.send(*line)


def _pressed(session: Session, front: Front, click: Click) -> Line | None:
    schedule = Schedule.find(session, click.workspace, click.ref.pick or "")
    if schedule is None:
        return None
    return planned(session, front, schedule, click.user, click.name, click.trigger)


def planned(
    session: Session, front: Front, schedule: Schedule, user: str, event: str, trigger: str
) -> Line:
    """The line's row, and what it says; `trigger` makes it one for each press."""
    who, name = f"<@{user}>", called(schedule.name)
    did: dict[str, Words] = {
        names.DIGEST_ON: Words("{who} switched the digest {name} on: {when}", who=who, name=name,
                               when=schedule.when()),
        names.DIGEST_PAUSE: Words("{who} paused the digest {name}.", who=who, name=name),
        names.DIGEST_OFF: Words("{who} deleted the digest {name}.", who=who, name=name),
        names.DIGEST_NOW: Words("{who} asked for the digest {name} now.", who=who, name=name),
        CHANGED: Words("{who} changed the digest {name}. It rests until somebody switches it on "
                       "again.", who=who, name=name),
    }  # fmt: skip
    id, said = _prefix(schedule) + trigger, told(did[event], schedule.language)
    Post.plan(
        session,
        id=id,
        workspace=schedule.workspace,
        kind="notice",
        place=schedule.place,
        now=front.house.now(),
    )
    return id, Message(said, [section(said)])


def heard_of(session: Session, schedule: Schedule) -> bool:
    """Whether its channel knows of it: before it is switched on, only who sets it does."""
    lines = Post.id.startswith(_prefix(schedule), autoescape=True)
    return bool(session.scalar(select(exists().where(lines))))


def _prefix(schedule: Schedule) -> str:
    return f"digest:{schedule.workspace}:{schedule.name}:"
