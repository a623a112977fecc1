"""A digest whose moment has come: a Request that nobody typed.

It becomes a task like any other. One that shall only speak when something moved is tried first,
and without a finding nothing is shown at all.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.db import Database
from bot.job import Enqueue
from bot.schedule import Schedule
from bot.task import Task, Wish

Moved = Callable[[Wish], Awaitable[bool]]  # whether this digest would tell of anything


@dataclass(frozen=True)
class Digesting:
    """`moved` is the skill itself, run without keeping what it gives."""

    database: Database
    enqueue: Enqueue
    now: Callable[[], datetime]
    moved: Moved

    async def run(self, subject: str) -> None:
        """`workspace/name/date`: once, unless it was paused or switched off meanwhile."""
        workspace, name, day = subject.split("/")
        found = await self.database.run(self._wish, workspace, name, date.fromisoformat(day))
        if found is None:
            return
        wish, quiet = found
        silent = quiet and not await self.moved(wish)
        await self.database.run(self._done, wish, name, day, silent=silent)

    def _wish(
        self, session: Session, workspace: str, name: str, day: date
    ) -> tuple[Wish, bool] | None:
        schedule = Schedule.find(session, workspace, name)
        if schedule is None or schedule.state != "on":
            return None
        if schedule.last is not None and schedule.last >= day.isoformat():
            return None
        return schedule.wish(day), schedule.only_when_moved

    def _done(self, session: Session, wish: Wish, name: str, day: str, *, silent: bool) -> None:
        """The task, and that it was made, in one transaction."""
        if not silent:
            Task.accept(session, self.enqueue, wish, self.now())
        schedule = session.get_one(Schedule, (wish.workspace, name), with_for_update=True)
        schedule.last = max(schedule.last or "", day)
        schedule.next_at = schedule.following(self.now())
