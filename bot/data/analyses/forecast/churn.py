"""Who is silent for longer than usual, and whether that meant anything in windows already over.

The groups are those of the segments: everybody's own mean gap from three purchases on, else the
shop's typical one, never shorter than half of it nor than 14 days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.forecast.bgnbd import Numbers
from bot.data.analyses.forecast.windows import Seen
from bot.data.analyses.segments.context import Told
from bot.data.analyses.segments.profile import percent
from bot.data.analyses.segments.rhythm import DRIFTING, LAPSED, OWN, SHORTEST
from bot.data.floors import is_small
from bot.i18n.messages import Words


@dataclass(frozen=True)
class Pace:
    """Customers who bought more than once, on all past days together: how many, and how many of
    them bought in the window after."""

    customers: int
    bought: int

    @property
    def share(self) -> float:
        return self.bought / self.customers


def paces(past: Sequence[Seen]) -> tuple[Pace, Pace, Pace]:
    """Within their rhythm, silent for 2 to 3 times of it, silent for longer. `past` are the cuts
    whose windows are over."""
    counts = np.zeros((3, 2))
    for seen in past:
        assert seen.next is not None  # a cut in the past
        silent, back = _pace(seen), seen.frequency > 1
        for n, group in enumerate(_groups(silent)):
            counts[n] += (group & back).sum(), (group & back & (seen.next > 0)).sum()
    on, drifting, gone = (Pace(int(all_), int(bought)) for all_, bought in counts)
    return on, drifting, gone


def _groups(pace: Numbers) -> tuple[NDArray[np.bool_], ...]:
    on, gone = pace <= DRIFTING, pace > LAPSED
    return on, ~on & ~gone, gone


def _pace(seen: Seen) -> Numbers:
    """How many of their gaps they have been silent for."""
    gap = (seen.tenure - seen.recency) / np.maximum(seen.frequency - 1, 1)
    back = gap[(seen.frequency > 1) & (gap > 0)]
    typical = max(SHORTEST, float(np.median(back))) if len(back) else SHORTEST
    own = np.maximum(gap, max(SHORTEST, typical / 2))
    pace: Numbers = seen.recency / np.where(seen.frequency >= OWN, own, typical)
    return pace


# Who drifts away, told: what silence meant in the past.

FEW = 50  # customers of a group, over all windows
NAMES = (
    ("in-rhythm", Words("Within their rhythm")),
    ("drifting", Words("Silent for 2 to 3 times their usual gap")),
    ("silent-longer", Words("Silent for longer")),
)


def add_churn(told: Told, past: Sequence[Seen], ahead: int) -> None:
    """Facts behaviour.in-rhythm-60-days.bought (%, in the windows that are over), .customers (seen
    there), .windows, .days, and the same of drifting and silent-longer: of those who had bought
    more than once. Refused when a group had fewer than 50 customers."""
    groups = paces(past)
    if any(group.customers < max(FEW, told.shelf.floor) for group in groups):
        told.findings.refuse(
            Words(
                "What a long silence meant in the past can't be told: too few customers had bought"
                " more than once. A longer order file would help."
            )
        )
        return
    for group, (name, about) in zip(groups, NAMES, strict=True):
        subject = f"{name}-{ahead}-days"
        left = group.customers - group.bought
        few = any(is_small(n, told.shelf.sales_floor) for n in (group.bought, left))
        told.findings.group(subject, group.customers, told=not few)
        for measure, value, unit in (
            ("bought", percent(group.share), "%"),
            ("customers", group.customers, "customers"),
            ("windows", len(past), None),
            ("days", ahead, "days"),
        ):
            told.findings.add(
                subject,
                measure,
                value,
                unit=unit,
                about=about.text,
                rows=group.customers,
                query="histories",
            )
