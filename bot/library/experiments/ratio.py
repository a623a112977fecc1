"""Whether a test may be read at all: did the arms get the shares of people they were meant to?

A sample ratio that chance can't explain means that somebody was lost or counted twice, and what
remains can't be compared. Source: Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online
Controlled Experiments", KDD 2019.
"""

from collections.abc import Sequence

from bot.library.chance import chi_square_above

BROKEN = 0.01  # below: chance alone would do this in fewer than one test of a hundred


def ratio(users: Sequence[int], shares: Sequence[float] | None = None) -> tuple[float, float]:
    """Chi-square and its p of the arms' sizes against the shares meant for them (any scale;
    none: equal). Raises ValueError for fewer than two arms, an empty test or a share below zero."""
    meant = list(shares) if shares else [1.0] * len(users)
    if len(users) < 2 or sum(users) == 0 or min(meant) <= 0 or len(meant) != len(users):
        raise ValueError("a ratio needs two arms, people, and shares above zero")
    expected = [sum(users) * share / sum(meant) for share in meant]
    statistic = sum((n - e) ** 2 / e for n, e in zip(users, expected, strict=True))
    return statistic, chi_square_above(statistic, len(users) - 1)
