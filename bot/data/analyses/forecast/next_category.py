"""Find what is bought next: transitions from the categories of one purchase to those of the same
customer's next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.analyses.products import load_purchased_products
from bot.data.floors import is_below_floor
from bot.data.stats import (
    CONFIRMED_FDR,
    Numbers,
    adjust_false_discovery,
    normal_tail,
    round_figure,
    to_percent,
)
from bot.i18n.messages import Words, quote_name
from bot.text.normalize import slugify

NO_CATEGORIES = Words(
    "What is bought next needs categories: import a product list that has them. Or name one "
    "product: what do people buy after it?"
)


@dataclass(frozen=True)
class CategoryTransition:
    """Of `before` purchases with category `a` that were followed by another, `after` had `b` in the
    next one: `lift` times as often as next purchases in general."""

    a: str
    b: str
    before: int
    after: int
    lift: float
    q: float

    @property
    def share(self) -> float:
        return self.after / self.before


def build_transitions(lines: ir.Table) -> ir.Table:
    """Return a, b, times and people (how many customers). An empty b counts how often a was
    followed by anything; an empty a how often b was in a next purchase; both empty counts all. All
    orders of a day are one purchase."""
    bought = lines.filter(_.amount >= 0, _.category.notnull())
    baskets = bought.select("customer", "day", "category").distinct()
    days = baskets.select("customer", "day").distinct()
    pairs = days.mutate(then=_.day.lead().over(group_by="customer", order_by="day"))
    pairs = pairs.filter(_.then.notnull())
    empty = ibis.literal("")
    anything = pairs.select("customer", "day", "then", category=empty)
    now = baskets.join(pairs, ["customer", "day"]).select("customer", "day", "then", "category")
    now = now.union(anything).rename(a="category")
    after = baskets.union(days.mutate(category=empty).select("customer", "day", "category"))
    after = after.rename(who="customer", on="day", b="category")
    both = now.join(after, (now.customer == after.who) & (now.then == after["on"]))
    return both.group_by("a", "b").aggregate(times=_.count(), people=_.customer.nunique())


def find_transitions(rows: Sequence[dict[str, Any]], floor: int) -> list[CategoryTransition]:
    """Return transitions from one category to another or the same, strongest first. Each has at
    least `floor` customers and purchases before and after, and leaves as many purchases after
    another category, or of another. `q` is Benjamini–Hochberg over all of them, from a one-sided z
    test of the counts."""
    times = {(str(r["a"]), str(r["b"])): int(r["times"]) for r in rows}
    people = {(str(r["a"]), str(r["b"])): int(r.get("people", r["times"])) for r in rows}
    every = times.get(("", ""), 0)
    names = sorted({name for pair in times for name in pair if name})
    crossed = [
        (a, b)
        for a in names
        for b in names
        if times.get((a, ""), 0) >= floor and times.get(("", b), 0) >= floor
    ]
    if not crossed:
        return []
    before = np.array([times[a, ""] for a, _b in crossed], dtype=np.float64)
    share = np.array([times["", b] / every for _a, b in crossed])
    after = np.array([times.get(pair, 0) for pair in crossed], dtype=np.float64)
    q = _test_counts(after, before, share, every)
    lift = after / (before * share)
    transitions = [
        CategoryTransition(a, b, int(before[i]), int(after[i]), float(lift[i]), float(q[i]))
        for i, (a, b) in enumerate(crossed)
        if after[i] >= floor
        and min(people.get(way, 0) for way in ((a, b), (a, ""), ("", b))) >= floor
        and not is_below_floor(before[i] - after[i], floor)
        and not is_below_floor(times["", b] - after[i], floor)
    ]
    return sorted(transitions, key=lambda step: (-step.lift, step.a, step.b))


def _test_counts(after: Numbers, before: Numbers | int, share: Numbers, every: int) -> Numbers:
    """Return the false discovery rate of so many `after` of `before` next purchases, where `share`
    is usual among `every` ones: a one-sided z test of the counts."""
    spread = np.sqrt(before * share * (1 - share) * (1 - before / every))
    z = (after - before * share) / np.maximum(spread, 1e-9)
    return adjust_false_discovery(normal_tail(z))


@dataclass(frozen=True)
class NextPurchase:
    """Of the purchases with the requested subject that were followed by another, `after` contained
    this in the next one, by `people` customers: `lift` times as often as next purchases in
    general."""

    name: str
    after: int
    people: int
    share: float
    lift: float
    q: float


def build_next_purchases(lines: ir.Table, mine: ir.Table, by: str) -> ir.Table:
    """Return name, times, mine and people: the number of next purchases with it, the number of
    those after a purchase with one of the `mine` lines, and by how many customers. An empty name
    counts all next purchases. `by` is product or category. All orders of a day are one purchase."""
    bought = lines.filter(_.amount >= 0)
    days = bought.select("customer", "day").distinct()
    pairs = days.mutate(then=_.day.lead().over(group_by="customer", order_by="day"))
    pairs = pairs.filter(_.then.notnull())
    had = mine.filter(_.amount >= 0).select(buyer=_.customer, on=_.day).distinct().mutate(had=1)
    marked = pairs.left_join(had, (pairs.customer == had.buyer) & (pairs.day == had["on"]))
    marked = marked.select("customer", "then", had=_.had.fill_null(0))
    things = bought.filter(bought[by].notnull())
    things = things.select(who=_.customer, on=_.day, name=things[by]).distinct()
    every = days.select(who=_.customer, on=_.day, name=ibis.literal(""))
    both = things.union(every)
    met = marked.join(both, (marked.customer == both.who) & (marked.then == both["on"]))
    return met.group_by("name").aggregate(
        times=_.count(), mine=_.had.sum(), people=_.customer.nunique(where=_.had == 1)
    )


def find_next_purchases(
    rows: Sequence[dict[str, Any]], floor: int
) -> tuple[int, list[NextPurchase], int]:
    """Return how many purchases with the subject were followed by another, what those contained
    (with at least `floor` customers, most frequent first), and how many products or categories were
    compared. `q` is Benjamini–Hochberg over all compared, from a one-sided z test of the counts."""
    whole = next((row for row in rows if row["name"] == ""), None)
    before, every = (int(whole["mine"] or 0), int(whole["times"])) if whole else (0, 0)
    if whole and (whole["people"] < floor or is_below_floor(every - before, floor)):
        return 0, [], 0
    compared = [row for row in rows if row["name"] and row["times"] >= floor]
    if not before or not compared or before == every:
        return before, [], 0
    share = np.array([row["times"] / every for row in compared])
    after = np.array([float(row["mine"] or 0) for row in compared])
    q = _test_counts(after, before, share, every)
    purchases = [
        NextPurchase(
            str(row["name"]),
            int(after[i]),
            int(row["people"]),
            float(after[i] / before),
            float(after[i] / (before * share[i])),
            float(q[i]),
        )
        for i, row in enumerate(compared)
        if row["people"] >= floor
        and not is_below_floor(before - after[i], floor)
        and not is_below_floor(row["times"] - after[i], floor)
    ]
    return (
        before,
        sorted(purchases, key=lambda purchase: (-purchase.after, purchase.name)),
        len(compared),
    )


# The facts on what is bought after one product or category.

MIN_LIFT = 1.2
MAX_ITEMS = 5
PurchaseDimension = Literal["product", "category"]


def add_bought_after(context: AnalysisContext) -> None:
    """Add facts for `filter_.product`: behaviour.after.subject, .purchases (those with it that were
    followed by another), .compared (products); behaviour.after-product-<b> and
    behaviour.after-category-<b>.share (% of these next purchases that contain b), .at-large (% of
    all next purchases), .lift, .purchases, .customers and .verdict: "more often" where it is
    significant with a lift of at least 1.2, else "as always". Nothing is added for fewer customers
    than the floor."""
    product = context.filter_.product
    if not product:
        return
    name = load_purchased_products(context.warehouse, context.lines).titles.get(product)
    add, floor = context.result.add, context.warehouse.floor
    # names, and counts that `find_next_purchases` has checked
    context.result.mark_without_customers("after")
    add("after", "subject", name or product)
    if not name:
        context.result.add_limit(
            Words(
                "Nobody bought anything called {name}: look at how your orders or products spell "
                "it.",
                name=quote_name(product),
            )
        )
        return
    before, products, compared = _count_next_purchases(context, product, "product")
    if before < floor:
        context.result.add_limit(
            Words(
                "Under {n} purchases with {thing} were followed by another one: too few to say"
                " what is bought next.",
                n=floor,
                thing=quote_name(name),
            )
        )
        return
    add("after", "purchases", before, unit="purchases", rows=before, query="after-product")
    add("after", "compared", compared, rows=before, query="after-product")
    _add_next_purchases(context, "product", products, before)
    _add_next_purchases(
        context, "category", _count_next_purchases(context, product, "category")[1], before
    )


def _count_next_purchases(
    context: AnalysisContext, product: str, by: PurchaseDimension
) -> tuple[int, list[NextPurchase], int]:
    lines = context.lines
    mine = lines.filter(lines["product"] == product)
    rows = context.run_query(f"after-{by}", build_next_purchases(lines, mine, by))
    return find_next_purchases(rows, context.warehouse.floor)


def _add_next_purchases(
    context: AnalysisContext, by: PurchaseDimension, purchases: list[NextPurchase], before: int
) -> None:
    """Add those with the strongest significant lift, then the most frequent ones."""
    more = [
        purchase
        for purchase in purchases
        if purchase.q <= CONFIRMED_FDR and purchase.lift >= MIN_LIFT
    ]
    rest = [purchase for purchase in purchases if purchase not in more]
    titles = context.titles if by == "product" else {}
    for one in [*more, *rest][:MAX_ITEMS]:
        about = titles.get(one.name, one.name)
        context.result.set_group_size(f"after-{by}-{slugify(one.name)}", one.people)
        context.result.add_measures(
            f"after-{by}-{slugify(one.name)}",
            ("share", to_percent(one.share), "%"),
            ("at-large", to_percent(one.share / one.lift), "%"),
            ("lift", round_figure(one.lift, 1), "×"),
            ("purchases", one.after, "purchases"),
            ("customers", one.people, "customers"),
            ("verdict", "more often" if one in more else "as always", None),
            about=about,
            rows=before,
            query=f"after-{by}",
        )


# The facts on transitions between categories.

MAX_TRANSITIONS, MAX_TRANSITIONS_PER_CATEGORY = 8, 3


def add_next_category(context: AnalysisContext) -> None:
    """Add facts behaviour.<a>-then-<b>.share (% of next purchases after a that contain b),
    .at-large (% of all next purchases that contain b), .lift (one over the other) and .purchases,
    for significant pairs with a lift of at least 1.2; a followed by a is a repeat purchase.
    behaviour.next-purchases.compared is the number of compared pairs."""
    rows = context.run_query("next", build_transitions(context.lines))
    if not any(r["a"] for r in rows):
        context.result.add_limit(NO_CATEGORIES)
        return
    transitions = find_transitions(rows, context.warehouse.floor)
    wanted = (context.filter_.category or "").lower()
    every = sum(r["times"] for r in rows if not r["a"] and not r["b"])
    context.result.set_group_size("next-purchases", context.people)
    context.result.add("next-purchases", "compared", len(transitions), rows=every, query="next")
    strong = [
        step
        for step in transitions
        if step.q <= CONFIRMED_FDR and step.lift >= MIN_LIFT and wanted in ("", step.a.lower())
    ]
    for step in _select_transitions(strong):
        context.result.mark_without_customers(
            f"{slugify(step.a)}-then-{slugify(step.b)}"
        )  # `find_transitions` has checked its size
        context.result.add_measures(
            f"{slugify(step.a)}-then-{slugify(step.b)}",
            ("share", to_percent(step.share), "%"),
            ("at-large", to_percent(step.share / step.lift), "%"),
            ("lift", round_figure(step.lift, 1), "×"),
            ("purchases", step.after, "purchases"),
            about=f"{step.a} → {step.b}",
            rows=step.before,
            query="next",
        )


def _select_transitions(transitions: list[CategoryTransition]) -> list[CategoryTransition]:
    """Return the strongest transitions overall, and the strongest from each category."""
    counted: dict[str, int] = {}
    shown = []
    for n, step in enumerate(transitions):
        counted[step.a] = counted.get(step.a, 0) + 1
        if n < MAX_TRANSITIONS or counted[step.a] <= MAX_TRANSITIONS_PER_CATEGORY:
            shown.append(step)
    return shown
