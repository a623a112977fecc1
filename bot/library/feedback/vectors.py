"""Texts as TF-IDF rows over words and pairs of words, all languages together."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.library.feedback.texts import Text
from bot.library.feedback.tokens import words_of

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

SEED = 7
TERMS = 20_000


def tfidf(rare: int = 2, often: float = 0.9, pairs: bool = True) -> "TfidfVectorizer":
    """Takes lists of words. A term stands in at least `rare` texts and at most that share."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=_with_pairs if pairs else _same,
        min_df=rare,
        max_df=often,
        max_features=TERMS,
        sublinear_tf=True,
    )


def words(texts: Sequence[Text]) -> list[list[str]]:
    return [words_of(text.whole, text.language) for text in texts]


def _same(one: list[str]) -> list[str]:
    return one


def _with_pairs(one: list[str]) -> list[Any]:
    return [*one, *(f"{a} {b}" for a, b in pairwise(one))]
