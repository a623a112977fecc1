"""What a worse step cost: buyers who would have come, and their money, with an interval."""

from dataclasses import dataclass

import numpy as np

from bot.data.stats import Numbers

DRAWS, SEED = 20_000, 7


@dataclass(frozen=True)
class Basket:
    """What an order is worth on average: the mean, its standard error, of how many."""

    mean: float
    error: float
    orders: int


@dataclass(frozen=True)
class Lost:
    """Estimates with the bounds that hold in 95 of 100 cases; the money is None without amounts."""

    buyers: tuple[float, float, float]
    money: tuple[float, float, float] | None


def lost(counts: Numbers, at: int, began: int, spread: float, basket: Basket | None) -> Lost:
    """`counts` days × steps of one segment; step `at` is worse since day `began`.

    Had the share from before held, how many more would have passed, and bought with the later
    steps' shares from before. The interval is drawn (parametric bootstrap: Efron and Tibshirani,
    An Introduction to the Bootstrap, 1993, ch. 6): the share from before (Beta, Jeffreys' prior),
    how many would have passed (binomial), the later shares, the mean basket (normal)."""
    dice = np.random.default_rng(SEED)
    before, after = counts[:began].sum(axis=0), counts[began:].sum(axis=0)
    share = before[at + 1] / before[at]
    drawn = _beta(dice, before[at + 1], before[at], spread)
    of = round(float(after[at]))
    buyers = share * of - after[at + 1]
    many = dice.binomial(of, drawn) - after[at + 1]
    for later in range(at + 1, counts.shape[1] - 1):
        buyers *= before[later + 1] / before[later] if before[later] else 0.0
        many = many * _beta(dice, before[later + 1], before[later], 1.0)
    if basket is None:
        return Lost(_bounds(buyers, many), None)
    worth = dice.normal(basket.mean, basket.error, DRAWS)
    return Lost(_bounds(buyers, many), _bounds(buyers * basket.mean, many * worth))


def basket(paid: float, worth: float, squares: float) -> Basket | None:
    """From the number, sum and sum of squares of amounts; None of fewer than two."""
    if paid < 2:
        return None
    mean = worth / paid
    variance = max(squares / paid - mean**2, 0.0) * paid / (paid - 1)
    return Basket(mean, float(np.sqrt(variance / paid)), round(paid))


def _beta(dice: np.random.Generator, hits: float, of: float, spread: float) -> Numbers:
    missed = max(of - hits, 0.0)
    return dice.beta(hits / spread + 0.5, missed / spread + 0.5, DRAWS)


def _bounds(estimate: float, drawn: Numbers) -> tuple[float, float, float]:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(estimate), float(low), float(high)
