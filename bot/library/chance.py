"""What chance alone would do: many tests at once, two shares side by side, a robust spread."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
NORMAL = 1.4826  # a median absolute deviation times this is a normal's standard deviation


def false_discovery(p: Numbers) -> Numbers:
    """For each p-value, the share of false finds among all as small (q ≤ .10: ten per cent).

    Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289–300, step-up, as adjusted p-values."""
    if not len(p):
        return p
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(ranked)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1]
    return np.minimum(q, 1.0)


def two_shares(
    hits: Numbers, of: Numbers, other_hits: Numbers, other_of: Numbers, spread: Numbers
) -> Numbers:
    """Two-sided p that two shares are the same, one pair an element: the pooled two-proportion z.
    `spread` is how many times the counts vary more than a coin would (1: exactly so); it widens
    the variance. No rows on a side gives 1."""
    from scipy.stats import norm

    both = of + other_of
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (hits + other_hits) / both
        error = np.sqrt(spread * pooled * (1 - pooled) * (1 / of + 1 / other_of))
        z = (hits / of - other_hits / other_of) / error
    told = np.isfinite(z)
    p: Numbers = np.where(told, 2 * norm.sf(np.abs(np.where(told, z, 0.0))), 1.0)
    return p
