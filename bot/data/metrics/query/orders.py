"""What can be asked of orders.

Refunds lower the revenue and are no orders, cancelled lines are left out (but for
`cancelled_orders`), and only the currency of most orders counts: as in
`bot/data/metrics/orders`. An order without a customer counts as a person of its own."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.metric_query import MetricCondition
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.best_sellers import select_counted_lines
from bot.data.metrics.filters import add_category
from bot.data.metrics.orders.order_lines import find_first_orders
from bot.data.metrics.orders.released_rows import build_row_key, identify_person
from bot.data.metrics.query.conditions import (
    filter_rows,
    holds_day,
    holds_number,
    name_customer_column,
)
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    TIME_DIMENSIONS,
    Basis,
    ConditionField,
    Dimension,
    Measure,
    MetricDataset,
    RowSelection,
    column,
    percent,
    ratio,
)
from bot.data.warehouse.purchases import CANCELLED_STATUSES
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

EVER = (date(1900, 1, 1), date(2999, 12, 31))
RETURN_DAYS = 30  # from an order to its return: delivery, 14 days to withdraw, the way back
NO_REFUNDS = "the file marks returned lines and has no refund amounts."
RETURNS_COUNT = (
    "Returned lines count in the revenue: the file marks them and has no refund amounts. Without "
    "them: revenue with the filter returned is_not yes."
)
REFUNDS_APART = "The file has refunds in a column of their own: they are not taken off the revenue."


# The rows.


def select_lines(selection: RowSelection) -> ir.Table:
    """Return the counted lines with `day`, `person`, the customer's first day, the whole order's
    `total` and `held` pieces where they are filtered by, and the `net` of the order's lines that
    are selected."""
    warehouse, query = selection.warehouse, selection.query
    lines = select_counted_lines(warehouse, AnalysisFilter(), *selection.days, selection.currency)
    lines = lines.mutate(day=lines["at"].date())
    if query.uses("order_value", "order_units"):
        lines = lines.mutate(
            total=_.paid.sum().over(group_by="order"), held=_.pieces.sum().over(group_by="order")
        )
    lines = _add_attributes(lines, selection)
    lines = filter_rows(DATASET, lines, query)
    return lines.mutate(net=_.paid.sum().over(group_by="order"))


def select_cancelled_lines(selection: RowSelection) -> ir.Table:
    """Return the cancelled lines, with the same columns."""
    warehouse, query = selection.warehouse, selection.query
    orders = warehouse.table("orders")
    assert orders is not None
    first, last = (ibis.literal(day) for day in selection.days)
    lines = orders.filter(
        orders.status.lower().isin(CANCELLED_STATUSES), orders["at"].date().between(first, last)
    )
    if selection.currency is not None:
        lines = lines.filter(_.currency.isnull() | (_.currency == selection.currency))
    lines = lines.mutate(
        day=lines["at"].date(),
        paid=lines.amount.cast("decimal(18, 2)"),
        pieces=lines.quantity.cast("float64").fill_null(1.0),
    )
    if query.uses("order_value", "order_units"):
        lines = lines.mutate(
            total=_.paid.sum().over(group_by="order"), held=_.pieces.sum().over(group_by="order")
        )
    lines = filter_rows(DATASET, _add_attributes(lines, selection), query)
    return lines.mutate(net=ibis.literal(Decimal(0)).cast("decimal(18, 2)"))


def _add_attributes(lines: ir.Table, selection: RowSelection) -> ir.Table:
    """Join what stands in other tables: the first order, the catalogue's category, the segment, and
    what the customer conditions say."""
    warehouse, query = selection.warehouse, selection.query
    lines = lines.left_join(find_first_orders(warehouse), "customer").drop("customer_right")
    if query.uses("category"):
        lines = add_category(warehouse, lines)
    people = warehouse.table("consents")
    if query.uses("segment") and people is not None:
        named = people.select(of="customer", segment="segment")
        lines = lines.left_join(named, lines.customer == named.of).drop("of")
    conditions = query.customer_conditions
    if conditions:
        profile = build_profile(warehouse, conditions, selection.currency)
        lines = lines.left_join(profile, lines.customer == profile.who).drop("who")
    return lines


# Conditions on the customer, over everything that the customer ever ordered.


def build_profile(
    warehouse: Warehouse, conditions: Sequence[MetricCondition], currency: str | None
) -> ir.Table:
    """Return `who`, and for each condition whether it holds, one row for each customer."""
    lines = select_counted_lines(warehouse, AnalysisFilter(), *EVER, currency)
    lines = lines.filter(_.customer.notnull())
    bought = [one for one in conditions if one.field == "customer_bought"]
    if bought:
        lines = add_category(warehouse, lines)
    had = {
        f"had_{n}": (lines["product"].isin(one.values) | lines.category.isin(one.values)).any()
        for n, one in enumerate(bought)
    }
    orders = lines.group_by("customer", "order").aggregate(
        paid=_.paid.sum(), day=lines["at"].min().date(), **had
    )
    customers = orders.group_by("customer").aggregate(
        spent=_.paid.sum(),
        many=_.count(where=_.paid >= 0),
        first=_.day.min(where=_.paid >= 0),
        last=_.day.max(where=_.paid >= 0),
        **{name: orders[name].any(where=orders.paid >= 0) for name in had},
        **{
            f"in_{n}": holds_day(orders.day, one).any(where=orders.paid >= 0)
            for n, one in enumerate(conditions)
            if one.field in ("customer_ordered", "customer_not_ordered")
        },
    )
    return customers.select(
        who=customers.customer,
        **{
            name_customer_column(n): _holds(customers, one, n, bought)
            for n, one in enumerate(conditions)
        },
    )


def _holds(
    customers: ir.Table,
    condition: MetricCondition,
    n: int,
    bought: Sequence[MetricCondition],
) -> ir.Value:
    has_ordered = customers.many > 0
    if condition.field == "customer_bought":
        had = customers[f"had_{bought.index(condition)}"].fill_null(False)
        return has_ordered & (~had if condition.operator == "is_not" else had)
    if condition.field in ("customer_ordered", "customer_not_ordered"):
        inside = customers[f"in_{n}"].fill_null(False)
        return has_ordered & (~inside if condition.field == "customer_not_ordered" else inside)
    if condition.field in ("customer_first_order", "customer_last_order"):
        day = customers.first if condition.field == "customer_first_order" else customers.last
        return has_ordered & holds_day(day, condition).fill_null(False)
    number = customers.many if condition.field == "customer_orders" else customers.spent
    return has_ordered & holds_number(number, condition)


# What some measures are computed from.


def group_by_order(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each order of a group: `paid`, `late` where both days are known, and the days
    from the order to its last delivery."""
    orders = lines.group_by(*by, "order").aggregate(
        paid=_.paid.sum(),
        late=(_.delivered > _.promised).any(),
        days_to_delivery=_.delivered.max().delta(_.day.min(), unit="day"),
    )
    return orders.filter(_.paid >= 0)


def group_by_customer(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each customer of a group who ordered: `orders`, `paid`, and the `rank` by it from
    0, of `many`."""
    known = lines.filter(_.customer.notnull())
    customers = known.group_by(*by, "customer").aggregate(
        orders=known["order"].nunique(where=known.net >= 0), paid=_.paid.sum()
    )
    customers = customers.filter(_.orders > 0)
    order = [ibis.desc("paid"), "customer"]
    return customers.mutate(
        rank=ibis.row_number().over(group_by=list(by), order_by=order),
        many=_.count().over(group_by=list(by)),
    )


def group_by_gap(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each pair of a customer's successive days with an order: the `gap` in days."""
    bought = lines.filter(_.customer.notnull(), _.net >= 0)
    days = bought.select(*by, "customer", "day").distinct()
    before = days.day.lag().over(group_by=[*by, "customer"], order_by="day")
    gaps = days.mutate(gap=days.day.delta(before, unit="day"))
    return gaps.filter(_.gap.notnull())


# The tables.

MONEY, ORDERS, CUSTOMERS, UNITS = "money", "orders", "customers", "units"


def _is_order(lines: ir.Table) -> ir.BooleanValue:
    return lines.net >= 0


def _is_purchase(lines: ir.Table) -> ir.BooleanValue:
    return (lines.net >= 0) & lines.customer.notnull()


def _is_new(lines: ir.Table) -> ir.BooleanValue:
    return _is_purchase(lines) & (lines.day == lines.first_day)


def _says_returned(lines: ir.Table) -> ir.BooleanValue:
    return lines.returned.notnull() & (lines.paid >= 0)


def _came_late(lines: ir.Table) -> ir.Value:
    return lines.delivered > lines.promised


def _count_returned(lines: ir.Table) -> ir.Value:
    """Return the units of the lines that are marked as returned; a line is returned as a whole."""
    return lines.pieces.sum(where=_says_returned(lines) & lines.returned).fill_null(0.0)


def _sum_refunds(lines: ir.Table) -> ir.Value:
    """Return what was paid back: lines below zero, and refunds in a column of their own."""
    below = lines.paid.sum(where=lines.paid < 0).fill_null(Decimal(0))
    return lines.refunded.cast("decimal(18, 2)").sum().fill_null(Decimal(0)) - below


def _read_marks(warehouse: Warehouse) -> Mapping[str, Any]:
    """Return what the orders say of returns, ever: `paid_back` and `marked`, whether there are
    refund amounts and lines marked as returned, `apart`, whether some refunds are not taken off the
    revenue, and `last`, the day of the latest returned order. Read once for each state of the
    data."""
    key = ("return marks", "orders")
    if key not in warehouse.released:
        lines = select_counted_lines(warehouse, AnalysisFilter(), *EVER, None)
        marked = _says_returned(lines) & lines.returned
        query = lines.aggregate(
            paid_back=(lines.paid < 0).any() | lines.refunded.notnull().any(),
            apart=(lines.refunded > 0).any(),
            marked=marked.any(),
            last=lines["at"].max(where=marked).date(),
        )
        (warehouse.released[key],) = fetch_rows(warehouse, query)
    found: Mapping[str, Any] = warehouse.released[key]
    return found


def _explain_refunds(warehouse: Warehouse) -> str:
    marks = _read_marks(warehouse)
    return NO_REFUNDS if marks["marked"] and not marks["paid_back"] else ""


def _warn_of_refunds(warehouse: Warehouse, _days: tuple[date, date]) -> str:
    if _read_marks(warehouse)["apart"]:
        return REFUNDS_APART
    return RETURNS_COUNT if _explain_refunds(warehouse) else ""


def _warn_of_late_returns(warehouse: Warehouse, days: tuple[date, date]) -> str:
    """Say that returns are still to come, where the days are among the last of the data."""
    last = _read_marks(warehouse)["last"]
    if last is None or days[1] <= warehouse.as_of("orders") - timedelta(days=RETURN_DAYS):
        return ""
    return (
        f"Returns of orders of the last {RETURN_DAYS} days are still to come: the latest order "
        f"with a return is of {last}."
    )


def _count_with_mark(lines: ir.Table) -> ir.Value:
    """Return the units of the lines that say whether they were returned."""
    return lines.pieces.sum(where=_says_returned(lines)).fill_null(0.0)


BASES: Mapping[str, Basis] = {
    ALL_ROWS: Basis("sales", lambda t: ibis.literal(True)),
    "charged": Basis("sales", lambda t: t.paid >= 0),
    "paid_back": Basis("sales", lambda t: (t.paid < 0) | (t.refunded > 0).fill_null(False)),
    "of_customers": Basis("sales", lambda t: t.customer.notnull()),
    "customers": Basis("people", _is_purchase),
    "new": Basis("people", _is_new),
    "known": Basis("people", _is_purchase, "except new"),
    "once": Basis("people", _is_purchase, "one order"),
    "repeat": Basis("people", _is_purchase, "more orders"),
    "returned": Basis("marks", lambda t: _says_returned(t) & t.returned.fill_null(False)),
    "kept": Basis("marks", lambda t: _says_returned(t) & ~t.returned.fill_null(True)),
    "late": Basis("marks", lambda t: _is_order(t) & _came_late(t).fill_null(False)),
    "delivered": Basis("marks", lambda t: _is_order(t) & t.delivered.notnull()),
    "not_delivered": Basis("marks", lambda t: _is_order(t) & t.delivered.isnull()),
    "in_time": Basis("marks", lambda t: _is_order(t) & ~_came_late(t).fill_null(True)),
    **{f"top_{n}": Basis("sales", _is_purchase, f"top {n}") for n in (1, 5, 10, 20, 50)},
}


def _count_orders(lines: ir.Table) -> ir.Value:
    return lines["order"].nunique(where=_is_order(lines))


def _count_customers(lines: ir.Table) -> ir.Value:
    return lines.customer.nunique(where=_is_purchase(lines))


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


MEASURES: Mapping[str, Measure] = {
    "revenue": Measure(Words("revenue"), MONEY, lambda t: t.paid.sum(), is_sum=True),
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
    "orders": Measure(Words("orders"), ORDERS, _count_orders, is_sum=True),
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
        lambda t: t.customer.nunique(where=_is_new(t)),
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
        Words("average order"), MONEY, lambda t: ratio(t.paid.sum(), _count_orders(t))
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
        lambda t: ratio(t["order"].nunique(where=_is_purchase(t)), _count_customers(t)),
        bases=("of_customers", "customers"),
        needs=("customer",),
    ),
    "units_per_order": Measure(
        Words("units per order"), "", lambda t: ratio(t.pieces.sum(), _count_orders(t))
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
    ),
    "late_share": Measure(
        Words("share of late orders"),
        "%",
        lambda t: percent(t.count(where=t.late.fill_null(False)), t.late.count()),
        "orders",
        ("late", "in_time"),
        needs=("promised", "delivered"),
        count=lambda t: t.late.count(),
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
DIMENSIONS: Mapping[str, Dimension] = {
    **TIME_DIMENSIONS,
    "country": column("country", Words("country")),
    "region": column("region", Words("region")),
    "device": column("device", Words("device")),
    "source": column("source", Words("source")),
    "channel": column("source", Words("channel")),
    "category": column("category", Words("category")),
    "product": column("product", Words("product")),
    "variant": column("variant", Words("variant")),
    "code": column("code", Words("campaign code")),
    "campaign": column("code", Words("campaign")),
    "status": column("status", Words("status")),
    "return_reason": column("reason", Words("return reason")),
    "segment": column("segment", Words("segment")),
    "customer_type": Dimension(
        Words("new or known customer"),
        lambda t: ibis.ifelse(
            t.customer.isnull(),
            ibis.null("string"),
            (t.day == t.first_day).ifelse("new", "known"),
        ),
        "customer",
    ),
}


def _yes_or_no(value: ir.Value) -> ir.Value:
    return value.ifelse("yes", "no")


CUSTOMER_FIELDS: Mapping[str, ConditionField] = {
    "customer_orders": ConditionField(Words("orders of the customer"), "number", needs="customer"),
    "customer_spent": ConditionField(Words("spent by the customer"), "number", needs="customer"),
    "customer_first_order": ConditionField(Words("first order"), "day", needs="customer"),
    "customer_last_order": ConditionField(Words("last order"), "day", needs="customer"),
    "customer_ordered": ConditionField(Words("ordered"), "day", needs="customer"),
    "customer_not_ordered": ConditionField(Words("not ordered"), "day", needs="customer"),
    "customer_bought": ConditionField(Words("bought"), "text", needs="customer"),
}
FIELDS: Mapping[str, ConditionField] = {
    "order_value": ConditionField(Words("value of the order"), "number", lambda t: t.total),
    "order_units": ConditionField(Words("units of the order"), "number", lambda t: t.held),
    "returned": ConditionField(
        Words("returned"), "text", lambda t: _yes_or_no(t.returned), "returned"
    ),
    "late": ConditionField(Words("late"), "text", lambda t: _yes_or_no(_came_late(t)), "promised"),
    **CUSTOMER_FIELDS,
}


def _identify(warehouse: Warehouse) -> ir.Table:
    orders = warehouse.table("orders")
    assert orders is not None
    return orders.select(key=build_row_key(warehouse, orders), person=identify_person(orders))


DATASET = MetricDataset(
    name="orders",
    kind="orders",
    label=Words("orders"),
    row_label=Words("orders"),
    sources={"rows": select_lines, "cancelled": select_cancelled_lines},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    bases=BASES,
    identify=_identify,
    key=build_row_key,
    count=_count_orders,
    fields=FIELDS,
    stages={"orders": group_by_order, "customers": group_by_customer, "gaps": group_by_gap},
)
