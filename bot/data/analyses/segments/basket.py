"""Find products and categories that are bought by the same customers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _
from numpy.typing import NDArray

from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.stats import (
    CONFIRMED_FDR,
    MAD_TO_SIGMA,
    adjust_false_discovery,
    normal_tail,
    round_figure,
    to_percent,
)
from bot.data.warehouse.warehouse import FLOOR
from bot.i18n.messages import Words
from bot.text.normalize import slugify

# Pairs of products or categories with the same customers, and groups of such pairs.

MAX_ITEMS = 300  # items with most customers; the number of pairs grows with the square
MIN_LIFT = 3.0
MIN_CATEGORY_PAIRS = 10  # pairs required for two categories to have their own usual lift


@dataclass(frozen=True)
class ItemPair:
    """Two items that `both` customers have; `ordinary` is the usual lift of such a pair."""

    a: str
    b: str
    both: int
    lift: float
    ordinary: float
    q: float


def build_baskets(lines: ir.Table, by: str, floor: int, most: int = MAX_ITEMS) -> ir.Table:
    """Return customer and thing: who ever bought it. Only the `most` things with most customers are
    kept, each with at least `floor`. `by` is product or category."""
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


def build_pairs(baskets: ir.Table) -> ir.Table:
    """Return a, b (a before b, or equal: then `both` counts all customers of it) and both."""
    left = baskets.select("customer", a=_.thing)
    right = baskets.select("customer", b=_.thing)
    met = left.join(right, "customer")
    return met.filter(met.a <= met.b).group_by("a", "b").aggregate(both=_.count())


def find_pairs(
    rows: Sequence[dict[str, int]],
    people: int,
    category_of: Mapping[str, str] | None = None,
    floor: int = FLOOR,
) -> list[ItemPair]:
    """Return pairs with at least `floor` common customers, strongest first, from the `rows` of
    `build_pairs` among `people` customers. `q` is Benjamini–Hochberg over all pairs, one-sided."""
    alone = {str(r["a"]): r["both"] for r in rows if r["a"] == r["b"]}
    met = {(str(r["a"]), str(r["b"])): r["both"] for r in rows if r["a"] != r["b"]}
    things = sorted(alone)
    crossed = [(a, b) for i, a in enumerate(things) for b in things[i + 1 :]]
    if not crossed:
        return []
    expected = np.array([alone[a] * alone[b] / people for a, b in crossed])
    both = np.array([met.get(pair, 0) for pair in crossed], dtype=np.float64)
    lift = both / expected
    usual = _compute_usual_lift(crossed, lift, category_of or {})
    z = 2 * (np.sqrt(both + 0.375) - np.sqrt(expected * usual + 0.375))
    spread = max(1.0, MAD_TO_SIGMA * float(np.median(np.abs(z))))
    q = adjust_false_discovery(normal_tail(z / spread))
    pairs = [
        ItemPair(a, b, int(both[i]), float(lift[i]), float(usual[i]), float(q[i]))
        for i, (a, b) in enumerate(crossed)
        if both[i] >= floor
    ]
    return sorted(pairs, key=lambda pair: (-pair.lift, pair.a, pair.b))


def _compute_usual_lift(
    crossed: Sequence[tuple[str, str]], lift: NDArray[np.float64], category_of: Mapping[str, str]
) -> NDArray[np.float64]:
    """Return for each pair the median lift of the pairs of its two categories, or of all where
    these are few; at least 1."""
    blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, pair in enumerate(crossed):
        blocks[tuple(sorted(category_of.get(thing, "") for thing in pair))].append(i)
    usual = np.full(len(crossed), np.median(lift))
    for members in blocks.values():
        if len(members) >= MIN_CATEGORY_PAIRS:
            usual[members] = np.median(lift[members])
    return np.maximum(usual, 1.0)


def group_pairs(pairs: Sequence[ItemPair]) -> list[tuple[str, ...]]:
    """Group items bought by the same people: significant pairs over MIN_LIFT are merged while an
    item pairs with at least half of the group (a single bridge does not join two groups). Strongest
    group first; at least 3 items."""
    strong = [p for p in pairs if p.lift >= MIN_LIFT and p.q <= CONFIRMED_FDR]
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
    groups = {id(g): g for g in group_of.values() if len(g) >= 3}
    return [tuple(sorted(g)) for g in groups.values()]


MAX_PAIRS = 5  # pairs with the requested item, and groups
MISSING_COLUMNS = {
    "product": Words("What goes together needs orders with a product on each line."),
    "category": Words("Which categories go together needs a product list with categories."),
}


def add_basket_facts(context: AnalysisContext) -> None:
    """Add facts segments.taste-<n>.products, .lift, .customers, .share-of-customers for each group
    of products that the same people buy; segments.<a>-with-<b>.lift and .customers for pairs of
    categories, or for pairs with the requested product or category, where they exceed the usual
    lift significantly."""
    filter_ = context.filter_
    if not filter_.category:
        found = _load_pairs(context, "product")
        if filter_.product:
            near = [p for p in found if filter_.product in (p.a, p.b) and p.q <= CONFIRMED_FDR]
            _add_pairs(context, near[:MAX_PAIRS], context.titles, "pairs-product")
        else:
            _add_tastes(context, found)
    if not filter_.product:
        pairs = [p for p in _load_pairs(context, "category") if p.q <= CONFIRMED_FDR and p.lift > 1]
        wanted = (filter_.category or "").lower()
        near = [p for p in pairs if not wanted or wanted in (p.a.lower(), p.b.lower())]
        _add_pairs(context, near[:MAX_PAIRS], {}, "pairs-category")


def _load_pairs(context: AnalysisContext, by: Literal["product", "category"]) -> list[ItemPair]:
    table = build_pairs(build_baskets(context.lines, by, context.warehouse.floor))
    rows = context.run_query(f"pairs-{by}", table)
    things = sum(1 for row in rows if row["a"] == row["b"])
    if things < 2:
        context.result.add_limit(MISSING_COLUMNS[by])
        return []
    context.result.mark_without_customers(f"{by}-pairs")
    context.result.add(
        f"{by}-pairs",
        "compared",
        things * (things - 1) // 2,
        rows=context.people,
        query=f"pairs-{by}",
    )
    category_of = context.categories if by == "product" else None
    return find_pairs(rows, context.people, category_of, context.warehouse.floor)


def _add_tastes(context: AnalysisContext, pairs: list[ItemPair]) -> None:
    titles = context.titles
    for n, things in enumerate(group_pairs(pairs)[:MAX_PAIRS], start=1):
        inside = [p for p in pairs if p.a in things and p.b in things]
        names = ", ".join(titles.get(thing, thing) for thing in things)
        people = _count_people(context, things, f"taste-{n}")
        subject = query = f"taste-{n}"
        if not context.result.set_group_size(subject, people, context.people - people):
            continue
        context.result.add(subject, "products", names, rows=people, query=query)
        context.result.add_measures(
            subject,
            ("customers", people, "customers"),
            ("share-of-customers", to_percent(people / context.people), "%"),
            ("lift", round_figure(median(p.lift for p in inside), 1), "×"),
            about=names,
            rows=people,
            query=query,
        )


def _count_people(context: AnalysisContext, items: tuple[str, ...], query: str) -> int:
    """Return the number of customers with at least two of these items."""
    owned = context.lines.filter(_.amount >= 0, _["product"].isin(items))
    counted = owned.group_by("customer").aggregate(n=_["product"].nunique()).filter(_.n >= 2)
    return int(context.run_query(query, counted.aggregate(customers=_.count()))[0]["customers"])


def _add_pairs(
    context: AnalysisContext, pairs: list[ItemPair], titles: dict[str, str], query: str
) -> None:
    for pair in pairs:
        subject = f"{slugify(pair.a)}-with-{slugify(pair.b)}"
        about = f"{titles.get(pair.a, pair.a)} + {titles.get(pair.b, pair.b)}"
        context.result.set_group_size(subject, pair.both, context.people - pair.both)
        context.result.add_measures(
            subject,
            ("lift", round_figure(pair.lift, 1), "×"),
            ("ordinary-lift", round_figure(pair.ordinary, 1), "×"),
            ("customers", pair.both, "customers"),
            about=about,
            rows=pair.both,
            query=query,
        )


# Score look-alikes: customers without a product who bought what its buyers buy.
#
# Each customer's score is the sum, over the products they own, of the similarity between that
# product's buyers and the wanted product's buyers: the cosine of item-to-item filtering (Linden,
# Smith & York, IEEE Internet Computing 2003), taken on the common buyers beyond chance, so that
# products everybody buys have no weight.

AUDIENCE_SHARE = 0.1  # of the customers without the product: the best tenth is the audience


def score_customers(lines: ir.Table, buyers: ir.Table, floor: int) -> ir.Table:
    """Return customer, score and rank (1 is best) of everybody without the product who has a
    product in common with its buyers. `lines` has customer, product and amount; `buyers` has
    customer. Ties are ordered by customer."""
    owned = build_baskets(lines, "product", floor, most=1000)
    seed = buyers.select("customer").distinct()
    sizes = owned.group_by("thing").aggregate(owners=_.count())
    shared = owned.semi_join(seed, "customer").group_by("thing").aggregate(shared=_.count())
    part = seed.count().as_scalar() / lines.customer.nunique().nullif(0).as_scalar()
    near = shared.join(sizes, "thing").select(
        "thing", alike=(_.shared - _.owners * part) / _.owners.cast("float64").sqrt()
    )
    others = owned.anti_join(seed, "customer")
    scores = others.join(near, "thing").group_by("customer").aggregate(score=_.alike.sum().round(6))
    order = [ibis.desc("score"), ibis.asc("customer")]
    return scores.mutate(rank=ibis.row_number().over(order_by=order) + 1)


def select_buyers(lines: ir.Table, product: str | None, category: str | None) -> ir.Table:
    """Return the customers who ever bought the product, or anything of the category."""
    bought = lines.filter(_.amount >= 0)
    if product is not None:
        bought = bought.filter(_.product == product)
    if category is not None:
        bought = bought.filter(_.category.lower() == category.lower())
    return bought.select("customer").distinct()


def select_lookalikes(lines: ir.Table, buyers: ir.Table, floor: int) -> ir.Table:
    """Return the tenth of all customers without the product who are most similar to its buyers."""
    ranked = score_customers(lines, buyers, floor)
    without = lines.filter(_.amount >= 0).select("customer").distinct()
    size = without.anti_join(buyers, "customer").count() * AUDIENCE_SHARE
    return ranked.filter(_["rank"] <= size.as_scalar()).select("customer")
