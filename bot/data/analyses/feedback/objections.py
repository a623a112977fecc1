"""Find one objection to one product, with figures and with the customers' wording, for a landing
page that answers it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np

from bot.core.facts import Fact
from bot.data.analyses.feedback.aspects import load_lexicon
from bot.data.analyses.feedback.mention_records import COMPLAINT, PRAISE
from bot.data.analyses.feedback.mentions import find_mentions
from bot.data.analyses.feedback.quotes import MIN_QUOTE_LENGTH, CustomerSentence, select_quotes
from bot.data.analyses.feedback.texts import read_texts, select_feedback
from bot.data.analyses.feedback.theme_table import (
    ThemeTable,
    build_theme_table,
    is_complaint,
    is_praise,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.stats import compute_percent
from bot.data.warehouse.query import defer_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import LANGUAGES, Words
from bot.text.normalize import normalize_text, slugify

MIN_COMPLAINTS = 5  # with fewer complaints no figures are shown
MIN_PART_SHARE = 0.6  # of a theme's complaints; a part with this share replaces its theme
MIN_WAY_COMPLAINTS, MIN_WAY_SHARE, MAX_WAYS = 3, 0.15, 2
# The wording of the objection, by theme: the text on the page, and the normalised words that
# customers use.
OBJECTION_WAYS: dict[str, tuple[tuple[Words, str], ...]] = {
    "sizing": (
        (Words("in the sleeves"), r"\b(?:sleeves?|manches?|mangas?)\b"),
        (Words("at the chest"), r"\b(?:chest|bust|buste|poitrine|busto|peito)\b"),
        (Words("at the waist"), r"\b(?:waist\w*|a la taille|ceinture|cintura)\b"),
        (Words("at the shoulders"), r"\b(?:shoulders?|epaules?|ombros?)\b"),
        (Words("at the hips"), r"\b(?:hips?|thighs?|hanches?|cuisses?|quadril)\b"),
        (
            Words("in length"),
            r"\b(?:length|longueur|comprimento|too (?:long|short)|trop (?:long|court)\w*)\b",
        ),
    ),
    "colour": (
        (Words("darker"), r"\b(?:darker|plus (?:fonce|sombre)\w*|mais escur\w+)\b"),
        (Words("lighter"), r"\b(?:lighter|paler|plus (?:clair|pale)\w*|mais clar\w+)\b"),
        (Words("duller"), r"\b(?:duller|dull|faded|terne|fade|delave\w*|desbotad\w+)\b"),
        (Words("brighter"), r"\b(?:brighter|plus (?:vi[fv]|criard)\w*|mais (?:viv|fort)\w+)\b"),
    ),
}


@dataclass(frozen=True)
class ProductObjection:
    """`blamed` of `texts` about the product complain about `theme` ("sizing-small"). `ways` are the
    customers' specifics ("in the sleeves"), the most frequent first."""

    theme: str
    title: str
    blamed: int
    texts: int
    ways: tuple[Words, ...] = ()

    @property
    def has_enough_complaints(self) -> bool:
        """Whether there are enough complaints to show the figures on a page."""
        return self.blamed >= MIN_COMPLAINTS


def find_objection(warehouse: Warehouse, product: str, words: str) -> ProductObjection | None:
    """Return the objection that `words` name; None where they name none or nobody complained of it
    about the product."""
    if warehouse.table("feedback") is None:
        return None
    theme_table, _ = _load_theme_table(warehouse, product)
    theme = _match_theme(theme_table, words)
    if theme is None or not (blamed := _count_complaints(theme_table, theme)):
        return None
    return ProductObjection(
        theme,
        theme_table.titles[theme],
        blamed,
        len(theme_table.texts),
        tuple(_find_ways(theme_table, theme)),
    )


def _load_theme_table(warehouse: Warehouse, product: str) -> tuple[ThemeTable, ir.Table]:
    """Return the themes of the texts about a product, and the query of these texts."""
    filter_ = AnalysisFilter(product=product)
    expression = select_feedback(warehouse, filter_)
    theme_table = build_theme_table(read_texts(warehouse, expression, filter_))
    return theme_table.select(theme_table.listed), expression


def _match_theme(theme_table: ThemeTable, words: str) -> str | None:
    """Return the theme that the words name, by its title in either language or by the customers'
    wording; within it, the part that carries most of its complaints."""
    low = normalize_text(words)
    titled = [
        (len(name), subject)
        for subject, title in theme_table.titles.items()
        for language in LANGUAGES
        if (name := normalize_text(Words(title).to(language))) in low
    ]
    theme = max(titled)[1] if titled else _match_mentioned_theme(theme_table, words)
    return _choose_part(theme_table, theme) if theme else None


def _match_mentioned_theme(theme_table: ThemeTable, words: str) -> str | None:
    known = [concept for code in LANGUAGES if (concept := load_lexicon(code))]
    subjects = [
        s
        for concept in known
        for s in find_mentions(words, concept).flags
        if s in theme_table.column
    ]
    own = [subject for subject in subjects if not theme_table.is_shop(subject)]
    return max(own, key=lambda s: (_count_complaints(theme_table, s), len(s)), default=None)


def _choose_part(theme_table: ThemeTable, theme: str) -> str:
    parts = [subject for subject in theme_table.subjects if subject.startswith(f"{theme}-")]
    best = max(parts, key=lambda subject: _count_complaints(theme_table, subject), default=theme)
    return (
        best
        if _count_complaints(theme_table, best)
        >= max(1, MIN_PART_SHARE * _count_complaints(theme_table, theme))
        else theme
    )


def _count_complaints(theme_table: ThemeTable, theme: str) -> int:
    return int(np.sum(is_complaint(theme_table.flags_of(theme))))


def _find_ways(theme_table: ThemeTable, theme: str) -> Iterator[Words]:
    """Yield the specifics that the complaining sentences mention often enough."""
    mentions = [mention.spans.get(theme) if mention else None for mention in theme_table.mentions]
    sentences = [
        normalize_text(text.whole[span[0] : span[1]])
        for text, span in zip(theme_table.texts, mentions, strict=True)
        if span and span[2] == COMPLAINT
    ]
    counts = [
        (sum(bool(re.search(pattern, one)) for one in sentences), -n, words)
        for n, (words, pattern) in enumerate(OBJECTION_WAYS.get(theme.split("-")[0], ()))
    ]
    least = max(MIN_WAY_COMPLAINTS, MIN_WAY_SHARE * len(sentences))
    frequent = sorted(
        (one for one in counts if one[0] >= least), key=lambda one: one[:2], reverse=True
    )
    yield from (words for _, _, words in frequent[:MAX_WAYS])


# A customer's sentence that praises a product, and how many reviews praise the same.

MIN_REVIEWS = 10  # reviews from which "x of y" is shown


@dataclass(frozen=True)
class ProductPraise:
    """What the reviews of one product say about one theme: `praised` of `reviews` praise it.
    `quote` is the praising sentence of a text in the requested language that contains no
    complaint."""

    praised: int
    reviews: int
    quote: CustomerSentence | None

    @property
    def is_much(self) -> bool:
        return self.praised >= MIN_REVIEWS


def find_praise(
    warehouse: Warehouse, product: str, theme: str, language: str
) -> ProductPraise | None:
    """`theme` is as in a fact's id: "fabric-linen". None where nobody mentions it."""
    if warehouse.table("feedback") is None:
        return None
    theme_table, _ = _load_theme_table(warehouse, product)
    if theme not in theme_table.column:
        return None
    count = int(np.sum(is_praise(theme_table.flags_of(theme))))
    glad = theme_table.select(
        ~is_complaint(theme_table.flags).any(axis=1)
        & np.array([t.language == language for t in theme_table.texts], bool)
    )
    sentences = [
        _extract_praise_sentence(glad, quote, theme) for quote in select_quotes(glad, theme, PRAISE)
    ]
    return ProductPraise(count, len(theme_table.texts), sentences[0] if sentences else None)


def _extract_praise_sentence(
    theme_table: ThemeTable, quote: CustomerSentence, theme: str
) -> CustomerSentence:
    """Cut the quote to the praising sentence, unless that alone is too short."""
    mentions = theme_table.mentions[theme_table.texts.index(quote.text)]
    start, end, _ = mentions.spans[theme] if mentions else (0, 0, 0)
    sentence = quote.text.whole[start:end].strip()
    sentence = quote.text.hide_ids(sentence)
    return replace(quote, said=sentence) if len(sentence) >= MIN_QUOTE_LENGTH else quote


# The most praised and the most criticised theme of one product, for drafts.


def praise_and_objection(warehouse: Warehouse, product: str) -> tuple[Fact | None, Fact | None]:
    """Return feedback.<theme>--product-<product>.praise-share and .complaint-share: the % of the
    texts about the product that praise its most praised theme, and that complain about its most
    criticised one. Themes about the shop don't count. None where fewer than five texts mention
    it."""
    if warehouse.table("feedback") is None:
        return None, None
    theme_table, expression = _load_theme_table(warehouse, product)
    result = AnalysisResult("feedback", warehouse.source("feedback"), warehouse.as_of("feedback"))
    result.queries["texts"] = defer_sql(expression)
    return (
        _find_top_fact(result, theme_table, product, "praise-share"),
        _find_top_fact(result, theme_table, product, "complaint-share"),
    )


def _find_top_fact(
    result: AnalysisResult, theme_table: ThemeTable, product: str, measure: str
) -> Fact | None:
    judge = is_praise if measure == "praise-share" else is_complaint
    counts = {
        subject: int(np.sum(judge(theme_table.flags_of(subject))))
        for subject in theme_table.subjects
        if subject.split("-")[0] not in theme_table.shop
    }
    counts = {subject: count for subject, count in counts.items() if count >= MIN_COMPLAINTS}
    if not counts:
        return None
    # A part that carries most of its theme is more specific: "runs small" instead of "sizing".
    best = max(counts, key=lambda s: (counts[s] * (1.25 if "-" in s else 1.0), s))
    return result.add(
        f"{best}--product-{slugify(product)}",
        measure,
        compute_percent(counts[best], len(theme_table.texts)),
        unit="%",
        about=theme_table.titles[best],
        rows=len(theme_table.texts),
        query="texts",
    )
