"""The price of a call to a model: `prices.toml`, dated, by model name."""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import cache
from pathlib import Path

from pydantic import BaseModel

PRICES_FILE = Path(__file__).parent / "prices.toml"
MILLION = Decimal(1_000_000)
MIN_PRICE = Decimal("0.000001")  # US dollars; the smallest amount that a receipt can store
# Source: platform.claude.com, prompt caching, 2026-11-24; factors of the price of an input token.
WRITTEN, WRITTEN_FOR_AN_HOUR, READ = Decimal("1.25"), Decimal(2), Decimal("0.1")
DATE_SUFFIX = re.compile(r"-\d{8}$")  # claude-haiku-5-5-20260901 costs what claude-haiku-5-5 costs
SERVER_OVERHEAD_TOKENS = 1_000  # a server may add these to a prompt for the output's schema
MAX_ANSWER_TOKENS = 32_768  # assumed for a call without a limit; our calls always have one


@dataclass
class TokenUsage:
    """The tokens of one call. `fresh` is input that was neither written to the cache nor read
    from it."""

    fresh: int = 0
    written: int = 0  # written to the cache; `hour` of them for an hour instead of five minutes
    hour: int = 0
    read: int = 0
    out: int = 0

    @property
    def total_input(self) -> int:
        """The number of all input tokens."""
        return self.fresh + self.written + self.read


class TokenPrice(BaseModel, frozen=True, extra="forbid"):
    """US dollars per million tokens. A prompt of more than `over` tokens costs the `over_` prices.
    `cached` is the price of a token read from the cache; None: a tenth of `input`."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    over: int | None = None
    over_input: Decimal = Decimal(0)
    over_output: Decimal = Decimal(0)
    checked: date | None = None

    def compute_cost(self, tokens: TokenUsage) -> Decimal:
        """Return what these tokens cost, in US dollars."""
        long = self.over is not None and tokens.total_input > self.over
        each_in, each_out = (
            (self.over_input, self.over_output) if long else (self.input, self.output)
        )
        each_read = each_in * READ if self.cached is None else self.cached
        weighed = (
            tokens.fresh
            + (tokens.written - tokens.hour) * WRITTEN
            + tokens.hour * WRITTEN_FOR_AN_HOUR
        )
        return (weighed * each_in + tokens.read * each_read + tokens.out * each_out) / MILLION

    def compute_max_cost(self, body: str) -> Decimal:
        """Return the most that a call with this body can cost, in US dollars.

        A token is at least one byte, so there are no more tokens than bytes. All of them count as
        written to the cache, the most expensive case, and the answer as long as the body allows.
        """
        read = len(body.encode()) + SERVER_OVERHEAD_TOKENS
        hour = read if '"ttl"' in body else 0
        max_cost = self.compute_cost(
            TokenUsage(written=read, hour=hour, out=_max_answer_tokens(body))
        )
        if self.cached is not None:  # a policy may set any price, even above `input`
            reads = self.compute_cost(TokenUsage(read=read, out=_max_answer_tokens(body)))
            max_cost = max(max_cost, reads)
        return max_cost.quantize(MIN_PRICE, ROUND_UP)


FREE_PRICE = TokenPrice(input=Decimal(0), output=Decimal(0))


@cache
def load_prices() -> dict[str, TokenPrice]:
    """Return all prices by model name."""
    tables = tomllib.loads(PRICES_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return {name: TokenPrice(**table) for name, table in tables.items()}


def find_price(name: str) -> TokenPrice | None:
    """Return the price of a model by its name; None when it is not known, as for a local model."""
    return load_prices().get(name) or load_prices().get(DATE_SUFFIX.sub("", name))


def find_cheapest_model() -> str:
    """Return the name of the model whose input costs least."""
    prices = load_prices()
    return min(prices, key=lambda name: prices[name].input)


def _max_answer_tokens(body: str) -> int:
    try:
        limit = json.loads(body).get("max_tokens")
    except (ValueError, AttributeError):
        limit = None
    return limit if isinstance(limit, int) and limit >= 0 else MAX_ANSWER_TOKENS
