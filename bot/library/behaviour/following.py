"""What is bought next: from the categories of one purchase to those of the same person's next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from bot.library.chance import false_discovery, normal_above
from bot.library.floors import is_small

Q = 0.10


@dataclass(frozen=True)
class Step:
    """Of `before` purchases with `a` that were followed by another, `after` had `b` in the next:
    `lift` times as often as next purchases do at large."""

    a: str
    b: str
    before: int
    after: int
    lift: float
    q: float

    @property
    def share(self) -> float:
        return self.after / self.before


def steps_of(lines: ir.Table) -> ir.Table:
    """a, b, times, people (how many did so); and with b empty, how often a was followed by
    anything; with a empty, how often b was in a next purchase; with both empty, all. A day is a
    purchase."""
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


def steps(rows: Sequence[dict[str, Any]], floor: int) -> list[Step]:
    """From one category to another or the same, strongest first, with at least `floor` customers
    and purchases before and after, and with as many purchases after another category, or of
    another. `q` is Benjamini–Hochberg over all of them, by a one-sided z of the counts."""
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
    q = false_discovery(normal_above(z))
    lift = after / (before * share)
    found = [
        Step(a, b, int(before[i]), int(after[i]), float(lift[i]), float(q[i]))
        for i, (a, b) in enumerate(crossed)
        if after[i] >= floor
        and min(people.get(way, 0) for way in ((a, b), (a, ""), ("", b))) >= floor
        and not is_small(before[i] - after[i], floor)
        and not is_small(times["", b] - after[i], floor)
    ]
    return sorted(found, key=lambda step: (-step.lift, step.a, step.b))


@dataclass(frozen=True)
class Next:
    """Of the purchases with the thing asked about that were followed by another, `after` had this
    in the next, by `people` customers: `lift` times as often as next purchases do at large."""

    name: str
    after: int
    people: int
    share: float
    lift: float
    q: float


def after_of(lines: ir.Table, mine: ir.Table, by: str) -> ir.Table:
    """name, times, mine, people: in how many next purchases it was, in how many after a purchase
    with one of `mine` (lines), of how many customers; with name empty, all next purchases. `by` is
    product or category. A day is a purchase."""
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


def nexts(rows: Sequence[dict[str, Any]], floor: int) -> tuple[int, list[Next], int]:
    """How many purchases with the thing were followed by another; what was in those, with at least
    `floor` customers, most often first; and how many things were compared. `q` is
    Benjamini–Hochberg over all compared, by a one-sided z of the counts."""
    whole = next((row for row in rows if row["name"] == ""), None)
    before, every = (int(whole["mine"] or 0), int(whole["times"])) if whole else (0, 0)
    if whole and (whole["people"] < floor or is_small(every - before, floor)):
        return 0, [], 0
    compared = [row for row in rows if row["name"] and row["times"] >= floor]
    if not before or not compared or before == every:
        return before, [], 0
    share = np.array([row["times"] / every for row in compared])
    after = np.array([float(row["mine"] or 0) for row in compared])
    spread = np.sqrt(before * share * (1 - share) * (1 - before / every))
    z = (after - before * share) / np.maximum(spread, 1e-9)
    q = false_discovery(normal_above(z))
    found = [
        Next(
            str(row["name"]),
            int(after[i]),
            int(row["people"]),
            float(after[i] / before),
            float(after[i] / (before * share[i])),
            float(q[i]),
        )
        for i, row in enumerate(compared)
        if row["people"] >= floor
        and not is_small(before - after[i], floor)
        and not is_small(row["times"] - after[i], floor)
    ]
    return before, sorted(found, key=lambda one: (-one.after, one.name)), len(compared)
