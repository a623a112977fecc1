"""Enqueues due jobs once a minute, under ids that exist only once.

Every process runs a scheduler and there is no leader: the first one to run enqueues the job, and
the same job enqueued again is ignored. The scheduler does no work itself, so a late or missed
minute only delays. The only module that imports APScheduler.
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

FAR_MINUTE = 10**9  # larger than the difference of any two minutes' numbers

DueJobs = Callable[[Session, datetime], Iterable[Job]]


class JobScheduler:
    """One per process. Each minute, every function in `due` returns the jobs that are due; all of
    them are enqueued in one transaction."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        enqueue: Enqueue,
        due: Sequence[DueJobs],
    ) -> None:
        self.database, self.now, self.enqueue, self.due = database, now, enqueue, due
        self._last_tick = self._latest_tick = now()
        self._setbacks = 0
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)

    def start(self) -> None:
        """Run now and then every minute, in the running event loop."""
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=models.SCHEDULER_INTERVAL,
            next_run_time=datetime.now(UTC),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def close(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """Enqueue all jobs that are due now."""
        await self.database.run(self._enqueue, self.now())

    def _enqueue(self, session: Session, now: datetime) -> None:
        self._setbacks += now < self._last_tick
        self._last_tick, self._latest_tick = now, max(now, self._latest_tick)
        for due in self.due:
            for job in due(session, now):
                self.enqueue(session, self._renumber(job))

    def _renumber(self, due: Job) -> Job:
        """Give a minute that comes again, because the clock was set back, a number of its own.
        Otherwise its job would have the id of a finished one, and what has arrived since would
        wait until the clock has passed that minute."""
        if not due.turn or self._last_tick >= self._latest_tick:
            return due
        return due.model_copy(update={"turn": due.turn + self._setbacks * FAR_MINUTE})


def find_due_merges(session: Session, now: datetime) -> Iterable[Job]:
    """Return the merges of waiting live rows: one job per workspace, kind and minute."""
    for workspace, kind in LiveBatch.due(session):
        yield Job(
            kind="merge",
            subject=f"{workspace}/{kind}",
            workspace=workspace,
            turn=get_minute_number(now),
        )
