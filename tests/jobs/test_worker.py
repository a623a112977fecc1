"""The worker that runs jobs and reports failures."""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from bot.agent.llm.turn import TurnAnswer, TurnRequest
from bot.approvals import decision
from bot.audit import journal
from bot.audit.receipt import Receipt
from bot.config.policy import ApprovalPolicy, Policy, SpendingPolicy
from bot.core.checks import Check
from bot.core.writer import LlmCall, ReceiptWriter
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.drafts.models import CHECKS_ADAPTER, Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import Job
from bot.jobs.worker import Worker
from bot.messages.outbox import OutboxMessage
from bot.offline import OfflineWriter
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import Task
from bot.tasks.services import TaskServices
from tests.agent.test_skills import BRAND, Nobody, run, worker
from tests.conftest import NOW
from tests.fakes.claude import fill, plainly_understood
from tests.support.rows import POLICY, Jobs, compute_spent, draft, wish
from tests.support.small_shop import Shop

SECRET = "the words of somebody"


class Scripted(OfflineWriter):
    """A writer that runs a given function before it writes. It claims to be an AI."""

    name = "scripted"
    by_rules = False

    def __init__(self, act: Callable[[], object] = lambda: None, usd: str = "0.01") -> None:
        self.act, self.usd = act, Decimal(usd)
        self.seen: list[TurnRequest] = []

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, **_: object
    ) -> TurnAnswer:
        """Understand every message as one text, and write each text as the fake server does."""
        said = request.messages[0].text
        if request.size == "small":
            return TurnAnswer(json.dumps(plainly_understood(said)), (), "end")
        self.seen.append(request)
        await receipt(LlmCall(writer="scripted", sent=said, to="ai:443", usd=self.usd, at=NOW))
        self.act()
        assert request.output is not None
        schema = request.output.model_json_schema()
        written = fill(schema, schema.get("$defs", {}), [])
        return TurnAnswer(json.dumps(written), (), "end")


def raising(error: Exception) -> Callable[[], object]:
    def act() -> None:
        raise error

    return act


def hired(
    database: Database,
    writer: OfflineWriter,
    policy: Policy = POLICY,
    jobs: Jobs | None = None,
    now: datetime = NOW,
) -> Worker:
    return Worker(
        TaskServices(
            database=database,
            enqueue=jobs if jobs is not None else Jobs(),
            slack=Nobody(),
            writer=writer,
            library=lambda _: Shop(),
            brand=lambda _: BRAND,
            policy=lambda _: policy,
            now=lambda: now,
        )
    )


def accept(database: Database, **more: Any) -> None:
    with database.begin() as session:
        Task.accept(session, Jobs(), wish(**more), NOW)


def task(database: Database) -> Task:
    with database.begin() as session:
        return session.get_one(Task, "t1")


def drafts(database: Database) -> list[Draft]:
    with database.begin() as session:
        return list_newest_drafts(session, "t1")


async def test_bug_is_reported_by_a_reference_without_content(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    accept(sqlite, words=f"e-mail: our linen shirt, {SECRET}")
    broken = hired(sqlite, Scripted(raising(ValueError(SECRET))))
    with caplog.at_level(logging.DEBUG):
        await broken.jobs["work"]("t1")
    said = task(sqlite).trouble_words
    assert task(sqlite).state == "failed"
    assert said is not None
    assert task(sqlite).reference in said.to("en")
    assert task(sqlite).reference in caplog.text
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in said.to("en")


async def test_cannot_do_is_shown_in_its_own_words(sqlite: Database) -> None:
    accept(sqlite)
    reason = Words("There is no more paper.")
    await hired(sqlite, Scripted(raising(CannotDo(reason)))).jobs["work"]("t1")
    assert task(sqlite).trouble_words == reason


async def test_try_again_is_left_to_the_engine(sqlite: Database) -> None:
    accept(sqlite)
    with pytest.raises(TryAgain):
        await hired(sqlite, Scripted(raising(TryAgain("busy")))).jobs["work"]("t1")
    assert task(sqlite).state == "working"


async def test_job_given_up_is_shown_as_failed(sqlite: Database) -> None:
    accept(sqlite)
    busy = TryAgain("busy", words=Words("The AI is busy."))
    await hired(sqlite, Scripted()).give_up(Job(kind="work", subject="t1", workspace="T1"), busy)
    assert task(sqlite).trouble_words == Words("The AI is busy.")


async def test_card_is_left_to_the_scheduler_while_slack_is_away(sqlite: Database) -> None:
    accept(sqlite)
    show = Job(kind="show", subject="t1.0:card", workspace="T1")
    with sqlite.begin() as session:
        OutboxMessage.begin_try(session, "t1.0:card")
    worker, later = hired(sqlite, Scripted()), NOW + timedelta(minutes=6)
    await worker.give_up(show, TryAgain("Slack is away"))
    with sqlite.begin() as session:
        assert [job.subject for job in OutboxMessage.list_stale_cards(session, later)] == [
            show.subject
        ]
    await worker.give_up(show, None)  # it has killed its process too often
    with sqlite.begin() as session:
        assert not OutboxMessage.list_stale_cards(session, later)


class ReadOnly:
    """A database that is read-only for as long as the test says, like one on a full disk."""

    def __init__(self, database: Database) -> None:
        self.on = False
        event.listen(database.engine, "checkout", self._checkout)

    def _checkout(self, connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA query_only={'ON' if self.on else 'OFF'}")

    def begin(self) -> None:
        self.on = True


async def test_answer_is_kept_while_the_database_is_away(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    accept(sqlite, words=f"e-mail: our linen shirt, {SECRET}")
    away = ReadOnly(sqlite)
    writer = Scripted(away.begin)
    busy = hired(sqlite, writer)
    with pytest.raises(TryAgain):
        await busy.jobs["work"]("t1")
    with pytest.raises(TryAgain):
        await busy.give_up(Job(kind="work", subject="t1", workspace="T1"), TryAgain("busy"))
    away.on, writer.act = False, lambda: None
    assert task(sqlite).state == "working"
    await busy.jobs["work"]("t1")
    assert task(sqlite).state == "done"
    assert SECRET not in caplog.text


async def test_repeated_job_keeps_one_draft(sqlite: Database) -> None:
    accept(sqlite)
    again = worker(sqlite, Nobody(), Shop())
    await again.jobs["work"]("t1")
    (first,) = drafts(sqlite)
    with sqlite.begin() as session:
        session.get_one(Task, "t1").state = "working"  # as after a crash before the end
    await again.jobs["work"]("t1")
    assert [d.fingerprint for d in drafts(sqlite)] == [first.fingerprint]


async def test_draft_of_a_stopped_task_is_discarded(sqlite: Database) -> None:
    accept(sqlite)

    def stop() -> None:
        with sqlite.begin() as session:
            session.get_one(Task, "t1").stop(session, Jobs(), "UMARIE", NOW)

    await hired(sqlite, Scripted(stop)).jobs["work"]("t1")
    assert task(sqlite).state == "stopped"
    assert drafts(sqlite) == []


async def test_each_named_channel_gets_a_draft(sqlite: Database) -> None:
    done = await run(sqlite, "e-mail and SMS: our linen shirt is back", Shop())
    assert done.state == "done"
    assert [d.channel for d in drafts(sqlite)] == ["email", "sms"]


async def test_spending_limit_stops_the_call(sqlite: Database) -> None:
    accept(sqlite)
    accept(sqlite, id="t2")
    policy = Policy(spend=SpendingPolicy(usd_a_day=Decimal("0.01")))
    writer = Scripted()
    spending = hired(sqlite, writer, policy)
    await spending.jobs["work"]("t1")
    calls = len(writer.seen)
    await spending.jobs["work"]("t2")
    with sqlite.begin() as session:
        said = session.get_one(Task, "t2").trouble_words
    assert said is not None
    assert "US$0.01" in said.to("en")
    assert len(writer.seen) <= calls + 1


async def test_unfinished_call_counts_against_the_limit(sqlite: Database) -> None:
    accept(sqlite)
    body = '{"max_tokens": 8192, "system": "' + "x" * 3_000 + '"}'
    died = LlmCall(writer="claude-opus-5-5", sent=body, to="ai:443", at=NOW, call="c1", ended="-")
    with sqlite.begin() as session:
        Receipt.record(session, workspace="T1", task="t0", sent=died)
        cost = compute_spent(session, "T1", NOW)
        assert Decimal("0.16") < cost < Decimal("0.19")  # 8,192 tokens out at $20 a million
        assert compute_spent(session, "T2", NOW) == 0
    writer = Scripted()
    later = NOW + timedelta(minutes=6)  # longer than any call lasts: nothing comes back of it
    worker = hired(
        sqlite, writer, Policy(spend=SpendingPolicy(usd_a_day=Decimal("0.16"))), now=later
    )
    await worker.jobs["work"]("t1")
    with sqlite.begin() as session:
        assert not Receipt.list_for_task(session, "t1")
    said = task(sqlite).trouble_words
    assert said is not None
    assert "spending limit" in said.to("en")
    with sqlite.begin() as session:
        ended = died.model_copy(update={"ended": "done", "usd": Decimal("0.001")})
        Receipt.record(session, workspace="T1", task="t0", sent=ended)
        assert compute_spent(session, "T1", NOW) == Decimal("0.001")


def test_free_or_unsent_call_counts_nothing(sqlite: Database) -> None:
    local = LlmCall(writer="qwen", sent="{}", to="localhost:11434", at=NOW, call="c1", ended="-")
    stayed = local.model_copy(update={"writer": "claude-opus-5-5", "sent": "", "call": "c2"})
    file = local.model_copy(update={"writer": "claude-opus-5-5", "call": None})
    with sqlite.begin() as session:
        for sent in (local, stayed, file):
            Receipt.record(session, workspace="T1", task="t0", sent=sent)
        assert compute_spent(session, "T1", NOW) == 0


async def test_personal_data_is_masked_and_restored(sqlite: Database) -> None:
    mail = "claire.dubois@mail.example"
    accept(sqlite, words=f"e-mail: our linen shirt is back, answers to {mail}")
    writer = Scripted()
    await hired(sqlite, writer).jobs["work"]("t1")
    assert writer.seen
    for request in writer.seen:
        assert mail not in request.system
        assert all(mail not in message.text for message in request.messages)
    with sqlite.begin() as session:
        assert all(mail not in receipt.sent for receipt in Receipt.list_for_task(session, "t1"))


async def test_edit_is_checked_and_names_the_editor(sqlite: Database) -> None:
    jobs = Jobs()
    accept(sqlite)
    working = hired(sqlite, OfflineWriter(), jobs=jobs)
    await working.jobs["work"]("t1")
    (first,) = drafts(sqlite)
    key = next(part.key for part in first.parts if part.key == "body")
    with sqlite.begin() as session:
        row = session.get_one(Draft, first.id)
        texts = {key: "Linen for hot days, 15 % off for you."}
        notes = [Check(rule=one, level="info", words=Words(one)) for one in ("doubt", "length")]
        row.checks = CHECKS_ADAPTER.dump_json(tuple(notes)).decode()
        edited = decision.revise(
            session,
            jobs,
            row,
            by="UPAUL",
            fingerprint=row.fingerprint,
            texts=texts,
            policy=POLICY,
            now=NOW,
        )
    await working.jobs["check"](edited.id)
    (second,) = drafts(sqlite)
    assert second.version == 2
    told = [check.words.to("en") for check in second.findings or () if check.level == "stated"]
    assert any("15" in words and "<@UPAUL>" in words for words in told), told
    rules = {check.rule for check in second.findings or ()}
    assert "claims unchecked" in rules
    assert "doubt" in rules  # it goes by the facts, whatever the words
    assert "length" not in rules


async def test_draft_is_delivered_once(sqlite: Database) -> None:
    jobs = Jobs()
    with sqlite.begin() as session:
        row = draft(session, jobs)
        policy = Policy(approval=ApprovalPolicy(approvers=("UMAX",)))
        decision.approve(
            session, jobs, row, by="UMAX", fingerprint=row.fingerprint, policy=policy, now=NOW
        )
    delivering = hired(sqlite, OfflineWriter(), jobs=jobs)
    for _ in range(2):
        await delivering.jobs["deliver"]("t1.0.v1:thread")
    with sqlite.begin() as session:
        delivery = session.get_one(Delivery, "t1.0.v1:thread")
        assert (delivery.state, delivery.gone_at) == ("gone", NOW)


async def test_figure_in_a_reason_names_who_sent_it_back(sqlite: Database) -> None:
    jobs = Jobs()
    accept(sqlite)
    working = hired(sqlite, OfflineWriter(), jobs=jobs)
    await working.jobs["work"]("t1")
    (first,) = drafts(sqlite)
    with sqlite.begin() as session:
        decision.send_back(
            session,
            jobs,
            session.get_one(Draft, first.id),
            by="UMAX",
            fingerprint=first.fingerprint,
            reason="say that it is 30 % off",
            policy=POLICY,
            now=NOW,
        )
    accept(sqlite, id="t2", parent="t1", previous=first.id, reason="say that it is 30 % off")
    await working.jobs["work"]("t2")
    with sqlite.begin() as session:
        (second,) = list_newest_drafts(session, "t2")
    known = {fact.value: fact.stated_by for fact in second.facts.facts if fact.stated_by}
    assert known.get(Decimal(30)) == "UMAX", known


def test_receipt_is_ended_and_keeps_its_text(sqlite: Database) -> None:
    begun = LlmCall(writer="ai", sent="the very bytes", to="ai:443", at=NOW, call="c1", ended="-")
    done = begun.model_copy(update={"ended": "done", "tokens_in": 9, "usd": Decimal("0.5")})
    stayed = begun.model_copy(update={"call": "c2", "sent": "", "to": None})
    told = (begun, done, begun.model_copy(update={"call": "c2"}), stayed)
    with sqlite.begin() as session:
        for sent in told:
            Receipt.record(session, workspace="T1", task="t1", sent=sent)
    with sqlite.begin() as session:
        first, second = Receipt.list_for_task(session, "t1")
        assert (first.sent, first.ended, first.tokens_in) == ("the very bytes", "done", 9)
        assert (second.sent, second.to) == ("", None)
        assert (
            journal.verify_chain(session, "T1").entries == 3
        )  # one of them tells that nothing left
