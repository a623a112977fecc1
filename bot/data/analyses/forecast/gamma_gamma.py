"""Estimate the value of a purchase for each customer: the Gamma-Gamma model.

Source: Fader & Hardie, "The Gamma-Gamma Model of Monetary Value" (2013); Fader, Hardie & Lee, "RFM
and CLV: Using Iso-Value Curves", J. Marketing Research 42 (2005). A customer's mean purchase is
shrunk towards the shop's mean, more strongly for fewer purchases. The model assumes that purchase
frequency and value are independent; `correlate_frequency_value` measures that."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from bot.data.analyses.forecast.bgnbd import Numbers


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
        _compute_loss,
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


def correlate_frequency_value(x: Numbers, mean: Numbers) -> float:
    """Return the Pearson correlation of frequency and value among those who bought again."""
    usable = (x > 0) & (mean > 0)
    if usable.sum() < 3 or np.ptp(x[usable]) == 0 or np.ptp(mean[usable]) == 0:
        return 0.0
    return float(np.corrcoef(x[usable], mean[usable])[0, 1])


def _compute_loss(logs: Numbers, x: Numbers, mean: Numbers) -> tuple[float, Numbers]:
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
