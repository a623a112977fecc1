"""Analyse the customers: segments, churn, repeat purchases, and products bought together."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from math import sqrt
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.core.half_up import round_half_up
from bot.data.analyses.analysis_context import AnalysisContext, analyse_purchases, find_currency
from bot.data.analyses.result import FAVOURITE_LABEL, AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.basket import add_basket_facts
from bot.data.analyses.segments.repeat_purchase import add_repeat_purchase_facts
from bot.data.analyses.segments.rfm import (
    SEGMENT_DEFINITIONS,
    SEGMENTS_BY_ID,
    assign_segments,
    compute_typical_gap,
    rank_rfm,
)
from bot.data.disclosure import list_publishable
from bot.data.floors import is_below_floor, too_few_message
from bot.data.stats import to_percent
from bot.data.warehouse.purchases import group_by_order
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.i18n.periods import get_weekday_key

MIN_CUSTOMERS = 100


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return segments, repeat purchases and products bought together. `filter_.segment` restricts
    it to one segment; `filter_.product` or `filter_.category` selects what is bought with it;
    country, region, source, device and days filter the orders."""
    return analyse_purchases("segments", warehouse, filter_, _add_facts)


def find_repeat_purchases(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return only who comes back after the first purchase."""
    return analyse_purchases("segments", warehouse, filter_, _add_repeat_purchases)


def find_bought_together(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return only what the same customers buy."""
    return analyse_purchases("segments", warehouse, filter_, _add_bought_together)


def _add_repeat_purchases(context: AnalysisContext) -> None:
    if _load_people(context):
        add_repeat_purchase_facts(context)


def _add_bought_together(context: AnalysisContext) -> None:
    if _load_people(context):
        add_basket_facts(context)


def _load_people(context: AnalysisContext) -> dict[str, int] | None:
    """Count the customers; return None, with the limit, where they are too few."""
    people = context.run_query("customers", _count_customers(context.lines))[0]
    context.people = people["customers"]
    if context.people < MIN_CUSTOMERS:
        floor = context.warehouse.floor
        context.result.add_limit(too_few_message(context.people, floor, MIN_CUSTOMERS))
        return None
    return people


def _add_facts(context: AnalysisContext) -> None:
    filter_ = context.filter_
    people = _load_people(context)
    if people is None:
        return
    context.currency = find_currency(context)
    if filter_.product or filter_.category:
        add_repeat_purchase_facts(context)
        add_basket_facts(context)
    else:
        add_segment_facts(context, people)
        if not filter_.segment:
            add_repeat_purchase_facts(context)
            add_basket_facts(context)


def _count_customers(lines: ir.Table) -> ir.Table:
    """Return one row: customers, orders, first (day)."""
    orders = group_by_order(lines).filter(_.amount >= 0)
    return orders.aggregate(
        customers=_.customer.nunique(), orders=_.count(), first=_.at.min().date()
    )


GROWTH_DAYS = 90  # growth compares the size with the one so many days ago
# z from which the best of 7 days is significant at 5 % (Bonferroni, one-sided 5 % / 7)
WEEKDAY_Z = 2.7


@dataclass(frozen=True)
class SegmentSize:
    customers: int
    orders: int
    revenue: Decimal

    @property
    def average_order(self) -> Decimal:
        return round_half_up(self.revenue / self.orders, 2)


def build_sizes(groups: ir.Table) -> ir.Table:
    """Return segment, customers, orders and revenue. `groups` comes from `assign_segments`."""
    return groups.group_by("segment").aggregate(
        customers=_.count(), orders=_.frequency.sum(), revenue=_.monetary.sum()
    )


def read_sizes(rows: list[dict[str, Any]]) -> dict[str, SegmentSize]:
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


# The facts on each segment.

EMPTY_SIZES = SegmentSize(0, 0, Decimal(0))
OTHERS_LABEL = Words("Others")


def add_segment_facts(context: AnalysisContext, people: dict[str, int]) -> None:
    """Add facts segments.<group>.customers, .rule, .share-of-customers, .revenue-share,
    .average-order, .favourite-category, .typical-category, .best-day, .best-hour, .growth. `people`
    has customers, orders and first (day). Segments that are too small, and those that would give
    these away, are summed in segments.others.customers."""
    result, warehouse = context.result, context.warehouse
    wanted = context.filter_.segment
    if wanted and wanted not in SEGMENTS_BY_ID:
        result.add_limit(
            "There is no group called {name}. There are {known}.",
            name=wanted,
            known=", ".join(SEGMENTS_BY_ID),
        )
        return
    orders = context.table_cache.materialize("orders", group_by_order(context.lines))
    ranked = context.table_cache.materialize("ranked", rank_rfm(orders, context.until))
    gap = compute_typical_gap(warehouse, ranked)
    if gap is None:
        result.add_limit(
            "Under {n} customers bought more than once: groups by rhythm would be chance."
            " A longer order file would help.",
            n=warehouse.floor,
        )
        return
    groups = context.table_cache.materialize("groups", assign_segments(ranked, gap))
    _add_shop_facts(context, people, gap)
    sizes = read_sizes(context.run_query("groups", build_sizes(groups)))
    before = _load_earlier_sizes(context, people, orders)
    habits = _SegmentHabits(
        context.run_query("clock", build_order_times(groups, orders)),
        context.run_query("tastes", build_tastes(groups, context.lines)),
        context.warehouse.floor,
    )
    safe_groups = list_publishable(
        {id: size.customers for id, size in sizes.items()}, warehouse.floor
    )
    for group in SEGMENT_DEFINITIONS:
        if wanted not in (None, group.id):
            continue
        size = sizes.get(group.id, EMPTY_SIZES)
        result.set_group_size(group.id, size.customers, safe=group.id in safe_groups)
        if _add_size(context, group.id, size, sizes):
            habits.tell(context, group.id, size)
            _add_growth(context, group.id, size, before.get(group.id))
    _add_others(context, [size.customers for id, size in sizes.items() if id not in safe_groups])


class _SegmentHabits:
    def __init__(
        self, clock: list[dict[str, int]], tastes: list[dict[str, int]], floor: int
    ) -> None:
        self.days, self.hours = find_best_days(clock), find_best_hours(clock)
        self.favourites = find_favourites(tastes)
        self.distinctive = find_distinctive_categories(tastes, floor)

    def tell(self, context: AnalysisContext, id: str, size: SegmentSize) -> None:
        add = partial(context.result.add, id, about=SEGMENTS_BY_ID[id].name.text)
        if id in self.favourites and self.favourites[id][1] >= context.warehouse.floor:
            category, buyers = self.favourites[id]
            if is_below_floor(size.customers - buyers, context.warehouse.floor):
                buyers = size.customers  # the number of those without is not to be shown
            label = FAVOURITE_LABEL
            add("favourite-category", category, rows=buyers, query="tastes", label=label)
        if id in self.distinctive:
            category, lift = self.distinctive[id]
            n, lift = size.customers, float(round_half_up(lift, 1))
            add("typical-category", category, rows=n, query="tastes")
            add("typical-category-lift", lift, unit="×", rows=n, query="tastes")
        if id in self.days:
            add("best-day", self.days[id].capitalize(), rows=size.orders, query="clock")
        if id in self.hours:
            add("best-hour", self.hours[id], unit="h", rows=size.orders, query="clock")


def _add_shop_facts(context: AnalysisContext, people: dict[str, int], gap: int) -> None:
    add, n = partial(context.result.add, "all"), context.people
    context.result.set_group_size("all", n)
    add("customers", n, unit="customers", rows=people["orders"], query="customers")
    add("typical-gap", gap, unit="days", rows=n, query="groups")


def _add_others(context: AnalysisContext, sizes: list[int]) -> None:
    """Add the sum of the segments that are not shown."""
    if context.filter_.segment is None and sum(sizes) >= context.warehouse.floor:
        add, n = partial(context.result.add, "others", about=OTHERS_LABEL.text), sum(sizes)
        context.result.set_group_size("others", n)
        add("customers", n, unit="customers", rows=n, query="groups")


def _add_size(
    context: AnalysisContext, id: str, size: SegmentSize, sizes: dict[str, SegmentSize]
) -> bool:
    """Add the segment's rule and size; return False when it is too small for more."""
    group, n, floor = SEGMENTS_BY_ID[id], size.customers, context.warehouse.floor
    add = partial(context.result.add, id, about=group.name.text)
    if not context.result.is_sized(id):
        context.result.mark_without_customers(id)  # its rule is no figure about customers
        # from the floor on, the number would give a smaller segment away
        if n < floor:
            add("customers", f"under {floor}", query="groups")
        add("rule", group.rule.text)
        return False
    add("customers", n, unit="customers", rows=n, query="groups")
    add("rule", group.rule.text, rows=n, query="groups")
    add("share-of-customers", to_percent(n / context.people), unit="%", rows=n, query="groups")
    revenue = float(sum(s.revenue for s in sizes.values()))
    if context.currency is not None and revenue > 0:
        part, unit = to_percent(float(size.revenue) / revenue), context.currency or None
        add("revenue-share", part, unit="%", rows=size.orders, query="groups")
        add("average-order", size.average_order, unit=unit, rows=size.orders, query="groups")
    return True


def _load_earlier_sizes(
    context: AnalysisContext, people: dict[str, int], orders: ir.Table
) -> dict[str, SegmentSize]:
    """Return the segments as of 90 days ago, when the orders go back far enough."""
    day = context.until - timedelta(days=GROWTH_DAYS)
    first = people["first"]
    if not isinstance(first, date) or (day - first).days < GROWTH_DAYS:
        context.result.add_limit(
            "Growth needs half a year of orders: import the earlier ones as well."
        )
        return {}
    ranked = context.table_cache.materialize("ranked_before", rank_rfm(orders, day))
    gap = compute_typical_gap(context.warehouse, ranked)
    if gap is None:
        return {}
    return read_sizes(context.run_query("groups-before", build_sizes(assign_segments(ranked, gap))))


def _add_growth(
    context: AnalysisContext, id: str, size: SegmentSize, before: SegmentSize | None
) -> None:
    if before is None or before.customers < context.warehouse.floor:
        return
    growth, rows = to_percent(size.customers / before.customers - 1), before.customers
    about = SEGMENTS_BY_ID[id].name.text
    context.result.add(
        id, "growth", growth, unit="%", about=about, rows=rows, query="groups-before"
    )
