"""What whole orders say: how often customers order, how long parcels take, the largest order."""

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.library.findings import Findings
from bot.library.read import rows_of, sql_later
from bot.library.shelf import Shelf

TIMES = {1: "once", 2: "twice", 3: "three times or more"}


def times(found: Findings, shelf: Shelf, lines: ir.Table) -> None:
    """sold.times-1, -2 and -3: of all customers of these lines, who ordered once, twice, and more
    often: .customers and .share."""
    lines = lines.filter(_.customer.notnull(), _.net >= 0)
    people = lines.group_by("customer").aggregate(orders=_["order"].nunique())
    often = ibis.least(people.orders, 3).cast("int64")
    asked = people.mutate(often=often).aggregate(by=["often"], customers=_.count())
    found.queries["times"] = sql_later(asked)
    rows = {row["often"]: row["customers"] for row in rows_of(shelf, asked)}
    for n, about in TIMES.items():
        if (many := rows.get(n, 0)) >= shelf.floor:
            share = round(100 * many / sum(rows.values()), 1)
            add, key = found.add, f"times-{n}"
            add(key, "customers", many, unit="customers", about=about, rows=many, query="times")
            add(key, "share", share, unit="%", about=about, rows=many, query="times")


def delivered(found: Findings, shelf: Shelf, lines: ir.Table) -> None:
    """sold.all.delivery-days on average, of .delivered-parcels."""
    lines = lines.filter(_.delivered.notnull(), _.net >= 0)
    orders = lines.group_by("order").aggregate(day=_.day.min(), came=_.delivered.max())
    asked = orders.filter(_.came >= _.day).aggregate(
        days=_.came.delta(_.day, unit="day").cast("float64").mean(), parcels=_.count()
    )
    found.queries["delivered"] = sql_later(asked)
    (row,) = rows_of(shelf, asked)
    if row["parcels"]:
        for measure, value, unit in (
            ("delivery-days", round(float(row["days"]), 1), "days"),
            ("delivered-parcels", int(row["parcels"]), "parcels"),
        ):
            found.add("all", measure, value, unit=unit, rows=int(row["parcels"]),
                      query="delivered")  # fmt: skip


def extremes(found: Findings, shelf: Shelf, lines: ir.Table, money: str | None) -> None:
    """sold.all.largest-order with its .largest-day, and .median-order."""
    orders = lines.group_by("order").aggregate(paid=_.paid.sum(), day=_.day.min())
    orders = orders.filter(_.paid >= 0)
    asked = orders.aggregate(
        largest=_.paid.max(), day=_.day.argmax(_.paid), median=_.paid.cast("float64").median(),
        orders=_.count(),
    )  # fmt: skip
    found.queries["largest"] = sql_later(asked)
    (row,) = rows_of(shelf, asked)
    if row["orders"]:
        rows = int(row["orders"])
        add = found.add
        add("all", "largest-order", row["largest"], unit=money, rows=rows, query="largest")
        add("all", "largest-day", row["day"], rows=rows, query="largest")
        add("all", "median-order", round(row["median"], 2), unit=money, rows=rows, query="largest")
