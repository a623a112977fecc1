"""Jobs for the engine, the person they are done for, their queues, and the engine's own rows."""

import random
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal, TypedDict

from pydantic import BaseModel
from sqlalchemy import (
    Integer,
    Select,
    String,
    bindparam,
    column,
    delete,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.config.policy import PersonLimits
from bot.db.base import Row
from bot.db.session import insert_once

JobKind = Literal[
    "work",
    "check",
    "deliver",
    "show",
    "say",
    "understand",
    "take_in",
    "merge",
    "inbox",
    "digest",
    "look",
    "join",
    "freshen",
    "tell",
    "publish",
]
ALONE_AFTER, GIVE_UP_AFTER = 3, 7
SCHEDULER_INTERVAL = 60  # seconds between two runs of the scheduler


@dataclass(frozen=True)
class Requester:
    """The person whose request is being handled. `limits` returns how much this person may request;
    None for a job of an accepted request, which is not counted again."""

    person: str
    limits: Callable[[], PersonLimits] | None = None


# Set where a person's request arrives and where their job runs. None: work started by the clock.
current_requester: ContextVar[Requester | None] = ContextVar("requester", default=None)


class Job(BaseModel, frozen=True):
    """Do `kind` to the row `subject`. Two jobs with the same id are one job. `person` is whose
    share of the workers it uses."""

    kind: JobKind
    subject: str
    workspace: str
    turn: int = 0  # distinguishes later repetitions for the same subject
    person: str | None = None

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.subject}:{self.turn}"


Enqueue = Callable[[Session, Job], None]


def get_minute_number(now: datetime) -> int:
    """Return the minute's number: processes that run in one minute enqueue the same job."""
    return int(now.timestamp()) // SCHEDULER_INTERVAL


class JobCrash(Row):
    """How many times a process died while it ran a job."""

    __tablename__ = "crashes"

    job: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str]
    count: Mapped[int]

    @staticmethod
    def count_crash(session: Session, job: str, workspace: str) -> int:
        """Count one more crash; return the number so far."""
        insert_once(session, JobCrash, job=job, workspace=workspace, count=0)
        row = session.get_one(JobCrash, job, with_for_update=True)
        row.count += 1
        return row.count


class WorkerProcess(Row):
    """A process that runs jobs, and the time of its last heartbeat."""

    __tablename__ = "runners"

    id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]

    @staticmethod
    def beat(session: Session, id: str, now: datetime) -> None:
        if not insert_once(session, WorkerProcess, id=id, seen_at=now):
            session.get_one(WorkerProcess, id).seen_at = now

    @staticmethod
    def clamp_future_beats(session: Session, now: datetime) -> None:
        """Set heartbeats in the future to now: the clock was set back after they were written. A
        living process soon writes the next one; a dead process does not stay alive until the clock
        reaches the future time."""
        session.execute(
            update(WorkerProcess).where(WorkerProcess.seen_at > now).values(seen_at=now)
        )

    @staticmethod
    def alive(session: Session, since: datetime) -> set[str]:
        return set(session.scalars(select(WorkerProcess.id).where(WorkerProcess.seen_at >= since)))

    @staticmethod
    def forget(session: Session, before: datetime) -> None:
        session.execute(delete(WorkerProcess).where(WorkerProcess.seen_at < before))


SLOW, QUICK, SUSPECTS = "slow", "quick", "suspects"
LONG_KINDS: tuple[JobKind, ...] = ("work", "understand", "take_in")
TRIES, LONGEST_WAIT = 6, 60.0
SUSPECTS_POLL = 1.0  # seconds: each poll costs as much as one of the others, and suspects are rare


@dataclass(frozen=True)
class QueueLimits:
    """Limits on concurrent jobs, and polling intervals. Times are in seconds."""

    drafts: int = 10  # concurrent drafts in this process
    drafts_per_workspace: int = 3
    quick: int = 20  # concurrent checks, deliveries and cards
    quick_per_workspace: int = 6
    poll: float = 0.2
    beat: float = 2.0
    dead_after: float = 10.0


class QueueBounds(TypedDict, total=False):
    """How many jobs of a queue may run at once: in a process, per workspace there, and overall."""

    worker_concurrency: int
    partition_worker_concurrency: int
    global_concurrency: int
    polling_interval_sec: float


def build_queues(limits: QueueLimits) -> dict[str, QueueBounds]:
    """Return each queue's bounds. Only one suspect job runs at a time, over all processes."""

    def bounds(at_once: int, per_workspace: int) -> QueueBounds:
        return {
            "worker_concurrency": at_once,
            "partition_worker_concurrency": min(per_workspace, at_once),
            "polling_interval_sec": limits.poll,
        }

    return {
        SLOW: bounds(limits.drafts, limits.drafts_per_workspace),
        QUICK: bounds(limits.quick, limits.quick_per_workspace),
        SUSPECTS: {
            "global_concurrency": 1,
            "polling_interval_sec": max(limits.poll, SUSPECTS_POLL),
        },
    }


def choose_queue(job: Job) -> str:
    return SLOW if job.kind in LONG_KINDS else QUICK


def wait_before(attempt: int, after: float | None) -> float:
    """Return the seconds until the next attempt: what the other side asked for, else doubled each
    time; random, so that jobs don't retry in step."""
    usual = min(LONGEST_WAIT, 0.5 * 2.0 ** min(attempt, TRIES * 2))
    return max(after or 0.0, usual * random.uniform(0.5, 1.0))  # noqa: S311


# The priority of a job among the jobs of its workspace: people take turns.

NO_PERSON = "-"  # the person of jobs that the clock started
FIRST, LAST = 1, 2**31 - 1  # the range of priorities that DBOS accepts


def compute_priority(session: Session, queue: str, workspace: str, person: str) -> int:
    """Return the round of this person's next job in that queue; lower rounds run first."""
    schema = "dbos" if session.get_bind().dialect.name == "postgresql" else None
    whose = {"queue": queue, "workspace": workspace, "person": person}
    found = session.connection().execute(_select_rounds(schema), whose).one()
    running, waiting, *own = (None if one is None else int(one) for one in found)
    current = waiting if running is None else running
    return min(LAST, max(FIRST, current or FIRST, *(one + 1 for one in own if one is not None)))


@cache
def _select_rounds(schema: str | None) -> Select[tuple[int | None, ...]]:
    """Select four rounds: the latest running one, the first waiting one, and those of this person's
    last running and last waiting job. Parameters: queue, workspace, person."""
    names = ("queue_name", "status", "queue_partition_key", "authenticated_user")
    columns = [column(name, String) for name in names]
    jobs = table("workflow_status", *columns, column("priority", Integer), schema=schema)

    # Written like the condition of DBOS's partial index, so that the database can use that index.
    in_flight = (
        jobs.c.status.in_([literal_column("'ENQUEUED'"), literal_column("'PENDING'")]),
        jobs.c.queue_partition_key.is_not(None),
        jobs.c.queue_name == bindparam("queue"),
        jobs.c.queue_partition_key == bindparam("workspace"),
    )
    round, theirs = jobs.c.priority, jobs.c.authenticated_user == bindparam("person")
    runs = select(round).where(*in_flight, jobs.c.status == "PENDING").limit(1)
    waits = select(round).where(*in_flight, jobs.c.status == "ENQUEUED").limit(1)
    wanted = (  # in the order of the index, so that the last of a person's many jobs is found fast
        runs.order_by(round.desc()),
        waits.order_by(round),
        runs.where(theirs).order_by(round.desc()),
        waits.where(theirs).order_by(round.desc()),
    )
    return select(*(one.scalar_subquery() for one in wanted))
