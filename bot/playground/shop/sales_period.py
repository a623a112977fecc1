"""The sales period of the shop: days, seasons, legal sales dates and hours."""

from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from bot.playground.shop.generation import RandomStream, WeightedChoice

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
        """The mean of `order_chances`."""
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
