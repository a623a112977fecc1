"""Forecast the number of purchases: the BG/NBD model, fitted by maximum likelihood.

Source: Fader, Hardie & Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005)
275–284; Fader & Hardie, "Overcoming the BG/NBD Model's #NUM! Error" (2013). While active, a
customer buys at a rate that is gamma(r, α) distributed over customers; after each purchase they
become inactive with a probability that is beta(a, b) distributed. The probability of still being
active is not exposed: it is 1 for all who bought once, so it says nothing about who churns."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

Numbers: TypeAlias = NDArray[np.float64]


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
