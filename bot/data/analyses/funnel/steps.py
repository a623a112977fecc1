"""Test each step of each segment, now against before, all at once.

Two proportions with the pooled z test, its variance widened by how much the days before varied more
than coin tosses (Pearson's chi² by day); Benjamini and Hochberg over all segments, and separately
over all products. A step of a part of the shop is tested as one more of the whole shop's, so that
what a call narrows changes no verdict. A segment whose change disappears once the most affected
segment is removed *follows* it: sources and countries drop together with phones because their
visitors use phones."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bot.data.analyses.funnel.visits import (
    CURRENT_DAYS,
    VISIT_DIMENSIONS,
    VisitCounts,
    build_sessions,
    count_sessions,
    load_visitors,
    read_visits,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, DimensionValue
from bot.data.metrics.filters import find_last_whole_day
from bot.data.stats import (
    WATCHED_P,
    Numbers,
    adjust_as_one_more,
    adjust_false_discovery,
    choose_status,
    compare_shares,
    round_figure,
)
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify

MIN_SESSIONS = 30  # on either side
MIN_EXPECTED_HITS = 5  # expected count on both sides of the step
MIN_RELATIVE_CHANGE = 0.10  # smaller relative changes are not reported


@dataclass(frozen=True)
class FunnelStep:
    """One step of one segment. `at` is its index among the steps, -1 for a product's own step."""

    dimension: str
    value: str
    start: str
    end: str
    at: int
    of: float  # sessions that reached the step, now
    passed: float
    of_before: float
    passed_before: float
    p: float = 1.0  # 1 as well where it is too small to be tested
    status: str = "steady"  # confirmed, to watch, follows, steady
    through: tuple[str, str] | None = None  # the segment that it follows
    # of a product: people who reached the step, now and before, and passed it, now and before
    people: int | None = None
    people_before: int | None = None
    people_passed: int | None = None
    people_passed_before: int | None = None

    def list_people(self) -> list[int]:
        """Return how many people reached the step of a product, passed it and did not, now and
        before."""
        windows = (
            (self.people or 0, self.people_passed or 0),
            (self.people_before or 0, self.people_passed_before or 0),
        )
        return [n for came, passed in windows for n in (came, passed, came - passed)]

    @property
    def counts(self) -> tuple[float, ...]:
        return self.at, self.of, self.passed, self.of_before, self.passed_before

    @property
    def rate(self) -> float:
        return self.passed / self.of if self.of else 0.0

    @property
    def before(self) -> float:
        return self.passed_before / self.of_before if self.of_before else 0.0

    @property
    def relative_change(self) -> float:
        return self.rate / self.before - 1 if self.passed_before else float("inf")


def build_steps(visits: VisitCounts, always: Collection[str]) -> list[FunnelStep]:
    """Build all steps of the total and of every segment, untested. A segment that is the total
    once more, such as the only country but for a few visits, is built for the dimensions in
    `always` alone."""
    segments = [("total", "all")]
    segments += [
        (name, value)
        for name in VISIT_DIMENSIONS
        for value in visits.values(name)
        if name in always or _count_others(visits, name, value) >= MIN_SESSIONS
    ]
    return [step for name, value in segments for step in _build_segment_steps(visits, name, value)]


def _count_others(visits: VisitCounts, name: str, value: str) -> float:
    """Return how many visits of the current days are not in a segment."""
    others = visits.counts(1 - visits.mask_of(name, value))
    return float(others[-CURRENT_DAYS:, 0].sum())


def assess_steps(
    all_steps: list[FunnelStep], spreads: Sequence[float], shop: Sequence[FunnelStep] = ()
) -> list[FunnelStep]:
    """Return the steps with p and status; `shop` are the assessed ones of the whole shop where
    these are of a part. The spreads are the overdispersion of each step of the path."""
    asked = [at for at, step in enumerate(all_steps) if is_large(step)]
    tested = [all_steps[at] for at in asked]
    p = _compute_p_values(tested, np.array([spreads[one.at] if spreads else 1.0 for one in tested]))
    family = np.array([step.p for step in shop if is_large(step)])
    q = adjust_as_one_more(p, family) if len(family) else adjust_false_discovery(p)
    known = {step.counts: step.status for step in shop}
    assessed = list(all_steps)
    for at, one, sure in zip(asked, p, q, strict=True):
        status = known.get(assessed[at].counts) or _choose_status(assessed[at], one, sure)
        assessed[at] = replace(assessed[at], p=float(one), status=status)
    return assessed


def estimate_daily_dispersion(visits: VisitCounts, at: int) -> float:
    """Return the overdispersion of a step between the days before, against a binomial; at least
    1."""
    counts = visits.counts()[:-CURRENT_DAYS]
    of, hits = counts[:, at], counts[:, at + 1]
    visited = of > 0
    share = hits.sum() / max(of.sum(), 1.0)
    if visited.sum() < 2 or not 0 < share < 1:
        return 1.0
    chi = ((hits - of * share)[visited] ** 2 / (of[visited] * share * (1 - share))).sum()
    return max(1.0, float(chi) / (int(visited.sum()) - 1))


def _build_segment_steps(
    visits: VisitCounts, name: str, value: str, mask: Numbers | None = None
) -> list[FunnelStep]:
    counts = visits.counts(visits.mask_of(name, value) if mask is None else mask)
    now, before = counts[-CURRENT_DAYS:].sum(axis=0), counts[:-CURRENT_DAYS].sum(axis=0)
    pairs = list(zip(visits.steps, visits.steps[1:], strict=False))
    return [
        FunnelStep(name, value, start, end, at, now[at], now[at + 1], before[at], before[at + 1])
        for at, (start, end) in enumerate(pairs)
    ]


def is_large(step: FunnelStep) -> bool:
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
    return choose_status(p, q) or "steady"


def _is_small(step: FunnelStep) -> bool:
    return abs(step.relative_change) < MIN_RELATIVE_CHANGE


def mark_followers(
    steps: list[FunnelStep], visits: VisitCounts, spreads: Sequence[float], asked: Collection[str]
) -> list[FunnelStep]:
    """Mark segments that only follow the most affected one. The total keeps its status, and so does
    what was asked for."""
    out, wholes = list(steps), ("total", *asked)
    for place in {step.at for step in steps if step.at >= 0}:
        moved = [s for s in steps if s.at == place and s.status != "steady"]
        alone = [
            s
            for s in moved
            if s.status == "confirmed" and is_large(_build_rest(visits, s, None, s))
        ]
        if not alone:
            continue
        hardest = min(alone, key=lambda s: (s.p, s.dimension, s.value))
        for at, step in enumerate(out):
            is_whole = step.dimension in wholes
            if (
                step in moved
                and step.dimension != hardest.dimension
                and _is_explained_by(visits, step, hardest, spreads[place], is_whole=is_whole)
            ):
                through = (hardest.dimension, hardest.value)
                status = step.status if is_whole else "follows"
                out[at] = replace(step, status=status, through=through)
    return out


def _is_explained_by(
    visits: VisitCounts, step: FunnelStep, driver: FunnelStep, spread: float, *, is_whole: bool
) -> bool:
    """Tell whether the change outside the driving segment is gone or too small to report. A country
    in which most people use phones also drops a little without them, by chance. A whole whose
    rest moved at least half as much is not explained by its largest part. All but the same visits
    under another name explain nothing."""
    rest = _build_rest(visits, step, step, driver)
    if not is_large(rest):
        return is_large(_build_rest(visits, step, driver, step))
    if _is_small(rest):
        return True
    if is_whole and rest.relative_change / driver.relative_change >= 1 / 2:
        return False
    return bool(_compute_p_values([rest], np.array([spread]))[0] >= WATCHED_P)


def _build_rest(
    visits: VisitCounts, step: FunnelStep, segment: FunnelStep | None, without: FunnelStep
) -> FunnelStep:
    """Return the step of the visits of a segment, None: of all, that are not in another one."""
    mask = 1 - visits.mask_of(without.dimension, without.value)
    if segment is not None:
        mask = mask * visits.mask_of(segment.dimension, segment.value)
    return _build_segment_steps(visits, step.dimension, step.value, mask)[step.at]


def is_over(before: Numbers, broken: Numbers, after: Numbers, spread: float) -> bool:
    """Tell whether a step, of which so many visits came and passed, is back where it was: apart
    from the change, and not beyond chance from the days before it."""
    rest = np.stack([before, broken])
    p = compare_shares(
        np.array([after[1]] * 2),
        np.array([after[0]] * 2),
        rest[:, 1],
        rest[:, 0],
        np.array([spread] * 2),
    )
    return bool(p[0] >= WATCHED_P > p[1])


# The cost of a worse step: lost buyers and their money, with an interval.

DRAW_COUNT, RANDOM_SEED = 20_000, 7


@dataclass(frozen=True)
class BasketValue:
    """The average order value: the mean and its standard error."""

    mean: float
    error: float


@dataclass(frozen=True)
class FunnelLoss:
    """Estimates with 95 % bounds; the money is None without amounts."""

    buyers: tuple[float, float, float]
    money: tuple[float, float, float] | None


def estimate_loss(
    counts: Numbers, at: int, began: int, spread: float, basket: BasketValue | None
) -> FunnelLoss:
    """Estimate the loss since day `began`, when step `at` got worse. `counts` is days × steps of
    one segment.

    It asks how many more would have passed with the earlier rate, and would have bought with the
    earlier rates of the later steps. The interval is a parametric bootstrap (Efron and Tibshirani,
    An Introduction to the Bootstrap, 1993, ch. 6) over the earlier rate (Beta, Jeffreys' prior),
    the number that would have passed (binomial), the later rates, and the mean basket (normal)."""
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
    """Estimate from the number, sum and sum of squares of amounts; None for fewer than two."""
    if paid < 2:
        return None
    mean = worth / paid
    variance = max(squares / paid - mean**2, 0.0) * paid / (paid - 1)
    return BasketValue(mean, float(np.sqrt(variance / paid)))


def _draw_beta(dice: np.random.Generator, hits: float, of: float, spread: float) -> Numbers:
    missed = max(of - hits, 0.0)
    return dice.beta(hits / spread + 0.5, missed / spread + 0.5, DRAW_COUNT)


def _compute_bounds(estimate: float, drawn: Numbers) -> tuple[float, float, float]:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(estimate), float(low), float(high)


# Compute the overall conversion: visits and orders in total and by device, source and country.

DEFAULT_DAYS = 28  # when no days are requested
CONVERSION_QUERY = "funnel.whole"


def add_overall_conversion(
    warehouse: Warehouse, filter_: AnalysisFilter, result: AnalysisResult, table_cache: TableCache
) -> None:
    """Add facts funnel.visits-all.visits, .purchases, .conversion (%), .since and .until, over the
    requested days, else the last 28; the same for visits-device-mobile, visits-source-…,
    visits-country-… Nothing is added where the events lack the first or last step. Where too few
    people bought, only .visits is shown; values with too few people are summed in
    visits-others-device … with .visits only."""
    until = find_last_whole_day(warehouse, "events", filter_)
    since = filter_.since or until - timedelta(days=DEFAULT_DAYS - 1)
    if since > until:
        return
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    came = table_cache.materialize("whole", build_sessions(warehouse, filter_, days))
    query = count_sessions(came)
    visits = read_visits(warehouse, query, days)
    if not {"view", "purchase"} <= set(visits.steps):
        return
    result.queries[CONVERSION_QUERY] = table_cache.defer(query)
    parts = list(_count_groups(visits))
    who = load_visitors(warehouse, came, days)
    people, buyers = who.select_at_step("view"), who.select_at_step("purchase")
    wanted = [part.value for part in parts if part.value != TOTAL_VALUE]
    safe_values = people.find_publishable(wanted, warehouse.floor)
    left = who.select_at_step("view", before="purchase")
    lines = set(safe_values)
    for sort in (buyers, left):
        lines &= sort.find_publishable(sorted(lines - {TOTAL_VALUE}), warehouse.sales_floor)
    for part in parts:
        size = people.count(people.which(part.value))
        if result.set_group_size(part.key, size, safe=part.value in safe_values):
            _add_group(result, part, (visits.days[0], until), sold=part.value in lines)
    for dimension in VISIT_DIMENSIONS:
        _add_other_groups(result, dimension, parts)


@dataclass(frozen=True)
class VisitGroup:
    """The visits of one value of a dimension, and how many of them ended in an order."""

    value: DimensionValue
    came: int
    bought: int

    @property
    def key(self) -> str:
        if self.value == TOTAL_VALUE:
            return "visits-all"
        return f"visits-{self.value[0]}-{slugify(self.value[1])}"


def _count_groups(visits: VisitCounts) -> Iterator[VisitGroup]:
    every = visits.counts().sum(axis=0)
    yield VisitGroup(TOTAL_VALUE, int(every[0]), int(every[-1]))
    for dimension in VISIT_DIMENSIONS:
        for value in visits.values(dimension):
            some = visits.counts(visits.mask_of(dimension, value)).sum(axis=0)
            if some[0] >= MIN_SESSIONS:
                yield VisitGroup((dimension, value), int(some[0]), int(some[-1]))


def _add_group(
    result: AnalysisResult, part: VisitGroup, days: tuple[date, date], *, sold: bool
) -> None:
    came, lines = part.came, part.bought
    if not came:
        return
    about = "" if part.value == TOTAL_VALUE else part.value[1]
    measures: list[tuple[str, float | date, str | None]] = [("visits", came, "visits")]
    if sold:
        rate = round_figure(100 * lines / came, 2 if lines < came / 100 else 1)
        measures += [("purchases", lines, None), ("conversion", rate, "%")]
    measures += [("since", days[0], None), ("until", days[1], None)]
    result.add_measures(part.key, *measures, about=about, rows=came, query=CONVERSION_QUERY)


def _add_other_groups(result: AnalysisResult, dimension: str, parts: Sequence[VisitGroup]) -> None:
    """Add the sum of the visits of values that are too small to be shown on their own."""
    mine = [part for part in parts if part.value[0] == dimension]
    shown = [part for part in mine if result.get(part.key, "visits")]
    rest = sum(part.came for part in mine) - sum(part.came for part in shown)
    if rest and shown:
        key = f"visits-others-{dimension}"
        result.mark_without_customers(key)  # a sum over several groups, checked by `safe_values`
        result.add(
            key, "visits", rest, unit="visits", about="Others", rows=rest, query=CONVERSION_QUERY
        )
