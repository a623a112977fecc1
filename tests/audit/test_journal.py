"""The journal's hash chain."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.__main__ import main
from bot.audit import journal
from bot.db.session import Database
from tests.conftest import NOW


def write(database: Database, count: int, workspace: str = "T1") -> None:
    for number in range(count):
        with database.begin() as session:
            journal.record_event(session, workspace, "told", f"s{number}", NOW, by="U1")


def fault(database: Database) -> str | None:
    with database.begin() as session:
        found = journal.verify_chain(session, "T1").fault
        return found.to("en") if found else None


def test_untouched_journal_verifies(database: Database) -> None:
    write(database, 5)
    assert fault(database) is None


def test_empty_journal_verifies(database: Database) -> None:
    assert fault(database) is None


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE journal SET by = 'U2' WHERE seq = 3", "Entry 3 was changed."),
        ("UPDATE journal SET event = 'x' WHERE seq = 1", "Entry 1 was changed."),
        ("DELETE FROM journal WHERE seq = 3", "Entry 3 is missing."),
        ("DELETE FROM journal WHERE seq = 1", "Entry 1 is missing."),
        (
            "UPDATE journal SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3);"
            "UPDATE journal SET seq = -seq WHERE seq < 0",
            "Entry 2 was changed.",
        ),
        (
            "DELETE FROM journal WHERE seq = 2; UPDATE journal SET seq = 2 WHERE seq = 3;"
            "UPDATE journal SET seq = 3 WHERE seq = 4; UPDATE journal SET seq = 4 WHERE seq = 5;"
            "UPDATE journal_heads SET count = 4",
            "Entry 2 was changed.",
        ),
        (
            "UPDATE journal SET workspace = 'T2' WHERE seq = 5",
            "The end was cut off: 5 written, 4 there.",
        ),
        (
            "DELETE FROM journal WHERE seq = 5; UPDATE journal_heads SET count = 4",
            "The end was cut off: 4 written, 4 there.",
        ),
        ("DELETE FROM journal WHERE seq >= 4", "The end was cut off: 5 written, 3 there."),
        ("DELETE FROM journal", "The end was cut off: 5 written, 0 there."),
        ("DELETE FROM journal_heads", "The end was cut off: 0 written, 5 there."),
    ],
)
@pytest.mark.sample(3)
def test_tampering_is_detected(database: Database, harm: str, found: str) -> None:
    write(database, 5)
    with database.begin() as session:
        for one in harm.split(";"):
            session.execute(text(one))
    assert fault(database) == found


@pytest.mark.parametrize(
    "harm",
    [
        *(
            "workspace = 'T2'",
            "seq = 30",
            "at = '2001-01-01 00:00:00.000000'",
            "event = 'approved'",
        ),
        *("subject = 's9'", "by = 'U2'", "by = NULL", """refs = '{"n": 1}'"""),
        *(f"prev = '{'a' * 64}'", f"hash = '{'a' * 64}'"),
    ],
)
@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.sample(7)
def test_change_in_any_column_is_detected(database: Database, harm: str, seq: int) -> None:
    write(database, 5)
    with database.begin() as session:
        session.execute(text(f"UPDATE journal SET {harm} WHERE seq = {seq}"))
    assert fault(database)


@pytest.mark.parametrize("harm", ["count = 4", "count = 6", "hash = 'a'", "workspace = 'T2'"])
def test_change_of_the_head_is_detected(database: Database, harm: str) -> None:
    write(database, 5)
    with database.begin() as session:
        session.execute(text(f"UPDATE journal_heads SET {harm}"))
    assert fault(database)


def test_rewritten_journal_is_detected_by_a_known_head(database: Database) -> None:
    write(database, 3)
    with database.begin() as session:
        noted = journal.verify_chain(session, "T1").head
        assert journal.contains_head(session, noted)
    write(database, 1)
    with database.begin() as session:
        assert journal.contains_head(session, noted)  # what is added later takes nothing away
        session.execute(text("DELETE FROM journal"))
        session.execute(text("DELETE FROM journal_heads"))
    write(database, 2)
    write(database, 2)
    with database.begin() as session:
        assert journal.verify_chain(session, "T1").fault is None
        assert not journal.contains_head(session, noted)


def test_concurrent_writers_never_fork_the_chain(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(write, database, 20) for _ in range(6)]:
            future.result(timeout=30)
    with database.begin() as session:
        verdict = journal.verify_chain(session, "T1")
    assert (verdict.entries, verdict.fault) == (120, None)


def test_each_workspace_has_its_own_chain(database: Database) -> None:
    write(database, 2, "T1")
    write(database, 3, "T2")
    with database.begin() as session:
        assert journal.list_workspaces(session) == ["T1", "T2"]
        assert journal.verify_chain(session, "T2").entries == 3


@pytest.mark.parametrize("harm", ["at = 'garbage'", "refs = '{no json'"])
def test_unreadable_entry_is_detected(sqlite: Database, harm: str) -> None:
    write(sqlite, 3)
    with sqlite.begin() as session:
        session.execute(text(f"UPDATE journal SET {harm} WHERE seq = 2"))
    assert fault(sqlite) == "An entry can't be read: it was changed."


def test_verify_without_journal_names_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path))
    assert main(["journal", "verify"]) == 0
    assert f"No journal in {tmp_path} yet." in capsys.readouterr().out
