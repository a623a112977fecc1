"""Jobs for the engine, the person they are done for, and the engine's own rows."""

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
SCHEDULER_INTERVAL = 60  # seconds between two runs of the scheduler


@dataclass(frozen=True)
class Requester:
    """The person whose request is being handled. `limits` returns how much this person may request;
    None for a job of an accepted request, which is not counted again."""

    person: str
    limits: Callable[[], PersonLimits] | None = None


# Set where a person's request arrives and where their job runs. None: work started by the clock.
current_requester: ContextVar[Requester | None] = ContextVar("requester", default=None)


class Job(BaseModel):
    """Do `kind` to the row `subject`. Two jobs with the same id are one job. `person` is whose
    share of the workers it uses."""

    model_config = ConfigDict(frozen=True)
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
