"""The named groups of customers, told."""

from datetime import date, timedelta
from decimal import Decimal

import ibis.expr.types as ir

from bot.data.analyses.segments import profile
from bot.data.analyses.segments.context import AnalysisContext
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


def add_segment_facts(told: AnalysisContext, people: dict[str, int]) -> None:
    """Facts segments.<group>.customers, .rule, .share-of-customers, .revenue-share, .average-order,
    .favourite-category, .typical-category, .best-day, .best-hour, .growth. `people` is what
    `found` counted: customers, orders, first (day). Groups that are too small, and those that would
    give them away, are in segments.others.customers together."""
    findings, shelf = told.findings, told.shelf
    wanted = told.where.segment
    if wanted and wanted not in SEGMENTS_BY_ID:
        findings.refuse(
            Words(
                "There is no group called {name}. There are {known}.",
                name=wanted,
                known=", ".join(SEGMENTS_BY_ID),
            )
        )
        return
    orders = told.laid.materialize("orders", group_by_order(told.bought))
    ranked = told.laid.materialize("ranked", rank_rfm(orders, told.until))
    gap = compute_typical_gap(shelf, ranked)
    if gap is None:
        findings.refuse(
            Words(
                "Under {n} customers bought more than once: groups by rhythm would be chance."
                " A longer order file would help.",
                n=shelf.floor,
            )
        )
        return
    groups = told.laid.materialize("groups", assign_segments(ranked, gap))
    _add_shop_facts(told, people, gap)
    sizes = profile.read_sizes(told.ask("groups", profile.build_sizes(groups)))
    before = _load_earlier_sizes(told, people, orders)
    habits = _SegmentHabits(
        told.ask("clock", profile.build_order_times(groups, orders)),
        told.ask("tastes", profile.build_tastes(groups, told.bought)),
        told.shelf.floor,
    )
    kept = list_publishable({id: size.customers for id, size in sizes.items()}, shelf.floor)
    for group in SEGMENT_DEFINITIONS:
        if wanted not in (None, group.id):
            continue
        size = sizes.get(group.id, EMPTY_SIZES)
        findings.group(group.id, size.customers, told=group.id in kept)
        if _add_size(told, group.id, size, sizes):
            habits.tell(told, group.id, size)
            _add_growth(told, group.id, size, before.get(group.id))
    _add_others(told, [size.customers for id, size in sizes.items() if id not in kept])


class _SegmentHabits:
    """What and when each group buys."""

    def __init__(
        self, clock: list[dict[str, int]], tastes: list[dict[str, int]], floor: int
    ) -> None:
        self.days, self.hours = profile.find_best_days(clock), profile.find_best_hours(clock)
        self.favourites = profile.find_favourites(tastes)
        self.distinctive = profile.find_distinctive_categories(tastes, floor)

    def tell(self, told: AnalysisContext, id: str, size: SegmentSize) -> None:
        about, add = SEGMENTS_BY_ID[id].name.text, told.findings.add
        if id in self.favourites and self.favourites[id][1] >= told.shelf.floor:
            category, buyers = self.favourites[id]
            if is_below_floor(size.customers - buyers, told.shelf.floor):
                buyers = size.customers  # how many don't is no figure to be told
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


def _add_shop_facts(told: AnalysisContext, people: dict[str, int], gap: int) -> None:
    add = told.findings.add
    told.findings.group("all", told.people)
    add("all", "customers", told.people, unit="customers", rows=people["orders"], query="customers")
    add("all", "typical-gap", gap, unit="days", rows=told.people, query="groups")


def _add_others(told: AnalysisContext, sizes: list[int]) -> None:
    """Those of the groups that are held back, together."""
    if told.where.segment is None and sum(sizes) >= told.shelf.floor:
        add, n = told.findings.add, sum(sizes)
        told.findings.group("others", n)
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
    told: AnalysisContext, id: str, size: SegmentSize, sizes: dict[str, SegmentSize]
) -> bool:
    """The group's rule and size; false when it is too small for more."""
    group, add, n = SEGMENTS_BY_ID[id], told.findings.add, size.customers
    about = group.name.text
    if not told.findings.is_sized(id):
        told.findings.nobody(id)  # its rule is no figure
        if n >= told.shelf.floor:  # what would give away a smaller one
            add(id, "rule", group.rule.text, about=about)
            return False
        add(id, "customers", f"under {told.shelf.floor}", about=about, query="groups")
        add(id, "rule", group.rule.text, about=about)
        return False
    add(id, "customers", n, unit="customers", about=about, rows=n, query="groups")
    add(id, "rule", group.rule.text, about=about, rows=n, query="groups")
    share = to_percent(n / told.people)
    add(id, "share-of-customers", share, unit="%", about=about, rows=n, query="groups")
    revenue = float(sum(s.revenue for s in sizes.values()))
    if told.currency is not None and revenue > 0:
        part = to_percent(float(size.revenue) / revenue)
        add(id, "revenue-share", part, unit="%", about=about, rows=size.orders, query="groups")
        add(
            id,
            "average-order",
            size.average_order,
            unit=told.currency or None,
            about=about,
            rows=size.orders,
            query="groups",
        )
    return True


def _load_earlier_sizes(
    told: AnalysisContext, people: dict[str, int], orders: ir.Table
) -> dict[str, SegmentSize]:
    """The groups 90 days earlier, when the orders go back twice as far."""
    day = told.until - timedelta(days=profile.GROWTH_DAYS)
    first = people["first"]
    if not isinstance(first, date) or (day - first).days < profile.GROWTH_DAYS:
        told.findings.refuse(
            Words("Growth needs half a year of orders: import the earlier ones as well.")
        )
        return {}
    ranked = told.laid.materialize("ranked_before", rank_rfm(orders, day))
    gap = compute_typical_gap(told.shelf, ranked)
    if gap is None:
        return {}
    return profile.read_sizes(
        told.ask("groups-before", profile.build_sizes(assign_segments(ranked, gap)))
    )


def _add_growth(
    told: AnalysisContext, id: str, size: SegmentSize, before: SegmentSize | None
) -> None:
    if before is None or before.customers < told.shelf.floor:
        return
    growth = to_percent(size.customers / before.customers - 1)
    told.findings.add(
        id,
        "growth",
        growth,
        unit="%",
        about=SEGMENTS_BY_ID[id].name.text,
        rows=before.customers,
        query="groups-before",
    )
