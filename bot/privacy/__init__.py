"""Finds personal data in free text, and replaces it with placeholders before a writer sees it.

Rules match a normalized copy of the text: hidden characters are removed, full-width and
mathematical letters and digits become plain ones, and there is one kind of space, dash, dot and @.
Positions are mapped back, so that the match is cut out of the text as it is stored."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel

from bot.privacy.contacts import (
    MIN_PHONE_DIGITS,
    find_addresses,
    find_emails,
    find_handles,
    find_phones,
)
from bot.privacy.cued_names import MASK_CHARACTER, find_cued_names
from bot.privacy.names import find_names
from bot.privacy.numbers import find_numbers, find_traces
from bot.text.escape import map_strings
from bot.text.normalize import normalize_with_offsets, split_words

# Finds personal data in free text: English and French, and partly three more languages.


class PersonalDatum(NamedTuple):
    """A piece of personal data; `kind` is EMAIL, PHONE, CARD, IBAN, NUMBER, DATE, HANDLE, ADDRESS
    or NAME."""

    kind: str
    start: int
    end: int
    value: str


Span = tuple[str, int, int]
_DIGIT = re.compile(r"\d")
NO_WORDS: frozenset[str] = frozenset()


@lru_cache(maxsize=4_096)  # an import calls it twice for each text
def find_personal_data(text: str, own: frozenset[str] = NO_WORDS) -> tuple[PersonalDatum, ...]:
    """Return the personal data in a text, in order and without overlaps; the more certain kinds
    win. `own` are the words of what the team sells (`build_own_words`): never a person's name.
    They make fewer words a name, never more: a text without names needs no second search."""
    if own and all(datum.kind != "NAME" for datum in find_personal_data(text)):
        return find_personal_data(text)
    spans, filled, starts, ends, words = _find_by_shape(text)
    spans = spans.copy()
    filled = _add_spans(
        spans, filled, (("NAME", *span) for span in find_cued_names(filled, words, own))
    )
    _add_spans(spans, filled, (("NAME", *span) for span in find_names(filled, own)))
    found = (
        (kind, starts[start], ends[end - 1])
        for kind, start, end in sorted(spans, key=lambda span: span[1])
    )
    return tuple(PersonalDatum(kind, start, end, text[start:end]) for kind, start, end in found)


MASK = re.compile(r"\[[A-Z]{2,12}\]")  # what `mask_personal_data` writes


def mask_personal_data(text: str, own: Collection[str] = NO_WORDS) -> str:
    """Return the text with personal data replaced by its kind: [EMAIL], [PHONE], [NAME] …"""
    for datum in reversed(find_personal_data(text, frozenset(own))):
        text = f"{text[: datum.start]}[{datum.kind}]{text[datum.end :]}"
    return text


def has_mask(text: str) -> bool:
    """Whether personal data was replaced in the text: it holds [NAME] or the like."""
    return MASK.search(text) is not None


def mask_all(texts: Iterable[str], own: Collection[str] = NO_WORDS) -> list[str]:
    """Return the texts as `mask_personal_data` does."""
    return [mask_personal_data(text, own) for text in texts]


@lru_cache(maxsize=512)
def _find_by_shape(
    text: str,
) -> tuple[list[Span], str, Sequence[int], Sequence[int], frozenset[str]]:
    """Return what does not depend on `own`: the spans in the normalized text, that text with the
    spans masked, the maps of positions, and the text's normalized words."""
    filled, starts, ends = normalize_with_offsets(text)
    words = frozenset(split_words(filled))
    spans: list[Span] = []
    filled = _add_spans(spans, filled, find_emails(filled, words))
    if digits := len(_DIGIT.findall(filled)):
        filled = _add_spans(spans, filled, find_numbers(filled, words, digits))
        filled = _add_spans(spans, filled, find_addresses(filled, words))
        if digits >= MIN_PHONE_DIGITS:
            filled = _add_spans(spans, filled, find_phones(filled))
        filled = _add_spans(spans, filled, find_traces(filled, words))
    filled = _add_spans(spans, filled, find_handles(filled, words))
    return spans, filled, starts, ends, words


def _add_spans(spans: list[Span], text: str, found: Iterator[Span]) -> str:
    """Add the spans that overlap no earlier span. Returns the text with them masked, so that no
    later rule matches there."""
    for kind, start, end in list(found):
        if start < end and MASK_CHARACTER not in text[start:end]:
            spans.append((kind, start, end))
            text = text[:start] + MASK_CHARACTER * (end - start) + text[end:]
    return text


T = TypeVar("T")

_PLACEHOLDER = re.compile(r"\[\s*([A-Za-z]{4,7})[\s\u00a0\u202f]*\\?[_\-–]?\s*(\d{1,4})\s*\]")
# A whole id of a fact or a row, such as "product.linen-shirt.price". It must stay unchanged.
_ID = re.compile(r"(?=.*[A-Za-z])[\w-]+(?:\.[\w-]+)+|[UWCGDTB][A-Z0-9]{8,12}")


class Pseudonymizer:
    """The personal data hidden during one conversation with a writer, by placeholder."""

    def __init__(self, own: Collection[str] = ()) -> None:
        """`own` are the words of what the team sells (`build_own_words`): never a person's name."""
        self._own = frozenset(own)
        self._placeholders: dict[tuple[str, str], str] = {}  # (kind, value) → placeholder
        self._values: dict[str, str] = {}  # placeholder → value
        self._reserved: set[str] = set()  # placeholders that people typed themselves
        self._known_names: set[str] = set()  # names that are hidden wherever they occur

    def dump(self) -> str:
        """Return everything that the placeholders stand for, as JSON, for `load`."""
        state = {
            "own": sorted(self._own),
            "values": [[kind, value, mark] for (kind, value), mark in self._placeholders.items()],
            "reserved": sorted(self._reserved),
            "names": sorted(self._known_names),
        }
        return json.dumps(state, ensure_ascii=False)

    def load(self, dumped: str) -> None:
        """Replace the state by one that `dump` returned, so that the same placeholders stand for
        the same values."""
        state = json.loads(dumped)
        self._own = frozenset(state["own"])
        self._placeholders = {(kind, value): mark for kind, value, mark in state["values"]}
        self._values = {mark: value for _, value, mark in state["values"]}
        self._reserved, self._known_names = set(state["reserved"]), set(state["names"])

    def add_names(self, names: Iterable[str]) -> None:
        """Add names of known people. They and their first names are hidden wherever they occur."""
        for name in names:
            self._known_names |= {part for part in (name, name.split(" ")[0]) if len(part) > 2}

    def mask(self, value: T) -> T:
        """Return a copy with placeholders for personal data: `[EMAIL_1]`, `[PHONE_2]`."""
        texts = list(_iter_strings(value))
        spans = {text: find_personal_data(text, self._own) for text in texts}
        names = [s.value for found in spans.values() for s in found if s.kind == "NAME"]
        names += [value for kind, value in self._placeholders if kind == "NAME"]
        name_pattern = _compile_names(names, self._known_names)
        for text in texts:
            self._reserved |= {mark for mark, _, _ in _find_placeholders(text)} - set(self._values)
        return cast(
            T,
            _map_strings(
                value, lambda text: self._mask_text(text, spans.get(text, ()), name_pattern)
            ),
        )

    def restore(self, value: T) -> T:
        """Return a copy with the personal data restored. An unknown placeholder stays as it is."""
        if not self._values:
            return value
        return cast(T, _map_strings(value, self._restore_text))

    def _mask_text(
        self, text: str, found: Iterable[PersonalDatum], name_pattern: re.Pattern[str] | None
    ) -> str:
        spans = [(f.start, f.end, f.kind, f.value) for f in found]
        if name_pattern:
            spans += [(m.start(), m.end(), "NAME", m[0]) for m in name_pattern.finditer(text)]
        if self._values:  # a person typed, by chance or on purpose, a placeholder that is in use
            marks = (typed for typed in _find_placeholders(text) if typed[0] in self._values)
            spans += [(start, end, "TEXT", text[start:end]) for _, start, end in marks]
        pieces, at = [], 0
        for start, end, kind, value in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= at:
                pieces += [text[at:start], self._get_placeholder(kind, value)]
                at = end
        return "".join((*pieces, text[at:])) if pieces else text

    def _get_placeholder(self, kind: str, value: str) -> str:
        if (kind, value) not in self._placeholders:
            n = 1
            while (mark := f"[{kind}_{n}]") in self._values or mark in self._reserved:
                n += 1
            self._placeholders[kind, value], self._values[mark] = mark, value
        return self._placeholders[kind, value]

    def _restore_text(self, text: str) -> str:
        if "[" not in text:
            return text
        return _PLACEHOLDER.sub(
            lambda mark: self._values.get(_format_placeholder(mark), mark[0]), text
        )


def _format_placeholder(mark: re.Match[str]) -> str:
    """Normalize a placeholder: `[email 1]` is `[EMAIL_1]`, since writers change case and spaces."""
    return f"[{mark[1].upper()}_{int(mark[2])}]"


def _find_placeholders(text: str) -> Iterable[tuple[str, int, int]]:
    """Yield the placeholders in a text and their positions, as a reader sees them: with hidden
    characters or full-width letters in it, it is still the same placeholder."""
    if "[" in text or not text.isascii():
        read, starts, ends = normalize_with_offsets(text)
        for mark in _PLACEHOLDER.finditer(read):
            yield _format_placeholder(mark), starts[mark.start()], ends[mark.end() - 1]


def _compile_names(names: list[str], known_names: Iterable[str] = ()) -> re.Pattern[str] | None:
    """Compile a pattern of names to hide everywhere. A name of one word is included only if it is
    in `known_names`."""
    every = {*(name for name in names if " " in name), *known_names}
    full = sorted({re.escape(name) for name in every}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(full)})\b") if full else None


def _iter_strings(node: Any) -> Iterable[str]:
    if isinstance(node, str):
        if not _ID.fullmatch(node):
            yield node
    elif isinstance(node, BaseModel):
        for name in type(node).model_fields:
            yield from _iter_strings(getattr(node, name))
    elif isinstance(node, dict):
        for value in node.values():
            yield from _iter_strings(value)
    elif isinstance(node, list | tuple | set | frozenset):
        for value in node:
            yield from _iter_strings(value)


def _map_strings(node: Any, change: Callable[[str], str]) -> Any:
    """Return a copy in which every string is changed, except ids."""
    return map_strings(node, lambda text: text if _ID.fullmatch(text) else change(text))
