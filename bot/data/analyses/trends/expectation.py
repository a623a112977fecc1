"""What each weekly series was expected to be, and how surprising what came is.

Expected = level × season, of purchases, in logarithms (`bot.data.analyses.trends.baseline`). What
came is held against it:

- **Scale**: the same forecast made for each of the last 52 weeks, and the median absolute error of
  it. A few errors say little, so the scale leans on what all series show in common over their
  counting noise (Poisson), by as many weeks as it has.
- **Unrest**: in a week in which all series lie further apart than they use to (Black Friday), the
  scale is as much wider.
- **Chance**: Student's t with 30 degrees of freedom: the errors' tails are heavier than a normal's.

One week is asked, and three together, for what grows slowly; the smaller p counts, doubled.
Measured over a simulated year, with its Black Friday: tests/data/analyses/test_trends_method.py.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.data.analyses.trends.baseline import LEVEL, Past
from bot.data.stats import NORMAL, Numbers, t_above

SPANS = (1, 3)  # weeks asked about
WATCHED = 0.05  # p under which three weeks are told instead of one
LEAST = 8  # tries without which there is no scale
FREEDOM = 30
CROWD = 20  # series from which on their spread in one week tells something
USUAL = 1.15  # so much wider a week may be by chance
LEAN = 20.0  # how many weeks of its own outweigh what all series show


@dataclass(frozen=True)
class Surprise:
    """One number a series. `expected` and `came` are means a week over `span` weeks."""

    level: Numbers
    expected: Numbers
    came: Numbers
    p: Numbers
    span: Numbers  # 1 or 3
    season: bool  # False: less than a year of weeks, so the season is not told

    @property
    def change(self) -> Numbers:
        return np.asarray(self.came / self.expected - 1)


def surprise(counts: Numbers, weeks: list[date], sizes: Numbers | None = None) -> Surprise | None:
    """How the last weeks compare with what was expected. `counts`: series × weeks, the last
    column being the week asked about; `weeks` their Mondays, without a gap; `sizes` how many
    purchases stand behind each count (or amount of money), of the same shape; each one is one
    when left out. None when there are too few weeks to try the forecast on."""
    asked = [_asked(Past(counts, weeks, span, sizes)) for span in SPANS]
    told = [(span, one) for span, one in zip(SPANS, asked, strict=True) if one is not None]
    if not told:
        return None
    p = np.stack([one.p for _, one in told])
    least = np.minimum(1.0, len(told) * p.min(axis=0))
    best = np.where(least < WATCHED, p.argmin(axis=0), 0)
    rows = np.arange(len(counts))
    return Surprise(
        level=np.stack([one.level for _, one in told])[best, rows],
        expected=np.stack([one.expected for _, one in told])[best, rows],
        came=np.stack([one.came for _, one in told])[best, rows],
        p=least,
        span=np.array([span for span, _ in told], dtype=float)[best],
        season=told[0][1].season,
    )


def expected(counts: Numbers, weeks: list[date], sizes: Numbers | None = None) -> Numbers:
    """What each week was expected to be from the weeks before it, series × weeks; nan where there
    are not eight weeks before. For a chart."""
    past = Past(counts, weeks, 1, sizes)
    out = np.full(counts.shape, np.nan)
    for at in range(LEVEL, len(weeks)):
        season = past.season(at)
        out[:, at] = past.counted(past.level(at) + (0.0 if season is None else season))
    return np.asarray(np.maximum(out, 0.0))


def _asked(past: Past) -> Surprise | None:
    last, counts, span = len(past.weeks) - 1, past.counts, past.span
    if last < LEVEL + span:
        return None
    season = past.season(last)
    tries = past.tries(seasonal=season is not None)
    if len(tries) < LEAST:
        return None
    told = np.zeros(len(counts)) if season is None else season
    level = past.level(last)
    told = past.as_before(last, told)
    error = past.signal(last) - told
    scale = _scale(tries, past.noise(last), past.noise_of_rise(last), span)
    scale *= _unrest(error / scale)
    return Surprise(
        level=past.counted(level),
        expected=np.maximum(past.counted(level + told), 0.1),
        came=counts[:, last - span + 1 :].mean(axis=1),
        p=2 * t_above(np.abs(error) / scale, FREEDOM),
        span=np.full(len(counts), float(span)),
        season=season is not None,
    )


def _scale(tries: list[Numbers], usual: Numbers, asked: Numbers, span: int) -> Numbers:
    """The standard error of the forecast, one a series: how much the series varies over its usual
    noise, times the noise of the weeks asked about."""
    own = (NORMAL * np.median(np.abs(np.stack(tries)), axis=0)) ** 2 / usual
    common = max(float(np.median(own)), 1.0)
    weight = len(tries) / span
    over = (weight * own + LEAN * common) / (weight + LEAN)
    return np.asarray(np.sqrt(np.maximum(over, 1.0) * asked))


def _unrest(errors: Numbers) -> float:
    """How many times wider than usual all series lie apart in this very week. In Black Friday's
    each does what it likes, and that is no finding about any of them."""
    if len(errors) < CROWD:
        return 1.0
    apart = np.abs(errors - np.median(errors))
    return max(1.0, NORMAL * float(np.median(apart)) / USUAL)
