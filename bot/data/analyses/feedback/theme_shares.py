"""Compute how often each theme is mentioned and how it is judged, which are mentioned more or less
often than in the period before, and which to fix first."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.texts import ComparedPeriods, FeedbackText, list_values
from bot.data.analyses.feedback.theme_table import (
    Mask,
    ThemeTable,
    is_complaint,
    is_praise,
    is_question,
)
from bot.data.analyses.result import AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.stats import (
    CONFIRMED_FDR,
    WATCHED_P,
    Numbers,
    adjust_false_discovery,
    chi_square_tail,
    compare_shares,
    compute_percent,
    hypergeometric_cdf,
    hypergeometric_tail,
    round_figure,
)
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

Strata = NDArray[np.intp]  # the number of each text's stratum

# Themes that are mentioned more or less often than in the period before.
#
# Two-proportion z test, or the exact hypergeometric test where fewer than 5 are expected; Benjamini
# and Hochberg (1995) over all tested themes. "Confirmed" needs q ≤ 10 %, a change of a fifth, 10
# texts, and the change must hold among comparable texts too (Mantel and Haenszel 1959): reviews are
# compared with reviews and, for themes about products, each product with itself. A different
# product mix is no change of opinion.

MIN_RELATIVE_CHANGE = 0.20  # relative; smaller changes are not reported
MAX_STRATIFIED_P = 0.05  # p among comparable texts
# of the texts on products mentioned in both periods, for these to be compared by product
MIN_PAIRED_SHARE = 0.6
MAX_PART_SHARE = 0.8  # when one part has this share of a theme's texts, only the part is tested
MIN_CHANGED_TEXTS = 10  # more or fewer than expected; in both periods required for a test
MIN_TEXTS_PER_PERIOD = 30  # texts required in each period
MAX_UNHAPPY_STARS = 2  # ratings up to this are unhappy


@dataclass(frozen=True)
class ThemeChange:
    """One theme now and before: numbers of texts that mention it, and numbers of all texts."""

    subject: str
    now: int
    of_now: int
    before: int
    of_before: int
    p: float
    q: float
    alike: float  # p among comparable texts

    @property
    def change(self) -> float | None:
        """The relative change; None when there was nothing before."""
        was = self.before / self.of_before
        return self.now / self.of_now / was - 1 if was else None

    @property
    def verdict(self) -> str:
        far = self.change is None or abs(self.change) >= MIN_RELATIVE_CHANGE
        if not far or (self.q > CONFIRMED_FDR and self.p >= WATCHED_P):
            return "no change seen"
        if self.alike > MAX_STRATIFIED_P:
            return "other products or channels"
        more = abs(self.now - self.of_now * self.before / self.of_before)
        return "confirmed" if self.q <= CONFIRMED_FDR and more >= MIN_CHANGED_TEXTS else "to watch"


def compare_periods(theme_table: ThemeTable, now: Mask, before: Mask) -> list[ThemeChange]:
    """Compare all themes with at least 10 texts in both periods together, and the unhappy ratings.
    Empty when a period has fewer than 30 texts."""
    inside, earlier = now & theme_table.listed, before & theme_table.listed
    if min(inside.sum(), earlier.sum()) < MIN_TEXTS_PER_PERIOD:
        return []
    rated = np.array([t.rating is not None for t in theme_table.texts], bool)
    rows = [
        (subject, theme_table.flags_of(subject) > 0, inside, earlier)
        for subject in _select_tested_themes(theme_table, inside | earlier)
    ]
    if min((rated & now).sum(), (rated & before).sum()) >= MIN_TEXTS_PER_PERIOD:
        unhappy = np.array(
            [t.rating is not None and t.rating <= MAX_UNHAPPY_STARS for t in theme_table.texts],
            bool,
        )
        rows.append(("unhappy", unhappy, rated & now, rated & before))
    if not rows:
        return []
    counts = [
        (int((told & a).sum()), int(a.sum()), int((told & b).sum()), int(b.sum()))
        for _, told, a, b in rows
    ]
    p = compute_share_p_values(*(np.array([row[k] for row in counts], float) for k in range(4)))
    shops, products = stratify_texts(theme_table, inside | earlier, inside, rated)
    shop = {"unhappy", *(s for s in theme_table.subjects if theme_table.is_shop(s))}
    alike = [
        compute_stratified_p(told, a, b, shops if subject in shop else products)
        for subject, told, a, b in rows
    ]
    return [
        ThemeChange(row[0], *count, p=float(p_value), q=float(q), alike=same)
        for row, count, p_value, q, same in zip(
            rows, counts, p, adjust_false_discovery(p), alike, strict=True
        )
    ]


def stratify_texts(
    theme_table: ThemeTable, both: Mask, now: Mask, rated: Mask
) -> tuple[Strata, Strata]:
    """Return the strata for themes about the shop and for themes about products: by product, or by
    category where most products are mentioned in one period only."""
    shops = rated.astype(np.intp)
    for dimension in ("product", "category"):
        numbers: dict[str | None, int] = {}
        values = list_values(theme_table.texts, dimension)
        strata = 2 * np.array([numbers.setdefault(v, len(numbers)) for v in values], np.intp)
        strata += shops
        in_now, in_before = (np.bincount(strata[both & one]) for one in (now, ~now))
        paired = np.intersect1d(np.flatnonzero(in_now), np.flatnonzero(in_before))
        if in_now[paired].sum() + in_before[paired].sum() >= MIN_PAIRED_SHARE * both.sum():
            return shops, strata
    return shops, shops


def _select_tested_themes(theme_table: ThemeTable, both: Mask) -> list[str]:
    """Return the themes with enough texts, without those that consist almost entirely of one
    part."""
    counts = {s: int(((theme_table.flags_of(s) > 0) & both).sum()) for s in theme_table.subjects}
    mostly = {
        s.split("-")[0]
        for s, count in counts.items()
        if "-" in s
        and count >= max(MIN_CHANGED_TEXTS, MAX_PART_SHARE * counts.get(s.split("-")[0], 0))
    }
    return [s for s, count in counts.items() if count >= MIN_CHANGED_TEXTS and s not in mostly]


def compute_stratified_p(mentioned: Mask, now: Mask, before: Mask, strata: Strata) -> float:
    """Return the two-sided p of a change stratified by kind of text: Mantel and Haenszel, J. Natl.
    Cancer Inst. 22 (1959) 719, continuity corrected."""
    both = now | before
    cell = 4 * strata[both] + 2 * before[both] + mentioned[both]
    cells = np.bincount(cell, minlength=4 * (int(strata.max()) + 1)).reshape(-1, 4).astype(float)
    silent, loud, silent_before, loud_before = cells[cells.sum(axis=1) >= 2].T
    all_now, all_before = silent + loud, silent_before + loud_before
    every, mentions = all_now + all_before, loud + loud_before
    above = float((loud - all_now * mentions / every).sum())
    spread = float(
        (all_now * all_before * mentions * (every - mentions) / (every**2 * (every - 1))).sum()
    )
    if not spread:
        return 1.0
    return chi_square_tail(max(0.0, abs(above) - 0.5) ** 2 / spread, 1)


def compute_share_p_values(
    now: Numbers, of_now: Numbers, before: Numbers, of_before: Numbers
) -> Numbers:
    """Return the two-sided p of each pair of shares."""
    normal = compare_shares(now, of_now, before, of_before, np.ones_like(now))
    every, mentioned = of_now + of_before, now + before
    least = (
        np.minimum.reduce([mentioned, every - mentioned]) * np.minimum(of_now, of_before) / every
    )
    above = hypergeometric_tail(now - 1, every, mentioned, of_now)
    below = hypergeometric_cdf(now, every, mentioned, of_now)
    exact = np.minimum(1.0, 2 * np.minimum(above, below))
    p_values: Numbers = np.where(least < 5, exact, normal)
    return p_values


def add_theme_changes(
    result: AnalysisResult,
    changes: list[ThemeChange],
    titles: dict[str, str],
    periods: ComparedPeriods,
) -> None:
    """Add feedback.<theme>.texts-now, .share-now, .share-before, .change and .verdict."""
    if not changes:
        result.add_limit(
            "What changed can't be told: that takes {n} dated texts in each of the two "
            "periods. A feedback file with dates and more texts would help.",
            n=MIN_TEXTS_PER_PERIOD,
        )
        return
    for theme_change in sorted(changes, key=lambda c: (c.p, c.subject)):
        about = titles.get(theme_change.subject) or get_theme_title(theme_change.subject)
        both = theme_change.of_now + theme_change.of_before
        add = partial(result.add, theme_change.subject, about=about, rows=both, query="texts")
        days = (periods.now, periods.last)
        add("texts-now", theme_change.now, rows=theme_change.of_now, days=days)
        now, of_now = theme_change.now, theme_change.of_now
        add("share-now", compute_percent(now, of_now), "%", rows=of_now, days=days)
        before, of_before = theme_change.before, theme_change.of_before
        earlier = (periods.before, periods.now - timedelta(days=1))
        share = compute_percent(before, of_before)
        add("share-before", share, "%", rows=of_before, days=earlier)
        if theme_change.change is not None:
            add("change", round_figure(100 * theme_change.change, 1), unit="%")
        add("verdict", theme_change.verdict)


MIN_THEME_TEXTS = 5  # with fewer texts a theme gets no shares of praise and complaint


def add_theme_shares(
    result: AnalysisResult, theme_table: ThemeTable, few: int = MIN_THEME_TEXTS
) -> None:
    """Add feedback.<theme>.texts, .share (% of the texts), .praise-share, .complaint-share and
    .question-share (% of the texts that mention it; a text may count for several), .complaints, and
    .rating (mean stars of those texts)."""
    ratings = np.array([np.nan if t.rating is None else t.rating for t in theme_table.texts])
    total = int(theme_table.listed.sum())
    for subject in theme_table.ranked:
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
            add("rating", round_figure(float(stars.mean()), 2), unit="of 5", rows=len(stars))


MIN_HAPPY_STARS = 4  # ratings from this on are happy
HAPPY = Words("share of ratings of 4 or 5 stars")
UNHAPPY = Words("share of ratings of 1 or 2 stars")


def add_text_ratings(result: AnalysisResult, texts: list[FeedbackText]) -> None:
    """Add feedback.all.rating, .happy-share and .unhappy-share of the rated texts."""
    stars = np.array([t.rating for t in texts if t.rating is not None], float)
    if not len(stars):
        return
    rated = len(stars)
    add = partial(result.add, "all", about=get_theme_title("all"), rows=rated, query="texts")
    add("rating", round_figure(float(stars.mean()), 2), unit="of 5")
    happy, unhappy = (stars >= MIN_HAPPY_STARS).sum(), (stars <= MAX_UNHAPPY_STARS).sum()
    for measure, some, label in (
        ("happy-share", happy, HAPPY),
        ("unhappy-share", unhappy, UNHAPPY),
    ):
        add(measure, compute_percent(int(some), rated), "%", of=rated, label=label.text)


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
        named = Counter(theme_table.texts[i].product for i in np.flatnonzero(loud))
        products = {p for p, times in named.items() if p and times >= MIN_PRODUCT_COMPLAINTS}
        reach = 1.0 if theme_table.is_shop(subject) else order_reach.share(products)
        ranked.append(FixPriority(subject, int(loud.sum()), trends.get(subject, 1.0), reach))
    parents = {f.subject.split("-")[0] for f in ranked if "-" in f.subject}
    shown = [f for f in ranked if f.subject not in parents and f.score > 0]
    return sorted(shown, key=lambda f: (-f.score, f.subject))[:MAX_PRIORITIES]


def add_priorities(
    result: AnalysisResult,
    worst: list[FixPriority],
    titles: dict[str, str],
    days: tuple[date, date] | None,
) -> None:
    """Add feedback.<theme>.fix-first-rank, and what it is ranked by: .fix-first-complaints (of
    `days`) × .fix-first-trend (missing where none is seen) × (1 + .fix-first-reach, a share of
    orders) ÷ 2."""
    for rank, priority in enumerate(worst, 1):
        add = partial(
            result.add,
            priority.subject,
            about=titles[priority.subject],
            rows=priority.complaints,
            query="texts",
        )
        add("fix-first-rank", rank)
        add("fix-first-complaints", priority.complaints, days=days)
        if priority.trend != 1:
            add("fix-first-trend", round_figure(priority.trend, 2), unit="times", days=days)
        add("fix-first-reach", compute_percent(round(1000 * priority.reach), 1000), unit="%")


class OrderReach:
    """The orders of the period by product. Without orders, every theme reaches all of them."""

    def __init__(self, warehouse: Warehouse, periods: ComparedPeriods, result: AnalysisResult):
        self._warehouse = warehouse
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
        floor = self._warehouse.sales_floor
        if is_below_floor(people, floor):  # too few people for the number to be shown
            return 0.0
        return 1.0 if is_below_floor(self._total - reached, floor) else reached / self._total

    def _count(self, expression: ir.Table) -> int:
        return int(fetch_rows(self._warehouse, expression)[0]["n"])


def _limit_trend(theme_change: ThemeChange) -> float:
    if theme_change.verdict == "no change seen":
        return 1.0
    if theme_change.change is None:
        return TREND_LIMITS[1]
    return min(TREND_LIMITS[1], max(TREND_LIMITS[0], 1 + theme_change.change))
