"""Store the answers on figures that a person got, so that later ones can be held against them.

What a model looks up for a piece counts until the piece is stored, and then as far as it shows
something of it. What was looked up and not shown is forgotten."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
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

    def during(self, piece: str, call: str) -> "AnswerLog":
        """Return the log of what a call of a tool looks up for this piece."""
        ...

    def name_facts(self, facts: Iterable[str]) -> None:
        """Say in which facts the answers of this call are told that have none yet."""
        ...

    def settle(self, piece: str, shown: Collection[str] | None) -> None:
        """Keep what a piece told: these facts, or with None all that was looked up for it."""
        ...


# The answer log in the database.


class SalesAnswer(Row):
    """Rows are deleted after some days, and as soon as the person asks about a new state of the
    data. `refused`: the answer was not given because it would have revealed a few people. `piece`
    and `call` are those of a model's look-up until the piece is stored, `facts` the ids of the
    facts that the call gave it."""

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
    piece: Mapped[str | None]
    call: Mapped[str | None]
    facts: Mapped[str | None] = mapped_column(Text)  # JSON

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
    def settle(session: Session, workspace: str, piece: str, shown: Collection[str] | None) -> None:
        """Keep of what was looked up for a piece the answers that it shows something of; with None
        all of them."""
        looked_up = select(SalesAnswer).where(
            SalesAnswer.workspace == workspace,
            SalesAnswer.piece == piece,
            SalesAnswer.refused.is_(False),
        )
        for row in session.scalars(looked_up):
            facts = json.loads(row.facts) if row.facts else ()
            if shown is None or not {*facts}.isdisjoint(shown):
                row.piece = row.call = row.facts = None
            else:
                session.delete(row)

    @staticmethod
    def forget(session: Session, workspace: str, task: str) -> None:
        """Delete what was looked up for the pieces of a task that are not stored."""
        mine = (SalesAnswer.workspace == workspace) & SalesAnswer.refused.is_(False)
        of_task = SalesAnswer.piece.startswith(f"{task}.", autoescape=True)
        session.execute(delete(SalesAnswer).where(mine & of_task))

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


@dataclass(frozen=True)
class DatabaseAnswerLog:
    """The log of one workspace. An answer is recorded before the earlier ones are read, so that of
    two simultaneous answers at least one sees the other."""

    _database: Database
    _workspace: str
    _now: Callable[[], datetime]
    _piece: str | None = None
    _call: str | None = None

    def during(self, piece: str, call: str) -> "DatabaseAnswerLog":
        return replace(self, _piece=piece, _call=call)

    def record(
        self, person: str, state: str, answer: SalesAnswerRecord
    ) -> Sequence[SalesAnswerRecord] | None:
        workspace, now, own = self._workspace, self._now(), (self._piece, self._call)
        with self._database.begin() as session:
            SalesAnswer.sweep(session, workspace, person, state, now)
            rows = SalesAnswer.given(session, workspace, person, state)
            given = [SalesAnswerRecord(r.since, r.until, r.measure, r.filter) for r in rows]
            told = [row for row, one in zip(rows, given, strict=True) if one == answer]
            # Another piece may forget it.
            if not any((r.piece, r.call) in (own, (None, None)) for r in told):
                session.add(
                    SalesAnswer(
                        workspace=workspace,
                        person=person,
                        state=state,
                        at=now,
                        piece=self._piece,
                        call=self._call,
                        **asdict(answer),
                    )
                )
        return None if told else list(dict.fromkeys(given))

    def refuse(self, person: str, state: str, answer: SalesAnswerRecord) -> None:
        query = select(SalesAnswer).where(
            SalesAnswer.workspace == self._workspace,
            SalesAnswer.person == person,
            SalesAnswer.state == state,
            SalesAnswer.filter == answer.filter,
            SalesAnswer.piece == self._piece,
            SalesAnswer.call == self._call,
        )
        with self._database.begin() as session:
            for row in session.scalars(query):
                row.refused = True

    def name_facts(self, facts: Iterable[str]) -> None:
        unnamed = select(SalesAnswer).where(
            SalesAnswer.workspace == self._workspace,
            SalesAnswer.piece == self._piece,
            SalesAnswer.call == self._call,
            SalesAnswer.facts.is_(None),
        )
        with self._database.begin() as session:
            for row in session.scalars(unnamed):
                row.facts = json.dumps([*facts])

    def settle(self, piece: str, shown: Collection[str] | None) -> None:
        with self._database.begin() as session:
            SalesAnswer.settle(session, self._workspace, piece, shown)

    def refused(self, since: datetime) -> int:
        """Return how many answers were refused since then."""
        with self._database.begin() as session:
            return SalesAnswer.refused_since(session, self._workspace, since)
