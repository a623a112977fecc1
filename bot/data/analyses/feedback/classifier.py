"""A chance from many words: logistic regression on sparse rows, both kinds weighing the same.

A ridge on the weights, not on the constant (le Cessie & van Houwelingen, Applied Statistics 41,
1992), found by Newton's method, each step by conjugate gradients (Nocedal & Wright, "Numerical
Optimization", 2006, 7.1).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.tfidf import SEED, Sparse
from bot.data.stats import Numbers

EASE = 4.0  # how much a text may pull against the ridge
STEPS, INNER = 50, 200
NEAR = 1e-3  # of the slope at the start


def chances(known: Sparse, happened: Numbers, asked: Sparse) -> Numbers:
    """Of each row asked, learnt from the known rows and whether it happened (1) or not (0)."""
    weights = _fit(known, happened)
    return _curve(asked.times(weights[:-1]) + weights[-1])


def out_of_fold(known: Sparse, happened: Numbers, folds: int) -> Numbers:
    """The chance of each known row, learnt from the rows of the other folds."""
    fold = _dealt(happened, folds)
    found = np.empty(len(happened))
    for k in range(folds):
        mine, others = fold == k, fold != k
        found[mine] = chances(known.rows(others), happened[others], known.rows(mine))
    return found


def _dealt(happened: Numbers, folds: int) -> NDArray[np.intp]:
    """The fold of each row: both kinds dealt out evenly, at random."""
    chance = np.random.RandomState(SEED)
    fold = np.zeros(len(happened), np.intp)
    dealt = 0
    for kind in dict.fromkeys(happened.tolist()):
        places = np.flatnonzero(happened == kind)
        cards = np.sort((np.arange(len(places)) + dealt) % folds)
        dealt += len(places)
        chance.shuffle(cards)
        fold[places] = cards
    return fold


def _fit(known: Sparse, happened: Numbers) -> Numbers:
    """The weights of the columns; that of the constant is the last."""
    table = known.beside(np.ones((known.shape[0], 1)))
    share = happened.mean()
    pull = EASE * np.where(happened > 0, 0.5 / share, 0.5 / (1 - share))
    ridge = np.ones(table.shape[1])
    ridge[-1] = 0.0
    weights, start = np.zeros(table.shape[1]), 0.0
    for step in range(STEPS):
        chance = _curve(table.times(weights))
        slope = table.turned_times(pull * (chance - happened)) + ridge * weights
        size = float(np.linalg.norm(slope))
        start = start if step else size
        if size <= NEAR * start:
            break
        bend = pull * chance * (1 - chance)

        def curved(move: Numbers, bend: Numbers = bend) -> Numbers:
            return table.turned_times(bend * table.times(move)) + ridge * move

        move = _solved(curved, -slope, min(0.5, np.sqrt(size / start)) * size)
        weights = _downhill(table, happened, pull, ridge, weights, move, float(slope @ move))
    return weights


def _solved(curved: Callable[[Numbers], Numbers], wanted: Numbers, near: float) -> Numbers:
    """The move that the curve turns into what is wanted, but for `near`: conjugate gradients."""
    found = np.zeros_like(wanted)
    rest = ahead = wanted
    left = float(rest @ rest)
    for _step in range(INNER):
        if left <= near**2:
            break
        bent = curved(ahead)
        length = left / float(ahead @ bent)
        found, rest = found + length * ahead, rest - length * bent
        left, before = float(rest @ rest), left
        ahead = rest + left / before * ahead
    return found


def _downhill(
    table: Sparse,
    happened: Numbers,
    pull: Numbers,
    ridge: Numbers,
    weights: Numbers,
    move: Numbers,
    slope: float,
) -> Numbers:
    """The whole move, or half of it, or half of that, until it leads down (Armijo)."""
    sign = 1 - 2 * happened
    at, by = table.times(weights), table.times(move)

    def loss(part: float) -> float:
        here = weights + part * move
        return float(pull @ np.logaddexp(0, sign * (at + part * by)) + ridge @ here**2 / 2)

    part, began = 1.0, loss(0.0)
    while part > 1e-6 and loss(part) > began + 1e-4 * part * slope:
        part /= 2
    return weights + part * move


def _curve(z: Numbers) -> Numbers:
    curve: Numbers = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return curve
