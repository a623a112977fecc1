"""The eighteen months of the shop: its days, its seasons, the sales by law, the hours."""

from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from bot.playground.shop.random_stream import RandomStream, WeightedChoice

MONTH_WEIGHTS = (105, 80, 82, 90, 100, 105, 92, 68, 105, 102, 135, 180)
WEEKDAY_WEIGHTS = (105, 98, 100, 100, 88, 92, 117)
BUSIEST_DAY_WEIGHT = 20_000  # the weight of a day in December
HOUR_WEIGHTS = (
    6,
    3,
    2,
    1,
    1,
    3,
    12,
    25,
    34,
    40,
    44,
    46,
    58,
    55,
    44,
    42,
    44,
    50,
    58,
    66,
    88,
    96,
    70,
    28,
)
CLOCK_TIMES = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))


class SalesPeriod:
    """The days from the first to the last, both included; a day is its number from the first."""

    def __init__(self, last: date, months: int):
        self.last = last
        back = last.year * 12 + last.month - 1 - months
        self.first = _clamp_day(back // 12, back % 12 + 1, last.day) + timedelta(days=1)
        self.length = (last - self.first).days + 1
        self.dates = [self.first + timedelta(days=n) for n in range(self.length)]
        self.iso = [day.isoformat() for day in self.dates]
        self.hours = WeightedChoice(range(24), HOUR_WEIGHTS)

    def start_of_last(self, days: int) -> int:
        """The first of the last so many days."""
        return max(0, self.length - days)

    def date_of(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def day_number(self, day: date) -> int:
        return (day - self.first).days

    def minute(self, rng: RandomStream) -> int:
        """A minute of the day: people buy at lunch and in the evening."""
        return self.hours.draw(rng) * 60 + rng.randbelow(60)

    @cached_property
    def weights(self) -> list[float]:
        """How much is bought on each day, beside the others."""
        return [
            interpolate_month(MONTH_WEIGHTS, day)
            * WEEKDAY_WEIGHTS[day.weekday()]
            * compute_rush_factor(day)
            for day in self.dates
        ]

    @cached_property
    def order_chances(self) -> list[float]:
        """Whether somebody who might order on a day does: one on the busiest days."""
        return [min(1.0, weight / BUSIEST_DAY_WEIGHT) for weight in self.weights]

    @cached_property
    def mean_order_chance(self) -> float:
        """The same on average."""
        return list(accumulate(self.order_chances))[-1] / self.length


def interpolate_month(months: tuple[int, ...], day: date) -> float:
    """A month's number at its middle, and between two middles what lies between."""
    at = day.month - 1 if day.day >= 15 else day.month - 2
    passed = (day.day - 15) % 30
    return months[at % 12] + (months[(at + 1) % 12] - months[at % 12]) * passed / 30


def compute_rush_factor(day: date) -> float:
    """What a date of the retail year does to a day."""
    friday = find_black_friday(day.year)
    if friday <= day <= friday + timedelta(days=3):
        return 2.2
    for start, end in (find_winter_sales(day.year), find_summer_sales(day.year)):
        if start <= day <= end:
            return 1.6 if (day - start).days < 7 else 1.15
    return 0.5 if day.month == 12 and day.day >= 20 else 1.0


def find_winter_sales(year: int) -> tuple[date, date]:
    """Four weeks from the second Wednesday of January, the first if the second is after the 12th.
    Source: order of 27 May 2019 (code de commerce, D310-15-2)."""
    first = _find_weekday(date(year, 1, 1), 2)
    second = first + timedelta(days=7)
    start = first if second.day > 12 else second
    return start, start + timedelta(days=27)


def find_summer_sales(year: int) -> tuple[date, date]:
    """Four weeks from the last Wednesday of June, the one before if it is after the 28th."""
    last = _find_weekday(date(year, 6, 24), 2)
    start = last - timedelta(days=7) if last.day > 28 else last
    return start, start + timedelta(days=27)


def find_black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    return _find_weekday(date(year, 11, 22), 3) + timedelta(days=1)


def _find_weekday(start: date, weekday: int) -> date:
    """The first day of that weekday from `start` on."""
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def _clamp_day(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))
