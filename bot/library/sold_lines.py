"""The lines of what was sold: their cuts, the order they are told in, who ordered first when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.library.bought import CANCELLED
from bot.library.findings import Where
from bot.library.shelf import Shelf

DATED = ("month", "weekday", "hour")  # cuts by when it was, told in their own order
MOST, LEAST = 150, 10  # of a cut, by what they brought: the best, and the last ones
Row = Mapping[str, Any]


def without_days(where: Where) -> Where:
    return replace(where, since=None, until=None)


def firsts(shelf: Shelf) -> ir.Table:
    orders = shelf.table("orders")
    assert orders is not None
    kept = orders.filter(
        orders.customer.notnull(), orders.status.isnull() | orders.status.lower().notin(CANCELLED)
    )
    return kept.group_by("customer").aggregate(first_day=_.at.min().date())


def value_of(lines: ir.Table, cut: str) -> ir.Value:
    if cut == "month":
        return (lines.at.year() * 100 + lines.at.month()).cast("int64")
    if cut == "weekday":
        return lines.at.day_of_week.index().cast("int64")
    if cut == "hour":
        return lines.at.hour().cast("int64")
    return lines[cut]


def in_order(rows: Mapping[Any, Row], cut: str) -> list[tuple[Any, Row]]:
    """By what they brought, the best and the last ones; by when it was in that order."""
    if cut in DATED:
        return sorted(rows.items())
    ranked = sorted(rows.items(), key=lambda one: (-(one[1]["revenue"] or 0), str(one[0])))
    return ranked if len(ranked) <= MOST + LEAST else ranked[:MOST] + ranked[-LEAST:]


def first_of(key: str) -> date:
    month = int(key.removeprefix("month-"))
    return date(month // 100, month % 100, 1)
