"""The named groups of customers: each with its rule, in words and as an expression.

Every customer is in one group: the first whose rule fits.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from bot.core.audience_rule import SEGMENTS
from bot.data.analyses.segments.rhythm import DRIFTING, LAPSED, paced
from bot.i18n.messages import Words

FRESH = 2  # typical gaps: for so long after a first order somebody is new


@dataclass(frozen=True)
class Group:
    """`id` is its slug in facts and audience rules."""

    id: str
    rule: Words

    @property
    def name(self) -> Words:
        return SEGMENTS[self.id]


GROUPS = (
    Group(
        "champions",
        Words(
            "3 orders or more, the last one within twice their usual gap,"
            " among the 40% who ordered last and the 20% who spent most"
        ),
    ),
    Group(
        "loyal",
        Words("3 orders or more, the last one within twice their usual gap"),
    ),
    Group(
        "promising",
        Words("2 orders, the last one within twice the shop's typical gap"),
    ),
    Group(
        "new",
        Words("one order, within twice the shop's typical gap"),
    ),
    Group(
        "at-risk",
        Words("silent for 2 to 3 times their usual gap, among the 20% who spent most"),
    ),
    Group(
        "drifting-away",
        Words("2 orders or more, silent for 2 to 3 times their usual gap"),
    ),
    Group(
        "lapsed",
        Words("2 orders or more, silent for more than 3 times their usual gap"),
    ),
    Group(
        "one-time",
        Words("one order, longer ago than twice the shop's typical gap"),
    ),
)
BY_ID = {group.id: group for group in GROUPS}


def named(ranked: ir.Table, gap: int) -> ir.Table:
    """`rfm(...)` with rhythm, pace and `segment`, the id of a group. `gap` is the shop's typical
    gap in days; somebody's usual gap is their own from 3 orders on."""
    t = paced(ranked, gap)
    one, active = t.frequency == 1, t.pace <= DRIFTING
    best = (t.r >= 4) & (t.m == 5)
    segment = ibis.cases(
        (one & (t.recency <= FRESH * gap), "new"),
        (one, "one-time"),
        (active & (t.frequency >= 3) & best, "champions"),
        (active & (t.frequency >= 3), "loyal"),
        (active, "promising"),
        (t.pace > LAPSED, "lapsed"),
        (t.m == 5, "at-risk"),
        else_="drifting-away",
    )
    return t.mutate(segment=segment)
