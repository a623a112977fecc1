"""A piece of work for the engine, handed over in the transaction that makes it necessary."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.config.policy import PersonLimits
from bot.db.session import Row, insert_once

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
SCHEDULER_INTERVAL = 60  # seconds between two looks at what is due


@dataclass(frozen=True)
class Requester:
    """Who has something done. `limits` say how much this person may ask for; None: this is work
    that was asked for before, so there is nothing to count."""

    person: str
    limits: Callable[[], PersonLimits] | None = None


# Set where a person's request comes in, and where a job of theirs is run. None: the clock.
current_requester: ContextVar[Requester | None] = ContextVar("requester", default=None)


class Job(BaseModel):
    """Do `kind` to the row `subject`. Two jobs with one id are one job. `person`: whose share of
    the workers it takes."""

    model_config = ConfigDict(frozen=True)
    kind: JobKind
    subject: str
    workspace: str
    turn: int = 0  # the same thing again, later: another job
    person: str | None = None

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.subject}:{self.turn}"


Enqueue = Callable[[Session, Job], None]


def get_minute_number(now: datetime) -> int:
    """The minute's number: two processes that wake in it mean the same job."""
    return int(now.timestamp()) // SCHEDULER_INTERVAL


class JobCrash(Row):
    """How often a process died while doing a job."""

    __tablename__ = "crashes"

    job: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str]
    count: Mapped[int]

    @staticmethod
    def another(session: Session, job: str, workspace: str) -> int:
        """One more; the number so far."""
        insert_once(session, JobCrash, job=job, workspace=workspace, count=0)
        row = session.get_one(JobCrash, job, with_for_update=True)
        row.count += 1
        return row.count


class WorkerProcess(Row):
    """A process that runs jobs, and when it was last heard of."""

    __tablename__ = "runners"

    id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]

    @staticmethod
    def beat(session: Session, id: str, now: datetime) -> None:
        if not insert_once(session, WorkerProcess, id=id, seen_at=now):
            session.get_one(WorkerProcess, id).seen_at = now

    @staticmethod
    def set_back(session: Session, now: datetime) -> None:
        """Heard of in the future, by a clock that has been set back since: as if just now. Whoever
        lives says so again, and the dead are not taken for alive until then."""
        session.execute(
            update(WorkerProcess).where(WorkerProcess.seen_at > now).values(seen_at=now)
        )

    @staticmethod
    def alive(session: Session, since: datetime) -> set[str]:
        return set(session.scalars(select(WorkerProcess.id).where(WorkerProcess.seen_at >= since)))

    @staticmethod
    def forget(session: Session, before: datetime) -> None:
        session.execute(delete(WorkerProcess).where(WorkerProcess.seen_at < before))
