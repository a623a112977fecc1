"""A line in the channel of a digest: who switched it on, paused, changed, ran or deleted it.

The line and what it tells of are in one transaction, so that the channel hears of all that was
done, and of nothing that was not.
"""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.digests.models import Schedule, called
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.context import Front
from bot.slack.location import reaching
from bot.slack.notices import give_notice

CHANGED = "changed"  # in a form, where the others are pressed


def say(
    session: Session, front: Front, schedule: Schedule, user: str, event: str, trigger: str
) -> None:
    """`trigger` makes it one for each press."""
    house = front.house
    heirs = house.policy(schedule.workspace).approvers
    give_notice(
        session,
        house.enqueue,
        _line(schedule, user, event),
        schedule.language,
        id=_prefix(schedule) + trigger,
        workspace=schedule.workspace,
        place=reaching(schedule.place, heirs, alone=False),
        now=house.now(),
    )


def _line(schedule: Schedule, user: str, event: str) -> Words:
    who, name = f"<@{user}>", called(schedule.name)
    did: dict[str, Words] = {
        action_ids.DIGEST_ON: Words(
            "{who} switched the digest {name} on: {when}", who=who, name=name, when=schedule.when()
        ),
        action_ids.DIGEST_PAUSE: Words("{who} paused the digest {name}.", who=who, name=name),
        action_ids.DIGEST_OFF: Words("{who} deleted the digest {name}.", who=who, name=name),
        action_ids.DIGEST_NOW: Words("{who} asked for the digest {name} now.", who=who, name=name),
        CHANGED: Words(
            "{who} changed the digest {name}. It rests until somebody switches it on again.",
            who=who,
            name=name,
        ),
    }
    return did[event]


def heard_of(session: Session, schedule: Schedule) -> bool:
    """Whether its channel knows of it: before it is switched on, only who sets it does."""
    lines = Post.id.startswith(_prefix(schedule), autoescape=True)
    return bool(session.scalar(select(exists().where(lines))))


def _prefix(schedule: Schedule) -> str:
    return f"digest:{schedule.workspace}:{schedule.name}:"
