"""How many days lie between somebody's orders, and who has been silent for too long.

Everybody is held against their own rhythm from 3 orders on, else against the shop's typical gap.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf

OWN = 3  # orders, from which on a customer has a rhythm of their own
DRIFTING = 2  # times the rhythm: silent for longer than that
LAPSED = 3
SHORTEST = 14  # days: two orders in one week are not yet a weekly rhythm


def typical_gap(shelf: Shelf, ranked: ir.Table) -> int | None:
    """The shop's typical gap in days: the median over its customers, each with the mean of their
    own gaps. None when fewer came back than may be shown. `ranked` is `rfm(...)`."""
    gaps = rows_of(shelf, gaps_of(ranked))
    people = sum(row["customers"] for row in gaps)
    if people < shelf.floor:
        return None
    counted = 0
    for row in sorted(gaps, key=lambda row: row["gap"]):
        counted += row["customers"]
        if counted * 2 >= people:
            return max(SHORTEST, int(row["gap"]))
    return None


def gaps_of(ranked: ir.Table) -> ir.Table:
    """gap (whole days, the mean of a customer), customers."""
    back = ranked.filter(_.frequency > 1, _.tenure > _.recency)
    return (
        # Not round(): engines disagree on where a half goes.
        back.mutate(gap=(_mean_gap(back) + 0.5).floor().cast("int64"))
        .group_by("gap")
        .aggregate(customers=_.count())
    )


def paced(ranked: ir.Table, gap: int) -> ir.Table:
    """`ranked` with rhythm (days) and pace: how many rhythms somebody has been silent for. A
    rhythm is never shorter than half the shop's typical `gap`, nor than 14 days."""
    shortest = max(SHORTEST, gap / 2)
    own = ibis.greatest(_mean_gap(ranked), ibis.literal(float(shortest)))
    rhythm = ibis.ifelse(ranked.frequency >= OWN, own, ibis.literal(float(gap)))
    return ranked.mutate(rhythm=rhythm).mutate(pace=_.recency.cast("float64") / _.rhythm)


def _mean_gap(ranked: ir.Table) -> ir.FloatingValue:
    gaps = (ranked.frequency - 1).nullif(0).cast("float64")
    return (ranked.tenure - ranked.recency).cast("float64") / gaps
