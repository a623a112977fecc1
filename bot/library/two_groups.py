"""Regions that fall into two groups, each with a share of late parcels of its own.

A mixture of two binomials, by EM (Dempster, Laird and Rubin, J. R. Stat. Soc. B 39 (1977) 1–38),
where that explains the counts better than one share by BIC. Single regions are small, so they are
read together here; and unlike the share of the regions picked for being late, the mixture's is not
inflated by the picking.
"""

import numpy as np

from bot.library.chance import Numbers, x_log_y


def two_groups(late: Numbers, due: Numbers) -> tuple[float, float, Numbers] | None:
    """The share of the late regions, of the others, and how surely each is a late one (0–1); None
    when one share for all regions explains the counts as well."""
    low, high, part = late.sum() / due.sum(), 0.0, 0.1
    one = _fit(late, due, float(low))
    high, low = min(3 * low + 0.05, 0.9), 0.7 * low
    surely = np.zeros(len(due))
    for _ in range(500):
        odds = np.log(part / (1 - part)) + _fit(late, due, high) - _fit(late, due, low)
        surely = np.exp(-np.logaddexp(0, -odds))
        part = float(np.clip(surely.mean(), 1e-6, 1 - 1e-6))
        high = _share((surely * late).sum(), (surely * due).sum())
        low = _share(((1 - surely) * late).sum(), ((1 - surely) * due).sum())
    both = np.logaddexp(
        np.log(part) + _fit(late, due, high), np.log(1 - part) + _fit(late, due, low)
    )
    if high <= low or 2 * (both.sum() - one.sum()) <= 2 * np.log(len(due)):
        return None
    return high, low, surely


def _fit(late: Numbers, due: Numbers, share: float) -> Numbers:
    return x_log_y(late, share) + x_log_y(due - late, 1 - share)


def _share(late: float, due: float) -> float:
    return float(np.clip(late / due if due else 0.0, 1e-6, 1 - 1e-6))
