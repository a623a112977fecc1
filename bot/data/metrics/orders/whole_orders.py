"""What whole orders say: how often customers order, how long parcels take, the largest order."""

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import Findings
from bot.data.disclosure import hidden_groups
from bot.data.floors import is_small
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf

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
    hidden = hidden_groups(rows, shelf.floor, lambda some: sum(rows[one] for one in some))
    for n, about in TIMES.items():
        many = rows.get(n, 0)
        if many and n not in hidden:
            share = round(100 * many / sum(rows.values()), 1)
            add, key = found.add, f"times-{n}"
            add(key, "customers", many, unit="customers", about=about, rows=many, query="times")
            add(key, "share", share, unit="%", about=about, rows=many, query="times")


def delivered(found: Findings, shelf: Shelf, lines: ir.Table) -> bool:
    """sold.all.delivery-days on average, of .delivered-parcels. How many parcels is not told where
    those that are left are of too few people. False where it is of too few people itself."""
    people = lines.filter(_.net >= 0).aggregate(
        here=_people(_.delivered.notnull()), there=_people(_.delivered.isnull())
    )
    lines = lines.filter(_.delivered.notnull(), _.net >= 0)
    orders = lines.group_by("order").aggregate(day=_.day.min(), came=_.delivered.max())
    asked = orders.filter(_.came >= _.day).aggregate(
        days=_.came.delta(_.day, unit="day").cast("float64").mean(), parcels=_.count()
    )
    found.queries["delivered"] = sql_later(asked)
    (row,), (sizes,) = rows_of(shelf, asked), rows_of(shelf, people)
    if is_small(sizes["here"], shelf.sales_floor):
        return False
    if not row["parcels"]:
        return True
    add, rows = found.add, int(row["parcels"])
    days = round(float(row["days"]), 1)
    if is_small(sizes["there"], shelf.sales_floor):
        add("all", "delivery-days", days, unit="days", query="delivered")
        return True
    add("all", "delivery-days", days, unit="days", rows=rows, query="delivered")
    add("all", "delivered-parcels", rows, unit="parcels", rows=rows, query="delivered")
    return True


def extremes(
    found: Findings, shelf: Shelf, lines: ir.Table, money: str | None, measure: str
) -> None:
    """sold.all.largest-order with its .largest-day, which is one customer's, or .median-order."""
    orders = lines.group_by("order").aggregate(paid=_.paid.sum(), day=_.day.min())
    orders = orders.filter(_.paid >= 0)
    asked = orders.aggregate(
        largest=_.paid.max(),
        day=_.day.argmax(_.paid),
        median=_.paid.cast("float64").median(),
        orders=_.count(),
    )
    found.queries["largest"] = sql_later(asked)
    (row,) = rows_of(shelf, asked)
    if not row["orders"]:
        return
    add, rows = found.add, int(row["orders"])
    if measure == "median-order":
        add("all", measure, round(row["median"], 2), unit=money, rows=rows, query="largest")
        return
    add("all", measure, row["largest"], unit=money, rows=rows, query="largest")
    add("all", "largest-day", row["day"], rows=rows, query="largest")


def _people(which: ir.BooleanValue) -> ir.IntegerScalar:
    nameless = which & _.customer.isnull()
    return _.customer.nunique(where=which) + _["order"].nunique(where=nameless)
