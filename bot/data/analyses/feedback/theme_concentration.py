"""Find where a theme concentrates: products, channels, regions and segments that mention it more
often than others.

Exact hypergeometric test of one place against all others, with Benjamini and Hochberg over all
tested themes and places. A place needs at least the floor of texts and of authors, as many
elsewhere, and 5 texts that mention the theme. A category where one product is nearly all of it is
told as that product, even where its texts alone are below the floor: it is no group of people."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from bot.data.analyses.feedback.texts import DIMENSIONS, list_values
from bot.data.analyses.feedback.theme_table import Mask, ThemeTable, is_complaint, is_praise
from bot.data.analyses.result import AnalysisResult
from bot.data.stats import (
    CONFIRMED_FDR,
    adjust_false_discovery,
    compute_percent,
    hypergeometric_tail,
    round_figure,
)
from bot.text.normalize import slugify

MIN_LIFT = 1.5  # times as often as elsewhere
# languages are left out because each has its own list, so they can't be compared
PRODUCT_DIMENSIONS = ("product", "category", "channel", "segment")
MIN_THEME_TEXTS = 5  # texts on the theme in that place
MAX_PLACES = 3  # per theme and dimension
MAX_PART_SHARE = 0.8  # when one part has this share of a place's mentions, only the part is shown
MIN_PRODUCT_SHARE = 0.9  # of a category's mentions, when only the product is shown


@dataclass(frozen=True)
class ThemeConcentration:
    """One theme in one place: `mentions` of `texts` mention it there, `elsewhere` of `others` do
    elsewhere."""

    subject: str
    dimension: str
    value: str
    mentions: int
    texts: int
    elsewhere: int
    others: int
    complaints: int
    praise: int
    p: float
    q: float

    @property
    def lift(self) -> float:
        """How many times as often as elsewhere; where nobody else mentions it, half a text is
        assumed."""
        return (self.mentions / self.texts) / (max(self.elsewhere, 0.5) / self.others)

    @property
    def is_found(self) -> bool:
        return (
            self.q <= CONFIRMED_FDR and self.lift >= MIN_LIFT and self.mentions >= MIN_THEME_TEXTS
        )


def find_concentrations(
    lasting: ThemeTable, recent: ThemeTable, floor: int
) -> list[ThemeConcentration]:
    """Return everything tested, in a fixed order, a category as the one product that it is about.
    Themes about products are tested on the texts of
    a year, by product and customer dimensions; themes about the shop, which come and go, on the
    recent texts, by region as well."""
    lasting, recent = lasting.select(lasting.listed), recent.select(recent.listed)
    rows = [
        *_count_by_place(lasting, PRODUCT_DIMENSIONS, floor, shop=False),
        *_count_by_place(recent, DIMENSIONS[:-1], floor, shop=True),
    ]
    if not rows:
        return []
    tolds, of, everys, totals = (np.array([row[k] for row in rows]) for k in (3, 4, 5, 8))
    p = np.minimum(1.0, 2 * hypergeometric_tail(tolds - 1, totals, everys, of))
    q = adjust_false_discovery(p)
    tested = [
        ThemeConcentration(s, d, v, t, n, e - t, o - n, c, g, float(a), float(b))
        for (s, d, v, t, n, e, c, g, o), a, b in zip(rows, p, q, strict=True)
    ]
    narrowed = (
        _narrow(one, recent if recent.is_shop(one.subject) else lasting)
        if one.dimension == "category" and one.is_found
        else one
        for one in tested
    )
    by_place: dict[tuple[str, str, str], ThemeConcentration] = {}
    for one in sorted(narrowed, key=lambda one: one.p):
        by_place.setdefault((one.subject, one.dimension, one.value), one)
    return list(by_place.values())


def _narrow(category: ThemeConcentration, theme_table: ThemeTable) -> ThemeConcentration:
    """Return the concentration on the product that has nearly all mentions of its category."""
    flags = theme_table.flags_of(category.subject)
    inside = np.array(list_values(theme_table.texts, "category"), dtype=object) == category.value
    products = np.array(list_values(theme_table.texts, "product"), dtype=object)
    told = Counter(products[inside & (flags > 0)]).most_common(1)
    if told[0][0] is None or told[0][1] < MIN_PRODUCT_SHARE * category.mentions:
        return category
    here = products == told[0][0]
    mentions, texts = int((flags[here] > 0).sum()), int(here.sum())
    return replace(
        category,
        dimension="product",
        value=told[0][0],
        mentions=mentions,
        texts=texts,
        elsewhere=category.mentions + category.elsewhere - mentions,
        others=category.texts + category.others - texts,
        complaints=int((is_complaint(flags) & here).sum()),
        praise=int((is_praise(flags) & here).sum()),
    )


def _count_by_place(
    theme_table: ThemeTable, dimensions: Sequence[str], floor: int, *, shop: bool
) -> Iterator[tuple[str, str, str, int, int, int, int, int, int]]:
    """Yield for each theme and place: the mentions and texts there, all mentions, complaints and
    praise there, and all texts it is compared with."""
    subjects = [s for s in theme_table.subjects if theme_table.is_shop(s) == shop]
    flags = theme_table.flags[:, [theme_table.column[s] for s in subjects]]
    who = np.array([text.author for text in theme_table.texts], dtype=object)
    everywhere = np.ones(len(who), bool)
    all_mentions = (flags > 0).sum(axis=0)
    for dimension in dimensions:
        column = np.array(list_values(theme_table.texts, dimension), dtype=object)
        for value, texts in sorted(Counter(v for v in column if v is not None).items()):
            here = column == value
            like, of_like = everywhere, all_mentions
            if dimension == "channel":
                like = _select_similar_texts(theme_table, here)
                of_like = (flags[like] > 0).sum(axis=0)
            total = int(like.sum())
            if texts < floor or total - texts < floor:
                continue
            if not (_has_authors(who[here], floor) and _has_authors(who[like & ~here], floor)):
                continue
            there = flags[here]
            kinds = ((there > 0), is_complaint(there), is_praise(there))
            counts = (*(each.sum(axis=0) for each in kinds), of_like)
            for subject, mentions, loud, kind, every in zip(
                subjects, *(each.tolist() for each in counts), strict=True
            ):
                if every >= 2 * MIN_THEME_TEXTS:
                    yield subject, dimension, value, mentions, texts, every, loud, kind, total


def _has_authors(names: Iterable[str], floor: int) -> bool:
    """Tell whether there are at least `floor` different authors."""
    seen: set[str] = set()
    for name in names:
        if len(seen) >= floor:
            break
        seen.add(name)
    return len(seen) >= floor


def _select_similar_texts(theme_table: ThemeTable, here: Mask) -> Mask:
    """Return the comparable texts: a channel of reviews is compared with reviews, a channel of
    messages with messages, because people write different things there."""
    rated = np.array([text.rating is not None for text in theme_table.texts], bool)
    same: Mask = (rated if rated[here].mean() >= 0.5 else ~rated) | here
    return same


def _explains(part: ThemeConcentration, one: ThemeConcentration) -> bool:
    """Tell whether a part of the theme shows the same concentration."""
    same_place = (part.dimension, part.value) == (one.dimension, one.value)
    is_part = same_place and part.subject.startswith(f"{one.subject}-")
    return is_part and part.mentions >= MAX_PART_SHARE * one.mentions


def add_concentrations(
    result: AnalysisResult,
    tested: list[ThemeConcentration],
    titles: dict[str, str],
    products: dict[str, str],
    days: Callable[[str], tuple[date, date] | None],
) -> None:
    """Add feedback.<theme>--<dimension>-<value>.share, .share-elsewhere, .lift, .complaints and
    .verdict for the strongest three per theme and dimension. `days` returns those on whose texts a
    theme was tested, None for all."""
    shown: Counter[tuple[str, str]] = Counter()
    places = [g for g in tested if g.is_found]
    places = [one for one in places if not any(_explains(other, one) for other in places)]
    for one in sorted(places, key=lambda g: (g.p, g.subject, g.value)):
        shown[one.subject, one.dimension] += 1
        if shown[one.subject, one.dimension] > MAX_PLACES:
            continue
        place = products.get(one.value, one.value) if one.dimension == "product" else one.value
        add = partial(
            result.add,
            f"{one.subject}--{one.dimension}-{slugify(one.value)}",
            about=f"{titles[one.subject]}, {place}",
            rows=one.texts,
            query="texts",
            days=days(one.subject),
        )
        add("texts", one.mentions)
        add("share", compute_percent(one.mentions, one.texts), unit="%")
        elsewhere = compute_percent(one.elsewhere, one.others)
        add("share-elsewhere", elsewhere, "%", rows=one.others)
        add("complaints", one.complaints)
        add("praise-share", compute_percent(one.praise, one.mentions), "%", rows=one.mentions)
        if one.elsewhere:
            add("lift", round_figure(one.lift, 1), "times", rows=one.texts + one.others)
        add("verdict", "confirmed")
