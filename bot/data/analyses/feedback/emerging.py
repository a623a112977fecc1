"""What no list knows yet: words that stand together in the texts that speak of no listed theme.

Non-negative matrix factorisation of TF-IDF (Lee and Seung, Nature 401 (1999) 788–791), told as
unstable: how much of it comes back in two halves of the texts (Jaccard of the words) is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.factorisation import factors
from bot.data.analyses.feedback.language_detection import FILLER, SETS
from bot.data.analyses.feedback.name_words import proper
from bot.data.analyses.feedback.texts import Text
from bot.data.analyses.feedback.tfidf import SEED, Terms, words
from bot.data.analyses.result import Findings
from bot.i18n.messages import Words

TEXTS = 150  # below which nothing is looked for
MOST = 4_000  # texts looked at, spread evenly
THEMES, TERMS = 5, 8
STABLE = 0.3  # below it a theme is chance, and not shown
UNSTABLE = "unstable"


@dataclass(frozen=True)
class Emerging:
    """Words that stand together; `texts` is in how many they lead, `stable` the mean Jaccard of
    its best likeness in either half, 0 to 1."""

    words: tuple[str, ...]
    texts: int
    stable: float


def emerging(texts: Sequence[Text], language: str) -> list[Emerging]:
    """At most five, the most told first; none that hardly comes back in the halves, and none at
    all from fewer than 150 texts."""
    small = SETS.get(language, frozenset()) | FILLER | proper(texts)
    said = [[w for w in one if len(w) > 2 and w not in small] for one in words(texts)]
    said = [one for one in said if one]
    if len(said) < TEXTS:
        return []
    if len(said) > MOST:
        said = [said[i] for i in np.linspace(0, len(said) - 1, MOST).astype(int)]
    whole, leads = _factors(said)
    order = np.random.default_rng(SEED).permutation(len(said))
    halves = [_factors([said[i] for i in order[part::2]])[0] for part in (0, 1)]
    found = [
        Emerging(
            tuple(terms),
            int((leads == k).sum()),
            float(np.mean([max(_jaccard(terms, other) for other in half) for half in halves])),
        )
        for k, terms in enumerate(whole)
    ]
    return sorted(
        (e for e in found if e.texts and e.stable >= STABLE), key=lambda e: (-e.texts, e.words)
    )


def tell_emerging(found: Findings, texts: Sequence[Text]) -> None:
    """feedback.emerging-<language>-<n>.words, .texts, .stability (Jaccard, 0 to 1) and .state,
    which is always "unstable": a lead to follow, no finding."""
    languages = sorted({text.language for text in texts})
    few = []
    for language in languages:
        mine = [text for text in texts if text.language == language]
        themes = emerging(mine, language)
        if not themes:
            few.append(len(mine))
        for n, one in enumerate(themes, 1):
            subject = f"emerging-{language}-{n}"
            about, rows = ", ".join(one.words[:3]), len(mine)
            found.add(subject, "words", ", ".join(one.words), about=about, rows=rows, query="texts")
            found.add(subject, "texts", one.texts, about=about, rows=rows, query="texts")
            stable = round(one.stable, 2)
            found.add(subject, "stability", stable, about=about, rows=rows, query="texts")
            found.add(subject, "state", UNSTABLE, about=about, rows=rows, query="texts")
    if len(few) == len(languages):
        found.refuse(
            Words(
                "No emerging themes: {n} texts speak of nothing on the list of themes, and that "
                "takes {least} in one language.",
                n=len(texts),
                least=TEXTS,
            )
        )


def _factors(said: list[list[str]]) -> tuple[list[list[str]], NDArray[np.intp]]:
    """The leading words of each factor, and the factor that leads each text (−1: none)."""
    try:
        terms = Terms(said, rare=3, often=0.5, pairs=False)
    except ValueError:  # no word stands in three texts
        return [], np.full(len(said), -1)
    weights, leading = factors(terms.rows, min(THEMES, *terms.rows.shape))
    leads = np.where(weights.max(axis=1) > 0, weights.argmax(axis=1), -1)
    return [
        [terms.names[j] for j in np.argsort(-row, kind="stable")[:TERMS]] for row in leading.T
    ], leads


def _jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    mine, theirs = set(one), set(other)
    return len(mine & theirs) / len(mine | theirs)
