"""Runs jobs durably. The only importer of DBOS.

A job's row and the job commit in one transaction (`enqueue`). A job runs as one workflow of one
step that can be stopped; what it has done already it finds in its own rows, so it may be run
again from the start. Jobs of dead processes are revived; one that was running in 3 crashes runs
alone, and after 7 it is given up visibly.
"""

import asyncio
import contextlib
import fcntl
import itertools
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy.orm import Session

from bot.db.session import Database
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import ALONE_AFTER, GIVE_UP_AFTER, Job, JobKind, Requester, current_requester
from bot.jobs.queues import (
    NO_PERSON,
    SUSPECTS,
    TRIES,
    QueueLimits,
    build_queues,
    choose_queue,
    compute_priority,
    wait_before,
)
from bot.jobs.recovery import ClaimedJob, JobRecovery

log = logging.getLogger("bot.jobs.engine")

NAME, VERSION = "super-intern", "1"  # pending work is bound to the version: change it never
SHUTDOWN_GRACE = 5.0  # seconds that running jobs get at the end
WORKFLOW_RETENTION = timedelta(days=7)

JobHandler = Callable[[str], Awaitable[None]]
GiveUpHandler = Callable[[Job, TryAgain | None], Awaitable[None]]


class Engine:
    """One per process. Without `launch` it only takes jobs in and stops them."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], limits: QueueLimits
    ) -> None:
        self.database, self.now, self.limits = database, now, limits
        self.id = uuid.uuid4().hex
        self._jobs: Mapping[JobKind, JobHandler] = {}
        self._given_up: GiveUpHandler | None = None
        self._lock: IO[str] | None = None
        self._looking: list[asyncio.Task[None]] = []
        self._doing: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._engine = database.second_engine()
        self._client: DBOSClient | None = None
        self._reviver = JobRecovery(
            database, self.id, now, limits.dead_after, taken=self._taken, again=self._again
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
        """Commit this job with the session's transaction. The same job again is no second one. It
        takes its place among the jobs of its workspace by whose it is."""
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
        """Stop a job: running, it is interrupted; queued, it never starts."""
        await asyncio.to_thread(self.client.cancel_workflow, job)

    async def launch(self, jobs: Mapping[JobKind, JobHandler], given_up: GiveUpHandler) -> None:
        """Start to run jobs in the running loop. On SQLite, raises CannotDo when another process
        runs them already."""
        global _running
        self._jobs, self._given_up = jobs, given_up
        self._hold_database()
        _running = self
        await asyncio.to_thread(self._reviver.born)
        DBOS(config=self._config())
        DBOS.launch()
        await self._register_queues()
        self._looking = [asyncio.create_task(self._look_after())]

    async def close(self, grace: float = SHUTDOWN_GRACE) -> None:
        """Take nothing more, let what runs end within `grace` seconds, stop the rest. What is
        unfinished is queued again, for whoever runs jobs next, and counts as no crash."""
        global _running
        self._closing = True
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        if _running is self:
            await self._let_end(grace)
            logging.getLogger("dbos").setLevel(logging.CRITICAL)  # it minds being interrupted
            await asyncio.to_thread(DBOS.destroy)
            _running = None
            # DBOS made its own pool of threads the loop's, and has just shut it.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
            await asyncio.to_thread(self._hand_back)
        if self._client is not None:
            self._client.destroy()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()

    async def do(self, job: Job) -> None:
        """Run one job to its end, trying again as often as that makes sense."""
        if self._closing:
            await asyncio.Event().wait()  # until it is cancelled, and handed back
        task = asyncio.current_task()
        assert task is not None
        self._doing.add(task)
        current_requester.set(
            Requester(job.person) if job.person else None
        )  # of this job's own task
        try:
            await self._steadily(job)
        finally:
            self._doing.discard(task)

    async def _steadily(self, job: Job) -> None:
        for attempt in range(TRIES):
            try:
                return await self._jobs[job.kind](job.subject)
            except TryAgain as busy:
                log.warning("job %s: %s (try %d)", job.id, busy.args[0], attempt + 1)
                if attempt == TRIES - 1:
                    return await self._tell_for_sure(job, busy)
                await asyncio.sleep(wait_before(attempt, busy.after))
        return None

    async def _tell_for_sure(self, job: Job, why: TryAgain) -> None:
        """Whoever waits for it must hear of it: as often as it takes, when even that fails."""
        for attempt in itertools.count():
            try:
                return await self._give_up(job, why)
            except TryAgain as away:
                log.error("job %s: can't be given up: %s", job.id, away.args[0])
                await asyncio.sleep(wait_before(attempt, away.after))
        return None

    async def _let_end(self, grace: float) -> None:
        """Wait for the jobs under way; then interrupt them."""
        if self._doing:
            await asyncio.wait(set(self._doing), timeout=grace)
        for task in set(self._doing):
            task.cancel()
        await asyncio.sleep(0.05)

    def _hand_back(self) -> None:
        """Queue again what this process had taken and not finished."""
        for mine in self._taken():
            if mine.process == self.id:
                self.client.resume_workflow(mine.workflow, queue_name=choose_queue(mine.job))

    async def _give_up(self, job: Job, why: TryAgain | None) -> None:
        if self._given_up is not None:
            await self._given_up(job, why)

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
            "scheduler_polling_interval_sec": 3600.0,
        }

    async def _register_queues(self) -> None:
        for name, bounds in build_queues(self.limits).items():
            await DBOS.register_queue_async(name, **bounds, on_conflict="always_update")

    def _hold_database(self) -> None:
        """On SQLite one process runs jobs; a second one would take its work away."""
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
                Words(
                    "Another Super-Intern is already at work on {path}. Stop it first, or set "
                    "DATABASE_URL to PostgreSQL to run several.",
                    path=str(path.with_suffix("")),
                )
            ) from None

    async def _look_after(self) -> None:
        """Say that we live, revive what the dead left, throw away what is long done."""
        swept = self.now()
        while True:
            try:
                await asyncio.to_thread(self._reviver.beat)
                await self._revive()
                if self.now() - swept > timedelta(hours=1):
                    swept = self.now()
                    await asyncio.to_thread(self._sweep)
            except Exception as error:  # noqa: BLE001  the watch must outlive a lost database
                log.warning("looking after jobs failed: %s", type(error).__name__)
            await asyncio.sleep(self.limits.beat)

    async def _revive(self) -> None:
        for job in await asyncio.to_thread(self._reviver.revive):
            log.error("job %s was running in %d crashes: given up", job.id, GIVE_UP_AFTER)
            await self._give_up(job, None)
            await self.stop(job.id)

    def _taken(self) -> list[ClaimedJob]:
        """What is being done: the job, its workflow and the process that has it."""
        pending = self.client.list_workflows(status="PENDING", load_output=False)
        return [
            ClaimedJob(
                Job.model_validate(flow.input["args"][0]), flow.workflow_id, flow.executor_id
            )
            for flow in pending
            if flow.input
        ]

    def _again(self, orphan: ClaimedJob, crashes: int) -> None:
        """Queue it again, alone when it is a suspect."""
        queue = SUSPECTS if crashes >= ALONE_AFTER else choose_queue(orphan.job)
        self.client.resume_workflow(orphan.workflow, queue_name=queue)

    def _sweep(self) -> None:
        before = (self.now() - WORKFLOW_RETENTION).isoformat()
        done = self.client.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"], end_time=before, limit=1000
        )
        if done:
            self.client.delete_workflows([workflow.workflow_id for workflow in done])


_running: Engine | None = None


@DBOS.step(name="step", preemptible=True)
async def _step(told: dict[str, Any]) -> None:
    if _running is not None:
        await _running.do(Job.model_validate(told))


@DBOS.workflow(name="do", max_recovery_attempts=None)
async def _do(told: dict[str, Any]) -> None:
    await _step(told)


async def migrate_engine(database: Database) -> None:
    """The engine's own tables, brought up to date by itself."""
    with contextlib.suppress(FileNotFoundError):
        await asyncio.to_thread(DBOS.migrate, database.url)
