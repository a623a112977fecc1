"""Finds and masks personal data in free text.

Rules match a normalized copy of the text: hidden characters are removed, full-width and
mathematical letters and digits become plain ones, and there is one kind of space, dash, dot and @.
Positions are mapped back, so that the match is cut out of the text as it is stored.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.privacy.contacts import find_addresses, find_emails, find_handles, find_phones
from bot.privacy.names import MASK_CHARACTER, find_cued_names, find_names
from bot.privacy.numbers import find_numbers, find_traces
from bot.text.escape import HIDDEN_CHARACTERS
from bot.text.normalize import normalize_text

_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")
# Characters without a place of their own: hidden ones, joiners, marks over the letter before.
_DROPPED = re.compile(rf"{HIDDEN_CHARACTERS.pattern}|[\u200c\u200d\ufe0f\u0300-\u036f]|\r\n?")
_REPLACEMENTS = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2024\u3002\uff61\ufe52\uff0e", "."),
    **dict.fromkeys("\ufe6b\uff20", "@"),
    **dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07", "'"),
    **dict.fromkeys("ªº", None),
    "\u2028": "\n",
    "\u2029": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x85": "\n",
}


class NormalizedText(NamedTuple):
    """The normalized text, and where each of its characters starts and ends in the stored text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


class _CharacterTable(dict[int, str]):
    """A translation table that is filled with the characters that occur."""

    def __missing__(self, code: int) -> str:
        self[code] = _simplify(chr(code))
        return self[code]


def _simplify(character: str) -> str:
    if character in "\n\t" or " " <= character <= "~":
        return character
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character] or character
    if unicodedata.category(character) == "Zs":
        return " "
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(int(digit))
    same = unicodedata.normalize("NFKC", character)
    return same if len(same) == 1 else character


_CHARACTERS = _CharacterTable()


def normalize_with_offsets(text: str) -> NormalizedText:
    """Return the text to match, and where its characters are in `text`."""
    if _PLAIN.fullmatch(text):
        return NormalizedText(text, range(len(text)), range(1, len(text) + 1))
    if not _DROPPED.search(text):
        return NormalizedText(
            text.translate(_CHARACTERS), range(len(text)), range(1, len(text) + 1)
        )
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for dropped in _DROPPED.finditer(text):
        kept += text[at : dropped.start()].translate(_CHARACTERS)
        starts += range(at, dropped.start())
        ends += range(at + 1, dropped.start() + 1)
        at = dropped.end()
        if dropped[0].startswith("\r"):
            kept.append("\n")
            starts.append(dropped.start())
            ends.append(at)
        elif kept and dropped[0] and "\u0300" <= dropped[0] <= "\u036f":
            whole = unicodedata.normalize("NFC", kept[-1] + dropped[0])
            kept[-1] = whole if len(whole) == 1 else kept[-1]
            ends[-1] = at
    kept += text[at:].translate(_CHARACTERS)
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return NormalizedText("".join(kept), starts, ends)


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
