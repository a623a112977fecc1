"""The engine's queues: which jobs go where, how many run at once, and how often each is tried."""

import random
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from sqlalchemy import (
    Integer,
    Select,
    String,
    bindparam,
    column,
    literal_column,
    select,
    table,
)
from sqlalchemy.orm import Session

from bot.jobs.models import Job, JobKind

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
    poll: float = 0.1
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
