"""Compute sample sizes, and the smallest detectable effect of a given sample.

Normal approximation for two proportions of equal size. Source: Fleiss, Levin & Paik, "Statistical
Methods for Rates and Proportions", 3rd ed. 2003, 4.3 (without the continuity correction)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from bot.data.stats import chi_square_tail, normal_quantile


@dataclass(frozen=True)
class SampleSize:
    """`people` are needed in each arm; `weeks` is set when the weekly number of people is known."""

    people: int
    weeks: float | None
    base: float
    lift: float  # relative: 0.1 is 10 % more
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
    """Return the size for a control with success rate `base` (0 to 1) and a relative effect of
    `lift`. `per_week` counts the people of both arms. Raises ValueError for a rate outside 0 to
    1."""
    other = base * (1 + lift)
    if not 0 < base < 1 or not 0 < other < 1 or other == base:
        raise ValueError("rates must lie between 0 and 1, and the effect must not be zero")
    people = ceil(_count_people_needed(base, other, power, alpha))
    weeks = people * arms / per_week if per_week else None
    return SampleSize(people, weeks, base, lift, power, alpha)


def compute_smallest_lift(
    base: float, people: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Return the smallest relative lift that `people` in each arm can detect; infinity when even a
    rate of 100 % can't be detected."""
    if not 0 < base < 1 or people < 1:
        raise ValueError("the rate must lie between 0 and 1, and a test needs people")
    most = (1 - 1e-9) / base - 1
    if _count_people_needed(base, base * (1 + most), power, alpha) > people:
        return float("inf")
    low, high = 1e-6, most  # a larger lift needs fewer people: bisect until both agree
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
