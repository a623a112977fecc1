"""Select and group order lines: which ones a query selects, their cuts, and the display order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.metric_query import OrderFilter, SalesQuery
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.best_sellers import select_counted_lines
from bot.data.metrics.filters import add_category
from bot.data.warehouse.purchases import NOT_SOLD_STATUSES
from bot.data.warehouse.warehouse import Warehouse

# shown in chronological order
TIME_DIMENSIONS = ("month", "week", "day", "weekday", "hour", "weekend")
MAX_BEST_ROWS, MAX_LAST_ROWS = (
    150,
    10,
)  # of a cut, by revenue: the best ones, and the last ones
SATURDAY = 5
SalesRow = Mapping[str, Any]
NarrowedFilters = tuple[
    tuple[str, tuple[str, ...], bool], ...
]  # column, its values, whether they are excluded
# attributes of lines; all others are of whole orders
LINE_DIMENSIONS = ("product", "category", "reason")


def remove_days(filter_: AnalysisFilter) -> AnalysisFilter:
    return replace(filter_, since=None, until=None)


def select_order_lines(
    warehouse: Warehouse,
    filter_: AnalysisFilter,
    days: tuple[date, date],
    money: str | None,
    only: NarrowedFilters = (),
) -> ir.Table:
    """Return the selected lines of some days, with `day`, the customer's first order day ever, the
    `total` of the whole order and the `net` of its selected lines."""
    sales_query = filter_.tally or SalesQuery()
    lines = select_counted_lines(
        warehouse, replace(filter_, product=None, category=None), *days, money
    )
    lines = lines.mutate(day=_.at.date())
    lines = lines.left_join(find_first_orders(warehouse), "customer").drop("customer_right")
    lines = _filter_by_amount(lines, sales_query)
    if any(by == "category" for by, _values, _but in only) or filter_.category:
        lines = add_category(warehouse, lines)
    if filter_.product:
        lines = lines.filter(lines.product.lower() == filter_.product.lower())
    if filter_.category:
        lines = lines.filter(lines.category.lower() == filter_.category.lower())
    for by, values, but in only:
        inside = lines[by].isin(values)
        lines = lines.filter(~inside | lines[by].isnull() if but else inside)
    for order_filter in sales_query.only:
        lines = lines.filter(_match_filter(lines, order_filter))
    return lines.mutate(net=_.paid.sum().over(group_by="order"))


def _filter_by_amount(lines: ir.Table, sales_query: SalesQuery) -> ir.Table:
    """Filter by the total and the number of pieces of the whole order."""
    if sales_query.pieces_from is not None or sales_query.pieces_to is not None:
        lines = lines.mutate(held=_.pieces.sum().over(group_by="order"))
        if sales_query.pieces_from is not None:
            lines = lines.filter(_.held >= sales_query.pieces_from)
        if sales_query.pieces_to is not None:
            lines = lines.filter(_.held <= sales_query.pieces_to, _.held > 0)
    if sales_query.over is None and sales_query.under is None:
        return lines
    lines = lines.mutate(total=_.paid.sum().over(group_by="order"))
    if sales_query.over is not None:
        lines = lines.filter(
            _.total >= sales_query.over if sales_query.ends else _.total > sales_query.over
        )
    if sales_query.under is not None:
        within = _.total <= sales_query.under if sales_query.ends else _.total < sales_query.under
        lines = lines.filter(within, _.total >= 0)
    return lines


def _match_filter(lines: ir.Table, order_filter: OrderFilter) -> ir.BooleanValue:
    value = get_dimension_value(lines, order_filter.by)
    if order_filter.by == "returned":
        return lines.returned
    if not order_filter.values:  # any value
        return value.isnull() if order_filter.but else value.notnull()
    inside = value.cast("string").isin(order_filter.values)
    return ~inside if order_filter.but else inside


def find_first_orders(warehouse: Warehouse) -> ir.Table:
    orders = warehouse.table("orders")
    assert orders is not None
    counted = orders.filter(
        orders.customer.notnull(),
        orders.status.isnull() | orders.status.lower().notin(NOT_SOLD_STATUSES),
    )
    return counted.group_by("customer").aggregate(first_day=_.at.min().date())


def get_dimension_value(lines: ir.Table, cut: str) -> ir.Value:
    if cut == "month":
        return (lines.at.year() * 100 + lines.at.month()).cast("int64")
    if cut == "week":
        return lines.at.truncate("W").date().cast("string")
    if cut == "day":
        return lines.day.cast("string")
    if cut == "weekday":
        return lines.at.day_of_week.index().cast("int64")
    if cut == "weekend":
        return (lines.at.day_of_week.index() >= SATURDAY).ifelse("weekend", "in-the-week")
    if cut == "hour":
        return lines.at.hour().cast("int64")
    if cut == "first":
        first = (lines.day == lines.first_day).ifelse("first", "again")
        return ibis.ifelse(lines.customer.isnull(), ibis.null("string"), first)
    if cut == "late":
        return (lines.delivered > lines.promised).ifelse("late", "in-time")
    return lines[cut]


def sort_rows(rows: Mapping[Any, SalesRow], cut: str) -> list[tuple[Any, SalesRow]]:
    """Sort by revenue and keep the best and the last ones; sort time dimensions chronologically."""
    ranked = sorted(rows.items(), key=lambda one: (-(one[1]["revenue"] or 0), str(one[0])))
    if len(ranked) > MAX_BEST_ROWS + MAX_LAST_ROWS:
        ranked = ranked[:MAX_BEST_ROWS] + ranked[-MAX_LAST_ROWS:]
    return sorted(ranked) if cut in TIME_DIMENSIONS else ranked


def parse_first_day(key: str) -> date:
    """Return the first day of a month, week or day from its subject."""
    cut, _hyphen, value = key.partition("-")
    if cut == "month":
        return date(int(value) // 100, int(value) % 100, 1)
    return date.fromisoformat(value)


def parse_last_day(key: str) -> date:
    first = parse_first_day(key)
    if key.startswith("month-"):
        return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first + timedelta(days=6 if key.startswith("week-") else 0)
