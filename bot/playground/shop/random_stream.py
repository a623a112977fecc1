"""Chance that falls the same way on every machine and Python.

Only `random.random()` is promised to stay as it is, so everything is made from it; and only sums,
products and comparisons are made of it, which IEEE 754 settles to the last bit.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

# How long one waits for what comes on average after 1,000: 200 waits, equally likely.
WAIT_QUANTILES = tuple(
    int(-1000 * (1 - (Decimal(i) + Decimal("0.5")) / 200).ln()) for i in range(200)
)


class RandomStream:
    """One stream of chance; streams of other names know nothing of it."""

    def __init__(self, seed: int, *about: str):
        key = sha256("/".join((str(seed), *about)).encode()).digest()
        self.random = Random(int.from_bytes(key[:8], "big")).random  # noqa: S311

    def chance(self, share: float) -> bool:
        return self.random() < share

    def randbelow(self, n: int) -> int:
        return int(self.random() * n)

    def randint(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def choose(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def waiting_time(self, mean: float) -> int:
        """A waiting time without memory."""
        return int(WAIT_QUANTILES[int(self.random() * 200)] * mean / 1000)

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Fisher and Yates."""
        mixed = list(items)
        for i in range(len(mixed) - 1, 0, -1):
            j = int(self.random() * (i + 1))
            mixed[i], mixed[j] = mixed[j], mixed[i]
        return mixed

    def sample(self, items: Sequence[T], share: float) -> list[T]:
        """That share of them, to the nearest one."""
        return self.shuffled(items)[: round(len(items) * share)]

    def noisy_count(self, mean: float) -> int:
        """A whole number around the mean: its floor or the next, and some spread."""
        low = int(mean)
        spread = 1 + int(mean / 6)
        return max(0, low + self.chance(mean - low) + self.randint(-spread, spread) * (low > 0))


class WeightedChoice(Generic[T]):
    """A die whose faces weigh differently."""

    def __init__(self, items: Sequence[T], weights: Iterable[float]):
        self._items = items
        self._sums = list(accumulate(weights))
        self._total, self._last = self._sums[-1], len(items) - 1

    def draw(self, rng: RandomStream) -> T:
        return self._items[bisect(self._sums, rng.random() * self._total, 0, self._last)]
