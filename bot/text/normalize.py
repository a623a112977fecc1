"""Normalizes text for comparison, character by character: no accents, no case, one kind of space.

The normalized text has the same length, so that positions in it are positions in the original.
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
    """A translation table that is filled with the characters that occur."""

    def __missing__(self, code: int) -> str:
        self[code] = _normalize_character(chr(code))
        return self[code]


_TABLE = _NormalizationTable()


@lru_cache(maxsize=4096)
def normalize_text(text: str) -> str:
    """Normalize a text to one of the same length: `Été à l’île` → `ete a l'ile`."""
    return text.translate(_TABLE)


def tokenize(text: str) -> list[str]:
    """Return the normalized words. Hyphens and apostrophes separate words."""
    return re.findall(r"[a-z0-9œæß]+", normalize_text(text))


def collapse_spaces(text: str) -> str:
    """Normalize to NFC and every run of white space to one space, for exact comparison."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def word_set(words: str) -> frozenset[str]:
    """Return the words of a string as a set."""
    return frozenset(words.split())
