"""What people say in their own words: quotes, letter for letter, each with the id of its text."""

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
MIN_QUOTE_LENGTH, MAX_QUOTE_LENGTH = 25, 220  # letters
MAX_TEXTS_TRIED = 250  # the newest texts on a theme, looked at for its quotes
MAX_COMPLAINT_STARS, MIN_PRAISE_STARS = 3, 4  # stars
MAX_QUOTE_SIMILARITY = 0.5  # Jaccard of the words from which two quotes are one


@dataclass(frozen=True)
class Quote:
    """Some whole sentences of one text."""

    text: FeedbackText
    said: str


def select_quotes(said: ThemeTable, subject: str, way: int) -> list[Quote]:
    """At most three, of texts that praise, complain or ask (PRAISE, COMPLAINT, QUESTION): typical
    by their words, none like another, none with personal data. A complaint is quoted of who was
    unhappy, where somebody was: five stars and "a bit tight" is no complaint to be shown first."""
    column = said.of(subject)
    places = np.flatnonzero((column & way) > 0)
    newest = sorted(
        places, key=lambda i: (said.texts[i].day is None, _get_age_key(said.texts[i]), i)
    )
    found = [q for i in newest[:MAX_TEXTS_TRIED] if (q := _build_quote(said, int(i), subject, way))]
    bags = [frozenset(tokenize_words(q.said, q.text.language)) for q in found]
    often = Counter(word for bag in bags for word in bag)
    ranked = sorted(
        range(len(found)),
        key=lambda k: (
            _contradicts_rating(found[k].text, way),
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
    return [found[k] for k in chosen]


def add_quotes(
    found: AnalysisResult, said: ThemeTable, subjects: Sequence[str], blamed: Collection[str]
) -> None:
    """feedback.<theme>.quote-1 to -3: complaints of themes that are `blamed`, else whichever is
    told more, complaint, praise or question."""
    for subject in subjects:
        flags = said.of(subject)
        told = {
            COMPLAINT: int(is_complaint(flags).sum()),
            PRAISE: int(is_praise(flags).sum()),
            QUESTION: int(is_question(flags).sum()),
        }
        way = COMPLAINT if subject in blamed else max(told, key=lambda w: (told[w], -w))
        for n, quote in enumerate(select_quotes(said, subject, way) if told[way] else [], 1):
            add_quote(found, subject, f"quote-{n}", said.titles[subject], quote)


def add_quote(found: AnalysisResult, subject: str, measure: str, about: str, quote: Quote) -> Fact:
    """The words as they were written; the unit is their language, the source names the text."""
    text = quote.text
    stars = f"{text.rating:g}/5" if text.rating is not None else ""
    source = found.source.with_details(text.id, text.channel, stars)
    language = text.language if len(text.language) == 2 else None
    return found.add(
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


def _build_quote(said: ThemeTable, i: int, subject: str, way: int) -> Quote | None:
    """The sentence that says it, or the whole text when that is short; None when it won't do."""
    text, heard = said.texts[i], said.heard[i]
    if heard is None or subject not in heard.spans:
        return None
    start, end, flag = heard.spans[subject]
    if flag != way or start < text.offset:
        return None
    whole = text.whole[text.offset :]
    short = len(whole) <= MAX_QUOTE_LENGTH and "\n" not in whole
    chosen = whole if short else text.whole[start:end]
    if not MIN_QUOTE_LENGTH <= len(chosen) <= MAX_QUOTE_LENGTH or personal(chosen):
        return None
    return Quote(text, chosen)


def _contradicts_rating(text: FeedbackText, way: int) -> bool:
    """Whether who said it gave stars that say the contrary."""
    if text.rating is None:
        return False
    return (
        text.rating > MAX_COMPLAINT_STARS
        if way == COMPLAINT
        else way == PRAISE and text.rating < MIN_PRAISE_STARS
    )


def _get_age_key(text: FeedbackText) -> int:
    return -text.day.toordinal() if text.day else 0


def _compute_similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
