"""Days on which products were reduced, from the price history."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MIN_REDUCED_SHARE = 0.1  # of the products that have a price on the day
LONGEST_SALE = 60  # days; a price that stays lower for longer is the new price
SaleDays = tuple[date, date]


def select_reductions(warehouse: Warehouse) -> ir.Table | None:
    """Return `reduced_product`, `first` and `last`, the days, included, on which it cost less than
    before, and `cut`, how much less. A cut that lasts is none. None without a price history."""
    prices = warehouse.table("prices")
    if prices is None:
        return None
    of_product = ibis.window(group_by=prices["product"], order_by=prices.since)
    changes = prices.select(
        reduced_product="product",
        first=prices.since,
        cut=prices.price.lag().over(of_product) - prices.price,
        last=ibis.coalesce(
            prices.since.lead().over(of_product) - ibis.interval(days=1),
            ibis.literal(warehouse.today),
        ).cast("date"),
    )
    return changes.filter(
        (_.cut > 0).fill_null(False), _.last.delta(_.first, unit="day") <= LONGEST_SALE
    )


def find_sale_days(warehouse: Warehouse) -> Sequence[SaleDays] | None:
    """Return the spans of days, both included, on which at least MIN_REDUCED_SHARE of the products
    were reduced; None without a price history. Read once for each state of the data."""
    key = ("sale days", "prices")
    if key not in warehouse.released:
        reductions, prices = select_reductions(warehouse), warehouse.table("prices")
        if reductions is None or prices is None:
            return None
        known = prices.group_by("product").aggregate(first=prices.since.min())
        begins = Counter(row["first"] for row in fetch_rows(warehouse, known))
        spans = [(row["first"], row["last"]) for row in fetch_rows(warehouse, reductions)]
        warehouse.released[key] = _join_days(_count_days(begins, spans))
    found: Sequence[SaleDays] = warehouse.released[key]
    return found


def _count_days(begins: Counter[date], spans: Sequence[SaleDays]) -> list[date]:
    """Return the days on which enough of the products that have a price are reduced."""
    reduced = Counter(
        first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1)
    )
    found, products = [], 0
    for day in sorted({*begins, *reduced}):
        products += begins[day]
        if reduced[day] and reduced[day] >= MIN_REDUCED_SHARE * products:
            found.append(day)
    return found


def _join_days(days: Sequence[date]) -> tuple[SaleDays, ...]:
    spans: list[SaleDays] = []
    for day in days:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return tuple(spans)
