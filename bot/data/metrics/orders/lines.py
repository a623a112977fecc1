"""The lines of what was sold: which of them are meant, their cuts, the order they are told in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.sales_query import Only, Tally
from bot.data.analyses.result import Where
from bot.data.metrics.best_sellers import counted
from bot.data.metrics.filters import with_category
from bot.data.warehouse.purchases import CANCELLED
from bot.data.warehouse.warehouse import Shelf

DATED = ("month", "week", "day", "weekday", "hour", "weekend")  # told in their own order
MOST, LEAST = 150, 10  # of a cut, by what they brought: the best, and the last ones
SATURDAY = 5
Row = Mapping[str, Any]
Narrowed = tuple[tuple[str, tuple[str, ...], bool], ...]  # column, its values, whether left out
OF_LINES = ("product", "category", "reason")  # the others are of whole orders


def without_days(where: Where) -> Where:
    return replace(where, since=None, until=None)


def lines_of(
    shelf: Shelf, where: Where, days: tuple[date, date], money: str | None, only: Narrowed = ()
) -> ir.Table:
    """The lines of some days that are meant: `day`, the first day that its customer ever ordered
    on, `total` of the whole order and `net` of those of its lines that are meant."""
    tally = where.tally or Tally()
    lines = counted(shelf, replace(where, product=None, category=None), *days, money)
    lines = lines.mutate(day=_.at.date())
    lines = lines.left_join(_firsts(shelf), "customer").drop("customer_right")
    lines = _of_amount(lines, tally)
    if any(by == "category" for by, _values, _but in only) or where.category:
        lines = with_category(shelf, lines)
    if where.product:
        lines = lines.filter(lines.product.lower() == where.product.lower())
    if where.category:
        lines = lines.filter(lines.category.lower() == where.category.lower())
    for by, values, but in only:
        inside = lines[by].isin(values)
        lines = lines.filter(~inside | lines[by].isnull() if but else inside)
    for one in tally.only:
        lines = lines.filter(_chosen(lines, one))
    return lines.mutate(net=_.paid.sum().over(group_by="order"))


def _of_amount(lines: ir.Table, tally: Tally) -> ir.Table:
    """By what the whole order comes to, and how many pieces it has."""
    if tally.pieces_from is not None or tally.pieces_to is not None:
        lines = lines.mutate(held=_.pieces.sum().over(group_by="order"))
        if tally.pieces_from is not None:
            lines = lines.filter(_.held >= tally.pieces_from)
        if tally.pieces_to is not None:
            lines = lines.filter(_.held <= tally.pieces_to, _.held > 0)
    if tally.over is None and tally.under is None:
        return lines
    lines = lines.mutate(total=_.paid.sum().over(group_by="order"))
    if tally.over is not None:
        lines = lines.filter(_.total >= tally.over if tally.ends else _.total > tally.over)
    if tally.under is not None:
        within = _.total <= tally.under if tally.ends else _.total < tally.under
        lines = lines.filter(within, _.total >= 0)
    return lines


def _chosen(lines: ir.Table, one: Only) -> ir.BooleanValue:
    said = value_of(lines, one.by)
    if one.by == "returned":
        return lines.returned
    if not one.values:  # whatever it says
        return said.isnull() if one.but else said.notnull()
    inside = said.cast("string").isin(one.values)
    return ~inside if one.but else inside


def _firsts(shelf: Shelf) -> ir.Table:
    orders = shelf.table("orders")
    assert orders is not None
    kept = orders.filter(
        orders.customer.notnull(), orders.status.isnull() | orders.status.lower().notin(CANCELLED)
    )
    return kept.group_by("customer").aggregate(first_day=_.at.min().date())


def value_of(lines: ir.Table, cut: str) -> ir.Value:
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


def in_order(rows: Mapping[Any, Row], cut: str) -> list[tuple[Any, Row]]:
    """By what they brought, the best and the last ones; by when it was in that order."""
    ranked = sorted(rows.items(), key=lambda one: (-(one[1]["revenue"] or 0), str(one[0])))
    if len(ranked) > MOST + LEAST:
        ranked = ranked[:MOST] + ranked[-LEAST:]
    return sorted(ranked) if cut in DATED else ranked


def first_of(key: str) -> date:
    """The first day of a month, a week or a day by its subject."""
    cut, _hyphen, value = key.partition("-")
    if cut == "month":
        return date(int(value) // 100, int(value) % 100, 1)
    return date.fromisoformat(value)


def last_of(key: str) -> date:
    first = first_of(key)
    if key.startswith("month-"):
        return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first + timedelta(days=6 if key.startswith("week-") else 0)
