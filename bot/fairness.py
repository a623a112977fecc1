"""The place of a job among those of its workspace: people take turns.

Each job carries a round as its priority, and lower rounds go first. A person's job belongs to the
round that is being worked on, or to the one after their last job that waits or runs. So whoever
asks for one thing waits for one round, however many jobs somebody else has waiting. This is
start-time fair queueing (Goyal, Vin and Cheng, 1996) with jobs of equal size. Jobs from before
rounds have priority 0 and go first.
"""

from sqlalchemy import ColumnElement, column, func, select, table
from sqlalchemy.orm import Session

NOBODY = "-"  # whom the clock's jobs belong to
FIRST, LAST = 1, 2**31 - 1  # what the engine takes


def fair_place(session: Session, queue: str, workspace: str, person: str) -> int:
    """The round of this person's next job in that queue."""
    schema = "dbos" if session.get_bind().dialect.name == "postgresql" else None
    columns = ("queue_name", "status", "queue_partition_key", "priority", "authenticated_user")
    jobs = table("workflow_status", *map(column, columns), schema=schema)

    def of(*where: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
        return (jobs.c.queue_name == queue, jobs.c.queue_partition_key == workspace, *where)

    waits, runs = jobs.c.status == "ENQUEUED", jobs.c.status == "PENDING"
    highest, lowest = func.max(jobs.c.priority), func.min(jobs.c.priority)
    in_flight = jobs.c.status.in_(("ENQUEUED", "PENDING"))
    running, waiting, own = session.execute(
        select(
            select(highest).where(*of(runs)).scalar_subquery(),
            select(lowest).where(*of(waits)).scalar_subquery(),
            select(highest)
            .where(*of(in_flight, jobs.c.authenticated_user == person))
            .scalar_subquery(),
        )
    ).one()
    round = waiting if running is None else running
    return min(LAST, max(FIRST, round or FIRST, 0 if own is None else own + 1))
