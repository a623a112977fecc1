"""What is told of each group of customers: size, money, what and when they buy, growth."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from math import sqrt
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.i18n.messages import Words

DAYS = (
    Words("monday"),
    Words("tuesday"),
    Words("wednesday"),
    Words("thursday"),
    Words("friday"),
    Words("saturday"),
    Words("sunday"),
)
EARLIER = 90  # days: growth is size against then
Z = 2.7  # the best of 7 days stands out by more than chance at 5 % (Bonferroni, one-sided 5 % / 7)


@dataclass(frozen=True)
class Sizes:
    """One group: customers, orders, money spent (decimal)."""

    customers: int
    orders: int
    revenue: Decimal

    @property
    def average_order(self) -> Decimal:
        return cents(self.revenue / self.orders)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def percent(share: float) -> float:
    """0.12345 → 12.3"""
    return round(100 * share, 1)


def sizes_of(groups: ir.Table) -> ir.Table:
    """segment, customers, orders, revenue. `groups` is `named(...)`."""
    return groups.group_by("segment").aggregate(
        customers=_.count(), orders=_.frequency.sum(), revenue=_.monetary.sum()
    )


def sizes(rows: list[dict[str, Any]]) -> dict[str, Sizes]:
    """Those of `sizes_of`, by segment."""
    return {
        row["segment"]: Sizes(row["customers"], row["orders"], Decimal(row["revenue"]))
        for row in rows
    }


def clock_of(groups: ir.Table, orders: ir.Table) -> ir.Table:
    """segment, weekday (0 is Monday), hour, orders."""
    return (
        orders.filter(_.amount >= 0)
        .join(groups.select("customer", "segment"), "customer")
        .group_by("segment", weekday=_.at.day_of_week.index(), hour=_.at.hour())
        .aggregate(orders=_.count())
    )


def best_days(rows: list[dict[str, int]]) -> dict[str, str]:
    """The weekday with most orders of each group, where it stands out from the other days by more
    than chance. rows: those of `clock_of`."""
    counts = _tally(rows, "weekday")
    best = {}
    for segment, days in counts.items():
        day, orders = max(days.items(), key=lambda item: (item[1], -item[0]))
        total = sum(days.values())
        if orders - total / 7 > Z * sqrt(total * 6 / 49):
            best[segment] = DAYS[day].text
    return best


def best_hours(rows: list[dict[str, int]]) -> dict[str, int]:
    """The hour of the day (0 to 23) with most orders of each group: the shop's best hour, unless
    the group's own beats it by more than chance (z over 2). None when the file has days alone,
    which all read as midnight."""
    counts = _tally(rows, "hour")
    shop = sum(counts.values(), Counter[int]())
    if set(shop) <= {0}:
        return {}
    usual = _most(shop)
    best = {}
    for segment, hours in counts.items():
        own = _most(hours)
        beats = (hours[own] - hours[usual]) / sqrt(hours[own] + hours[usual]) > 2
        best[segment] = own if beats else usual
    return best


def _most(counts: Counter[int]) -> int:
    return max(counts.items(), key=lambda item: (item[1], -item[0]))[0]


def tastes_of(groups: ir.Table, lines: ir.Table) -> ir.Table:
    """segment, category, customers who bought of it."""
    bought = lines.filter(_.amount >= 0, _.category.notnull())
    return (
        bought.select("customer", "category")
        .distinct()
        .join(groups.select("customer", "segment"), "customer")
        .group_by("segment", "category")
        .aggregate(customers=_.count())
    )


def favourites(rows: list[dict[str, int]]) -> dict[str, tuple[str, int]]:
    """The category that most customers of each group bought of, and how many did."""
    best: dict[str, tuple[str, int]] = {}
    for row in sorted(rows, key=lambda row: (-row["customers"], str(row["category"]))):
        best.setdefault(str(row["segment"]), (str(row["category"]), row["customers"]))
    return best


def distinctive(rows: Sequence[Mapping[str, Any]], floor: int) -> dict[str, tuple[str, float]]:
    """The category that takes a larger part of what a group buys than of what all buy (its lift,
    at least 1.25), by more than chance (z over 3), and with `floor` buyers in the group at least:
    most groups have none. Parts, since some groups buy more of everything. rows: those of
    `tastes_of`."""
    totals: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for row in rows:
        totals[str(row["category"])] += row["customers"]
        sizes[str(row["segment"])] += row["customers"]
    best: dict[str, tuple[str, float]] = {}
    for row in (row for row in rows if row["customers"] >= floor):
        segment, category = str(row["segment"]), str(row["category"])
        share = totals[category] / sum(totals.values())
        expected = share * sizes[segment]
        lift = row["customers"] / expected
        z = (row["customers"] - expected) / sqrt(max(expected * (1 - share), 1e-9))
        if lift >= max(1.25, best.get(segment, ("", 0.0))[1]) and z > 3:
            best[segment] = (category, lift)
    return best


def _tally(rows: list[dict[str, int]], name: str) -> dict[str, Counter[int]]:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        counts[str(row["segment"])][row[name]] += row["orders"]
    return counts
