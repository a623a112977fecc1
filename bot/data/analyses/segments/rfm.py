"""Rank customers by recency, frequency and monetary value (RFM), in fifths.

Source: Hughes, "Strategic Database Marketing", 1994: quintiles of each, 5 is the best. Ties are
broken by the customer's key, so that every engine returns the same fifth."""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import SEGMENT_LABELS
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words


def rank_rfm(orders: ir.Table, until: date) -> ir.Table:
    """Return one row per customer who bought up to that day inclusive.

    `orders` has customer, at (timestamp) and amount (money), one row per order, refunds negative.
    The result has customer, recency (days since the last order), tenure (days since the first),
    frequency (orders), monetary (decimal 18,2, net of refunds), and r, f and m from 1 to 5, 5 the
    best."""
    end = ibis.literal(until)
    by_customer = (
        orders.filter(_.at.date() <= end)
        .group_by("customer")
        .aggregate(
            last=_.at.max(where=_.amount >= 0).date(),
            first=_.at.min(where=_.amount >= 0).date(),
            frequency=_.count(where=_.amount >= 0),
            monetary=_.amount.cast("decimal(18, 2)").sum().cast("decimal(18, 2)"),
        )
        .filter(_.frequency > 0)
    )
    counted = by_customer.select(
        customer=_.customer,
        recency=end.delta(by_customer["last"], unit="day"),
        tenure=end.delta(by_customer["first"], unit="day"),
        frequency=_.frequency,
        monetary=_.monetary,
    )
    return counted.mutate(
        r=_rank_fifth(counted.recency.desc(), counted.customer),
        f=_rank_fifth(counted.frequency, counted.customer),
        m=_rank_fifth(counted.monetary, counted.customer),
    )


def _rank_fifth(value: ir.Value, customer: ir.Value) -> ir.IntegerValue:
    """In ibis, ntile counts from 0."""
    return ibis.ntile(5).over(order_by=[value, customer]) + 1


# The rhythm: the usual gap between a customer's orders, and who has been silent for longer.

MIN_ORDERS_FOR_RHYTHM = 3  # orders required for a customer to have a rhythm of their own
DRIFTING_RHYTHMS = 2  # rhythms of silence from which a customer is drifting away
LAPSED_RHYTHMS = 3
MIN_RHYTHM_DAYS = 14  # in days: two orders in one week are no weekly rhythm


def compute_typical_gap(warehouse: Warehouse, ranked: ir.Table) -> int | None:
    """Return the shop's typical gap in days: the median of the customers' mean gaps. None when
    fewer customers came back than may be shown. `ranked` comes from `rank_rfm`."""
    gaps = fetch_rows(warehouse, build_gaps(ranked))
    people = sum(row["customers"] for row in gaps)
    if people < warehouse.floor:
        return None
    counted = 0
    for row in sorted(gaps, key=lambda row: row["gap"]):
        counted += row["customers"]
        if counted * 2 >= people:
            return max(MIN_RHYTHM_DAYS, int(row["gap"]))
    return None


def build_gaps(ranked: ir.Table) -> ir.Table:
    """Return gap (whole days, the mean of a customer) and customers."""
    back = ranked.filter(_.frequency > 1, _.tenure > _.recency)
    return (
        # Not round(), because engines round halves differently.
        back.mutate(gap=(_compute_mean_gap(back) + 0.5).floor().cast("int64"))
        .group_by("gap")
        .aggregate(customers=_.count())
    )


def add_rhythm(ranked: ir.Table, gap: int) -> ir.Table:
    """Return `ranked` with rhythm (days) and pace: the rhythms that a customer has been silent for.
    A rhythm is never shorter than half the shop's typical `gap`, nor than 14 days."""
    shortest = max(MIN_RHYTHM_DAYS, gap / 2)
    own = ibis.greatest(_compute_mean_gap(ranked), ibis.literal(float(shortest)))
    rhythm = ibis.ifelse(ranked.frequency >= MIN_ORDERS_FOR_RHYTHM, own, ibis.literal(float(gap)))
    return ranked.mutate(rhythm=rhythm).mutate(pace=_.recency.cast("float64") / _.rhythm)


def _compute_mean_gap(ranked: ir.Table) -> ir.FloatingValue:
    gaps = (ranked.frequency - 1).nullif(0).cast("float64")
    return (ranked.tenure - ranked.recency).cast("float64") / gaps


# The segments: each with its rule, in words and as an expression.

MAX_NEW_GAPS = 2  # typical gaps after the first order during which a customer is new


@dataclass(frozen=True)
class Segment:
    """`id` is the segment's slug in facts and audience rules."""

    id: str
    rule: Words

    @property
    def name(self) -> Words:
        return SEGMENT_LABELS[self.id]


SEGMENT_DEFINITIONS = (
    Segment(
        "champions",
        Words(
            "at least 3 orders, still buying at their usual pace,"
            " and among your most recent and biggest spenders"
        ),
    ),
    Segment(
        "loyal",
        Words("at least 3 orders, still buying at their usual pace, without the champions"),
    ),
    Segment(
        "promising",
        Words("2 orders, the last one within twice the shop's typical gap"),
    ),
    Segment("new", Words("one order, within twice the shop's typical gap")),
    Segment(
        "at-risk",
        Words("silent for 2 to 3 times their usual gap, among the 20% who spent most"),
    ),
    Segment(
        "drifting-away",
        Words("2 orders or more, silent for 2 to 3 times their usual gap"),
    ),
    Segment(
        "lapsed",
        Words("2 orders or more, silent for more than 3 times their usual gap"),
    ),
    Segment(
        "one-time",
        Words("one order, longer ago than twice the shop's typical gap"),
    ),
)
SEGMENTS_BY_ID = {group.id: group for group in SEGMENT_DEFINITIONS}


def assign_segments(ranked: ir.Table, gap: int) -> ir.Table:
    """Return `ranked` with rhythm, pace and `segment`, the id of a segment. `gap` is the shop's
    typical gap in days; from 3 orders on a customer's own gap counts."""
    t = add_rhythm(ranked, gap)
    ordered_once, active = t.frequency == 1, t.pace <= DRIFTING_RHYTHMS
    best = (t.r >= 4) & (t.m == 5)
    segment = ibis.cases(
        (ordered_once & (t.recency <= MAX_NEW_GAPS * gap), "new"),
        (ordered_once, "one-time"),
        (active & (t.frequency >= 3) & best, "champions"),
        (active & (t.frequency >= 3), "loyal"),
        (active, "promising"),
        (t.pace > LAPSED_RHYTHMS, "lapsed"),
        (t.m == 5, "at-risk"),
        else_="drifting-away",
    )
    return t.mutate(segment=segment)
