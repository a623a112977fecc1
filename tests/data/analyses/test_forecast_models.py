"""The models behind the forecasts: BG/NBD, Gamma-Gamma and logistic regression."""

from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.data.analyses.forecast.purchase_volume import (
    PurchaseHistories,
    _compute_loss,
    fit_bgnbd,
    fit_gamma_gamma,
    group_histories,
    predict_order_value,
    predict_purchases,
)
from bot.data.analyses.forecast.repurchase import compute_brier_score, fit_logistic
from bot.data.stats import compute_auc
from tests.support.paths import DATA

CDNOW = DATA / "cdnow_sample.txt"
END = date(1997, 9, 30)  # of the calibration
Numbers = NDArray[np.float64]


def cdnow() -> dict[str, dict[date, float]]:
    """Amounts by customer and day."""
    days: dict[str, dict[date, float]] = {}
    for line in CDNOW.read_text().splitlines():
        _master, customer, on, _units, dollars = line.split()
        day = date(int(on[:4]), int(on[4:6]), int(on[6:]))
        bought = days.setdefault(customer, {})
        bought[day] = bought.get(day, 0.0) + float(dollars)
    return days


def build_histories(
    days: dict[str, dict[date, float]],
) -> tuple[PurchaseHistories, Numbers, Numbers]:
    """Histories in weeks; repeat purchases and their mean amount by customer."""
    rows = []
    for bought in days.values():
        known = sorted(day for day in bought if day <= END)
        again = [bought[day] for day in known[1:]]
        mean = sum(again) / len(again) if again else 0.0
        rows.append((len(again), (known[-1] - known[0]).days, (END - known[0]).days, mean))
    x, t_x, age, mean = np.array(rows, dtype=np.float64).T
    return group_histories(x, t_x / 7, age / 7), x, mean


@pytest.mark.skipif(not CDNOW.exists(), reason="the CDNOW sample is not here")
def test_bgnbd_parameters_agree_with_the_paper() -> None:
    histories, x, mean = build_histories(cdnow())
    fit = fit_bgnbd(histories)
    assert (fit.r, fit.alpha) == pytest.approx((0.2426, 4.4136), abs=5e-4)
    assert (fit.a, fit.b) == pytest.approx((0.7929, 2.4259), abs=5e-4)
    assert fit.likelihood == pytest.approx(-9582.43, abs=0.01)
    assert fit.sound
    worth = fit_gamma_gamma(x, mean)
    assert (x > 0).sum() == 946
    assert (worth.p, worth.q, worth.v) == pytest.approx((6.250, 3.744, 15.444), abs=2e-3)


@pytest.mark.skipif(not CDNOW.exists(), reason="the CDNOW sample is not here")
def test_bgnbd_predicts_the_holdout_weeks() -> None:
    """Figure 2 of the paper: repeat purchases, summed up over weeks 40 to 78."""
    days = cdnow()
    fit = fit_bgnbd(build_histories(days)[0])
    begin = date(1997, 1, 1)
    repeats = [d for bought in days.values() for d in sorted(bought)[1:]]
    firsts = np.array([(min(bought) - begin).days / 7 for bought in days.values()])
    nothing = np.zeros_like(firsts)
    off = []
    for week in range(40, 79):
        came = sum(day <= begin + timedelta(weeks=week) for day in repeats)
        told_ = [
            predict_purchases(
                fit,
                group_histories(nothing[:1], nothing[:1], nothing[:1]),
                week - first,
            )
            for first in np.unique(firsts)
        ]
        many = np.unique(firsts, return_counts=True)[1]
        said = float(np.array(told_)[:, 0] @ many)
        off.append(abs(said - came) / came)
    assert np.mean(off) < 0.03
    assert max(off) < 0.05


def simulated(people: int, seed: int = 5) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """x, t_x, T and purchases in the 90 days after, for known parameters: r .4, α 30, a .8, b 2.5,
    in days."""
    rng = np.random.default_rng(seed)
    rate, leaves = rng.gamma(0.4, 1 / 30, people), rng.beta(0.8, 2.5, people)
    age = rng.integers(100, 500, people).astype(np.float64)
    x, t_x, coming = np.zeros(people), np.zeros(people), np.zeros(people)
    at, here = np.zeros(people), np.ones(people, dtype=bool)
    while here.any():
        at = np.where(here, at + rng.exponential(1 / np.maximum(rate, 1e-12)), np.inf)
        known, after = here & (at <= age), here & (at > age) & (at <= age + 90)
        x, t_x = x + known, np.where(known, at, t_x)
        coming += after
        here = (known | after) & (rng.random(people) > leaves)
    return x, t_x, age, coming


def test_bgnbd_recovers_simulated_parameters() -> None:
    x, t_x, age, coming = simulated(40_000)
    histories = group_histories(x, np.ceil(t_x), age)
    fit = fit_bgnbd(histories)
    assert fit.sound
    assert (fit.r, fit.a) == pytest.approx((0.4, 0.8), rel=0.1)
    assert (fit.alpha, fit.b) == pytest.approx((30, 2.5), rel=0.15)
    said = float(predict_purchases(fit, histories, 90) @ histories.many)
    assert said == pytest.approx(coming.sum(), rel=0.05)


def test_equal_histories_are_grouped_without_loss() -> None:
    x, t_x, age, _coming = simulated(2_000)
    histories = group_histories(x, np.ceil(t_x), age)
    assert len(histories.x) < 2_000
    assert histories.many.sum() == 2_000
    assert (histories.x[histories.of] == x).all()
    assert (histories.T[histories.of] == age).all()


def test_bgnbd_does_not_depend_on_the_unit_of_time() -> None:
    x, t_x, age, _coming = simulated(5_000)
    days = fit_bgnbd(group_histories(x, t_x, age))
    weeks = fit_bgnbd(group_histories(x, t_x / 7, age / 7))
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-3)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-3)


def test_bgnbd_gradient_agrees_with_the_likelihood() -> None:
    x, t_x, age, _coming = simulated(500)
    histories = group_histories(x, t_x / 7, age / 7)
    logs = np.log([0.3, 4.0, 0.7, 2.0])
    slope = _compute_loss(logs, histories)[1]
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-6
        up, down = (_compute_loss(logs + s, histories)[0] for s in (step, -step))
        assert slope[i] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-7)


def test_bgnbd_is_not_sound_when_no_customer_churns() -> None:
    rng = np.random.default_rng(3)
    rate, age = rng.gamma(2.0, 1 / 30, 3_000), np.full(3_000, 300.0)
    x = rng.poisson(rate * age).astype(np.float64)
    t_x = np.where(x > 0, age * rng.random(3_000) ** (1 / np.maximum(x, 1)), 0.0)
    assert not fit_bgnbd(group_histories(x, np.ceil(t_x), age)).sound


def test_gamma_gamma_recovers_purchase_values() -> None:
    rng = np.random.default_rng(8)
    p, q, v, people = 6.0, 4.0, 15.0, 20_000
    x = rng.integers(1, 8, people).astype(np.float64)
    scale = rng.gamma(q, 1 / v, people)
    mean = rng.gamma(p * x) / (scale * x)
    worth = fit_gamma_gamma(x, mean)
    assert (worth.p, worth.q, worth.v) == pytest.approx((p, q, v), rel=0.1)
    pulled = predict_order_value(worth, np.array([0.0, 1.0, 50.0]), np.array([0.0, 90.0, 90.0]))
    assert pulled[0] == pytest.approx(p * v / (q - 1), rel=0.03)
    assert pulled[0] < pulled[1] < pulled[2] < 90


def test_gamma_gamma_requires_repeat_buyers() -> None:
    with pytest.raises(ValueError, match="nobody bought again"):
        fit_gamma_gamma(np.zeros(3), np.zeros(3))


def test_logistic_regression_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import brier_score_loss, roc_auc_score

    rng = np.random.default_rng(2)
    features = np.round(rng.normal(size=(2_000, 4)), 1)
    happened = (rng.random(2_000) < 1 / (1 + np.exp(-features @ [1.0, -0.5, 0, 0.2]))).astype(float)
    chances = fit_logistic(features, happened).chances(features)
    standard = (features - features.mean(0)) / features.std(0)
    other = LogisticRegression(C=1.0, tol=1e-9, max_iter=500).fit(standard, happened)
    assert chances == pytest.approx(other.predict_proba(standard)[:, 1], abs=1e-4)
    assert compute_auc(chances, happened) == pytest.approx(roc_auc_score(happened, chances))
    assert compute_brier_score(chances, happened) == pytest.approx(
        brier_score_loss(happened, chances)
    )


def test_logistic_regression_refuses_a_single_outcome() -> None:
    with pytest.raises(ValueError, match="nothing to tell apart"):
        fit_logistic(np.ones((4, 2)), np.ones(4))
    assert compute_auc(np.ones(4), np.ones(4)) == 0.5
