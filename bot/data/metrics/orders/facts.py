"""What a row of what was sold says: its measures, beside the earlier days, and its shares."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from bot.data.analyses.result import Findings
from bot.data.floors import is_small
from bot.data.metrics.orders.lines import Row, first_of, last_of
from bot.data.warehouse.warehouse import Shelf

UNITS = {
    "orders": "orders",
    "units": "units",
    "customers": "customers",
    "new-customers": "customers",
    "return-rate": "%",
    "returned": "units",
}
RATIOS = ("units-per-order", "orders-per-customer")
OF_DAYS = ("month", "week", "day")
SHARES = {
    "revenue": "share",
    "orders": "orders-share",
    "units": "units-share",
    "customers": "customers-share",
    "returned": "returned-share",
}
Days = tuple[date, date]


def add(
    found: Findings,
    key: str,
    about: str,
    row: Row,
    query: str,
    days: Days,
    money: str | None,
    before: tuple[Row | None, Days] | None = None,
) -> None:
    """All measures of one row, the days it is of, and those before with the change since."""
    told = partial(found.add, key, about=about, rows=int(row["orders"]), query=query)
    dated = key.split("-")[0] in OF_DAYS
    told("since", max(days[0], first_of(key)) if dated else days[0])
    told("until", min(days[1], last_of(key)) if dated else days[1])
    if before is not None:
        told("since-before", before[1][0])
        told("until-before", before[1][1])
    earlier = dict(measures(before[0], found)) if before and before[0] else {}
    for measure, value in measures(row, found):
        unit = UNITS.get(measure, None if measure in RATIOS else money)
        told(measure, value, unit=unit)
        if (was := earlier.get(measure)) is None:
            continue
        told(f"{measure}-before", was, unit=unit)
        if was:
            change = round(100 * (float(value) - float(was)) / float(was), 1)
            told(f"{measure}-change", change, unit="%")


def measures(row: Row, found: Findings) -> Iterator[tuple[str, int | float]]:
    """Those of a row that may be told; an average stands on orders."""
    orders, money, may = int(row["orders"]), row["revenue"] or Decimal(0), row["told"]
    yield "revenue", round(money)
    yield "orders", orders
    yield "units", round(row["units"] or 0)
    if "customers" in may:
        yield "customers", int(row["customers"])
    if "new" in may:
        yield "new-customers", int(row["new"])
    if "per" in may:
        people = int(row["customers"])
        yield "per-customer", round(float(row["known_paid"] or 0) / people, 2)
        yield "orders-per-customer", round(int(row["known_orders"]) / people, 2)
    if orders:
        yield "average-order", round(float(money) / orders, 2)
        yield "units-per-order", round(float(row["units"] or 0) / orders, 2)
    if row.get("known") and "returns" in may:
        yield "returned", int(row["back"] or 0)
        yield "return-rate", round(100 * int(row["back"] or 0) / int(row["known"]), 1)


@dataclass(frozen=True)
class Sizes:
    """How many people stand behind a row and its measures. `old` are the customers who had ordered
    before; `back_people` and `kept_people` those who sent something back, or kept something."""

    people: int
    customers: int
    new: int
    old: int
    nameless: int
    back_people: int
    kept_people: int

    @classmethod
    def of(cls, row: Row) -> "Sizes":
        customers, new = int(row["customers"] or 0), int(row["new"] or 0)
        return cls(
            people=int(row["people"] or 0),
            customers=customers,
            new=new,
            old=customers - new,
            nameless=int(row["nameless"] or 0),
            back_people=int(row.get("back_people") or 0),
            kept_people=int(row.get("kept_people") or 0),
        )

    def told(self, shelf: Shelf, *, people: bool, new: bool) -> frozenset[str]:
        """Which sorts of measures may be told: counts of people want more of them than sums, and
        none may say how many the others are."""
        sums, counts = shelf.sales_floor, shelf.floor
        told = set()
        if people and not is_small(self.customers, counts):
            told.add("customers")
            if self.customers and not is_small(self.nameless, sums):
                told.add("per")
            if new and not is_small(self.new, counts) and not is_small(self.old, counts):
                told.add("new")
        returns = self.back_people + self.kept_people
        if (
            returns
            and not is_small(self.back_people, sums)
            and not is_small(self.kept_people, sums)
        ):
            told.add("returns")
        return frozenset(told)


def shares(found: Findings, key: str, about: str, of: str, query: str) -> None:
    """How much of another subject's measures this one has."""
    for measure, share in SHARES.items():
        part, whole = found.get(key, measure), found.get(of, measure)
        if part is None or whole is None or Decimal(whole.value) <= 0:
            continue
        value = round(100 * float(part.value) / float(whole.value), 1)
        found.add(key, share, value, unit="%", about=about, rows=part.rows, query=query)


def per_day(
    found: Findings,
    key: str,
    about: str,
    row: Row,
    weekdays: tuple[int, ...],
    days: Days,
    money: str | None,
    query: str,
) -> None:
    """What such a day brings on average: there may be more Mondays than Sundays."""
    first, last = days
    span = range((last - first).days + 1)
    many = sum((first + timedelta(days=n)).weekday() in weekdays for n in span)
    if many and row["revenue"] is not None:
        rows = int(row["orders"])
        told = partial(found.add, key, about=about, rows=rows, query=query)
        told("per-day", round(float(row["revenue"]) / many), unit=money)
        told("orders-per-day", round(rows / many, 1), unit="orders")
