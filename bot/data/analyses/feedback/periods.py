"""Which days are looked at, which are "now", and which are the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.result import Where

NOW, BEFORE, YEAR = 30, 90, 365  # days


class Dated(Protocol):
    """What is of a day, or of none that is known."""

    @property
    def day(self) -> date | None: ...


@dataclass(frozen=True)
class Periods:
    """Days inclusive. `first` to `last` is what levels stand on: a year, or what was asked for;
    "now" ends with it, and "before" are the 90 days that come before "now"."""

    first: date
    last: date
    now: date

    @property
    def before(self) -> date:
        return self.now - timedelta(days=BEFORE)

    def level(self, texts: Sequence[Dated]) -> NDArray[np.bool_]:
        """Texts without a day count for the level: there is nothing else they could count for."""
        return np.array([t.day is None or self.first <= t.day <= self.last for t in texts], bool)

    def is_now(self, texts: Sequence[Dated]) -> NDArray[np.bool_]:
        return np.array([bool(t.day and self.now <= t.day <= self.last) for t in texts], bool)

    def is_before(self, texts: Sequence[Dated]) -> NDArray[np.bool_]:
        return np.array([bool(t.day and self.before <= t.day < self.now) for t in texts], bool)


def reach(since: date) -> date:
    """The 90 days before are read as well: what is asked about is compared with them."""
    return since - timedelta(days=BEFORE)


def periods(where: Where, newest: date) -> Periods:
    """By default the 30 days up to the newest text, and the 90 before; else the days asked for."""
    last = where.until or newest
    if where.since:
        return Periods(where.since, last, where.since)
    return Periods(
        last - timedelta(days=YEAR - 1), last, last - timedelta(days=(where.days or NOW) - 1)
    )
