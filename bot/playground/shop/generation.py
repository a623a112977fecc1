"""What the generators of the sample shop share: random numbers, TOML sources and CSV files.

Random numbers are the same on every machine and Python version. Python guarantees only the results
of `random.random()`, so everything is derived from it, and only by sums, products and comparisons,
which IEEE 754 defines to the last bit.
"""

import csv
import tomllib
from bisect import bisect
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# 200 equally likely quantiles of an exponential distribution with mean 1,000.
WAIT_QUANTILES = tuple(
    int(-1000 * (1 - (Decimal(i) + Decimal("0.5")) / 200).ln()) for i in range(200)
)


class RandomStream:
    """A stream of random numbers, independent of the streams with other names."""

    def __init__(self, seed: int, *names: str):
        key = sha256("/".join((str(seed), *names)).encode()).digest()
        self.random = Random(int.from_bytes(key[:8], "big")).random  # noqa: S311

    def chance(self, share: float) -> bool:
        return self.random() < share

    def randbelow(self, n: int) -> int:
        return int(self.random() * n)

    def randint(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def choose(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def waiting_time(self, mean: float) -> int:
        """Return a whole number with an exponential distribution."""
        return int(WAIT_QUANTILES[int(self.random() * 200)] * mean / 1000)

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Return the items in random order (Fisher-Yates)."""
        mixed = list(items)
        for i in range(len(mixed) - 1, 0, -1):
            j = int(self.random() * (i + 1))
            mixed[i], mixed[j] = mixed[j], mixed[i]
        return mixed

    def sample(self, items: Sequence[T], share: float) -> list[T]:
        """Return a random sample with this share of the items, rounded to the nearest number."""
        return self.shuffled(items)[: round(len(items) * share)]

    def noisy_count(self, mean: float) -> int:
        """Return a whole number near the mean: floor or ceiling, plus a spread of about a sixth."""
        low = int(mean)
        spread = 1 + int(mean / 6)
        return max(0, low + self.chance(mean - low) + self.randint(-spread, spread) * (low > 0))


class WeightedChoice(Generic[T]):
    """A random choice with weights."""

    def __init__(self, items: Sequence[T], weights: Iterable[float]):
        self._items = items
        self._sums = list(accumulate(weights))
        self._total, self._last = self._sums[-1], len(items) - 1

    def draw(self, rng: RandomStream) -> T:
        return self._items[bisect(self._sums, rng.random() * self._total, 0, self._last)]


# TOML sources and CSV files. planted.toml has the patterns that PLANTED.md describes.

SHOP_FOLDER = Path(__file__).parent


@cache
def read_toml(name: str) -> dict[str, Any]:
    """Read a TOML file of this folder, such as `goods` or `planted`."""
    with (SHOP_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def read_planted(section: str) -> dict[str, Any]:
    """Return a section of planted.toml."""
    found: dict[str, Any] = read_toml("planted")[section]
    return found


# CSV files, with the same bytes on every platform.


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV file with the header that columns.toml has for it; return the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(read_toml("columns")[path.stem])
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def format_money(cents: int) -> str:
    """Format cents as euros, such as 12.50."""
    return f"{cents // 100}.{cents % 100:02}"


def format_yes_no(value: bool) -> str:
    return "oui" if value else "non"
