"""The measures of orders, and the sets of rows that they reveal. The rows are those of
`order_rows.py`."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import CUSTOMER_FIELDS as CUSTOMER_FIELD_NAMES
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    Basis,
    Expression,
    Measure,
    percent,
    ratio,
)
from bot.data.metrics.query.order_rows import (
    is_new,
    is_order,
    is_purchase,
    read_return_marks,
    says_returned,
)
from bot.data.warehouse.purchases import NOT_SOLD_STATUSES
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

RETURN_DAYS = 30  # from an order to its return: delivery, 14 days to withdraw, the way back
NO_REFUNDS = (
    "the file marks returned lines and has no refund amounts; what was paid for these lines is "
    "returned_revenue."
)
NO_RETURNS = "the data have no refunds and do not say which lines were returned."
RETURNS_COUNT = (
    "Returned lines count in the revenue: the file marks them and has no refund amounts. Without "
    "them: net_revenue."
)
REFUNDS_APART = (
    "The file has refunds in a column of their own: they are not taken off the revenue, only off "
    "net_revenue."
)
REORDER_DAYS = (30, 90, 180, 365)
OLD_CUSTOMER_DAYS = 90  # from the first day of the data on, many first orders are not the first
MONEY, ORDERS, CUSTOMERS, UNITS = "money", "orders", "customers", "units"


# Parts of expressions.


def came_late(lines: ir.Table) -> ir.Value:
    return lines.delivered > lines.promised


def _count_returned(lines: ir.Table) -> ir.Value:
    """Return the units of the lines that are marked as returned; a line is returned as a whole."""
    return lines.pieces.sum(where=says_returned(lines) & lines.returned).fill_null(0.0)


def _count_with_mark(lines: ir.Table) -> ir.Value:
    """Return the units of the lines that say whether they were returned."""
    return lines.pieces.sum(where=says_returned(lines)).fill_null(0.0)


def _sum_refunds(lines: ir.Table) -> ir.Value:
    """Return what was paid back: lines below zero, and refunds in a column of their own."""
    below = lines.paid.sum(where=lines.paid < 0).fill_null(Decimal(0))
    return lines.refunded.cast("decimal(18, 2)").sum().fill_null(Decimal(0)) - below


def count_orders(lines: ir.Table) -> ir.Value:
    return lines["order"].nunique(where=is_order(lines))


def _count_customers(lines: ir.Table) -> ir.Value:
    return lines.customer.nunique(where=is_purchase(lines))


def _has_discount(lines: ir.Table) -> ir.BooleanValue:
    return (lines.discount > 0).fill_null(False)


def _sum_discounts(lines: ir.Table) -> ir.Value:
    return lines.discount.cast("decimal(18, 2)").sum(where=_has_discount(lines))


def _days_since_first(lines: ir.Table, day: str) -> ir.Value:
    return lines[day].delta(lines.first_day, unit="day")


def _is_known_for(days: int) -> Expression:
    """New customers whose first order is so many days ago."""
    return lambda t: is_new(t) & (_days_since_first(t, "last_known") >= days)


def _reordered(days: int) -> Expression:
    within = _is_known_for(days)
    return lambda t: within(t) & (_days_since_first(t, "second_day") <= days).fill_null(False)


def _not_reordered(days: int) -> Expression:
    within = _is_known_for(days)
    return lambda t: within(t) & ~(_days_since_first(t, "second_day") <= days).fill_null(False)


# What a reader must know.


def _explain_refunds(warehouse: Warehouse) -> str:
    marks = read_return_marks(warehouse)
    return NO_REFUNDS if marks["marked"] and not marks["paid_back"] else _explain_net(warehouse)


def _explain_net(warehouse: Warehouse) -> str:
    marks = read_return_marks(warehouse)
    return "" if marks["paid_back"] or marks["says_returned"] else NO_RETURNS


def _warn_of_refunds(warehouse: Warehouse, _days: tuple[date, date]) -> str:
    if read_return_marks(warehouse)["apart"]:
        return REFUNDS_APART
    return RETURNS_COUNT if _explain_refunds(warehouse) == NO_REFUNDS else ""


def _warn_of_late_returns(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say that returns are still to come, where the days are among the last of the data."""
    last = read_return_marks(warehouse)["last"]
    if last is None or days[1] <= warehouse.as_of("orders") - timedelta(days=RETURN_DAYS):
        return ""
    return (
        f"Returns of orders of the last {RETURN_DAYS} days are still to come: the latest order "
        f"with a return is of {last}."
    )


def _warn_of_missing_parcels(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say how many orders of the days are overdue and not delivered: they have no delay yet."""
    orders, today = warehouse.table("orders"), ibis.literal(warehouse.as_of("orders"))
    assert orders is not None
    day, status = orders["at"].date(), orders.status.lower()
    overdue = orders.filter(
        orders.delivered.isnull(),
        orders.promised < today,
        day.between(*map(ibis.literal, days)),
        orders.status.isnull() | status.notin(NOT_SOLD_STATUSES),
    )
    (row,) = fetch_rows(warehouse, overdue.aggregate(n=overdue["order"].nunique()))
    if row["n"] < warehouse.sales_floor:
        return ""
    return (
        f"{row['n']} orders of these days are overdue and not delivered yet (all filters apart): "
        "they do not count here, so the last weeks look better than they are."
    )


def _name_revenue(warehouse: Warehouse) -> Words:
    """Say whether refunds and returns are taken off the revenue of these data."""
    marks = read_return_marks(warehouse)
    if marks["apart"] or (marks["marked"] and not marks["paid_back"]):
        return Words("revenue (returns not taken off)")
    return Words("revenue after refunds") if marks["below"] else Words("revenue")


def _warn_of_old_customers(warehouse: Warehouse, asked: tuple[date, date]) -> str:
    """Say that customers from before the data look new, where the days are among the first."""
    first = read_return_marks(warehouse)["first"]
    if first is None or asked[0] > first + timedelta(days=OLD_CUSTOMER_DAYS):
        return ""
    return (
        f"A first order is the first in the data, which begin on {first}: in the first months "
        "many are of customers from before, who come back more often."
    )


def _warn_of_newcomers(days: int) -> Callable[[Warehouse, tuple[date, date]], str]:
    def warn(warehouse: Warehouse, asked: tuple[date, date]) -> str:
        last, old = warehouse.as_of("orders") - timedelta(days=days), ""
        if asked[1] > last:
            old = (
                f"Only customers whose {days} days are over count: those whose first order is of "
                f"{last} or before. A month in which some are not over is not complete."
            )
        return " ".join(filter(None, [old, _warn_of_old_customers(warehouse, asked)]))

    return warn


BASES: Mapping[str, Basis] = {
    ALL_ROWS: Basis("sales", lambda t: ibis.literal(True)),
    "charged": Basis("sales", lambda t: t.paid >= 0),
    "paid_back": Basis(
        "sales", lambda t: (t.paid < 0) | (t.refunded > 0).fill_null(False), whose="with a refund"
    ),
    "of_customers": Basis("sales", lambda t: t.customer.notnull()),
    "customers": Basis("people", is_purchase),
    "new": Basis("people", is_new, whose="who are new"),
    "known": Basis("people", is_purchase, "except new", whose="who are not new"),
    "once": Basis("people", is_purchase, "one order", whose="with one order"),
    "repeat": Basis("people", is_purchase, "more orders", whose="with several orders"),
    "returned": Basis(
        "marks", lambda t: says_returned(t) & t.returned.fill_null(False), whose="with a return"
    ),
    "kept": Basis(
        "marks", lambda t: says_returned(t) & ~t.returned.fill_null(True), whose="without a return"
    ),
    "taken_off": Basis("sales", lambda t: t.taken_off > 0, whose="with a refund or a return"),
    "discounts": Basis("sales", _has_discount, whose="with a discount"),
    "reduced": Basis(
        "marks", lambda t: is_order(t) & t.reduced.fill_null(False), whose="with a discount"
    ),
    "full_price": Basis(
        "marks", lambda t: is_order(t) & ~t.reduced.fill_null(False), whose="without a discount"
    ),
    "cancelled": Basis("marks", lambda t: t.cancelled, whose="with a cancelled order"),
    "not_cancelled": Basis(
        "marks", lambda t: is_order(t) & ~t.cancelled, whose="without a cancelled order"
    ),
    "came_back": Basis(
        "people", lambda t: is_new(t) & t.second_day.notnull(), whose="who came back"
    ),
    "not_back": Basis(
        "people", lambda t: is_new(t) & t.second_day.isnull(), whose="who did not come back"
    ),
    **{f"reordered_{n}": Basis("people", _reordered(n)) for n in REORDER_DAYS},
    **{f"not_reordered_{n}": Basis("people", _not_reordered(n)) for n in REORDER_DAYS},
    "late": Basis(
        "marks", lambda t: is_order(t) & came_late(t).fill_null(False), whose="with a late order"
    ),
    "delivered": Basis(
        "marks", lambda t: is_order(t) & t.delivered.notnull(), whose="with a delivered order"
    ),
    "not_delivered": Basis(
        "marks", lambda t: is_order(t) & t.delivered.isnull(), whose="without a delivered order"
    ),
    "in_time": Basis(
        "marks",
        lambda t: is_order(t) & ~came_late(t).fill_null(True),
        whose="with an order in time",
    ),
    **{f"top_{n}": Basis("sales", is_purchase, f"top {n}") for n in (1, 5, 10, 20, 50)},
}


TOP_SHARES = {
    1: Words("revenue share of the top 1% of customers"),
    5: Words("revenue share of the top 5% of customers"),
    10: Words("revenue share of the top 10% of customers"),
    20: Words("revenue share of the top 20% of customers"),
    50: Words("revenue share of the top 50% of customers"),
}


def _top_share(n: int) -> Measure:
    return Measure(
        TOP_SHARES[n],
        "%",
        lambda t: percent(t.paid.sum(where=t["rank"] < (t.many * n / 100).ceil()), t.paid.sum()),
        "customers",
        (f"top_{n}", "of_customers"),
        needs=("customer",),
        count=lambda t: t.count(),
    )


REORDERED = {
    30: Words("customers who ordered again within 30 days of their first order"),
    90: Words("customers who ordered again within 90 days of their first order"),
    180: Words("customers who ordered again within 180 days of their first order"),
    365: Words("customers who ordered again within 365 days of their first order"),
}
REORDER_RATES = {
    30: Words("share ordering again within 30 days of the first order"),
    90: Words("share ordering again within 90 days of the first order"),
    180: Words("share ordering again within 180 days of the first order"),
    365: Words("share ordering again within 365 days of the first order"),
}


def _reorders(n: int, *, is_rate: bool) -> Measure:
    def count(t: ir.Table) -> ir.Value:
        return t.count(where=t.known >= n)

    def count_back(t: ir.Table) -> ir.Value:
        back = t.count(where=(t.known >= n) & (t.wait <= n))
        return (count(t) > 0).ifelse(back, ibis.null("int64"))

    return Measure(
        REORDER_RATES[n] if is_rate else REORDERED[n],
        "%" if is_rate else CUSTOMERS,
        (lambda t: percent(count_back(t), count(t))) if is_rate else count_back,
        "newcomers",
        (f"reordered_{n}", f"not_reordered_{n}"),
        needs=("customer",),
        is_sum=not is_rate,
        count=count if is_rate else None,
        caution=_warn_of_newcomers(n),
    )


MEASURES: Mapping[str, Measure] = {
    "revenue": Measure(
        Words("revenue"), MONEY, lambda t: t.paid.sum(), is_sum=True, read_as=_name_revenue
    ),
    "net_revenue": Measure(
        Words("net revenue"),
        MONEY,
        lambda t: t.paid.sum() - t.taken_off.sum(),
        bases=(ALL_ROWS, "taken_off"),
        is_sum=True,
        explain_unknown=_explain_net,
        caution=_warn_of_late_returns,
    ),
    "returned_revenue": Measure(
        Words("revenue of returns and refunds"),
        MONEY,
        lambda t: t.taken_off.sum(),
        bases=("taken_off",),
        is_sum=True,
        explain_unknown=_explain_net,
        caution=_warn_of_late_returns,
    ),
    "revenue_before_discounts": Measure(
        Words("revenue before discounts"),
        MONEY,
        lambda t: t.paid.sum() + _sum_discounts(t).fill_null(Decimal(0)),
        bases=(ALL_ROWS, "discounts"),
        needs=("discount",),
        is_sum=True,
    ),
    "discounts": Measure(
        Words("discounts"),
        MONEY,
        _sum_discounts,
        bases=("discounts",),
        needs=("discount",),
        is_sum=True,
    ),
    "discounted_orders": Measure(
        Words("orders with a discount"),
        ORDERS,
        lambda t: t["order"].nunique(where=is_order(t) & t.reduced.fill_null(False)),
        bases=("reduced", "full_price"),
        needs=("discount",),
        is_sum=True,
    ),
    "discounted_share": Measure(
        Words("share of orders with a discount"),
        "%",
        lambda t: percent(
            t["order"].nunique(where=is_order(t) & t.reduced.fill_null(False)), count_orders(t)
        ),
        bases=(ALL_ROWS, "reduced", "full_price"),
        needs=("discount",),
    ),
    "gross_revenue": Measure(
        Words("revenue before refunds"),
        MONEY,
        lambda t: t.paid.sum(where=t.paid >= 0),
        bases=("charged",),
        is_sum=True,
        caution=_warn_of_refunds,
    ),
    "refunded": Measure(
        Words("refunded"),
        MONEY,
        _sum_refunds,
        bases=("paid_back",),
        is_sum=True,
        explain_unknown=_explain_refunds,
        caution=_warn_of_refunds,
    ),
    "orders": Measure(Words("orders"), ORDERS, count_orders, is_sum=True),
    "units": Measure(Words("units"), UNITS, lambda t: t.pieces.sum(), is_sum=True),
    "customers": Measure(
        Words("customers"),
        CUSTOMERS,
        _count_customers,
        bases=("customers",),
        needs=("customer",),
        is_sum=True,
    ),
    "new_customers": Measure(
        Words("new customers"),
        CUSTOMERS,
        lambda t: t.customer.nunique(where=is_new(t)),
        bases=("new", "known"),
        needs=("customer",),
        is_sum=True,
    ),
    "repeat_customers": Measure(
        Words("customers with several orders"),
        CUSTOMERS,
        lambda t: t.count(where=t.orders > 1),
        "customers",
        ("repeat", "once"),
        needs=("customer",),
        is_sum=True,
    ),
    "average_order": Measure(
        Words("average order"), MONEY, lambda t: ratio(t.paid.sum(), count_orders(t))
    ),
    "median_order": Measure(
        Words("median order"), MONEY, lambda t: t.paid.cast("float64").median(), "orders"
    ),
    "largest_order": Measure(
        Words("largest order"), MONEY, lambda t: t.paid.max(), "orders", of_one_customer=True
    ),
    "revenue_per_customer": Measure(
        Words("revenue per customer"),
        MONEY,
        lambda t: ratio(t.paid.sum(where=t.customer.notnull()), _count_customers(t)),
        bases=("of_customers", "customers"),
        needs=("customer",),
    ),
    "orders_per_customer": Measure(
        Words("orders per customer"),
        "",
        lambda t: ratio(t["order"].nunique(where=is_purchase(t)), _count_customers(t)),
        bases=("of_customers", "customers"),
        needs=("customer",),
    ),
    "units_per_order": Measure(
        Words("units per order"), "", lambda t: ratio(t.pieces.sum(), count_orders(t))
    ),
    "returned": Measure(
        Words("returned"),
        UNITS,
        _count_returned,
        bases=("returned", "kept"),
        needs=("returned",),
        is_sum=True,
        caution=_warn_of_late_returns,
    ),
    "return_rate": Measure(
        Words("return rate"),
        "%",
        lambda t: percent(_count_returned(t), _count_with_mark(t)),
        read_as=lambda _: Words("return rate (of units)"),
        bases=("returned", "kept"),
        needs=("returned",),
        count=_count_with_mark,
        caution=_warn_of_late_returns,
    ),
    "repeat_rate": Measure(
        Words("repeat rate"),
        "%",
        lambda t: percent(t.count(where=t.orders > 1), t.count()),
        "customers",
        ("repeat", "once"),
        needs=("customer",),
        count=lambda t: t.count(),
    ),
    "late_orders": Measure(
        Words("late orders"),
        ORDERS,
        lambda t: t.count(where=t.late.fill_null(False)),
        "orders",
        ("late", "in_time"),
        needs=("promised", "delivered"),
        is_sum=True,
        caution=_warn_of_missing_parcels,
    ),
    "late_share": Measure(
        Words("share of late orders"),
        "%",
        lambda t: percent(t.count(where=t.late.fill_null(False)), t.late.count()),
        "orders",
        ("late", "in_time"),
        needs=("promised", "delivered"),
        count=lambda t: t.late.count(),
        caution=_warn_of_missing_parcels,
    ),
    "mean_delivery_days": Measure(
        Words("mean days to delivery"),
        "days",
        lambda t: t.days_to_delivery.cast("float64").mean(where=t.days_to_delivery >= 0),
        "orders",
        ("delivered", "not_delivered"),
        needs=("delivered",),
        count=lambda t: t.count(where=t.days_to_delivery >= 0),
    ),
    "cancelled_orders": Measure(
        Words("cancelled orders"),
        ORDERS,
        lambda t: t["order"].nunique(),
        needs=("status",),
        is_sum=True,
        source="cancelled",
    ),
    "cancelled_share": Measure(
        Words("share of cancelled orders"),
        "%",
        lambda t: percent(
            t["order"].nunique(where=t.cancelled),
            t["order"].nunique(where=t.cancelled | is_order(t)),
        ),
        bases=(ALL_ROWS, "cancelled", "not_cancelled"),
        needs=("status",),
        source="placed",
    ),
    "median_days_to_second_order": Measure(
        Words("median days from the first to the second order"),
        "days",
        lambda t: t.wait.cast("float64").median(),
        "newcomers",
        ("came_back", "not_back"),
        needs=("customer",),
        count=lambda t: t.wait.count(),
        caution=_warn_of_old_customers,
    ),
    "mean_days_to_second_order": Measure(
        Words("mean days from the first to the second order"),
        "days",
        lambda t: t.wait.cast("float64").mean(),
        "newcomers",
        ("came_back", "not_back"),
        needs=("customer",),
        count=lambda t: t.wait.count(),
        caution=_warn_of_old_customers,
    ),
    **{f"reordered_{n}_days": _reorders(n, is_rate=False) for n in REORDER_DAYS},
    **{f"reorder_rate_{n}_days": _reorders(n, is_rate=True) for n in REORDER_DAYS},
    "lifetime_value": Measure(
        Words("lifetime value so far, per customer"),
        MONEY,
        lambda t: ratio(t.paid.sum(where=t.customer.notnull()), _count_customers(t)),
        bases=("of_customers", "customers"),
        needs=("customer",),
        whole_time=True,
        only_by=("first_order_month", "first_order_source", *CUSTOMER_FIELD_NAMES),
    ),
    "median_days_since_last_order": Measure(
        Words("median days since the customer's last order"),
        "days",
        lambda t: t.idle.cast("float64").median(),
        "customers",
        ("customers",),
        needs=("customer",),
        count=lambda t: t.count(),
    ),
    "days_since_last_sale": Measure(
        Words("days since the last sale"),
        "days",
        lambda t: t.last_known.max().delta(t.day.max(where=is_order(t)), unit="day"),
        only_by=("product", "category", "variant"),  # else it is the day of one customer
    ),
    "median_days_between_orders": Measure(
        Words("median days between orders"),
        "days",
        lambda t: t.gap.cast("float64").median(),
        "gaps",
        ("repeat",),
        needs=("customer",),
        count=lambda t: t.count(),
    ),
    "mean_days_between_orders": Measure(
        Words("mean days between orders"),
        "days",
        lambda t: t.gap.cast("float64").mean(),
        "gaps",
        ("repeat",),
        needs=("customer",),
        count=lambda t: t.count(),
    ),
    "revenue_share": Measure(Words("share of revenue"), "%", share_of="revenue"),
    "orders_share": Measure(Words("share of orders"), "%", share_of="orders"),
    "units_share": Measure(Words("share of units"), "%", share_of="units"),
    "customers_share": Measure(Words("share of customers"), "%", share_of="customers"),
    **{f"top_{n}_percent_share": _top_share(n) for n in TOP_SHARES},
}
