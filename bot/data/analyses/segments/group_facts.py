"""The named groups of customers, told."""

from datetime import date, timedelta
from decimal import Decimal

import ibis.expr.types as ir

from bot.data.analyses.segments import profile
from bot.data.analyses.segments.context import Told
from bot.data.analyses.segments.groups import BY_ID, GROUPS, named
from bot.data.analyses.segments.profile import Sizes, percent
from bot.data.analyses.segments.rfm import rfm
from bot.data.analyses.segments.rhythm import typical_gap
from bot.data.disclosure import suppress
from bot.data.floors import is_small
from bot.data.warehouse.purchases import orders_of
from bot.i18n.messages import Words

NOBODY = Sizes(0, 0, Decimal(0))
OTHERS = Words("Others")


def tell(told: Told, people: dict[str, int]) -> None:
    """Facts segments.<group>.customers, .rule, .share-of-customers, .revenue-share, .average-order,
    .favourite-category, .typical-category, .best-day, .best-hour, .growth. `people` is what
    `found` counted: customers, orders, first (day). Groups that are too small, and those that would
    give them away, are in segments.others.customers together."""
    findings, shelf = told.findings, told.shelf
    wanted = told.where.segment
    if wanted and wanted not in BY_ID:
        findings.refuse(
            Words(
                "There is no group called {name}. There are {known}.",
                name=wanted,
                known=", ".join(BY_ID),
            )
        )
        return
    orders = told.laid.down("orders", orders_of(told.bought))
    ranked = told.laid.down("ranked", rfm(orders, told.until))
    gap = typical_gap(shelf, ranked)
    if gap is None:
        findings.refuse(
            Words(
                "Under {n} customers bought more than once: groups by rhythm would be chance."
                " A longer order file would help.",
                n=shelf.floor,
            )
        )
        return
    groups = told.laid.down("groups", named(ranked, gap))
    _shop(told, people, gap)
    sizes = profile.sizes(told.ask("groups", profile.sizes_of(groups)))
    before = _before(told, people, orders)
    habits = _Habits(
        told.ask("clock", profile.clock_of(groups, orders)),
        told.ask("tastes", profile.tastes_of(groups, told.bought)),
        told.shelf.floor,
    )
    kept = suppress({id: size.customers for id, size in sizes.items()}, shelf.floor)
    for group in GROUPS:
        if wanted not in (None, group.id):
            continue
        size = sizes.get(group.id, NOBODY)
        findings.group(group.id, size.customers, told=group.id in kept)
        if _size(told, group.id, size, sizes):
            habits.tell(told, group.id, size)
            _growth(told, group.id, size, before.get(group.id))
    _others(told, [size.customers for id, size in sizes.items() if id not in kept])


class _Habits:
    """What and when each group buys."""

    def __init__(
        self, clock: list[dict[str, int]], tastes: list[dict[str, int]], floor: int
    ) -> None:
        self.days, self.hours = profile.best_days(clock), profile.best_hours(clock)
        self.favourites = profile.favourites(tastes)
        self.distinctive = profile.distinctive(tastes, floor)

    def tell(self, told: Told, id: str, size: Sizes) -> None:
        about, add = BY_ID[id].name.text, told.findings.add
        if id in self.favourites and self.favourites[id][1] >= told.shelf.floor:
            category, buyers = self.favourites[id]
            if is_small(size.customers - buyers, told.shelf.floor):
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


def _shop(told: Told, people: dict[str, int], gap: int) -> None:
    add = told.findings.add
    told.findings.group("all", told.people)
    add("all", "customers", told.people, unit="customers", rows=people["orders"], query="customers")
    add("all", "typical-gap", gap, unit="days", rows=told.people, query="groups")


def _others(told: Told, sizes: list[int]) -> None:
    """Those of the groups that are held back, together."""
    if told.where.segment is None and sum(sizes) >= told.shelf.floor:
        add, n = told.findings.add, sum(sizes)
        told.findings.group("others", n)
        add("others", "customers", n, unit="customers", about=OTHERS.text, rows=n, query="groups")


def _size(told: Told, id: str, size: Sizes, sizes: dict[str, Sizes]) -> bool:
    """The group's rule and size; false when it is too small for more."""
    group, add, n = BY_ID[id], told.findings.add, size.customers
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
    share = percent(n / told.people)
    add(id, "share-of-customers", share, unit="%", about=about, rows=n, query="groups")
    revenue = float(sum(s.revenue for s in sizes.values()))
    if told.currency is not None and revenue > 0:
        part = percent(float(size.revenue) / revenue)
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


def _before(told: Told, people: dict[str, int], orders: ir.Table) -> dict[str, Sizes]:
    """The groups 90 days earlier, when the orders go back twice as far."""
    day = told.until - timedelta(days=profile.EARLIER)
    first = people["first"]
    if not isinstance(first, date) or (day - first).days < profile.EARLIER:
        told.findings.refuse(
            Words("Growth needs half a year of orders: import the earlier ones as well.")
        )
        return {}
    ranked = told.laid.down("ranked_before", rfm(orders, day))
    gap = typical_gap(told.shelf, ranked)
    if gap is None:
        return {}
    return profile.sizes(told.ask("groups-before", profile.sizes_of(named(ranked, gap))))


def _growth(told: Told, id: str, size: Sizes, before: Sizes | None) -> None:
    if before is None or before.customers < told.shelf.floor:
        return
    growth = percent(size.customers / before.customers - 1)
    told.findings.add(
        id,
        "growth",
        growth,
        unit="%",
        about=BY_ID[id].name.text,
        rows=before.customers,
        query="groups-before",
    )
