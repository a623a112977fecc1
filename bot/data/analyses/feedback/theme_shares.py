"""Compute how often each theme is mentioned and how it is judged, as shares of the period's
texts."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from math import log, sqrt

import numpy as np

from bot.data.analyses.feedback.aspects import get_theme_title
from bot.data.analyses.feedback.languages import FILLER_WORDS
from bot.data.analyses.feedback.mentions import (
    Mask,
    ThemeTable,
    is_complaint,
    is_praise,
    is_question,
)
from bot.data.analyses.feedback.texts import find_proper_nouns
from bot.data.analyses.result import AnalysisResult
from bot.text.language import STOP_WORDS

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


def compute_percent(part: int, whole: int) -> float:
    """Return percent with one decimal; 0 when `whole` is 0."""
    return round(100 * part / whole, 1) if whole else 0.0


# Words that complaints use more often than praise does.

PRIOR_WORDS = 500.0  # the prior's weight, in words
MIN_TEXTS_PER_SIDE = 40  # required on each side for a comparison
MIN_WORD_TEXTS = 8  # texts in which a word occurs
MIN_Z = 1.96  # z score
MAX_WORDS = 10


@dataclass(frozen=True)
class WordContrast:
    """`z` above zero: complaints use the word more. `texts` counts the texts that contain it."""

    word: str
    z: float
    texts: int


def compute_log_odds(
    ours: Counter[str], theirs: Counter[str], texts: Counter[str]
) -> list[WordContrast]:
    """Return every word that occurs in at least 8 texts, the most typical of `ours` first."""
    together = ours + theirs
    scale = PRIOR_WORDS / max(1, sum(together.values()))
    a, b, prior = sum(ours.values()), sum(theirs.values()), PRIOR_WORDS
    contrasts = []
    for word, texts_with in texts.items():
        if texts_with < MIN_WORD_TEXTS:
            continue
        alpha = together[word] * scale
        mine, other = ours[word] + alpha, theirs[word] + alpha
        delta = log(mine / (a + prior - mine)) - log(other / (b + prior - other))
        contrasts.append(WordContrast(word, delta / sqrt(1 / mine + 1 / other), texts_with))
    return sorted(contrasts, key=lambda w: (-w.z, w.word))


def add_wording(
    result: AnalysisResult, theme_table: ThemeTable, unhappy: Mask, happy: Mask
) -> None:
    """Add feedback.wording-<language>.complaint-words and .praise-words, at most ten each, and each
    word's own feedback.wording-<language>--<word>.z, with the number of texts that contain it as
    rows."""
    languages = np.array([text.language for text in theme_table.texts], dtype=object)
    for language in sorted(set(languages)):
        here = languages == language
        mine, other = np.flatnonzero(here & unhappy), np.flatnonzero(here & happy)
        if min(len(mine), len(other)) < MIN_TEXTS_PER_SIDE or language not in STOP_WORDS:
            continue
        small = (
            STOP_WORDS[language]
            | FILLER_WORDS
            | find_proper_nouns([theme_table.texts[i] for i in (*mine, *other)])
        )
        ours, texts = _count_words(theme_table, mine, small)
        theirs, more = _count_words(theme_table, other, small)
        ranked = compute_log_odds(ours, theirs, texts + more)
        loud = [word for word in ranked if word.z >= MIN_Z][:MAX_WORDS]
        kind = [word for word in reversed(ranked) if word.z <= -MIN_Z][:MAX_WORDS]
        for measure, chosen in (("complaint-words", loud), ("praise-words", kind)):
            if chosen:
                result.add(
                    f"wording-{language}",
                    measure,
                    ", ".join(w.word for w in chosen),
                    about=get_theme_title("all"),
                    rows=len(mine) + len(other),
                    query="texts",
                )
        for word in (*loud, *kind):
            result.add(
                f"wording-{language}--{word.word}",
                "z",
                round(word.z, 1),
                about=word.word,
                rows=word.texts,
                query="texts",
            )


def _count_words(
    theme_table: ThemeTable,
    places: np.ndarray[tuple[int], np.dtype[np.intp]],
    small: frozenset[str],
) -> tuple[Counter[str], Counter[str]]:
    """Count occurrences and texts of each word, without small words and numbers."""
    often: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for i in places:
        words = [
            word
            for word in theme_table.words(int(i))
            if len(word) > 2 and word.isascii() and word.isalpha() and word not in small
        ]
        often.update(words)
        texts.update(set(words))
    return often, texts
