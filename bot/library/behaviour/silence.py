"""Who is silent for longer than usual, and whether that meant anything in windows already over.

The groups are those of the segments: everybody's own mean gap from three purchases on, else the
shop's typical one, never shorter than half of it nor than 14 days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.library.behaviour.bgnbd import Numbers
from bot.library.behaviour.seen import Seen
from bot.library.segments.rhythm import DRIFTING, LAPSED, OWN, SHORTEST


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
