"""What the rows say is held against the journal …"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import decision, journal, migrate, recorded
from bot.db import Database
from bot.receipt import Receipt
from bot.writer import Sent
from tests.conftest import NOW
from tests.making import POLICY, Jobs, draft

CALL = Sent(writer="claude", sent='{"a": "café"}', to="api:443", at=NOW, call="c1", ended="begun")


def work(database: Database) -> None:
    """One draft, edited, approved twice over its versions, with a receipt told of twice."""
    jobs = Jobs()
    with database.begin() as session:
        first = draft(session, jobs)
        told = {"policy": POLICY, "now": NOW}
        seen = first.fingerprint
        decision.approve(session, jobs, first, by="UMAX", fingerprint=seen, **told)  # type: ignore[arg-type]
        texts = {"body": "Linen breathes well."}
        second = decision.revise(
            session, jobs, first, by="ULEA", fingerprint=seen, texts=texts, **told  # type: ignore[arg-type]
        )  # fmt: skip
        second.checks = "[]"
        seen = second.fingerprint
        decision.approve(session, jobs, second, by="UMAX", fingerprint=seen, **told)  # type: ignore[arg-type]
        for sent in (CALL, CALL.model_copy(update={"ended": "done", "tokens_out": 3})):
            Receipt.keep(session, workspace="T1", task="t1", sent=sent)


def found(database: Database) -> str | None:
    with database.begin() as session:
        assert journal.verify(session, "T1").fault is None
        fault = recorded.fault(session, "T1")
        return fault.to("en") if fault else None


def test_and_is_as_it_was_recorded(database: Database) -> None:
    work(database)
    assert found(database) is None


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE drafts SET canonical = replace(canonical, 'breathes', 'cools')", "Draft t1.0.v1"),
        ("UPDATE drafts SET fingerprint = 'f' WHERE version = 2", "Draft t1.0.v2"),
        ("DELETE FROM drafts WHERE version = 1", "Draft t1.0.v1"),
        ("UPDATE decisions SET by = 'ULEA' WHERE @2", "Decision t1.0.v2:ULEA"),
        ("UPDATE decisions SET verdict = 'reject' WHERE @2", "Decision t1.0.v2:UMAX"),
        ("UPDATE decisions SET fingerprint = 'f' WHERE @2", "Decision t1.0.v2:UMAX"),
        ("UPDATE decisions SET draft = 't1.0.v9' WHERE @2", "Decision t1.0.v9:UMAX"),
        ("DELETE FROM decisions WHERE draft = 't1.0.v2'", "Decision t1.0.v2:UMAX"),
        (
            "INSERT INTO decisions SELECT 'x', workspace, draft, fingerprint, verdict, 'UOTTO', "
            "reason, needed, at FROM decisions WHERE draft = 't1.0.v2'",
            "Decision t1.0.v2:UOTTO",
        ),
        ("UPDATE deliveries SET fingerprint = 'f' WHERE @2", "Delivery t1.0.v2:thread"),
        ("DELETE FROM deliveries", "Delivery t1.0.v1:thread"),
        ("UPDATE receipts SET sent = replace(sent, 'caf', 'CAF')", "Receipt 1"),
        ("UPDATE receipts SET task = 't2'", "Receipt 1"),
        ("DELETE FROM receipts", "Receipt 1"),
    ],
)  # fmt: skip
def test_so_that_what_was_done_to_it_shows(database: Database, harm: str, said: str) -> None:
    work(database)
    columns = "(id, workspace, draft, fingerprint, verdict, by, reason, needed, at)"
    with database.begin() as session:
        harm = harm.replace("@2", "draft = 't1.0.v2'")
        session.execute(text(harm.replace("INTO decisions", f"INTO decisions {columns}")))
    told = found(database)
    assert told is not None
    assert told.startswith(f"{said}: ")


def test_and_a_receipt_of_which_nothing_left_is_recorded_anew(database: Database) -> None:
    work(database)
    with database.begin() as session:
        begun = CALL.model_copy(update={"call": "c2"})
        Receipt.keep(session, workspace="T1", task="t1", sent=begun)
        ended = begun.model_copy(update={"sent": "", "to": None, "ended": "unreachable"})
        assert Receipt.keep(session, workspace="T1", task="t1", sent=ended).sent == ""
    assert found(database) is None


def test_and_a_receipt_from_before_fingerprints_is_taken_as_it_is(sqlite: Database) -> None:
    with sqlite.begin() as session:
        row = Receipt(workspace="T1", task="t1", **CALL.model_dump())
        session.add(row)
        session.flush()
        told = {"event": "receipt", "subject": str(row.id), "task": "t1"}
        journal.record(session, workspace="T1", now=NOW, **told)
    assert found(sqlite) is None


def test_at_the_command_that_verifies(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'super-intern.db'}")
    migrate.upgrade(database)
    work(database)

    def verify() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", "journal", "verify"],
            env={**os.environ, "SUPER_INTERN_HOME": str(tmp_path), "DATABASE_URL": ""},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert verify().returncode == 0
    with database.begin() as session:
        session.execute(text("UPDATE drafts SET canonical = replace(canonical, 'cool', 'cold')"))
        session.execute(text("UPDATE receipts SET sent = ''"))
    database.close()
    ran = verify()
    assert ran.returncode == 1
    assert "Receipt 1: it is not what was recorded." in ran.stdout
