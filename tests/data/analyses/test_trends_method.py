"""The statistical method behind trends, on simulated series."""

from datetime import date, timedelta

import numpy as np
import pytest

from bot.data.analyses.trends.expectation import (
    STEP_WEEKS,
    find_onsets,
    find_same_week,
    forecast_weeks,
    measure_deviation,
    measure_steps,
)
from bot.data.stats import Numbers, adjust_false_discovery, compare_shares

WEEKS = [date(2023, 10, 30) + timedelta(weeks=n) for n in range(150)]
FRIDAYS = (date(2023, 11, 24), date(2024, 11, 29), date(2025, 11, 28))


def many(seed: int, series: int = 200) -> tuple[np.random.Generator, Numbers]:
    """The means of 200 series over 150 weeks: their own sizes and drift, one season, Black Friday
    to which each answers in its own way."""
    dice = np.random.default_rng(seed)
    size = np.exp(dice.normal(np.log(90), 0.7, series))
    day = np.array([week.timetuple().tm_yday for week in WEEKS])
    season = 0.25 * np.sin(2 * np.pi * (day - 200) / 365)
    friday = np.array([any(w <= f < w + timedelta(7) for f in FRIDAYS) for w in WEEKS])
    drift = np.cumsum(dice.normal(0, 0.02, (series, len(WEEKS))), axis=1)
    answer = 0.8 * np.clip(dice.normal(1, 0.3, (series, 1)), 0, 3)
    return dice, size[:, None] * np.exp(season + drift + answer * friday)


def counted(dice: np.random.Generator, mean: Numbers) -> Numbers:
    """Counts a little wilder than Poisson's."""
    return dice.poisson(mean * dice.gamma(300, 1 / 300, mean.shape)).astype(float)


def a_week(dice: np.random.Generator, mean: Numbers, counts: Numbers, last: int) -> list[int]:
    """Ten series change in the last week: false, found, findable."""
    changed = dice.choice(len(mean), 10, replace=False)
    by = np.where(np.arange(10) % 2 == 0, 0.5, 2.0)
    now = counts[:, : last + 1].copy()
    now[changed, last] = counted(dice, mean[changed, last] * by)
    told = measure_deviation(now, WEEKS[: last + 1])
    assert told is not None
    large = np.median(now[:, -9:-1], axis=1) >= 30
    q = np.ones(len(now))
    q[large] = adjust_false_discovery(told.p[large])
    sure = (q <= 0.1) & (np.abs(told.change) >= 0.1) & large
    real = np.isin(np.arange(len(now)), changed)
    return [int((sure & ~real).sum()), int((sure & real).sum()), int((large & real).sum())]


@pytest.mark.timeout(300)
def test_false_alarms_are_rare_and_large_changes_are_found() -> None:
    dice, mean = many(1)
    counts = counted(dice, mean)
    year = [a_week(dice, mean, counts, last) for last in range(len(WEEKS) - 52, len(WEEKS))]
    false, found, real = np.array(year).sum(axis=0)
    assert false / (false + found) <= 0.15
    assert found / real >= 0.70


def test_repeated_season_is_no_finding() -> None:
    """Candles double each December; the others don't."""
    dice = np.random.default_rng(3)
    december = np.array([week.month == 12 for week in WEEKS])
    mean = np.full((12, len(WEEKS)), 200.0)
    mean[:4] *= np.where(december, 2.0, 1.0)
    last = max(n for n, week in enumerate(WEEKS) if week < date(2025, 12, 9))
    told = measure_deviation(counted(dice, mean)[:, : last + 1], WEEKS[: last + 1])
    assert told is not None
    assert told.season
    assert adjust_false_discovery(told.p)[:4].min() > 0.1
    assert told.expected[:4].min() > 300


def test_outlier_of_last_year_is_no_finding() -> None:
    """One series tripled in last year's week, for once."""
    dice = np.random.default_rng(8)
    mean = np.full((30, 130), 100.0)
    mean[0, 129 - 52] *= 3
    told = measure_deviation(counted(dice, mean), WEEKS[:130])
    assert told is not None
    assert told.p[0] > 0.05


def test_weak_change_is_found_over_three_weeks() -> None:
    dice = np.random.default_rng(5)
    mean = np.full((30, 120), 60.0)
    mean[0, -3:] *= 1.7
    told = measure_deviation(counted(dice, mean), WEEKS[:120])
    assert told is not None
    assert told.span[0] == 3
    assert told.p[0] < 0.01
    assert 0.4 < told.change[0] < 1.0


def test_less_than_a_year_has_no_season() -> None:
    counts = np.random.default_rng(2).poisson(100, (5, 40)).astype(float)
    told = measure_deviation(counts, WEEKS[:40])
    assert told is not None
    assert not told.season
    assert told.expected == pytest.approx(told.level, rel=1e-9)


def test_too_few_weeks_return_none() -> None:
    assert measure_deviation(np.full((3, 16), 50.0), WEEKS[:16]) is None


def test_onset_week_is_found() -> None:
    dice = np.random.default_rng(4)
    mean = np.full((20, 120), 150.0)
    mean[0, -5:] *= 0.6
    began = find_onsets(counted(dice, mean), WEEKS[:120])[0]
    assert began is not None
    assert abs((began - WEEKS[115]).days) <= 7


def test_onset_is_told_only_where_the_weeks_since_differ() -> None:
    steady = np.random.default_rng(3).poisson(100, (200, 120)).astype(float)
    told = [began for began in find_onsets(steady, WEEKS[:120]) if began]
    assert len(told) <= 20


def test_steps_of_the_last_quarter_are_found_with_their_week() -> None:
    dice, mean = many(6)
    counts = counted(dice, mean)[:, :140]
    changed = list(range(0, 20, 2))
    counts[changed, -9:] = counted(dice, mean[changed, 131:140] * 0.5)
    quarter = measure_steps(counts, WEEKS[:140])
    assert quarter is not None
    large = np.median(counts[:, -9:-1], axis=1) >= 30
    q = np.ones(len(counts))
    q[large] = adjust_false_discovery(quarter.p[large])
    sure = set(np.flatnonzero(q <= 0.1))
    real = {row for row in changed if large[row]}
    assert len(sure & real) >= 0.8 * len(real)
    assert len(sure - real) <= 3
    began = find_onsets(counts, WEEKS[:140], latest=STEP_WEEKS)
    near = [row for row in sure & real if abs((began[row] or WEEKS[0]) - WEEKS[131]).days <= 7]
    assert len(near) >= 0.8 * len(sure & real)


@pytest.mark.parametrize("count", [60, 63, 68])
def test_level_is_expected_where_the_season_cannot_be_tried(count: int) -> None:
    counts = np.random.default_rng(2).poisson(100, (25, count)).astype(float)
    counts[0, -1] = 200
    told = measure_deviation(counts, WEEKS[:count])
    assert told is not None
    assert not told.season
    assert told.span[0] == 1
    assert told.p[0] < 0.001


def test_black_friday_is_compared_with_black_friday() -> None:
    """From 24 November 2023 to 29 November 2024 are 53 weeks, and then 52."""
    weeks = {week: n for n, week in enumerate(WEEKS)}
    for monday, then in (
        (date(2024, 11, 25), date(2023, 11, 20)),
        (date(2024, 11, 18), date(2023, 11, 13)),
        (date(2024, 12, 9), date(2023, 12, 11)),
        (date(2025, 11, 24), date(2024, 11, 25)),
    ):
        assert WEEKS[find_same_week(WEEKS, weeks[monday])] == then


def test_first_weeks_have_no_expected_value() -> None:
    foretold = forecast_weeks(np.full((4, 30), 80.0), WEEKS[:30])
    assert np.isnan(foretold[:, :8]).all()
    assert foretold[:, 8:] == pytest.approx(80.0)


def test_false_discovery_adjustment_agrees_with_benjamini_hochberg() -> None:
    """The fifteen p-values of their own example (1995, section 3.2)."""
    small = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p = np.array([*small, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    assert (adjust_false_discovery(p) <= 0.05).sum() == 4


def test_two_shares_are_compared_as_in_the_textbook() -> None:
    one = [np.array([n]) for n in (646.0, 11960.0, 506.0, 12040.0)]
    assert compare_shares(one[0], one[1], one[2], one[3], np.ones(1))[0] == pytest.approx(
        1.4e-5, rel=0.2
    )
    assert compare_shares(np.zeros(1), np.zeros(1), one[2], one[3], np.ones(1))[0] == 1.0
