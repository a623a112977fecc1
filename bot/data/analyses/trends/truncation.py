"""Detects a file of orders that breaks off before its last row: the data ends there, not the sales.

A few orders with late dates, or an export that was cut off, leave a tail with hardly any orders. It
counts as a truncation when the daily orders fall to STOPPED_SHARE or less at one step (the most
likely one in a Poisson model, adjusted for weekdays), stay there until the last row, and do so in
each region, source, device and category that is large enough to tell. Where one of them continues,
the sales themselves fell.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.core.half_up import round_half_up
from bot.data.stats import Numbers, x_log_y
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

# The period examined; the days before a tail that it is compared with.
LOOKBACK_DAYS, LEVEL_DAYS = 182, 28
TAIL_DAYS = 28  # longest tail; one with almost no orders may be longer
STOPPED_SHARE, NOTHING_SHARE = 0.15, 0.02  # of the expected orders
LEAST_ORDERS = 15  # expected orders in the tail
# Of the expected orders; expected orders of a part.
LEAST_CONTINUING_SHARE, LEAST_PART_ORDERS = 0.5, 10
CHECKED_DIMENSIONS = ("region", "country", "source", "device", "category")


@dataclass(frozen=True)
class Truncation:
    """From `since` on there are only `came` orders, where `usual` would have been expected up to
    the last row."""

    since: date
    came: int
    usual: int

    @property
    def last(self) -> date:
        """The last complete day."""
        return self.since - timedelta(days=1)


def detect_truncation(warehouse: Warehouse) -> Truncation | None:
    """Return None where the orders continue up to the last row. The current day is ignored, because
    it is not over."""
    orders = warehouse.table("orders")
    if orders is None:
        return None
    last = min(warehouse.as_of("orders"), warehouse.today - timedelta(days=1))
    days = [last - timedelta(days=back) for back in range(LOOKBACK_DAYS - 1, -1, -1)]
    counts = _count_by_day(warehouse, orders, days)
    begun = int(np.flatnonzero(counts)[0]) if counts.any() else LOOKBACK_DAYS
    days, counts = days[begun:], counts[begun:]
    if len(days) < LEVEL_DAYS + 2:
        return None
    found = _find_break(days, counts)
    return found if found and _is_everywhere(warehouse, orders, found, last) else None


def _count_by_day(warehouse: Warehouse, orders: ir.Table, days: list[date]) -> Numbers:
    day = orders["at"].date()
    kept = orders.filter(day.between(ibis.literal(days[0]), ibis.literal(days[-1])))
    daily = kept.group_by(day=kept["at"].date()).aggregate(orders=kept.order.nunique())
    counts = np.zeros(len(days))
    for row in fetch_rows(warehouse, daily):
        counts[(row["day"] - days[0]).days] = float(row["orders"])
    return counts


def _find_break(days: list[date], counts: Numbers) -> Truncation | None:
    """Return the most likely day from which hardly any orders came."""
    usual = _usual_counts(days, counts)
    best, most = None, 0.0
    for at in range(LEVEL_DAYS, len(days)):
        before = usual[at - LEVEL_DAYS : at].sum()
        level = counts[at - LEVEL_DAYS : at].sum() / before if before else 0.0
        expected, actual = level * usual[at:].sum(), counts[at:].sum()
        least = STOPPED_SHARE if len(days) - at <= TAIL_DAYS else NOTHING_SHARE
        if expected < LEAST_ORDERS or actual > least * expected:
            continue
        gain = _likelihood_gain(counts, usual, at)
        if gain > most:
            came, wanted = (int(round_half_up(one)) for one in (actual, expected))
            best, most = Truncation(days[at], came, wanted), gain
    return best


def _usual_counts(days: list[date], counts: Numbers) -> Numbers:
    """Return the expected share of a weekly mean for each day, from the days before any tail."""
    known = slice(0, max(LEVEL_DAYS, len(days) - TAIL_DAYS))
    weekday = np.array([day.weekday() for day in days])
    mean = counts[known].mean() or 1.0
    share = np.array([counts[known][weekday[known] == n].mean() / mean for n in range(7)])
    return np.asarray(np.maximum(share, 0.01)[weekday])


def _likelihood_gain(counts: Numbers, usual: Numbers, at: int) -> float:
    """Return how much better two rates explain the counts than one."""
    parts = (slice(0, at), slice(at, None))
    two = sum(_log_likelihood(counts[part].sum(), usual[part].sum()) for part in parts)
    return two - _log_likelihood(counts.sum(), usual.sum())


def _log_likelihood(actual: float, usual: float) -> float:
    return float(x_log_y(np.array([actual]), actual / usual)[0])


def _is_everywhere(warehouse: Warehouse, orders: ir.Table, found: Truncation, last: date) -> bool:
    """Return whether no part of the orders continues as before."""
    first = found.since - timedelta(days=LEVEL_DAYS)
    day = orders["at"].date()
    kept = orders.filter(day.between(ibis.literal(first), ibis.literal(last)))
    kept = kept.mutate(tail=kept["at"].date() >= ibis.literal(found.since))
    length = (last - found.since).days + 1
    for name in CHECKED_DIMENSIONS:
        by = kept.filter(kept[name].notnull()).group_by(part=kept[name].cast("string"))
        for row in fetch_rows(
            warehouse,
            by.aggregate(
                before=kept.order.nunique(where=~kept.tail),
                after=kept.order.nunique(where=kept.tail),
            ),
        ):
            expected = row["before"] * length / LEVEL_DAYS
            if expected >= LEAST_PART_ORDERS and row["after"] > LEAST_CONTINUING_SHARE * expected:
                return False
    return True
