"""Split a text into the words that themes are looked up by: lower case, no accents, cut into
clauses."""

import re
import sys
from functools import cache
from typing import NamedTuple

from bot.text.normalize import normalize_nfc, normalize_spelling

WORD_PATTERN = re.compile(r"\w+(?:['’]\w+)*")
PIECE_PATTERN = re.compile(r"\w+(?:['’]\w+)*|[,:()]|\s[-–—]+\s")
SENTENCE_PATTERN = re.compile(r"[^.!?…;\n]+[.!?…;\"»)]*")
ORDINAL_PATTERN = re.compile(r"(?<=\d)[.](?=\d)")
MAX_KNOWN_PIECES = 200_000  # spellings remembered of one language


class Sentence(NamedTuple):
    """`clauses` are its words, cut at commas and at contrast words ("but"). `start` and `end` are
    character positions in the text."""

    clauses: tuple[tuple[str, ...], ...]
    asks: bool
    start: int
    end: int


class _WordTable(dict[str, tuple[str, ...]]):
    """The words of each piece of a text as it is spelt. A customer's texts repeat few spellings, so
    that each is normalised once. Marks such as commas have no words."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __missing__(self, piece: str) -> tuple[str, ...]:
        if len(self) >= MAX_KNOWN_PIECES:
            self.clear()
        found = WORD_PATTERN.findall(normalize_spelling(piece))
        words = [word for one in found for word in _split_piece(one, self._language)]
        self[sys.intern(piece)] = kept = tuple(map(sys.intern, words))
        return kept


@cache
def load_word_table(language: str) -> dict[str, tuple[str, ...]]:
    return _WordTable(language)


def tokenize_words(text: str, language: str) -> list[str]:
    """Return all words. English "don't" becomes `dont`; other languages are split at the
    apostrophe."""
    words = load_word_table(language)
    return [word for piece in WORD_PATTERN.findall(normalize_nfc(text)) for word in words[piece]]


def split_sentences(text: str, language: str, turns: frozenset[str]) -> list[Sentence]:
    """Return the text's sentences. A word in `turns` starts a new clause."""
    sentences, words = [], load_word_table(language)
    for match in SENTENCE_PATTERN.finditer(ORDINAL_PATTERN.sub(",", text)):
        said = match[0]
        clauses = _split_clauses(said, words, turns)
        if clauses:
            start = match.start() + len(said) - len(said.lstrip())
            end = match.start() + len(said.rstrip())
            sentences.append(Sentence(clauses, "?" in said[-4:], start, end))
    return sentences


def _split_clauses(
    said: str, words: dict[str, tuple[str, ...]], turns: frozenset[str]
) -> tuple[tuple[str, ...], ...]:
    clauses: list[tuple[str, ...]] = []
    now: list[str] = []
    for piece in PIECE_PATTERN.findall(normalize_nfc(said)):
        found = words[piece]
        if not found:
            clauses.append(tuple(now))
            now = []
            continue
        for word in found:
            if word in turns and now:
                clauses.append(tuple(now))
                now = []
            now.append(word)
    clauses.append(tuple(now))
    return tuple(clause for clause in clauses if clause)


def _split_piece(piece: str, language: str) -> list[str]:
    if "'" not in piece and "’" not in piece:
        return [piece]
    if language == "en":
        return [piece.replace("'", "").replace("’", "")]
    return [part for part in re.split("['’]", piece) if part]
