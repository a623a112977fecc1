"""The one language detector: it counts the words that a language is known by.

Counting a language's most common words (Dunning 1994 calls it the unique-words method) needs no
trained weights and works on a request of few words. Texts of one or two words often stay unknown.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from bot.text.normalize import normalize_nfc, normalize_spelling, word_set

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
STOP_WORDS, _REQUEST_WORDS, _GOODS = (
    {language: word_set(words) for language, words in _WORDS[section].items()}
    for section in ("stop_words", "request_words", "goods")
)
WRITTEN_LANGUAGES = frozenset(_REQUEST_WORDS)  # that texts are written in: those of bot.i18n
_LETTERS = {language: frozenset(letters) for language, letters in _WORDS["letters"].items()}
_UNACCENTED = frozenset(_WORDS["unaccented"])
_WORD = re.compile(r"\w+")


def detect_language(text: str, languages: Collection[str] = tuple(STOP_WORDS)) -> str | None:
    """Return the language of the text, or None when its words are not conclusive.

    When only the languages that texts are written in are possible, the words of requests, accents
    and, in a tie, the names of goods count too, so that a few words suffice."""
    scores = score_languages(text, languages)
    ranked = _rank(scores)
    if set(languages) == WRITTEN_LANGUAGES:
        for language, letters in _LETTERS.items():
            scores[language] += not letters.isdisjoint(text.lower())
        ranked = _rank(scores)
        if ranked[0][1] == ranked[1][1]:
            words = {normalize_spelling(word) for word in _WORD.findall(text)}
            tied = [language for language, score in ranked if score == ranked[0][1]]
            ranked = _rank({language: len(words & _GOODS[language]) for language in tied})
    (best, most), (_, second) = ranked[0], ranked[1]
    return best if most >= 1 and most > second else None


def _rank(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def score_languages(text: str, languages: Collection[str] = tuple(STOP_WORDS)) -> dict[str, float]:
    """Return how many of the text's words each of `languages` is known by. A word that several of
    them share counts less. Accents are ignored, except in English, which has none: `à` is not `a`.
    """
    scores = dict.fromkeys(languages, 0.0)
    among_written = set(languages) == WRITTEN_LANGUAGES
    for written in _WORD.findall(normalize_nfc(text).casefold()):
        known = _list_languages(written, tuple(scores), among_written)
        for language in known:
            scores[language] += 1 / len(known)
    return scores


@lru_cache(maxsize=50_000)
def _list_languages(written: str, languages: tuple[str, ...], requests: bool) -> tuple[str, ...]:
    return tuple(one for one in languages if _is_known(written, one, requests))


def _is_known(written: str, language: str, requests: bool) -> bool:
    word = written if language in _UNACCENTED else normalize_spelling(written)
    return word in STOP_WORDS[language] or (requests and word in _REQUEST_WORDS[language])
