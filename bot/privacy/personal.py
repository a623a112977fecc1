"""Finds personal data in free text, in English and French, and in part in three more languages.

By shape, check digits, words that introduce it, and lists of given names. Everything that hides
personal data uses this: what an import takes in, and what a writer is shown.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.privacy.addresses import addresses
from bot.privacy.emails import emails, handles
from bot.privacy.names import FILLED, cued_names
from bot.privacy.normalized import normalize
from bot.privacy.numbers import numbers, traces
from bot.privacy.people import names_in
from bot.privacy.phones import phones
from bot.text.normalize import fold


class Found(NamedTuple):
    """One piece of personal data; `kind` is EMAIL, PHONE, CARD, IBAN, NUMBER, DATE, HANDLE,
    ADDRESS or NAME."""

    kind: str
    start: int
    end: int
    value: str


Span = tuple[str, int, int]
_WORDS = re.compile(r"[a-zœæßñ]+")
_DIGIT = re.compile(r"\d")
NOTHING: frozenset[str] = frozenset()


@lru_cache(maxsize=4_096)  # an import asks twice for each text
def find(text: str, own: frozenset[str] = NOTHING) -> tuple[Found, ...]:
    """What is personal in a text, in order, without overlaps; the surer kinds win. `own` are the
    words of what the team sells (`people.own_words`): they are nobody's name."""
    spans, filled, starts, ends, words = _by_shape(text)
    spans = spans.copy()
    filled = _take(spans, filled, (("NAME", *span) for span in cued_names(filled, words, own)))
    _take(spans, filled, (("NAME", *span) for span in names_in(filled, own)))
    found = ((kind, starts[start], ends[end - 1]) for kind, start, end in sorted(spans, key=_start))
    return tuple(Found(kind, start, end, text[start:end]) for kind, start, end in found)


def mask(text: str, own: Collection[str] = NOTHING) -> str:
    """The text with what is personal in it as [EMAIL], [PHONE], [ADDRESS], [NAME] …"""
    for one in reversed(find(text, frozenset(own))):
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text


@lru_cache(maxsize=512)
def _by_shape(text: str) -> tuple[list[Span], str, Sequence[int], Sequence[int], frozenset[str]]:
    """What does not depend on what the team sells: spans in the normalized text, and that text
    with what was found filled up."""
    filled, starts, ends = normalize(text)
    words = frozenset(_WORDS.findall(fold(filled)))
    spans: list[Span] = []
    filled = _take(spans, filled, emails(filled))
    if _DIGIT.search(filled):
        filled = _take(spans, filled, numbers(filled, words))
        filled = _take(spans, filled, addresses(filled, words))
        filled = _take(spans, filled, phones(filled))
        filled = _take(spans, filled, traces(filled, words))
    filled = _take(spans, filled, handles(filled))
    return spans, filled, starts, ends, words


def _start(span: Span) -> int:
    return span[1]


def _take(spans: list[Span], text: str, found: Iterator[Span]) -> str:
    """Adds what was found and overlaps nothing that was found before; the text with it filled up,
    so that no later rule reads it again."""
    fresh = list(found)
    if not fresh:
        return text
    taken = bytearray(c == FILLED for c in text)
    for kind, start, end in fresh:
        if start < end and taken.find(1, start, end) < 0:
            spans.append((kind, start, end))
            taken[start:end] = b"\x01" * (end - start)
    return "".join(FILLED if full else c for c, full in zip(text, taken, strict=True))
