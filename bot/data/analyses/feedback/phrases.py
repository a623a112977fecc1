"""Phrases of an aspect list, and where they stand in a clause.

A phrase is words with a space between. `taill*` is a stem, `petit|petite` either of two, `_` any
one word, `..` up to three words or none. Phrases match lower case words without accents.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from bot.data.analyses.feedback.tokens import bare

GAP = 3  # words that ".." may stand for
ELEMENT = re.compile(r"\.\.|_|\w+\*?(?:\|\w+\*?)*")
T = TypeVar("T")


class BadPhrase(ValueError):
    """A phrase that nobody can match; the message says which."""


class Spot(NamedTuple):
    """Where a phrase stands in a clause, and which words its gaps took in."""

    start: int
    end: int
    between: tuple[str, ...]


class Element:
    """One place of a phrase: these words, words that begin so, or any."""

    __slots__ = ("is_any", "stems", "words")

    def __init__(self, written: str):
        parts = [] if written == "_" else written.split("|")
        self.words = frozenset(part for part in parts if not part.endswith("*"))
        self.stems = tuple(part[:-1] for part in parts if part.endswith("*"))

        self.is_any = not parts

    def fits(self, word: str) -> bool:
        return word in self.words or self.is_any or word.startswith(self.stems)


class Phrase:
    """One phrase, ready to be looked for."""

    def __init__(self, written: str):
        self.written = written
        elements = bare(written).split()
        if not elements or not all(ELEMENT.fullmatch(e) for e in elements):
            raise BadPhrase(written)
        if elements[0] in ("..", "_") or elements[-1] == "..":
            raise BadPhrase(written)
        self.first = Element(elements[0])
        self.elements = tuple(None if e == ".." else Element(e) for e in elements)
        self._is_word = len(elements) == 1
        whole = [element for element in self.elements[1:] if element]
        self._gapless = whole if len(whole) == len(elements) - 1 else None

    def at(self, words: Sequence[str], start: int) -> Spot | None:
        """Where it ends when it begins at that word, which is known to fit its first place."""
        if self._is_word:
            return Spot(start, start + 1, ())
        if self._gapless is None:
            return self._from(words, start, start + 1, 1, ())
        end = start + 1 + len(self._gapless)
        if end > len(words):
            return None
        for element, word in zip(self._gapless, words[start + 1 : end], strict=True):
            if not element.fits(word):
                return None
        return Spot(start, end, ())

    def _from(
        self, words: Sequence[str], start: int, at: int, element: int, taken: tuple[str, ...]
    ) -> Spot | None:
        if element == len(self.elements):
            return Spot(start, at, taken)
        wanted = self.elements[element]
        if wanted is None:
            for gap in range(GAP + 1):
                if at + gap > len(words):
                    break
                took = (*taken, *words[at : at + gap])
                found = self._from(words, start, at + gap, element + 1, took)
                if found:
                    return found
            return None
        if at < len(words) and wanted.fits(words[at]):
            return self._from(words, start, at + 1, element + 1, taken)
        return None


class Finder(Generic[T]):
    """Many phrases at once, each with what it stands for: looked up by their first word."""

    def __init__(self, entries: Iterable[tuple[Phrase, T]]):
        self._entries = list(entries)
        self._whole: dict[str, list[int]] = {}
        self._stems: dict[str, list[tuple[str, int]]] = {}  # by their first letter
        for k, (phrase, _) in enumerate(self._entries):
            for word in phrase.first.words:
                self._whole.setdefault(word, []).append(k)
            for stem in phrase.first.stems:
                self._stems.setdefault(stem[0], []).append((stem, k))
        self._by_word: dict[str, tuple[tuple[Phrase, T], ...]] = {}

    def find(self, words: Sequence[str]) -> list[tuple[Spot, T]]:
        """All places of all phrases, in the order of the words."""
        found = []
        for start, word in enumerate(words):
            starting = self._by_word.get(word)
            if starting is None:
                starting = self._by_word[word] = self._starting(word)
            for phrase, what in starting:
                spot = phrase.at(words, start)
                if spot:
                    found.append((spot, what))
        return found

    def _starting(self, word: str) -> tuple[tuple[Phrase, T], ...]:
        stems = (k for stem, k in self._stems.get(word[0], ()) if word.startswith(stem))
        return tuple(self._entries[k] for k in sorted({*self._whole.get(word, ()), *stems}))
