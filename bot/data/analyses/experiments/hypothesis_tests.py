"""Compute the effect of an arm against the control: difference, confidence interval, p value.

Rates: difference of two proportions with the unpooled (Wald) interval and the pooled z test.
Amounts: Welch's t (Welch 1947). Several arms against one control: Holm (1979)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, log, sqrt

from bot.data.stats import (
    chi_square_tail,
    normal_quantile,
    normal_tail,
    student_quantile,
    student_tail,
)

CONFIDENCE_LEVEL = 0.95


@dataclass(frozen=True)
class ArmCounts:
    """The counts of one variant for one metric. `total` and `squares` are of the amounts; `squares`
    is meaningless when some rows only gave a sum over several people: `spread` is False then."""

    variant: str
    users: int
    successes: int = 0
    total: float = 0.0
    squares: float = 0.0
    spread: bool = True
    paid: int = 0  # rows with an amount

    @property
    def buyers(self) -> int:
        """The number of people who succeeded or paid; the smaller of the two where both are
        known."""
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
        """The unbiased variance of one person's amount."""
        if self.users < 2:
            return 0.0
        return max(0.0, (self.squares - self.users * self.mean**2) / (self.users - 1))


@dataclass(frozen=True)
class Effect:
    """`change` is the arm minus the control, in the metric's own unit (a rate from 0 to 1, or
    money)."""

    change: float
    low: float
    high: float
    p: float
    error: float  # the standard error of `change`


def compare_rates(arm: ArmCounts, control: ArmCounts) -> Effect:
    """Raises ValueError when an arm is empty."""
    _require_people(arm, control)
    change = arm.rate - control.rate
    error = sqrt(sum(a.rate * (1 - a.rate) / a.users for a in (arm, control)))
    pooled = (arm.successes + control.successes) / (arm.users + control.users)
    spread = sqrt(pooled * (1 - pooled) * (1 / arm.users + 1 / control.users))
    p = float(2 * normal_tail(abs(change) / spread)) if spread else 1.0
    reach = normal_quantile((1 + CONFIDENCE_LEVEL) / 2) * error
    return Effect(change, change - reach, change + reach, p, error)


def compare_amounts(arm: ArmCounts, control: ArmCounts) -> Effect:
    """Compare amounts per person, including people who spent nothing. Raises ValueError when an arm
    is empty, or when the individual amounts are unknown."""
    _require_people(arm, control)
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
    reach = student_quantile((1 + CONFIDENCE_LEVEL) / 2, freedom) * error
    p = float(2 * student_tail(abs(change) / error, freedom))
    return Effect(change, change - reach, change + reach, p, error)


def adjust_holm(ps: Sequence[float]) -> list[float]:
    """Return the p values adjusted for multiple testing (Holm), in the given order."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, ps[index] * (len(ps) - rank)))
        adjusted[index] = highest
    return adjusted


def _require_people(*arms: ArmCounts) -> None:
    if any(arm.users < 1 for arm in arms):
        raise ValueError("an arm without people has no rate")


# A p value that stays valid under daily looks (always-valid inference).

EXPECTED_LIFT = 0.1  # the mixture's width: a tenth of the control's rate is a relevant effect
# successes of both arms before the first look; with fewer, the variance is unreliable
MIN_SUCCESSES_PER_LOOK = 100


def compute_sequential_p(looks: Iterable[tuple[ArmCounts, ArmCounts]]) -> float:
    """Return the p after the last look. Each look is (arm, control) with everybody so far. The
    result is 1.0 as long as too few people have succeeded."""
    lowest = 1.0
    for arm, control in looks:
        if (
            arm.successes + control.successes >= MIN_SUCCESSES_PER_LOOK
            and arm.users
            and control.users
        ):
            lowest = min(lowest, _compute_mixture_p(arm, control))
    return lowest


def _compute_mixture_p(arm: ArmCounts, control: ArmCounts) -> float:
    effect = compare_rates(arm, control)
    pooled = (arm.successes + control.successes) / (arm.users + control.users)
    variance, width = effect.error**2, (EXPECTED_LIFT * pooled) ** 2
    if not variance or not width:
        return 1.0
    power = width * effect.change**2 / (2 * variance * (variance + width))
    weight = log(sqrt(variance / (variance + width))) + power
    return exp(-weight) if weight > 0 else 1.0


# Compute sample sizes, and the smallest detectable effect of a given sample.
#
# Normal approximation for two proportions of equal size. Source: Fleiss, Levin & Paik, "Statistical
# Methods for Rates and Proportions", 3rd ed. 2003, 4.3 (without the continuity correction).


POWER, ALPHA = 0.8, 0.05


def compute_sample_size(base: float, lift: float) -> int:
    """Return how many people each arm needs, for a control with success rate `base` (0 to 1) and a
    relative effect of `lift`. Raises ValueError for a rate outside 0 to 1."""
    other = base * (1 + lift)
    if not 0 < base < 1 or not 0 < other < 1 or other == base:
        raise ValueError("rates must lie between 0 and 1, and the effect must not be zero")
    return ceil(_count_people_needed(base, other))


def compute_smallest_lift(base: float, people: int) -> float:
    """Return the smallest relative lift that `people` in each arm can detect; infinity when even a
    rate of 100 % can't be detected."""
    if not 0 < base < 1 or people < 1:
        raise ValueError("the rate must lie between 0 and 1, and a test needs people")
    most = (1 - 1e-9) / base - 1
    if _count_people_needed(base, base * (1 + most)) > people:
        return float("inf")
    low, high = 1e-6, most  # a larger lift needs fewer people: bisect until both agree
    while (middle := (low + high) / 2) not in (low, high):
        if _count_people_needed(base, base * (1 + middle)) > people:
            low = middle
        else:
            high = middle
    return high


def _count_people_needed(base: float, other: float) -> float:
    middle = (base + other) / 2
    chance = normal_quantile(1 - ALPHA / 2) * sqrt(2 * middle * (1 - middle))
    real = normal_quantile(POWER) * sqrt(base * (1 - base) + other * (1 - other))
    return ((chance + real) / (other - base)) ** 2


# Sample ratio check: did each arm get its intended share of people?

MIN_RATIO_P = 0.01  # below it, chance would cause this in fewer than one of a hundred tests


def check_sample_ratio(
    users: Sequence[int], shares: Sequence[float] | None = None
) -> tuple[float, float]:
    """Return chi-square and its p for the arms' sizes against the intended shares (any scale; equal
    when omitted). Raises ValueError for fewer than two arms, an empty test or a negative share."""
    meant = list(shares) if shares else [1.0] * len(users)
    if len(users) < 2 or sum(users) == 0 or min(meant) <= 0 or len(meant) != len(users):
        raise ValueError("a ratio needs two arms, people, and shares above zero")
    expected = [sum(users) * share / sum(meant) for share in meant]
    statistic = sum((n - e) ** 2 / e for n, e in zip(users, expected, strict=True))
    return statistic, chi_square_tail(statistic, len(users) - 1)
