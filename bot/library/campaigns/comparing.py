"""Whether whole campaigns, audiences, placements … sell for less money than the others, or worse.

What is compared is the rate of `gain` (orders, or sales where they are known) by `stake` (money
spent, or clicks where that is not known) of one value of a dimension and of its other values:

- **Rows vary more than coins**: `bot.library.campaigns.cells`.
- **Many are looked at**: Benjamini and Hochberg over all values of all dimensions at 10 %. The one
  that stands out most is then set aside and the others are held against each other again, so that
  one very good campaign doesn't make all others bad ones.
- **Another mix is no finding** (Simpson): each is held against the others once more within the same
  audiences, products … (Mantel and Haenszel, J. Natl. Cancer Inst. 22 (1959) 719–748).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

import numpy as np

from bot.library.campaigns.cells import LEAST, NONE, Cell, Keys, Pair, pairs
from bot.library.chance import false_discovery, normal_above

DIMENSIONS = ("name", "audience", "placement", "product", "retailer", "channel")
CONFIRMED, WATCHED = 0.10, 0.05  # false discovery rate; p
SIZE = 0.8  # of the others' rate: less of a difference is no news
OWN = ("product", "audience")  # what a campaign may have for itself, and then stands for
MAYBE = ("mixed", "apart", "to watch")
Status = Literal["confirmed", "to watch", "mixed", "apart", "steady", "better", "too few"]


@dataclass(frozen=True)
class Compared:
    """`ratio` is its rate over that of all the others, with its 95 % interval. `alike` are the
    dimensions within whose values it is as bad. `through` is the one whose mix explains it (mixed),
    or of which it shares nothing with the others, so that it can't be told from it (apart)."""

    dimension: str
    value: str
    status: Status
    p: float = 1.0
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    alike: tuple[str, ...] = ()
    through: str | None = None


def compared(
    cells: Sequence[Cell],
    *,
    unit: float | None,
    known: Sequence[Keys] = (),
    by: Sequence[str] = DIMENSIONS,
) -> list[Compared]:
    """Every value of these dimensions with at least two, the worst first. `unit` is what one order
    adds to the gain: one, or the mean order's worth; None where that is not known. `known` are
    lines whose trouble is told already: what is bad only through them is not told again."""
    staked = [cell for cell in cells if cell.stake > 0]
    every = {
        (dimension, value): pair
        for dimension in by
        for value, pair in pairs(staked, dimension, unit).items()
    }
    judged = [at for at, pair in every.items() if pair.enough]
    q = false_discovery(np.array([every[at].p for at in judged]))
    sure = {at for at, one in zip(judged, q, strict=True) if one <= CONFIRMED}
    told: list[Compared] = []
    for dimension in by:
        mine = {value: pair for (of, value), pair in every.items() if of == dimension}
        apart = _set_aside(staked, dimension, unit, {v for of, v in sure if of == dimension})
        told += [_one(dimension, value, pair, apart.get(value)) for value, pair in mine.items()]
    told = [_mixed(one, staked, every[one.dimension, one.value]) for one in told]
    told.sort(key=lambda one: (one.ratio, DIMENSIONS.index(one.dimension)))
    return _once(told, staked, every, known)


def _one(dimension: str, value: str, pair: Pair, stands: bool | None) -> Compared:
    if not pair.enough or not pair.rest.gain:
        return Compared(dimension, value, "too few")
    worse = pair.ratio <= SIZE
    status: Status = "steady"
    if stands is not None:
        status = "confirmed" if stands else "better"
    elif worse and pair.p < WATCHED:
        status = "to watch"
    low, high = pair.range
    return Compared(dimension, value, status, pair.p, pair.ratio, low, high)


def _set_aside(
    cells: Sequence[Cell], dimension: str, unit: float | None, sure: set[str]
) -> dict[str, bool]:
    """Of those that stand, the one furthest from the others, then the next without it, as long as
    one does: True where it is worse."""
    found: dict[str, bool] = {}
    while True:
        left = [c for c in cells if c.keys.get(dimension) not in found]
        standing = [
            (value, pair)
            for value, pair in pairs(left, dimension, unit).items()
            if value in sure and pair.enough and pair.rest.gain and pair.p < WATCHED
            and not SIZE < pair.ratio < 1 / SIZE
        ]  # fmt: skip
        if not standing:
            return found
        value, pair = max(standing, key=lambda one: (round(one[1].far, 6), one[1].ratio < 1))
        found[value] = pair.ratio < 1


def _mixed(one: Compared, cells: Sequence[Cell], pair: Pair) -> Compared:
    """Held against the others within the same values of each other dimension."""
    if one.status != "confirmed":
        return one
    said: dict[str, bool | None] = {}
    for other in (*DIMENSIONS, "keyword"):
        if other != one.dimension and len({cell.keys.get(other) for cell in cells}) > 1:
            said[other] = _within(one, cells, pair.spread, _of(other))
    alike = tuple(other for other, stands in said.items() if stands)
    if mixed := [other for other, stands in said.items() if stands is False]:
        return replace(one, status="mixed", alike=alike, through=mixed[0])
    if apart := [other for other in OWN if other in said and said[other] is None]:
        return replace(one, status="apart", alike=alike, through=apart[0])
    return replace(one, alike=alike)


def _within(
    one: Compared, cells: Sequence[Cell], spread: float, by: Callable[[Keys], object]
) -> bool | None:
    """Whether it is surely worse within the same strata, too; None where they share too little to
    tell."""
    gap = variance = above = below = 0.0
    strata: dict[object, list[Cell]] = defaultdict(list)
    for cell in cells:
        strata[by(cell.keys)].append(cell)
    for some in strata.values():
        own = sum((c for c in some if c.keys.get(one.dimension) == one.value), NONE)
        every = sum(some, NONE)
        share = own.stake / every.stake
        if 0 < share < 1:
            gap += own.gain - every.gain * share
            variance += spread * every.gain * share * (1 - share)
            above += own.gain * (1 - share)
            below += (every.gain - own.gain) * share
    if variance < LEAST * spread**2:  # as many as `LEAST` orders on the smaller side
        return None
    p = float(normal_above(-gap / sqrt(variance)))
    return p < WATCHED / 2 and above <= (1 + SIZE) / 2 * below


def _once(
    told: Sequence[Compared],
    cells: Sequence[Cell],
    every: Mapping[tuple[str, str], Pair],
    known: Sequence[Keys],
) -> list[Compared]:
    """Without those that are bad only through what is told already: a campaign of one audience, an
    audience of one campaign, a campaign around one bad keyword, all that is not the best one."""
    kept: list[Compared] = []
    before = [_is_of(one) for one in told if one.status == "better"]
    lines = _of_any(known)
    before += [lines] if known else []
    for one in told:
        spread = every[one.dimension, one.value].spread
        if one.status in MAYBE and known and _within(one, cells, spread, lines) is False:
            continue
        if one.status == "confirmed":
            if not all(_within(one, cells, spread, by) for by in before):
                continue
            before.append(_is_of(one))
        kept.append(one)
    return kept


def _of(dimension: str) -> Callable[[Keys], object]:
    return lambda keys: keys.get(dimension)


def _is_of(one: Compared) -> Callable[[Keys], object]:
    return lambda keys: keys.get(one.dimension) == one.value


def _of_any(lines: Sequence[Keys]) -> Callable[[Keys], object]:
    return lambda keys: any(_of_line(keys, line) for line in lines)


def _of_line(keys: Keys, line: Keys) -> bool:
    return all(keys.get(name) == value for name, value in line.items())
