"""Finds and masks personal data in free text.

Rules match a normalized copy of the text: hidden characters are removed, full-width and
mathematical letters and digits become plain ones, and there is one kind of space, dash, dot and @.
Positions are mapped back, so that the match is cut out of the text as it is stored.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.privacy.contacts import find_addresses, find_emails, find_handles, find_phones
from bot.privacy.cued_names import MASK_CHARACTER, find_cued_names
from bot.privacy.names import find_names
from bot.privacy.numbers import find_numbers, find_traces
from bot.text.normalize import normalize_text, normalize_with_offsets

# Finds personal data in free text: English and French, and partly three more languages.


class PersonalDatum(NamedTuple):
    """A piece of personal data; `kind` is EMAIL, PHONE, CARD, IBAN, NUMBER, DATE, HANDLE, ADDRESS
    or NAME."""

    kind: str
    start: int
    end: int
    value: str


Span = tuple[str, int, int]
_WORDS = re.compile(r"[a-zœæßñ]+")
_DIGIT = re.compile(r"\d")
NO_WORDS: frozenset[str] = frozenset()


@lru_cache(maxsize=4_096)  # an import calls it twice for each text
def find_personal_data(text: str, own: frozenset[str] = NO_WORDS) -> tuple[PersonalDatum, ...]:
    """Return the personal data in a text, in order and without overlaps; the more certain kinds
    win. `own` are the words of what the team sells (`build_own_words`): never a person's name."""
    spans, filled, starts, ends, words = _find_by_shape(text)
    spans = spans.copy()
    filled = _add_spans(
        spans, filled, (("NAME", *span) for span in find_cued_names(filled, words, own))
    )
    _add_spans(spans, filled, (("NAME", *span) for span in find_names(filled, own)))
    found = (
        (kind, starts[start], ends[end - 1]) for kind, start, end in sorted(spans, key=_span_start)
    )
    return tuple(PersonalDatum(kind, start, end, text[start:end]) for kind, start, end in found)


def mask_personal_data(text: str, own: Collection[str] = NO_WORDS) -> str:
    """Return the text with personal data replaced by its kind: [EMAIL], [PHONE], [NAME] …"""
    for datum in reversed(find_personal_data(text, frozenset(own))):
        text = f"{text[: datum.start]}[{datum.kind}]{text[datum.end :]}"
    return text


@lru_cache(maxsize=512)
def _find_by_shape(
    text: str,
) -> tuple[list[Span], str, Sequence[int], Sequence[int], frozenset[str]]:
    """Return what does not depend on `own`: the spans in the normalized text, that text with the
    spans masked, the maps of positions, and the text's normalized words."""
    filled, starts, ends = normalize_with_offsets(text)
    words = frozenset(_WORDS.findall(normalize_text(filled)))
    spans: list[Span] = []
    filled = _add_spans(spans, filled, find_emails(filled))
    if _DIGIT.search(filled):
        filled = _add_spans(spans, filled, find_numbers(filled, words))
        filled = _add_spans(spans, filled, find_addresses(filled, words))
        filled = _add_spans(spans, filled, find_phones(filled))
        filled = _add_spans(spans, filled, find_traces(filled, words))
    filled = _add_spans(spans, filled, find_handles(filled))
    return spans, filled, starts, ends, words


def _span_start(span: Span) -> int:
    return span[1]


def _add_spans(spans: list[Span], text: str, found: Iterator[Span]) -> str:
    """Add the spans that overlap no earlier span. Returns the text with them masked, so that no
    later rule matches there."""
    fresh = list(found)
    if not fresh:
        return text
    taken = bytearray(c == MASK_CHARACTER for c in text)
    for kind, start, end in fresh:
        if start < end and taken.find(1, start, end) < 0:
            spans.append((kind, start, end))
            taken[start:end] = b"\x01" * (end - start)
    return "".join(MASK_CHARACTER if full else c for c, full in zip(text, taken, strict=True))
