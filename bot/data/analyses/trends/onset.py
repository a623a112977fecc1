"""Since when a series lies elsewhere than expected."""

from datetime import date

import numpy as np

from bot.data.analyses.trends.baseline import LEVEL, Past
from bot.data.stats import Numbers

WINDOW = 12  # weeks looked at
LATEST = 8  # weeks back that a change may have begun


def since(counts: Numbers, weeks: list[date], sizes: Numbers | None = None) -> list[date]:
    """For each series (series × weeks) the Monday from which it lies at another height.

    One step in the distances from what was expected over the last twelve weeks, where it leaves
    the least squared error on both sides (Page, Biometrika 42 (1955) 523–527, as least squares).
    Meaningful only for a series that did change."""
    apart = _apart(Past(counts, weeks, 1, sizes))
    width = apart.shape[1]
    latest = min(LATEST, width - 2)
    errors = np.stack(
        [
            _spread(apart[:, : width - back]) + _spread(apart[:, width - back :])
            for back in range(1, latest + 1)
        ]
    )
    began = errors.argmin(axis=0) + 1
    return [weeks[len(weeks) - int(back)] for back in began]


def _apart(past: Past) -> Numbers:
    """How far each of the last weeks lies from what the weeks before them let expect."""
    counts, weeks = past.counts, past.weeks
    first = max(LEVEL, len(weeks) - WINDOW)
    log, level = past.log, past.level(first)
    start = past.then(first)
    out = []
    for at in range(first, len(weeks)):
        then = past.then(at)
        season = np.zeros(len(counts))
        if start is not None and then is not None:
            season = past.following(log[:, then] - past.level(start), past.noise(start))
        out.append(log[:, at] - level - season)
    return np.stack(out, axis=1)


def _spread(part: Numbers) -> Numbers:
    gaps: Numbers = part - part.mean(axis=1, keepdims=True)
    return np.asarray((gaps**2).sum(axis=1))
