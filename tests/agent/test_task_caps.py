"""The limits of one task: tokens and money over all its calls."""

import json
from decimal import Decimal

import pytest

from bot.agent.spending import Payer, SpendingCap
from bot.audit.receipt import Receipt
from bot.config.policy import Policy, SpendingPolicy
from bot.core.writer import LlmCall
from bot.db.session import Database
from bot.errors import SpendingRefused
from tests.conftest import NOW

MODEL = "claude-sonnet-5-5"
BODY = json.dumps({"model": MODEL, "max_tokens": 1_000, "messages": []})


def cap(database: Database, **limits: object) -> SpendingCap:
    policy = Policy(spend=SpendingPolicy.model_validate({"usd_a_day": 5, **limits}))
    return SpendingCap(database, lambda _: policy, lambda: NOW)


async def call(spending: SpendingCap, task: str, number: int, tokens: int, usd: str) -> None:
    """One call, as a writer reports it: before it is sent, and at its end."""
    told = {"writer": MODEL, "sent": BODY, "to": "ai.example:443", "at": NOW, "call": f"c{number}"}
    payer = Payer("T1", task)
    await spending.reserve_or_settle(payer, LlmCall.model_validate({**told, "exact": False}))
    ended = {**told, "tokens_in": tokens, "tokens_out": 0, "usd": Decimal(usd)}
    await spending.reserve_or_settle(payer, LlmCall.model_validate(ended))


async def test_a_task_ends_at_its_tokens_and_another_one_goes_on(database: Database) -> None:
    spending = cap(database, tokens_a_task=2_000)
    await call(spending, "t1", 1, 1_500, "0.003")
    assert await spending.measure_task(Payer("T1", "t1")) == 0.75
    await call(spending, "t1", 2, 600, "0.001")
    with pytest.raises(SpendingRefused, match="2,000 tokens"):
        await call(spending, "t1", 3, 1, "0.001")
    await call(spending, "t2", 4, 1_500, "0.003")
    with database.begin() as session:
        assert len(Receipt.list_for_task(session, "t1")) == 2  # nothing of the third was sent


async def test_a_call_that_may_cost_more_than_is_left_is_refused(database: Database) -> None:
    spending = cap(database, usd_a_task="0.05")
    await call(spending, "t1", 1, 100, "0.03")
    assert round(await spending.measure_task(Payer("T1", "t1")), 2) == 0.6
    await call(spending, "t1", 2, 100, "0.015")
    with pytest.raises(SpendingRefused, match=r"0\.05"):
        await call(spending, "t1", 3, 100, "0.001")
