"""Parcels by day and region: how many were due, how many came late, and what those were worth.

A parcel is late when it came after the day promised, or has not come and that day is past;
counting delivered ones only would make the last weeks look better than they are. Parcels whose
day is still to come are left out, those that came early too, or the others would miss.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.library.bought import CANCELLED
from bot.library.chance import Numbers
from bot.library.disclosure import Population
from bot.library.findings import Where
from bot.library.narrow import narrowed
from bot.library.read import arrow_of, person_of
from bot.library.shelf import Shelf

NOW, BEFORE = 56, 309  # days of orders: eight weeks, and what is left of a year


@dataclass(frozen=True)
class Parcels:
    """Days × regions: parcels due, late ones, and what the late ones were worth."""

    days: list[date]
    regions: list[str]  # "" is unknown
    due: Numbers
    late: Numbers
    worth: Numbers

    def now(self) -> tuple[Numbers, Numbers]:
        return self.late[-NOW:].sum(axis=0), self.due[-NOW:].sum(axis=0)

    def before(self) -> tuple[Numbers, Numbers]:
        return self.late[:-NOW].sum(axis=0), self.due[:-NOW].sum(axis=0)


def parcels(shelf: Shelf, where: Where, last: date) -> ir.Table:
    """day (of the order), region: parcels that were due by `last`, late ones, what these were
    worth, came."""
    whole = _due(shelf, where, last)
    return whole.group_by("day", "region").aggregate(
        due=whole.count(),
        late=whole.late.sum(),
        came=(whole.missing == 0).sum(),
        worth=whole.late.ifelse(whole.amount, 0).cast("decimal(18, 2)").sum(),
    )


def receivers(shelf: Shelf, where: Where, last: date) -> tuple[Population, Population]:
    """Who was to get the parcels of the last weeks, by region and by whether these were late; and
    those of the days before. Orders, where no customer is known."""
    whole = _due(shelf, where, last)
    now = whole.day > ibis.literal(last - timedelta(days=NOW))
    person = person_of(shelf, whole.person)
    asked = whole.select(
        "region", person=person, late=whole.late.ifelse("late", "in time"), now=now
    )
    table = arrow_of(shelf, asked.distinct())
    return (
        Population.of(table.filter(table["now"]).drop_columns("now"), "person"),
        Population.of(_others(table).drop_columns("now"), "person"),
    )


def _others(table: Any) -> Any:
    import pyarrow.compute as pc

    return table.filter(pc.invert(table["now"]))


def _due(shelf: Shelf, where: Where, last: date) -> ir.Table:
    """One row an order whose parcel was due: day, region ("" is unknown), person, late, missing,
    amount."""
    table = narrowed(shelf, "orders", where)
    first = last - timedelta(days=NOW + BEFORE - 1)
    table = table.filter(
        table.at >= ibis.literal(first).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(CANCELLED),
        table.promised.notnull(),
        table.amount >= 0,
    )
    whole = table.group_by("order").aggregate(
        day=table.at.min().date(),
        region=table.region.max(),
        promised=table.promised.max(),
        delivered=table.delivered.max(),
        missing=table.count() - table.delivered.count(),
        amount=table.amount.sum(),
        customer=table.customer.max(),
    )
    whole = whole.filter(whole.promised < ibis.literal(last))
    late = (whole.missing > 0) | (whole.delivered > whole.promised)
    return whole.mutate(
        region=whole.region.fill_null(""),
        late=late.fill_null(True),
        person=ibis.coalesce(whole.customer, whole["order"]),
    )


def arranged(rows: list[dict[str, Any]], last: date) -> Parcels | None:
    """The rows as days × regions; None when nothing ever came, or nothing was due lately."""
    if not sum(row["came"] for row in rows):
        return None
    days = [last - timedelta(days=back) for back in range(NOW + BEFORE - 1, -1, -1)]
    place = {day: at for at, day in enumerate(days)}
    regions = sorted({row["region"] for row in rows})
    due, late, worth = (np.zeros((len(days), len(regions))) for _ in range(3))
    for row in rows:
        if (at := place.get(row["day"])) is not None:
            due[at, regions.index(row["region"])] += row["due"]
            late[at, regions.index(row["region"])] += row["late"]
            worth[at, regions.index(row["region"])] += float(row["worth"] or 0)
    return Parcels(days, regions, due, late, worth) if due[-NOW:].sum() else None
