"""What can be asked of visits: sessions of events, by how far they got.

A visit that reached a step counts as having passed those before it, as in
`bot/data/analyses/funnel`. A visit without a visitor counts as a person of its own."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import ViewCondition
from bot.data.metrics.filters import add_category
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    TIME_DIMENSIONS,
    Basis,
    Dimension,
    Measure,
    MetricDataset,
    RowSelection,
    column,
    percent,
    ratio,
)
from bot.data.metrics.query.order_rows import EVER
from bot.data.warehouse.query import fetch_rows, person_column
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

STEPS = ("view", "cart", "checkout", "purchase")
BASKET = STEPS[1]
CART, CHECKOUT, ORDER = 2, 3, 4  # depths
MAX_UNNAMED = 0.05  # up to this share of rows without a visitor, the others stand for all
NO_VIEWS = Words(
    "No visit names a customer of the orders, so nobody can be chosen by what they looked at."
)
PRODUCT_COLUMNS = ("product", "category", "variant")


def select_visits(selection: RowSelection) -> ir.Table:
    """Return one row for each visit that began in the days: when it began, its device, source,
    country, visitor and depth. Where products or pages are grouped or filtered by, one row for each
    that the visit saw."""
    warehouse, query = selection.warehouse, selection.query
    events = warehouse.rows("events")
    first, last = (ibis.literal(day) for day in selection.days)
    visits = _build_visits(events).filter(_["at"].date().between(first, last))
    if query.asks("visit_sales", "sales_per_1000"):
        visits = _add_amounts(events, visits)
    if query.uses(*PRODUCT_COLUMNS):
        seen = events.filter(events["product"].notnull())
        if query.uses("category"):
            seen = add_category(warehouse, seen)
        columns = ["product", "variant", "category"]
        seen = seen.select(*columns, visit=seen.session).distinct()
        visits = visits.left_join(seen, visits.session == seen.visit).drop("visit")
    if query.uses("page"):
        paged = events.filter(events["page"].notnull())
        pages = paged.select("page", viewed_by="session").distinct()
        visits = visits.left_join(pages, visits.session == pages.viewed_by).drop("viewed_by")
    return filter_rows(DATASET, visits, query)


def _build_visits(events: ir.Table) -> ir.Table:
    depth = ibis.cases(*((events.step == step, n) for n, step in enumerate(STEPS, 1)), else_=0)
    return events.group_by("session").aggregate(
        at=events["at"].min(),
        device=events.device.max(),
        source=events.source.max(),
        country=events.country.max(),
        visitor=events.visitor.max(),
        depth=depth.max(),
    )


def _add_amounts(events: ir.Table, visits: ir.Table) -> ir.Table:
    """Add `spent`, what the orders of a visit are worth. An order that several events state counts
    once."""
    bought = events.filter(events.step == "purchase", events.amount.notnull())
    orders = bought.select("session", "order", "amount").distinct().group_by("session")
    spent = orders.aggregate(spent=_.amount.cast("decimal(18, 2)").sum()).rename(buying="session")
    return visits.left_join(spent, visits.session == spent.buying).drop("buying")


def select_viewers(warehouse: Warehouse, condition: ViewCondition, until: date) -> ir.Table:
    """Return `customer` of those whose visits saw such a product, or laid it in the basket. Nothing
    later than `until` is looked at. Raises CannotDo where no visit that did either is of a customer
    of the orders."""
    events = None if "events" in warehouse.damaged else warehouse.table("events")
    if events is None:
        raise CannotDo(NO_VIEWS)
    seen = events.filter(events["product"].notnull())
    seen = seen.filter(seen.step == BASKET) if condition.in_basket else seen
    visits = _name_customers(warehouse, events)
    known = visits.filter(visits.customer.notnull()).semi_join(seen, "session")
    if not fetch_rows(warehouse, known.select("customer").limit(1)):
        raise CannotDo(NO_VIEWS)
    first, last = condition.since or EVER[0], min(condition.until or until, until)
    seen = add_category(warehouse, seen) if condition.categories else seen
    categories = [name.lower() for name in condition.categories]
    saw = seen.filter(seen["at"].date().between(ibis.literal(first), ibis.literal(last)))
    if condition.products or categories:
        saw = saw.filter(
            saw["product"].isin(condition.products).fill_null(False)
            | saw.category.lower().isin(categories).fill_null(False)
        )
    return known.semi_join(saw, "session").select("customer").distinct()


def count_named_visits(warehouse: Warehouse) -> str:
    """Say how many visits are known to be of a customer of the orders."""
    events = warehouse.table("events")
    if events is None:
        return NO_VIEWS.to("en")
    visits = _name_customers(warehouse, events)
    (row,) = fetch_rows(
        warehouse, visits.aggregate(known=visits.customer.count(), many=visits.count())
    )
    return (
        f"{row['known']} of {row['many']} visits name a customer of the orders; who looked in the "
        "others, or never ordered, can't be told."
    )


def _name_customers(warehouse: Warehouse, events: ir.Table) -> ir.Table:
    """Return each `session` with the `customer` of its order, or its visitor where that is one."""
    orders = None if "orders" in warehouse.damaged else warehouse.table("orders")
    if orders is None:
        return events.select("session", customer=ibis.null("string")).distinct()
    named = orders.filter(orders.customer.notnull())
    placed = named.group_by(of_order="order").aggregate(orderer=named.customer.max())
    buyers = named.select(buyer="customer").distinct()
    events = events.left_join(placed, events["order"] == placed.of_order)
    events = events.left_join(buyers, events.visitor == buyers.buyer)
    who = ibis.coalesce(events.orderer.max(), events.buyer.max())
    return events.group_by("session").aggregate(customer=who)


def group_by_visit(visits: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each visit of a group; several rows of a visit name the products that it saw."""
    grouped = visits.group_by(*by, "session")
    return grouped.aggregate(spent=_.spent.max().fill_null(Decimal(0)))


def _identify(warehouse: Warehouse) -> ir.Table:
    events = warehouse.rows("events")
    visits = _build_visits(events)
    person = ibis.coalesce(
        ibis.literal("visitor ") + visits.visitor, ibis.literal("visit ") + visits.session
    )
    return visits.select(key=_key(warehouse, visits), person=person)


def _key(warehouse: Warehouse, visits: ir.Table) -> ir.Value:
    return person_column(warehouse, visits.session)


def _count(visits: ir.Table, depth: int = 0) -> ir.Value:
    return visits.session.nunique(where=visits.depth >= depth)


def _reached(depth: int) -> Basis:
    return Basis("visits", lambda t: t.depth >= depth)


BASES: Mapping[str, Basis] = {
    ALL_ROWS: Basis("visits", lambda t: t.session.notnull()),
    "visitors": Basis("people", lambda t: t.visitor.notnull()),
    "cart": _reached(CART),
    "checkout": _reached(CHECKOUT),
    "ordered": Basis("sales", lambda t: t.depth >= ORDER),
    "not_ordered": Basis("sales", lambda t: t.depth < ORDER),
    "cart_without_order": Basis("sales", lambda t: (t.depth >= CHECKOUT) & (t.depth < ORDER)),
}


def _step(label: Words, depth: int, bases: tuple[str, ...]) -> Measure:
    return Measure(
        label,
        "visits",
        lambda t: _count(t, depth),
        bases=(ALL_ROWS, *bases),
        needs=(f"step:{STEPS[depth - 1]}",),
        is_sum=True,
    )


def _rate(label: Words, start: int, end: int, bases: tuple[str, ...]) -> Measure:
    steps = {STEPS[max(start, 1) - 1], STEPS[end - 1]} if start else {STEPS[end - 1]}
    return Measure(
        label,
        "%",
        lambda t: percent(_count(t, end), _count(t, start)),
        bases=(ALL_ROWS, *bases),
        needs=tuple(f"step:{step}" for step in sorted(steps)),
        count=lambda t: _count(t, start),
    )


def _name_visitors(warehouse: Warehouse) -> Words:
    """Say that only some visits name their visitor, where that is so."""
    key = "visits-without-visitor"
    if key not in warehouse.released:
        events = warehouse.table("events")
        assert events is not None
        unnamed = events.aggregate(n=events.visitor.isnull().mean())
        warehouse.released[key] = float(fetch_rows(warehouse, unnamed)[0]["n"] or 0)
    is_some = warehouse.released[key] > MAX_UNNAMED
    return Words("visitors (recognised only)") if is_some else Words("visitors")


MEASURES: Mapping[str, Measure] = {
    "visits": Measure(Words("visits"), "visits", _count, is_sum=True),
    "visitors": Measure(
        Words("visitors"),
        "",
        lambda t: t.visitor.nunique(),
        bases=("visitors",),
        needs=("visitor",),
        is_sum=True,
        read_as=_name_visitors,
        label_as_read=True,
    ),
    "visits_with_cart": _step(Words("visits with a cart"), CART, ("cart",)),
    "visits_with_checkout": _step(Words("visits that reach the checkout"), CHECKOUT, ("checkout",)),
    "visits_with_order": _step(Words("visits with an order"), ORDER, ("ordered", "not_ordered")),
    "conversion": _rate(Words("conversion rate"), 0, ORDER, ("ordered", "not_ordered")),
    "view_to_cart": _rate(Words("product views added to cart"), 1, CART, ("cart",)),
    "cart_to_checkout": _rate(
        Words("carts that reach checkout"), CART, CHECKOUT, ("cart", "checkout")
    ),
    "checkout_to_order": _rate(
        Words("checkouts paid"),
        CHECKOUT,
        ORDER,
        ("checkout", "ordered", "cart_without_order"),
    ),
    "visit_sales": Measure(
        Words("sales in visits"),
        "money",
        lambda t: t.spent.sum(),
        "visits",
        ("ordered", "not_ordered"),
        needs=("amount",),
        is_sum=True,
    ),
    "sales_per_1000_visits": Measure(
        Words("sales per 1,000 visits"),
        "money",
        lambda t: 1000 * ratio(t.spent.sum(), t.count()),
        "visits",
        (ALL_ROWS, "ordered", "not_ordered"),
        needs=("amount",),
        count=lambda t: t.count(),
    ),
    "visits_share": Measure(Words("share of visits"), "%", share_of="visits"),
}


def _name_furthest_step(visits: ir.Table) -> ir.Value:
    """Return the last of the steps to an order that a visit reached; null where it reached none."""
    steps = ((visits.depth == depth, step) for depth, step in enumerate(STEPS, 1))
    return ibis.cases(*steps, else_=ibis.null("string"))


DIMENSIONS: Mapping[str, Dimension] = {
    **TIME_DIMENSIONS,
    "country": column("country", Words("country")),
    "device": column("device", Words("device")),
    "source": column("source", Words("source")),
    "channel": column("source", Words("channel")),
    "category": column("category", Words("category")),
    "product": column("product", Words("product")),
    "variant": column("variant", Words("variant")),
    "page": column("page", Words("page")),
    "step": Dimension(Words("furthest step"), _name_furthest_step, "step"),
}
DATASET = MetricDataset(
    name="visits",
    kind="events",
    label=Words("visits"),
    row_label=Words("visits"),
    sources={"rows": select_visits},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    bases=BASES,
    identify=_identify,
    key=_key,
    count=_count,
    stages={"visits": group_by_visit},
)
