"""What the generators of the sample shop share: random numbers, its calendar, and its files.

Random numbers are the same on every machine and Python version. Python guarantees only the results
of `random.random()`, so everything is derived from it, and only by sums, products and comparisons,
which IEEE 754 defines to the last bit.
"""

import csv
import tomllib
from bisect import bisect
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
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
    found: dict[str, Any] = read_toml("planted")[section]
    return found


# CSV files, with the same bytes on every platform.


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with the header that columns.toml has for it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(read_toml("columns")[path.stem])
        writer.writerows(rows)


def format_money(cents: int) -> str:
    """Format cents as euros, such as 12.50."""
    return f"{cents // 100}.{cents % 100:02}"


def format_yes_no(value: bool) -> str:
    return "oui" if value else "non"


# The sales period: days, seasons, legal sales dates and hours.

MONTH_WEIGHTS = (105, 80, 82, 90, 100, 105, 92, 68, 105, 102, 135, 180)
WEEKDAY_WEIGHTS = (105, 98, 100, 100, 88, 92, 117)
BUSIEST_DAY_WEIGHT = 20_000  # roughly the weight of a day in December
HOUR_WEIGHTS = (
    *(6, 3, 2, 1, 1, 3, 12, 25, 34, 40, 44, 46),
    *(58, 55, 44, 42, 44, 50, 58, 66, 88, 96, 70, 28),
)
CLOCK_TIMES = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))


class SalesPeriod:
    """The days of the period, which ends on `last`. A day is its number, starting with 0."""

    def __init__(self, last: date, months: int):
        self.last = last
        back = last.year * 12 + last.month - 1 - months
        self.first = _clamp_day(back // 12, back % 12 + 1, last.day) + timedelta(days=1)
        self.length = (last - self.first).days + 1
        self.dates = [self.first + timedelta(days=n) for n in range(self.length)]
        self.iso = [day.isoformat() for day in self.dates]
        self.hours = WeightedChoice(range(24), HOUR_WEIGHTS)

    def start_of_last(self, days: int) -> int:
        """Return the number of the day that begins the last `days` days."""
        return max(0, self.length - days)

    def date_of(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def day_number(self, day: date) -> int:
        return (day - self.first).days

    def minute(self, rng: RandomStream) -> int:
        """Return a random minute of the day; most purchases are at lunch and in the evening."""
        return self.hours.draw(rng) * 60 + rng.randbelow(60)

    @cached_property
    def weights(self) -> list[float]:
        """The relative sales of each day."""
        return [
            interpolate_month(MONTH_WEIGHTS, day)
            * WEEKDAY_WEIGHTS[day.weekday()]
            * compute_rush_factor(day)
            for day in self.dates
        ]

    @cached_property
    def order_chances(self) -> list[float]:
        """The probability that a possible order on a day happens; 1 on the busiest days."""
        return [min(1.0, weight / BUSIEST_DAY_WEIGHT) for weight in self.weights]

    @cached_property
    def mean_order_chance(self) -> float:
        return list(accumulate(self.order_chances))[-1] / self.length


def interpolate_month(months: tuple[int, ...], day: date) -> float:
    """Interpolate linearly between the values of two months, each valid on the 15th."""
    at = day.month - 1 if day.day >= 15 else day.month - 2
    passed = (day.day - 15) % 30
    return months[at % 12] + (months[(at + 1) % 12] - months[at % 12]) * passed / 30


def compute_rush_factor(day: date) -> float:
    """Return the sales factor of a day for Black Friday, sales and the end of December."""
    friday = find_black_friday(day.year)
    if friday <= day <= friday + timedelta(days=3):
        return 2.2
    for start, end in (find_winter_sales(day.year), find_summer_sales(day.year)):
        if start <= day <= end:
            return 1.6 if (day - start).days < 7 else 1.15
    return 0.5 if day.month == 12 and day.day >= 20 else 1.0


def find_winter_sales(year: int) -> tuple[date, date]:
    """Return the first and last day of the French winter sales.

    They last four weeks from the second Wednesday of January, or from the first Wednesday if the
    second is after the 12th. Source: order of 27 May 2019 (code de commerce, D310-15-2)."""
    first = _find_weekday(date(year, 1, 1), 2)
    second = first + timedelta(days=7)
    start = first if second.day > 12 else second
    return start, start + timedelta(days=27)


def find_summer_sales(year: int) -> tuple[date, date]:
    """Return the first and last day of the French summer sales.

    They last four weeks from the last Wednesday of June, or from the Wednesday before if that is
    after the 28th."""
    last = _find_weekday(date(year, 6, 24), 2)
    start = last - timedelta(days=7) if last.day > 28 else last
    return start, start + timedelta(days=27)


def find_black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    return _find_weekday(date(year, 11, 22), 3) + timedelta(days=1)


def _find_weekday(start: date, weekday: int) -> date:
    """Return the first day from `start` on that has this weekday (Monday is 0)."""
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def _clamp_day(year: int, month: int, day: int) -> date:
    """Return this day of the month, or the month's last day if it is shorter."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))
