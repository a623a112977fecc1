"""The database and its transactions: SQLite or PostgreSQL.

Transactions are synchronous and short; async code runs them in a thread by `Database.run`. On
SQLite each starts with BEGIN IMMEDIATE after it has acquired a first-come, first-served lock, which
the engine's own transactions acquire too, because SQLite's own busy wait is unfair. Code that reads
much and writes nothing uses a snapshot, which blocks nobody. The wait for the disk comes after the
lock: see `bot.db.group_commit`.
"""

import asyncio
import contextvars
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import (
    Engine,
    Table,
    create_engine,
    event,
)
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.audit.journal import Signer
from bot.audit.transactions import GuardedSession, record_insert, watch_sessions
from bot.db.base import (
    LOCKED_KEY,
    READ_ONLY_KEY,
    WRITTEN_KEY,
    Moment,
    Row,
    find_one,
    find_row,
    insert_row,
    list_rows,
    lock_one,
    lock_row,
    note_written_table,
)
from bot.db.group_commit import GroupCommit

__all__ = [
    "DATABASE_ERRORS",
    "Database",
    "Moment",
    "Row",
    "find_one",
    "find_row",
    "insert_once",
    "list_rows",
    "lock_one",
    "lock_row",
    "note_written_table",
]

P = ParamSpec("P")
T = TypeVar("T")

DATABASE_ERRORS = (OperationalError, InterfaceError)  # the database is unavailable for a while
MAX_DATABASE_THREADS = 8
BUSY_SECONDS = 120  # that a process waits for others' transactions, which SQLite lets in at random
SNAPSHOT_OPTIONS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}


class FairLock:
    """A reentrant lock that threads acquire in the order in which they asked for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()  # each locked until it is its turn
        self._holder: int | None = None
        self._depth = 0

    def enter(self) -> None:
        me = threading.get_ident()
        with self._guard:
            if self._holder == me:
                self._depth += 1
                return
            if self._holder is None:
                self._holder, self._depth = me, 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()
        self._holder, self._depth = me, 1

    def leave(self) -> None:
        with self._guard:
            self._depth -= 1
            if self._depth:
                return
            self._holder = -1 if self._waiting else None
            if self._waiting:
                self._waiting.popleft().release()

    @contextmanager
    def hold(self) -> Iterator[None]:
        self.enter()
        try:
            yield
        finally:
            self.leave()


class Database:
    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.write_lock = FairLock() if self.sqlite else None
        self.commits = GroupCommit()
        self.engine = (
            create_sqlite_engine(url, self.commits, begin=True)
            if self.sqlite
            else _create_postgres_engine(url)
        )
        self._threads = ThreadPoolExecutor(MAX_DATABASE_THREADS, thread_name_prefix="rows")
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.signer: Signer | None = None  # of the journal; None without a key
        self._sessions = sessionmaker(
            self.engine, class_=GuardedSession, expire_on_commit=False, info={"database": self}
        )
        watch_sessions(self._sessions)
        self.write_counts: dict[str, int] = {}  # the commits of this process that wrote a table
        event.listen(self._sessions, "after_flush", _note_flushed_tables)
        event.listen(self._sessions, "after_commit", _count_writes)
        event.listen(self._sessions, "after_rollback", _forget_writes)

    @contextmanager
    def begin(self, *, synced: bool = True) -> Iterator[Session]:
        """Open a transaction: it is committed at the end and rolled back on any error. `synced`:
        see `run_unsynced`."""
        with self.write_lock.hold() if self.write_lock else nullcontext():
            with self._sessions.begin() as session:
                if self.sqlite and not synced:
                    session.connection(execution_options={"unsynced": True})
                yield session
            number = self.commits.last
        self.commits.wait(number)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a read transaction on one state of the database; it does not block writers."""
        sees: dict[str, Any] = {"reads": True} if self.sqlite else SNAPSHOT_OPTIONS
        with self._begin_read(sees) as session:
            yield session

    @contextmanager
    def reads(self) -> Iterator[Session]:
        """Open a session that only reads. On PostgreSQL each statement sees the database as it is
        then, and is spared the round trips of BEGIN and COMMIT; on SQLite it is a snapshot."""
        with self._begin_read({"reads": True} if self.sqlite else AUTOCOMMIT) as session:
            yield session
        self.commits.wait(self.commits.last)

    @contextmanager
    def _begin_read(self, options: dict[str, Any]) -> Iterator[Session]:
        with self._sessions.begin() as session:
            session.info[READ_ONLY_KEY] = True
            session.connection(execution_options=options)
            yield session

    async def run(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(session, …)` in a transaction of its own, in a thread."""
        return await self._run(lambda session: function(session, *args, **kwargs), self.begin)

    async def read(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(session, …)`, which only reads, in a thread: see `reads`."""
        return await self._run(lambda session: function(session, *args, **kwargs), self.reads)

    async def run_unsynced(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `run`, without waiting on SQLite until the transaction is on the disk. Until the
        next commit that waits, a power cut can undo it; the death of the process can't."""
        begin = partial(self.begin, synced=False)
        return await self._run(lambda session: function(session, *args, **kwargs), begin)

    async def _run(
        self,
        function: Callable[[Session], T],
        begin: Callable[[], AbstractContextManager[Session]],
    ) -> T:
        def transaction() -> T:
            with begin() as session:
                return function(session)

        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: context.run(transaction)
        )

    def second_engine(self) -> Engine:
        """Return another engine on the same database, for the durable engine's own tables.

        The durable engine begins its transactions itself, so this engine has no BEGIN listener. On
        SQLite, its connections hold the same FairLock while they are checked out, and are returned
        once their transaction is on the disk."""
        if not self.write_lock:
            return _create_postgres_engine(self.url)
        write_lock, commits = self.write_lock, self.commits
        engine = create_sqlite_engine(self.url, commits, begin=False)

        @event.listens_for(engine, "checkout")
        def _checked_out(*_: Any) -> None:
            write_lock.enter()
            commits.check()  # when it raises, the connection is checked in

        @event.listens_for(engine, "checkin")
        def _checked_in(*_: Any) -> None:
            number = commits.last
            write_lock.leave()
            commits.wait(number)

        return engine

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self.engine.dispose()
        self.commits.close()


def _note_flushed_tables(session: Session, _: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        note_written_table(session, row.__tablename__)


def _count_writes(session: Session) -> None:
    counts = session.info["database"].write_counts
    session.info.pop(LOCKED_KEY, None)
    for table in session.info.pop(WRITTEN_KEY, ()):
        counts[table] = counts.get(table, 0) + 1


def _forget_writes(session: Session) -> None:
    session.info.pop(WRITTEN_KEY, None)


def _create_postgres_engine(url: str) -> Engine:
    from bot.db.postgres import create_postgres_engine  # loads the driver

    return create_postgres_engine(url)


def create_sqlite_engine(url: str, commits: GroupCommit, *, begin: bool) -> Engine:
    """Return an engine whose commits are counted in `commits`, for those who wait for them."""
    waiting = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=waiting, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None if begin else "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        if connection.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",):
            _, _, path = connection.execute("PRAGMA database_list").fetchone()
            commits.path = f"{path}-wal"
            connection.execute("PRAGMA synchronous=NORMAL")
        else:
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "checkin")
    def _count_commit(connection: Any, record: Any) -> None:
        # Still under the write lock. A transaction that was rolled back counts as well: one sync
        # too many. One that changed the schema only waits for nothing.
        unsynced = record.info.pop("unsynced", False)
        if connection is not None and connection.total_changes != record.info.get("changes", 0):
            record.info["changes"] = connection.total_changes
            if not unsynced:
                commits.count()

    if begin:

        @event.listens_for(engine, "begin")
        def _begun(connection: Any) -> None:
            commits.check()
            options = connection.get_execution_options()
            connection.info["unsynced"] = bool(options.get("unsynced"))
            begin = "BEGIN" if options.get("reads") else "BEGIN IMMEDIATE"
            try:  # through the driver, since this runs in every transaction
                connection.connection.dbapi_connection.execute(begin)
            except sqlite3.OperationalError as error:
                raise OperationalError(begin, None, error, hide_parameters=True) from error

    return engine


def insert_once(session: Session, row: type[Row], **values: Any) -> bool:
    """Insert a row unless its key exists; return whether it was inserted."""
    inserted = insert_row(session, row, **values)
    if inserted:
        assert isinstance(row.__table__, Table)
        record_insert(session, row.__table__, values)
    return inserted


# Values read from the database that are asked for much more often than they change.

V = TypeVar("V")

MAX_AGE = 0.5  # seconds until a write by another process is noticed


class CachedRead(Generic[V]):
    """What `read` returns for a workspace, read again once this process has written one of `tables`
    or MAX_AGE has passed. Only writes as objects or by `Session.execute` are noticed at once."""

    def __init__(
        self, database: Database, tables: tuple[str, ...], read: Callable[[str], V]
    ) -> None:
        self._database, self._tables, self._read = database, tables, read
        self._known: dict[str, tuple[tuple[int, ...], float, V]] = {}

    def __call__(self, workspace: str) -> V:
        writes = self._count_writes()
        found = self._known.get(workspace)
        if found is None or found[0] != writes or found[1] <= time.monotonic():
            # The age counts from before the reading: a write during it may not be in the value.
            until = time.monotonic() + MAX_AGE
            found = self._known[workspace] = (writes, until, self._read(workspace))
        return found[2]

    def _count_writes(self) -> tuple[int, ...]:
        return tuple(self._database.write_counts.get(table, 0) for table in self._tables)
