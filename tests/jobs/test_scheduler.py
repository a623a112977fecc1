"""The scheduler of due jobs."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from bot.data.ingest.models import LiveBatch
from bot.db.session import Database
from bot.jobs.engine import Engine
from bot.jobs.models import Job, QueueLimits, get_minute_number
from bot.jobs.scheduler import JobScheduler, find_due_merges

NOW = datetime(2026, 11, 24, 9, 0, 5, tzinfo=UTC)


def keep(database: Database, kind: str, sha: str, rows: int = 1) -> None:
    with database.begin() as session:
        LiveBatch.keep(
            session,
            workspace="T1",
            kind=kind,
            sha256=sha,
            rows=rows,
            rejected=0,
            path=f"live/T1/{kind}/{sha}.parquet" if rows else None,
            now=NOW,
        )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  it is another thread that changes it
            await asyncio.sleep(0.02)


async def test_each_kind_is_merged_once_per_minute(database: Database) -> None:
    done: list[str] = []

    async def merge(subject: str) -> None:
        done.append(subject)

    async def given_up(job: Job, _: object) -> None:
        raise AssertionError(job)

    keep(database, "orders", "a")
    keep(database, "orders", "b")
    keep(database, "events", "c")
    keep(database, "feedback", "d", rows=0)
    engine = Engine(database, lambda: NOW, QueueLimits(poll=0.02))
    await engine.launch({"merge": merge}, given_up)
    try:
        at = [NOW]
        clocks = [
            JobScheduler(database, lambda: at[0], engine.enqueue, [find_due_merges])
            for _ in range(3)
        ]
        await asyncio.gather(*(clock.tick() for clock in clocks))
        at[0] += timedelta(seconds=40)
        await asyncio.gather(*(clock.tick() for clock in clocks))
        await until(lambda: len(done) >= 2)
        at[0] += timedelta(seconds=20)  # the next minute
        await clocks[0].tick()
        await until(lambda: len(done) >= 4)
        await asyncio.sleep(0.2)
    finally:
        await engine.close()
    assert sorted(done) == ["T1/events", "T1/events", "T1/orders", "T1/orders"]


async def test_no_merge_is_enqueued_without_waiting_rows(sqlite: Database) -> None:
    keep(sqlite, "orders", "a")
    with sqlite.begin() as session:
        assert [job.id for job in find_due_merges(session, NOW)] == [
            f"merge:T1/orders:{get_minute_number(NOW)}"
        ]
        LiveBatch.merged(session, "T1", "orders", ["a"], NOW)
        assert not list(find_due_merges(session, NOW))


async def test_first_tick_is_at_start(sqlite: Database) -> None:
    asked: list[datetime] = []

    def due(_: Session, now: datetime) -> Iterable[Job]:
        asked.append(now)
        return ()

    def never(_: Session, job: Job) -> None:
        raise AssertionError(job)

    clock = JobScheduler(sqlite, lambda: NOW, never, [due])
    clock.start()
    try:
        await until(lambda: bool(asked))
    finally:
        clock.close()
    assert asked == [NOW]


async def test_rows_are_merged_after_the_clock_was_set_back(
    sqlite: Database,
) -> None:
    asked: list[str] = []
    at = [NOW]
    clock = JobScheduler(
        sqlite, lambda: at[0], lambda _, job: asked.append(job.id), [find_due_merges]
    )
    keep(sqlite, "orders", "a")
    for n in (0, 1, 2, -58, -57, 0, 1, -30, 0, 1, 2, 3):
        at[0] = NOW + timedelta(minutes=n)
        await clock.tick()
    assert len(set(asked)) == len(asked) - 1  # the minute that was the furthest is itself again
    assert (
        asked[-1] == f"merge:T1/orders:{get_minute_number(at[0])}"
    )  # past it, all processes mean one job
