"""The facts on each segment."""

from datetime import date, timedelta
from decimal import Decimal

import ibis.expr.types as ir

from bot.data.analyses.segments import profile
from bot.data.analyses.segments.analysis_context import AnalysisContext
from bot.data.analyses.segments.profile import SegmentSize, to_percent
from bot.data.analyses.segments.rfm import (
    SEGMENT_DEFINITIONS,
    SEGMENTS_BY_ID,
    assign_segments,
    compute_typical_gap,
    rank_rfm,
)
from bot.data.disclosure import list_publishable
from bot.data.floors import is_below_floor
from bot.data.warehouse.purchases import group_by_order
from bot.i18n.messages import Words

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
            Words(
                "There is no group called {name}. There are {known}.",
                name=wanted,
                known=", ".join(SEGMENTS_BY_ID),
            )
        )
        return
    orders = context.table_cache.materialize("orders", group_by_order(context.lines))
    ranked = context.table_cache.materialize("ranked", rank_rfm(orders, context.until))
    gap = compute_typical_gap(warehouse, ranked)
    if gap is None:
        result.add_limit(
            Words(
                "Under {n} customers bought more than once: groups by rhythm would be chance."
                " A longer order file would help.",
                n=warehouse.floor,
            )
        )
        return
    groups = context.table_cache.materialize("groups", assign_segments(ranked, gap))
    _add_shop_facts(context, people, gap)
    sizes = profile.read_sizes(context.run_query("groups", profile.build_sizes(groups)))
    before = _load_earlier_sizes(context, people, orders)
    habits = _SegmentHabits(
        context.run_query("clock", profile.build_order_times(groups, orders)),
        context.run_query("tastes", profile.build_tastes(groups, context.lines)),
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
    """What and when each segment buys."""

    def __init__(
        self, clock: list[dict[str, int]], tastes: list[dict[str, int]], floor: int
    ) -> None:
        self.days, self.hours = profile.find_best_days(clock), profile.find_best_hours(clock)
        self.favourites = profile.find_favourites(tastes)
        self.distinctive = profile.find_distinctive_categories(tastes, floor)

    def tell(self, context: AnalysisContext, id: str, size: SegmentSize) -> None:
        about, add = SEGMENTS_BY_ID[id].name.text, context.result.add
        if id in self.favourites and self.favourites[id][1] >= context.warehouse.floor:
            category, buyers = self.favourites[id]
            if is_below_floor(size.customers - buyers, context.warehouse.floor):
                buyers = size.customers  # the number of those without is not to be shown
            add(id, "favourite-category", category, about=about, rows=buyers, query="tastes")
        if id in self.distinctive:
            category, lift = self.distinctive[id]
            add(id, "typical-category", category, about=about, rows=size.customers, query="tastes")
            add(
                id,
                "typical-category-lift",
                round(lift, 1),
                unit="×",
                about=about,
                rows=size.customers,
                query="tastes",
            )
        if id in self.days:
            add(id, "best-day", self.days[id], about=about, rows=size.orders, query="clock")
        if id in self.hours:
            hour = self.hours[id]
            add(id, "best-hour", hour, unit="h", about=about, rows=size.orders, query="clock")


def _add_shop_facts(context: AnalysisContext, people: dict[str, int], gap: int) -> None:
    add = context.result.add
    context.result.set_group_size("all", context.people)
    add(
        "all",
        "customers",
        context.people,
        unit="customers",
        rows=people["orders"],
        query="customers",
    )
    add("all", "typical-gap", gap, unit="days", rows=context.people, query="groups")


def _add_others(context: AnalysisContext, sizes: list[int]) -> None:
    """Add the sum of the segments that are not shown."""
    if context.filter_.segment is None and sum(sizes) >= context.warehouse.floor:
        add, n = context.result.add, sum(sizes)
        context.result.set_group_size("others", n)
        add(
            "others",
            "customers",
            n,
            unit="customers",
            about=OTHERS_LABEL.text,
            rows=n,
            query="groups",
        )


def _add_size(
    context: AnalysisContext, id: str, size: SegmentSize, sizes: dict[str, SegmentSize]
) -> bool:
    """Add the segment's rule and size; return False when it is too small for more."""
    group, add, n = SEGMENTS_BY_ID[id], context.result.add, size.customers
    about = group.name.text
    if not context.result.is_sized(id):
        context.result.mark_without_customers(id)  # its rule is no figure about customers
        # below it, the difference would give a smaller segment away
        if n >= context.warehouse.floor:
            add(id, "rule", group.rule.text, about=about)
            return False
        add(id, "customers", f"under {context.warehouse.floor}", about=about, query="groups")
        add(id, "rule", group.rule.text, about=about)
        return False
    add(id, "customers", n, unit="customers", about=about, rows=n, query="groups")
    add(id, "rule", group.rule.text, about=about, rows=n, query="groups")
    share = to_percent(n / context.people)
    add(id, "share-of-customers", share, unit="%", about=about, rows=n, query="groups")
    revenue = float(sum(s.revenue for s in sizes.values()))
    if context.currency is not None and revenue > 0:
        part = to_percent(float(size.revenue) / revenue)
        add(id, "revenue-share", part, unit="%", about=about, rows=size.orders, query="groups")
        add(
            id,
            "average-order",
            size.average_order,
            unit=context.currency or None,
            about=about,
            rows=size.orders,
            query="groups",
        )
    return True


def _load_earlier_sizes(
    context: AnalysisContext, people: dict[str, int], orders: ir.Table
) -> dict[str, SegmentSize]:
    """Return the segments as of 90 days ago, when the orders go back far enough."""
    day = context.until - timedelta(days=profile.GROWTH_DAYS)
    first = people["first"]
    if not isinstance(first, date) or (day - first).days < profile.GROWTH_DAYS:
        context.result.add_limit(
            Words("Growth needs half a year of orders: import the earlier ones as well.")
        )
        return {}
    ranked = context.table_cache.materialize("ranked_before", rank_rfm(orders, day))
    gap = compute_typical_gap(context.warehouse, ranked)
    if gap is None:
        return {}
    return profile.read_sizes(
        context.run_query("groups-before", profile.build_sizes(assign_segments(ranked, gap)))
    )


def _add_growth(
    context: AnalysisContext, id: str, size: SegmentSize, before: SegmentSize | None
) -> None:
    if before is None or before.customers < context.warehouse.floor:
        return
    growth = to_percent(size.customers / before.customers - 1)
    context.result.add(
        id,
        "growth",
        growth,
        unit="%",
        about=SEGMENTS_BY_ID[id].name.text,
        rows=before.customers,
        query="groups-before",
    )
