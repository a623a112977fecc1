"""Compute how often each theme is mentioned and how it is judged, as shares of the period's texts;
the stars of the texts; and which themes to fix first."""

from collections import Counter
from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.mentions import (
    Mask,
    ThemeTable,
    is_complaint,
    is_praise,
    is_question,
)
from bot.data.analyses.feedback.texts import ComparedPeriods, FeedbackText
from bot.data.analyses.feedback.theme_changes import ThemeChange
from bot.data.analyses.result import AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.stats import compute_percent
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MIN_THEME_TEXTS = 5  # with fewer texts a theme gets no shares of praise and complaint


def add_theme_shares(
    result: AnalysisResult, theme_table: ThemeTable, few: int = MIN_THEME_TEXTS
) -> None:
    """Add feedback.<theme>.texts, .share (% of the texts), .praise-share, .complaint-share and
    .question-share (% of the texts that mention it; a text may count for several), .complaints, and
    .rating (mean stars of those texts)."""
    ratings = np.array([np.nan if t.rating is None else t.rating for t in theme_table.texts])
    total = int(theme_table.listed.sum())
    for subject in sorted(
        theme_table.subjects, key=lambda s: -int((theme_table.flags_of(s) > 0).sum())
    ):
        flags = theme_table.flags_of(subject)
        count = int((flags > 0).sum())
        if not count:
            continue
        about = theme_table.titles[subject]
        add = partial(result.add, subject, about=about, rows=count, query="texts")
        add("texts", count)
        add("share", compute_percent(count, total), unit="%", rows=total)
        if count < few:
            continue
        add("praise-share", compute_percent(int(is_praise(flags).sum()), count), unit="%")
        add("complaint-share", compute_percent(int(is_complaint(flags).sum()), count), unit="%")
        add("question-share", compute_percent(int(is_question(flags).sum()), count), unit="%")
        add("complaints", int(is_complaint(flags).sum()))
        stars = ratings[(flags > 0) & np.isfinite(ratings)]
        if len(stars) >= few:
            add("rating", round(float(stars.mean()), 1), unit="of 5", rows=len(stars))


# stars from which a text is happy, and up to which it is unhappy
MIN_HAPPY_STARS, MAX_UNHAPPY_STARS = 4.0, 2.0


def add_text_ratings(result: AnalysisResult, texts: list[FeedbackText]) -> None:
    """Add feedback.all.rating, .happy-share and .unhappy-share of the rated texts."""
    stars = np.array([t.rating for t in texts if t.rating is not None], float)
    if not len(stars):
        return
    rated = len(stars)
    add = partial(result.add, "all", about=get_theme_title("all"), rows=rated, query="texts")
    add("rating", round(float(stars.mean()), 2), unit="of 5")
    happy, unhappy = (stars >= MIN_HAPPY_STARS).sum(), (stars <= MAX_UNHAPPY_STARS).sum()
    add("happy-share", compute_percent(int(happy), rated), unit="%")
    add("unhappy-share", compute_percent(int(unhappy), rated), unit="%")


# Rank what to fix first: complaints × trend (where significant) × reach.
#
# The reach of a theme about the shop (delivery, payment) is all orders; that of a theme about
# products is the share of orders that contain a product complained about. A complaint counts one
# half by itself, and one half by its reach.

MIN_COMPLAINTS = 5  # complaints in the period
MIN_PRODUCT_COMPLAINTS = 2  # complaints about a product, from which its orders count as reached
TREND_LIMITS = (0.5, 2.0)  # the trend is clipped to this range
MAX_PRIORITIES = 5


@dataclass(frozen=True)
class FixPriority:
    """`trend` is the share now over the share before (1 where chance explains it); `reach` is a
    share of the orders, 0 to 1."""

    subject: str
    complaints: int
    trend: float
    reach: float

    @property
    def score(self) -> float:
        return self.complaints * self.trend * (1 + self.reach) / 2


def rank_priorities(
    theme_table: ThemeTable, recent: Mask, changes: list[ThemeChange], order_reach: "OrderReach"
) -> list[FixPriority]:
    """Return the worst themes first. Sub-themes replace their theme where it has any."""
    trends = {change.subject: _limit_trend(change) for change in changes}
    ranked = []
    for subject in theme_table.subjects:
        loud = is_complaint(theme_table.flags_of(subject)) & recent
        if int(loud.sum()) < MIN_COMPLAINTS:
            continue
        named = Counter(
            t.product for t, is_loud in zip(theme_table.texts, loud, strict=True) if is_loud
        )
        products = {p for p, times in named.items() if p and times >= MIN_PRODUCT_COMPLAINTS}
        reach = 1.0 if theme_table.is_shop(subject) else order_reach.share(products)
        ranked.append(FixPriority(subject, int(loud.sum()), trends.get(subject, 1.0), reach))
    parents = {f.subject.split("-")[0] for f in ranked if "-" in f.subject}
    shown = [f for f in ranked if f.subject not in parents and f.score > 0]
    return sorted(shown, key=lambda f: (-f.score, f.subject))[:MAX_PRIORITIES]


def add_priorities(
    result: AnalysisResult, worst: list[FixPriority], titles: dict[str, str]
) -> None:
    """Add feedback.<theme>.fix-first-rank, and what it is ranked by:
    .fix-first-complaints × .fix-first-trend × (1 + .fix-first-reach, a share of orders) ÷ 2."""
    for rank, priority in enumerate(worst, 1):
        add = partial(
            result.add,
            priority.subject,
            about=titles[priority.subject],
            rows=priority.complaints,
            query="texts",
        )
        add("fix-first-rank", rank)
        add("fix-first-complaints", priority.complaints)
        add("fix-first-trend", round(priority.trend, 2), unit="times")
        add("fix-first-reach", compute_percent(round(1000 * priority.reach), 1000), unit="%")


class OrderReach:
    """The orders of the period by product. Without orders, every theme reaches all of them."""

    def __init__(self, warehouse: Warehouse, periods: ComparedPeriods, result: AnalysisResult):
        self._orders: dict[str, int] = {}
        self._shelf, self._over = warehouse, periods
        self._lines = warehouse.table("orders")
        if self._lines is not None:
            day = self._lines["at"].date()
            self._lines = self._lines.filter(
                day >= ibis.literal(periods.before), day <= ibis.literal(periods.last)
            )
            self._total = self._count(self._lines.aggregate(n=self._lines["order"].nunique()))
            result.queries["reach"] = defer_sql(
                self._lines.group_by("product").aggregate(n=self._lines["order"].nunique())
            )

    def share(self, products: set[str]) -> float:
        """Return the share (0 to 1) of the orders since the beginning of the previous period."""
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
        if is_below_floor(people, floor):  # too few people for the number to be shown
            return 0.0
        return 1.0 if is_below_floor(self._total - reached, floor) else reached / self._total

    def _count(self, expression: ir.Table) -> int:
        return int(fetch_rows(self._shelf, expression)[0]["n"])


def _limit_trend(theme_change: ThemeChange) -> float:
    if theme_change.verdict == "no change seen":
        return 1.0
    if theme_change.change is None:
        return TREND_LIMITS[1]
    return min(TREND_LIMITS[1], max(TREND_LIMITS[0], 1 + theme_change.change))
