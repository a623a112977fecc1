"""Describe each segment: size, revenue, what and when it buys, growth."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from math import sqrt
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.i18n.calendar_names import get_weekday_key

GROWTH_DAYS = 90  # growth compares the size with the one so many days ago
WEEKDAY_Z = (
    2.7  # z from which the best of 7 days is significant at 5 % (Bonferroni, one-sided 5 % / 7)
)


@dataclass(frozen=True)
class SegmentSize:
    """One segment: customers, orders, revenue (decimal)."""

    customers: int
    orders: int
    revenue: Decimal

    @property
    def average_order(self) -> Decimal:
        return round_to_cents(self.revenue / self.orders)


def round_to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def to_percent(share: float) -> float:
    """0.12345 → 12.3"""
    return round(100 * share, 1)


def build_sizes(groups: ir.Table) -> ir.Table:
    """Return segment, customers, orders and revenue. `groups` comes from `assign_segments`."""
    return groups.group_by("segment").aggregate(
        customers=_.count(), orders=_.frequency.sum(), revenue=_.monetary.sum()
    )


def read_sizes(rows: list[dict[str, Any]]) -> dict[str, SegmentSize]:
    """Read the rows of `build_sizes` by segment."""
    return {
        row["segment"]: SegmentSize(row["customers"], row["orders"], Decimal(row["revenue"]))
        for row in rows
    }


def build_order_times(groups: ir.Table, orders: ir.Table) -> ir.Table:
    """Return segment, weekday (0 is Monday), hour and orders."""
    return (
        orders.filter(_.amount >= 0)
        .join(groups.select("customer", "segment"), "customer")
        .group_by("segment", weekday=_.at.day_of_week.index(), hour=_.at.hour())
        .aggregate(orders=_.count())
    )


def find_best_days(rows: list[dict[str, int]]) -> dict[str, str]:
    """Return the weekday with most orders of each segment, where it exceeds the other days
    significantly. `rows` come from `build_order_times`."""
    counts = _count_by_segment(rows, "weekday")
    best = {}
    for segment, days in counts.items():
        day, orders = max(days.items(), key=lambda item: (item[1], -item[0]))
        total = sum(days.values())
        if orders - total / 7 > WEEKDAY_Z * sqrt(total * 6 / 49):
            best[segment] = get_weekday_key(day)
    return best


def find_best_hours(rows: list[dict[str, int]]) -> dict[str, int]:
    """Return the hour of the day (0 to 23) with most orders of each segment: the shop's best hour,
    unless the segment's own is significantly better (z over 2). None when the file has dates only,
    which all read as midnight."""
    counts = _count_by_segment(rows, "hour")
    shop = sum(counts.values(), Counter[int]())
    if set(shop) <= {0}:
        return {}
    usual = _find_most_frequent(shop)
    best = {}
    for segment, hours in counts.items():
        own = _find_most_frequent(hours)
        beats = (hours[own] - hours[usual]) / sqrt(hours[own] + hours[usual]) > 2
        best[segment] = own if beats else usual
    return best


def _find_most_frequent(counts: Counter[int]) -> int:
    return max(counts.items(), key=lambda item: (item[1], -item[0]))[0]


def build_tastes(groups: ir.Table, lines: ir.Table) -> ir.Table:
    """Return segment, category, and the customers who bought from it."""
    bought = lines.filter(_.amount >= 0, _.category.notnull())
    return (
        bought.select("customer", "category")
        .distinct()
        .join(groups.select("customer", "segment"), "customer")
        .group_by("segment", "category")
        .aggregate(customers=_.count())
    )


def find_favourites(rows: list[dict[str, int]]) -> dict[str, tuple[str, int]]:
    """Return the category from which most customers of each segment bought, and how many did."""
    best: dict[str, tuple[str, int]] = {}
    for row in sorted(rows, key=lambda row: (-row["customers"], str(row["category"]))):
        best.setdefault(str(row["segment"]), (str(row["category"]), row["customers"]))
    return best


def find_distinctive_categories(
    rows: Sequence[Mapping[str, Any]], floor: int
) -> dict[str, tuple[str, float]]:
    """Return the category with a larger share in a segment's purchases than in all purchases (lift
    of at least 1.25), significantly (z over 3), and with at least `floor` buyers in the segment;
    most segments have none. Shares are compared because some segments buy more of everything.
    `rows` come from `build_tastes`."""
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


def _count_by_segment(rows: list[dict[str, int]], name: str) -> dict[str, Counter[int]]:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        counts[str(row["segment"])][row[name]] += row["orders"]
    return counts
