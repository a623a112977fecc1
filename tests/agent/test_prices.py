"""Prices: what a call costs."""

from decimal import Decimal

import pytest

from bot.core.prices import Tokens, price_of, prices

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"


@pytest.mark.parametrize(
    ("name", "tokens", "usd"),
    [
        (SONNET, Tokens(fresh=1_000_000), "2"),
        (SONNET, Tokens(out=1_000_000), "10"),
        (SONNET, Tokens(fresh=500, out=300), "0.004"),
        (SONNET, Tokens(written=1_000), "0.0025"),
        (SONNET, Tokens(written=1_000, hour=1_000), "0.004"),
        (SONNET, Tokens(read=1_000), "0.0002"),
        (HAIKU, Tokens(fresh=100_000, out=1_000), "0.0105"),
        (HAIKU, Tokens(fresh=100_001, out=1_000), "0.0525005"),
        (HAIKU, Tokens(fresh=1, read=100_000), "0.0050005"),
        (HAIKU, Tokens(), "0"),
    ],
)
def test_are_counted_in_dollars(name: str, tokens: Tokens, usd: str) -> None:
    price = price_of(name)
    assert price is not None
    assert price.of(tokens) == Decimal(usd)


def test_hold_for_a_dated_name_too() -> None:
    assert price_of(f"{HAIKU}-20260901") == price_of(HAIKU)


@pytest.mark.parametrize("name", ["qwen3:8b", "claude-haiku-4", ""])
def test_of_others_are_not_known(name: str) -> None:
    assert price_of(name) is None


def test_are_dated() -> None:
    assert all(one.checked and one.checked.year >= 2026 for one in prices().values())
