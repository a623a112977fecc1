"""How many people a test needs, and what it could see with those it gets.

Normal approximation for two proportions of equal size. Source: Fleiss, Levin & Paik, "Statistical
Methods for Rates and Proportions", 3rd ed. 2003, 4.3 (without the continuity correction).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from bot.data.stats import chi_square_tail, normal_quantile


@dataclass(frozen=True)
class SampleSize:
    """`people` are needed in each arm; `weeks` when it is known how many come in one."""

    people: int
    weeks: float | None
    base: float
    lift: float  # relative: 0.1 is a tenth more
    power: float
    alpha: float


def compute_sample_size(
    base: float,
    lift: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    per_week: float | None = None,
    arms: int = 2,
) -> SampleSize:
    """For a control that succeeds at `base` (0 to 1) and an effect of `lift` (relative).
    `per_week` counts everybody who comes. Raises ValueError for a rate outside 0 to 1."""
    other = base * (1 + lift)
    if not 0 < base < 1 or not 0 < other < 1 or other == base:
        raise ValueError("rates lie between 0 and 1, and an effect is not nothing")
    people = ceil(_count_people_needed(base, other, power, alpha))
    weeks = people * arms / per_week if per_week else None
    return SampleSize(people, weeks, base, lift, power, alpha)


def compute_smallest_lift(
    base: float, people: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest relative rise that so many people in each arm would show. Infinite when even
    a rise to certainty would not."""
    if not 0 < base < 1 or people < 1:
        raise ValueError("a rate lies between 0 and 1, and a test needs people")
    most = (1 - 1e-9) / base - 1
    if _count_people_needed(base, base * (1 + most), power, alpha) > people:
        return float("inf")
    low, high = 1e-6, most  # the more lift, the fewer people: halved until both are the same
    while (middle := (low + high) / 2) not in (low, high):
        if _count_people_needed(base, base * (1 + middle), power, alpha) > people:
            low = middle
        else:
            high = middle
    return high


def _count_people_needed(base: float, other: float, power: float, alpha: float) -> float:
    middle = (base + other) / 2
    chance = normal_quantile(1 - alpha / 2) * sqrt(2 * middle * (1 - middle))
    real = normal_quantile(power) * sqrt(base * (1 - base) + other * (1 - other))
    return ((chance + real) / (other - base)) ** 2


# Whether a test may be read at all: did the arms get the shares of people they were meant to?

MIN_RATIO_P = 0.01  # below: chance alone would do this in fewer than one test of a hundred


def check_sample_ratio(
    users: Sequence[int], shares: Sequence[float] | None = None
) -> tuple[float, float]:
    """Chi-square and its p of the arms' sizes against the shares meant for them (any scale;
    none: equal). Raises ValueError for fewer than two arms, an empty test or a share below zero."""
    meant = list(shares) if shares else [1.0] * len(users)
    if len(users) < 2 or sum(users) == 0 or min(meant) <= 0 or len(meant) != len(users):
        raise ValueError("a ratio needs two arms, people, and shares above zero")
    expected = [sum(users) * share / sum(meant) for share in meant]
    statistic = sum((n - e) ** 2 / e for n, e in zip(users, expected, strict=True))
    return statistic, chi_square_tail(statistic, len(users) - 1)
