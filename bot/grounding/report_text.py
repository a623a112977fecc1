"""Check a report before its slots are filled: figures, quotations, exhibits, links and lengths.

A digit or a number word in the prose is a fault, unless a name, a quotation or a date that a tool
or the request gave carries it, or a note, a label or a column has it with the same unit. A share in
words ("a third") may also be what the slots beside it show.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import chain, pairwise, permutations
from typing import NamedTuple

from bot.core.exhibits import Exhibit
from bot.core.fact_book import SLOT_PATTERN, FactBook, SlotError
from bot.core.facts import Fact
from bot.core.report import NONE, ReportForm, find_exhibit, find_form_faults, iter_texts
from bot.grounding.calculations import UnprovenFigure, build_proof_id
from bot.grounding.numbers import list_numbers, read_figures, read_word_figures
from bot.grounding.sources import find_quotations, read_fact
from bot.grounding.units import (
    HUNDRED,
    Figure,
    Reading,
    agrees,
    find_unit,
    is_bare,
    says,
)
from bot.i18n.messages import LOCALES, Language
from bot.text.normalize import collapse_spaces, normalize_text

WORD_WITH_DIGIT = re.compile(r"[^\s\"“”«»()\u0000]*\d[^\s\"“”«»()\u0000]*")
# Two figures, one put against the other. From–to has an order; "against" may be turned round.
FROM_TO_PATTERN = re.compile(
    r"\b(?:from|de) \{(?P<old>f\d+)[^{}]*\}[^{}.;:]{0,60}? (?:to|a) \{(?P<new>f\d+)[^{}]*\}"
)
TO_FROM_PATTERN = re.compile(
    r"\{(?P<new>f\d+)[^{}]*\}[^{}.;:]{0,60}? from \{(?P<old>f\d+)[^{}]*\}(?![^{}.;:]{0,60}? to \{)"
)
AGAINST_PATTERN = re.compile(
    r"\{(?P<new>f\d+)[^{}]*\}[^{}.;:]{0,60}? (?:contre|against|versus|vs\.?) "
    r"\{(?P<old>f\d+)[^{}]*\}"
)
ORDERED_PATTERNS = (FROM_TO_PATTERN, TO_FROM_PATTERN)
SLOT_NAME = re.compile(r"\{(f\d{1,4})\b")
DAY_BEFORE = re.compile(r"\b(?:le|du|au) $", re.IGNORECASE)  # "le 27", never "le 27 clients"
DAY = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)")  # "from the 6th to the 24th"
MASK = "\u0000"  # stands for each character of a slot
OF_WHOLE = re.compile(r"\s+(?:of|de|des|du)\b|\s+d['’]", re.IGNORECASE)  # a share, no rank
RATE_BASE = re.compile(  # of a rate: “cost per thousand impressions”
    r"(?i)\b(?:per|pour|par) (?:thousand|mille|1[ .,\u00a0\u202f]?000)(?= (?!euros)[a-z])"
)
COMPOUND = re.compile(r"\w+(?:[-_]\w+)+")  # a code: “noel-trois-bougies”
FORBIDDEN_PATTERN = re.compile(r"https?://\S+|<[@!#][^>]*>|@(?:channel|here|everyone)\b")
TRAILING = ".,;:!?…’'"
MINUTES = 1440  # of a day
MAX_BARE_COUNT = 20  # the largest count in words of what a report lists


@dataclass(frozen=True)
class ReportChecker:
    """Checks a report against what was found up to now. `request_days` are the first and last days
    of the periods that the request names. `shown` are other texts that tools gave, such as how they
    read a call, and `notes` what they said of their facts. `proofs` are of typed figures, by
    calculations."""

    book: FactBook
    exhibits: Sequence[Exhibit]
    request_words: str
    language: Language
    skills: Collection[str]
    today: date
    request_days: Collection[date] = ()
    shown: Sequence[str] = ()
    notes: Sequence[str] = ()
    proofs: Sequence[Fact] = ()

    @cached_property
    def _material(self) -> "_Material":
        return _Material(self)

    def find_faults(self, form: ReportForm, proposals: Collection[str] = ()) -> list[str]:
        """Return what is wrong with a report, as sentences for the model; the worst first. Texts
        that are `proposals`, by name, may put words of their own between quotation marks."""
        faults: list[str] = []
        counts: list[str] = []  # bare counts in words, which alone send nothing back
        for where, text in iter_texts(form):
            for fault in (
                *_find_slot_faults(text, self.book, self.language),
                *_find_swapped_periods(text, self.book, *ORDERED_PATTERNS, AGAINST_PATTERN),
            ):
                faults.append(f"{where}: {fault}")
            for typed in self._list_typed(where, text):
                (counts if typed.is_count else faults).append(f"{where}: {typed.fault}")
            if where not in proposals:
                wrong = _find_wrong_quotes(text, self._material)
                faults += [f"{where}: {fault}" for fault in wrong]
            forbidden = FORBIDDEN_PATTERN.finditer(text)
            faults += [f"{where}: leave out “{match[0]}”" for match in forbidden]
        faults += find_form_faults(form, self.book, self.exhibits, self.language, self.skills)
        return list(dict.fromkeys([*faults, *counts])) if faults else []

    def _list_typed(self, where: str, text: str) -> "Iterator[_TypedFigure]":
        """Yield the typed figures of a text. One that names what is not answered, without a figure,
        compares nothing: “doubles” are people who stand in it twice."""
        is_gap = where == "cannot_tell" and not SLOT_PATTERN.search(text)
        for typed in _list_typed_figures(text, self._material):
            is_multiple = typed.is_rough and typed.figure and typed.figure.first.unit == "times"
            if not (is_gap and is_multiple):
                yield typed

    def list_unproven(self, form: ReportForm) -> tuple[UnprovenFigure, ...]:
        """Return the typed figures that nothing gave; none of a text with slots that go back."""
        found = list[UnprovenFigure]()
        for where, text in iter_texts(form):
            with suppress(SlotError):
                shown = self.book.fill(text, self.language).text
                for typed in self._list_typed(where, text):
                    if figure := typed.figure:
                        reason = f"“{figure.text}” is typed and in no fact"
                        found.append(UnprovenFigure(text, figure, reason, shown=shown))
        return tuple(found)

    def drop_faulty_texts(self, form: ReportForm) -> tuple[ReportForm, int]:
        """Return the report without the sentences whose figures, slots, quotations or links are
        still wrong, and how many these are. The first good point takes the place of a wrong
        headline. Next steps that no skill carries out are left out."""
        texts = [form.headline, *form.points]
        good = [text for text in texts if text.strip() and self._is_good(text)]
        cannot_tell = form.cannot_tell if self._is_good(form.cannot_tell) else NONE
        dropped = len(texts) - len(good) + (cannot_tell != form.cannot_tell)
        kept = {
            "headline": good[0] if good else "",
            "points": good[1:],
            "cannot_tell": cannot_tell,
            "exhibit": form.exhibit if find_exhibit(form.exhibit, self.exhibits) else NONE,
            "next_steps": [step for step in form.next_steps if step.skill in self.skills],
        }
        return form.model_copy(update=kept), dropped

    def _is_good(self, text: str) -> bool:
        checks = (
            _find_slot_faults(text, self.book, self.language),
            _find_swapped_periods(text, self.book, *ORDERED_PATTERNS),
            (one for one in _list_typed_figures(text, self._material) if not one.is_rough),
            _find_wrong_quotes(text, self._material),
            FORBIDDEN_PATTERN.findall(text),
        )
        return not any(True for check in checks for _fault in check)


def _find_slot_faults(text: str, book: FactBook, language: Language) -> Iterator[str]:
    for slot in SLOT_PATTERN.finditer(text):
        try:
            book.fill(slot[0], language)
        except SlotError as error:
            yield str(error)
    rest = SLOT_PATTERN.sub("", text)
    if "{" in rest or "}" in rest:
        yield (
            "braces hold a slot alone: {f1}, {f1:bare} (no unit), {f1:abs} (no sign), "
            "{f1:round} (about), {f1:from-to} (compared figures)"
        )


def _find_swapped_periods(text: str, book: FactBook, *shapes: re.Pattern[str]) -> Iterator[str]:
    """Return a sentence for each two figures that stand the other way round in time."""
    low = normalize_text(text)
    for match in (match for shape in shapes for match in shape.finditer(low)):
        old, new = book.get(match["old"]), book.get(match["new"])
        if not (old and new and old.since and new.until and old.unit == new.unit):
            continue
        if old.since > new.until and not _is_range(old, new, book):
            yield (
                f"“{match[0]}” turns the days round: {match['old']} is of {old.since} and later, "
                f"{match['new']} of {new.until} and before"
            )


def _is_range(later: Fact, earlier: Fact, book: FactBook) -> bool:
    """Whether these are the lowest and the highest figure of a course, and not both its ends: “the
    months go from {f10} to {f4}” says how far they lie apart, not how they went."""
    assert earlier.since
    assert later.until
    same = (later.parts.kind, later.parts.measure, later.unit)
    course = [
        (fact.number, fact.since, fact.until)
        for fact in book.facts
        if fact.since
        and fact.until
        and (fact.parts.kind, fact.parts.measure, fact.unit) == same
        and not (fact.since <= earlier.since and later.until <= fact.until)  # the whole of it
    ]
    numbers, begins, ends = zip(*course, strict=True)
    are_ends = earlier.since == min(begins) and later.until == max(ends)
    return (later.number, earlier.number) == (min(numbers), max(numbers)) and not are_ends


class _Material:
    """What may carry figures into a report: what tools and the request said."""

    def __init__(self, given: "ReportChecker") -> None:
        facts, exhibits, language = list(given.book.facts), given.exhibits, given.language
        self._book = given.book
        self._proofs = frozenset(fact.id for fact in given.proofs)
        texts = [given.request_words, *given.shown]
        texts += [text for fact in facts for text in (fact.about, fact.titled(language))]
        texts += [fact.value for fact in facts if isinstance(fact.value, str)]
        texts += [cell for e in exhibits if e.table for row in e.table.rows for cell in row[:1]]
        self._whole = collapse_spaces(normalize_text("\n".join(filter(None, texts))))
        labels = [fact.titled(known) for fact in facts for known in LOCALES]
        labels += [exhibit.shows for exhibit in exhibits]
        labels += [column for e in exhibits if e.table for column in e.table.columns]
        self._told = told = dict.fromkeys([*texts, *given.notes, *labels])
        days = {day for f in facts for day in (f.since, f.until, f.as_of) if day}
        days |= {given.today, *given.request_days}
        self._asked = frozenset(list_numbers(given.request_words))
        self._words = frozenset(self._whole.split()) | frozenset(
            word.strip(TRAILING) for text in told for word in normalize_text(text).split()
        )
        self._figures = [one for text in told for one in read_figures(text)]
        self._figures += read_word_figures(given.request_words)
        self._figures += [
            one for fact in facts if isinstance(fact.value, str) for one in read_fact(fact).figures
        ]
        self._figures += [one for day in days for one in read_figures(day.isoformat())]
        self._years = {day.year for day in days}  # in 2026 you sold: no number of what was sold
        lengths = {(f.until - f.since).days + 1 for f in facts if f.since and f.until}
        self._figures += [one for n in lengths for one in read_figures(f"{n} days")]
        self._lengths = [Decimal(n * MINUTES) for n in lengths]
        for fact in facts:  # "sales lost (9,000 to 14,700)", of a fact in euros
            unit, size = find_unit(fact.unit)
            self._figures += [
                replace(one, readings=tuple(Reading(*r[:2], unit, size) for r in one.readings))
                for one in read_figures(fact.titled(language))
                if unit and one.is_number and one.first.unit in (None, "#sizes")
            ]

    def gives(self, figure: Figure, text: str) -> bool:
        """Whether what tools or the request said has this figure, or a proof or a fact has it."""
        if figure.noun and DAY_BEFORE.search(text, 0, figure.start):
            figure = replace(figure, noun="")  # a day, which counts nothing: « le 27 cette année »
        is_year = figure.first.value in self._years and figure.text[:4].isdigit()
        if is_year or any(agrees(figure, known) for known in self._figures):
            return True
        if figure.first.unit == "months" and any(says(figure, n, "time") for n in self._lengths):
            return True
        if self._proofs and build_proof_id(text, figure.text) in self._proofs:
            return True
        if not figure.in_words:
            return False
        if figure.first.unit == "%":
            shares = _list_shares(self._book, text)
            is_shown = any(says(figure, one, "%", is_rough=True) for one in shares)
            is_given = any(agrees(figure, known) for known in self._given_shares)
            return is_shown or is_given or self._is_rank(figure, text)
        return any(agrees(figure, k) for fact in self._book.facts for k in read_fact(fact).figures)

    def _is_rank(self, figure: Figure, text: str) -> bool:
        """Whether "a third" may be the third of as many as were asked for: "a third worst can't be
        named", where the worst 3 were asked for."""
        rank = round(HUNDRED / figure.first.base)
        of_whole = OF_WHOLE.search(figure.text) or OF_WHOLE.match(text, figure.end)
        return rank > 2 and rank in self._asked and not of_whole

    def spans(self, first: Figure, last: Figure, text: str) -> bool:
        """Whether two numbers are the first and the last day of a figure of the text, its month
        left out: “against the 16 to 21”."""
        if not all(one.first.unit == "#sizes" for one in (first, last)):
            return False
        days = (int(first.first.base), int(last.first.base))
        shown = [fact for name in SLOT_NAME.findall(text) if (fact := self._book.get(name))]
        ids = {id for fact in shown for id in (fact.compared_with, *fact.calculated_from)}
        shown += [fact for fact in self._book.facts if fact.id in ids]
        return any(f.since and f.until and (f.since.day, f.until.day) == days for f in shown)

    @cached_property
    def _given_shares(self) -> list[Figure]:
        """The shares in words that tools or the request said; a median says "half"."""
        texts = [*self._told, "half"] if "median" in self._whole else [*self._told]
        return [f for text in texts for f in read_word_figures(text) if f.first.unit == "%"]

    def has_word(self, word: str) -> bool:
        """Whether a tool or the request gave this word."""
        low = normalize_text(word).strip(TRAILING).removesuffix("'s").removesuffix("’s")
        if ordinal := DAY.fullmatch(low):
            dates = [r.day for one in self._figures for r in one.readings if r.kind == "date"]
            return low in self._words or int(ordinal[1]) in {day for _, _, day in dates}
        return low in self._words

    def quotes(self, quotation: str) -> bool:
        """Whether these words stand in a fact or in the request, letter for letter."""
        return collapse_spaces(normalize_text(quotation)) in self._whole


def _list_shares(book: FactBook, text: str) -> Iterator[Decimal]:
    """Yield the shares that the slots of a text show, in percent: those of facts, and those that
    two facts of one unit make, as a part of a whole or as two parts: "half and half"."""
    shown = [fact for name in dict.fromkeys(SLOT_NAME.findall(text)) if (fact := book.get(name))]
    for fact in shown:
        readings = (r for one in read_fact(fact).figures for r in one.readings)
        yield from (abs(r.base) for r in readings if r.unit == "%")
    numbers = [fact for fact in shown if isinstance(fact.value, Decimal) and fact.number > 0]
    amounts = [fact for fact in numbers if fact.unit not in (None, "%", "points")]
    for one, other in permutations(amounts, 2):
        if one.unit == other.unit:
            yield HUNDRED * one.number / other.number
            yield HUNDRED * one.number / (one.number + other.number)


class _TypedFigure(NamedTuple):
    """A figure that nothing gave, and its fault. `is_rough`: it is in words, which is no reason to
    drop a sentence; `is_count`: it may count what the report lists ("three reasons")."""

    figure: Figure | None
    fault: str
    is_rough: bool = False
    is_count: bool = False


def _list_typed_figures(text: str, material: _Material) -> Iterator[_TypedFigure]:
    """Yield typed figures that nothing gave, and words with digits that stand nowhere."""
    bare = SLOT_PATTERN.sub(lambda slot: MASK * len(slot[0]), text)
    bare = prose = RATE_BASE.sub(lambda base: MASK * len(base[0]), bare)
    for start, end in find_quotations(bare):
        if material.quotes(bare[start:end]):
            prose = prose[:start] + MASK * (end - start) + prose[end:]
    bare = COMPOUND.sub(
        lambda word: MASK * len(word[0]) if material.has_word(word[0]) else word[0], bare
    )
    figures = [one for one in read_figures(prose) if any(map(str.isdigit, one.text))]
    days = [two for two in pairwise(figures) if material.spans(*two, text)]
    figures = [one for one in figures if one not in chain.from_iterable(days)]
    for first, last in days:
        prose = prose[: first.start] + MASK * (last.end - first.start) + prose[last.end :]
    typed: list[tuple[Figure | None, str]] = [
        (one, one.text.strip()) for one in figures if not material.gives(one, text)
    ]
    for match in WORD_WITH_DIGIT.finditer(prose):
        is_read = any(one.start < match.end() and match.start() < one.end for one in figures)
        if not is_read and not material.has_word(match[0]):
            typed.append((None, match[0].strip(TRAILING)))
    for figure, shown in typed:
        fault = (
            f"“{shown}” is a typed figure: write the slot of a fact, look the figure up with a "
            "tool, or leave it out"
        )
        yield _TypedFigure(figure, fault)
    for figure in read_word_figures(bare):
        is_share = figure.first.unit == "%"  # its first word may be "a"
        has_word = not is_share and material.has_word(figure.text.split()[0])
        if not has_word and not material.gives(figure, text):
            word = normalize_text(figure.text)
            fault = f"“{word}” is a figure in words: write the slot of a fact, or leave it out"
            is_count = is_bare(figure) and figure.first.base in range(1, MAX_BARE_COUNT + 1)
            yield _TypedFigure(figure, fault, is_rough=True, is_count=is_count)


def _find_wrong_quotes(text: str, material: _Material) -> Iterator[str]:
    prose = SLOT_PATTERN.sub("", text)
    for quote in (prose[start:end] for start, end in find_quotations(prose)):
        if not material.quotes(quote):
            yield (
                f"“{quote}” stands in quotation marks and in no fact: quote letter for letter, or "
                "write your own words, such as a translation, without quotation marks"
            )
