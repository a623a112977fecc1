"""Each step of each segment, now and before, tested at once.

Two proportions with the pooled z, its variance widened by how much the days before varied more
than a coin would (Pearson's chi² by day); Benjamini and Hochberg over all segments, and over
all products apart. A segment
whose change is gone once the hardest hit segment is set aside *follows* it: sources and countries
fall with phones because their visitors hold phones.
"""

from dataclasses import dataclass, replace

import numpy as np

from bot.data.analyses.funnel.visits import CURRENT_DAYS, VISIT_DIMENSIONS, VisitCounts
from bot.data.stats import Numbers, adjust_false_discovery, compare_shares

MIN_SESSIONS, MIN_EXPECTED_HITS = (
    30,
    5,
)  # sessions on either side; expected on both sides of the step
MIN_RELATIVE_CHANGE = 0.10  # a smaller relative change is no news
CONFIRMED_FDR, WATCHED_P = 0.10, 0.05


@dataclass(frozen=True)
class FunnelStep:
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


def build_steps(visits: VisitCounts) -> list[FunnelStep]:
    """All steps of the total and of every segment, untested."""
    segments = [("total", "all")]
    segments += [(name, value) for name in VISIT_DIMENSIONS for value in visits.values(name)]
    return [step for name, value in segments for step in _build_segment_steps(visits, name, value)]


def assess_steps(
    all_steps: list[FunnelStep], visits: VisitCounts | None
) -> tuple[list[FunnelStep], int]:
    """The same with p and status, and how many were large enough to be tested."""
    asked = [at for at, step in enumerate(all_steps) if _is_large(step)]
    tested = [all_steps[at] for at in asked]
    spread = np.array([estimate_daily_dispersion(visits, one.at) for one in tested])
    p = _compute_p_values(tested, spread)
    q = adjust_false_discovery(p)
    found = list(all_steps)
    for at, one, sure in zip(asked, p, q, strict=True):
        found[at] = replace(found[at], p=float(one), status=_choose_status(found[at], one, sure))
    return (_mark_followers(found, visits) if visits else found), len(asked)


def estimate_daily_dispersion(visits: VisitCounts | None, at: int) -> float:
    """How many times more than binomial a step varies from day to day, before; at least 1."""
    if visits is None or at < 0:
        return 1.0
    counts = visits.counts()[:-CURRENT_DAYS]
    of, hits = counts[:, at], counts[:, at + 1]
    kept = of > 0
    share = hits.sum() / max(of.sum(), 1.0)
    if kept.sum() < 2 or not 0 < share < 1:
        return 1.0
    chi = ((hits - of * share)[kept] ** 2 / (of[kept] * share * (1 - share))).sum()
    return max(1.0, float(chi) / (int(kept.sum()) - 1))


def _build_segment_steps(
    visits: VisitCounts, name: str, value: str, mask: Numbers | None = None
) -> list[FunnelStep]:
    counts = visits.counts(visits.which(name, value) if mask is None else mask)
    now, before = counts[-CURRENT_DAYS:].sum(axis=0), counts[:-CURRENT_DAYS].sum(axis=0)
    pairs = list(zip(visits.steps, visits.steps[1:], strict=False))
    return [
        FunnelStep(name, value, start, end, at, now[at], now[at + 1], before[at], before[at + 1])
        for at, (start, end) in enumerate(pairs)
    ]


def _is_large(step: FunnelStep) -> bool:
    both = step.of + step.of_before
    if min(step.of, step.of_before) < MIN_SESSIONS:
        return False
    share = (step.passed + step.passed_before) / both
    return min(step.of, step.of_before) * min(share, 1 - share) >= MIN_EXPECTED_HITS


def _compute_p_values(tested: list[FunnelStep], spread: Numbers) -> Numbers:
    hits, of = (np.array([getattr(s, name) for s in tested]) for name in ("passed", "of"))
    before = np.array([s.passed_before for s in tested])
    return compare_shares(hits, of, before, np.array([s.of_before for s in tested]), spread)


def _choose_status(step: FunnelStep, p: float, q: float) -> str:
    if _is_small(step):
        return "steady"
    return "confirmed" if q <= CONFIRMED_FDR else "to watch" if p < WATCHED_P else "steady"


def _is_small(step: FunnelStep) -> bool:
    return abs(step.rate - step.before) < MIN_RELATIVE_CHANGE * step.before


def _mark_followers(steps: list[FunnelStep], visits: VisitCounts) -> list[FunnelStep]:
    """Segments that only follow the hardest hit one are told so."""
    out = list(steps)
    for place in {step.at for step in steps if step.at >= 0}:
        moved = [s for s in steps if s.at == place and s.status != "steady"]
        alone = [s for s in moved if s.status == "confirmed" and s.dimension != "total"]
        if not alone:
            continue
        hardest = min(alone, key=lambda s: (s.p, s.dimension, s.value))
        driver = (hardest.dimension, hardest.value)
        for at, step in enumerate(out):
            if (
                step in moved
                and step.dimension != hardest.dimension
                and _is_explained_by(visits, step, driver)
            ):
                status = step.status if step.dimension == "total" else "follows"
                out[at] = replace(step, status=status, through=driver)
    return out


def _is_explained_by(visits: VisitCounts, step: FunnelStep, driver: tuple[str, str]) -> bool:
    """Whether nothing is left of a change outside the segment that drives it, or too little to be
    news: a country in which most hold phones falls a little beside them too, by chance."""
    outside = visits.which(step.dimension, step.value) * (1 - visits.which(*driver))
    rest = _build_segment_steps(visits, step.dimension, step.value, outside)[step.at]
    if not _is_large(rest) or _is_small(rest):
        return True
    p = _compute_p_values([rest], np.array([estimate_daily_dispersion(visits, step.at)]))[0]
    return bool(p >= WATCHED_P)


# What a worse step cost: buyers who would have come, and their money, with an interval.

DRAW_COUNT, RANDOM_SEED = 20_000, 7


@dataclass(frozen=True)
class BasketValue:
    """What an order is worth on average: the mean, its standard error, of how many."""

    mean: float
    error: float
    orders: int


@dataclass(frozen=True)
class FunnelLoss:
    """Estimates with the bounds that hold in 95 of 100 cases; the money is None without amounts."""

    buyers: tuple[float, float, float]
    money: tuple[float, float, float] | None


def estimate_loss(
    counts: Numbers, at: int, began: int, spread: float, basket: BasketValue | None
) -> FunnelLoss:
    """`counts` days × steps of one segment; step `at` is worse since day `began`.

    Had the share from before held, how many more would have passed, and bought with the later
    steps' shares from before. The interval is drawn (parametric bootstrap: Efron and Tibshirani,
    An Introduction to the Bootstrap, 1993, ch. 6): the share from before (Beta, Jeffreys' prior),
    how many would have passed (binomial), the later shares, the mean basket (normal)."""
    dice = np.random.default_rng(RANDOM_SEED)
    before, after = counts[:began].sum(axis=0), counts[began:].sum(axis=0)
    share = before[at + 1] / before[at]
    drawn = _draw_beta(dice, before[at + 1], before[at], spread)
    of = round(float(after[at]))
    buyers = share * of - after[at + 1]
    many = dice.binomial(of, drawn) - after[at + 1]
    for later in range(at + 1, counts.shape[1] - 1):
        buyers *= before[later + 1] / before[later] if before[later] else 0.0
        many = many * _draw_beta(dice, before[later + 1], before[later], 1.0)
    if basket is None:
        return FunnelLoss(_compute_bounds(buyers, many), None)
    worth = dice.normal(basket.mean, basket.error, DRAW_COUNT)
    return FunnelLoss(
        _compute_bounds(buyers, many), _compute_bounds(buyers * basket.mean, many * worth)
    )


def estimate_basket(paid: float, worth: float, squares: float) -> BasketValue | None:
    """From the number, sum and sum of squares of amounts; None of fewer than two."""
    if paid < 2:
        return None
    mean = worth / paid
    variance = max(squares / paid - mean**2, 0.0) * paid / (paid - 1)
    return BasketValue(mean, float(np.sqrt(variance / paid)), round(paid))


def _draw_beta(dice: np.random.Generator, hits: float, of: float, spread: float) -> Numbers:
    missed = max(of - hits, 0.0)
    return dice.beta(hits / spread + 0.5, missed / spread + 0.5, DRAW_COUNT)


def _compute_bounds(estimate: float, drawn: Numbers) -> tuple[float, float, float]:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(estimate), float(low), float(high)
