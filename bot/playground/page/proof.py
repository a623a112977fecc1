"""Nothing lost, nothing doubled: the intern's rows held against what stands in Slack."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.playground.slack import LocalSlack
from bot.tasks.models import OPEN, Task

Ended = list[tuple[str, str, datetime]]  # each task's first card, its state, since when
PATIENCE = timedelta(seconds=30)  # a card that Slack refuses comes a little later


def tasks_of(session: Session, workspace: str) -> Ended:
    """Every accepted task of the workspace."""
    columns = select(Task.id, Task.state, Task.changed_at).where(Task.workspace == workspace)
    return [(f"{id}.0:card", state, since) for id, state, since in session.execute(columns)]


def posts_in(slack: LocalSlack) -> Counter[str]:
    """How often each post of the intern stands in Slack, by the id that its metadata carries."""
    standing: Counter[str] = Counter()
    for place in slack.places.values():
        for message in place.by_ts.values():
            post = (message.metadata or {}).get("event_payload", {}).get("post")
            if post and message.bot_id == slack.bot_id and not message.deleted:
                standing[str(post)] += 1
    return standing


def proof(tasks: Ended, standing: Counter[str], now: datetime) -> dict[str, int]:
    """asked = ended + open + lost; doubled counts posts of any kind."""
    found = Counter(_how(card, state, now - since, standing) for card, state, since in tasks)
    doubled = sum(count > 1 for count in standing.values())
    counted = {name: found[name] for name in ("ended", "open", "lost")}
    return {"asked": len(tasks), **counted, "doubled": doubled}


def _how(card: str, state: str, age: timedelta, standing: Counter[str]) -> str:
    if state in OPEN:
        return "open"
    if standing[card]:
        return "ended"
    return "open" if age < PATIENCE else "lost"
