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
from datetime import date, timedelta

import numpy as np

from bot.data.stats import MAD_TO_SIGMA, Numbers, student_tail

# The past of each weekly series, and what it leads one to expect of a week: level × season.

LEVEL_WEEKS = 8  # weeks
BACKTEST_WEEKS = 52  # weeks the forecast is tried on


def find_same_week(weeks: list[date], at: int) -> int:
    """The place of the week of last year that `weeks[at]` is held against; negative when before
    the first."""
    monday = weeks[at]
    friday = _compute_black_friday(monday.year)
    back = 52
    if date(monday.year, 10, 1) <= monday <= friday:
        back = (friday - _compute_black_friday(monday.year - 1)).days // 7
    return at - back


def _compute_black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


class SeriesHistory:
    """The forecast of `span` weeks, at any week of the series."""

    def __init__(self, counts: Numbers, weeks: list[date], span: int, sizes: Numbers | None = None):
        self.counts, self.weeks, self.span = counts, weeks, span
        self.sizes = counts if sizes is None else sizes
        self.purchase = (
            np.ones(len(counts)) if sizes is None else _compute_purchase_size(counts, sizes)
        )
        self.log = np.log(counts / self.purchase[:, None] + 0.5)
        self.repeated_variance, self.single_variance = self._measure_season_variances()

    def level(self, at: int) -> Numbers:
        end = at - self.span + 1
        return np.asarray(np.median(self.log[:, end - LEVEL_WEEKS : end], axis=1))

    def to_counts(self, log: Numbers) -> Numbers:
        """What was counted, of the logarithm of purchases."""
        return np.asarray((np.exp(log) - 0.5) * self.purchase)

    def signal(self, at: int) -> Numbers:
        """How far the weeks up to `at` stand above the level before them."""
        mean: Numbers = self.log[:, at - self.span + 1 : at + 1].mean(axis=1)
        return mean - self.level(at)

    def noise(self, at: int) -> Numbers:
        """The variance that counting alone gives to a signal: of the weeks' mean, and of a median
        of eight (π/2 of a mean's)."""
        weekly = self._mean_purchases(at - self.span - LEVEL_WEEKS + 1, at + 1)
        return np.asarray((1 / self.span + np.pi / 2 / LEVEL_WEEKS) / weekly)

    def noise_of_rise(self, at: int) -> Numbers:
        """The same; of a rise, with no more purchases than stand behind each week of it: a hundred
        units more may be one customer's."""
        usual = self._mean_purchases(at - self.span - LEVEL_WEEKS + 1, at + 1)
        behind = np.minimum(usual[:, None], self.sizes[:, at - self.span + 1 : at + 1] + 0.5)
        asked = np.where(self.signal(at) > 0, (1 / behind).mean(axis=1), 1 / usual)
        return np.asarray(asked / self.span + np.pi / 2 / LEVEL_WEEKS / usual)

    def _mean_purchases(self, begin: int, end: int) -> Numbers:
        return np.asarray(self.sizes[:, begin:end].mean(axis=1) + 0.5)

    def season(self, at: int) -> Numbers | None:
        """What the same weeks did last year; None when last year is not there."""
        then = self.find_week_last_year(at)
        if then is None:
            return None
        return self.blend_season(self.signal(then), self.noise(then))

    def blend_season(self, own: Numbers, noise: Numbers) -> Numbers:
        """The common season, and each series' own as far as such things came again."""
        share = self.repeated_variance / (self.repeated_variance + self.single_variance * noise)
        return np.asarray(np.median(own) + share * _measure_season_distance(own))

    def adjust_for_last_year(self, at: int, season: Numbers) -> Numbers:
        """The season, and for a series whose own last year stood far out (by more than three
        standard errors), whatever lies between the two and is nearest to what came: that it comes
        again is no news, and that it does not is none either."""
        then = self.find_week_last_year(at)
        if then is None:
            return season
        own, came = self.signal(then), self.signal(at)
        far = np.abs(own - np.median(own)) > 3 * np.sqrt(self.single_variance * self.noise(then))
        nearest = np.clip(came, np.minimum(own, season), np.maximum(own, season))
        return np.where(far, nearest, season)

    def list_backtest_errors(self, *, seasonal: bool) -> list[Numbers]:
        """The errors of the same forecast in the weeks before those asked about."""
        found = []
        for at in self._backtest_weeks():
            season = self.season(at) if seasonal else np.zeros(len(self.log))
            if season is not None:
                found.append(self.signal(at) - season)
        return found

    def find_week_last_year(self, at: int) -> int | None:
        """Last year's same week, when its own eight weeks before are there."""
        then = find_same_week(self.weeks, at)
        return then if then - self.span - LEVEL_WEEKS + 1 >= 0 else None

    def _backtest_weeks(self) -> range:
        last = len(self.weeks) - 1 - self.span
        return range(max(LEVEL_WEEKS + self.span - 1, last - BACKTEST_WEEKS + 1), last + 1)

    def _measure_season_variances(self) -> tuple[float, float]:
        """Of the series' differences from their common season: the variance that came again a
        year later, and what was there once, as a multiple of counting noise."""
        pairs = [
            (at, then)
            for at in self._backtest_weeks()
            if (then := self.find_week_last_year(at)) is not None
        ]
        if not pairs:
            return 0.0, 1.0
        now = np.stack([_measure_season_distance(self.signal(at)) for at, _ in pairs])
        before = np.stack([_measure_season_distance(self.signal(then)) for _, then in pairs])
        noise = np.stack([self.noise(then) for _, then in pairs])
        again = max(float((now * before).mean()), 0.0)
        once = float((before**2).mean()) - again
        return again, max(once / float(noise.mean()), 1.0)


def _compute_purchase_size(counts: Numbers, sizes: Numbers) -> Numbers:
    """How much one purchase is, in the middle of the last year's weeks; at least one."""
    counts, sizes = counts[:, -BACKTEST_WEEKS:], sizes[:, -BACKTEST_WEEKS:]
    each = np.divide(counts, sizes, out=np.ones_like(counts), where=sizes > 0)
    sold = np.where(sizes > 0, each, np.nan)
    sold[np.isnan(sold).all(axis=1)] = 1.0
    return np.asarray(np.maximum(np.nanmedian(sold, axis=1), 1.0))


def _measure_season_distance(signals: Numbers) -> Numbers:
    """The distance from the common season, the far ones drawn in to three robust deviations."""
    apart = signals - np.median(signals)
    reach = 3 * MAD_TO_SIGMA * float(np.median(np.abs(apart)))
    return np.clip(apart, -reach, reach)


SPAN_WEEKS = (1, 3)  # weeks asked about
WATCHED_P = 0.05  # p under which three weeks are told instead of one
MIN_BACKTESTS = 8  # tries without which there is no scale
DEGREES_OF_FREEDOM = 30
MIN_CROWD_SERIES = 20  # series from which on their spread in one week tells something
USUAL_SPREAD = 1.15  # so much wider a week may be by chance
PRIOR_WEIGHT_WEEKS = 20.0  # how many weeks of its own outweigh what all series show


@dataclass(frozen=True)
class SeriesDeviation:
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


def measure_deviation(
    counts: Numbers, weeks: list[date], sizes: Numbers | None = None
) -> SeriesDeviation | None:
    """How the last weeks compare with what was expected. `counts`: series × weeks, the last
    column being the week asked about; `weeks` their Mondays, without a gap; `sizes` how many
    purchases stand behind each count (or amount of money), of the same shape; each one is one
    when left out. None when there are too few weeks to try the forecast on."""
    asked = [_measure_last_weeks(SeriesHistory(counts, weeks, span, sizes)) for span in SPAN_WEEKS]
    told = [(span, one) for span, one in zip(SPAN_WEEKS, asked, strict=True) if one is not None]
    if not told:
        return None
    p = np.stack([one.p for _, one in told])
    least = np.minimum(1.0, len(told) * p.min(axis=0))
    best = np.where(least < WATCHED_P, p.argmin(axis=0), 0)
    rows = np.arange(len(counts))
    return SeriesDeviation(
        level=np.stack([one.level for _, one in told])[best, rows],
        expected=np.stack([one.expected for _, one in told])[best, rows],
        came=np.stack([one.came for _, one in told])[best, rows],
        p=least,
        span=np.array([span for span, _ in told], dtype=float)[best],
        season=told[0][1].season,
    )


def forecast_weeks(counts: Numbers, weeks: list[date], sizes: Numbers | None = None) -> Numbers:
    """What each week was expected to be from the weeks before it, series × weeks; nan where there
    are not eight weeks before. For a chart."""
    history = SeriesHistory(counts, weeks, 1, sizes)
    out = np.full(counts.shape, np.nan)
    for at in range(LEVEL_WEEKS, len(weeks)):
        season = history.season(at)
        out[:, at] = history.to_counts(history.level(at) + (0.0 if season is None else season))
    return np.asarray(np.maximum(out, 0.0))


def _measure_last_weeks(history: SeriesHistory) -> SeriesDeviation | None:
    last, counts, span = len(history.weeks) - 1, history.counts, history.span
    if last < LEVEL_WEEKS + span:
        return None
    season = history.season(last)
    tries = history.list_backtest_errors(seasonal=season is not None)
    if len(tries) < MIN_BACKTESTS:
        return None
    told = np.zeros(len(counts)) if season is None else season
    level = history.level(last)
    told = history.adjust_for_last_year(last, told)
    error = history.signal(last) - told
    scale = _compute_standard_error(tries, history.noise(last), history.noise_of_rise(last), span)
    scale *= _measure_common_spread(error / scale)
    return SeriesDeviation(
        level=history.to_counts(level),
        expected=np.maximum(history.to_counts(level + told), 0.1),
        came=counts[:, last - span + 1 :].mean(axis=1),
        p=2 * student_tail(np.abs(error) / scale, DEGREES_OF_FREEDOM),
        span=np.full(len(counts), float(span)),
        season=season is not None,
    )


def _compute_standard_error(
    tries: list[Numbers], usual: Numbers, asked: Numbers, span: int
) -> Numbers:
    """The standard error of the forecast, one a series: how much the series varies over its usual
    noise, times the noise of the weeks asked about."""
    own = (MAD_TO_SIGMA * np.median(np.abs(np.stack(tries)), axis=0)) ** 2 / usual
    common = max(float(np.median(own)), 1.0)
    weight = len(tries) / span
    over = (weight * own + PRIOR_WEIGHT_WEEKS * common) / (weight + PRIOR_WEIGHT_WEEKS)
    return np.asarray(np.sqrt(np.maximum(over, 1.0) * asked))


def _measure_common_spread(errors: Numbers) -> float:
    """How many times wider than usual all series lie apart in this very week. In Black Friday's
    each does what it likes, and that is no finding about any of them."""
    if len(errors) < MIN_CROWD_SERIES:
        return 1.0
    apart = np.abs(errors - np.median(errors))
    return max(1.0, MAD_TO_SIGMA * float(np.median(apart)) / USUAL_SPREAD)


# Since when a series lies elsewhere than expected.

ONSET_WINDOW_WEEKS = 12  # weeks looked at
MAX_ONSET_WEEKS = 8  # weeks back that a change may have begun


def find_onsets(counts: Numbers, weeks: list[date], sizes: Numbers | None = None) -> list[date]:
    """For each series (series × weeks) the Monday from which it lies at another height.

    One step in the distances from what was expected over the last twelve weeks, where it leaves
    the least squared error on both sides (Page, Biometrika 42 (1955) 523–527, as least squares).
    Meaningful only for a series that did change."""
    apart = _measure_deviations(SeriesHistory(counts, weeks, 1, sizes))
    width = apart.shape[1]
    latest = min(MAX_ONSET_WEEKS, width - 2)
    errors = np.stack(
        [
            _compute_spread(apart[:, : width - back]) + _compute_spread(apart[:, width - back :])
            for back in range(1, latest + 1)
        ]
    )
    began = errors.argmin(axis=0) + 1
    return [weeks[len(weeks) - int(back)] for back in began]


def _measure_deviations(history: SeriesHistory) -> Numbers:
    """How far each of the last weeks lies from what the weeks before them let expect."""
    counts, weeks = history.counts, history.weeks
    first = max(LEVEL_WEEKS, len(weeks) - ONSET_WINDOW_WEEKS)
    log, level = history.log, history.level(first)
    start = history.find_week_last_year(first)
    out = []
    for at in range(first, len(weeks)):
        then = history.find_week_last_year(at)
        season = np.zeros(len(counts))
        if start is not None and then is not None:
            season = history.blend_season(log[:, then] - history.level(start), history.noise(start))
        out.append(log[:, at] - level - season)
    return np.stack(out, axis=1)


def _compute_spread(part: Numbers) -> Numbers:
    gaps: Numbers = part - part.mean(axis=1, keepdims=True)
    return np.asarray((gaps**2).sum(axis=1))
