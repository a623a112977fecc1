"""Random ad results whose rows vary more than independent clicks would, like real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Run:
    """The rows of one campaign: cost per click, conversion rate, number of rows and clicks per row.
    `uneven` is the spread of the rows' own conversion rates; 0 gives all of them the same rate."""

    name: str
    rate: float
    rows: int = 60
    clicks: int = 60
    price: float = 1.5
    uneven: float = 0.5
    audience: str | None = None
    product: str | None = None


MIXED = (  # two campaigns that sell alike to the same people, and show themselves to others
    Run("Big", 0.02, 200, audience="cold"),
    Run("Big", 0.12, 20, audience="loyal"),
    Run("Small", 0.02, 20, audience="cold"),
    Run("Small", 0.12, 100, audience="loyal"),
)


def rows_of(runs: Sequence[Run], seed: int = 1, **more: Any) -> list[dict[str, Any]]:
    dice = np.random.default_rng(seed)
    return [_row(dice, run, n) | more for run in runs for n in range(run.rows)]


def dated(runs: Sequence[Run], last: datetime, days: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return the same rows, one per day over the last `days` days."""
    dice = np.random.default_rng(seed)
    return [
        _row(dice, run, n) | {"at": last - timedelta(days=days - 1 - n)}
        for run in runs
        for n in range(days)
    ]


def _row(dice: np.random.Generator, run: Run, n: int) -> dict[str, Any]:
    clicks = int(dice.poisson(run.clicks)) + 1
    rate = run.rate * dice.gamma(1 / run.uneven**2, run.uneven**2) if run.uneven else run.rate
    return {
        "id": f"{run.name}-{run.audience}-{run.product}-{n}",
        "channel": "ads",
        "name": run.name,
        "audience": run.audience,
        "product": run.product,
        "impressions": clicks * 400,
        "clicks": clicks,
        "orders": int(min(clicks, dice.poisson(clicks * rate))),
        "spend": Decimal(str(round(clicks * run.price, 2))),
        "currency": "EUR",
    }
