"""E-mails and SMS that went out: their rates, and how one did against what is comparable.

A letter is held against the median of comparable ones (same channel and audience, the twelve
months before it). The interval is what letters of that kind do by chance: the middle 80 % of the
comparable ones, widened by the letter's own counting error.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any, Literal

import ibis.expr.types as ir
import numpy as np

LEAST = 8  # comparable letters
Rate = Literal["open rate", "click rate", "order rate", "unsubscribe rate"]


@dataclass(frozen=True)
class Letter:
    """One text to one audience. `sent` is how many arrived where that is known."""

    code: str
    at: datetime | None
    channel: str
    audience: str | None
    language: str | None
    subject: str | None
    text: str | None
    product: str | None
    sent: int
    opened: int | None
    clicks: int | None
    unsubscribed: int | None
    orders: int | None
    sales: Decimal | None
    currency: str | None

    def count(self, rate: Rate) -> int | None:
        return {
            "open rate": self.opened,
            "click rate": self.clicks,
            "order rate": self.orders,
            "unsubscribe rate": self.unsubscribed,
        }[rate]

    def rate(self, rate: Rate) -> float | None:
        """From 0 to 1; None when it was not counted."""
        hits = self.count(rate)
        return hits / self.sent if hits is not None and self.sent else None


@dataclass(frozen=True)
class Held:
    """A letter's rate against its comparable median; `low` and `high` are what chance explains."""

    rate: Rate
    own: float
    median: float
    low: float
    high: float
    comparable: int

    @property
    def by_chance(self) -> bool:
        return self.low <= self.own <= self.high


COPIED = (
    *("at", "audience", "language", "subject", "text", "product"),
    *("opened", "clicks", "unsubscribed", "orders", "sales", "currency"),
)
RATES: tuple[Rate, ...] = ("open rate", "click rate", "order rate", "unsubscribe rate")


def letters(rows: ir.Table) -> ir.Table:
    """The rows that are letters, the earliest first."""
    sent = rows.filter(rows.sent.notnull() | rows.delivered.notnull() | rows.opened.notnull())
    return (
        sent.mutate(
            letter=sent.code.fill_null(sent.id), arrived=sent.delivered.fill_null(sent.sent)
        )
        .select(
            *("letter", "at", "channel", "audience", "language", "subject", "text", "product"),
            *("arrived", "opened", "clicks", "unsubscribed", "orders", "sales", "currency"),
        )
        .order_by("at", "letter", "language", "audience")
    )


def letters_of(found: Iterable[dict[str, Any]]) -> list[Letter]:
    """The rows of `letters`, those with a name and an audience."""
    return [
        Letter(
            code=row["letter"],
            channel=row["channel"] or "email",
            sent=int(row["arrived"]),
            **{name: row[name] for name in COPIED},
        )
        for row in found
        if row["letter"] and row["arrived"]
    ]


def comparable(letter: Letter, letters: Sequence[Letter]) -> list[Letter]:
    """Same channel, same audience, another text, the twelve months before."""
    return [
        other
        for other in letters
        if other.code != letter.code
        and (other.channel, other.audience) == (letter.channel, letter.audience)
        and _in_the_year_before(other.at, letter.at)
    ]


def held(letter: Letter, rate: Rate, peers: Sequence[Letter]) -> Held | None:
    """None when the rate was not counted, or too few peers have it."""
    own = letter.rate(rate)
    rates = [r for peer in peers if (r := peer.rate(rate)) is not None]
    if own is None or len(rates) < LEAST:
        return None
    low, middle, high = (float(q) for q in np.quantile(rates, (0.1, 0.5, 0.9)))
    error = 1.28 * sqrt(max(middle * (1 - middle), 1e-9) / letter.sent)  # 80 %, as the quantiles
    return Held(rate, own, middle, max(0.0, low - error), high + error, len(rates))


def _in_the_year_before(other: datetime | None, at: datetime | None) -> bool:
    if other is None or at is None:
        return False
    return at - timedelta(days=365) <= other < at
