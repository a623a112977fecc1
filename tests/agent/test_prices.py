"""Prices of model calls."""

from decimal import Decimal

import pytest

from bot.core.model_prices import TokenUsage, find_price, load_prices

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"


@pytest.mark.parametrize(
    ("name", "tokens", "usd"),
    [
        (SONNET, TokenUsage(fresh=1_000_000), "2"),
        (SONNET, TokenUsage(out=1_000_000), "10"),
        (SONNET, TokenUsage(fresh=500, out=300), "0.004"),
        (SONNET, TokenUsage(written=1_000), "0.0025"),
        (SONNET, TokenUsage(written=1_000, hour=1_000), "0.004"),
        (SONNET, TokenUsage(read=1_000), "0.0002"),
        (HAIKU, TokenUsage(fresh=100_000, out=1_000), "0.0105"),
        (HAIKU, TokenUsage(fresh=100_001, out=1_000), "0.0525005"),
        (HAIKU, TokenUsage(fresh=1, read=100_000), "0.0050005"),
        (HAIKU, TokenUsage(), "0"),
    ],
)
def test_cost_is_counted_in_dollars(name: str, tokens: TokenUsage, usd: str) -> None:
    price = find_price(name)
    assert price is not None
    assert price.compute_cost(tokens) == Decimal(usd)


def test_dated_model_name_has_the_same_price() -> None:
    assert find_price(f"{HAIKU}-20260901") == find_price(HAIKU)


@pytest.mark.parametrize("name", ["qwen3:8b", "claude-haiku-4", ""])
def test_unknown_model_has_no_price(name: str) -> None:
    assert find_price(name) is None


def test_prices_have_a_date() -> None:
    assert all(one.checked and one.checked.year >= 2026 for one in load_prices().values())
