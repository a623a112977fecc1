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
from bot.data.analyses.products import load_purchased_products, unknown_name_message
from bot.data.floors import is_below_floor
from bot.data.stats import (
    CONFIRMED_FDR,
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
class Transition:
    """Of `before` purchases with `a` that were followed by another, `after` had `b` in the next
    one, by `people` customers: `lift` times as often as next purchases in general."""

    a: str
    b: str
    before: int
    after: int
    people: int
    lift: float
    q: float

    @property
    def share(self) -> float:
        return self.after / self.before

    @property
    def measures(self) -> tuple[tuple[str, float | int, str | None], ...]:
        return (
            ("share", to_percent(self.share), "%"),
            ("at-large", to_percent(self.share / self.lift), "%"),
            ("lift", round_figure(self.lift, 1), "×"),
            ("purchases", self.after, "purchases"),
        )


def build_transitions(bought: ir.Table, had: ir.Table, things: ir.Table) -> ir.Table:
    """Return a, b, times and people (how many customers). An empty b counts how often a was
    followed by anything; an empty a how often b was in a next purchase; both empty counts all.
    `bought` are the lines of all purchases; `had` names the `a` of a customer and day, `things` the
    `b`. All orders of a day are one purchase."""
    days = bought.select("customer", "day").distinct()
    pairs = days.mutate(then=_.day.lead().over(group_by="customer", order_by="day"))
    pairs = pairs.filter(_.then.notnull())
    empty = ibis.literal("")
    now = pairs.join(had.distinct(), ["customer", "day"]).select("customer", "then", "a")
    now = now.union(pairs.select("customer", "then", a=empty))
    after = things.distinct().select(who="customer", on="day", b="b")
    after = after.union(days.select(who="customer", on="day", b=empty))
    both = now.join(after, (now.customer == after.who) & (now.then == after["on"]))
    return both.group_by("a", "b").aggregate(times=_.count(), people=_.customer.nunique())


def find_transitions(rows: Sequence[dict[str, Any]], floor: int) -> list[Transition]:
    """Return transitions from one thing to another or the same, strongest first. Each has at
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
    spread = np.sqrt(before * share * (1 - share) * (1 - before / every))
    z = (after - before * share) / np.maximum(spread, 1e-9)
    q, lift = adjust_false_discovery(normal_tail(z)), after / (before * share)
    transitions = [
        Transition(a, b, int(before[i]), int(after[i]), people[a, b], float(lift[i]), float(q[i]))
        for i, (a, b) in enumerate(crossed)
        if after[i] >= floor
        and min(people.get(way, 0) for way in ((a, b), (a, ""), ("", b))) >= floor
        and not is_below_floor(before[i] - after[i], floor)
        and not is_below_floor(times["", b] - after[i], floor)
    ]
    return sorted(transitions, key=lambda step: (-step.lift, step.a, step.b))


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
    # names, and counts that `_find_next_purchases` has checked
    context.result.mark_without_customers("after")
    add("after", "subject", name or product)
    if not name:
        context.result.add_limit(unknown_name_message(product))
        return
    before, products, compared = _find_next_purchases(context, product, "product")
    if before < floor:
        context.result.add_limit(
            "Under {n} purchases with {thing} were followed by another one: too few to say"
            " what is bought next.",
            n=floor,
            thing=quote_name(name),
        )
        return
    add("after", "purchases", before, unit="purchases", rows=before, query="after-product")
    add("after", "compared", compared, rows=before, query="after-product")
    _add_next_purchases(context, "product", products)
    _add_next_purchases(context, "category", _find_next_purchases(context, product, "category")[1])


def _find_next_purchases(
    context: AnalysisContext, product: str, by: PurchaseDimension
) -> tuple[int, list[Transition], int]:
    """Return how many purchases with the product were followed by another (0 where that would tell
    of a few customers), what those contained, the most frequent first, and how many products or
    categories were compared."""
    bought = context.lines.filter(_.amount >= 0)
    had = bought.filter(_["product"] == product).select("customer", "day", a="product")
    things = bought.filter(bought[by].notnull()).select("customer", "day", b=by)
    floor = context.warehouse.floor
    rows = context.run_query(f"after-{by}", build_transitions(bought, had, things))
    counts = {(row["a"], row["b"]): row for row in rows}
    mine, whole = counts.get((product, "")), counts.get(("", ""))
    if mine is None or whole is None or mine["people"] < floor:
        return 0, [], 0
    before, others = mine["times"], whole["times"] - mine["times"]
    if not others:
        return before, [], 0
    if is_below_floor(others, floor):
        return 0, [], 0
    compared = sum(not a and bool(b) and one["times"] >= floor for (a, b), one in counts.items())
    found = sorted(find_transitions(rows, floor), key=lambda step: (-step.after, step.b))
    return before, found, compared


def _add_next_purchases(
    context: AnalysisContext, by: PurchaseDimension, purchases: list[Transition]
) -> None:
    """Add those with the strongest significant lift, then the most frequent ones."""
    more = [one for one in purchases if one.q <= CONFIRMED_FDR and one.lift >= MIN_LIFT]
    rest = [one for one in purchases if one not in more]
    titles = context.titles if by == "product" else {}
    for one in [*more, *rest][:MAX_ITEMS]:
        subject = f"after-{by}-{slugify(one.b)}"
        context.result.set_group_size(subject, one.people)
        context.result.add_measures(
            subject,
            *one.measures,
            ("customers", one.people, "customers"),
            ("verdict", "more often" if one in more else "as always", None),
            about=titles.get(one.b, one.b),
            rows=one.before,
            query=f"after-{by}",
        )


# The facts on transitions between categories.

MAX_TRANSITIONS, MAX_TRANSITIONS_PER_CATEGORY = 8, 3


def add_next_category(context: AnalysisContext) -> None:
    """Add facts behaviour.<a>-then-<b>.share (% of next purchases after a that contain b),
    .at-large (% of all next purchases that contain b), .lift (one over the other) and .purchases,
    for significant pairs with a lift of at least 1.2; a followed by a is a repeat purchase.
    behaviour.next-purchases.compared is the number of compared pairs."""
    bought = context.lines.filter(_.amount >= 0, _.category.notnull())
    had = bought.select("customer", "day", a="category")
    things = bought.select("customer", "day", b="category")
    rows = context.run_query("next", build_transitions(bought, had, things))
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
        subject = f"{slugify(step.a)}-then-{slugify(step.b)}"
        context.result.mark_without_customers(subject)  # `find_transitions` has checked its size
        context.result.add_measures(
            subject,
            *step.measures,
            about=f"{step.a} → {step.b}",
            rows=step.before,
            query="next",
        )


def _select_transitions(transitions: list[Transition]) -> list[Transition]:
    """Return the strongest transitions overall, and the strongest from each category."""
    counted: dict[str, int] = {}
    shown = []
    for n, step in enumerate(transitions):
        counted[step.a] = counted.get(step.a, 0) + 1
        if n < MAX_TRANSITIONS or counted[step.a] <= MAX_TRANSITIONS_PER_CATEGORY:
            shown.append(step)
    return shown
