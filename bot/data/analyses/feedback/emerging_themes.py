"""Find emerging themes: words that occur together in the texts without any listed theme.

Non-negative matrix factorisation of TF-IDF (Lee and Seung, Nature 401 (1999) 788–791). The result
is always reported as unstable, with the share of it that comes back in two halves of the texts
(Jaccard of the words)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.languages import FILLER_WORDS
from bot.data.analyses.feedback.texts import FeedbackText, find_proper_nouns
from bot.data.analyses.feedback.tfidf import RANDOM_SEED, SparseMatrix, TermVectorizer, list_words
from bot.data.analyses.result import AnalysisResult
from bot.data.stats import Numbers
from bot.i18n.messages import Words
from bot.text.language import STOP_WORDS

# Non-negative matrix factorisation of a sparse table.

EXTRA_DIRECTIONS = 10  # directions computed beyond the requested ones
POWER_ITERATIONS, MANY_POWER_ITERATIONS = (
    4,
    7,
)  # more power iterations when few directions are requested
MAX_STEPS, TOLERANCE = 150, 1e-3
MIN_FACTOR_VALUE = 1e-6


def factorise_matrix(table: SparseMatrix, size: int) -> tuple[Numbers, Numbers]:
    """Return factors rows × size and columns × size, whose product approximates the table."""
    rows, columns = _initialise_factors(table, size)
    first = 0.0
    for step in range(MAX_STEPS):
        moved = _update_factors(rows, table.times(columns), columns)
        moved += _update_factors(columns, table.turned_times(rows), rows)
        first = first if step else moved
        if not first or moved <= TOLERANCE * first:
            break
    return rows, columns


def _update_factors(mine: Numbers, met: Numbers, others: Numbers) -> float:
    """Update the factors one by one, each to its optimum while the others are fixed (coordinate
    descent); return the sum of violations. `met` is the table times the other side's factors."""
    square, pulled = others.T @ others, 0.0
    for k in range(mine.shape[1]):
        slope = mine @ square[:, k] - met[:, k]
        pulled += float(np.abs(np.where(mine[:, k] > 0, slope, np.minimum(slope, 0.0))).sum())
        if square[k, k] > 0:
            mine[:, k] = np.maximum(mine[:, k] - slope / square[k, k], 0.0)
    return pulled


def _initialise_factors(table: SparseMatrix, size: int) -> tuple[Numbers, Numbers]:
    """Initialise from the singular pairs: the larger of the positive and negative part of each
    (NNDSVD)."""
    left, strength, right = _compute_singular_vectors(table, size)
    rows, columns = np.abs(left), np.abs(right)
    for k in range(1, size):
        ups, downs = (
            (np.maximum(s * left[:, k], 0), np.maximum(s * right[:, k], 0)) for s in (1, -1)
        )
        x, y = max(ups, downs, key=lambda pair: np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))
        long, wide = np.linalg.norm(x), np.linalg.norm(y)
        if long * wide > 0:
            even = np.sqrt(long * wide)
            rows[:, k], columns[:, k] = x / long * even, y / wide * even
    grown = np.sqrt(strength)
    rows, columns = rows * grown, columns * grown
    rows[rows < MIN_FACTOR_VALUE], columns[columns < MIN_FACTOR_VALUE] = 0.0, 0.0
    return rows, columns


def _compute_singular_vectors(table: SparseMatrix, size: int) -> tuple[Numbers, Numbers, Numbers]:
    """Return the largest singular values, with the left and right singular vectors as columns."""
    across, down = table.times, table.turned_times
    turned = table.shape[0] < table.shape[1]
    if turned:
        across, down = down, across
    few = min(table.shape)
    seen = np.random.RandomState(RANDOM_SEED).normal(size=(few, size + EXTRA_DIRECTIONS))
    for _step in range(MANY_POWER_ITERATIONS if size < few / 10 else POWER_ITERATIONS):
        seen = np.linalg.qr(across(seen))[0]
        seen = np.linalg.qr(down(seen))[0]
    seen = np.linalg.qr(across(seen))[0]
    inner, strength, right = np.linalg.svd(down(seen).T, full_matrices=False)
    left, right = (seen @ inner)[:, :size], right.T[:, :size]
    return (right, strength[:size], left) if turned else (left, strength[:size], right)


MIN_TEXTS = 150  # with fewer texts nothing is searched
MAX_TEXTS = 4_000  # texts analysed, sampled evenly
MAX_EMERGING_THEMES, MAX_THEME_TERMS = 5, 8
MIN_STABILITY = 0.3  # a less stable theme is chance and not shown
UNSTABLE_STATE = "unstable"


@dataclass(frozen=True)
class EmergingTheme:
    """Words that occur together. `texts` counts the texts in which they dominate; `stable` is the
    mean Jaccard similarity (0 to 1) with the best match in each half of the texts."""

    words: tuple[str, ...]
    texts: int
    stable: float


def find_emerging_themes(texts: Sequence[FeedbackText], language: str) -> list[EmergingTheme]:
    """Return at most five themes, the most frequent first. Unstable ones are dropped; below 150
    texts the result is empty."""
    small = STOP_WORDS.get(language, frozenset()) | FILLER_WORDS | find_proper_nouns(texts)
    token_lists = [
        [w for w in tokens if len(w) > 2 and w not in small] for tokens in list_words(texts)
    ]
    token_lists = [tokens for tokens in token_lists if tokens]
    if len(token_lists) < MIN_TEXTS:
        return []
    if len(token_lists) > MAX_TEXTS:
        token_lists = [
            token_lists[i] for i in np.linspace(0, len(token_lists) - 1, MAX_TEXTS).astype(int)
        ]
    whole, leads = _extract_themes(token_lists)
    order = np.random.default_rng(RANDOM_SEED).permutation(len(token_lists))
    halves = [_extract_themes([token_lists[i] for i in order[part::2]])[0] for part in (0, 1)]
    themes = [
        EmergingTheme(
            tuple(terms),
            int((leads == k).sum()),
            float(
                np.mean([max(_compute_jaccard(terms, other) for other in half) for half in halves])
            ),
        )
        for k, terms in enumerate(whole)
    ]
    return sorted(
        (e for e in themes if e.texts and e.stable >= MIN_STABILITY),
        key=lambda e: (-e.texts, e.words),
    )


def add_emerging_themes(result: AnalysisResult, texts: Sequence[FeedbackText]) -> None:
    """Add feedback.emerging-<language>-<n>.words, .texts, .stability (Jaccard, 0 to 1) and .state,
    which is always "unstable": a lead to follow up, not a finding."""
    languages = sorted({text.language for text in texts})
    few = []
    for language in languages:
        mine = [text for text in texts if text.language == language]
        themes = find_emerging_themes(mine, language)
        if not themes:
            few.append(len(mine))
        for n, theme in enumerate(themes, 1):
            subject = f"emerging-{language}-{n}"
            about, rows = ", ".join(theme.words[:3]), len(mine)
            result.add(
                subject, "words", ", ".join(theme.words), about=about, rows=rows, query="texts"
            )
            result.add(subject, "texts", theme.texts, about=about, rows=rows, query="texts")
            stable = round(theme.stable, 2)
            result.add(subject, "stability", stable, about=about, rows=rows, query="texts")
            result.add(subject, "state", UNSTABLE_STATE, about=about, rows=rows, query="texts")
    if len(few) == len(languages):
        result.add_limit(
            Words(
                "No emerging themes: {n} texts speak of nothing on the list of themes, and that "
                "takes {least} in one language.",
                n=len(texts),
                least=MIN_TEXTS,
            )
        )


def _extract_themes(token_lists: list[list[str]]) -> tuple[list[list[str]], NDArray[np.intp]]:
    """Return the leading words of each factor, and the dominant factor of each text (−1: none)."""
    try:
        terms = TermVectorizer(token_lists, rare=3, often=0.5, pairs=False)
    except ValueError:  # no word occurs in three texts
        return [], np.full(len(token_lists), -1)
    weights, leading = factorise_matrix(terms.rows, min(MAX_EMERGING_THEMES, *terms.rows.shape))
    leads = np.where(weights.max(axis=1) > 0, weights.argmax(axis=1), -1)
    return [
        [terms.names[j] for j in np.argsort(-row, kind="stable")[:MAX_THEME_TERMS]]
        for row in leading.T
    ], leads


def _compute_jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    mine, theirs = set(one), set(other)
    return len(mine & theirs) / len(mine | theirs)
