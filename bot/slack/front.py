"""What all listeners share: the house, the people, and what happens after an answer."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from bot.errors import CannotDo, TryAgain
from bot.slack.calls import Refused, ask, patient
from bot.slack.house import House
from bot.slack.later import Later
from bot.slack.memberships import Memberships
from bot.slack.people import People
from bot.slack.post import PATIENCE, Poster
from bot.words import Words

P = ParamSpec("P")
T = TypeVar("T")
ASKED_WITHIN, OPENS_WITHIN = 0.7, 2.1  # seconds: a trigger lives three
View = dict[str, Any]


@dataclass(frozen=True)
class Front:
    """One for each process that listens."""

    house: House
    people: People
    later: Later
    patience: float = PATIENCE
    memberships: Memberships = field(default_factory=Memberships)

    @property
    def poster(self) -> Poster:
        return Poster(self.house.database, self.house.client, self.people, self.patience)

    async def run(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction."""
        return await self.house.database.run(verb, *args, **kwargs)

    async def interrupt(self, task: str) -> None:
        """End what runs of a task whose row says that it is stopped."""
        await self.house.stop(task)

    async def readable(
        self, workspace: str, user: str, channels: Collection[str]
    ) -> frozenset[str]:
        """Those of these channels that this person reads, as far as Slack says so."""
        return await self.memberships.readable(self.house.client, workspace, user, channels)

    async def language(self, workspace: str, user: str) -> str:
        """What somebody reads, while they wait for an answer."""
        return await self.people.language(workspace, user, within=ASKED_WITHIN)

    async def open(self, trigger: str, view: View, back: dict[str, Any] | None = None) -> None:
        """Open a modal; `back` comes back with what is filled in, beside what the form carries.
        Raises CannotDo when it comes too late."""
        view = view | carrying(view, back)
        client = patient(self.house.client)
        try:
            await asyncio.wait_for(
                ask(client.views_open(trigger_id=trigger, view=view)), OPENS_WITHIN
            )
        except (Refused, TryAgain, TimeoutError):  # it may be on its way all the same
            words = Words("Slack is slow to open the form. If it does not appear, press again.")
            raise CannotDo(words) from None


def carrying(view: View, back: dict[str, Any] | None) -> View:
    """The form's private metadata with more in it."""
    if not back:
        return {}
    told = json.loads(view.get("private_metadata") or "{}") | {"back": back}
    return {"private_metadata": json.dumps(told, separators=(",", ":"))}


def carried(view: View) -> dict[str, Any]:
    """What `carrying` put there."""
    told = json.loads(view.get("private_metadata") or "{}")
    found = told.get("back") if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}
