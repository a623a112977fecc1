"""Where a file of orders breaks off before its last row: an end of the data, not of the sales.

A few orders with late dates, or an export that was cut while orders still came in, leave a tail in
which hardly anything stands. It is taken for such an end where the orders of each day fall to a
seventh and less at one step (Poisson, as likely as any; the days of the week allowed for), stay
there up to the last row, and do so everywhere at once: in each region, source, device and category
that is large enough to tell. Where one of them goes on, it is the sales that fell.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.stats import Numbers, x_log_y
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

LOOKBACK_DAYS, LEVEL_DAYS = (
    182,
    28,
)  # looked back over; a tail is held against so many days before it
TAIL_DAYS = 28  # days that a tail lasts at most; one of next to nothing may last longer
STOPPED_SHARE, NOTHING_SHARE = 0.15, 0.02  # of the orders that are usual
LEAST_ORDERS = 15  # orders that would have come in the tail
LEAST_CONTINUING_SHARE, LEAST_PART_ORDERS = (
    0.5,
    10,
)  # of what is usual; orders that a part would have had
CHECKED_DIMENSIONS = ("region", "country", "source", "device", "category")


@dataclass(frozen=True)
class Truncation:
    """From `since` on hardly any orders are there: `came`, where `usual` would have come by the
    last row."""

    since: date
    came: int
    usual: int

    @property
    def last(self) -> date:
        """The last day that is all there."""
        return self.since - timedelta(days=1)


def detect_truncation(warehouse: Warehouse) -> Truncation | None:
    """None where the orders go on to the last row; that of today, which still goes on, is left."""
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
    """The likeliest day from which next to nothing came."""
    usual = _usual_counts(days, counts)
    best, most = None, 0.0
    for at in range(LEVEL_DAYS, len(days)):
        before = usual[at - LEVEL_DAYS : at].sum()
        level = counts[at - LEVEL_DAYS : at].sum() / before if before else 0.0
        would, came = level * usual[at:].sum(), counts[at:].sum()
        least = STOPPED_SHARE if len(days) - at <= TAIL_DAYS else NOTHING_SHARE
        if would < LEAST_ORDERS or came > least * would:
            continue
        gain = _likelihood_gain(counts, usual, at)
        if gain > most:
            best, most = Truncation(days[at], round(came), round(would)), gain
    return best


def _usual_counts(days: list[date], counts: Numbers) -> Numbers:
    """How much of a week's mean comes on such a day; of the days before any tail."""
    known = slice(0, max(LEVEL_DAYS, len(days) - TAIL_DAYS))
    weekday = np.array([day.weekday() for day in days])
    mean = counts[known].mean() or 1.0
    share = np.array([counts[known][weekday[known] == n].mean() / mean for n in range(7)])
    return np.asarray(np.maximum(share, 0.01)[weekday])


def _likelihood_gain(counts: Numbers, usual: Numbers, at: int) -> float:
    """What two rates explain better than one."""
    parts = (slice(0, at), slice(at, None))
    two = sum(_log_likelihood(counts[part].sum(), usual[part].sum()) for part in parts)
    return two - _log_likelihood(counts.sum(), usual.sum())


def _log_likelihood(came: float, usual: float) -> float:
    return float(x_log_y(np.array([came]), came / usual)[0])


def _is_everywhere(warehouse: Warehouse, orders: ir.Table, found: Truncation, last: date) -> bool:
    """Whether no part of the orders goes on as before."""
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
            would = row["before"] * length / LEVEL_DAYS
            if would >= LEAST_PART_ORDERS and row["after"] > LEAST_CONTINUING_SHARE * would:
                return False
    return True
