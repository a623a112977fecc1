"""Turn a row of sales into facts: its measures, their change since an earlier period, and its
shares."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import AnalysisResult
from bot.data.disclosure import find_hidden_groups
from bot.data.floors import is_below_floor
from bot.data.metrics.orders.order_lines import SalesRow, parse_first_day, parse_last_day
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MEASURE_UNITS = {
    "orders": "orders",
    "units": "units",
    "customers": "customers",
    "new-customers": "customers",
    "return-rate": "%",
    "returned": "units",
}
MEASURE_DIGITS = {
    "per-customer": 2,
    "orders-per-customer": 2,
    "average-order": 2,
    "units-per-order": 2,
    "return-rate": 1,
}
RATIO_MEASURES = ("units-per-order", "orders-per-customer")
PERIOD_DIMENSIONS = ("month", "week", "day")
SHARE_MEASURES = {
    "revenue": "share",
    "orders": "orders-share",
    "units": "units-share",
    "customers": "customers-share",
    "returned": "returned-share",
}
DateRange = tuple[date, date]


def add_sales_facts(
    result: AnalysisResult,
    key: str,
    about: str,
    row: SalesRow,
    query: str,
    days: DateRange,
    money: str | None,
    before: tuple[SalesRow | None, DateRange] | None = None,
) -> None:
    """Add all measures of one row with its days, and those of the earlier period with the change
    since."""
    add = partial(result.add, key, about=about, rows=int(row["orders"]), query=query)
    dated = key.split("-")[0] in PERIOD_DIMENSIONS
    add("since", max(days[0], parse_first_day(key)) if dated else days[0])
    add("until", min(days[1], parse_last_day(key)) if dated else days[1])
    if before is not None:
        add("since-before", before[1][0])
        add("until-before", before[1][1])
    earlier = dict(iter_measures(before[0], result)) if before and before[0] else {}
    for measure, value in iter_measures(row, result):
        unit = MEASURE_UNITS.get(measure, None if measure in RATIO_MEASURES else money)
        add(measure, _round_measure(measure, value), unit=unit, exact=value)
        if (was := earlier.get(measure)) is None:
            continue
        add(f"{measure}-before", _round_measure(measure, was), unit=unit, exact=was)
        if was:
            change = 100 * (float(value) - float(was)) / float(was)
            add(f"{measure}-change", round(change, 1), unit="%", exact=change)


def _round_measure(measure: str, value: Decimal | float) -> Decimal | float:
    digits = MEASURE_DIGITS.get(measure)
    return round(float(value), digits) if digits else round(value)


def iter_measures(row: SalesRow, result: AnalysisResult) -> Iterator[tuple[str, Decimal | float]]:
    """Yield the exact measures of a row that may be shown; averages require orders."""
    orders, money, may = int(row["orders"]), row["revenue"] or Decimal(0), row["told"]
    yield "revenue", money
    yield "orders", orders
    yield "units", row["units"] or 0
    if "customers" in may:
        yield "customers", int(row["customers"])
    if "new" in may:
        yield "new-customers", int(row["new"])
    if "per" in may:
        people = int(row["customers"])
        yield "per-customer", float(row["known_paid"] or 0) / people
        yield "orders-per-customer", int(row["known_orders"]) / people
    if orders:
        yield "average-order", float(money) / orders
        yield "units-per-order", float(row["units"] or 0) / orders
    if row.get("known") and "returns" in may:
        yield "returned", int(row["back"] or 0)
        yield "return-rate", 100 * int(row["back"] or 0) / int(row["known"])


@dataclass(frozen=True)
class RowSizes:
    """The number of people behind a row and its measures. `old` are customers who had ordered
    before; `back_people` and `kept_people` those who returned something, or kept something."""

    people: int
    customers: int
    new: int
    old: int
    nameless: int
    back_people: int
    kept_people: int

    @classmethod
    def of(cls, row: SalesRow) -> "RowSizes":
        customers, new = int(row["customers"] or 0), int(row["new"] or 0)
        return cls(
            people=int(row["people"] or 0),
            customers=customers,
            new=new,
            old=customers - new,
            nameless=int(row["nameless"] or 0),
            back_people=int(row.get("back_people") or 0),
            kept_people=int(row.get("kept_people") or 0),
        )

    def list_allowed_sorts(
        self, warehouse: Warehouse, *, people: bool, new: bool
    ) -> frozenset[str]:
        """Return the sorts of measures that may be shown. Counts of people need more people than
        sums, and none may reveal the number of the others."""
        sums, counts = warehouse.sales_floor, warehouse.floor
        sorts = set()
        if people and not is_below_floor(self.customers, counts):
            sorts.add("customers")
            if self.customers and not is_below_floor(self.nameless, sums):
                sorts.add("per")
            if (
                new
                and not is_below_floor(self.new, counts)
                and not is_below_floor(self.old, counts)
            ):
                sorts.add("new")
        returns = self.back_people + self.kept_people
        if (
            returns
            and not is_below_floor(self.back_people, sums)
            and not is_below_floor(self.kept_people, sums)
        ):
            sorts.add("returns")
        return frozenset(sorts)


def add_shares(result: AnalysisResult, key: str, about: str, of: str, query: str) -> None:
    """Add the share of this subject in another subject's measures."""
    for measure, share in SHARE_MEASURES.items():
        part, whole = result.get(key, measure), result.get(of, measure)
        if part is None or whole is None or whole.number <= 0:
            continue
        exact = 100 * float(part.number) / float(whole.number)
        value, rows = round(exact, 1), part.rows
        result.add(key, share, value, unit="%", about=about, rows=rows, query=query, exact=exact)


def add_daily_average(
    result: AnalysisResult,
    key: str,
    about: str,
    row: SalesRow,
    weekdays: tuple[int, ...],
    days: DateRange,
    money: str | None,
    query: str,
) -> None:
    """Add the average per such day, because a period may have more Mondays than Sundays."""
    first, last = days
    span = range((last - first).days + 1)
    many = sum((first + timedelta(days=n)).weekday() in weekdays for n in span)
    if many and row["revenue"] is not None:
        rows = int(row["orders"])
        add = partial(result.add, key, about=about, rows=rows, query=query)
        add("per-day", round(float(row["revenue"]) / many), unit=money)
        add("orders-per-day", round(rows / many, 1), unit="orders")


# Facts on whole orders: order frequency, delivery time, largest order.

ORDER_FREQUENCIES = {1: "once", 2: "twice", 3: "three times or more"}


def add_order_frequency(result: AnalysisResult, warehouse: Warehouse, lines: ir.Table) -> None:
    """Add sold.times-1, -2 and -3: the .customers, and their .share, who ordered once, twice, and
    more often."""
    lines = lines.filter(_.customer.notnull(), _.net >= 0)
    people = lines.group_by("customer").aggregate(orders=_["order"].nunique())
    often = ibis.least(people.orders, 3).cast("int64")
    query = people.mutate(often=often).aggregate(by=["often"], customers=_.count())
    result.queries["times"] = defer_sql(query)
    rows = {row["often"]: row["customers"] for row in fetch_rows(warehouse, query)}
    hidden = find_hidden_groups(rows, warehouse.floor, lambda some: sum(rows[one] for one in some))
    for n, about in ORDER_FREQUENCIES.items():
        many = rows.get(n, 0)
        if many and n not in hidden:
            exact = 100 * many / sum(rows.values())
            share = round(exact, 1)
            add, key = result.add, f"times-{n}"
            add(key, "customers", many, unit="customers", about=about, rows=many, query="times")
            add(key, "share", share, unit="%", about=about, rows=many, query="times", exact=exact)


def add_delivery_time(result: AnalysisResult, warehouse: Warehouse, lines: ir.Table) -> bool:
    """Add the average sold.all.delivery-days over .delivered-parcels. The number of parcels is not
    shown where the remaining ones are of too few people. Return False where it is of too few people
    itself."""
    people = lines.filter(_.net >= 0).aggregate(
        here=_count_people(_.delivered.notnull()), there=_count_people(_.delivered.isnull())
    )
    lines = lines.filter(_.delivered.notnull(), _.net >= 0)
    orders = lines.group_by("order").aggregate(day=_.day.min(), came=_.delivered.max())
    query = orders.filter(_.came >= _.day).aggregate(
        days=_.came.delta(_.day, unit="day").cast("float64").mean(), parcels=_.count()
    )
    result.queries["delivered"] = defer_sql(query)
    (row,), (sizes,) = fetch_rows(warehouse, query), fetch_rows(warehouse, people)
    if is_below_floor(sizes["here"], warehouse.sales_floor):
        return False
    if not row["parcels"]:
        return True
    add, rows = result.add, int(row["parcels"])
    days = round(float(row["days"]), 1)
    if is_below_floor(sizes["there"], warehouse.sales_floor):
        add("all", "delivery-days", days, unit="days", query="delivered")
        return True
    add("all", "delivery-days", days, unit="days", rows=rows, query="delivered")
    add("all", "delivered-parcels", rows, unit="parcels", rows=rows, query="delivered")
    return True


def add_order_extremes(
    result: AnalysisResult, warehouse: Warehouse, lines: ir.Table, money: str | None, measure: str
) -> None:
    """Add sold.all.largest-order with its .largest-day, which is one customer's, or
    .median-order."""
    orders = lines.group_by("order").aggregate(paid=_.paid.sum(), day=_.day.min())
    orders = orders.filter(_.paid >= 0)
    query = orders.aggregate(
        largest=_.paid.max(),
        day=_.day.argmax(_.paid),
        median=_.paid.cast("float64").median(),
        orders=_.count(),
    )
    result.queries["largest"] = defer_sql(query)
    (row,) = fetch_rows(warehouse, query)
    if not row["orders"]:
        return
    add, rows = result.add, int(row["orders"])
    if measure == "median-order":
        add("all", measure, round(row["median"], 2), unit=money, rows=rows, query="largest")
        return
    add("all", measure, row["largest"], unit=money, rows=rows, query="largest")
    add("all", "largest-day", row["day"], rows=rows, query="largest")


def _count_people(which: ir.BooleanValue) -> ir.IntegerScalar:
    nameless = which & _.customer.isnull()
    return _.customer.nunique(where=which) + _["order"].nunique(where=nameless)
