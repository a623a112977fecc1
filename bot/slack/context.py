"""What all listeners share: the house, the people, and what happens after an answer."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session

from bot.config.access import Standing
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import requester
from bot.slack.background import Later
from bot.slack.channel_members import ChannelMembers
from bot.slack.client import Refused, ask, patient, refusal
from bot.slack.membership import Membership
from bot.slack.sender import PATIENCE, Poster
from bot.slack.services import SlackServices
from bot.slack.users import People
from bot.slack.view_limits import fit_view

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 2  # transactions of one person
ASKED_WITHIN, OPENS_WITHIN = 0.7, 2.1  # seconds: a trigger lives three
UNFIT = frozenset({"invalid_arguments", "view_too_large"})
SLOW = Words("Slack is slow to open the form. If it does not appear, press again.")
View = dict[str, Any]


@dataclass(frozen=True)
class Front:
    """One for each process that listens."""

    house: SlackServices
    people: People
    later: Later
    patience: float = PATIENCE
    turns: WeakValueDictionary[str, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)
    membership: Membership | None = None
    channel_members: ChannelMembers = field(default_factory=ChannelMembers)

    @property
    def poster(self) -> Poster:
        return Poster(
            self.house.database, self.house.client, self.people, self.patience, self.membership
        )

    def standing(self, workspace: str, user: str) -> Standing | None:
        """What somebody is to the workspace, where it was asked lately; never a call."""
        return self.membership.known_standing(workspace, user) if self.membership else None

    async def run(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction. A person has a few at once and waits for their own, so that a flood of
        requests leaves room in the line at the database."""
        who = requester.get()
        person = who.person if who else ""
        turn = self.turns.get(person) or asyncio.Semaphore(AT_ONCE)
        self.turns[person] = turn
        async with turn:
            return await self.house.database.run(verb, *args, **kwargs)

    async def interrupt(self, task: str) -> None:
        """End what runs of a task whose row says that it is stopped."""
        await self.house.stop(task)

    async def readable(
        self, workspace: str, user: str, channels: Collection[str]
    ) -> frozenset[str]:
        """Those of these channels that this person reads, as far as Slack says so."""
        return await self.channel_members.readable(self.house.client, workspace, user, channels)

    async def language(self, workspace: str, user: str) -> str:
        """What somebody reads, while they wait for an answer."""
        return await self.people.language(workspace, user, within=ASKED_WITHIN)

    async def open(
        self,
        trigger: str,
        view: View,
        back: dict[str, Any] | None = None,
        *,
        language: str = "en",
    ) -> None:
        """Open a modal; `back` comes back with what is filled in, beside what the form carries.
        Raises CannotDo when it comes too late, or is nothing that Slack shows."""
        view = fit_view(view | carrying(view, back), language)
        client = patient(self.house.client)
        try:
            await asyncio.wait_for(
                ask(client.views_open(trigger_id=trigger, view=view)), OPENS_WITHIN
            )
        except Refused as no:
            if no.error in UNFIT:
                raise refusal(no) from None
            raise CannotDo(SLOW) from None
        except (TryAgain, TimeoutError):  # it may be on its way all the same
            raise CannotDo(SLOW) from None


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
