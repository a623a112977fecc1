"""Wakes once a minute and enqueues what is due, under an id that exists once.

Every process has one and none leads: whoever wakes first enqueues, and the same job again is no
second one. Nothing is done here, so a late or a missed minute only delays. The only importer of
APScheduler.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.orm import Session

from bot.data.ingest.models import LiveBatch
from bot.db.session import Database
from bot.jobs import models
from bot.jobs.models import Enqueue, Job, get_minute_number

FAR_MINUTE = 10**9  # further than any minute's number is from another

DueJobs = Callable[[Session, datetime], Iterable[Job]]


class JobScheduler:
    """One per process. `due` are asked each minute, in one transaction, what there is to do."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        enqueue: Enqueue,
        due: Sequence[DueJobs],
    ) -> None:
        self.database, self.now, self.enqueue, self.due = database, now, enqueue, due
        self._woke = self._furthest = now()
        self._set_back = 0
        self._waking = AsyncIOScheduler(timezone=UTC)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)

    def start(self) -> None:
        """Tick now and then every minute, in the running loop."""
        self._waking.add_job(
            self.tick,
            "interval",
            seconds=models.SCHEDULER_INTERVAL,
            next_run_time=datetime.now(UTC),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._waking.start()

    def close(self) -> None:
        if self._waking.running:
            self._waking.shutdown(wait=False)

    async def tick(self) -> None:
        """Enqueue all that is due now."""
        await self.database.run(self._enqueue, self.now())

    def _enqueue(self, session: Session, now: datetime) -> None:
        self._set_back += now < self._woke
        self._woke, self._furthest = now, max(now, self._furthest)
        for due in self.due:
            for found in due(session, now):
                self.enqueue(session, self._anew(found))

    def _anew(self, due: Job) -> Job:
        """A minute that comes again because the clock was set back is another minute: the job of
        the first one is done, and what has come since would wait until it is passed."""
        if not due.turn or self._woke >= self._furthest:
            return due
        return due.model_copy(update={"turn": due.turn + self._set_back * FAR_MINUTE})


def find_due_merges(session: Session, now: datetime) -> Iterable[Job]:
    """Live rows that wait to be merged: one job a workspace, kind and minute."""
    for workspace, kind in LiveBatch.due(session):
        yield Job(
            kind="merge",
            subject=f"{workspace}/{kind}",
            workspace=workspace,
            turn=get_minute_number(now),
        )
