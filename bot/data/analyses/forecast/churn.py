"""Find customers who are silent for longer than usual, and backtest what that meant.

The groups are those of the segments: from three purchases on a customer's own mean gap counts, else
the shop's typical one; it is never shorter than half of that, nor than 14 days."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.forecast.bgnbd import Numbers
from bot.data.analyses.forecast.customer_history import CustomerHistory
from bot.data.analyses.segments.analysis_context import AnalysisContext
from bot.data.analyses.segments.profile import to_percent
from bot.data.analyses.segments.rfm import (
    DRIFTING_RHYTHMS,
    LAPSED_RHYTHMS,
    MIN_ORDERS_FOR_RHYTHM,
    MIN_RHYTHM_DAYS,
)
from bot.data.floors import is_below_floor
from bot.i18n.messages import Words


@dataclass(frozen=True)
class RhythmGroup:
    """Customers who bought more than once, over all past cutoff days: how many, and how many of
    them bought in the following window."""

    customers: int
    bought: int

    @property
    def share(self) -> float:
        return self.bought / self.customers


def compute_rhythm_groups(
    past_cuts: Sequence[CustomerHistory],
) -> tuple[RhythmGroup, RhythmGroup, RhythmGroup]:
    """Return three groups: within their rhythm, silent for 2 to 3 rhythms, silent for longer.
    `past_cuts` are the cutoffs whose windows are over."""
    counts = np.zeros((3, 2))
    for seen in past_cuts:
        assert seen.next is not None  # a cutoff in the past has a window after it
        silent, back = _count_gaps(seen), seen.frequency > 1
        for n, group in enumerate(_split_by_rhythm(silent)):
            counts[n] += (group & back).sum(), (group & back & (seen.next > 0)).sum()
    on, drifting, gone = (RhythmGroup(int(all_), int(lines)) for all_, lines in counts)
    return on, drifting, gone


def _split_by_rhythm(pace: Numbers) -> tuple[NDArray[np.bool_], ...]:
    on, gone = pace <= DRIFTING_RHYTHMS, pace > LAPSED_RHYTHMS
    return on, ~on & ~gone, gone


def _count_gaps(history: CustomerHistory) -> Numbers:
    """Return the time since the last purchase, in gaps of the customer."""
    gap = (history.tenure - history.recency) / np.maximum(history.frequency - 1, 1)
    back = gap[(history.frequency > 1) & (gap > 0)]
    typical = max(MIN_RHYTHM_DAYS, float(np.median(back))) if len(back) else MIN_RHYTHM_DAYS
    own = np.maximum(gap, max(MIN_RHYTHM_DAYS, typical / 2))
    pace: Numbers = history.recency / np.where(
        history.frequency >= MIN_ORDERS_FOR_RHYTHM, own, typical
    )
    return pace


# The facts on churn: what silence meant in the past.

MIN_CUSTOMERS = 50  # customers of a group, over all windows
RHYTHM_GROUPS = (
    ("in-rhythm", Words("Within their rhythm")),
    ("drifting", Words("Silent for 2 to 3 times their usual gap")),
    ("silent-longer", Words("Silent for longer")),
)


def add_churn(context: AnalysisContext, past_cuts: Sequence[CustomerHistory], ahead: int) -> None:
    """Add facts behaviour.in-rhythm-60-days.bought (%, in past windows), .customers, .windows,
    .days, and the same for drifting and silent-longer, for customers who had bought more than once.
    Refused when a group had fewer than 50 customers."""
    groups = compute_rhythm_groups(past_cuts)
    if any(group.customers < max(MIN_CUSTOMERS, context.warehouse.floor) for group in groups):
        context.result.add_limit(
            Words(
                "What a long silence meant in the past can't be told: too few customers had bought"
                " more than once. A longer order file would help."
            )
        )
        return
    for group, (name, about) in zip(groups, RHYTHM_GROUPS, strict=True):
        subject = f"{name}-{ahead}-days"
        left = group.customers - group.bought
        few = any(is_below_floor(n, context.warehouse.sales_floor) for n in (group.bought, left))
        context.result.set_group_size(subject, group.customers, safe=not few)
        for measure, value, unit in (
            ("bought", to_percent(group.share), "%"),
            ("customers", group.customers, "customers"),
            ("windows", len(past_cuts), None),
            ("days", ahead, "days"),
        ):
            context.result.add(
                subject,
                measure,
                value,
                unit=unit,
                about=about.text,
                rows=group.customers,
                query="histories",
            )
