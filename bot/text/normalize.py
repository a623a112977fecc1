"""A text made comparable, character for character: no accents, no case, one kind of space.

The folded text is as long as the text, so that what is found in one can be shown from the other.
"""

import re
import unicodedata
from functools import lru_cache

EQUIVALENTS = {"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"}


def _normalize_character(character: str) -> str:
    if character in EQUIVALENTS:
        return EQUIVALENTS[character]
    if character.isspace():
        return character if character in "\n\t" else " "
    folded = unicodedata.normalize("NFD", character)[0].lower()
    return folded if len(folded) == 1 else character


class _NormalizationTable(dict[int, str]):
    """Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = _normalize_character(chr(code))
        return self[code]


_TABLE = _NormalizationTable()


@lru_cache(maxsize=4096)
def normalize_text(text: str) -> str:
    """`Été à l’île` → `ete a l'ile`, of the same length."""
    return text.translate(_TABLE)


def tokenize(text: str) -> list[str]:
    """The folded words, hyphens and apostrophes as breaks."""
    return re.findall(r"[a-z0-9œæß]+", normalize_text(text))


def collapse_spaces(text: str) -> str:
    """NFC, and every run of white space one space: for comparing letter for letter."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def word_set(words: str) -> frozenset[str]:
    """A set of words, written as one string."""
    return frozenset(words.split())
