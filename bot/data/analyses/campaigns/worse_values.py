"""Compare campaigns, audiences, placements etc. and find those that sell worse or better per
unit of money.

The compared rate is `gain` (orders, or sales where known) per `stake` (money spent, or clicks where
spend is unknown), of one value of a dimension against all its other values:

- **Overdispersion**: rows vary more than coin tosses, see `bot.data.analyses.campaigns.efficiency`.
- **Multiple testing**: Benjamini and Hochberg over all values of all dimensions at 10 %. The value
  that stands out most is then removed and the others are compared again, so that one very good
  campaign doesn't make all others look bad.
- **Simpson's paradox**: each value is compared with the others once more within the same audiences,
  products … (Mantel and Haenszel, J. Natl. Cancer Inst. 22 (1959) 719–748)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import sqrt
from typing import Literal

import numpy as np

from bot.data.analyses.campaigns.ads import AdTotals, make_fact_adder
from bot.data.analyses.campaigns.efficiency import (
    EMPTY_CELL,
    MIN_EXPECTED_COUNT,
    CellPair,
    DimensionKeys,
    EfficiencyCell,
    pair_values,
)
from bot.data.analyses.result import AnalysisResult
from bot.data.stats import adjust_false_discovery, normal_tail
from bot.text.normalize import slugify

COMPARED_DIMENSIONS = ("name", "audience", "placement", "product", "retailer", "channel")
CONFIRMED_FDR, WATCHED_P = 0.10, 0.05  # false discovery rate; p
MAX_RATE_RATIO = 0.8  # of the others' rate; a smaller difference is not reported
CAMPAIGN_DIMENSIONS = (
    "product",
    "audience",
)  # dimensions that may belong to one campaign alone, and then stand for it
UNCERTAIN_STATUSES = ("mixed", "apart", "to watch")
ComparisonStatus = Literal["confirmed", "to watch", "mixed", "apart", "steady", "better", "too few"]


@dataclass(frozen=True)
class ValueComparison:
    """One value compared with the others of its dimension. `ratio` is its rate over the rate of all
    others, with the 95 % interval. `alike` are the dimensions within whose values it is equally
    bad. `through` is the dimension whose mix explains the difference (mixed), or whose values it
    doesn't share with the others, so that the two can't be separated (apart)."""

    dimension: str
    value: str
    status: ComparisonStatus
    p: float = 1.0
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    alike: tuple[str, ...] = ()
    through: str | None = None


def compare_values(
    cells: Sequence[EfficiencyCell],
    *,
    unit: float | None,
    known: Sequence[DimensionKeys] = (),
    by: Sequence[str] = COMPARED_DIMENSIONS,
) -> list[ValueComparison]:
    """Compare every value of these dimensions that have at least two, the worst first. `unit` is
    what one order adds to the gain: one, or the mean order value; None where unknown. `known` are
    lines that are reported already: a value that is bad only because of them is not reported
    again."""
    staked = [cell for cell in cells if cell.stake > 0]
    every = {
        (dimension, value): pair
        for dimension in by
        for value, pair in pair_values(staked, dimension, unit).items()
    }
    judged = [at for at, pair in every.items() if pair.enough]
    q = adjust_false_discovery(np.array([every[at].p for at in judged]))
    sure = {at for at, comparison in zip(judged, q, strict=True) if comparison <= CONFIRMED_FDR}
    comparisons: list[ValueComparison] = []
    for dimension in by:
        mine = {value: pair for (of, value), pair in every.items() if of == dimension}
        apart = _find_outliers(staked, dimension, unit, {v for of, v in sure if of == dimension})
        comparisons += [
            _compare_value(dimension, value, pair, apart.get(value)) for value, pair in mine.items()
        ]
    comparisons = [
        _check_mixed(comparison, staked, every[comparison.dimension, comparison.value])
        for comparison in comparisons
    ]
    comparisons.sort(
        key=lambda comparison: (comparison.ratio, COMPARED_DIMENSIONS.index(comparison.dimension))
    )
    return _drop_explained(comparisons, staked, every, known)


def _compare_value(
    dimension: str, value: str, pair: CellPair, stands: bool | None
) -> ValueComparison:
    if not pair.enough or not pair.rest.gain:
        return ValueComparison(dimension, value, "too few")
    worse = pair.ratio <= MAX_RATE_RATIO
    status: ComparisonStatus = "steady"
    if stands is not None:
        status = "confirmed" if stands else "better"
    elif worse and pair.p < WATCHED_P:
        status = "to watch"
    low, high = pair.range
    return ValueComparison(dimension, value, status, pair.p, pair.ratio, low, high)


def _find_outliers(
    cells: Sequence[EfficiencyCell], dimension: str, unit: float | None, sure: set[str]
) -> dict[str, bool]:
    """Find outliers one by one: take the significant value that is furthest from the others, remove
    it, repeat. Maps each value to True where it is worse."""
    outliers: dict[str, bool] = {}
    while True:
        left = [c for c in cells if c.keys.get(dimension) not in outliers]
        standing = [
            (value, pair)
            for value, pair in pair_values(left, dimension, unit).items()
            if value in sure
            and pair.enough
            and pair.rest.gain
            and pair.p < WATCHED_P
            and not MAX_RATE_RATIO < pair.ratio < 1 / MAX_RATE_RATIO
        ]
        if not standing:
            return outliers
        value, pair = max(standing, key=lambda one: (round(one[1].far, 6), one[1].ratio < 1))
        outliers[value] = pair.ratio < 1


def _check_mixed(
    comparison: ValueComparison, cells: Sequence[EfficiencyCell], pair: CellPair
) -> ValueComparison:
    """Compare the value with the others within the same values of each other dimension."""
    if comparison.status != "confirmed":
        return comparison
    verdicts: dict[str, bool | None] = {}
    for other in (*COMPARED_DIMENSIONS, "keyword"):
        if other != comparison.dimension and len({cell.keys.get(other) for cell in cells}) > 1:
            verdicts[other] = _is_worse_within_strata(
                comparison, cells, pair.spread, _make_dimension_getter(other)
            )
    alike = tuple(other for other, stands in verdicts.items() if stands)
    if mixed := [other for other, stands in verdicts.items() if stands is False]:
        return replace(comparison, status="mixed", alike=alike, through=mixed[0])
    if apart := [
        other for other in CAMPAIGN_DIMENSIONS if other in verdicts and verdicts[other] is None
    ]:
        return replace(comparison, status="apart", alike=alike, through=apart[0])
    return replace(comparison, alike=alike)


def _is_worse_within_strata(
    comparison: ValueComparison,
    cells: Sequence[EfficiencyCell],
    spread: float,
    by: Callable[[DimensionKeys], object],
) -> bool | None:
    """Tell whether it is significantly worse within the same strata too; None where they share too
    little data."""
    gap = variance = above = below = 0.0
    strata: dict[object, list[EfficiencyCell]] = defaultdict(list)
    for cell in cells:
        strata[by(cell.keys)].append(cell)
    for some in strata.values():
        own = sum(
            (c for c in some if c.keys.get(comparison.dimension) == comparison.value), EMPTY_CELL
        )
        every = sum(some, EMPTY_CELL)
        share = own.stake / every.stake
        if 0 < share < 1:
            gap += own.gain - every.gain * share
            variance += spread * every.gain * share * (1 - share)
            above += own.gain * (1 - share)
            below += (every.gain - own.gain) * share
    # equivalent to MIN_EXPECTED_COUNT orders on the smaller side
    if variance < MIN_EXPECTED_COUNT * spread**2:
        return None
    p = float(normal_tail(-gap / sqrt(variance)))
    return p < WATCHED_P / 2 and above <= (1 + MAX_RATE_RATIO) / 2 * below


def _drop_explained(
    comparisons: Sequence[ValueComparison],
    cells: Sequence[EfficiencyCell],
    pairs: Mapping[tuple[str, str], CellPair],
    known: Sequence[DimensionKeys],
) -> list[ValueComparison]:
    """Drop values that are bad only through one that is reported already: a campaign through its
    audience, an audience through its campaign, a campaign through one bad keyword, everything that
    is not the best one."""
    unexplained: list[ValueComparison] = []
    before = [
        _make_value_matcher(comparison)
        for comparison in comparisons
        if comparison.status == "better"
    ]
    lines = _make_line_matcher(known)
    before += [lines] if known else []
    for comparison in comparisons:
        spread = pairs[comparison.dimension, comparison.value].spread
        if (
            comparison.status in UNCERTAIN_STATUSES
            and known
            and _is_worse_within_strata(comparison, cells, spread, lines) is False
        ):
            continue
        if comparison.status == "confirmed":
            if not all(_is_worse_within_strata(comparison, cells, spread, by) for by in before):
                continue
            before.append(_make_value_matcher(comparison))
        unexplained.append(comparison)
    return unexplained


def _make_dimension_getter(dimension: str) -> Callable[[DimensionKeys], object]:
    return lambda keys: keys.get(dimension)


def _make_value_matcher(comparison: ValueComparison) -> Callable[[DimensionKeys], object]:
    return lambda keys: keys.get(comparison.dimension) == comparison.value


def _make_line_matcher(lines: Sequence[DimensionKeys]) -> Callable[[DimensionKeys], object]:
    return lambda keys: any(_is_of_line(keys, line) for line in lines)


def _is_of_line(keys: DimensionKeys, line: DimensionKeys) -> bool:
    return all(keys.get(name) == value for name, value in line.items())


# Facts of one campaign, audience, placement … that sells worse than the others.

MONEY_MEASURES = ("spend", "sales")
MIN_SHARE = 0.01
MIN_ORDERS = 20  # with fewer orders a value is never called the best
AddMeasure = Callable[..., None]


def format_subject(comparison: ValueComparison) -> str:
    return f"worse--{comparison.dimension}--{slugify(comparison.value)}"


def add_worse_value(
    result: AnalysisResult,
    comparison: ValueComparison,
    by: Mapping[str, AdTotals],
    currency: str | None,
    measures: tuple[str, str],
    few: Collection[str] = (),
) -> None:
    """Add its share of the stake and of the gain, its rates beside those of all others together,
    the excess cost (-low, -high), and the best value. `measures` are the compared ones: sales or
    orders, per spend or click; `few` are values too small to be shown."""
    own, rest = (
        by[comparison.value],
        sum((of for value, of in by.items() if value != comparison.value), AdTotals()),
    )
    named = (
        (own.title or comparison.value) if comparison.dimension == "product" else comparison.value
    )
    add = make_fact_adder(
        result, format_subject(comparison), named, own.rows, "compared", sold=True
    )
    add("status", comparison.status)
    add("dimension", comparison.dimension)
    add("p", max(round(comparison.p, 4), 0.0001))
    if comparison.alike:
        add("alike", ", ".join(comparison.alike))
    if comparison.through:
        add("through", comparison.through)
    _add_shares(add, own, rest, currency)
    _add_rates(add, own, rest, currency)
    if measures[1] == "spend" and comparison.status == "confirmed":
        _add_excess(add, comparison, own, rest, measures[0], currency)
    if (best := _find_best(by, measures, few)) and best != comparison.value:
        add("best", (by[best].title or best) if comparison.dimension == "product" else best)


def _add_shares(add: AddMeasure, own: AdTotals, rest: AdTotals, currency: str | None) -> None:
    for measure in ("spend", "clicks", "orders", "sales"):
        mine, theirs = getattr(own, measure), getattr(rest, measure)
        if own.says(measure) and mine + theirs:
            add(measure, mine, currency if measure in MONEY_MEASURES else None)
            add(f"share-of-{measure}", round(100 * float(mine / (mine + theirs)), 1), "%")


def _add_rates(add: AddMeasure, own: AdTotals, rest: AdTotals, currency: str | None) -> None:
    for end, of in (("", own), ("-elsewhere", rest)):
        if of.conversion is not None:
            add(f"orders-per-click{end}", _round_share(of.conversion), "%", of.clicks)
        if of.cost_per_order is not None:
            add(f"cost-per-order{end}", round(of.cost_per_order, 2), currency)
        if of.returned is not None:
            add(f"return{end}", round(of.returned, 1))


def _round_share(rate: float) -> float:
    """Return percent with two significant digits."""
    return round(100 * rate, 1 if rate >= MIN_SHARE else 2)


def _add_excess(
    add: AddMeasure,
    comparison: ValueComparison,
    own: AdTotals,
    rest: AdTotals,
    gain: str,
    currency: str | None,
) -> None:
    """Add what was spent on it beyond what the same orders or sales cost elsewhere."""
    mine, theirs = (Decimal(getattr(of, gain)) / of.spend for of in (own, rest))
    ratio = float(mine / theirs)
    scale = ratio / comparison.ratio if comparison.ratio else 1.0
    for name, of in (
        ("", ratio),
        ("-low", scale * comparison.high),
        ("-high", scale * comparison.low),
    ):
        add(f"excess{name}", _round_estimate(float(own.spend) * max(0.0, 1 - of)), currency)


def _round_estimate(money: float) -> int:
    """Round an estimate to hundreds, or to tens or ones where it is small, because finer digits
    would suggest false precision."""
    return int(round(money, -2 if money >= 1000 else -1 if money >= 100 else 0))


def _find_best(
    by: Mapping[str, AdTotals], measures: tuple[str, str], few: Collection[str]
) -> str | None:
    """Return the value with the highest gain per stake among those with enough orders."""
    gain, stake = measures
    rated = {
        value: float(getattr(of, gain)) / float(getattr(of, stake))
        for value, of in by.items()
        if value not in few and getattr(of, stake) and of.orders >= MIN_ORDERS
    }
    return max(rated, key=lambda value: rated[value], default=None)
