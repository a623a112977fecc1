"""Store the answers on figures that a person got, so that later ones can be held against them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import Date, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db.base import Row
from bot.db.session import Database

RETENTION = timedelta(days=7)


@dataclass(frozen=True)
class SalesAnswerRecord:
    """An answer that was given: its days, its measure, and its filter or recipe as canonical
    JSON."""

    since: date
    until: date
    measure: str
    filter: str


class AnswerLog(Protocol):
    """The answers that each person got, with the state of the data that they refer to."""

    def record(
        self, person: str, state: str, answer: SalesAnswerRecord
    ) -> Sequence[SalesAnswerRecord] | None:
        """Record the answer and return the earlier ones on the same state, the newest first,
        including those of other processes; None where it is one of them."""
        ...

    def refuse(self, person: str, state: str, answer: SalesAnswerRecord) -> None: ...


# The answer log in the database.


class SalesAnswer(Row):
    """Rows are deleted after some days, and as soon as the person asks about a new state of the
    data. `refused`: the answer was not given because it would have revealed a few people."""

    __tablename__ = "sales_answers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    workspace: Mapped[str] = mapped_column(index=True)
    person: Mapped[str]
    state: Mapped[str]  # a digest of the orders; of other rows with their kind: "events:…"
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    measure: Mapped[str]
    filter: Mapped[str] = mapped_column(Text)  # canonical JSON
    refused: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]

    @staticmethod
    def given(session: Session, workspace: str, person: str, state: str) -> "list[SalesAnswer]":
        """Return the answers to this person on this state of the data, the newest first."""
        query = (
            select(SalesAnswer)
            .where(SalesAnswer.workspace == workspace, SalesAnswer.person == person)
            .where(SalesAnswer.state == state, SalesAnswer.refused.is_(False))
            .order_by(SalesAnswer.id.desc())
        )
        return list(session.scalars(query))

    @staticmethod
    def refused_since(session: Session, workspace: str, since: datetime) -> int:
        query = select(func.count()).where(
            SalesAnswer.workspace == workspace, SalesAnswer.refused.is_(True)
        )
        return session.scalar(query.where(SalesAnswer.at >= since)) or 0

    @staticmethod
    def sweep(session: Session, workspace: str, person: str, state: str, now: datetime) -> None:
        """Delete rows that no answer is checked against any more. Refusals stay for the whole
        retention time, because they are counted."""
        mine = (SalesAnswer.workspace == workspace) & (SalesAnswer.person == person)
        kind, colon, _digest = state.rpartition(":")  # "events:…"; of orders the digest alone
        same_kind = (
            SalesAnswer.state.startswith(f"{kind}:", autoescape=True)
            if colon
            else SalesAnswer.state.not_like("%:%")
        )
        gone = mine & same_kind & (SalesAnswer.state != state) & SalesAnswer.refused.is_(False)
        old = (SalesAnswer.workspace == workspace) & (SalesAnswer.at < now - RETENTION)
        session.execute(delete(SalesAnswer).where(gone | old))


class DatabaseAnswerLog:
    """The log of one workspace. An answer is recorded before the earlier ones are read, so that of
    two simultaneous answers at least one sees the other."""

    def __init__(self, database: Database, workspace: str, now: Callable[[], datetime]) -> None:
        self._database, self._workspace, self._now = database, workspace, now

    def record(
        self, person: str, state: str, answer: SalesAnswerRecord
    ) -> Sequence[SalesAnswerRecord] | None:
        workspace, now = self._workspace, self._now()
        with self._database.begin() as session:
            SalesAnswer.sweep(session, workspace, person, state, now)
            given = [
                SalesAnswerRecord(row.since, row.until, row.measure, row.filter)
                for row in SalesAnswer.given(session, workspace, person, state)
            ]
            if answer in given:
                return None
            columns = asdict(answer)
            session.add(
                SalesAnswer(workspace=workspace, person=person, state=state, at=now, **columns)
            )
        return list(dict.fromkeys(given))

    def refuse(self, person: str, state: str, answer: SalesAnswerRecord) -> None:
        query = select(SalesAnswer).where(
            SalesAnswer.workspace == self._workspace,
            SalesAnswer.person == person,
            SalesAnswer.state == state,
            SalesAnswer.filter == answer.filter,
        )
        with self._database.begin() as session:
            for row in session.scalars(query):
                row.refused = True

    def refused(self, since: datetime) -> int:
        """Return how many answers were refused since then."""
        with self._database.begin() as session:
            return SalesAnswer.refused_since(session, self._workspace, since)
