"""The sets of order rows that measures reveal, and the expressions that measures are made of. The
rows are those of `order_rows.py`."""

from collections.abc import Mapping
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from bot.data.metrics.filters import is_late
from bot.data.metrics.query.dataset import ALL_ROWS, Basis, Expression
from bot.data.metrics.query.order_rows import is_new, is_order, is_purchase, says_returned

REORDER_DAYS = (30, 90, 180, 365)


def count_returned(lines: ir.Table) -> ir.Value:
    """Return the units of the lines that are marked as returned; a line is returned as a whole."""
    return lines.pieces.sum(where=says_returned(lines) & lines.returned).fill_null(0.0)


def count_with_mark(lines: ir.Table) -> ir.Value:
    """Return the units of the lines that say whether they were returned."""
    return lines.pieces.sum(where=says_returned(lines)).fill_null(0.0)


def sum_refunds(lines: ir.Table) -> ir.Value:
    """Return what was paid back: lines below zero, and refunds in a column of their own."""
    below = lines.paid.sum(where=lines.paid < 0).fill_null(Decimal(0))
    return lines.refunded.cast("decimal(18, 2)").sum().fill_null(Decimal(0)) - below


def count_orders(lines: ir.Table) -> ir.Value:
    return lines["order"].nunique(where=is_order(lines))


def count_customers(lines: ir.Table) -> ir.Value:
    return lines.customer.nunique(where=is_purchase(lines))


def has_discount(lines: ir.Table) -> ir.BooleanValue:
    return (lines.discount > 0).fill_null(False)


def sum_discounts(lines: ir.Table) -> ir.Value:
    return lines.discount.cast("decimal(18, 2)").sum(where=has_discount(lines))


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


BASES: Mapping[str, Basis] = {
    ALL_ROWS: Basis("sales", lambda t: ibis.literal(True)),
    "charged": Basis("sales", lambda t: t.paid >= 0),
    "paid_back": Basis(
        "sales",
        lambda t: (t.paid < 0) | (t.refunded > 0).fill_null(False),
        whose="with a refund",
        is_return=True,
    ),
    "of_customers": Basis("sales", lambda t: t.customer.notnull()),
    "customers": Basis("people", is_purchase),
    "new": Basis("people", is_new, whose="who are new"),
    "known": Basis("people", is_purchase, "except new", whose="who are not new"),
    "once": Basis("people", is_purchase, "one order", whose="with one order"),
    "repeat": Basis("people", is_purchase, "more orders", whose="with several orders"),
    "returned": Basis(
        "marks",
        lambda t: says_returned(t) & t.returned.fill_null(False),
        whose="with a return",
        is_return=True,
    ),
    "kept": Basis(
        "marks",
        lambda t: says_returned(t) & ~t.returned.fill_null(True),
        whose="without a return",
        is_return=True,
    ),
    "taken_off": Basis(
        "sales", lambda t: t.taken_off > 0, whose="with a refund or a return", is_return=True
    ),
    "discounts": Basis("sales", has_discount, whose="with a discount"),
    "price_cuts": Basis("sales", lambda t: t.reduced_price, whose="at a reduced price"),
    "reduced": Basis(
        "marks", lambda t: is_order(t) & t.reduced.fill_null(False), whose="with a discount"
    ),
    "full_price": Basis(
        "marks", lambda t: is_order(t) & ~t.reduced.fill_null(False), whose="without a discount"
    ),
    "with_code": Basis(
        "marks", lambda t: is_order(t) & t.code.notnull(), whose="with a campaign code"
    ),
    "without_code": Basis(
        "marks", lambda t: is_order(t) & t.code.isnull(), whose="without a campaign code"
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
    "due": Basis(
        "marks",
        lambda t: is_order(t) & is_late(t).notnull(),
        whose="with an order past its promised day",
    ),
    "late": Basis(
        "marks", lambda t: is_order(t) & is_late(t).fill_null(False), whose="with a late order"
    ),
    "delivered": Basis(
        "marks", lambda t: is_order(t) & t.delivered.notnull(), whose="with a delivered order"
    ),
    "not_delivered": Basis(
        "marks", lambda t: is_order(t) & t.delivered.isnull(), whose="without a delivered order"
    ),
    "in_time": Basis(
        "marks",
        lambda t: is_order(t) & ~is_late(t).fill_null(True),
        whose="with an order in time",
    ),
    **{f"top_{n}": Basis("sales", is_purchase, f"top {n}") for n in (1, 5, 10, 20, 50)},
    **{f"net_top_{n}": Basis("sales", is_purchase, f"net top {n}") for n in (1, 5, 10, 20, 50)},
}
