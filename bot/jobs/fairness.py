"""The place of a job among those of its workspace: people take turns.

Each job carries a round as its priority, and lower rounds go first. A person's job belongs to the
round that is being worked on, or to the one after their last job that waits or runs. So whoever
asks for one thing waits for one round, however many jobs somebody else has waiting. This is
start-time fair queueing (Goyal, Vin and Cheng, 1996) with jobs of equal size. Jobs from before
rounds have priority 0 and go first.
"""

from functools import cache

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

NOBODY = "-"  # whom the clock's jobs belong to
FIRST, LAST = 1, 2**31 - 1  # what the engine takes


def fair_place(session: Session, queue: str, workspace: str, person: str) -> int:
    """The round of this person's next job in that queue."""
    schema = "dbos" if session.get_bind().dialect.name == "postgresql" else None
    whose = {"queue": queue, "workspace": workspace, "person": person}
    found = session.connection().execute(_rounds(schema), whose).one()
    running, waiting, *own = (None if one is None else int(one) for one in found)
    current = waiting if running is None else running
    return min(LAST, max(FIRST, current or FIRST, *(one + 1 for one in own if one is not None)))


@cache
def _rounds(schema: str | None) -> Select[tuple[int | None, ...]]:
    """The rounds that are worked on, that wait first, and that this person's last job runs and
    waits in. Parameters: queue, workspace, person."""
    names = ("queue_name", "status", "queue_partition_key", "authenticated_user")
    columns = [column(name, String) for name in names]
    jobs = table("workflow_status", *columns, column("priority", Integer), schema=schema)

    # As the engine's own index says it, so that a database sees that it may use that index.
    in_flight = (
        jobs.c.status.in_([literal_column("'ENQUEUED'"), literal_column("'PENDING'")]),
        jobs.c.queue_partition_key.is_not(None),
        jobs.c.queue_name == bindparam("queue"),
        jobs.c.queue_partition_key == bindparam("workspace"),
    )
    round, theirs = jobs.c.priority, jobs.c.authenticated_user == bindparam("person")
    runs = select(round).where(*in_flight, jobs.c.status == "PENDING").limit(1)
    waits = select(round).where(*in_flight, jobs.c.status == "ENQUEUED").limit(1)
    wanted = (  # in the order of the index: of whoever has many jobs, the last is found at once
        runs.order_by(round.desc()),
        waits.order_by(round),
        runs.where(theirs).order_by(round.desc()),
        waits.where(theirs).order_by(round.desc()),
    )
    return select(*(one.scalar_subquery() for one in wanted))
