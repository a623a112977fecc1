"""The measures of orders."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import CUSTOMER_FIELDS as CUSTOMER_FIELD_NAMES
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    PRICES,
    Expression,
    Measure,
    percent,
    ratio,
)
from bot.data.metrics.query.order_bases import (
    REORDER_DAYS,
    count_customers,
    count_orders,
    count_returned,
    count_with_mark,
    has_discount,
    sum_discounts,
    sum_refunds,
)
from bot.data.metrics.query.order_cautions import (
    PARCELS_SETTLE,
    RETURN_FIELDS,
    RETURNS_SETTLE,
    explain_net,
    explain_refunds,
    find_revenue_basis,
    name_revenue,
    warn_of_codes,
    warn_of_late_returns,
    warn_of_missing_parcels,
    warn_of_newcomers,
    warn_of_old_customers,
    warn_of_price_cuts,
    warn_of_refunds,
    warn_of_unknown_prices,
)
from bot.data.metrics.query.order_rows import (
    is_new,
    is_order,
    is_purchase,
)
from bot.i18n.messages import Words

NOT_DUE = "no promised day of theirs is over"
NO_PRICE_YET = "the price history knows no price of what was sold here on its day"
MONEY, ORDERS, CUSTOMERS, UNITS = "money", "orders", "customers", "units"

TOP_SHARES = {
    1: Words("revenue share of the top 1% of customers"),
    5: Words("revenue share of the top 5% of customers"),
    10: Words("revenue share of the top 10% of customers"),
    20: Words("revenue share of the top 20% of customers"),
    50: Words("revenue share of the top 50% of customers"),
}


TOP_GROSS_SHARES = {
    1: Words("top 1% of customers: share of revenue before returns"),
    5: Words("top 5% of customers: share of revenue before returns"),
    10: Words("top 10% of customers: share of revenue before returns"),
    20: Words("top 20% of customers: share of revenue before returns"),
    50: Words("top 50% of customers: share of revenue before returns"),
}
TOP_NET_SHARES = {
    1: Words("net revenue share of the top 1% of customers"),
    5: Words("net revenue share of the top 5% of customers"),
    10: Words("net revenue share of the top 10% of customers"),
    20: Words("net revenue share of the top 20% of customers"),
    50: Words("net revenue share of the top 50% of customers"),
}

PRICE_NAMES = {
    "gross": Words("average selling price per unit, before returns"),
    "net": Words("average selling price per unit, after refunds"),
    "": Words("average selling price per unit"),
}


def _top_share(n: int) -> Measure:
    names = {"gross": TOP_GROSS_SHARES[n], "net": TOP_NET_SHARES[n], "": TOP_SHARES[n]}
    return Measure(
        TOP_SHARES[n],
        "%",
        lambda t: percent(t.paid.sum(where=t["rank"] < (t.many * n / 100).ceil()), t.paid.sum()),
        "customers",
        (f"top_{n}", "of_customers"),
        needs=("customer",),
        count=lambda t: t.count(),
        read_as=lambda warehouse: names[find_revenue_basis(warehouse)],
        label_as_read=True,
    )


def _top_net_share(n: int) -> Measure:
    return Measure(
        TOP_NET_SHARES[n],
        "%",
        lambda t: percent(t.net.sum(where=t.net_rank < (t.many * n / 100).ceil()), t.net.sum()),
        "customers",
        (f"net_top_{n}", "of_customers", "taken_off"),
        needs=("customer",),
        count=lambda t: t.count(),
        explain_unknown=explain_net,
        caution=warn_of_late_returns,
    )


REORDERED = {
    30: Words("customers who reordered within 30 days"),
    90: Words("customers who reordered within 90 days"),
    180: Words("customers who reordered within 180 days"),
    365: Words("customers who reordered within 365 days"),
}
NEWCOMERS = {
    30: Words("new customers whose 30 days are over"),
    90: Words("new customers whose 90 days are over"),
    180: Words("new customers whose 180 days are over"),
    365: Words("new customers whose 365 days are over"),
}
REORDER_RATES = {
    30: Words("reordered within 30 days"),
    90: Words("reordered within 90 days"),
    180: Words("reordered within 180 days"),
    365: Words("reordered within 365 days"),
}


def _count_known(n: int) -> Expression:
    return lambda t: t.count(where=t.known >= n)


def _newcomers(n: int) -> Measure:
    return replace(_reorders(n, is_rate=False), label=NEWCOMERS[n], value=_count_known(n))


def _reorders(n: int, *, is_rate: bool) -> Measure:
    count = _count_known(n)

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
        caution=warn_of_newcomers(n),
        of=f"newcomers_{n}_days" if is_rate else "",
    )


MEASURES: Mapping[str, Measure] = {
    "revenue": Measure(
        Words("revenue"), MONEY, lambda t: t.paid.sum(), is_sum=True, read_as=name_revenue
    ),
    "net_revenue": Measure(
        Words("net revenue"),
        MONEY,
        lambda t: t.paid.sum() - t.taken_off.sum(),
        bases=(ALL_ROWS, "taken_off"),
        is_sum=True,
        explain_unknown=explain_net,
        read_as=lambda _: Words("revenue after returns"),
        caution=warn_of_late_returns,
    ),
    "returned_revenue": Measure(
        Words("value of returns"),
        MONEY,
        lambda t: t.taken_off.sum(),
        bases=("taken_off",),
        is_sum=True,
        explain_unknown=explain_net,
        caution=warn_of_late_returns,
    ),
    "revenue_before_discounts": Measure(
        Words("revenue before discounts"),
        MONEY,
        lambda t: t.paid.sum() + sum_discounts(t).fill_null(Decimal(0)),
        bases=(ALL_ROWS, "discounts"),
        needs=("discount",),
        is_sum=True,
    ),
    "discounts": Measure(
        Words("discounts"),
        MONEY,
        sum_discounts,
        bases=("discounts",),
        needs=("discount",),
        is_sum=True,
        caution=warn_of_price_cuts,
    ),
    "discount_depth": Measure(
        Words("share taken off by discounts, where there is one"),
        "%",
        lambda t: percent(sum_discounts(t), t.paid.sum(where=has_discount(t)) + sum_discounts(t)),
        bases=("discounts",),
        needs=("discount",),
    ),
    "price_cuts": Measure(
        Words("given away by price reductions"),
        MONEY,
        lambda t: t.cut.sum(),
        bases=("price_cuts",),
        needs=(PRICES,),
        is_sum=True,
        caution=warn_of_unknown_prices,
        blank=NO_PRICE_YET,
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
        told_apart_by=("discounted",),
        counts="discounted_orders",
    ),
    "code_share": Measure(
        Words("share of orders with a campaign code"),
        "%",
        lambda t: percent(
            t["order"].nunique(where=is_order(t) & t.code.notnull()), count_orders(t)
        ),
        bases=(ALL_ROWS, "with_code", "without_code"),
        needs=("code",),
        caution=warn_of_codes,
    ),
    "gross_revenue": Measure(
        Words("gross revenue"),
        MONEY,
        lambda t: t.paid.sum(where=t.paid >= 0),
        bases=("charged",),
        is_sum=True,
        caution=warn_of_refunds,
    ),
    "refunded": Measure(
        Words("refunded"),
        MONEY,
        sum_refunds,
        bases=("paid_back",),
        is_sum=True,
        explain_unknown=explain_refunds,
        caution=warn_of_refunds,
    ),
    "orders": Measure(Words("orders"), ORDERS, count_orders, is_sum=True),
    "units": Measure(Words("units"), UNITS, lambda t: t.pieces.sum(), is_sum=True),
    "customers": Measure(
        Words("customers"),
        CUSTOMERS,
        count_customers,
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
        caution=warn_of_old_customers,
        instead="orders, with customer_type as a further dimension",
    ),
    "repeat_customers": Measure(
        Words("customers with several orders"),
        CUSTOMERS,
        lambda t: t.count(where=t.orders > 1),
        "customers",
        ("repeat", "once"),
        needs=("customer",),
        is_sum=True,
        not_of_one=("nth_order", "customer_type"),
    ),
    "average_order": Measure(
        Words("average order"),
        MONEY,
        lambda t: ratio(t.paid.sum(), count_orders(t)),
        spread=lambda t: t.paid.cast("float64").std(),
        spread_stage="orders",
        of_lines=Words("spent on these lines per order, on average"),
        quotient=("revenue", "orders"),
    ),
    "median_order": Measure(
        Words("median order"),
        MONEY,
        lambda t: t.paid.cast("float64").median(),
        "orders",
        of_lines=Words("spent on these lines per order, median"),
    ),
    "largest_order": Measure(
        Words("largest order"),
        MONEY,
        lambda t: t.paid.max(),
        "orders",
        of_one_customer=True,
        of_lines=Words("spent on these lines per order, at most"),
    ),
    "revenue_per_customer": Measure(
        Words("revenue per customer"),
        MONEY,
        lambda t: ratio(t.paid.sum(where=t.customer.notnull()), count_customers(t)),
        bases=("of_customers", "customers"),
        needs=("customer",),
    ),
    "orders_per_customer": Measure(
        Words("orders per customer"),
        "",
        lambda t: ratio(t["order"].nunique(where=is_purchase(t)), count_customers(t)),
        bases=("of_customers", "customers"),
        needs=("customer",),
    ),
    "units_per_order": Measure(
        Words("units per order"), "", lambda t: ratio(t.pieces.sum(), count_orders(t))
    ),
    "average_price": Measure(
        Words("average selling price per unit"),
        MONEY,
        lambda t: ratio(t.paid.sum(), t.pieces.sum()),
        read_as=lambda warehouse: PRICE_NAMES[find_revenue_basis(warehouse)],
    ),
    "returned": Measure(
        Words("units returned"),
        UNITS,
        count_returned,
        bases=("returned", "kept"),
        needs=("returned",),
        is_sum=True,
        caution=warn_of_late_returns,
    ),
    "return_rate": Measure(
        Words("return rate"),
        "%",
        lambda t: percent(count_returned(t), count_with_mark(t)),
        read_as=lambda _: Words("return rate (of units)"),
        bases=("returned", "kept"),
        needs=("returned",),
        count=count_with_mark,
        settling=RETURNS_SETTLE,
        told_apart_by=RETURN_FIELDS,
        counts="returned",
    ),
    "repeat_rate": Measure(
        Words("repeat rate"),
        "%",
        lambda t: percent(t.count(where=t.orders > 1), t.count()),
        "customers",
        ("repeat", "once"),
        needs=("customer",),
        count=lambda t: t.count(),
        not_of_one=("nth_order", "customer_type"),
    ),
    "due_orders": Measure(
        Words("orders due, late or not"),
        ORDERS,
        lambda t: t.late.count(),
        "orders",
        ("due",),
        needs=("promised", "delivered"),
        is_sum=True,
        blank=NOT_DUE,
    ),
    "late_orders": Measure(
        Words("late orders"),
        ORDERS,
        lambda t: t.count(where=t.late.fill_null(False)),
        "orders",
        ("late", "in_time"),
        needs=("promised", "delivered"),
        is_sum=True,
        caution=warn_of_missing_parcels,
        read_as=lambda _: Words("late orders (not delivered by the promised day)"),
        blank=NOT_DUE,
    ),
    "late_share": Measure(
        Words("share of late orders"),
        "%",
        lambda t: percent(t.count(where=t.late.fill_null(False)), t.late.count()),
        "orders",
        ("late", "in_time"),
        needs=("promised", "delivered"),
        count=lambda t: t.late.count(),
        caution=warn_of_missing_parcels,
        read_as=lambda _: Words("share of late orders (not delivered by the promised day)"),
        of="due_orders",
        told_apart_by=("late",),
        counts="late_orders",
        blank=NOT_DUE,
    ),
    "mean_delivery_days": Measure(
        Words("mean days to delivery"),
        "days",
        lambda t: t.days_to_delivery.cast("float64").mean(where=t.days_to_delivery >= 0),
        "orders",
        ("delivered",),
        needs=("delivered",),
        settling=PARCELS_SETTLE,
        of="undelivered_orders",
    ),
    "undelivered_orders": Measure(
        Words("orders not delivered yet"),
        ORDERS,
        lambda t: t.count(where=t.days_to_delivery.isnull()),
        "orders",
        ("delivered", "not_delivered"),
        needs=("delivered",),
        is_sum=True,
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
        caution=warn_of_old_customers,
    ),
    "mean_days_to_second_order": Measure(
        Words("mean days from the first to the second order"),
        "days",
        lambda t: t.wait.cast("float64").mean(),
        "newcomers",
        ("came_back", "not_back"),
        needs=("customer",),
        count=lambda t: t.wait.count(),
        caution=warn_of_old_customers,
    ),
    **{f"reordered_{n}_days": _reorders(n, is_rate=False) for n in REORDER_DAYS},
    **{f"newcomers_{n}_days": _newcomers(n) for n in REORDER_DAYS},
    **{f"reorder_rate_{n}_days": _reorders(n, is_rate=True) for n in REORDER_DAYS},
    "lifetime_value": Measure(
        Words("lifetime value so far, per customer"),
        MONEY,
        lambda t: ratio(t.paid.sum(where=t.customer.notnull()), count_customers(t)),
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
    **{f"top_{n}_percent_net_share": _top_net_share(n) for n in TOP_SHARES},
}
