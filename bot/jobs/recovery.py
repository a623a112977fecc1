"""Recovers the jobs of dead processes, and finds jobs that keep killing their process.

One process at a time does this. On SQLite, the lock on the file proves that every other process is
dead; on PostgreSQL, a process counts as dead after a time without a heartbeat.
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

RECOVERY_LOCK_ID = 7_203_114  # id of the advisory lock that the recovering process holds
PROCESS_RETENTION = timedelta(days=1)


@dataclass(frozen=True)
class ClaimedJob:
    """A job that a process has claimed and not finished; `workflow` is its id in DBOS."""

    job: Job
    workflow: str
    process: str | None


@dataclass(frozen=True)
class JobRecovery:
    """`id` is this process; `list_claimed` returns the running jobs of all processes; `requeue`
    queues a lost job again, given how often it has crashed."""

    database: Database
    id: str
    now: Callable[[], datetime]
    dead_after: float  # seconds
    list_claimed: Callable[[], list[ClaimedJob]]
    requeue: Callable[[ClaimedJob, int], None]

    def register(self) -> None:
        """Write the first heartbeat before any job is claimed: otherwise other processes would take
        our jobs for lost."""
        with self.database.begin() as session:
            if self.database.sqlite:
                WorkerProcess.forget(session, before=self.now() + PROCESS_RETENTION)
            WorkerProcess.beat(session, self.id, self.now())

    def beat(self) -> None:
        with self.database.begin() as session:
            WorkerProcess.beat(session, self.id, self.now())

    def recover(self) -> list[Job]:
        """Queue the jobs of dead processes again; return those that have crashed too often."""
        with self._hold_lock() as is_held:
            return (
                [lost.job for lost in self._find_lost_jobs() if not self._requeue_or_give_up(lost)]
                if is_held
                else []
            )

    def _find_lost_jobs(self) -> list[ClaimedJob]:
        """Return the jobs of processes without a recent heartbeat. On SQLite their cards are freed
        at once; on PostgreSQL the process may only be slow, so its cards stay held until the hold
        expires."""
        since = self.now() - timedelta(seconds=self.dead_after)
        with self.database.begin() as session:
            WorkerProcess.clamp_future_beats(session, self.now())
            alive = {self.id, *WorkerProcess.alive(session, since)}
            WorkerProcess.forget(session, before=self.now() - PROCESS_RETENTION)
        lost = [one for one in self.list_claimed() if one.process not in alive]
        if self.database.sqlite:
            with self.database.begin() as session:
                for dead in sorted({one.process for one in lost if one.process}):
                    OutboxMessage.release_process(session, dead)
        return lost

    def _requeue_or_give_up(self, lost_job: ClaimedJob) -> bool:
        """Queue the job again; return False when it has crashed too often."""
        with self.database.begin() as session:
            crashes = JobCrash.count_crash(session, lost_job.job.id, lost_job.job.workspace)
        if crashes >= GIVE_UP_AFTER:
            return False
        log.warning("job %s of a dead process: again, crash %d", lost_job.job.id, crashes)
        self.requeue(lost_job, crashes)
        return True

    @contextlib.contextmanager
    def _hold_lock(self) -> Iterator[bool]:
        """Yield whether this process may recover jobs now: one process at a time may."""
        if self.database.sqlite:
            yield True
            return
        with self.database.begin() as session:
            lock = text("SELECT pg_try_advisory_xact_lock(:key)")
            yield bool(session.scalar(lock, {"key": RECOVERY_LOCK_ID}))
