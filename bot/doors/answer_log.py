"""The log of answers about sales, in the database."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select

from bot.db import Database
from bot.library.sold.earlier import Answer
from bot.sales_answer import SalesAnswer


class DatabaseAnswerLog:
    """One workspace's. An answer is recorded before the others are read, so that of two that are
    given at the same time at least one sees the other."""

    def __init__(self, database: Database, workspace: str, now: Callable[[], datetime]) -> None:
        self._database, self._workspace, self._now = database, workspace, now

    def record(self, person: str, state: str, answer: Answer) -> Sequence[Answer] | None:
        workspace, now = self._workspace, self._now()
        with self._database.begin() as session:
            SalesAnswer.sweep(session, workspace, person, state, now)
            given = [_read(row) for row in SalesAnswer.given(session, workspace, person, state)]
            if answer in given:
                return None
            told = asdict(answer)
            session.add(
                SalesAnswer(workspace=workspace, person=person, state=state, at=now, **told)
            )
        return list(dict.fromkeys(given))

    def refuse(self, person: str, state: str, answer: Answer) -> None:
        asked = select(SalesAnswer).where(
            SalesAnswer.workspace == self._workspace,
            SalesAnswer.person == person,
            SalesAnswer.state == state,
            SalesAnswer.filter == answer.filter,
        )
        with self._database.begin() as session:
            for row in session.scalars(asked):
                row.refused = True

    def refused(self, since: datetime) -> int:
        """How many answers were refused since then."""
        with self._database.begin() as session:
            return SalesAnswer.refused_since(session, self._workspace, since)


def _read(row: SalesAnswer) -> Answer:
    return Answer(row.since, row.until, row.measure, row.filter)
