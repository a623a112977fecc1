"""What a call to a writer costs: `prices.toml`, dated, by the writer's name."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "prices.toml"
MILLION = Decimal(1_000_000)
# Source: platform.claude.com, prompt caching, 2026-11-24; times the price of an input token.
WRITTEN, WRITTEN_FOR_AN_HOUR, READ = Decimal("1.25"), Decimal(2), Decimal("0.1")
DATED = re.compile(r"-\d{8}$")  # claude-haiku-5-5-20260901 costs what claude-haiku-5-5 costs


@dataclass
class Tokens:
    """What one call took. `fresh` is input that was neither written to the cache nor read."""

    fresh: int = 0
    written: int = 0  # to the cache, `hour` of them for an hour rather than five minutes
    hour: int = 0
    read: int = 0
    out: int = 0

    @property
    def sent(self) -> int:
        """Everything that went in."""
        return self.fresh + self.written + self.read


class Price(BaseModel):
    """US dollars per million tokens; a prompt longer than `over` tokens costs more."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    input: Decimal
    output: Decimal
    over: int | None = None
    over_input: Decimal = Decimal(0)
    over_output: Decimal = Decimal(0)
    checked: date

    def of(self, tokens: Tokens) -> Decimal:
        """What these tokens cost, in US dollars."""
        long = self.over is not None and tokens.sent > self.over
        each_in, each_out = (
            (self.over_input, self.over_output) if long else (self.input, self.output)
        )
        weighed = (
            tokens.fresh
            + (tokens.written - tokens.hour) * WRITTEN
            + tokens.hour * WRITTEN_FOR_AN_HOUR
            + tokens.read * READ
        )
        return (weighed * each_in + tokens.out * each_out) / MILLION


@cache
def prices() -> dict[str, Price]:
    """All prices by name."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return {name: Price(**table) for name, table in tables.items()}


def price_of(name: str) -> Price | None:
    """The price of a writer by its name; None when it is not known (a local one)."""
    return prices().get(name) or prices().get(DATED.sub("", name))
