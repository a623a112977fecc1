"""What is bought by the same people: pairs of products or categories, and groups of such pairs.

A customer is a basket. The lift of a pair is how many customers have both, over what independence
gives (Brin, Motwani, Ullman & Tsur, SIGMOD 1997). Real customers are not independent: some buy more
of everything, and most keep to a few categories, so that each pair has a lift and Fisher's exact
test calls them all significant. So a pair is held against the ordinary pair of the same two
categories (their median lift), and chance is measured as pairs scatter around it (an empirical
null: Efron, JASA 2004) on counts made even by a square root (Anscombe 1948).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _
from numpy.typing import NDArray

from bot.library.chance import NORMAL, false_discovery, normal_above
from bot.library.shelf import FLOOR

MOST = 300  # things, those with most customers: pairs grow with the square
LIFT = 3.0
Q = 0.10
BLOCK = 10  # pairs, from which on two categories have an ordinary pair of their own


@dataclass(frozen=True)
class Pair:
    """Two things that `both` customers have; `ordinary` is the usual lift of such a pair."""

    a: str
    b: str
    both: int
    lift: float
    ordinary: float
    q: float


def baskets(lines: ir.Table, by: str, floor: int, most: int = MOST) -> ir.Table:
    """customer, thing: who ever bought it; the `most` things with most customers, each at least
    `floor`. `by` is product or category."""
    bought = lines.filter(_.amount >= 0, lines[by].notnull())
    owned = bought.select("customer", thing=lines[by]).distinct()
    common = (
        owned.group_by("thing")
        .aggregate(customers=_.count())
        .filter(_.customers >= floor)
        .order_by(ibis.desc("customers"), "thing")
        .limit(most)
    )
    return owned.semi_join(common, "thing")


def pairs_of(baskets: ir.Table) -> ir.Table:
    """a, b (a before b, or the same: then `both` is all customers of it), both."""
    left = baskets.select("customer", a=_.thing)
    right = baskets.select("customer", b=_.thing)
    met = left.join(right, "customer")
    return met.filter(met.a <= met.b).group_by("a", "b").aggregate(both=_.count())


def pairs(
    rows: Sequence[dict[str, int]],
    people: int,
    category_of: Mapping[str, str] | None = None,
    floor: int = FLOOR,
) -> list[Pair]:
    """Pairs with at least `floor` customers who have both, strongest first; `rows` of `pairs_of`,
    among `people` customers. `q` is Benjamini–Hochberg over all pairs, one-sided."""
    alone = {str(r["a"]): r["both"] for r in rows if r["a"] == r["b"]}
    met = {(str(r["a"]), str(r["b"])): r["both"] for r in rows if r["a"] != r["b"]}
    things = sorted(alone)
    crossed = [(a, b) for i, a in enumerate(things) for b in things[i + 1 :]]
    if not crossed:
        return []
    expected = np.array([alone[a] * alone[b] / people for a, b in crossed])
    both = np.array([met.get(pair, 0) for pair in crossed], dtype=np.float64)
    lift = both / expected
    usual = _ordinary(crossed, lift, category_of or {})
    z = 2 * (np.sqrt(both + 0.375) - np.sqrt(expected * usual + 0.375))
    spread = max(1.0, NORMAL * float(np.median(np.abs(z))))
    q = false_discovery(normal_above(z / spread))
    found = [
        Pair(a, b, int(both[i]), float(lift[i]), float(usual[i]), float(q[i]))
        for i, (a, b) in enumerate(crossed)
        if both[i] >= floor
    ]
    return sorted(found, key=lambda pair: (-pair.lift, pair.a, pair.b))


def _ordinary(
    crossed: Sequence[tuple[str, str]], lift: NDArray[np.float64], category_of: Mapping[str, str]
) -> NDArray[np.float64]:
    """For each pair, the median lift of the pairs of its two categories, or of all where these
    are few; at least 1."""
    blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, pair in enumerate(crossed):
        blocks[tuple(sorted(category_of.get(thing, "") for thing in pair))].append(i)
    usual = np.full(len(crossed), np.median(lift))
    for members in blocks.values():
        if len(members) >= BLOCK:
            usual[members] = np.median(lift[members])
    return np.maximum(usual, 1.0)


def groups(found: Sequence[Pair], lift: float = LIFT) -> list[tuple[str, ...]]:
    """Things bought by the same people: pairs over `lift` and beyond chance, joined while
    a thing goes with at least half of those already there (one bridge does not join two tastes).
    Strongest group first; at least 3 things."""
    strong = [p for p in found if p.lift >= lift and p.q <= Q]
    linked = {frozenset((p.a, p.b)) for p in strong}
    group_of: dict[str, set[str]] = {}
    for pair in strong:
        left, right = group_of.get(pair.a, {pair.a}), group_of.get(pair.b, {pair.b})
        if left is right:
            continue
        links = sum(frozenset((x, y)) in linked for x in left for y in right)
        if links * 2 >= len(left) * len(right):
            joined = left | right
            group_of.update(dict.fromkeys(joined, joined))
    kept = {id(g): g for g in group_of.values() if len(g) >= 3}
    return [tuple(sorted(g)) for g in kept.values()]
