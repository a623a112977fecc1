"""Select quotes: verbatim sentences, each with the id of its text."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.facts import Fact
from bot.data.analyses.feedback.mentions import (
    COMPLAINT,
    PRAISE,
    QUESTION,
    ThemeTable,
    is_complaint,
    is_praise,
    is_question,
)
from bot.data.analyses.feedback.texts import FeedbackText
from bot.data.analyses.feedback.tokens import tokenize_words
from bot.data.analyses.result import AnalysisResult
from bot.privacy.personal_data import find_personal_data as personal

MAX_QUOTES = 3
MIN_QUOTE_LENGTH, MAX_QUOTE_LENGTH = 25, 220  # in characters
MAX_TEXTS_TRIED = 250  # the newest texts on a theme, from which its quotes are chosen
MAX_COMPLAINT_STARS, MIN_PRAISE_STARS = 3, 4  # stars
# Jaccard similarity of the words, from which two quotes count as the same
MAX_QUOTE_SIMILARITY = 0.5


@dataclass(frozen=True)
class Quote:
    """One or more whole sentences of one text."""

    text: FeedbackText
    said: str


def select_quotes(theme_table: ThemeTable, subject: str, flag: int) -> list[Quote]:
    """Return at most three quotes of texts with this flag (PRAISE, COMPLAINT or QUESTION): typical
    in their words, different from each other, without personal data. Complaints come from unhappy
    customers where there are any, because a five-star text with "a bit tight" is no complaint to
    show first."""
    column = theme_table.flags_of(subject)
    places = np.flatnonzero((column & flag) > 0)
    newest = sorted(
        places,
        key=lambda i: (theme_table.texts[i].day is None, _get_age_key(theme_table.texts[i]), i),
    )
    quotes = [
        q
        for i in newest[:MAX_TEXTS_TRIED]
        if (q := _build_quote(theme_table, int(i), subject, flag))
    ]
    bags = [frozenset(tokenize_words(q.said, q.text.language)) for q in quotes]
    often = Counter(word for bag in bags for word in bag)
    ranked = sorted(
        range(len(quotes)),
        key=lambda k: (
            _contradicts_rating(quotes[k].text, flag),
            -sum(often[w] for w in bags[k]) / max(6, len(bags[k])) ** 0.9,
            k,
        ),
    )
    chosen: list[int] = []
    for k in ranked:
        if all(
            _compute_similarity(bags[k], bags[other]) < MAX_QUOTE_SIMILARITY for other in chosen
        ):
            chosen.append(k)
        if len(chosen) == MAX_QUOTES:
            break
    return [quotes[k] for k in chosen]


def add_quotes(
    result: AnalysisResult,
    theme_table: ThemeTable,
    subjects: Sequence[str],
    blamed: Collection[str],
) -> None:
    """Add feedback.<theme>.quote-1 to -3: complaints for themes in `blamed`, else the most frequent
    of complaint, praise and question."""
    for subject in subjects:
        flags = theme_table.flags_of(subject)
        counts = {
            COMPLAINT: int(is_complaint(flags).sum()),
            PRAISE: int(is_praise(flags).sum()),
            QUESTION: int(is_question(flags).sum()),
        }
        way = COMPLAINT if subject in blamed else max(counts, key=lambda w: (counts[w], -w))
        for n, quote in enumerate(
            select_quotes(theme_table, subject, way) if counts[way] else [], 1
        ):
            add_quote(result, subject, f"quote-{n}", theme_table.titles[subject], quote)


def add_quote(result: AnalysisResult, subject: str, measure: str, about: str, quote: Quote) -> Fact:
    """Add the verbatim words. The unit is their language, the source names the text."""
    text = quote.text
    stars = f"{text.rating:g}/5" if text.rating is not None else ""
    source = result.source.with_details(text.id, text.channel, stars)
    language = text.language if len(text.language) == 2 else None
    return result.add(
        subject,
        measure,
        quote.said,
        unit=language,
        about=about,
        rows=1,
        source=source,
        as_of=text.day,
        query="texts",
    )


def _build_quote(theme_table: ThemeTable, i: int, subject: str, way: int) -> Quote | None:
    """Return the sentence with the mention, or the whole text when it is short; None when it is not
    suitable."""
    text, mentions = theme_table.texts[i], theme_table.mentions[i]
    if mentions is None or subject not in mentions.spans:
        return None
    start, end, flag = mentions.spans[subject]
    if flag != way or start < text.offset:
        return None
    whole = text.whole[text.offset :]
    short = len(whole) <= MAX_QUOTE_LENGTH and "\n" not in whole
    chosen = whole if short else text.whole[start:end]
    if not MIN_QUOTE_LENGTH <= len(chosen) <= MAX_QUOTE_LENGTH or personal(chosen):
        return None
    return Quote(text, chosen)


def _contradicts_rating(text: FeedbackText, flag: int) -> bool:
    """Tell whether the author's rating contradicts the flag."""
    if text.rating is None:
        return False
    return (
        text.rating > MAX_COMPLAINT_STARS
        if flag == COMPLAINT
        else flag == PRAISE and text.rating < MIN_PRAISE_STARS
    )


def _get_age_key(text: FeedbackText) -> int:
    return -text.day.toordinal() if text.day else 0


def _compute_similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
