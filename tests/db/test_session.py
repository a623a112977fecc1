"""Transactions of the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from bot.db.session import Database, FairLock, insert_once
from bot.db.workspace import BrandRow, Workspace
from tests.conftest import NOW


def test_concurrent_increments_are_not_lost(sqlite: Database) -> None:
    with sqlite.begin() as session:
        session.execute(text("CREATE TABLE n (n INTEGER)"))
        session.execute(text("INSERT INTO n VALUES (0)"))

    def more() -> None:
        for _ in range(25):
            with sqlite.begin() as session:
                found = session.scalar(text("SELECT n FROM n"))
                session.execute(text("UPDATE n SET n = :n"), {"n": (found or 0) + 1})

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(more) for _ in range(8)]:
            future.result(timeout=20)
    with sqlite.begin() as session:
        assert session.scalar(text("SELECT n FROM n")) == 200


def test_times_are_returned_with_their_zone(database: Database) -> None:
    with database.begin() as session:
        Workspace.ensure(session, "T1", NOW)
    with database.begin() as session:
        assert session.get_one(Workspace, "T1").created_at == NOW


def test_time_without_zone_is_refused(sqlite: Database) -> None:
    with pytest.raises(StatementError, match="without its zone"), sqlite.begin() as session:
        Workspace.ensure(session, "T1", datetime(2026, 1, 1))


def test_insert_once_ignores_an_existing_key(database: Database) -> None:
    with database.begin() as session:
        assert insert_once(session, Workspace, id="T1", created_at=NOW)
        assert not insert_once(session, Workspace, id="T1", created_at=NOW)


async def test_unsynced_transaction_is_committed(database: Database) -> None:
    await database.run_unsynced(Workspace.ensure, "T1", NOW)
    with database.begin() as session:
        assert session.get_one(Workspace, "T1").created_at == NOW


def test_failed_transaction_is_rolled_back(database: Database) -> None:
    def fails() -> None:
        with database.begin() as session:
            Workspace.ensure(session, "T1", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with database.begin() as session:
        assert session.get(Workspace, "T1") is None


def test_lock_is_acquired_in_order_of_arrival() -> None:
    write_lock = FairLock()
    order: list[int] = []
    write_lock.enter()
    threads = []
    for number in range(5):
        thread = threading.Thread(target=lambda n=number: _pass(write_lock, order, n))
        thread.start()
        threads.append(thread)
        while len(write_lock._waiting) <= number:
            pass
    write_lock.leave()
    for thread in threads:
        thread.join(timeout=5)
    assert order == [0, 1, 2, 3, 4]


def test_lock_is_reentrant() -> None:
    write_lock = FairLock()
    with write_lock.hold(), write_lock.hold():
        pass
    with write_lock.hold():
        assert write_lock._depth == 1


def _pass(write_lock: FairLock, order: list[int], number: int) -> None:
    with write_lock.hold():
        order.append(number)


def test_connections_that_postgres_closed_while_idle_are_opened_anew(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.postgres.MAX_IDLE_SECONDS", 0.0)
    database, other = Database(postgres_url), Database(postgres_url)
    select_own, close = "SELECT pg_backend_pid()", "SELECT pg_terminate_backend(:pid, 10000)"
    with database.begin() as session:
        pid = session.scalar(text(select_own))
    with other.begin() as session:
        assert session.scalar(text(close), {"pid": pid})
    with database.begin() as session:
        assert session.scalar(text(select_own)) != pid
    database.close()
    other.close()


def test_errors_hide_statement_parameters(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.begin() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "somebody's words"})
    assert "somebody" not in str(caught.value)


def test_snapshot_is_consistent_and_does_not_block_writers(database: Database) -> None:
    with database.begin() as session:
        Workspace.ensure(session, "T1", NOW)
    with database.snapshot() as reading:
        assert reading.get(Workspace, "T1") is not None
        with database.begin() as session:
            Workspace.ensure(session, "T2", NOW)
        assert reading.get(Workspace, "T2") is None
    with database.begin() as session:
        assert session.get(Workspace, "T2") is not None


def test_reads_see_what_is_committed_meanwhile_or_one_state(database: Database) -> None:
    with database.reads() as reading:
        assert reading.get(Workspace, "T1") is None
        with database.begin() as session:
            Workspace.ensure(session, "T1", NOW)
        seen = reading.get(Workspace, "T1") is not None
    assert seen is not database.sqlite


async def test_nothing_is_written_by_what_only_reads(database: Database) -> None:
    def add(session: Session) -> None:
        session.add(BrandRow(workspace="T1", name="A shop", body="{}", seeded_at=NOW))
        session.flush()

    def remove(session: Session) -> None:
        session.execute(delete(BrandRow))

    await database.run(add)
    for write in (add, remove):
        with pytest.raises(ValueError, match="only reads"):
            await database.read(write)
    assert await database.read(lambda session: len(session.scalars(select(BrandRow)).all())) == 1


async def test_after_reading_a_connection_has_transactions_again(database: Database) -> None:
    await database.read(lambda session: session.get(Workspace, "T1"))

    def fails(session: Session) -> None:
        Workspace.ensure(session, "T1", NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.run(fails)
    assert await database.read(lambda session: session.get(Workspace, "T1")) is None
