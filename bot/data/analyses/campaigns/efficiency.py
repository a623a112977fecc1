"""Compute the gain per stake of advertising, and whether one part gained significantly less.

Rows of ad results vary more than coin tosses would. How much more is estimated as Pearson's
dispersion over the file's own rows; counts are divided by it before the exact test (Rao and Scott,
Biometrics 48 (1992) 577–585)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, sqrt

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.campaigns.ads import make_fact_adder
from bot.data.analyses.result import AnalysisResult
from bot.data.stats import Numbers, find_change_point
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MIN_EXPECTED_COUNT = 5.0  # on either side, in counts corrected for overdispersion
DEFAULT_DISPERSION, DISPERSION_WEIGHT = (
    3.0,
    10.0,
)  # the prior dispersion where the rows don't show it (2.9 by ad on real results);
# how many rows outweigh the prior
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
        return EfficiencyCell(
            {},
            self.stake + other.stake,
            self.gain + other.gain,
            self.squares + other.squares,
            self.rows + other.rows,
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
        value: CellPair(own, _subtract_cell(whole, own), spread)
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


def _subtract_cell(whole: EfficiencyCell, own: EfficiencyCell) -> EfficiencyCell:
    return EfficiencyCell(
        {},
        whole.stake - own.stake,
        whole.gain - own.gain,
        whole.squares - own.squares,
        whole.rows - own.rows,
    )


# The day since which one campaign, audience or placement sells worse than before.

ONSET_DAYS = 70  # days searched for the change
MIN_ONSET_ORDERS = 20  # orders required in these days


def add_onset(
    warehouse: Warehouse,
    result: AnalysisResult,
    rows: ir.Table,
    until: date,
    dimension_value: tuple[str, str],
    subject: str,
) -> None:
    """Add since and since-days (±) to the subject, where from one day on fewer of its clicks end in
    an order. `rows` covers all days; `dimension_value` is a dimension and its value."""
    days, counts = _count_by_day(warehouse, rows, until, dimension_value)
    if counts is None or counts[:, 1].sum() < MIN_ONSET_ORDERS:
        return
    clicks, orders = counts[:, 0], np.minimum(counts[:, 1], counts[:, 0])
    began = find_change_point(orders, clicks, _estimate_spread(orders, clicks))
    if began is None or not _has_fallen(orders, clicks, began[0]):
        return
    add = make_fact_adder(result, subject, dimension_value[1], len(days), "compared")
    add("since", days[began[0]])
    add("since-days", began[1], "days")


def _count_by_day(
    warehouse: Warehouse, rows: ir.Table, until: date, dimension_value: tuple[str, str]
) -> tuple[list[date], Numbers | None]:
    first = until - timedelta(days=ONSET_DAYS - 1)
    day = rows["at"].date()
    mine = rows.filter(
        rows[dimension_value[0]] == dimension_value[1],
        day.between(ibis.literal(first), ibis.literal(until)),
    ).mutate(day=rows["at"].date())
    sums = fetch_rows(
        warehouse,
        mine.group_by("day").aggregate(
            clicks=mine.clicks.fill_null(0).sum(), orders=mine.orders.fill_null(0).sum()
        ),
    )
    if not sums:
        return [], None
    begun = min(row["day"] for row in sums)
    days = [begun + timedelta(days=n) for n in range((until - begun).days + 1)]
    counts = np.zeros((len(days), 2))
    for row in sums:
        counts[(row["day"] - begun).days] = float(row["clicks"]), float(row["orders"])
    return days, counts


def _has_fallen(orders: Numbers, clicks: Numbers, at: int) -> bool:
    before, after = (
        orders[part].sum() / max(clicks[part].sum(), 1.0)
        for part in (slice(0, at), slice(at, None))
    )
    return bool(after < before)


def _estimate_spread(orders: Numbers, clicks: Numbers) -> float:
    """Estimate how much more than coin tosses neighbouring days vary, so that the one change
    searched for does not count as noise (Rice, Ann. Stat. 12 (1984) 1215–1230)."""
    clicked = clicks > 0
    share = orders[clicked].sum() / max(clicks[clicked].sum(), 1.0)
    if clicked.sum() < 3 or not 0 < share < 1:
        return 1.0
    rates, of = orders[clicked] / clicks[clicked], clicks[clicked]
    gaps = np.diff(rates) ** 2 / (share * (1 - share) * (1 / of[1:] + 1 / of[:-1]))
    return max(1.0, float(gaps.mean()))
