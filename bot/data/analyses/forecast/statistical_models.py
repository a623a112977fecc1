"""The statistical models of the forecasts: BG/NBD, Gamma-Gamma and logistic regression."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

from bot.data.stats import Numbers


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
    """The three parameters. `mean` is the value of an average customer's purchase."""

    p: float
    q: float
    v: float
    converged: bool

    @property
    def sound(self) -> bool:
        return self.converged and self.q > 1 and max(self.p, self.q) < 1000

    @property
    def mean(self) -> float:
        return self.p * self.v / (self.q - 1)


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


# Logistic regression on a few features, and its Brier score.
#
# Fitted by Newton's method with a small ridge penalty (le Cessie & van Houwelingen, Applied
# Statistics 41, 1992) on standardised columns. Brier, Monthly Weather Review 78 (1950).

RIDGE = 1.0
MAX_STEPS = 50


@dataclass(frozen=True)
class LogisticModel:
    """Weights of standardised columns; the first one is the intercept."""

    weights: Numbers
    centre: Numbers
    scale: Numbers

    def chances(self, features: Numbers) -> Numbers:
        """Return one probability (0 to 1) per row."""
        chances: Numbers = _apply_sigmoid(
            _standardize(features, self.centre, self.scale) @ self.weights
        )
        return chances


def fit_logistic(features: Numbers, happened: Numbers) -> LogisticModel:
    """Fit the model. `features` is rows × columns; `happened` is 0 or 1 per row. Raises ValueError
    when all rows have the same outcome."""
    if not 0 < happened.mean() < 1:
        raise ValueError("nothing to tell apart")
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    x = _standardize(features, centre, scale)
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(MAX_STEPS):
        chance = _apply_sigmoid(x @ weights)
        slope = x.T @ (happened - chance) - ridge * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return LogisticModel(weights, centre, scale)


def compute_brier_score(chances: Numbers, happened: Numbers) -> float:
    """Return the mean squared error of the probabilities; smaller is better."""
    return float(((chances - happened) ** 2).mean())


def _apply_sigmoid(z: Numbers) -> Numbers:
    curve: Numbers = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return curve


def _standardize(features: Numbers, centre: Numbers, scale: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(features)), (features - centre) / scale])
