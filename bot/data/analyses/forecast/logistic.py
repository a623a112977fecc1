"""Logistic regression on a few features, and its Brier score.

Fitted by Newton's method with a small ridge penalty (le Cessie & van Houwelingen, Applied
Statistics 41, 1992) on standardised columns. Brier, Monthly Weather Review 78 (1950)."""

from dataclasses import dataclass

import numpy as np

from bot.data.stats import Numbers

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
