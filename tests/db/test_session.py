"""The database …"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from bot.db.session import Database, FairLock, insert_once
from bot.db.workspace import Workspace
from tests.conftest import NOW


def test_loses_no_increment_when_eight_threads_read_and_then_write(sqlite: Database) -> None:
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


def test_gives_times_back_with_their_zone(database: Database) -> None:
    with database.begin() as session:
        Workspace.ensure(session, "T1", NOW)
    with database.begin() as session:
        assert session.get_one(Workspace, "T1").created_at == NOW


def test_refuses_a_time_without_its_zone(sqlite: Database) -> None:
    with pytest.raises(StatementError, match="without its zone"), sqlite.begin() as session:
        Workspace.ensure(session, "T1", datetime(2026, 1, 1))


def test_inserts_a_key_once(database: Database) -> None:
    with database.begin() as session:
        assert insert_once(session, Workspace, id="T1", created_at=NOW)
        assert not insert_once(session, Workspace, id="T1", created_at=NOW)


def test_rolls_back_all_of_a_failed_transaction(database: Database) -> None:
    def fails() -> None:
        with database.begin() as session:
            Workspace.ensure(session, "T1", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with database.begin() as session:
        assert session.get(Workspace, "T1") is None


def test_lets_threads_through_in_the_order_they_came() -> None:
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


def test_lets_the_holder_in_again() -> None:
    write_lock = FairLock()
    with write_lock.hold(), write_lock.hold():
        pass
    with write_lock.hold():
        assert write_lock._depth == 1


def _pass(write_lock: FairLock, order: list[int], number: int) -> None:
    with write_lock.hold():
        order.append(number)


def test_says_nothing_of_what_it_was_given_when_it_fails(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.begin() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "somebody's words"})
    assert "somebody" not in str(caught.value)


def test_shows_one_moment_to_who_reads_much_and_lets_others_write(database: Database) -> None:
    with database.begin() as session:
        Workspace.ensure(session, "T1", NOW)
    with database.snapshot() as reading:
        assert reading.get(Workspace, "T1") is not None
        with database.begin() as session:
            Workspace.ensure(session, "T2", NOW)
        assert reading.get(Workspace, "T2") is None
    with database.begin() as session:
        assert session.get(Workspace, "T2") is not None
