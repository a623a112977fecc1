"""Compute the expected value of each weekly series, and the p value of the actual one.

Expected = level × season, of purchases, in logarithms. The actual value is compared with it:

- **Scale**: the same forecast is made for each of the last 52 weeks, and its median absolute error
  taken. With few errors the scale is shrunk towards the value common to all series relative to
  their counting noise (Poisson), weighted by the number of weeks.
- **Common spread**: in a week in which all series lie further apart than usual (Black Friday), the
  scale is widened accordingly.
- **p value**: Student's t with 30 degrees of freedom, because the errors have heavier tails than a
  normal distribution.

One week is tested, and three together, to find slow growth; the smaller p counts, doubled.
Evaluated on a simulated year with a Black Friday: tests/data/analyses/test_trends_method.py."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bot.data.stats import MAD_TO_SIGMA, Numbers, student_tail

# The history of each weekly series and its forecast: level × season.

LEVEL_WEEKS = 8
BACKTEST_WEEKS = 52  # past weeks for which the forecast is tested


def find_same_week(weeks: list[date], at: int) -> int:
    """Return the index of last year's week that `weeks[at]` is compared with; negative when it is
    before the first."""
    monday = weeks[at]
    friday = _compute_black_friday(monday.year)
    back = 52
    if date(monday.year, 10, 1) <= monday <= friday:
        back = (friday - _compute_black_friday(monday.year - 1)).days // 7
    return at - back


def _compute_black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


class SeriesHistory:
    """Forecasts `span` weeks at any week of the series. What all series have in common, such as the
    season, is that of the first `common` of them: by default, of all."""

    def __init__(
        self,
        counts: Numbers,
        weeks: list[date],
        span: int,
        sizes: Numbers | None = None,
        *,
        seasonal: bool = True,
        common: int | None = None,
    ):
        self.seasonal, self.common = seasonal, slice(common)
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
        """Convert the logarithm of purchases back into counts."""
        return np.asarray((np.exp(log) - 0.5) * self.purchase)

    def signal(self, at: int) -> Numbers:
        """Return the height of the weeks up to `at` above the level before them, in logarithms."""
        mean: Numbers = self.log[:, at - self.span + 1 : at + 1].mean(axis=1)
        return mean - self.level(at)

    def noise(self, at: int) -> Numbers:
        """Return the variance of a signal from counting alone: that of the weeks' mean, plus that
        of a median of eight (π/2 of a mean's)."""
        weekly = self._mean_purchases(at - self.span - LEVEL_WEEKS + 1, at + 1)
        return np.asarray((1 / self.span + np.pi / 2 / LEVEL_WEEKS) / weekly)

    def noise_of_rise(self, at: int) -> Numbers:
        """The same for a rise, with no more purchases than each of its weeks has: a hundred extra
        units may be one customer's."""
        usual = self._mean_purchases(at - self.span - LEVEL_WEEKS + 1, at + 1)
        behind = np.minimum(usual[:, None], self.sizes[:, at - self.span + 1 : at + 1] + 0.5)
        recent = np.where(self.signal(at) > 0, (1 / behind).mean(axis=1), 1 / usual)
        return np.asarray(recent / self.span + np.pi / 2 / LEVEL_WEEKS / usual)

    def _mean_purchases(self, begin: int, end: int) -> Numbers:
        return np.asarray(self.sizes[:, begin:end].mean(axis=1) + 0.5)

    def season(self, at: int) -> Numbers | None:
        """Return the effect of the same weeks last year; None when last year is not available."""
        then = self.find_week_last_year(at)
        if then is None:
            return None
        return self.blend_season(self.signal(then), self.noise(then))

    def blend_season(self, own: Numbers, noise: Numbers) -> Numbers:
        """Return the common season, plus each series' own deviation as far as such deviations
        repeat."""
        share = self.repeated_variance / (self.repeated_variance + self.single_variance * noise)
        shared, reach = _measure_common_season(own[self.common])
        return np.asarray(shared + share * np.clip(own - shared, -reach, reach))

    def adjust_for_last_year(self, at: int, season: Numbers) -> Numbers:
        """Return the season. For a series with an outlier last year (over three standard errors),
        return the value between the outlier and the season that is nearest to the actual one:
        neither its repetition nor its absence is news."""
        then = self.find_week_last_year(at)
        if then is None:
            return season
        own, came = self.signal(then), self.signal(at)
        far = np.abs(own - np.median(own[self.common])) > 3 * np.sqrt(
            self.single_variance * self.noise(then)
        )
        nearest = np.clip(came, np.minimum(own, season), np.maximum(own, season))
        return np.where(far, nearest, season)

    def list_backtest_errors(self, *, seasonal: bool) -> list[Numbers]:
        """Return the errors of the same forecast in the weeks before the tested ones."""
        errors = []
        for at in self._backtest_weeks():
            season = self.season(at) if seasonal else np.zeros(len(self.log))
            if season is not None:
                errors.append(self.signal(at) - season)
        return errors

    def find_week_last_year(self, at: int) -> int | None:
        """Return the index of the same week last year, when the eight weeks before that are
        available; None for a history without a season."""
        if not self.seasonal:
            return None
        then = find_same_week(self.weeks, at)
        return then if then - self.span - LEVEL_WEEKS + 1 >= 0 else None

    def _backtest_weeks(self) -> range:
        last = len(self.weeks) - 1 - self.span
        return range(max(LEVEL_WEEKS + self.span - 1, last - BACKTEST_WEEKS + 1), last + 1)

    def _measure_season_variances(self) -> tuple[float, float]:
        """Return two variances of the series' deviations from the common season: the one that
        repeated a year later, and the one that did not, as a multiple of counting noise."""
        pairs = [
            (at, then)
            for at in self._backtest_weeks()
            if (then := self.find_week_last_year(at)) is not None
        ]
        if not pairs:
            return 0.0, 1.0
        now = np.stack([self._measure_season_distance(at) for at, _ in pairs])
        before = np.stack([self._measure_season_distance(then) for _, then in pairs])
        noise = np.stack([self.noise(then)[self.common] for _, then in pairs])
        again = max(float((now * before).mean()), 0.0)
        once = float((before**2).mean()) - again
        return again, max(once / float(noise.mean()), 1.0)

    def _measure_season_distance(self, at: int) -> Numbers:
        """Return how far the common series are from their season."""
        signals = self.signal(at)[self.common]
        shared, reach = _measure_common_season(signals)
        return np.clip(signals - shared, -reach, reach)


def _compute_purchase_size(counts: Numbers, sizes: Numbers) -> Numbers:
    """Return the median size of one purchase over the last year's weeks; at least one."""
    counts, sizes = counts[:, -BACKTEST_WEEKS:], sizes[:, -BACKTEST_WEEKS:]
    each = np.divide(counts, sizes, out=np.ones_like(counts), where=sizes > 0)
    sold = np.where(sizes > 0, each, np.nan)
    sold[np.isnan(sold).all(axis=1)] = 1.0
    return np.asarray(np.maximum(np.nanmedian(sold, axis=1), 1.0))


def _measure_common_season(signals: Numbers) -> tuple[float, float]:
    """Return the common season, and the distance from it that counts: three robust deviations."""
    shared = float(np.median(signals))
    return shared, 3 * MAD_TO_SIGMA * float(np.median(np.abs(signals - shared)))


SPAN_WEEKS = (1, 3)  # tested weeks
WATCHED_P = 0.05  # p below which three weeks are reported instead of one
MIN_BACKTESTS = 8  # backtests required to estimate the scale
DEGREES_OF_FREEDOM = 30
MIN_CROWD_SERIES = 20  # series required to estimate their common spread in one week
USUAL_SPREAD = 1.15  # spread that chance explains
PRIOR_WEIGHT_WEEKS = 20.0  # the prior's weight, in weeks of a series


@dataclass(frozen=True)
class SeriesDeviation:
    """One array element per series. `expected` and `came` are means per week over `span` weeks."""

    level: Numbers
    expected: Numbers
    came: Numbers
    p: Numbers
    span: Numbers  # 1 or 3
    season: bool  # False: too few weeks to try the season on, so the level is expected

    @property
    def change(self) -> Numbers:
        return np.asarray(self.came / self.expected - 1)

    def without_first(self, rows: int) -> "SeriesDeviation":
        """Return the same of the other series."""
        cut = {
            name: getattr(self, name)[rows:] for name in ("level", "expected", "came", "p", "span")
        }
        return replace(self, **cut)


def measure_deviation(
    counts: Numbers, weeks: list[date], sizes: Numbers | None = None, *, common: int | None = None
) -> SeriesDeviation | None:
    """Compare the last weeks with their expected values. `counts` is series × weeks, the last
    column being the tested week; `weeks` are the Mondays without a gap; `sizes`, of the same shape,
    is the number of purchases behind each count or amount (by default every unit is one); the first
    `common` series make up the common season and spread. When the season can't be backtested, the
    level alone is expected. None when that can't be either."""
    return _measure_deviation(
        counts, weeks, sizes, seasonal=True, common=common
    ) or _measure_deviation(counts, weeks, sizes, seasonal=False, common=common)


def _measure_deviation(
    counts: Numbers, weeks: list[date], sizes: Numbers | None, *, seasonal: bool, common: int | None
) -> SeriesDeviation | None:
    measured = [
        _measure_last_weeks(
            SeriesHistory(counts, weeks, span, sizes, seasonal=seasonal, common=common)
        )
        for span in SPAN_WEEKS
    ]
    known = [deviation for deviation in measured if deviation is not None]
    if not known or (seasonal and not all(deviation.season for deviation in known)):
        return None
    p = np.stack([deviation.p for deviation in known])
    least = np.minimum(1.0, len(known) * p.min(axis=0))
    best, rows = np.where(least < WATCHED_P, p.argmin(axis=0), 0), np.arange(len(counts))
    chosen = {
        name: np.stack([getattr(deviation, name) for deviation in known])[best, rows]
        for name in ("level", "expected", "came", "span")
    }
    return SeriesDeviation(p=least, season=known[0].season, **chosen)


def forecast_weeks(
    counts: Numbers,
    weeks: list[date],
    sizes: Numbers | None = None,
    *,
    seasonal: bool = True,
    common: int | None = None,
) -> Numbers:
    """Return the value expected of each week from the weeks before it, series × weeks; NaN for the
    first eight weeks. For charts."""
    history = SeriesHistory(counts, weeks, 1, sizes, seasonal=seasonal, common=common)
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
    expected = np.zeros(len(counts)) if season is None else season
    level = history.level(last)
    expected = history.adjust_for_last_year(last, expected)
    error = history.signal(last) - expected
    scale = _compute_standard_error(
        tries, history.noise(last), history.noise_of_rise(last), span, history.common
    )
    scale *= _measure_common_spread((error / scale)[history.common])
    return SeriesDeviation(
        level=history.to_counts(level),
        expected=np.maximum(history.to_counts(level + expected), 0.1),
        came=counts[:, last - span + 1 :].mean(axis=1),
        p=2 * student_tail(np.abs(error) / scale, DEGREES_OF_FREEDOM),
        span=np.full(len(counts), float(span)),
        season=season is not None,
    )


def _compute_standard_error(
    errors: list[Numbers], usual_noise: Numbers, tested_noise: Numbers, span: int, among: slice
) -> Numbers:
    """Return the standard error of each series' forecast: its variation relative to its usual
    noise, times the noise of the tested weeks."""
    own = (MAD_TO_SIGMA * np.median(np.abs(np.stack(errors)), axis=0)) ** 2 / usual_noise
    common = max(float(np.median(own[among])), 1.0)
    weight = len(errors) / span
    over = (weight * own + PRIOR_WEIGHT_WEEKS * common) / (weight + PRIOR_WEIGHT_WEEKS)
    return np.asarray(np.sqrt(np.maximum(over, 1.0) * tested_noise))


def _measure_common_spread(errors: Numbers) -> float:
    """Return how much wider than usual the series are spread in this week. In the week of Black
    Friday each series behaves differently, and that is no finding on any of them."""
    if len(errors) < MIN_CROWD_SERIES:
        return 1.0
    apart = np.abs(errors - np.median(errors))
    return max(1.0, MAD_TO_SIGMA * float(np.median(apart)) / USUAL_SPREAD)


STEP_WEEKS = 12  # a step may be as old as this


def measure_steps(
    counts: Numbers, weeks: list[date], sizes: Numbers | None = None, *, common: int | None = None
) -> SeriesDeviation | None:
    """Compare the last quarter as a whole with the eight weeks before it, to find a step that has
    since become the level of the weeks before the last. None when its season can't be
    backtested: over a quarter, a season looks like a step."""
    measured = _measure_last_weeks(SeriesHistory(counts, weeks, STEP_WEEKS, sizes, common=common))
    return measured if measured and measured.season else None


# The week since which a series deviates from its expected value.

MAX_ONSET_WEEKS = 8  # weeks back in which a change may have begun
MIN_WEEKS_BEFORE_ONSET = 4
MIN_ONSET_T = 3.0  # higher than at a known place, because the place is chosen


def find_onsets(
    counts: Numbers,
    weeks: list[date],
    sizes: Numbers | None = None,
    *,
    seasonal: bool = True,
    latest: int = MAX_ONSET_WEEKS,
    common: int | None = None,
) -> list[date | None]:
    """Return for each series (series × weeks) the Monday since which its height differs, at most
    `latest` weeks back; None where the weeks since don't differ from those before.

    A single step in the deviations of the last weeks, at the place with the least squared error on
    both sides (Page, Biometrika 42 (1955) 523–527, as least squares)."""
    history = SeriesHistory(counts, weeks, 1, sizes, seasonal=seasonal, common=common)
    apart = _measure_deviations(history, latest + MIN_WEEKS_BEFORE_ONSET)
    width = apart.shape[1]
    latest = min(latest, width - 2)
    errors = np.stack(
        [
            _compute_spread(apart[:, : width - back]) + _compute_spread(apart[:, width - back :])
            for back in range(1, latest + 1)
        ]
    )
    began = errors.argmin(axis=0) + 1
    noise = np.maximum(
        errors.min(axis=0) / (width - 2), 1 / history.sizes[:, -width:].clip(1).mean(axis=1)
    )
    onsets: list[date | None] = []
    for row, back in enumerate(map(int, began)):
        step = apart[row, width - back :].mean() - apart[row, : width - back].mean()
        error = np.sqrt(noise[row] * (1 / back + 1 / (width - back)))
        onsets.append(weeks[len(weeks) - back] if abs(step) > MIN_ONSET_T * error else None)
    return onsets


def _measure_deviations(history: SeriesHistory, width: int) -> Numbers:
    """Return how far each of the last weeks deviates from the value expected by the weeks before
    them."""
    counts, weeks = history.counts, history.weeks
    first = max(LEVEL_WEEKS, len(weeks) - width)
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
