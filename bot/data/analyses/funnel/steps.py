"""Each step of each segment, now and before, tested at once.

Two proportions with the pooled z, its variance widened by how much the days before varied more
than a coin would (Pearson's chi² by day); Benjamini and Hochberg over all segments, and over
all products apart. A segment
whose change is gone once the hardest hit segment is set aside *follows* it: sources and countries
fall with phones because their visitors hold phones.
"""

from dataclasses import dataclass, replace

import numpy as np

from bot.data.analyses.funnel.visits import BY, NOW, Visits
from bot.data.stats import Numbers, false_discovery, two_shares

LEAST, HITS = 30, 5  # sessions on either side; expected on both sides of the step
SIZE = 0.10  # a smaller relative change is no news
CONFIRMED, WATCHED = 0.10, 0.05


@dataclass(frozen=True)
class Step:
    """One step of one segment. `at` is its place among the steps, -1 for a product's own."""

    dimension: str
    value: str
    start: str
    end: str
    at: int
    of: float  # sessions that came to the step, now
    passed: float
    of_before: float
    passed_before: float
    p: float = 1.0
    status: str = "steady"  # confirmed, to watch, follows, steady
    through: tuple[str, str] | None = None  # the segment it follows
    people: int | None = None  # of a product: who came to the step, now and before, and passed
    people_before: int | None = None
    people_passed: int | None = None

    @property
    def rate(self) -> float:
        return self.passed / self.of if self.of else 0.0

    @property
    def before(self) -> float:
        return self.passed_before / self.of_before if self.of_before else 0.0


def steps(visits: Visits) -> list[Step]:
    """All steps of the total and of every segment, untested."""
    segments = [("total", "all")]
    segments += [(name, value) for name in BY for value in visits.values(name)]
    return [step for name, value in segments for step in _of(visits, name, value)]


def judged(all_steps: list[Step], visits: Visits | None) -> tuple[list[Step], int]:
    """The same with p and status, and how many were large enough to be tested."""
    asked = [at for at, step in enumerate(all_steps) if _large(step)]
    tested = [all_steps[at] for at in asked]
    spread = np.array([daily_spread(visits, one.at) for one in tested])
    p = _chance(tested, spread)
    q = false_discovery(p)
    found = list(all_steps)
    for at, one, sure in zip(asked, p, q, strict=True):
        found[at] = replace(found[at], p=float(one), status=_status(found[at], one, sure))
    return (_followed(found, visits) if visits else found), len(asked)


def daily_spread(visits: Visits | None, at: int) -> float:
    """How many times more than binomial a step varies from day to day, before; at least 1."""
    if visits is None or at < 0:
        return 1.0
    counts = visits.counts()[:-NOW]
    of, hits = counts[:, at], counts[:, at + 1]
    kept = of > 0
    share = hits.sum() / max(of.sum(), 1.0)
    if kept.sum() < 2 or not 0 < share < 1:
        return 1.0
    chi = ((hits - of * share)[kept] ** 2 / (of[kept] * share * (1 - share))).sum()
    return max(1.0, float(chi) / (int(kept.sum()) - 1))


def _of(visits: Visits, name: str, value: str, mask: Numbers | None = None) -> list[Step]:
    counts = visits.counts(visits.which(name, value) if mask is None else mask)
    now, before = counts[-NOW:].sum(axis=0), counts[:-NOW].sum(axis=0)
    pairs = list(zip(visits.steps, visits.steps[1:], strict=False))
    return [
        Step(name, value, start, end, at, now[at], now[at + 1], before[at], before[at + 1])
        for at, (start, end) in enumerate(pairs)
    ]


def _large(step: Step) -> bool:
    both = step.of + step.of_before
    if min(step.of, step.of_before) < LEAST:
        return False
    share = (step.passed + step.passed_before) / both
    return min(step.of, step.of_before) * min(share, 1 - share) >= HITS


def _chance(tested: list[Step], spread: Numbers) -> Numbers:
    hits, of = (np.array([getattr(s, name) for s in tested]) for name in ("passed", "of"))
    before = np.array([s.passed_before for s in tested])
    return two_shares(hits, of, before, np.array([s.of_before for s in tested]), spread)


def _status(step: Step, p: float, q: float) -> str:
    if _is_small(step):
        return "steady"
    return "confirmed" if q <= CONFIRMED else "to watch" if p < WATCHED else "steady"


def _is_small(step: Step) -> bool:
    return abs(step.rate - step.before) < SIZE * step.before


def _followed(found: list[Step], visits: Visits) -> list[Step]:
    """Segments that only follow the hardest hit one are told so."""
    out = list(found)
    for place in {step.at for step in found if step.at >= 0}:
        moved = [s for s in found if s.at == place and s.status != "steady"]
        alone = [s for s in moved if s.status == "confirmed" and s.dimension != "total"]
        if not alone:
            continue
        hardest = min(alone, key=lambda s: (s.p, s.dimension, s.value))
        driver = (hardest.dimension, hardest.value)
        for at, step in enumerate(out):
            if (
                step in moved
                and step.dimension != hardest.dimension
                and _with(visits, step, driver)
            ):
                status = step.status if step.dimension == "total" else "follows"
                out[at] = replace(step, status=status, through=driver)
    return out


def _with(visits: Visits, step: Step, driver: tuple[str, str]) -> bool:
    """Whether nothing is left of a change outside the segment that drives it, or too little to be
    news: a country in which most hold phones falls a little beside them too, by chance."""
    outside = visits.which(step.dimension, step.value) * (1 - visits.which(*driver))
    rest = _of(visits, step.dimension, step.value, outside)[step.at]
    if not _large(rest) or _is_small(rest):
        return True
    p = _chance([rest], np.array([daily_spread(visits, step.at)]))[0]
    return bool(p >= WATCHED)
