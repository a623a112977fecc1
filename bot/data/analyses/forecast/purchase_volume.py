"""Forecast how much today's customers will buy: BG/NBD and Gamma-Gamma, backtested on past
windows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

from bot.core.half_up import round_half_up
from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.analyses.forecast.customer_history import CustomerHistory, missed_window_message
from bot.data.stats import Numbers, to_percent
from bot.i18n.messages import Words

# BG/NBD: how many purchases each customer will make.


@dataclass(frozen=True)
class PurchaseHistories:
    """Distinct purchase histories: x repeat purchases, the last of them t_x after the first
    purchase, T from the first purchase to now (both in the same unit of time), and how many
    customers have it. `of` is the index of each customer's history."""

    x: Numbers
    t_x: Numbers
    T: Numbers
    many: Numbers
    of: NDArray[np.int64]


@dataclass(frozen=True)
class BgNbdFit:
    """The four parameters and the log-likelihood. `sound` is False where the likelihood has no
    proper maximum: a parameter runs to zero or infinity."""

    r: float
    alpha: float
    a: float
    b: float
    likelihood: float
    converged: bool

    @property
    def sound(self) -> bool:
        shapes = (self.r, self.a, self.b)
        return self.converged and all(MIN_SHAPE < shape < MAX_SHAPE for shape in shapes)


# limits of the shape parameters; UCI Online Retail runs to a → 0, b → 919
MIN_SHAPE, MAX_SHAPE = 1e-3, 100.0
LOG_BOUNDS = (-8.0, 6.0)  # of the log parameters in the search: a little beyond the shape limits
START_POINTS = ((0.25, 4.0, 0.8, 2.5), (1.0, 1.0, 1.0, 1.0))


def group_histories(x: Numbers, t_x: Numbers, T: Numbers) -> PurchaseHistories:  # noqa: N803 (the paper's letters)
    """Merge equal histories. Whole units of time make fewer of them: a million customers over a
    year in days have about 300,000."""
    order = np.lexsort((T, t_x, x))
    table = np.stack([x, t_x, T], axis=1)[order]
    new = np.ones(len(table), dtype=bool)
    new[1:] = np.any(table[1:] != table[:-1], axis=1)
    distinct = table[new]
    of = np.empty(len(table), dtype=np.int64)
    of[order] = np.cumsum(new) - 1
    many = np.bincount(of, minlength=len(distinct)).astype(np.float64)
    return PurchaseHistories(distinct[:, 0], distinct[:, 1], distinct[:, 2], many, of)


def fit_bgnbd(histories: PurchaseHistories) -> BgNbdFit:
    """Return the maximum likelihood parameters, in the histories' unit of time. A second start is
    tried when the first ends at a boundary."""
    # 40 units: the scale for which the papers' starting values work
    scale = float(histories.T.max()) / 40 or 1.0
    scaled = replace(histories, t_x=histories.t_x / scale, T=histories.T / scale)
    fit = _maximize_likelihood(scaled, START_POINTS[0], scale)
    if not fit.sound:
        other = _maximize_likelihood(scaled, START_POINTS[1], scale)
        fit = max(fit, other, key=lambda f: (f.sound, f.likelihood))
    return fit


def _maximize_likelihood(
    histories: PurchaseHistories, start: tuple[float, ...], scale: float
) -> BgNbdFit:
    best = minimize(
        _compute_loss,
        np.log(start),
        args=(histories,),
        jac=True,
        method="L-BFGS-B",
        bounds=[LOG_BOUNDS] * 4,
        options={"maxiter": 300, "ftol": 1e-11, "gtol": 1e-7},
    )
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    people, repeats = histories.many.sum(), (histories.many * histories.x).sum()
    likelihood = float(-best.fun * people - repeats * np.log(scale))
    return BgNbdFit(r, alpha * scale, a, b, likelihood, bool(best.success))


def predict_purchases(fit: BgNbdFit, histories: PurchaseHistories, horizon: float) -> Numbers:
    """Return the expected purchases within `horizon` (in the histories' unit of time) by one
    customer of each history: equation (10) of the paper. Never below zero."""
    r, alpha, a, b = fit.r, fit.alpha, fit.a, fit.b
    x, t_x, T = histories.x, histories.t_x, histories.T  # noqa: N806
    z = horizon / (alpha + T + horizon)
    series = hyp2f1(r + x, b + x, a + b + x - 1, z)
    log_left = (r + x) * (np.log(alpha + T) - np.log(alpha + T + horizon))
    above = (a + b + x - 1) / (a - 1) * (1 - np.exp(log_left) * series)
    with np.errstate(over="ignore"):
        gone = np.where(
            x > 0,
            a / (b + np.maximum(x, 1) - 1) * np.exp((r + x) * np.log((alpha + T) / (alpha + t_x))),
            0.0,
        )
    coming: Numbers = np.maximum(above / (1 + gone), 0.0)
    return coming


def _compute_loss(logs: Numbers, histories: PurchaseHistories) -> tuple[float, Numbers]:
    """Return minus the mean log-likelihood, and its gradient by the log parameters."""
    r, alpha, a, b = np.exp(logs)
    x, many = histories.x, histories.many
    stays, left = np.log(alpha + histories.T), np.log(alpha + histories.t_x)
    repeat = x > 0
    before = np.where(repeat, b + np.maximum(x, 1) - 1, 1.0)
    alive = -(r + x) * stays
    dead = np.where(repeat, np.log(a) - np.log(before) - (r + x) * left, -np.inf)
    either = np.logaddexp(alive, dead)
    w = np.exp(dead - either)  # the probability that this customer is inactive
    each = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(b + x)
        - gammaln(a + b + x)
        + gammaln(a + b)
        - gammaln(b)
        + either
    )
    slopes = np.array(
        [
            digamma(r + x) - digamma(r) + np.log(alpha) - (1 - w) * stays - w * left,
            r / alpha - (r + x) * ((1 - w) / (alpha + histories.T) + w / (alpha + histories.t_x)),
            digamma(a + b) - digamma(a + b + x) + w / a,
            digamma(b + x)
            - digamma(a + b + x)
            + digamma(a + b)
            - digamma(b)
            - np.where(repeat, w / before, 0.0),
        ]
    )
    people = many.sum()
    # Plain sums, because a BLAS call would start threads that cost more than they gain.
    gradient = -(slopes * many).sum(axis=1) / people * np.exp(logs)
    return -float((each * many).sum()) / people, gradient


# Estimate the value of a purchase for each customer: the Gamma-Gamma model.
#
# Source: Fader & Hardie, "The Gamma-Gamma Model of Monetary Value" (2013); Fader, Hardie & Lee,
# "RFM and CLV: Using Iso-Value Curves", J. Marketing Research 42 (2005). A customer's mean purchase
# is shrunk towards the shop's mean, more strongly for fewer purchases. The model assumes that
# purchase frequency and value are independent.


@dataclass(frozen=True)
class GammaGammaFit:
    """The three parameters."""

    p: float
    q: float
    v: float
    converged: bool

    @property
    def sound(self) -> bool:
        return self.converged and self.q > 1 and max(self.p, self.q) < 1000


def fit_gamma_gamma(x: Numbers, mean: Numbers) -> GammaGammaFit:
    """Fit the model. `x` is the number of repeat purchases (above 0) and `mean` their mean amount
    (above 0), one element per customer. Raises ValueError for no customers."""
    usable = (x > 0) & (mean > 0)
    x, mean = x[usable], mean[usable]
    if not len(x):
        raise ValueError("nobody bought again")
    scale = float(np.median(mean))
    optimum = minimize(
        _compute_value_loss,
        np.log([4.0, 4.0, 1.0]),
        args=(x, mean / scale),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-8.0, 12.0)] * 3,
        options={"maxiter": 300, "ftol": 1e-12, "gtol": 1e-7},
    )
    p, q, v = (float(value) for value in np.exp(optimum.x))
    return GammaGammaFit(p, q, v * scale, bool(optimum.success))


def predict_order_value(fit: GammaGammaFit, x: Numbers, mean: Numbers) -> Numbers:
    """Return the value of a purchase for each customer; the shop's mean for those who did not buy
    again."""
    p, q, v = fit.p, fit.q, fit.v
    own = np.where(x > 0, mean, 0.0)
    worth: Numbers = p * (v + x * own) / (p * x + q - 1)
    return worth


def _compute_value_loss(logs: Numbers, x: Numbers, mean: Numbers) -> tuple[float, Numbers]:
    """Return minus the mean log-likelihood, and its gradient by the log parameters."""
    p, q, v = np.exp(logs)
    total = v + x * mean
    each = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(total)
    )
    joint = digamma(p * x + q)
    slopes = np.array(
        [
            (x * (joint - digamma(p * x) + np.log(mean) + np.log(x) - np.log(total))).mean(),
            (joint - digamma(q) + np.log(v) - np.log(total)).mean(),
            (q / v - (p * x + q) / total).mean(),
        ]
    )
    return -float(each.mean()), -slopes * np.exp(logs)


# The forecasts, tried on past windows.

# of the total, over all windows and in one window: an error that a plan can tolerate
MAX_MEAN_ERROR, MAX_WINDOW_ERROR = 0.15, 0.25


@dataclass(frozen=True)
class WindowForecast:
    predicted: float
    came: float

    @property
    def off(self) -> float:
        return self.predicted / self.came - 1 if self.came else float("inf")


@dataclass(frozen=True)
class VolumeForecast:
    """A total for the coming days, and the same for past windows, the newest first. `sound` is
    False when a fit has no maximum."""

    total: float
    windows: Sequence[WindowForecast]
    sound: bool

    @property
    def mean_off(self) -> float:
        return float(np.mean([abs(w.off) for w in self.windows]))

    @property
    def worst(self) -> WindowForecast:
        return max(self.windows, key=lambda w: abs(w.off))

    @property
    def is_finite(self) -> bool:
        """False where the method gave no number at all."""
        return all(isfinite(total) for total in (self.total, *(w.predicted for w in self.windows)))

    @property
    def is_accurate(self) -> bool:
        """Whether the past totals were right: within 15 % on average, and within 25 % each."""
        return (
            self.is_finite
            and self.mean_off <= MAX_MEAN_ERROR
            and abs(self.worst.off) <= MAX_WINDOW_ERROR
        )

    @property
    def is_reliable(self) -> bool:
        return self.sound and self.is_accurate

    @property
    def between(self) -> tuple[float, float]:
        """The interval: the error of the worst window in both directions."""
        off = abs(self.worst.off)
        return self.total * (1 - off), self.total * (1 + off)


def forecast_volume(
    cuts: Sequence[CustomerHistory], ahead: int
) -> tuple[VolumeForecast, VolumeForecast]:
    """Forecast purchases (days with one) and their value in the shop's currency, in the `ahead`
    days after each cutoff, by the customers known on it. For the value of a purchase the first one
    counts like any other. Raises ValueError when at some cutoff nobody had bought again."""
    counts, worths, sound, priced = [], [], True, True
    for each in cuts:
        silent = each.tenure - each.recency  # in days, as all times of BG/NBD here
        histories = group_histories(each.frequency - 1, silent, each.tenure)
        fit = fit_bgnbd(histories)
        coming = predict_purchases(fit, histories, ahead)
        mean = np.maximum(each.spend, 0) / each.frequency
        fitted = (each.frequency > 1) & (mean > 0)  # who bought again and paid something
        spent = fit_gamma_gamma(each.frequency[fitted], mean[fitted])
        counts.append(float(coming @ histories.many))
        each_worth = predict_order_value(spent, each.frequency, mean)
        worths.append(float(coming[histories.of] @ each_worth))
        sound, priced = sound and fit.sound, priced and spent.sound
    past = [(s.next, s.next_spend) for s in cuts[1:]]
    came = [float(n.sum()) for n, _worth in past if n is not None]
    paid = [float(worth.sum()) for _n, worth in past if worth is not None]
    return (
        VolumeForecast(counts[0], _build_windows(counts, came), sound),
        VolumeForecast(worths[0], _build_windows(worths, paid), sound and priced),
    )


def _build_windows(predicted: Sequence[float], came: Sequence[float]) -> list[WindowForecast]:
    return [WindowForecast(s, real) for s, real in zip(predicted[1:], came, strict=True)]


# The facts on how much today's customers will buy.

MIN_REPEAT_BUYERS = 100  # customers who bought again, at each cutoff


def add_purchase_volume(
    context: AnalysisContext, cuts: Sequence[CustomerHistory], ahead: int
) -> None:
    """Add facts behaviour.expected-90-days.purchases, .purchases-low, .purchases-high and the same
    of .value, by today's customers, each with .purchases-backtest-error (%, mean over the windows).
    The interval is as wide as the error of the worst window. Refused when the totals were off by
    more than 15 % on average or 25 % once, or when the fit has no maximum."""
    if any((each.frequency > 1).sum() < MIN_REPEAT_BUYERS for each in cuts):
        context.result.add_limit(
            "Fewer than {n} customers had bought more than once on some day in the past: too"
            " few to say how much will be bought. A longer order file would help.",
            n=MIN_REPEAT_BUYERS,
        )
        return
    purchases, value = forecast_volume(cuts, ahead)
    rows = len(cuts[0].frequency)
    if not purchases.is_reliable:
        context.result.add_limit(_explain_missing_forecast(purchases, ahead))
        return
    _add_forecast(context, "purchases", purchases, ahead, rows)
    if context.currency is None:
        return
    if not value.is_finite:
        context.result.add_limit(
            "What these purchases will be worth can't be told: too few amounts differ."
        )
        return
    if not value.is_reliable:
        context.result.add_limit(
            missed_window_message(
                Words("What these purchases will be worth"),
                len(value.windows),
                value.worst.predicted,
                value.worst.came,
            )
        )
        return
    _add_forecast(context, "value", value, ahead, rows)


def _explain_missing_forecast(forecast: VolumeForecast, ahead: int) -> Words:
    if forecast.is_accurate or not forecast.is_finite:
        return Words(
            "How much will be bought in {days} days is not shown: customers differ too little in"
            " how they leave for the method to hold.",
            days=ahead,
        )
    return missed_window_message(
        Words("How much will be bought in {days} days", days=ahead),
        len(forecast.windows),
        forecast.worst.predicted,
        forecast.worst.came,
    )


def _add_forecast(
    context: AnalysisContext, measure: str, forecast: VolumeForecast, ahead: int, rows: int
) -> None:
    unit = "purchases" if measure == "purchases" else (context.currency or None)
    low, high = forecast.between
    subject = f"expected-{ahead}-days"
    context.result.set_group_size(subject, rows)
    context.result.add_measures(
        subject,
        *(
            (name, round_half_up(value, 0 if unit == "purchases" else 2), unit)
            for name, value in (
                (measure, forecast.total),
                (f"{measure}-low", low),
                (f"{measure}-high", high),
            )
        ),
        (f"{measure}-backtest-error", to_percent(forecast.mean_off), "%"),
        about=f"{ahead} days",
        rows=rows,
        query="histories",
    )
