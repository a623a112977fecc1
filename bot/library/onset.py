"""Since when a share is another, and how sure the day is."""

import numpy as np

from bot.library.chance import Numbers, x_log_y

EDGE = 3  # days on either side that a change needs


def since(hits: Numbers, of: Numbers, spread: float = 1.0) -> tuple[int, int] | None:
    """The day (its place) from which a share is another, and ± how many days; None when one share
    for all days explains them as well.

    `hits` of `of` by day, binomial. One step, where the likelihood is greatest; there is one when
    that gains more than BIC asks for two parameters (Schwarz, Ann. Stat. 6 (1978) 461–464). The
    interval holds 95 % of the likelihood over all days (a flat prior). `spread` is how much more
    than binomial the days vary."""
    days = len(of)
    if days < 2 * EDGE + 1:
        return None
    before_hits, before_of = np.cumsum(hits)[:-1], np.cumsum(of)[:-1]
    gain = (
        _fit(before_hits, before_of)
        + _fit(hits.sum() - before_hits, of.sum() - before_of)
        - _fit(hits.sum(), of.sum())
    ) / spread
    gain[: EDGE - 1] = gain[days - EDGE :] = -np.inf
    best = int(gain.argmax())
    if 2 * gain[best] <= 2 * np.log(days):
        return None
    weight = np.exp(gain - gain[best])
    order = np.argsort(-weight, kind="stable")
    held = order[: int(np.searchsorted(np.cumsum(weight[order]), 0.95 * weight.sum())) + 1]
    return best + 1, int(max(abs(held - best)))


def _fit(hits: Numbers, of: Numbers) -> Numbers:
    """The log-likelihood at the share observed."""
    missed = of - hits
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(of > 0, hits / of, 0.0)
        other = np.where(of > 0, missed / of, 0.0)
    return x_log_y(hits, share) + x_log_y(missed, other)
