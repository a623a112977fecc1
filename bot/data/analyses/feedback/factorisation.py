"""A table that is nowhere below nought as a few factors: which rows, and which columns, make each.

Non-negative matrix factorisation (Lee & Seung, Nature 401, 1999, 788–791) by coordinate descent
(Cichocki & Phan, IEICE Trans. E92-A, 2009), begun from a singular value decomposition (NNDSVD:
Boutsidis & Gallopoulos, Pattern Recognition 41, 2008) that is found at random directions (Halko,
Martinsson & Tropp, SIAM Review 53, 2011).
"""

import numpy as np

from bot.data.analyses.feedback.tfidf import SEED, Sparse
from bot.data.stats import Numbers

MORE = 10  # directions tried beyond those wanted
POWERS, MANY_POWERS = 4, 7  # more of them when few of many directions are wanted
STEPS, TOLERANCE = 150, 1e-3
TINY = 1e-6


def factors(table: Sparse, size: int) -> tuple[Numbers, Numbers]:
    """rows × size and columns × size, whose product is near the table."""
    rows, columns = _begun(table, size)
    first = 0.0
    for step in range(STEPS):
        moved = _improve(rows, table.times(columns), columns)
        moved += _improve(columns, table.turned_times(rows), rows)
        first = first if step else moved
        if not first or moved <= TOLERANCE * first:
            break
    return rows, columns


def _improve(mine: Numbers, met: Numbers, others: Numbers) -> float:
    """One factor after the other as good as it can be while the rest stays; by how much they
    pulled. `met` is the table times the others."""
    square, pulled = others.T @ others, 0.0
    for k in range(mine.shape[1]):
        slope = mine @ square[:, k] - met[:, k]
        pulled += float(np.abs(np.where(mine[:, k] > 0, slope, np.minimum(slope, 0.0))).sum())
        if square[k, k] > 0:
            mine[:, k] = np.maximum(mine[:, k] - slope / square[k, k], 0.0)
    return pulled


def _begun(table: Sparse, size: int) -> tuple[Numbers, Numbers]:
    """The half of each singular pair that lies above nought, whichever is larger."""
    left, strength, right = _singular(table, size)
    rows, columns = np.abs(left), np.abs(right)
    for k in range(1, size):
        ups, downs = (
            (np.maximum(s * left[:, k], 0), np.maximum(s * right[:, k], 0)) for s in (1, -1)
        )
        x, y = max(ups, downs, key=lambda pair: np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))
        long, wide = np.linalg.norm(x), np.linalg.norm(y)
        if long * wide > 0:
            even = np.sqrt(long * wide)
            rows[:, k], columns[:, k] = x / long * even, y / wide * even
    grown = np.sqrt(strength)
    rows, columns = rows * grown, columns * grown
    rows[rows < TINY], columns[columns < TINY] = 0.0, 0.0
    return rows, columns


def _singular(table: Sparse, size: int) -> tuple[Numbers, Numbers, Numbers]:
    """The largest singular values, with their left and right directions as columns."""
    across, down = table.times, table.turned_times
    turned = table.shape[0] < table.shape[1]
    if turned:
        across, down = down, across
    few = min(table.shape)
    seen = np.random.RandomState(SEED).normal(size=(few, size + MORE))
    for _step in range(MANY_POWERS if size < few / 10 else POWERS):
        seen = np.linalg.qr(across(seen))[0]
        seen = np.linalg.qr(down(seen))[0]
    seen = np.linalg.qr(across(seen))[0]
    inner, strength, right = np.linalg.svd(down(seen).T, full_matrices=False)
    left, right = (seen @ inner)[:, :size], right.T[:, :size]
    return (right, strength[:size], left) if turned else (left, strength[:size], right)
