"""The past of each weekly series, and what it leads one to expect of a week: level × season.

All in logarithms, since a shop grows and shrinks by shares:

- **Level**: the median of the eight weeks before. A median, so that one odd week (a sale, a broken
  tag) is not the yardstick of the next.
- **Season**: what the same week did last year against *its* eight weeks before: the median over
  all series, since one series' own last year is mostly noise. How far a series follows its own
  last year instead is measured, by how much the series' differences came again in the weeks that
  have a last year (empirical Bayes: Efron and Morris, JASA 70 (1975) 311–319): candles rise each
  November, bath towels do not. And where a series stood far out in last year's week, neither
  that it does so again nor that it does not is a finding. "The same week" is 52 weeks ago; up to
  Black Friday it is the week as far from that year's Black Friday, 52 or 53 weeks back.
- **Purchases**: what is counted is divided by its usual purchase. A wholesaler's line is of 48, and
  48 units in it are not 48 people who decided: where they are taken for that, one customer's order
  makes a product's week. Counting noise is that of the purchases, as many as the level has, or,
  of a rise, as few as stand behind it.
"""

from datetime import date, timedelta

import numpy as np

from bot.data.stats import NORMAL, Numbers

LEVEL = 8  # weeks
BACK = 52  # weeks the forecast is tried on


def same_week(weeks: list[date], at: int) -> int:
    """The place of the week of last year that `weeks[at]` is held against; negative when before
    the first."""
    monday = weeks[at]
    friday = _black_friday(monday.year)
    back = 52
    if date(monday.year, 10, 1) <= monday <= friday:
        back = (friday - _black_friday(monday.year - 1)).days // 7
    return at - back


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


class Past:
    """The forecast of `span` weeks, at any week of the series."""

    def __init__(self, counts: Numbers, weeks: list[date], span: int, sizes: Numbers | None = None):
        self.counts, self.weeks, self.span = counts, weeks, span
        self.sizes = counts if sizes is None else sizes
        self.purchase = np.ones(len(counts)) if sizes is None else _purchase(counts, sizes)
        self.log = np.log(counts / self.purchase[:, None] + 0.5)
        self.again, self.once = self._coming_again()

    def level(self, at: int) -> Numbers:
        end = at - self.span + 1
        return np.asarray(np.median(self.log[:, end - LEVEL : end], axis=1))

    def counted(self, log: Numbers) -> Numbers:
        """What was counted, of the logarithm of purchases."""
        return np.asarray((np.exp(log) - 0.5) * self.purchase)

    def signal(self, at: int) -> Numbers:
        """How far the weeks up to `at` stand above the level before them."""
        mean: Numbers = self.log[:, at - self.span + 1 : at + 1].mean(axis=1)
        return mean - self.level(at)

    def noise(self, at: int) -> Numbers:
        """The variance that counting alone gives to a signal: of the weeks' mean, and of a median
        of eight (π/2 of a mean's)."""
        weekly = self._sized(at - self.span - LEVEL + 1, at + 1)
        return np.asarray((1 / self.span + np.pi / 2 / LEVEL) / weekly)

    def noise_of_rise(self, at: int) -> Numbers:
        """The same; of a rise, with no more purchases than stand behind each week of it: a hundred
        units more may be one customer's."""
        usual = self._sized(at - self.span - LEVEL + 1, at + 1)
        behind = np.minimum(usual[:, None], self.sizes[:, at - self.span + 1 : at + 1] + 0.5)
        asked = np.where(self.signal(at) > 0, (1 / behind).mean(axis=1), 1 / usual)
        return np.asarray(asked / self.span + np.pi / 2 / LEVEL / usual)

    def _sized(self, begin: int, end: int) -> Numbers:
        return np.asarray(self.sizes[:, begin:end].mean(axis=1) + 0.5)

    def season(self, at: int) -> Numbers | None:
        """What the same weeks did last year; None when last year is not there."""
        then = self.then(at)
        if then is None:
            return None
        return self.following(self.signal(then), self.noise(then))

    def following(self, own: Numbers, noise: Numbers) -> Numbers:
        """The common season, and each series' own as far as such things came again."""
        share = self.again / (self.again + self.once * noise)
        return np.asarray(np.median(own) + share * _apart(own))

    def as_before(self, at: int, season: Numbers) -> Numbers:
        """The season, and for a series whose own last year stood far out (by more than three
        standard errors), whatever lies between the two and is nearest to what came: that it comes
        again is no news, and that it does not is none either."""
        then = self.then(at)
        if then is None:
            return season
        own, came = self.signal(then), self.signal(at)
        far = np.abs(own - np.median(own)) > 3 * np.sqrt(self.once * self.noise(then))
        nearest = np.clip(came, np.minimum(own, season), np.maximum(own, season))
        return np.where(far, nearest, season)

    def tries(self, *, seasonal: bool) -> list[Numbers]:
        """The errors of the same forecast in the weeks before those asked about."""
        found = []
        for at in self._tried():
            season = self.season(at) if seasonal else np.zeros(len(self.log))
            if season is not None:
                found.append(self.signal(at) - season)
        return found

    def then(self, at: int) -> int | None:
        """Last year's same week, when its own eight weeks before are there."""
        then = same_week(self.weeks, at)
        return then if then - self.span - LEVEL + 1 >= 0 else None

    def _tried(self) -> range:
        last = len(self.weeks) - 1 - self.span
        return range(max(LEVEL + self.span - 1, last - BACK + 1), last + 1)

    def _coming_again(self) -> tuple[float, float]:
        """Of the series' differences from their common season: the variance that came again a
        year later, and what was there once, as a multiple of counting noise."""
        pairs = [(at, then) for at in self._tried() if (then := self.then(at)) is not None]
        if not pairs:
            return 0.0, 1.0
        now = np.stack([_apart(self.signal(at)) for at, _ in pairs])
        before = np.stack([_apart(self.signal(then)) for _, then in pairs])
        noise = np.stack([self.noise(then) for _, then in pairs])
        again = max(float((now * before).mean()), 0.0)
        once = float((before**2).mean()) - again
        return again, max(once / float(noise.mean()), 1.0)


def _purchase(counts: Numbers, sizes: Numbers) -> Numbers:
    """How much one purchase is, in the middle of the last year's weeks; at least one."""
    counts, sizes = counts[:, -BACK:], sizes[:, -BACK:]
    each = np.divide(counts, sizes, out=np.ones_like(counts), where=sizes > 0)
    sold = np.where(sizes > 0, each, np.nan)
    sold[np.isnan(sold).all(axis=1)] = 1.0
    return np.asarray(np.maximum(np.nanmedian(sold, axis=1), 1.0))


def _apart(signals: Numbers) -> Numbers:
    """The distance from the common season, the far ones drawn in to three robust deviations."""
    apart = signals - np.median(signals)
    reach = 3 * NORMAL * float(np.median(np.abs(apart)))
    return np.clip(apart, -reach, reach)
