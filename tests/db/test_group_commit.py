"""Transactions on SQLite are on the disk before they return, and share the syncs."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bot.db import group_commit
from bot.db.group_commit import SyncFailed
from bot.db.session import Database

WAIT = 20.0  # seconds


@contextmanager
def open_database(path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}")
    with database.begin() as session:
        session.execute(text("CREATE TABLE words (word TEXT)"))
        session.execute(text("INSERT INTO words VALUES ('first')"))
    yield database
    database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "words.db") as database:
        yield database


def insert(session: Session, word: str = "more") -> None:
    session.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})


def count(session: Session) -> int:
    return int(session.scalar(text("SELECT count(*) FROM words")) or 0)


def commit(database: Database) -> None:
    with database.begin() as session:
        insert(session)


class Disk:
    """Stands between a database and its syncs: counts them, holds them up, lets them fail."""

    def __init__(self, database: Database) -> None:
        self.syncs = 0
        self.begun = threading.Semaphore(0)
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.failure: OSError | None = None
        self._sync, database.commits.sync = database.commits.sync, self.sync  # type: ignore[method-assign]

    def sync(self) -> None:
        self.syncs += 1
        self.begun.release()
        assert self.goes_on.wait(WAIT)
        if self.failure is not None:
            raise self.failure
        self._sync()


def wait_for_commits(database: Database, number: int) -> None:
    """Return once `number` commits have been counted."""
    ends = threading.Event()
    for _ in range(int(WAIT * 100)):
        if database.commits.last >= number:
            return
        ends.wait(0.01)
    raise AssertionError(f"{database.commits.last} commits instead of {number}")


def hold_up_eight_threads(database: Database, disk: Disk) -> list[Future[None]]:
    """Let one thread sync and seven more commit meanwhile; return them while all eight wait."""
    before = database.commits.last
    disk.goes_on.clear()
    pool = ThreadPoolExecutor(8)
    waiting = [pool.submit(commit, database)]
    assert disk.begun.acquire(timeout=WAIT)
    waiting += [pool.submit(commit, database) for _ in range(7)]
    wait_for_commits(database, before + 8)
    pool.shutdown(wait=False)
    return waiting


def test_commits_during_a_sync_share_the_next_one(database: Database) -> None:
    disk = Disk(database)
    waiting = hold_up_eight_threads(database, disk)
    assert (disk.syncs, [one.done() for one in waiting]) == (1, [False] * 8)
    disk.goes_on.set()
    for one in waiting:
        one.result(timeout=WAIT)
    assert disk.syncs == 2


async def test_commit_is_synced_before_run_returns(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    wal = tmp_path / "words.db-wal"

    def sync_data(file: int) -> None:
        assert os.path.samestat(os.fstat(file), wal.stat())
        events.append("synced" if b"recognizable" in wal.read_bytes() else "synced without it")
        os.fsync(file)

    monkeypatch.setattr(group_commit, "sync_data", sync_data)
    await database.run(insert, "recognizable")
    events.append("returned")
    assert events == ["synced", "returned"]


async def test_only_a_written_transaction_that_is_to_be_synced_is_synced(
    database: Database,
) -> None:
    disk = Disk(database)
    await database.run_unsynced(insert)
    assert await database.run(count) == 2
    with database.snapshot() as session:
        assert count(session) == 2
    assert disk.syncs == 0
    await database.run(insert)
    assert disk.syncs == 1


@pytest.mark.parametrize("unsynced", [False, True])
async def test_transaction_that_saw_a_commit_waits_until_it_is_on_the_disk(
    database: Database, unsynced: bool
) -> None:
    disk = Disk(database)
    disk.goes_on.clear()

    def read() -> int:
        with database.begin(synced=not unsynced) as session:
            number = count(session)
            seen.set()
        return number

    seen = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        try:
            writes = pool.submit(commit, database)
            assert disk.begun.acquire(timeout=WAIT)
            reads = pool.submit(read)
            assert seen.wait(WAIT)
            assert not reads.done()
        finally:
            disk.goes_on.set()
        writes.result(timeout=WAIT)
        assert reads.result(timeout=WAIT) == 2
    assert disk.syncs == 1


def test_transaction_of_the_durable_engine_is_synced_without_the_lock(database: Database) -> None:
    engine = database.second_engine()
    disk = Disk(database)
    disk.goes_on.clear()

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO words VALUES ('a job')"))

    with ThreadPoolExecutor(2) as pool:
        try:
            writes = pool.submit(write)
            assert disk.begun.acquire(timeout=WAIT)
            other = pool.submit(commit, database)
            wait_for_commits(database, database.commits._synced + 2)
            assert not writes.done()
            assert not other.done()
        finally:
            disk.goes_on.set()
        writes.result(timeout=WAIT)
        other.result(timeout=WAIT)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM words")) == 3
    assert disk.syncs == 2
    engine.dispose()


def test_failed_sync_raises_for_all_who_wait_and_ever_after(database: Database) -> None:
    engine, disk = database.second_engine(), Disk(database)
    waiting = hold_up_eight_threads(database, disk)
    disk.failure = OSError(5, "Input/output error")
    disk.goes_on.set()
    for one in waiting:
        with pytest.raises(SyncFailed):
            one.result(timeout=WAIT)
    disk.failure = None

    def read() -> None:
        with database.begin() as session:
            count(session)

    def read_snapshot() -> None:
        with database.snapshot() as session:
            count(session)

    def read_as_engine() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT 1"))

    tries: list[Callable[[], None]] = [lambda: commit(database), read, read_snapshot]
    for attempt in (*tries, read_as_engine, read_as_engine):
        with pytest.raises(SyncFailed):
            attempt()
    assert disk.syncs == 1  # nobody has tried again
    assert database.write_lock is not None
    with database.write_lock.hold():
        assert database.write_lock._depth == 1  # everybody has released it
    engine.dispose()


def test_database_without_a_write_ahead_log_syncs_each_commit_itself() -> None:
    with open_database(Path(":memory:")) as database:
        disk = Disk(database)
        with database.begin() as session:
            insert(session)
            assert session.scalar(text("PRAGMA journal_mode")) == "memory"
            assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert disk.syncs == 0


def test_log_file_is_opened_once_and_again_when_it_was_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, files = database.commits, list[tuple[int, int]]()

    def sync_data(file: int) -> None:
        files.append((file, os.fstat(file).st_ino))
        os.fsync(file)

    monkeypatch.setattr(group_commit, "sync_data", sync_data)
    commit(database)
    commit(database)
    assert files[0] == files[1]
    first = os.dup(files[0][0])  # the number of its inode is not given to the next file
    database.engine.dispose()  # the last connection deletes the log
    assert commits.path is not None
    assert not Path(commits.path).exists()
    commits.sync()  # its content is in the database
    commit(database)
    assert len(files) == 3
    assert files[2][1] == Path(commits.path).stat().st_ino != os.fstat(first).st_ino
    os.close(first)


def test_log_is_synced_after_a_checkpoint_has_restarted_it(database: Database) -> None:
    disk = Disk(database)

    def checkpoint(_: Session) -> None:
        connection = sqlite3.connect(str(database.engine.url.database))
        assert connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 0  # not busy
        connection.close()

    event.listen(database._sessions, "after_commit", checkpoint)
    commit(database)
    event.remove(database._sessions, "after_commit", checkpoint)
    commit(database)
    assert disk.syncs == 2
    with database.begin() as session:
        assert count(session) == 3
