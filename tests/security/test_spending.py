"""Spending: the AI costs no more than the policy allows, even with concurrency, failures and
crashes."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.agent import spending
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.spending import Payer, SpendingCap, is_private, strip_port
from bot.audit.receipt import Receipt
from bot.config.policy import ModelPrice, PersonLimits, Policy, SpendingPolicy
from bot.core.model_prices import TokenPrice, TokenUsage, find_price
from bot.core.writer import LlmCall
from bot.db.session import Database
from bot.errors import SpendingBusy, SpendingRefused, TryAgain
from bot.jobs.models import Job
from bot.jobs.worker import Worker
from bot.tasks.models import Task
from bot.tasks.services import TaskServices
from tests.agent.test_skills import BRAND, Nobody
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, breaks, cut_off, fails, says
from tests.support.rows import Jobs, compute_spent, wish
from tests.support.small_shop import Shop

MODEL = "claude-opus-5-5"
WORDS = "e-mail: say something about our linen shirt"  # unclear, so the AI reads it first


class Killed(BaseException):
    """The process dies here."""


class BillingServer(ScriptedClaude):
    """A fake AI that produces as many tokens as the request allows and bills all of them, also of
    responses that nobody received."""

    def __init__(self, *script: Step, chance: random.Random | None = None, **more: Any) -> None:
        super().__init__(*script, **more)
        self.chance = chance
        self.billed = Decimal(0)

    async def _stream(self, body: dict[str, Any], step: Step, text: str) -> AsyncIterator[bytes]:
        price = find_price(body["model"])
        out = self.chance.randint(1, body["max_tokens"]) if self.chance else 100
        async for event in super()._stream(body, step, text):
            name, _, data = event.decode().partition("\ndata: ")
            told = json.loads(data) if data.startswith("{") and data.endswith("}\n\n") else {}
            if name == "event: message_start" and price is not None:
                taken = told["message"]["usage"]
                tokens = TokenUsage(
                    fresh=taken["input_tokens"],
                    written=taken.get("cache_creation_input_tokens", 0),
                    read=taken.get("cache_read_input_tokens", 0),
                    out=out,
                )
                self.billed += price.compute_cost(tokens)
            if name == "event: message_delta":
                told["usage"] = {"output_tokens": out}
                event = f"{name}\ndata: {json.dumps(told)}\n\n".encode()
            yield event


@dataclass(frozen=True)
class MortalSpending(SpendingCap):
    """Crashes now and then: after a reservation, or before the end of a call is recorded."""

    dies: Callable[[], bool] = lambda: False

    async def reserve_or_settle(
        self, payer: Payer, sent: LlmCall, write: Callable[[Session], object] | None = None
    ) -> None:
        begins = sent.usd is None and not sent.exact
        if not begins and self.dies():
            raise Killed
        await super().reserve_or_settle(payer, sent, write)
        if begins and self.dies():
            raise Killed


@dataclass(frozen=True)
class TestMeans(TaskServices):
    """Services whose spending waits for a shorter time, crashes, or resolves other addresses."""

    __test__ = False
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def spending(self) -> SpendingCap:
        return MortalSpending(self.database, self.policy, self.now, **self.more)


def hired(
    database: Database, ai: ScriptedClaude, policy: Policy, name: str = MODEL, **more: Any
) -> Worker:
    writer = AnthropicWriter(
        key="k", base_url=ai.url, name=name, now=lambda: NOW, pause=0.01, deadline=20
    )
    return Worker(
        TestMeans(
            database=database,
            enqueue=Jobs(),
            slack=Nobody(),
            writer=writer,
            library=lambda _: Shop(),
            brand=lambda _: BRAND,
            policy=lambda _: policy,
            now=lambda: NOW,
            more={"max_wait_seconds": 1.0, **more},
        )
    )


def capped(usd: str, **more: Any) -> Policy:
    return Policy(spend=SpendingPolicy(usd_a_day=Decimal(usd), **more))


def accept(database: Database, count: int, words: str = WORDS, **more: Any) -> list[str]:
    ids = [f"t{number}" for number in range(count)]
    with database.begin() as session:
        for id in ids:
            Task.accept(session, Jobs(), wish(id, words=words, **more), NOW)
    return ids


async def work(worker: Worker, id: str) -> None:
    """Run a task like the engine: a busy one is given up in the end, and a crashed one is run
    again."""
    for _ in range(2):
        try:
            return await worker.jobs["work"](id)
        except TryAgain as busy:
            return await worker.give_up(Job(kind="work", subject=id, workspace="T1"), busy)
        except Killed:
            continue
    return None


def said(database: Database, id: str) -> str:
    with database.begin() as session:
        task = session.get_one(Task, id)
        return f"{task.state}: {task.trouble_words.to('en') if task.trouble_words else ''}"


def accidents(chance: random.Random, count: int) -> list[Step]:
    """What a server may do, in random order."""
    kinds: Sequence[Callable[[], Step]] = (
        says,
        says,
        says,
        cut_off,
        lambda: says("not JSON at all"),
        lambda: says({"wrong": "form"}),
        lambda: fails(529, "overloaded_error"),
        lambda: fails(500),
        lambda: breaks("drop"),
        lambda: breaks("end early"),
        lambda: breaks("error event"),
    )
    return [chance.choice(kinds)() for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
async def test_real_cost_never_exceeds_the_limit(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    limit = Decimal(chance.choice(["0.7", "1.3", "2.1"]))
    steps = accidents(chance, 40)
    ai = BillingServer(*steps, chance=chance, delay=0.02)
    async with ai:
        worker = hired(
            database,
            ai,
            capped(str(limit)),
            dies=lambda: chance.random() < 0.1,
            max_wait_seconds=0.3,
        )
        await asyncio.gather(*(work(worker, id) for id in accept(database, 12)))
        await worker.context.writer.close()
    assert ai.letters, "nobody was called"
    assert ai.billed <= limit
    with database.begin() as session:
        assert ai.billed <= compute_spent(session, "T1", NOW) <= limit


async def test_call_waits_for_reserved_money(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spending, "MAX_PAUSE", spending.FIRST_PAUSE)
    price = ModelPrice(input=Decimal("0.1"), output=Decimal(20))
    policy = capped("0.3", prices={MODEL: price})  # a call may cost $0.17, and costs $0.002
    ai = BillingServer(delay=0.2)
    async with ai:
        worker = hired(database, ai, policy, max_wait_seconds=15)
        ids = accept(database, 3)
        await asyncio.gather(*(worker.jobs["work"](id) for id in ids))
        await worker.context.writer.close()
    assert [said(database, id) for id in ids] == ["done: "] * 3
    assert ai.most_open == 1
    assert len(ai.letters) >= 6
    with database.begin() as session:
        assert compute_spent(session, "T1", NOW) < Decimal("0.1")


async def test_call_is_given_up_if_nothing_becomes_free(sqlite: Database) -> None:
    async with ScriptedClaude() as ai:
        worker = hired(sqlite, ai, capped("0.3"), max_wait_seconds=0.3)
        (id,) = accept(sqlite, 1)
        lost = LlmCall(writer=MODEL, sent='{"max_tokens": 8192}', to="ai:443", at=NOW, call="c")
        await worker.context.spending.reserve_or_settle(Payer("T1", "t9"), lost)
        await work(worker, id)
        await worker.context.writer.close()
    assert "reserved by other requests" in said(sqlite, id)
    assert not ai.letters


@pytest.mark.parametrize(
    "words",
    [WORDS, "e-mail: our linen shirt is back", "/feedback this month", "how much did we sell?"],
)
async def test_limit_of_zero_makes_no_call(sqlite: Database, words: str) -> None:
    for name in (MODEL, "qwen3:8b"):
        async with ScriptedClaude() as ai:
            worker = hired(sqlite, ai, capped("0"), name=name)
            with sqlite.begin() as session:
                Task.accept(session, Jobs(), wish(name, words=words), NOW)
            await work(worker, name)
            await worker.context.writer.close()
        assert not ai.asked
        assert "The spending limit for the AI is reached: US$0.00" in said(sqlite, name)


@pytest.mark.parametrize("addresses", [["93.184.216.34"], ["10.0.0.7", "93.184.216.34"]])
async def test_model_without_price_is_not_called(sqlite: Database, addresses: list[str]) -> None:
    async def resolve(_: str) -> list[str]:
        return addresses

    async with ScriptedClaude() as ai:
        worker = hired(sqlite, ai, capped("5"), name="gpt-9", resolve=resolve)
        (id,) = accept(sqlite, 1)
        await work(worker, id)
        await worker.context.writer.close()
    assert not ai.letters
    assert '[spend.prices."gpt-9"]' in said(sqlite, id)


async def test_local_model_without_price_is_free(sqlite: Database) -> None:
    async with ScriptedClaude() as ai:
        worker = hired(sqlite, ai, capped("0.01"), name="qwen3:8b")
        (id,) = accept(sqlite, 1)
        await work(worker, id)
        await worker.context.writer.close()
    assert said(sqlite, id) == "done: "
    with sqlite.begin() as session:
        assert {one.usd for one in Receipt.list_for_task(session, id)} == {Decimal(0)}


async def test_price_in_the_policy_takes_precedence(sqlite: Database) -> None:
    price = ModelPrice(input=Decimal(3), output=Decimal(7), cached=Decimal(1))
    async with ScriptedClaude() as ai:
        worker = hired(sqlite, ai, capped("5", prices={"qwen3:8b": price}), name="qwen3:8b")
        (id,) = accept(sqlite, 1)
        await work(worker, id)
        await worker.context.writer.close()
    assert said(sqlite, id) == "done: "
    with sqlite.begin() as session:
        for one in Receipt.list_for_task(session, id):
            fresh = one.tokens_in - one.tokens_cached
            least = fresh * Decimal(3) + one.tokens_cached * Decimal(1) + one.tokens_out * 7
            assert one.usd is not None
            assert least <= one.usd * 1_000_000 <= least + fresh * Decimal("0.75") + 1
            assert one.reserved is None


def test_reservation_covers_any_call_with_that_body() -> None:
    chance = random.Random(7)
    for _ in range(400):
        covers_any_call(chance)


def covers_any_call(chance: random.Random) -> None:
    text = "".join(chance.choice("aé漢🙂 \n") for _ in range(chance.randint(0, 3_000)))
    most_out = chance.choice([0, 1, 8_192, 32_768])
    body = json.dumps({"max_tokens": most_out, "system": text}, ensure_ascii=False)
    rate = Decimal(chance.randint(0, 30))
    over = chance.choice([None, 100, 100_000])
    price = TokenPrice(
        input=rate,
        output=rate * chance.randint(1, 6),
        cached=chance.choice([None, Decimal(0), rate * 3]),
        over=over,
        over_input=rate * 2,
        over_output=rate * 7,
    )
    total = chance.randint(0, len(body.encode()))  # a token has at least one byte
    read = chance.randint(0, total)
    written = chance.randint(0, total - read)
    took = TokenUsage(total - read - written, written, 0, read, chance.randint(0, most_out))
    assert price.compute_cost(took) <= price.compute_max_cost(body)


async def test_unfinished_call_counts_for_a_day(database: Database) -> None:
    lost = LlmCall(writer=MODEL, sent='{"max_tokens": 8192}', to="ai:443", at=NOW, call="c")
    body = lost.model_copy(update={"call": "d"})
    for hours, refusal in ((0, SpendingBusy), (1, SpendingRefused), (23, SpendingRefused)):
        then = NOW + timedelta(hours=hours)
        spending = SpendingCap(
            database,
            lambda _: capped("0.3"),
            lambda t=then: t,  # type: ignore[misc]
            max_wait_seconds=0.1,
        )
        if hours == 0:
            await spending.reserve_or_settle(Payer("T1", "t1"), lost)
        with pytest.raises(refusal):
            await spending.reserve_or_settle(Payer("T1", "t2"), body)
    later = NOW + timedelta(hours=24, minutes=1)
    spending = SpendingCap(database, lambda _: capped("0.3"), lambda: later)
    await spending.reserve_or_settle(Payer("T1", "t2"), body.model_copy(update={"at": later}))
    other = SpendingCap(database, lambda _: capped("0.3"), lambda: later)
    await other.reserve_or_settle(Payer("T2", "t3"), body)  # each workspace has its own limit


async def test_personal_limit_leaves_the_rest_to_others(sqlite: Database) -> None:
    share = PersonLimits(usd_a_day_per_person=Decimal("0.3"))
    policy = capped("5").model_copy(update={"fairness": share})
    with sqlite.begin() as session:
        for id, person in (("t1", "UMARIE"), ("t2", "UMARIE"), ("t3", "UPAUL")):
            Task.accept(session, Jobs(), wish(id, author=person), NOW)
            session.get_one(Task, id).person = person
    spending = SpendingCap(sqlite, lambda _: policy, lambda: NOW, max_wait_seconds=0.1)
    call = LlmCall(writer=MODEL, sent='{"max_tokens": 8192}', to="ai:443", at=NOW, call="c")
    await spending.reserve_or_settle(Payer("T1", "t1", "UMARIE"), call)
    with pytest.raises(SpendingBusy):
        await spending.reserve_or_settle(Payer("T1", "t2", "UMARIE"), call)
    await spending.reserve_or_settle(Payer("T1", "t3", "UPAUL"), call)
    spent = call.model_copy(update={"usd": Decimal("0.16"), "exact": True})
    await spending.reserve_or_settle(Payer("T1", "t1", "UMARIE"), spent)
    with pytest.raises(SpendingRefused, match="Your share"):
        await spending.reserve_or_settle(Payer("T1", "t2", "UMARIE"), call)


@pytest.mark.parametrize(
    ("addresses", "private"),
    [
        *((["127.0.0.1"], True), (["127.9.9.9"], True), (["::1"], True), (["10.1.2.3"], True)),
        *((["172.16.0.1"], True), (["172.31.255.255"], True), (["192.168.1.1"], True)),
        *((["fd12::1"], True), (["fe80::1%eth0"], True), (["169.254.1.1"], True)),
        *((["::ffff:10.0.0.1"], True), (["10.0.0.1", "fd00::2"], True)),
        *((["172.32.0.1"], False), (["192.169.0.1"], False), (["100.64.0.1"], False)),
        *((["11.0.0.1"], False), (["fe00::1"], False), (["::ffff:8.8.8.8"], False)),
        *((["10.0.0.1", "8.8.8.8"], False), (["2001:db8::1"], False), (["nonsense"], False)),
    ],
)
async def test_only_private_addresses_are_free(addresses: list[str], private: bool) -> None:
    async def resolve(_: str) -> list[str]:
        return addresses

    assert await is_private("ollama.internal", resolve) is private


async def test_unresolvable_host_is_retried() -> None:
    async def nowhere(_: str) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(TryAgain):
        await is_private("ai.example", nowhere)


@pytest.mark.parametrize(
    ("to", "host"),
    [
        ("localhost:11434", "localhost"),
        ("[::1]:80", "::1"),
        ("::1:80", "::1"),
        ("A.local.:1", "a.local"),
    ],
)
def test_host_of_a_url_is_parsed(to: str, host: str) -> None:
    assert strip_port(to) == host
