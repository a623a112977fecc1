"""Takes up again what dead processes were doing, and finds what keeps killing its process.

One process at a time looks: on SQLite the lock of the file says that every other one is dead;
elsewhere one is taken for dead when it has not been heard of for a while.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from bot.db.session import Database
from bot.jobs.models import GIVE_UP_AFTER, Job, JobCrash, WorkerProcess
from bot.messages.outbox import OutboxMessage

log = logging.getLogger("bot.jobs.recovery")

RECOVERY_LOCK_ID = 7_203_114  # the advisory lock of whoever revives
PROCESS_RETENTION = timedelta(days=1)


@dataclass(frozen=True)
class ClaimedJob:
    """A job that a process has taken and not ended; `workflow` is the engine's name for it."""

    job: Job
    workflow: str
    process: str | None


@dataclass(frozen=True)
class JobRecovery:
    """`id` is our own process; `taken` lists what is under way anywhere; `again` queues a job anew,
    given its workflow and how often it has crashed."""

    database: Database
    id: str
    now: Callable[[], datetime]
    dead_after: float  # seconds
    taken: Callable[[], list[ClaimedJob]]
    again: Callable[[ClaimedJob, int], None]

    def born(self) -> None:
        """Say that we live before we take anything, or others would take what is ours for lost."""
        with self.database.begin() as session:
            if self.database.sqlite:
                WorkerProcess.forget(session, before=self.now() + PROCESS_RETENTION)
            WorkerProcess.beat(session, self.id, self.now())

    def beat(self) -> None:
        with self.database.begin() as session:
            WorkerProcess.beat(session, self.id, self.now())

    def revive(self) -> list[Job]:
        """Queue again what the dead were doing; the jobs that have crashed too often for that."""
        with self._alone() as alone:
            return [one.job for one in self._orphans() if not self._again(one)] if alone else []

    def _orphans(self) -> list[ClaimedJob]:
        """What processes were doing that have not been heard of since. On SQLite their cards are
        free at once; elsewhere one may only be slow, and its cards stay held for as long as a card
        is held at most."""
        since = self.now() - timedelta(seconds=self.dead_after)
        with self.database.begin() as session:
            WorkerProcess.set_back(session, self.now())
            alive = {self.id, *WorkerProcess.alive(session, since)}
            WorkerProcess.forget(session, before=self.now() - PROCESS_RETENTION)
        lost = [one for one in self.taken() if one.process not in alive]
        if self.database.sqlite:
            with self.database.begin() as session:
                for dead in sorted({one.process for one in lost if one.process}):
                    OutboxMessage.release_process(session, dead)
        return lost

    def _again(self, orphan: ClaimedJob) -> bool:
        """False: it has crashed too often."""
        with self.database.begin() as session:
            crashes = JobCrash.another(session, orphan.job.id, orphan.job.workspace)
        if crashes >= GIVE_UP_AFTER:
            return False
        log.warning("job %s of a dead process: again, crash %d", orphan.job.id, crashes)
        self.again(orphan, crashes)
        return True

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether we may revive now: one process at a time does."""
        if self.database.sqlite:
            yield True
            return
        with self.database.begin() as session:
            lock = text("SELECT pg_try_advisory_xact_lock(:key)")
            yield bool(session.scalar(lock, {"key": RECOVERY_LOCK_ID}))
