"""Runs jobs durably. The only module that imports DBOS.

A job is committed in the same transaction as the row that needs it (`enqueue`). It runs as one
workflow without steps. Its progress is in its own rows, so it can be run again from the start. Jobs
of dead processes are queued again: after 3 crashes a job runs alone, and after 7 it is given up
visibly. A running job that is stopped is interrupted at once, by another process with its next
heartbeat.

One process at a time recovers the jobs of dead ones. On SQLite, the lock on the file proves that
every other process is dead; on PostgreSQL, one is dead after a time without a heartbeat.
"""

import asyncio
import contextlib
import fcntl
import itertools
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.db.session import Database
from bot.errors import CannotDo, TryAgain
from bot.jobs.models import (
    ALONE_AFTER,
    GIVE_UP_AFTER,
    NO_PERSON,
    SUSPECTS,
    TRIES,
    Job,
    JobCrash,
    JobKind,
    QueueLimits,
    Requester,
    WorkerProcess,
    build_queues,
    choose_queue,
    compute_priority,
    current_requester,
    wait_before,
)
from bot.messages.outbox import OutboxMessage

log = logging.getLogger("bot.jobs.engine")

NAME, VERSION = "super-intern", "1"  # pending workflows are bound to the version: never change it
SHUTDOWN_GRACE = 5.0  # seconds that running jobs get to finish at shutdown
MAX_JOB_THREADS = 32  # for what jobs compute; few would let long ones hold up the others
WORKFLOW_RETENTION = timedelta(days=7)
RECOVERY_LOCK_ID = 7_203_114  # id of the advisory lock that the recovering process holds
PROCESS_RETENTION = timedelta(days=1)

JobHandler = Callable[[str], Awaitable[None]]
GiveUpHandler = Callable[[Job, TryAgain | None], Awaitable[None]]


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


class Engine:
    """One per process. Without `launch`, it can only enqueue and stop jobs."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], limits: QueueLimits
    ) -> None:
        self.database, self.now, self.limits = database, now, limits
        self.id = uuid.uuid4().hex
        self._jobs: Mapping[JobKind, JobHandler] = {}
        self._on_give_up: GiveUpHandler | None = None
        self._lock: IO[str] | None = None
        self._maintenance: list[asyncio.Task[None]] = []
        self._running_tasks: dict[asyncio.Task[Any], str] = {}  # with the ids of their jobs
        self._closing = False
        self._engine = database.second_engine()
        self._client: DBOSClient | None = None
        self._recovery = JobRecovery(
            database,
            self.id,
            now,
            limits.dead_after,
            list_claimed=self._list_claimed,
            requeue=self._requeue,
        )
        logging.getLogger("dbos").setLevel(logging.WARNING)

    @property
    def client(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(
                system_database_url=self.database.url,
                system_database_engine=self._engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name=NAME,
                lazy=True,
            )
        return self._client

    def enqueue(self, session: Session, job: Job) -> None:
        """Enqueue a job with the session's transaction. A job with an id that exists is not
        enqueued again. Its priority is its person's next turn in the workspace's queue."""
        if job.person is None and (who := current_requester.get()) is not None:
            job = job.model_copy(update={"person": who.person})
        queue, person = choose_queue(job), job.person or NO_PERSON
        self.client.enqueue_in_transaction(
            session,
            {
                "workflow_name": "do",
                "queue_name": queue,
                "workflow_id": job.id,
                "queue_partition_key": job.workspace,
                "app_version": VERSION,
                "priority": compute_priority(session, queue, job.workspace, person),
                "authenticated_user": person,
            },
            job.model_dump(exclude_none=True),
        )

    async def stop(self, job: str) -> None:
        """Stop a job: a running one is interrupted, a queued one never starts."""
        running = dict(self._running_tasks)
        await asyncio.to_thread(self.client.cancel_workflow, job)
        _interrupt(running, {job})

    async def launch(self, jobs: Mapping[JobKind, JobHandler], on_give_up: GiveUpHandler) -> None:
        """Start to run jobs in the running event loop. On SQLite, raises CannotDo when another
        process already runs jobs."""
        global _running
        self._jobs, self._on_give_up = jobs, on_give_up
        self._lock_database()
        _running = self
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MAX_JOB_THREADS))
        await asyncio.to_thread(self._recovery.register)
        await migrate_engine(self.database)
        await self._register_queues()
        DBOS(config=self._config())
        DBOS.launch()
        self._maintenance = [asyncio.create_task(self._maintain())]

    async def close(self, grace: float = SHUTDOWN_GRACE) -> None:
        """Accept no more jobs, let running ones finish within `grace` seconds, and interrupt the
        others. Unfinished jobs are queued again, which does not count as a crash."""
        global _running
        self._closing = True
        for task in self._maintenance:
            task.cancel()
        await asyncio.gather(*self._maintenance, return_exceptions=True)
        if _running is self:
            await self._drain(grace)
            logging.getLogger("dbos").setLevel(logging.CRITICAL)  # it logs each interruption
            await asyncio.to_thread(DBOS.destroy)
            _running = None
            await asyncio.to_thread(self._requeue_unfinished)
        if self._client is not None:
            self._client.destroy()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()

    async def do(self, job: Job) -> None:
        """Run one job to its end, with retries."""
        if self._closing:
            await asyncio.Event().wait()  # until the shutdown cancels it and queues it again
        task = asyncio.current_task()
        assert task is not None
        self._running_tasks[task] = job.id
        current_requester.set(
            Requester(job.person) if job.person else None
        )  # applies to this job's own asyncio task
        try:
            await self._run_with_retries(job)
        finally:
            del self._running_tasks[task]

    async def _run_with_retries(self, job: Job) -> None:
        for attempt in range(TRIES):
            try:
                return await self._jobs[job.kind](job.subject)
            except TryAgain as busy:
                log.warning("job %s: %s (try %d)", job.id, busy.args[0], attempt + 1)
                if attempt == TRIES - 1:
                    return await self._report_failure(job, busy)
                await asyncio.sleep(wait_before(attempt, busy.after))
        return None

    async def _report_failure(self, job: Job, why: TryAgain) -> None:
        """Tell the waiting person that the job failed; retried without end while that fails too."""
        for attempt in itertools.count():
            try:
                return await self._give_up(job, why)
            except TryAgain as away:
                log.error("job %s: can't be given up: %s", job.id, away.args[0])
                await asyncio.sleep(wait_before(attempt, away.after))
        return None

    async def _drain(self, grace: float) -> None:
        """Wait for the running jobs, then cancel those that are left."""
        if self._running_tasks:
            await asyncio.wait(set(self._running_tasks), timeout=grace)
        for task in set(self._running_tasks):
            task.cancel()
        await asyncio.sleep(0.05)

    def _requeue_unfinished(self) -> None:
        """Queue again what this process had claimed and not finished."""
        for mine in self._list_claimed():
            if mine.process == self.id:
                self.client.resume_workflow(mine.workflow, queue_name=choose_queue(mine.job))

    async def _give_up(self, job: Job, why: TryAgain | None) -> None:
        if self._on_give_up is not None:
            await self._on_give_up(job, why)

    def _config(self) -> DBOSConfig:
        return {
            "name": NAME,
            "system_database_url": self.database.url,
            "system_database_engine": self._engine,
            "application_version": VERSION,
            "executor_id": self.id,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "run_migrations": True,
            "use_listen_notify": False,
            # Nothing listens for notifications, but the shutdown waits for this thread. On
            # PostgreSQL that second lets other threads give back their connections.
            "notification_listener_polling_interval_sec": (
                self.limits.poll if self.database.sqlite else 1.0
            ),
            "scheduler_polling_interval_sec": 3600.0,
        }

    async def _register_queues(self) -> None:
        """Register the queues before the launch: later, their first job would wait for a second."""
        for name, bounds in build_queues(self.limits).items():
            await self.client.register_queue_async(name, **bounds)

    def _lock_database(self) -> None:
        """On SQLite, allow only one process to run jobs: a second one would claim its jobs."""
        if not self.database.sqlite:
            return
        path = Path(f"{self.database.engine.url.database}.lock")
        self._lock = path.open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise CannotDo(
                "Another Super-Intern is already at work on {path}. Stop it first, or set "
                "DATABASE_URL to PostgreSQL to run several.",
                path=str(path.with_suffix("")),
            ) from None

    async def _maintain(self) -> None:
        """Write heartbeats, interrupt stopped jobs, recover those of dead processes, and delete old
        ones."""
        last_deletion = self.now()
        while True:
            try:
                await asyncio.to_thread(self._recovery.beat)
                await self._interrupt_stopped_jobs()
                await self._recover_jobs()
                if self.now() - last_deletion > timedelta(hours=1):
                    last_deletion = self.now()
                    await asyncio.to_thread(self._delete_old_workflows)
            except Exception as error:  # noqa: BLE001  the loop must survive a lost database
                log.warning("job maintenance failed: %s", type(error).__name__)
            await asyncio.sleep(self.limits.beat)

    async def _interrupt_stopped_jobs(self) -> None:
        """Interrupt the jobs that another process has stopped. They were running before the query:
        one that has been resumed since must go on."""
        if not (running := dict(self._running_tasks)):
            return
        stopped = await asyncio.to_thread(
            self.client.list_workflows,
            workflow_ids=list(running.values()),
            status="CANCELLED",
            load_input=False,
            load_output=False,
        )
        _interrupt(running, {workflow.workflow_id for workflow in stopped})

    async def _recover_jobs(self) -> None:
        for job in await asyncio.to_thread(self._recovery.recover):
            log.error("job %s was running in %d crashes: given up", job.id, GIVE_UP_AFTER)
            await self._give_up(job, None)
            await self.stop(job.id)

    def _list_claimed(self) -> list[ClaimedJob]:
        """Return the running jobs of all processes."""
        pending = self.client.list_workflows(status="PENDING", load_output=False)
        return [
            ClaimedJob(
                Job.model_validate(flow.input["args"][0]), flow.workflow_id, flow.executor_id
            )
            for flow in pending
            if flow.input
        ]

    def _requeue(self, lost_job: ClaimedJob, crashes: int) -> None:
        """Queue a lost job again, in the queue for suspects if it has crashed often."""
        queue = SUSPECTS if crashes >= ALONE_AFTER else choose_queue(lost_job.job)
        self.client.resume_workflow(lost_job.workflow, queue_name=queue)

    def _delete_old_workflows(self) -> None:
        before = (self.now() - WORKFLOW_RETENTION).isoformat()
        done = self.client.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"], end_time=before, limit=1000
        )
        if done:
            self.client.delete_workflows([workflow.workflow_id for workflow in done])


_running: Engine | None = None


@DBOS.workflow(name="do", max_recovery_attempts=None)
async def _do(payload: dict[str, Any]) -> None:
    if _running is not None:
        await _running.do(Job.model_validate(payload))


def _interrupt(running: Mapping[asyncio.Task[Any], str], jobs: set[str]) -> None:
    for task, job in running.items():
        if job in jobs:
            task.cancel()


async def migrate_engine(database: Database) -> None:
    """Migrate the engine's own tables."""
    with contextlib.suppress(FileNotFoundError):
        await asyncio.to_thread(DBOS.migrate, database.url)
