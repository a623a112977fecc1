"""Split a text into the words that themes are looked up by: lower case, no accents, cut into
clauses."""

import re
from typing import NamedTuple

from bot.text.normalize import normalize_spelling

WORD_PATTERN = re.compile(r"\w+(?:['’]\w+)*")
PIECE_PATTERN = re.compile(r"\w+(?:'\w+)*|[,:()]|\s[-–—]+\s")
SENTENCE_PATTERN = re.compile(r"[^.!?…;\n]+[.!?…;\"»)]*")
ORDINAL_PATTERN = re.compile(r"(?<=\d)[.](?=\d)")


class Sentence(NamedTuple):
    """`clauses` are its words, cut at commas and at contrast words ("but"). `start` and `end` are
    character positions in the text."""

    clauses: tuple[tuple[str, ...], ...]
    asks: bool
    start: int
    end: int


def tokenize_words(text: str, language: str) -> list[str]:
    """Return all words. English "don't" becomes `dont`; other languages are split at the
    apostrophe."""
    return [
        w
        for piece in WORD_PATTERN.findall(normalize_spelling(text))
        for w in _split_piece(piece, language)
    ]


def split_sentences(text: str, language: str, turns: frozenset[str]) -> list[Sentence]:
    """Return the text's sentences. A word in `turns` starts a new clause."""
    sentences = []
    for match in SENTENCE_PATTERN.finditer(ORDINAL_PATTERN.sub(",", text)):
        clauses = _split_clauses(normalize_spelling(match[0]), language, turns)
        if clauses:
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            end = match.start() + len(match[0].rstrip())
            sentences.append(Sentence(clauses, "?" in match[0][-4:], start, end))
    return sentences


def _split_clauses(plain: str, language: str, turns: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    clauses: list[tuple[str, ...]] = []
    now: list[str] = []
    for piece in PIECE_PATTERN.findall(plain):
        if not (piece[0].isalnum() or piece[0] == "_"):
            clauses, now = [*clauses, tuple(now)], []
            continue
        for word in _split_piece(piece, language):
            if word in turns and now:
                clauses, now = [*clauses, tuple(now)], []
            now.append(word)
    return tuple(clause for clause in (*clauses, tuple(now)) if clause)


def _split_piece(piece: str, language: str) -> list[str]:
    if "'" not in piece and "’" not in piece:
        return [piece]
    if language == "en":
        return [piece.replace("'", "").replace("’", "")]
    return [part for part in re.split("['’]", piece) if part]
