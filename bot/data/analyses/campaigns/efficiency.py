"""Compare campaigns, audiences, placements etc. and find those that sell worse or better for their
money.

The compared rate is `gain` (orders, or sales where known) per `stake` (money spent, or clicks where
spend is unknown), of one value of a dimension against all its other values:

- **Overdispersion**: rows of ad results vary more than coin tosses would. How much more is
  estimated as Pearson's dispersion over the file's own rows; counts are divided by it before the
  exact test (Rao and Scott, Biometrics 48 (1992) 577–585).
- **Multiple testing**: Benjamini and Hochberg over all values of all dimensions at 10 %. The value
  that stands out most is then removed and the others are compared again, so that one very good
  campaign doesn't make all others look bad.
- **Simpson's paradox**: each value is compared with the others once more within the same audiences,
  products … (Mantel and Haenszel, J. Natl. Cancer Inst. 22 (1959) 719–748)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from typing import Literal

import numpy as np

from bot.data.stats import CONFIRMED_FDR, WATCHED_P, adjust_false_discovery, normal_tail

MIN_EXPECTED_COUNT = 5.0  # on either side, in counts corrected for overdispersion
# the prior dispersion where the rows don't show it (2.9 by ad on real results)
DEFAULT_DISPERSION = 3.0
DISPERSION_WEIGHT = 10.0  # how many rows outweigh the prior
Z_95 = 1.96
DimensionKeys = Mapping[str, str | None]


@dataclass(frozen=True)
class EfficiencyCell:
    """Sums of the rows with the same keys. `squares` is the sum of gain² / stake over rows with a
    stake."""

    keys: DimensionKeys
    stake: float
    gain: float
    squares: float
    rows: int

    def __add__(self, other: "EfficiencyCell") -> "EfficiencyCell":
        return self.add(other, 1)

    def __sub__(self, other: "EfficiencyCell") -> "EfficiencyCell":
        return self.add(other, -1)

    def add(self, other: "EfficiencyCell", sign: int) -> "EfficiencyCell":
        return EfficiencyCell(
            {},
            self.stake + sign * other.stake,
            self.gain + sign * other.gain,
            self.squares + sign * other.squares,
            self.rows + sign * other.rows,
        )


EMPTY_CELL = EfficiencyCell({}, 0.0, 0.0, 0.0, 0)


@dataclass(frozen=True)
class CellPair:
    """One value and all the others of its dimension."""

    own: EfficiencyCell
    rest: EfficiencyCell
    spread: float

    @property
    def share(self) -> float:
        return self.own.stake / (self.own.stake + self.rest.stake)

    @property
    def expected(self) -> float:
        return (self.own.gain + self.rest.gain) / self.spread * self.share

    @property
    def enough(self) -> bool:
        every = (self.own.gain + self.rest.gain) / self.spread
        return min(self.expected, every - self.expected) >= MIN_EXPECTED_COUNT

    @property
    def ratio(self) -> float:
        return (self.own.gain / self.own.stake) / (self.rest.gain / self.rest.stake)

    @property
    def error(self) -> float:
        """The standard error of the ratio's logarithm; zero orders count as half an order."""
        own, rest = (max(cell.gain, self.spread / 2) for cell in (self.own, self.rest))
        return sqrt(self.spread * (1 / own + 1 / rest))

    @property
    def some(self) -> float:
        """The ratio; zero orders count as half an order."""
        return max(self.ratio, self.spread / 2 / self.own.stake * self.rest.stake / self.rest.gain)

    @property
    def far(self) -> float:
        """The difference in standard errors."""
        return abs(log(self.some)) / self.error

    @property
    def range(self) -> tuple[float, float]:
        """The 95 % interval of the ratio."""
        wide = exp(Z_95 * self.error)
        return (self.some / wide if self.own.gain else 0.0), self.some * wide

    @property
    def p(self) -> float:
        """Two-sided p that, of all orders, so few or so many belong to the value given its share of
        the stake."""
        from scipy.special import betainc

        n, k = (self.own.gain + self.rest.gain) / self.spread, self.own.gain / self.spread
        above = float(betainc(k, n - k + 1, self.share)) if k > 0 else 1.0
        below = 1 - float(betainc(k + 1, n - k, self.share)) if n > k else 1.0
        return min(1.0, 2 * min(above, below))


def pair_values(
    cells: Iterable[EfficiencyCell], dimension: str, unit: float | None
) -> dict[str, CellPair]:
    """Pair each value of a dimension with its others; empty where there is only one value."""
    by = _sum_cells(cells, lambda cell: cell.keys.get(dimension))
    spread, whole = estimate_dispersion(by.values(), unit), sum(by.values(), EMPTY_CELL)
    if not spread or not whole.gain:
        return {}
    return {
        value: CellPair(own, whole - own, spread)
        for value, own in by.items()
        if whole.stake > own.stake
    }


def estimate_dispersion(by: Iterable[EfficiencyCell], unit: float | None) -> float | None:
    """Return the variance of a row's gain over its mean; None where it can't be estimated."""
    chi, freedom = 0.0, 0
    for cell in by:
        if cell.gain and cell.rows > 1:
            chi += cell.squares * cell.stake / cell.gain - cell.gain
            freedom += cell.rows - 1
    if unit is None:
        return chi / freedom if freedom >= DISPERSION_WEIGHT and chi > 0 else None
    return max(
        unit, (chi + DISPERSION_WEIGHT * DEFAULT_DISPERSION * unit) / (freedom + DISPERSION_WEIGHT)
    )


def _sum_cells(
    cells: Iterable[EfficiencyCell], key: Callable[[EfficiencyCell], str | None]
) -> dict[str, EfficiencyCell]:
    sums: dict[str, EfficiencyCell] = {}
    for cell in cells:
        if (of := key(cell)) is not None:
            sums[of] = sums.get(of, EMPTY_CELL) + cell
    return sums


COMPARED_DIMENSIONS = ("name", "audience", "placement", "product", "retailer", "channel")
MAX_RATE_RATIO = 0.8  # of the others' rate; a smaller difference is not reported
# dimensions that may belong to one campaign alone, and then stand for it
CAMPAIGN_DIMENSIONS = ("product", "audience")
UNCERTAIN_STATUSES = ("mixed", "apart", "to watch")
ComparisonStatus = Literal["confirmed", "to watch", "mixed", "apart", "steady", "better", "too few"]


@dataclass(frozen=True)
class ValueComparison:
    """One value compared with the others of its dimension. `ratio` is its rate over the rate of all
    others, with the 95 % interval. `through` is the dimension whose mix explains the difference
    (mixed), or whose values it doesn't share with the others, so that the two can't be separated
    (apart)."""

    dimension: str
    value: str
    status: ComparisonStatus
    p: float = 1.0
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
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
    if mixed := [other for other, stands in verdicts.items() if stands is False]:
        return replace(comparison, status="mixed", through=mixed[0])
    if apart := [
        other for other in CAMPAIGN_DIMENSIONS if other in verdicts and verdicts[other] is None
    ]:
        return replace(comparison, status="apart", through=apart[0])
    return comparison


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
