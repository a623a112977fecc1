"""Days on which much of the range was reduced, from the price history."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any

from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MIN_REDUCED_SHARE = 0.1  # of the products that have a price on the day
LONGEST_SALE = timedelta(days=60)  # a price that stays lower for longer is the new price
SaleDays = tuple[date, date]


def find_sale_days(warehouse: Warehouse) -> Sequence[SaleDays] | None:
    """Return the spans of days, both included, on which at least MIN_REDUCED_SHARE of the products
    cost less than before; None without a price history. Read once for each state of the data."""
    key = ("sale days", "prices")
    if key not in warehouse.released:
        prices = warehouse.table("prices")
        if prices is None:
            return None
        rows = fetch_rows(warehouse, prices.select("product", "since", "price"))
        warehouse.released[key] = _join_days(_find_sale_days(rows, warehouse.today))
    known: Sequence[SaleDays] = warehouse.released[key]
    return known


def _find_sale_days(rows: Sequence[dict[str, Any]], today: date) -> list[date]:
    ordered = sorted(rows, key=lambda row: (row["product"], row["since"]))
    changes, reduced = Counter[date](), Counter[date]()
    for _product, of_product in groupby(ordered, key=lambda row: row["product"]):
        history = [(row["since"], row["price"]) for row in of_product]
        changes[history[0][0]] += 1
        for first, last in _find_reductions(history, today):
            reduced.update(first + timedelta(days=n) for n in range((last - first).days + 1))
    days = sorted({*changes, *reduced})
    found, products = [], 0
    for day in days:
        products += changes[day]
        if reduced[day] and reduced[day] >= MIN_REDUCED_SHARE * products:
            found.append(day)
    return found


def _find_reductions(history: Sequence[tuple[date, Any]], today: date) -> Iterator[SaleDays]:
    """Yield the days from a price cut to the day before the price is back. The days of a cut that
    lasts are none."""
    started: tuple[date, Any] | None = None  # the day of the cut, and the price before it
    for (_, before), (since, price) in pairwise(history):
        if started is None and price < before:
            started = since, before
        elif started is not None and price >= started[1]:
            if since - started[0] <= LONGEST_SALE:
                yield started[0], since - timedelta(days=1)
            started = None
    if started is not None and today - started[0] <= LONGEST_SALE:
        yield started[0], today


def _join_days(days: Sequence[date]) -> tuple[SaleDays, ...]:
    spans: list[SaleDays] = []
    for day in days:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return tuple(spans)
