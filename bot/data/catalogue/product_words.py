"""The things, occasions and materials that a text names, in English and French."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from bot.text.normalize import normalize_text, tokenize, word_set

WORDS_FILE = Path(__file__).with_suffix(".toml")
COMMON_WORDS = word_set(  # words of three letters and more that stand in any title
    "the and for with from our your les des une aux avec pour sur dans nos vos ses son sans par"
)
STEM_LETTERS = 5  # letters by which words of one family are alike


def list_concepts(text: str) -> frozenset[str]:
    """Return the keys of the things, occasions and materials that a text names."""
    return _read(text)[0]


def list_kinds(text: str) -> frozenset[str]:
    """Return the keys of the things and occasions alone."""
    return list_concepts(text) - _load_patterns()[2]


def list_name_words(text: str) -> frozenset[str]:
    """Return the concepts, and the stems of all other words that name something."""
    concepts, rest = _read(text)
    words = [word for word in tokenize(rest) if len(word) > 2 and word not in COMMON_WORDS]
    return concepts | {word[:STEM_LETTERS] for word in words}


@lru_cache(maxsize=16384)
def _read(text: str) -> tuple[frozenset[str], str]:
    """Return the concepts, and the normalized text without the words that name them."""
    pattern, concepts, _ = _load_patterns()
    normalized = normalize_text(text)
    found = {concepts[(match.lastindex or 1) - 1] for match in pattern.finditer(normalized)}
    return frozenset(found), pattern.sub(" ; ", normalized)


@cache
def _load_patterns() -> tuple[re.Pattern[str], Sequence[str], frozenset[str]]:
    """Return one pattern for all wordings, the longest first, the concept of each, and the
    materials."""
    with WORDS_FILE.open("rb") as file:
        tables = tomllib.load(file)
    wordings = [
        (wording, concept)
        for table in tables.values()
        for concept, some in table.items()
        for wording in some
    ]
    wordings.sort(key=lambda one: -len(one[0]))
    pattern = "|".join(f"({_build_pattern(wording)})" for wording, _ in wordings)
    concepts = [concept for _, concept in wordings]
    return re.compile(rf"\b(?:{pattern})\b"), concepts, frozenset(tables["materials"])


def _build_pattern(wording: str) -> str:
    """Return the pattern of a wording: `bougie~` begins a family, a space may be a hyphen."""
    parts = [
        re.escape(word.removesuffix("~")) + (r"\w*" if word.endswith("~") else "s?")
        for word in wording.split()
    ]
    return "[ -]".join(parts)
