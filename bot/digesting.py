"""A digest whose moment has come: a Request that nobody typed.

It becomes a task like any other. One that shall only speak when something moved is tried first,
and without a finding nothing is shown at all. One that breaks before it is a task is told to its
owner: nobody looks for what nobody asked for.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.db import Database
from bot.job import Enqueue
from bot.schedule import Schedule
from bot.task import Task, Wish
from bot.words import Words

Moved = Callable[[Wish], Awaitable[bool]]  # whether this digest would tell of anything
# A digest's place: for its owner's eyes alone when asked so. Whoever is named may hear of it when
# the owner is gone.
Reach = Callable[[str, dict[str, Any], bool], dict[str, Any]]  # workspace, place, alone → place


def as_it_is(_: str, place: dict[str, Any], alone: bool) -> dict[str, Any]:
    return place | ({"dm": True} if alone else {})


@dataclass(frozen=True)
class Digesting:
    """`moved` is the skill itself, run without keeping what it gives."""

    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    moved: Moved
    reach: Reach = as_it_is

    async def run(self, subject: str) -> None:
        """`workspace/name/date`: once, unless it was paused or switched off meanwhile."""
        workspace, name, day = subject.split("/")
        found = await self.database.run(self._wish, workspace, name, day)
        if found is None:
            return
        wish, quiet = found
        silent = quiet and not await self.moved(wish)
        await self.database.run(self._done, wish, name, day, silent=silent)

    async def fail(self, subject: str, why: Words) -> None:
        """It could not be made: its owner is told why in a direct message, and what can be done.
        The next one comes in its time."""
        workspace, name, day = subject.split("/")
        await self.database.run(self._fail, workspace, name, day, why)

    def _wish(
        self, session: Session, workspace: str, name: str, day: str, turn: str = ""
    ) -> tuple[Wish, bool] | None:
        schedule = Schedule.find(session, workspace, name)
        if schedule is None or schedule.state != "on":
            return None
        if schedule.last is not None and schedule.last >= day:
            return None
        wish = schedule.wish(date.fromisoformat(day), turn=turn)
        place = self.reach(workspace, wish.place, bool(turn))
        return wish.model_copy(update={"place": place}), schedule.only_when_moved

    def _done(self, session: Session, wish: Wish, name: str, day: str, *, silent: bool) -> None:
        """The task, and that it was made, in one transaction."""
        if not silent:
            Task.accept(session, self.enqueue, wish, self.now())
        schedule = session.get_one(Schedule, (wish.workspace, name), with_for_update=True)
        schedule.last = max(schedule.last or "", day)
        schedule.next_at = schedule.following(self.now())

    def _fail(self, session: Session, workspace: str, name: str, day: str, why: Words) -> None:
        """A task of the owner's that has ended badly already: its card says so, and can be tried
        again."""
        found = self._wish(session, workspace, name, day, turn="failed")
        if found is None:
            return
        wish = found[0].model_copy(update={"private": True})
        self._done(session, wish, name, day, silent=False)
        said = Words(
            "The digest {name} of {day} could not be made, and nothing was posted. {why} "
            "“Try again” makes it for you alone; its next one comes as planned.",
            name=name,
            day=date.fromisoformat(day),
            why=why,
        )
        task = session.get_one(Task, wish.id)
        task.fail(session, self.enqueue, said, self.now())
