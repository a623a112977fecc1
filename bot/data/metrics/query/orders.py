"""What can be asked of orders: measures (`order_measures.py`), dimensions and conditions. The rows
are those of `order_rows.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir

from bot.core.audience_rule import OrderCondition
from bot.core.metric_query import ANY_VALUE, NO_VALUE, MetricCondition, MetricQuery
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.entity_resolution import value_is_called
from bot.data.metrics.filters import (
    filter_brand,
    is_late,
    list_currencies,
    list_wanted_values,
)
from bot.data.metrics.query.conditions import choose_place_field, resolve_conditions
from bot.data.metrics.query.dataset import (
    DAY_FIELDS,
    PRICES,
    TIME_DIMENSIONS,
    ConditionField,
    Dimension,
    Measure,
    MetricDataset,
    RowSelection,
    column,
    make_row_key,
)
from bot.data.metrics.query.known_values import load_values
from bot.data.metrics.query.order_bases import BASES, count_orders
from bot.data.metrics.query.order_cautions import (
    PROMO_CODES,
    explain_codes,
    explain_unlike_newcomers,
    warn_of_codes,
    warn_of_missing_parcels,
    warn_of_old_customers,
    warn_of_returned_lines,
)
from bot.data.metrics.query.order_measures import MEASURES
from bot.data.metrics.query.order_rows import (
    EVER,
    group_by_customer,
    group_by_gap,
    group_by_newcomer,
    group_by_order,
    groups_by_pair,
    is_purchase,
    leave_out_later_orders,
    select_cancelled_lines,
    select_lines,
    select_placed_lines,
)
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.french_regions import find_department
from bot.i18n.messages import Words

build_row_key = make_row_key(
    *("order", "line", "product", "variant", "at", "amount", "customer", "code"),
    *("returned", "reason"),
)


def yes_or_no(value: ir.Value) -> ir.Value:
    """Return "yes" or "no", null where it is not known."""
    return ibis.cases((value, "yes"), (~value, "no"), else_=ibis.null("string"))


DIMENSIONS: Mapping[str, Dimension] = {
    **TIME_DIMENSIONS,
    "country": column("country", Words("country")),
    "region": column("region", Words("region")),
    "department": column("department", Words("French département")),
    "device": column("device", Words("device")),
    "source": column("source", Words("source")),
    "channel": column("source", Words("channel")),
    "category": column("category", Words("category")),
    "product": column("product", Words("product")),
    "with_product": Dimension(
        Words("other product of the order"), lambda t: t.with_product, "product"
    ),
    "variant": column("variant", Words("variant")),
    "colour": column("colour", Words("colour")),
    "size": column("size", Words("size")),
    "code": replace(column("code", Words("campaign code")), caution=warn_of_codes),
    "campaign": column("code", Words("campaign")),
    "status": column("status", Words("status")),
    "return_reason": Dimension(
        Words("return reason"),
        lambda t: t.reason.cast("string"),
        "reason",
        caution=warn_of_returned_lines,
    ),
    "segment": column("segment", Words("segment")),
    "level": column("level", Words("loyalty level")),
    "city": column("city", Words("town")),
    "email_consent": column("email_consent", Words("consent to e-mails")),
    "sms_consent": column("sms_consent", Words("consent to SMS")),
    "ads_consent": column("ads_consent", Words("consent to ads")),
    "payment_method": column("payment_method", Words("means of payment")),
    "carrier": column("carrier", Words("carrier")),
    "first_order_source": Dimension(
        Words("source of the first order"),
        lambda t: t.first_source,
        "source",
        caution=warn_of_old_customers,
    ),
    "first_order_month": Dimension(
        Words("month of the first order"),
        lambda t: t.first_day.cast("timestamp").truncate("M").date().cast("string"),
        "customer",
    ),
    "customer_type": Dimension(
        Words("new or known customer"),
        lambda t: ibis.ifelse(
            t.customer.isnull(),
            ibis.null("string"),
            (t.day == t.first_day).ifelse("new", "known"),
        ),
        "customer",
        caution=warn_of_old_customers,
    ),
    "nth_order": Dimension(
        Words("customer's order no."),
        lambda t: t.nth_order.cast("string"),
        "customer",
        "number",
        warn_of_old_customers,
    ),
    "returned": Dimension(
        Words("return"), lambda t: yes_or_no(t.returned), "returned", caution=warn_of_returned_lines
    ),
    "late": Dimension(
        Words("delay"),
        lambda t: yes_or_no(is_late(t)),
        "promised",
        caution=warn_of_missing_parcels,
        also_needs="delivered",
    ),
    "discounted": Dimension(
        Words("discount"), lambda t: yes_or_no(t.reduced.fill_null(False)), "discount"
    ),
    "reduced_price": Dimension(
        Words("price reduction"), lambda t: yes_or_no(t.reduced_price), PRICES
    ),
}
CUSTOMER_FIELDS: Mapping[str, ConditionField] = {
    "customer_orders": ConditionField(Words("orders of the customer"), "number", needs="customer"),
    "customer_spent": ConditionField(
        Words("spent by the customer"), "number", needs="customer", unit="money"
    ),
    "customer_first_order": ConditionField(Words("first order"), "day", needs="customer"),
    "customer_last_order": ConditionField(Words("last order"), "day", needs="customer"),
    "customer_ordered": ConditionField(Words("ordered"), "day", needs="customer"),
    "customer_not_ordered": ConditionField(Words("not ordered"), "day", needs="customer"),
    "customer_bought": ConditionField(Words("bought"), "text", needs="customer"),
}
FIELDS: Mapping[str, ConditionField] = {
    "order_value": ConditionField(
        Words("value of the order"), "number", lambda t: t.total, unit="money"
    ),
    "order_units": ConditionField(Words("units of the order"), "number", lambda t: t.held),
    "order_discount": ConditionField(
        Words("discount of the order in %"), "number", lambda t: t.share_off, "discount"
    ),
    **DAY_FIELDS,
    "delivered_day": ConditionField(
        Words("day of delivery"), "day", lambda t: t.delivered, "delivered"
    ),
    "customer_points": ConditionField(
        Words("loyalty points"), "number", lambda t: t.points, "points"
    ),
    "selected_orders": ConditionField(Words("orders among these"), "number", needs="customer"),
    "selected_spent": ConditionField(
        Words("spent on these"), "number", needs="customer", unit="money"
    ),
    "selected_units": ConditionField(Words("units of these"), "number", needs="customer"),
    **CUSTOMER_FIELDS,
}


def _identify(warehouse: Warehouse) -> ir.Table:
    """Return the key and the person of each line. An order without a customer counts as a person of
    its own."""
    orders = warehouse.rows("orders")
    order = ibis.literal("order ") + orders["order"].cast("string").fill_null("")
    person = ibis.coalesce(ibis.literal("customer ") + orders.customer.cast("string"), order)
    return orders.select(key=build_row_key(warehouse, orders), person=person)


def _describe_rows(_warehouse: Warehouse, query: MetricQuery) -> str:
    return "Only orders of at least two products count." if groups_by_pair(query) else ""


def _rename_codes(warehouse: Warehouse, query: MetricQuery) -> Mapping[str, Measure | Dimension]:
    """Return the codes of the orders as promo codes where they are."""
    is_asked = query.uses("code") or "code_share" in query.measures
    if not is_asked or explain_codes(warehouse) != PROMO_CODES:
        return {}
    share = replace(MEASURES["code_share"], label=Words("share of orders with a promo code"))
    return {"code": replace(DIMENSIONS["code"], label=Words("promo code")), "code_share": share}


DATASET = MetricDataset(
    name="orders",
    kind="orders",
    label=Words("orders"),
    row_label=Words("orders"),
    sources={
        "rows": select_lines,
        "cancelled": select_cancelled_lines,
        "placed": select_placed_lines,
    },
    dimensions=DIMENSIONS,
    measures=MEASURES,
    bases=BASES,
    identify=_identify,
    key=build_row_key,
    count=count_orders,
    describe_rows=_describe_rows,
    rename=_rename_codes,
    explain_unlike=explain_unlike_newcomers,
    fields=FIELDS,
    stages={
        "orders": group_by_order,
        "customers": group_by_customer,
        "gaps": group_by_gap,
        "newcomers": group_by_newcomer,
    },
)


# The filter of an analysis.


def build_conditions(
    warehouse: Warehouse, filter_: AnalysisFilter
) -> tuple[tuple[MetricCondition, ...], ...]:
    """Return the filter, without its days and its segment, as conditions on orders. Raises CannotDo
    for a brand that the catalogue doesn't know."""
    conditions = []
    for name, value in list_wanted_values(filter_).items():
        known = load_values(warehouse, DATASET, name)
        same = [one for one in known if one.lower() == value.lower()] or [
            one for one, called in known.items() if value_is_called(name, one, called, value)
        ]
        condition = _is_one_of(name, same or [find_department(value) or value])
        conditions.append(choose_place_field(warehouse, DATASET, condition))
    orders = warehouse.table("orders")
    if filter_.brand and orders is not None:
        products = filter_brand(warehouse, orders, filter_.brand).select("product").distinct()
        found = sorted(row["product"] for row in fetch_rows(warehouse, products))
        conditions.append(_is_one_of("product", found))
    return tuple((condition,) for condition in conditions)


# The customers of conditions, for an audience.


def resolve_order_condition(
    warehouse: Warehouse, condition: OrderCondition
) -> tuple[OrderCondition, list[str]]:
    """Return the condition with the data's own values, and how words were understood. Raises
    QueryError."""
    query, notes = resolve_conditions(warehouse, DATASET, _build_query(condition))
    return condition.model_copy(update={"filters": query.filters}), notes


def select_customers(warehouse: Warehouse, condition: OrderCondition, until: date) -> ir.Table:
    """Return `customer` of those who have orders that the condition describes, whether it is a
    condition that they have or that they never have. Nothing later than `until` is looked at."""
    lines = select_customer_lines(warehouse, condition, until)
    lines = lines.filter(is_purchase(lines))
    buyers = lines.group_by("customer").aggregate(found=lines["at"].max().date())
    if condition.no_order_after:
        buyers = leave_out_later_orders(warehouse, buyers, until)
    return buyers.select("customer")


def select_customer_lines(warehouse: Warehouse, condition: OrderCondition, until: date) -> ir.Table:
    """Return the order lines that the condition describes, none later than `until`."""
    last = min(condition.until or until, until)
    currencies = list_currencies(warehouse, DATASET.kind)
    currency = currencies[0] if currencies else None
    days = (condition.since or EVER[0], last)
    query = _build_query(condition)
    return select_lines(RowSelection(DATASET, warehouse, query, days, currency, until))


def _build_query(condition: OrderCondition) -> MetricQuery:
    return MetricQuery(dataset="orders", measures=("customers",), filters=condition.filters)


def _is_one_of(name: str, values: Sequence[str]) -> MetricCondition:
    if len(values) == 1 and values[0] in (ANY_VALUE, NO_VALUE):
        values = [*values, *values]  # alone they would mean any value, or none
    return MetricCondition.model_validate({"field": name, "operator": "in", "values": values})
