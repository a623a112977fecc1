"""What an arm changed against the control: the difference, its interval, its p.

Rates: difference of two proportions with the unpooled (Wald) interval and the pooled z test.
Amounts: Welch's t (Welch 1947). Several arms against one control: Holm (1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from bot.data.stats import normal_above, normal_bound, t_above, t_bound

LEVEL = 0.95


@dataclass(frozen=True)
class Arm:
    """One variant's counts for one metric. `total` and `squares` are of the amounts; `squares` says
    nothing when some rows gave only what several people spent together: `spread` is then False."""

    variant: str
    users: int
    successes: int = 0
    total: float = 0.0
    squares: float = 0.0
    spread: bool = True
    paid: int = 0  # rows with an amount

    @property
    def buyers(self) -> int:
        """Who did what is counted, or paid something; the fewer of the two where both are known."""
        known = [n for n in (self.successes, self.paid) if n]
        return min(known, default=0)

    @property
    def rate(self) -> float:
        return self.successes / self.users if self.users else 0.0

    @property
    def mean(self) -> float:
        return self.total / self.users if self.users else 0.0

    @property
    def variance(self) -> float:
        """Of one person's amount, unbiased."""
        if self.users < 2:
            return 0.0
        return max(0.0, (self.squares - self.users * self.mean**2) / (self.users - 1))


@dataclass(frozen=True)
class Effect:
    """`change` is arm minus control, in the metric's own unit (a rate from 0 to 1, or money)."""

    change: float
    low: float
    high: float
    p: float
    error: float  # its standard error


def of_rates(arm: Arm, control: Arm, level: float = LEVEL) -> Effect:
    """Raises ValueError when an arm is empty."""
    _demand_people(arm, control)
    change = arm.rate - control.rate
    error = sqrt(sum(a.rate * (1 - a.rate) / a.users for a in (arm, control)))
    pooled = (arm.successes + control.successes) / (arm.users + control.users)
    spread = sqrt(pooled * (1 - pooled) * (1 / arm.users + 1 / control.users))
    p = float(2 * normal_above(abs(change) / spread)) if spread else 1.0
    reach = normal_bound((1 + level) / 2) * error
    return Effect(change, change - reach, change + reach, p, error)


def of_amounts(arm: Arm, control: Arm, level: float = LEVEL) -> Effect:
    """Per person, those who spent nothing included. Raises ValueError when an arm is empty, or
    when it isn't known how much each of them spent."""
    _demand_people(arm, control)
    if not (arm.spread and control.spread):
        raise ValueError("sums of several people have no interval")
    change = arm.mean - control.mean
    parts = [a.variance / a.users for a in (arm, control)]
    error = sqrt(sum(parts))
    if not error:
        return Effect(change, change, change, 1.0, 0.0)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (a.users - 1) for part, a in zip(parts, (arm, control), strict=True) if part
    )
    reach = t_bound((1 + level) / 2, freedom) * error
    p = float(2 * t_above(abs(change) / error, freedom))
    return Effect(change, change - reach, change + reach, p, error)


def holm(ps: Sequence[float]) -> list[float]:
    """The p values once it is counted how many were looked at, in the order given."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, ps[index] * (len(ps) - rank)))
        adjusted[index] = highest
    return adjusted


def _demand_people(*arms: Arm) -> None:
    if any(arm.users < 1 for arm in arms):
        raise ValueError("an arm without people has no rate")
