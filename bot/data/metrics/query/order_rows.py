"""The rows that figures of orders are computed from: the lines that a query selects, conditions on
the customer, and what some measures are computed from by order or by customer.

Refunds lower the revenue and are no orders, cancelled lines are left out (but for the measures of
cancelled orders), and only the currency of most orders counts. An order without a customer counts
as a person of its own."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.core.metric_query import MetricCondition, MetricQuery
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.filters import (
    OPTION_COLUMNS,
    add_category,
    add_options,
    add_people,
    is_late,
    list_currencies,
)
from bot.data.metrics.filters import filter_rows as filter_rows_of_kind
from bot.data.metrics.query.conditions import (
    filter_rows,
    holds_day,
    holds_number,
    name_customer_column,
)
from bot.data.metrics.query.dataset import RowSelection
from bot.data.metrics.query.sale_days import select_reductions
from bot.data.warehouse.consents import CONSENT_FIELDS, add_consents
from bot.data.warehouse.places import PLACE_COLUMNS, add_places
from bot.data.warehouse.purchases import CANCELLED_STATUSES, NOT_SOLD_STATUSES
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

EVER = (date(1900, 1, 1), date(2999, 12, 31))


# Which rows.


def select_counted_lines(
    warehouse: Warehouse, filter_: AnalysisFilter, since: date, until: date, currency: str | None
) -> ir.Table:
    """Return the lines of the days inclusive that count, in one currency. Negative pieces without
    an amount are stock corrections: neither an order nor a return."""
    table = filter_rows_of_kind(warehouse, "orders", filter_)
    day = table["at"].date()
    lines = table.filter(
        day.between(ibis.literal(since), ibis.literal(until)),
        table.status.isnull() | table.status.lower().notin(NOT_SOLD_STATUSES),
    )
    if currency is not None:
        lines = lines.filter(lines.currency.isnull() | (lines.currency == currency))
    lines = lines.mutate(
        paid=lines.amount.cast("decimal(18, 2)"),
        pieces=lines.quantity.cast("float64").fill_null(1.0),
    )
    return lines.filter((lines.paid != 0) | (lines.pieces > 0))


def select_lines(selection: RowSelection) -> ir.Table:
    """Return the counted lines with `day`, `last_known`, the last whole day of the data, what is
    `taken_off` by refunds and returns, and the `net` of the order's lines that are selected. Where
    they are asked for: the whole order's `total`, `held` pieces and whether it is `reduced`, and
    the customer's `first_day` and `second_day`."""
    warehouse = selection.warehouse
    lines = select_counted_lines(warehouse, AnalysisFilter(), *selection.days, selection.currency)
    lines = lines.mutate(taken_off=_take_off(warehouse, lines))
    lines = _filter(_add_columns(lines, selection), selection)
    return lines.mutate(net=_.paid.sum().over(group_by="order"))


def select_cancelled_lines(selection: RowSelection) -> ir.Table:
    """Return the cancelled lines, with the same columns."""
    lines = _select_unchecked_lines(selection)
    lines = lines.filter(lines.status.lower().isin(CANCELLED_STATUSES))
    lines = _filter(_add_columns(lines, selection), selection)
    return lines.mutate(net=ibis.literal(Decimal(0)).cast("decimal(18, 2)"))


def select_placed_lines(selection: RowSelection) -> ir.Table:
    """Return the counted and the cancelled lines, with the same columns and `cancelled`."""
    other = [one for one in NOT_SOLD_STATUSES if one not in CANCELLED_STATUSES]
    lines = _select_unchecked_lines(selection)
    lines = lines.filter(
        lines.status.isnull() | lines.status.lower().notin(other),
        (lines.paid != 0) | (lines.pieces > 0),
    )
    lines = lines.mutate(cancelled=lines.status.lower().isin(CANCELLED_STATUSES).fill_null(False))
    lines = _filter(_add_columns(lines, selection), selection)
    return lines.mutate(net=_.paid.sum().over(group_by="order"))


def _select_unchecked_lines(selection: RowSelection) -> ir.Table:
    """Return the lines of the days in the counted currency, whatever their status."""
    lines = selection.read_rows()
    if selection.currency is not None:
        lines = lines.filter(_.currency.isnull() | (_.currency == selection.currency))
    return lines.mutate(
        paid=lines.amount.cast("decimal(18, 2)"),
        pieces=lines.quantity.cast("float64").fill_null(1.0),
        taken_off=ibis.literal(Decimal(0)).cast("decimal(18, 2)"),
    )


def _add_columns(lines: ir.Table, selection: RowSelection) -> ir.Table:
    """Add what is computed from the whole order and what stands in other tables: the first order,
    the catalogue's category, the segment, and what the customer conditions say."""
    warehouse, query = selection.warehouse, selection.query
    last_known = min(warehouse.as_of("orders"), warehouse.today - timedelta(days=1))
    lines = lines.mutate(
        day=lines["at"].date(),
        last_known=ibis.literal(last_known),
        # what has come is late or in time, also before the promised day is over
        due_before=ibis.literal(date.max if query.takes_arrived else last_known),
    )
    if query.uses("order_value", "order_units"):
        lines = lines.mutate(
            total=_.paid.sum().over(group_by="order"), held=_.pieces.sum().over(group_by="order")
        )
    if query.uses("discounted") or query.asks("discounted"):
        lines = lines.mutate(reduced=(_.discount > 0).any().over(group_by="order"))
    is_of_first_orders = query.asks("new_customers", "second_order", "reorder", "newcomers")
    if is_of_first_orders or query.uses("customer_type", "first_order_month"):
        lines = lines.left_join(find_first_orders(warehouse), "customer").drop("customer_right")
    if query.asks("second_order", "reorder", "newcomers"):
        second = find_second_orders(warehouse, selection.currency)
        lines = lines.left_join(second, lines.customer == second.buyer).drop("buyer")
    if query.uses("first_order_source"):
        first = find_first_sources(warehouse, selection.currency)
        lines = lines.left_join(first, lines.customer == first.buyer).drop("buyer")
    if query.uses("nth_order"):
        lines = _number_lines(lines, selection)
    if query.uses("order_discount"):
        off = (_.discount > 0).ifelse(_.discount, Decimal(0)).fill_null(Decimal(0))
        lines = lines.mutate(off=off.sum().over(group_by="order").cast("float64"))
        total = _.paid.sum().over(group_by="order").cast("float64")
        lines = lines.mutate(share_off=100 * _.off / (total + _.off).nullif(0.0))
    if query.uses("reduced_price") or query.asks("price_cuts"):
        lines = _add_reductions(warehouse, lines)
    if query.uses("with_product"):
        lines = _add_other_products(lines, query)
    if query.uses("category"):
        lines = add_category(warehouse, lines)
    if query.uses(*PLACE_COLUMNS):
        lines = add_places(warehouse, "orders", lines)
    if query.uses(*OPTION_COLUMNS):
        lines = add_options(warehouse, lines)
    if query.uses("segment", "level", "customer_points", "city"):
        lines = add_people(warehouse, lines)
    if query.uses(*CONSENT_FIELDS):
        lines = add_consents(warehouse, lines)
    return add_profile(lines, selection)


def add_profile(rows: ir.Table, selection: RowSelection) -> ir.Table:
    """Return the rows with whether each condition on the customer holds."""
    if not (conditions := selection.query.customer_conditions):
        return rows
    profile = build_profile(
        selection.warehouse, conditions, selection.currency, selection.known_until
    )
    return rows.left_join(profile, rows.customer == profile.who).drop("who")


def _add_reductions(warehouse: Warehouse, lines: ir.Table) -> ir.Table:
    """Return the lines with `reduced_price`, whether the product cost less than before that day,
    and `cut`, how much less the line cost: null, as is `prices`, the first day with a price, where
    none is known of the day."""
    cuts, prices = select_reductions(warehouse), warehouse.table("prices")
    assert cuts is not None  # without prices the condition is refused
    assert prices is not None
    known = prices.group_by(priced="product").aggregate(prices=prices.since.min())
    is_known = [lines["product"] == known.priced, known.prices <= lines.day]
    lines = lines.left_join(known, is_known)
    is_reduced = [
        lines["product"] == cuts.reduced_product,
        lines.day.between(cuts["first"], cuts["last"]),
    ]
    joined = lines.left_join(cuts, is_reduced)
    cut = (joined.cut * joined.pieces).cast("decimal(18, 2)").fill_null(Decimal(0))
    return joined.mutate(
        reduced_price=joined.reduced_product.notnull(),
        cut=joined.prices.notnull().ifelse(cut, ibis.null("decimal(18, 2)")),
    ).drop("reduced_product", "first", "last", "priced")


def _add_other_products(lines: ir.Table, query: MetricQuery) -> ir.Table:
    """Return the lines once for each other product of their order, `with_product`, null where there
    is none. Where pairs are grouped by, each pair comes once, and orders without one are left
    out."""
    others = lines.filter(_["product"].notnull()).select(of_order="order", with_product="product")
    others = others.distinct()
    together = lines["order"] == others.of_order
    if groups_by_pair(query):
        pairs = lines.join(others, [together, lines["product"] < others.with_product])
    else:
        pairs = lines.left_join(others, [together, lines["product"] != others.with_product])
    return pairs.drop("of_order")


def groups_by_pair(query: MetricQuery) -> bool:
    return {"product", "with_product"} <= {*query.dimensions}


def _filter(lines: ir.Table, selection: RowSelection) -> ir.Table:
    from bot.data.analyses.segments.audience import select_matching  # it selects by these rows, too

    lines = filter_rows(selection.dataset, lines, selection.query)
    for stored in selection.query.audiences:
        rule = AudienceRule.model_validate_json(stored)
        lines = lines.semi_join(select_matching(selection.warehouse, rule), "customer")
    if selection.query.selected_conditions:
        return _filter_selected(lines, selection.query)
    return lines


def _filter_selected(lines: ir.Table, query: MetricQuery) -> ir.Table:
    """Return the lines of the customers who have so many orders, bought so many units, or spent so
    much, among these. A refund with a quantity below zero lowers the units."""
    orders = lines.filter(_.customer.notnull()).group_by("customer", "order")
    counted = orders.aggregate(paid=_.paid.sum(), pieces=_.pieces.sum()).group_by("customer")
    buyers = counted.aggregate(
        selected_orders=_.count(where=_.paid >= 0),
        selected_spent=_.paid.sum(),
        selected_units=_.pieces.sum(),
    )
    for condition in query.selected_conditions:
        buyers = buyers.filter(holds_number(buyers[condition.field].cast("float64"), condition))
    return lines.semi_join(buyers.filter(_.selected_orders > 0), "customer")


def find_first_orders(warehouse: Warehouse) -> ir.Table:
    orders = warehouse.rows("orders")
    counted = orders.filter(
        orders.customer.notnull(),
        orders.status.isnull() | orders.status.lower().notin(NOT_SOLD_STATUSES),
    )
    return counted.group_by("customer").aggregate(first_day=_.at.min().date())


def find_second_orders(warehouse: Warehouse, currency: str | None) -> ir.Table:
    """Return `buyer` and `second_day`, the day of the customer's second order, of those who have
    one. Two orders of one day are two."""
    second = _number_orders(warehouse, currency).filter(_.nth == 1)
    return second.select(buyer=second.customer, second_day=second["at"].date())


def find_order_days(warehouse: Warehouse, currency: str | None, until: date = EVER[1]) -> ir.Table:
    """Return `orderer` with the days of the first, the second and the last order."""
    orders = _number_orders(warehouse, currency, until)
    return orders.group_by(orderer="customer").aggregate(
        first_day=_["at"].min().date(),
        second_day=_["at"].min(where=_.nth == 1).date(),
        last_day=_["at"].max().date(),
    )


def leave_out_later_orders(warehouse: Warehouse, people: ir.Table, until: date) -> ir.Table:
    """Return `people` without who has ordered after the day `found` of theirs."""
    currencies = list_currencies(warehouse, "orders")
    days = find_order_days(warehouse, currencies[0] if currencies else None, until)
    return people.anti_join(days, [people.customer == days.orderer, days.last_day > people.found])


def find_first_sources(warehouse: Warehouse, currency: str | None) -> ir.Table:
    """Return `buyer` and `first_source`, where the customer's first order came from."""
    first = _number_orders(warehouse, currency).filter(_.nth == 0)
    return first.select(buyer=first.customer, first_source=first.source)


def _number_lines(lines: ir.Table, selection: RowSelection) -> ir.Table:
    """Add `nth_order`, which of the customer's orders it is, from 1; null of a refund."""
    orders = _number_orders(selection.warehouse, selection.currency)
    orders = orders.select(buyer="customer", of_order="order", nth_order=orders.nth + 1)
    same = [lines.customer == orders.buyer, lines["order"] == orders.of_order]
    return lines.left_join(orders, same).drop("buyer", "of_order")


def _number_orders(warehouse: Warehouse, currency: str | None, until: date = EVER[1]) -> ir.Table:
    """Return the orders of known customers with their `source` and `nth` place, from 0."""
    lines = select_counted_lines(warehouse, AnalysisFilter(), EVER[0], until, currency)
    orders = lines.filter(_.customer.notnull()).group_by("customer", "order")
    bought = orders.aggregate(paid=_.paid.sum(), at=_["at"].min(), source=_.source.max())
    order = ["at", "order"]
    return bought.filter(_.paid >= 0).mutate(
        nth=ibis.row_number().over(group_by="customer", order_by=order)
    )


# Refunds and returns.


def read_return_marks(warehouse: Warehouse) -> Mapping[str, Any]:
    """Return what the orders say of returns, ever: `paid_back` and `marked`, whether there are
    refund amounts and lines marked as returned, `says_returned`, whether lines say if they were
    returned, `below`, whether refunds are lines below zero,
    `apart`, whether some are not taken off the revenue, `last`, the day of the latest returned
    order, and `first`, the first day. Read once for each state of the data."""
    key = ("return marks", "orders")
    if key not in warehouse.released:
        lines = select_counted_lines(warehouse, AnalysisFilter(), *EVER, None)
        marked = says_returned(lines) & lines.returned
        query = lines.aggregate(
            paid_back=(lines.paid < 0).any() | lines.refunded.notnull().any(),
            below=(lines.paid < 0).any(),
            apart=(lines.refunded > 0).any(),
            marked=marked.any(),
            says_returned=says_returned(lines).any(),
            last=lines["at"].max(where=marked).date(),
            first=lines["at"].min().date(),
        )
        (warehouse.released[key],) = fetch_rows(warehouse, query)
    found: Mapping[str, Any] = warehouse.released[key]
    return found


def says_returned(lines: ir.Table) -> ir.BooleanValue:
    return lines.returned.notnull() & (lines.paid >= 0)


def _take_off(warehouse: Warehouse, lines: ir.Table) -> ir.Value:
    """Return what is to be taken off a line for the net revenue: its refund where that has a column
    of its own, and a returned line as a whole where the file has no refund amounts."""
    if read_return_marks(warehouse)["paid_back"]:
        return lines.refunded.cast("decimal(18, 2)").fill_null(Decimal(0))
    is_back = says_returned(lines) & lines.returned.fill_null(False)
    return is_back.ifelse(lines.paid, Decimal(0)).cast("decimal(18, 2)")


# Conditions on the customer, over everything that the customer ever ordered.


def build_profile(
    warehouse: Warehouse,
    conditions: Sequence[MetricCondition],
    currency: str | None,
    known_until: date,
) -> ir.Table:
    """Return `who`, and for each condition whether it holds, one row for each customer."""
    days = (EVER[0], min(EVER[1], known_until))
    lines = select_counted_lines(warehouse, AnalysisFilter(), *days, currency)
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


def is_order(lines: ir.Table) -> ir.BooleanValue:
    return lines.net >= 0


def is_purchase(lines: ir.Table) -> ir.BooleanValue:
    return (lines.net >= 0) & lines.customer.notnull()


def is_new(lines: ir.Table) -> ir.BooleanValue:
    return is_purchase(lines) & (lines.day == lines.first_day)


def group_by_order(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each order of a group: `paid`, `late` where its promised day is over, and the
    days from the order to its last delivery."""
    orders = lines.group_by(*by, "order").aggregate(
        paid=_.paid.sum(),
        late=is_late(lines).any(),
        days_to_delivery=_.delivered.max().delta(_.day.min(), unit="day"),
    )
    return orders.filter(_.paid >= 0)


def group_by_customer(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each customer of a group who ordered: `orders`, `paid`, the days since the last
    order (`idle`), what is left of `paid` without refunds and returns (`net`), and the `rank` from
    0 by what they paid and the `net_rank` by what is left, of `many`."""
    known = lines.filter(_.customer.notnull())
    customers = known.group_by(*by, "customer").aggregate(
        orders=known["order"].nunique(where=known.net >= 0),
        paid=_.paid.sum(),
        net=_.paid.sum() - _.taken_off.sum(),
        idle=known.last_known.max().delta(known.day.max(where=known.net >= 0), unit="day"),
    )
    customers = customers.filter(_.orders > 0)
    by_paid, by_net = ([ibis.desc(amount), "customer"] for amount in ("paid", "net"))
    return customers.mutate(
        rank=ibis.row_number().over(group_by=list(by), order_by=by_paid),
        net_rank=ibis.row_number().over(group_by=list(by), order_by=by_net),
        many=_.count().over(group_by=list(by)),
    )


def group_by_gap(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each pair of a customer's successive days with an order: the `gap` in days."""
    bought = lines.filter(_.customer.notnull(), _.net >= 0)
    days = bought.select(*by, "customer", "day").distinct()
    before = days.day.lag().over(group_by=[*by, "customer"], order_by="day")
    gaps = days.mutate(gap=days.day.delta(before, unit="day"))
    return gaps.filter(_.gap.notnull())


def group_by_newcomer(lines: ir.Table, by: Sequence[str]) -> ir.Table:
    """One row for each customer of a group whose first order is among these: the `wait` in days
    from it to the second one, null where there is none, and how many days are `known` since."""
    new = lines.filter(is_new(lines))
    return new.group_by(*by, "customer").aggregate(
        wait=new.second_day.max().delta(new.first_day.max(), unit="day"),
        known=new.last_known.max().delta(new.first_day.max(), unit="day"),
    )
