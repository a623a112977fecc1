"""A clock that is set back by an hour."""

from datetime import timedelta

import pytest

from bot.db.session import Database
from bot.jobs.engine import ClaimedJob, JobRecovery
from bot.jobs.models import Job, WorkerProcess
from bot.messages.outbox import DRAW_LEASE, CardHeld, OutboxMessage
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def test_card_hold_expires_after_its_usual_time(database: Database) -> None:
    with database.begin() as session:
        OutboxMessage.plan(
            session, id="p", workspace="T1", kind="card", place={}, now=NOW, piece="t.0"
        )
        assert OutboxMessage.acquire(session, "p", "dead", NOW)
        with pytest.raises(CardHeld):
            OutboxMessage.acquire(session, "p", "other", NOW)
        assert OutboxMessage.acquire(session, "p", "other", NOW - HOUR)
        with pytest.raises(CardHeld):
            OutboxMessage.acquire(session, "p", "third", NOW - HOUR)  # held anew, by one
        assert OutboxMessage.acquire(session, "p", "third", NOW - HOUR + DRAW_LEASE)


def test_living_and_dead_processes_are_told_apart(database: Database) -> None:
    job = Job(kind="work", subject="t1", workspace="T1")
    at, again = [NOW], list[str]()

    def recovery(id: str) -> JobRecovery:
        taken = [ClaimedJob(job, "w1", "lost"), ClaimedJob(job, "w2", "living")]
        return JobRecovery(
            database,
            id,
            lambda: at[0],
            30.0,
            lambda: taken,
            lambda one, _: again.append(one.workflow),
        )

    with database.begin() as session:
        for id in ("lost", "living"):
            WorkerProcess.beat(session, id, NOW)
    at[0] = NOW - HOUR
    mine = recovery("mine")
    mine.beat()
    mine.recover()
    assert again == []  # neither has had the time to say that it lives
    for _ in range(4):
        at[0] += timedelta(seconds=10)
        recovery("living").beat()
    mine.recover()
    assert again == ["w1"]
