"""A process that dies between two turns: the next run goes on, and loses and pays nothing."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.agent.claim_check import ClaimSentence
from bot.agent.context import SkillContext
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.llm.turn import TurnAnswer
from bot.agent.loop import AgentOptions
from bot.agent.spending import Payer, SpendingCap
from bot.agent.turns import AgentTurn, StoredTurn, TaskTurns
from bot.audit.receipt import Receipt
from bot.config.policy import Policy
from bot.core.channels import load_channels
from bot.core.parts import Copy
from bot.core.writer import PENDING_END, LlmCall
from bot.db.session import Database
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, fenced, use
from tests.support.channel_outputs import Email
from tests.support.loop_tools import TODAY, Answer, Facts, SmallTools, context, fact
from tests.support.rows import Jobs, wish

KEY = b"k" * 32
TOOLS = ("count", "customer")
WORDS = "how many orders from Belgium? ask marie.dupont@example.com"
STEPS = 8  # what is stored in a conversation of three turns and a correction


class Killed(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class MortalTurns(TaskTurns):
    """Dies after, or before, one of the times that something is stored."""

    die: Callable[[], None] = lambda: None

    async def store_sent(self, call: str, turn: int, stored: StoredTurn) -> None:
        await super().store_sent(call, turn, stored)
        self.die()

    async def store_answer(self, call: str, turn: int, answer: TurnAnswer) -> None:
        await super().store_answer(call, turn, answer)
        self.die()


def answer(body: dict[str, Any]) -> Any:
    """A model that counts twice, answers, and corrects its answer; by the messages it sees."""
    match len(body["messages"]):
        case 1:
            return [use("count", {"country": "BE"})]
        case 3:
            return [use("customer", {"customer": "[EMAIL_1]"}), use("count", {"country": "FR"})]
        case 5:
            return {"headline": "Best: {f2}.", "points": []}
    return {"headline": "[EMAIL_1]: {f2} and {f3}.", "points": []}


def check(output: Answer) -> list[str]:
    return ["no superlative"] if "Best" in output.headline else []


class Run:
    """Runs of one task, each in a process of its own, while the world changes."""

    def __init__(self, database: Database, claude: ScriptedClaude, die_at: int) -> None:
        self.database, self.claude, self.die_at = database, claude, die_at
        self.stored, self.runs, self.ran = 0, 0, list[Any]()

    def die(self) -> None:
        self.stored += 1
        if self.stored == self.die_at:
            raise Killed

    async def once(self) -> tuple[Answer, SkillContext]:
        """One process. Each run finds other rows, another day and another price."""
        later = timedelta(days=self.runs)
        tools = SmallTools(BE=1234 + 1000 * self.runs, FR=5678)
        tools.ran = self.ran
        price = fact("product.shirt.price", Decimal(59 + self.runs), unit="EUR")
        self.runs += 1
        spending = SpendingCap(self.database, lambda _: Policy(), lambda: NOW + later)
        turns = MortalTurns(self.database, "T1", "t1", lambda: KEY, lambda: NOW, die=self.die)
        writer = AnthropicWriter(key="k", base_url=self.claude.url, now=lambda: NOW, pause=0.01)
        try:
            ctx = context(
                writer,
                tools,
                words=WORDS if self.runs == 1 else f"{WORDS} (run {self.runs})",
                library=Facts(price),
                receipt=partial(spending.reserve_or_settle, Payer("T1", "t1")),
                today=TODAY + later,
                agent=AgentOptions(turns=turns),
            )
            await ctx.look_up("product")
            return await ctx.write(Answer, tools=TOOLS, check=check), ctx
        finally:
            await writer.close()

    async def to_the_end(self) -> tuple[Answer, SkillContext]:
        for _ in range(STEPS + 2):
            try:
                return await self.once()
            except Killed:
                continue
        raise AssertionError("it never came to an end")


@pytest.mark.parametrize("die_at", range(STEPS + 1))
async def test_killed_anywhere_nothing_is_lost_doubled_or_paid_twice(
    database: Database, die_at: int
) -> None:
    with database.begin() as session:
        Task.accept(session, Jobs(), wish("t1", words=WORDS), NOW)
    async with ScriptedClaude(answer=answer) as claude:
        run = Run(database, claude, die_at)
        output, ctx = await run.to_the_end()
        assert run.runs == (2 if die_at else 1)
        assert len(claude.letters) == 4  # one call for each turn, however often it was begun
    assert output.headline == "marie.dupont@example.com: {f2} and {f3}."
    # What was looked up before the crash stays; the first tool had not run when it came so early.
    belgium, day = ("2234", "2026-11-27") if die_at in (1, 2) else ("1234", "2026-11-26")
    names = [(one.id, str(one.value)) for one in ctx.book.facts]
    assert names == [
        ("product.shirt.price", "59"),
        ("orders.be.count", belgium),
        ("orders.fr.count", "5678"),
    ]
    assert [one.id for one in ctx.exhibits] == ["e1", "e2"]
    assert [str(one.value) for one in ctx.evidence.facts] == [belgium, "5678"]
    assert ctx.read_as[0] == f"orders · BE · {day}"
    assert f"{int(belgium):,}" in claude.asked[-1].text  # the model read the same figure
    with database.begin() as session:
        receipts = Receipt.list_for_task(session, "t1")
        assert [(one.ended, one.reserved) for one in receipts] == [("done", None)] * 4
        assert all("marie" not in one.sent for one in receipts)
        rows = AgentTurn.list_for_call(session, "t1", "0.write1")
        assert [row.turn for row in rows] == [0, 1, 2, 3]
        assert all("marie" not in f"{row.sent}{row.answer}" for row in rows)
        session.get_one(Task, "t1").start(NOW)
        session.get_one(Task, "t1").finish(session, Jobs(), NOW)
        assert session.scalar(select(func.count()).select_from(AgentTurn)) == 0


async def test_tools_of_a_stored_turn_are_not_run_again(sqlite: Database) -> None:
    async with ScriptedClaude(answer=answer) as claude:
        run = Run(sqlite, claude, die_at=5)  # when the second results are stored
        await run.to_the_end()
        assert run.ran == [
            ("count", "BE"),
            ("customer", "marie.dupont@example.com"),
            ("count", "FR"),
        ]


async def test_copy_is_held_to_the_facts_that_the_model_was_told() -> None:
    async with ScriptedClaude() as claude:
        writer = AnthropicWriter(key="k", base_url=claude.url, now=lambda: NOW)
        before, now = [
            fact("product.shirt.price", Decimal(price), unit="EUR", label="price", about="Shirt")
            for price in (59, 60)
        ]
        email = load_channels()["email"]
        ctx = context(writer, SmallTools(), library=Facts(now), channel=email)
        await ctx.look_up("product")
        ctx.book.add(before)  # as a restart takes it from the first turn
        await writer.close()
    parts = {name: Copy(text="Shirt") for name in ("subject", "preheader", "call_to_action")}

    def list_proven() -> list[int]:
        bodies = {
            price: Copy(text=f"It is €{price}.00.", facts=("product.shirt.price",))
            for price in (59, 60, 61)
        }
        mails = {price: Email(body=body, hooks=[], **parts) for price, body in bodies.items()}
        return [price for price, mail in mails.items() if not ctx.find_unproven(mail)]

    assert list_proven() == [59]
    ctx.book.add(now)  # as a tool that runs after the restart finds it
    assert list_proven() == [60]


async def test_claim_check_after_a_restart_gets_the_facts_that_the_model_was_told(
    sqlite: Database,
) -> None:
    def list_claims(written: Answer) -> list[ClaimSentence]:
        return [ClaimSentence("headline", written.headline, ("product.shirt.price",))]

    async with ScriptedClaude(answer=lambda _: {"headline": "It is {f1}.", "points": []}) as claude:
        run = Run(sqlite, claude, die_at=2)  # when the answer is stored
        for price in (59, 60):
            writer = AnthropicWriter(key="k", base_url=claude.url, now=lambda: NOW)
            turns = MortalTurns(sqlite, "T1", "t1", lambda: KEY, lambda: NOW, die=run.die)
            library = Facts(fact("product.shirt.price", Decimal(price), unit="EUR"))
            ctx = context(writer, SmallTools(), library=library, agent=AgentOptions(turns=turns))
            await ctx.look_up("product")
            with suppress(Killed):
                await ctx.write(Answer, tools=TOOLS, list_claims=list_claims)
            await writer.close()
        assert len(claude.letters) == 1
        (judged,) = claude.judged
    facts = fenced(judged["messages"][0]["content"], "facts")
    assert "€59" in facts
    assert "€60" not in facts


async def test_two_writings_of_a_task_are_kept_apart(sqlite: Database) -> None:
    def echo(body: dict[str, Any]) -> dict[str, Any]:
        return {"headline": "first" if len(claude.letters) == 1 else "second", "points": []}

    async with ScriptedClaude(answer=echo) as claude:
        writer = AnthropicWriter(key="k", base_url=claude.url, now=lambda: NOW)
        turns = TaskTurns(sqlite, "T1", "t1", lambda: KEY, lambda: NOW)
        for _ in range(2):
            ctx = context(writer, SmallTools(), agent=AgentOptions(turns=turns))
            first = await ctx.write(Answer, tools=TOOLS)
            second = await ctx.write(Answer, tools=TOOLS)
            assert (first.headline, second.headline) == ("first", "second")
        assert len(claude.letters) == 2
        await writer.close()


async def test_rows_go_with_words_taken_back_and_after_seven_days(sqlite: Database) -> None:
    stored = StoredTurn(sent=TurnAnswer("", (), "end").as_message(), veil="{}")
    for task in ("t1", "t2", "t3"):
        with sqlite.begin() as session:
            Task.accept(session, Jobs(), wish(task), NOW)
        age = timedelta(days=8) if task == "t2" else timedelta(0)
        turns = TaskTurns(sqlite, "T1", task, lambda: KEY, partial(lambda a: NOW - a, age))
        await turns.store_sent("0.write1", 0, stored)

    def left() -> list[str]:
        with sqlite.begin() as session:
            return sorted(session.scalars(select(AgentTurn.task)))

    with sqlite.begin() as session:
        assert list(AgentTurn.delete_old(session, NOW)) == []
    assert left() == ["t1", "t3"]
    with sqlite.begin() as session:
        session.get_one(Task, "t1").withdraw(session, Jobs(), NOW)
    assert left() == ["t3"]


async def test_a_stopped_task_keeps_no_answer(sqlite: Database) -> None:
    turns = TaskTurns(sqlite, "T1", "gone", lambda: KEY, lambda: NOW)
    await turns.store_answer("0.write1", 0, TurnAnswer("x", (), "end"))
    assert await turns.load("0.write1") == []


async def test_a_turn_is_stored_once(sqlite: Database) -> None:
    turns = TaskTurns(sqlite, "T1", "t1", lambda: KEY, lambda: NOW)
    first = StoredTurn(sent=TurnAnswer("one", (), "end").as_message(), veil="{}")
    await turns.store_sent("c", 0, first)
    await turns.store_sent("c", 0, replace(first, sent=TurnAnswer("two", (), "end").as_message()))
    assert [one.sent.text for one in await turns.load("c")] == ["one"]


async def test_turn_is_stored_with_its_receipt_and_the_end_of_a_call_with_its_answer(
    sqlite: Database,
) -> None:
    turns = TaskTurns(sqlite, "T1", "t1", lambda: KEY, lambda: NOW, with_receipts=True)
    spending = SpendingCap(sqlite, lambda _: Policy(), lambda: NOW)
    payer = Payer("T1", "t1")
    begun = LlmCall(
        writer="claude-sonnet-5-5", sent="{}", to="ai:443", at=NOW, call="c1", ended=PENDING_END
    )

    def list_stored() -> tuple[list[str | None], list[str]]:
        with sqlite.begin() as session:
            answers = list(session.scalars(select(AgentTurn.answer)))
            return answers, [one.ended for one in Receipt.list_for_task(session, "t1")]

    await turns.store_sent(
        "c", 0, StoredTurn(sent=TurnAnswer("", (), "end").as_message(), veil="{}")
    )
    assert list_stored() == ([], [])
    await turns.store_receipt(spending, payer, begun)
    assert list_stored() == ([None], [PENDING_END])
    done = begun.model_copy(update={"ended": "done", "usd": Decimal("0.01")})
    await turns.store_receipt(spending, payer, done)
    assert list_stored() == ([None], [PENDING_END])
    await turns.store_answer("c", 0, TurnAnswer("x", (), "end"))
    (answer,), ended = list_stored()
    assert answer
    assert ended == ["done"]
    failed = begun.model_copy(update={"call": "c2"})
    await turns.store_receipt(spending, payer, failed)
    await turns.store_receipt(spending, payer, failed.model_copy(update={"ended": "timed out"}))
    assert list_stored()[1] == ["done", "timed out"]
