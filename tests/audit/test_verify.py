"""Comparison of the rows with the journal."""

import hashlib
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select, text

from bot.__main__ import main
from bot.agent.llm.anthropic import AnthropicWriter
from bot.approvals import decision
from bot.audit import journal
from bot.audit import verify as audit_verify
from bot.audit.policy_in_force import PolicyRecord
from bot.audit.receipt import Receipt
from bot.audit.row_digests import MAX_ROWS_AT_ONCE
from bot.core.parts import Copy
from bot.core.writer import LlmCall
from bot.db import migrate
from bot.db.session import Database
from tests.agent.test_anthropic import turn
from tests.conftest import NOW
from tests.fakes.claude import Asked, ScriptedClaude, Step, breaks, fails, says
from tests.support.rows import POLICY, Jobs, draft

CALL = LlmCall(
    writer="claude", sent='{"a": "café"}', to="api:443", at=NOW, call="c1", ended="begun"
)


def work(database: Database) -> None:
    """One draft, edited, approved twice over its versions, with a receipt that was reported
    twice."""
    jobs = Jobs()
    with database.begin() as session:
        first = draft(session, jobs)
        told = {"policy": POLICY, "now": NOW}
        seen = first.fingerprint
        decision.approve(session, jobs, first, by="UMAX", fingerprint=seen, **told)  # type: ignore[arg-type]
        texts = {"body": "Linen breathes well."}
        second = decision.revise(
            session,
            jobs,
            first,
            by="ULEA",
            fingerprint=seen,
            texts=texts,
            **told,  # type: ignore[arg-type]
        )
        second.checks = "[]"
        seen = second.fingerprint
        decision.approve(session, jobs, second, by="UMAX", fingerprint=seen, **told)  # type: ignore[arg-type]
        for sent in (CALL, CALL.model_copy(update={"ended": "done", "tokens_out": 3})):
            Receipt.record(session, workspace="T1", task="t1", sent=sent)


def found(database: Database) -> str | None:
    with database.begin() as session:
        assert journal.verify_chain(session, "T1").fault is None
        fault = audit_verify.find_row_fault(session, "T1")
        return fault.to("en") if fault else None


def test_untouched_rows_match_the_journal(database: Database) -> None:
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
)
@pytest.mark.sample(5)
def test_tampering_with_rows_is_detected(database: Database, harm: str, said: str) -> None:
    work(database)
    columns = "(id, workspace, draft, fingerprint, verdict, by, reason, needed, at)"
    with database.begin() as session:
        harm = harm.replace("@2", "draft = 't1.0.v2'")
        session.execute(text(harm.replace("INTO decisions", f"INTO decisions {columns}")))
    told = found(database)
    assert told is not None
    assert told.startswith(f"{said}: ")


def test_receipt_of_an_unsent_call_is_recorded_again(database: Database) -> None:
    work(database)
    with database.begin() as session:
        begun = CALL.model_copy(update={"call": "c2"})
        Receipt.record(session, workspace="T1", task="t1", sent=begun)
        ended = begun.model_copy(update={"sent": "", "to": None, "ended": "unreachable"})
        assert Receipt.record(session, workspace="T1", task="t1", sent=ended).sent == ""
    assert found(database) is None


def test_old_receipt_without_fingerprint_is_accepted(sqlite: Database) -> None:
    with sqlite.begin() as session:
        row = Receipt(workspace="T1", task="t1", **CALL.model_dump())
        session.add(row)
        session.flush()
        told = {"event": "receipt", "subject": str(row.id), "task": "t1"}
        journal.record_event(session, workspace="T1", now=NOW, **told)
    assert found(sqlite) is None


def test_verify_command_reports_the_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'super-intern.db'}")
    migrate.upgrade(database)
    work(database)
    assert main(["journal", "verify"]) == 0
    with database.begin() as session:
        session.execute(text("UPDATE drafts SET canonical = replace(canonical, 'cool', 'cold')"))
        session.execute(text("UPDATE receipts SET sent = ''"))
    database.close()
    assert main(["journal", "verify"]) == 1
    assert "Receipt 1: it is not what was recorded." in capsys.readouterr().out


class Witness(ScriptedClaude):
    """An AI server that checks, at each request, whether the request's receipt was committed
    before."""

    def __init__(self, database: Database, *script: Step) -> None:
        super().__init__(*script)
        self.database, self.seen = database, list[str]()

    async def _note(self, request: web.Request) -> Asked:
        raw = await request.read()
        with self.database.begin() as session:
            rows = session.scalars(select(Receipt).order_by(Receipt.id)).all()
            said = select(journal.JournalEntry).where(journal.JournalEntry.event == "receipt")
            prints = [one.refs["fingerprint"] for one in session.scalars(said)]
        if request.method == "POST":
            assert rows[-1].sent.encode() == raw
            assert prints[-1] == hashlib.sha256(raw).hexdigest()
            assert len(rows) == len(self.seen) + 1
            self.seen.append(rows[-1].sent)
        else:  # what an AI's name means: nothing of the team's goes with it
            assert not raw
        return await super()._note(request)


@pytest.mark.parametrize("key", ["sk-ant-1", None])
async def test_nothing_is_sent_before_its_receipt_is_committed(
    sqlite: Database, key: str | None
) -> None:
    """With retries, a broken line, an invalid answer, parameters left out, and a product search."""
    good = {"text": "Linen."}
    script = (
        *(
            fails(529),
            breaks("end early"),
            fails(400, message="thinking: unknown"),
            says("no json"),
        ),
        *(says(good), says({}), says(good)),
    )

    async def keep(sent: LlmCall) -> None:
        with sqlite.begin() as session:
            Receipt.record(session, workspace="T1", task="t1", sent=sent)

    server = Witness(sqlite, *script)
    async with server:
        name = "claude-sonnet-5-5" if key else "qwen"
        claude = AnthropicWriter(
            key=key, base_url=server.url, name=name, now=lambda: NOW, pause=0.001
        )
        await claude.check()
        for _ in range(2):
            request = turn(Copy, "We are Maison. “é” \U0001f9f5 " * 200, "Lin\u0000 : \ufffe")
            await claude.take_turn(request, receipt=keep, deadline=float("inf"))
        await claude.close()
        assert len(server.seen) == 7 - len(server.script)
        assert len(server.seen) >= 6
    with sqlite.begin() as session:
        assert audit_verify.find_row_fault(session, "T1") is None


@pytest.mark.parametrize("rows", [1, 2, MAX_ROWS_AT_ONCE, MAX_ROWS_AT_ONCE + 1])
@pytest.mark.parametrize("events", [1, 2, MAX_ROWS_AT_ONCE, MAX_ROWS_AT_ONCE + 1])
def test_any_number_of_rows_and_events_of_a_transaction_verifies(
    database: Database, rows: int, events: int
) -> None:
    with database.begin() as session:
        for number in range(rows):
            name = f"p{number}"
            session.add(PolicyRecord(workspace="T1", file=name, fingerprint="f", since=NOW))
        for number in range(events):
            told = {"event": "told", "subject": f"s{number}", "now": NOW}
            journal.record_event(session, workspace="T1", **told)  # type: ignore[arg-type]
    assert found(database) is None
    with database.begin() as session:
        assert journal.verify_chain(session, "T1").entries == events
        session.connection().execute(text("UPDATE policies_in_force SET fingerprint = 'g'"))
    assert found(database) is not None
