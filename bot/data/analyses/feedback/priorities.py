"""What to fix first: complaints, times the trend where it is more than chance, times the reach.

The reach of a theme about the shop (delivery, payment) is every order; that of a theme about
products is the share of orders that hold a product complained about. A complaint counts half for
itself, and half by its reach.
"""

from collections import Counter
from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.types as ir

from bot.data.analyses.feedback.changes import Moved
from bot.data.analyses.feedback.periods import Periods
from bot.data.analyses.feedback.theme_shares import percent
from bot.data.analyses.feedback.theme_table import Listened, Mask, complains
from bot.data.analyses.result import Findings
from bot.data.floors import is_small
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf

LEAST = 5  # complaints in the period
TWICE = 2  # complaints about a product, from which its orders count as reached
TREND = (0.5, 2.0)  # the trend counts no more than this
SHOWN = 5


@dataclass(frozen=True)
class ToFix:
    """`trend` is the share now over the share before (1 where chance explains it), `reach` a share
    of the orders, 0 to 1."""

    subject: str
    complaints: int
    trend: float
    reach: float

    @property
    def score(self) -> float:
        return self.complaints * self.trend * (1 + self.reach) / 2


def to_fix(said: Listened, recent: Mask, changes: list[Moved], bought: "Bought") -> list[ToFix]:
    """The worst first; sub-themes stand for their theme where there are any."""
    trends = {one.subject: _trend(one) for one in changes}
    found = []
    for subject in said.subjects:
        loud = complains(said.of(subject)) & recent
        if int(loud.sum()) < LEAST:
            continue
        named = Counter(t.product for t, is_loud in zip(said.texts, loud, strict=True) if is_loud)
        products = {p for p, times in named.items() if p and times >= TWICE}
        reach = 1.0 if said.is_shop(subject) else bought.share(products)
        found.append(ToFix(subject, int(loud.sum()), trends.get(subject, 1.0), reach))
    parents = {f.subject.split("-")[0] for f in found if "-" in f.subject}
    kept = [f for f in found if f.subject not in parents and f.score > 0]
    return sorted(kept, key=lambda f: (-f.score, f.subject))[:SHOWN]


def tell_to_fix(found: Findings, worst: list[ToFix], titles: dict[str, str]) -> None:
    """feedback.<theme>.fix-first-rank, .fix-first-score, and what it is made of:
    .fix-first-complaints × .fix-first-trend × (1 + .fix-first-reach, a share of orders) ÷ 2."""
    for rank, one in enumerate(worst, 1):
        add = partial(
            found.add, one.subject, about=titles[one.subject], rows=one.complaints, query="texts"
        )
        add("fix-first-rank", rank)
        add("fix-first-score", round(one.score, 1))
        add("fix-first-complaints", one.complaints)
        add("fix-first-trend", round(one.trend, 2), unit="times")
        add("fix-first-reach", percent(round(1000 * one.reach), 1000), unit="%")


class Bought:
    """Which orders of the period hold which products. Without orders everything reaches all."""

    def __init__(self, shelf: Shelf, over: Periods, found: Findings):
        self._orders: dict[str, int] = {}
        self._shelf, self._over = shelf, over
        self._lines = shelf.table("orders")
        if self._lines is not None:
            day = self._lines["at"].date()
            self._lines = self._lines.filter(
                day >= ibis.literal(over.before), day <= ibis.literal(over.last)
            )
            self._total = self._count(self._lines.aggregate(n=self._lines["order"].nunique()))
            found.queries["reach"] = sql_later(
                self._lines.group_by("product").aggregate(n=self._lines["order"].nunique())
            )

    def share(self, products: set[str]) -> float:
        """Of the orders since the beginning of the period before, 0 to 1."""
        if self._lines is None or not self._total:
            return 1.0
        if not products:
            return 0.0
        held = self._lines.filter(self._lines.product.isin(sorted(products)))
        reached = self._count(held.aggregate(n=held["order"].nunique()))
        people = self._count(
            held.aggregate(n=ibis.coalesce(held.customer, held["order"]).nunique())
        )
        floor = self._shelf.sales_floor
        if is_small(people, floor):  # so few that it is not told how many
            return 0.0
        return 1.0 if is_small(self._total - reached, floor) else reached / self._total

    def _count(self, expression: ir.Table) -> int:
        return int(rows_of(self._shelf, expression)[0]["n"])


def _trend(one: Moved) -> float:
    if one.verdict == "no change seen":
        return 1.0
    if one.change is None:
        return TREND[1]
    return min(TREND[1], max(TREND[0], 1 + one.change))
