"""Count the texts on a theme by product and by month, and find the month from which it is written
about more or less often than before.

Each beginning of a month divides the texts in two; the division that chance explains least is
tested as `theme_shares` tests two periods, with its p times the number of divisions (Bonferroni).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from bot.data.analyses.feedback.quotes import find_theme
from bot.data.analyses.feedback.texts import choose_periods, is_of_few, list_values
from bot.data.analyses.feedback.theme_shares import (
    ThemeChange,
    compute_share_p_values,
    compute_stratified_p,
    stratify_texts,
)
from bot.data.analyses.feedback.theme_table import Mask, ThemeTable, is_complaint, load_theme_table
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.stats import compute_percent
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify

MIN_SPANS = 3  # with fewer there is no course to show
MIN_SIDE_TEXTS = 10  # before a month, and from it on
MAX_PRODUCTS = 8


@dataclass(frozen=True)
class MonthSpan:
    """One month or several that follow each other."""

    first: date
    last: date
    texts: Mask


def find_months(warehouse: Warehouse, filter_: AnalysisFilter, *, theme: str) -> AnalysisResult:
    """Return feedback.month-<yyyy-mm>.texts on the theme, .all-texts, .share (in %) and
    .complaints. Months of a place or segment are put together until enough people wrote in them.
    Where the share of complaints since a month differs from before, there are
    feedback.onset-<theme>.complaints-since, .verdict, .complaint-share-since and
    .complaint-share-before. Without days, these are the whole months of the last year."""
    result, table = load_theme_table(warehouse, filter_)
    dated = np.array([text.day is not None for text in table.texts], bool)
    periods = choose_periods(filter_, result.as_of)
    if filter_.since is None:
        periods = replace(periods, first=_begin_next_month(periods.first))
    table = table.select(periods.level(table.texts) & dated & table.listed)
    if theme not in table.column or is_of_few(table.texts, filter_, warehouse.floor):
        return result
    spans = list(_list_spans(table, filter_, warehouse.floor))
    if len(spans) < MIN_SPANS:
        return result
    flags, about = table.flags_of(theme), table.titles[theme]
    for span in spans:
        whole, days = int(span.texts.sum()), (span.first, span.last)
        mentions = int(((flags > 0) & span.texts).sum())
        add = partial(
            result.add,
            f"month-{span.first:%Y-%m}",
            about=about,
            rows=whole,
            days=days,
            query="texts",
        )
        add("texts", mentions)
        add("all-texts", whole)
        add("share", compute_percent(mentions, whole), "%")
        add("complaints", int((is_complaint(flags) & span.texts).sum()))
    if onset := _find_onset(table, theme, spans):
        change, day = onset
        before = (spans[0].first, day - timedelta(days=1))
        add = partial(result.add, f"onset-{theme}", about=about, query="texts")
        add("complaints-since", day, rows=change.of_now, days=(spans[0].first, spans[-1].last))
        add("verdict", change.verdict)
        for measure, part, whole, days in (
            ("complaint-share-since", change.now, change.of_now, (day, spans[-1].last)),
            ("complaint-share-before", change.before, change.of_before, before),
        ):
            add(measure, compute_percent(part, whole), "%", rows=whole, days=days)
    return result


def _list_spans(table: ThemeTable, filter_: AnalysisFilter, floor: int) -> Iterator[MonthSpan]:
    """Yield the months with all between them; each span has enough authors to be shown. What is too
    small at the end belongs to the last span."""
    if not table.texts:
        return
    ordinals = np.array([text.day.toordinal() if text.day else 0 for text in table.texts])
    first, end = (date.fromordinal(int(one)) for one in (ordinals.min(), ordinals.max()))
    spans: list[MonthSpan] = []
    while first <= end:
        last = min(end, _begin_next_month(first) - timedelta(days=1))
        if spans and _is_small(spans[-1], table, filter_, floor):
            first = spans.pop().first
        inside = (ordinals >= first.toordinal()) & (ordinals <= last.toordinal())
        spans.append(MonthSpan(first, last, inside))
        first = last + timedelta(days=1)
    if len(spans) > 1 and _is_small(spans[-1], table, filter_, floor):
        small, large = spans.pop(), spans.pop()
        spans.append(MonthSpan(large.first, small.last, large.texts | small.texts))
    yield from spans


def _begin_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _is_small(span: MonthSpan, table: ThemeTable, filter_: AnalysisFilter, floor: int) -> bool:
    return is_of_few(table.select(span.texts).texts, filter_, floor)


def _find_onset(
    table: ThemeTable, theme: str, spans: list[MonthSpan]
) -> tuple[ThemeChange, date] | None:
    """Return the change of the share of complaints and the first day of it; None where chance, or
    other products, may explain every one."""
    told = is_complaint(table.flags_of(theme))
    later = [np.logical_or.reduce([one.texts for one in spans[n:]]) for n in range(1, len(spans))]
    halves = [
        (day, now)
        for day, now in zip([one.first for one in spans[1:]], later, strict=True)
        if min(now.sum(), (~now).sum()) >= MIN_SIDE_TEXTS
    ]
    if not halves:
        return None
    counts = np.array(
        [[(told & a).sum(), a.sum(), (told & ~a).sum(), (~a).sum()] for _, a in halves], float
    )
    p = compute_share_p_values(*counts.T)
    best = int(p.argmin())
    day, now = halves[best]
    rated = np.array([text.rating is not None for text in table.texts], bool)
    shops, products = stratify_texts(table, np.ones(len(table.texts), bool), now, rated)
    strata = shops if table.is_shop(theme) else products
    q = min(1.0, float(p[best]) * len(halves))
    alike = compute_stratified_p(told, now, ~now, strata)
    late, of_late, early, of_early = map(int, counts[best])
    change = ThemeChange(theme, late, of_late, early, of_early, p=q, q=q, alike=alike)
    return (change, day) if change.verdict in ("confirmed", "to watch") else None


# By product.


def find_products(warehouse: Warehouse, filter_: AnalysisFilter, *, theme: str) -> AnalysisResult:
    """Return feedback.of-<product>.texts-on-it, .complaints-on-it and .all-texts, the products
    with the most texts on it first. Of a place or segment there is nothing where too few people
    wrote. `theme` is its key or its name."""
    result, table = load_theme_table(warehouse, filter_)
    periods = choose_periods(filter_, result.as_of)
    table = table.select(periods.level(table.texts) & table.listed)
    key = find_theme(theme, {name: table.titles[name] for name in table.column})
    if key is None or not table.texts or is_of_few(table.texts, filter_, warehouse.floor):
        return result
    flags = table.flags_of(key)
    products = np.array(list_values(table.texts, "product"), dtype=object)
    told = Counter(product for product in products[flags > 0] if product is not None)
    ranked = sorted(told.items(), key=lambda one: (-one[1], str(one[0])))
    titles = load_product_titles(warehouse, [product for product, _ in ranked])
    known = [text.day for text in table.texts if text.day]
    first = filter_.since or min(known, default=None)
    last = filter_.until or max(known, default=None)
    for product, mentions in ranked[:MAX_PRODUCTS]:
        here = products == product
        whole = int(here.sum())
        add = partial(
            result.add,
            f"of-{slugify(product)}",
            about=f"{table.titles[key]}, {titles.get(product, product)}",
            rows=whole,
            days=(first, last) if first and last else None,
            query="texts",
        )
        add("texts-on-it", mentions)
        add("complaints-on-it", int((is_complaint(flags) & here).sum()))
        add("all-texts", whole)
    return result
