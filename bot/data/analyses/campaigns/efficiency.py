"""What advertising brought for what was put in, and whether one part of it surely brought less.

A row of ad results varies more than a coin would. How much more is Pearson's dispersion over the
file's own rows; counts are divided by it before the exact test (Rao and Scott, Biometrics 48 (1992)
577–585).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

LEAST = 5.0  # expected on either side, in counts that vary as chance does
USUAL, LEAN = 3.0, 10.0  # dispersion taken where rows don't show it (2.9 by ad on real results);
# how many rows outweigh it
WIDE = 1.96
Keys = Mapping[str, str | None]


@dataclass(frozen=True)
class Cell:
    """Rows of the same keys. `squares` is the sum of gain² / stake over those with a stake."""

    keys: Keys
    stake: float
    gain: float
    squares: float
    rows: int

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(
            {},
            self.stake + other.stake,
            self.gain + other.gain,
            self.squares + other.squares,
            self.rows + other.rows,
        )


NONE = Cell({}, 0.0, 0.0, 0.0, 0)


@dataclass(frozen=True)
class Pair:
    """One value and the others of its dimension."""

    own: Cell
    rest: Cell
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
        return min(self.expected, every - self.expected) >= LEAST

    @property
    def ratio(self) -> float:
        return (self.own.gain / self.own.stake) / (self.rest.gain / self.rest.stake)

    @property
    def error(self) -> float:
        """The standard error of the ratio's logarithm; half an order where there is none."""
        own, rest = (max(cell.gain, self.spread / 2) for cell in (self.own, self.rest))
        return sqrt(self.spread * (1 / own + 1 / rest))

    @property
    def some(self) -> float:
        """The ratio; half an order's where there is none."""
        return max(self.ratio, self.spread / 2 / self.own.stake * self.rest.stake / self.rest.gain)

    @property
    def far(self) -> float:
        """By how many standard errors they differ."""
        return abs(log(self.some)) / self.error

    @property
    def range(self) -> tuple[float, float]:
        """The ratio's 95 % interval."""
        wide = exp(WIDE * self.error)
        return (self.some / wide if self.own.gain else 0.0), self.some * wide

    @property
    def p(self) -> float:
        """Two-sided: of so many, that so few or many fell to it by its share of the stake."""
        from scipy.special import betainc

        n, k = (self.own.gain + self.rest.gain) / self.spread, self.own.gain / self.spread
        above = float(betainc(k, n - k + 1, self.share)) if k > 0 else 1.0
        below = 1 - float(betainc(k + 1, n - k, self.share)) if n > k else 1.0
        return min(1.0, 2 * min(above, below))


def pairs(cells: Iterable[Cell], dimension: str, unit: float | None) -> dict[str, Pair]:
    """Each value of a dimension and its others; none where there is one value only."""
    by = _added(cells, lambda cell: cell.keys.get(dimension))
    spread, whole = spread_of(by.values(), unit), sum(by.values(), NONE)
    if not spread or not whole.gain:
        return {}
    return {
        value: Pair(own, _less(whole, own), spread)
        for value, own in by.items()
        if whole.stake > own.stake
    }


def spread_of(by: Iterable[Cell], unit: float | None) -> float | None:
    """How many times more than its mean the gain of a row varies; None where nothing tells it."""
    chi, freedom = 0.0, 0
    for cell in by:
        if cell.gain and cell.rows > 1:
            chi += cell.squares * cell.stake / cell.gain - cell.gain
            freedom += cell.rows - 1
    if unit is None:
        return chi / freedom if freedom >= LEAN and chi > 0 else None
    return max(unit, (chi + LEAN * USUAL * unit) / (freedom + LEAN))


def _added(cells: Iterable[Cell], key: Callable[[Cell], str | None]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for cell in cells:
        if (of := key(cell)) is not None:
            found[of] = found.get(of, NONE) + cell
    return found


def _less(whole: Cell, own: Cell) -> Cell:
    return Cell(
        {},
        whole.stake - own.stake,
        whole.gain - own.gain,
        whole.squares - own.squares,
        whole.rows - own.rows,
    )
