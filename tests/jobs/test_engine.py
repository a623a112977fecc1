"""The engine that runs jobs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.db import migrate
from bot.db.session import Database
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.engine import Engine
from bot.jobs.models import Job, JobCrash, JobKind, QueueLimits
from bot.tasks.models import Task
from tests.support.rows import wish

KINDS: tuple[JobKind, ...] = ("work", "check", "deliver", "show")
FAST = QueueLimits(poll=0.03, beat=0.2, dead_after=1.0)


class Line:
    """An engine on a database, and a record of what it did."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.done, self.given_up = engine, [], []
        self.begun: list[str] = []
        self.stopped: list[str] = []
        self.busy = self.deaf = 0

    done: list[str]
    given_up: list[tuple[str, TryAgain | None]]

    async def work(self, subject: str) -> None:
        if subject == "busy" and self.busy:
            self.busy -= 1
            raise TryAgain("busy", words=Words("The writer is busy."), after=0.05)
        if subject.startswith("long"):
            self.begun.append(subject)
            try:
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                self.stopped.append(subject)
                raise
        await asyncio.sleep(0.02)
        self.done.append(subject)

    async def give_up(self, job: Job, why: TryAgain | None) -> None:
        if self.deaf:
            self.deaf -= 1
            raise TryAgain("the database: OperationalError")
        self.given_up.append((job.subject, why))

    async def enqueue(self, subject: str, workspace: str = "T1") -> None:
        job = Job(kind="work", subject=subject, workspace=workspace)
        await self.engine.database.run(self.engine.enqueue, job)

    async def until(self, condition: object, seconds: float = 30) -> None:
        for _ in range(int(seconds * 100)):
            if condition():  # type: ignore[operator]
                return
            await asyncio.sleep(0.01)
        raise TimeoutError(f"not so within {seconds} s")


def now() -> datetime:
    return datetime.now(UTC)


async def launched(database: Database) -> Line:
    found = Line(Engine(database, now, FAST))
    await found.engine.launch(dict.fromkeys(KINDS, found.work), found.give_up)
    return found


@pytest.fixture
async def line(database: Database) -> AsyncIterator[Line]:
    """On SQLite and on PostgreSQL."""
    found = await launched(database)
    yield found
    await found.engine.close()


@pytest.fixture
async def small_line(sqlite: Database) -> AsyncIterator[Line]:
    found = await launched(sqlite)
    yield found
    await found.engine.close()


async def test_committed_job_is_run(line: Line) -> None:
    database, enqueue = line.engine.database, line.engine.enqueue
    assert await database.run(lambda s: Task.accept(s, enqueue, wish("t1"), now()))
    await line.until(lambda: line.done == ["t1"])


async def test_job_of_a_rolled_back_transaction_is_not_run(line: Line) -> None:
    def fail(session: object) -> None:
        Task.accept(session, line.engine.enqueue, wish("t1"), now())  # type: ignore[arg-type]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await line.engine.database.run(fail)
    await line.enqueue("after")
    await line.until(lambda: line.done == ["after"])


async def test_same_job_is_run_once(line: Line) -> None:
    await asyncio.gather(*(line.enqueue("same") for _ in range(20)))
    await line.enqueue("last")
    await line.until(lambda: "last" in line.done and "same" in line.done)
    await asyncio.sleep(0.2)
    assert line.done.count("same") == 1


async def test_busy_job_is_retried(small_line: Line) -> None:
    small_line.busy = 2
    await small_line.enqueue("busy")
    await small_line.until(lambda: small_line.done == ["busy"])
    assert small_line.given_up == []


async def test_job_that_stays_busy_is_given_up(
    small_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.engine.wait_before", lambda attempt, after: 0.01)
    small_line.busy = 99
    await small_line.enqueue("busy")
    await small_line.until(lambda: bool(small_line.given_up))
    assert small_line.given_up[0][1] is not None


async def test_giving_up_is_retried(small_line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.engine.wait_before", lambda attempt, after: 0.01)
    small_line.busy, small_line.deaf = 99, 3
    await small_line.enqueue("busy")
    await small_line.until(lambda: bool(small_line.given_up))
    assert small_line.given_up[0][0] == "busy"


async def test_running_job_is_stopped(line: Line) -> None:
    await line.enqueue("long1")
    await line.until(lambda: line.begun == ["long1"])
    await line.engine.stop("work:long1:0")
    await line.until(lambda: line.stopped == ["long1"], seconds=5)


async def test_running_job_is_stopped_by_another_process(line: Line) -> None:
    await line.enqueue("long1")
    await line.enqueue("long2")
    await line.until(lambda: line.begun == ["long1", "long2"])
    other = Engine(line.engine.database, now, FAST)
    await other.stop("work:long2:0")
    await line.until(lambda: line.stopped == ["long2"], seconds=5)
    await other.close()


async def test_stopped_queued_job_never_starts(small_line: Line) -> None:
    for number in range(3):
        await small_line.enqueue(f"long{number}")
    await small_line.enqueue("queued")
    await small_line.engine.stop("work:queued:0")
    await small_line.enqueue("other", workspace="T2")
    await small_line.until(lambda: "other" in small_line.done)
    assert "queued" not in small_line.done


async def test_flood_of_one_workspace_does_not_block_another(small_line: Line) -> None:
    for number in range(30):
        await small_line.enqueue(f"flood{number}")
    await small_line.enqueue("small", workspace="T2")
    await small_line.until(lambda: "small" in small_line.done)
    assert len(small_line.done) < 25


async def test_second_process_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate.upgrade(database)
    first = await launched(database)
    second = Engine(database, now, FAST)
    with pytest.raises(CannotDo, match=r"already at work on .*x\.db"):
        await second.launch(dict.fromkeys(KINDS, first.work), first.give_up)
    await second.close()
    await first.engine.close()
    database.close()


async def test_running_jobs_finish_at_shutdown(sqlite: Database) -> None:
    line = await launched(sqlite)
    await line.enqueue("first")
    await line.until(lambda: line.done == ["first"])
    await line.enqueue("brief")
    await line.until(lambda: len(line.engine._running_tasks) == 1)
    await line.engine.close()
    assert line.done == ["first", "brief"]


async def test_unfinished_job_is_requeued_at_shutdown_without_a_crash(database: Database) -> None:
    line = await launched(database)
    await line.enqueue("long1")
    await line.until(lambda: line.begun == ["long1"])
    await line.engine.close(grace=0.1)
    assert line.stopped == ["long1"]
    with database.begin() as session:
        assert session.get(JobCrash, "work:long1:0") is None
    second = await launched(database)
    await second.until(lambda: second.begun == ["long1"])
    await second.engine.close(grace=0.1)
