"""Check a report before its slots are filled: figures, quotations, exhibits, links and lengths.

Figures come from code, so a digit or a number word in the prose is a fault, unless a name, a
quotation or a date that a tool or the request gave carries it letter for letter, or a note, a label
or a column has it with the same unit. The faults are sentences for the model.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache

from babel.dates import get_month_names

from bot.core.charts import Exhibit
from bot.core.fact_book import SLOT_PATTERN, FactBook, SlotError
from bot.core.facts import Fact
from bot.core.report import (
    MAX_LABEL,
    MAX_NEXT_STEPS,
    MAX_POINT,
    MAX_POINTS,
    NONE,
    TOLERATED_HEADLINE,
    ReportForm,
    find_exhibit,
    find_quotable,
    is_given,
)
from bot.grounding.calculations import UnprovenFigure, build_proof_id
from bot.grounding.derived_figures import SPANS, follows_from_slots
from bot.grounding.numbers import ORDINAL, read_figures, read_word_figures
from bot.grounding.units import Figure, Reading, is_bare, load_units
from bot.i18n.messages import LOCALES, Language
from bot.text.normalize import normalize_text

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
WORD_WITH_DIGIT = re.compile(r"[^\s\"“”«»()]*\d[^\s\"“”«»()]*")
QUOTE_PATTERN = re.compile(r"“([^”]{3,})”|«\s*([^»]{3,}?)\s*»|\"([^\"]{3,})\"")
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
ROLE_WORDS_BESIDE = 3  # words before and behind a slot that say what its figure is
CALCULATED = "calculated"  # the kind of what the tool `calculate` gave
ROLE_STEM, MIN_ROLE_WORD = 5, 4
SLOT_NAME = re.compile(r"\{(f\d{1,4})\b")
ROLE_SEGMENT = re.compile(r"[{}.,;:()!?]")
HALVES = "half moitié"
UNIT_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "%": "%"}
FORBIDDEN_PATTERN = re.compile(r"https?://\S+|<[@!#][^>]*>|@(?:channel|here|everyone)\b")
TRAILING = ".,;:!?…’'"
MAX_BARE_COUNT = 20  # the largest count in words of what a report lists
NUMBER_WITH_WORD = re.compile(r"(\d[\d.,]*)[\s-]?([a-z]+|%)(?!\w)")  # "30 days", "10 %", "30-day"


@dataclass(frozen=True)
class ReportChecker:
    """Checks a report against what was found up to now. `shown` are other texts that tools gave,
    such as how they read a call, and `notes` what they said of their facts. `proofs` are of typed
    figures, by calculations."""

    book: FactBook
    exhibits: Sequence[Exhibit]
    request_words: str
    language: Language
    skills: Collection[str]
    today: date
    shown: Sequence[str] = ()
    notes: Sequence[str] = ()
    proofs: Sequence[Fact] = ()

    @cached_property
    def _material(self) -> "_Material":
        return _Material(self)

    def find_faults(self, form: ReportForm) -> list[str]:
        """Return what is wrong with a report, as sentences for the model; the worst first."""
        faults: list[str] = []
        counts: list[str] = []  # bare counts in words, which alone send nothing back
        for where, text in _iter_texts(form):
            for fault in (
                *_find_slot_faults(text, self.book, self.language),
                *_find_swapped_periods(text, self.book, *ORDERED_PATTERNS, AGAINST_PATTERN),
                *_find_swapped_roles(text, self.book, self.language),
                *_find_typed_figures(text, self._material),
            ):
                faults.append(f"{where}: {fault}")
            for is_bare_count, fault in _find_number_words(text, self._material):
                (counts if is_bare_count else faults).append(f"{where}: {fault}")
            faults += [f"{where}: {fault}" for fault in _find_wrong_quotes(text, self._material)]
            forbidden = FORBIDDEN_PATTERN.finditer(text)
            faults += [f"{where}: leave out “{match[0]}”" for match in forbidden]
        if is_given(form.exhibit) and find_exhibit(form.exhibit, self.exhibits) is None:
            known = ", ".join(exhibit.id for exhibit in self.exhibits) or "there is none"
            faults.append(f"exhibit: there is no {form.exhibit}; there are: {known}. Or write none")
        faults += [
            f"quotes: {name} is nobody's own words: name sentences of read_feedback or read_thread"
            for name in form.quotes
            if is_given(name) and find_quotable(name, self.book) is None
        ]
        faults += _find_long_texts(form, self.book, self.language)
        known = ", ".join(sorted(self.skills))
        faults += [
            f"next_steps: there is no skill {step.skill}; there are: {known}"
            for step in form.next_steps
            if is_given(step.label) and step.skill not in self.skills
        ]
        return list(dict.fromkeys([*faults, *counts])) if faults else []

    def list_unproven(self, form: ReportForm) -> tuple[UnprovenFigure, ...]:
        """Return the typed figures that nothing gave, with their whole text: a headline or a
        point."""
        found = []
        for where, text in _iter_texts(form):
            figures = [one for one, _fault in _list_typed_figures(text, self._material) if one]
            figures += [one for one, _count in _list_number_words(text, self._material)]
            for figure in figures:
                reason = f"“{figure.text}” is typed and in no fact"
                found.append(UnprovenFigure(where, text, figure, reason, is_copy=False))
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
            _find_typed_figures(text, self._material),
            _find_wrong_quotes(text, self._material),
            FORBIDDEN_PATTERN.findall(text),
        )
        return not any(True for check in checks for _fault in check)


def _iter_texts(form: ReportForm) -> Iterator[tuple[str, str]]:
    yield "headline", form.headline
    for number, point in enumerate(form.points, 1):
        yield f"point {number}", point
    if is_given(form.cannot_tell):
        yield "cannot_tell", form.cannot_tell


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
            "{f1:from-to} (compared figures)"
        )


def _find_swapped_periods(text: str, book: FactBook, *shapes: re.Pattern[str]) -> Iterator[str]:
    """Return a sentence for each two figures, one put before the other, that stand the other way
    round in time."""
    low = normalize_text(text)
    for match in (match for shape in shapes for match in shape.finditer(low)):
        old, new = book.get(match["old"]), book.get(match["new"])
        if not (old and new and old.since and new.until and old.unit == new.unit):
            continue
        if old.since > new.until:
            yield (
                f"“{match[0]}” turns the days round: {match['old']} is of {old.since} and later, "
                f"{match['new']} of {new.until} and before"
            )


def _find_swapped_roles(text: str, book: FactBook, language: Language) -> Iterator[str]:
    """Return a sentence for each slot beside which stand words that only the name of another fact
    has, in the same unit: “{f1} planned”, where f1 is what was sold."""
    low = normalize_text(text)
    shown = [book.get(slot[1]) for slot in SLOT_PATTERN.finditer(low)]
    for slot in SLOT_PATTERN.finditer(low):
        fact = book.get(slot[1])
        segment = ROLE_SEGMENT.split(low[: slot.start()])[-1]
        behind = ROLE_SEGMENT.split(low[slot.end() :])[0].split()[:ROLE_WORDS_BESIDE]
        is_second = low[: slot.start() - len(segment)].endswith("}")
        before = _list_stems(" ".join(segment.split()[-ROLE_WORDS_BESIDE:]))
        beside = _list_stems(" ".join(behind))
        if not (is_second and behind):  # words between two slots are of the first
            beside |= before
        if fact is None or not beside or fact.parts.kind == CALCULATED:
            continue
        own = _list_role_words(fact, language)
        for other in book.facts:
            if other.unit != fact.unit or other.value == fact.value:
                continue
            others = _list_role_words(other, language)
            if not (own & others or other in shown):
                continue  # they are of no one kind
            is_named_before = other in shown and not is_second
            near = beside if own - others else before if is_named_before else frozenset()
            if near & (others - own) and not near & (own - others):
                yield (
                    f"{slot[1]} is {fact.titled(language)}, and the words beside it are of "
                    f"{other.titled(language)}: take the slot that these words name"
                )
                break


def _list_role_words(fact: Fact, language: Language) -> frozenset[str]:
    """Return the stems of what a fact is called, and of its month."""
    months = {day.month for day in (fact.since, fact.until) if day}
    names = [name for name, n in _month_numbers(language).items() if months == {n}]
    return _list_stems(" ".join((fact.titled(language), fact.about, *names)))


@lru_cache(maxsize=4096)
def _list_stems(text: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", normalize_text(text))
    return frozenset(word[:ROLE_STEM] for word in words if len(word) >= MIN_ROLE_WORD)


class _Material:
    """What may carry digits into a report: names, quotations and dates from tools and request."""

    def __init__(self, given: "ReportChecker") -> None:
        facts, exhibits, language = list(given.book.facts), given.exhibits, given.language
        self._book = given.book
        self._proofs = frozenset(fact.id for fact in given.proofs)
        texts = [given.request_words, *given.shown]
        texts += [text for fact in facts for text in (fact.about, fact.titled(language))]
        texts += [fact.value for fact in facts if isinstance(fact.value, str)]
        texts += [cell for e in exhibits if e.table for row in e.table.rows for cell in row[:1]]
        self._texts = [normalize_text(text) for text in texts if text]
        if any("median" in text for text in self._texts):
            self._texts.append(normalize_text(HALVES))  # a median says what half of them are below
        # Of these a figure may be repeated with its unit only: "the last 30 days", "10 %".
        labels = [fact.titled(known) for fact in facts for known in LOCALES]
        labels += [exhibit.shows for exhibit in exhibits]
        labels += [column for e in exhibits if e.table for column in e.table.columns]
        told = list(dict.fromkeys([*texts, *given.notes, *labels]))
        self._measured = {pair for text in told for pair in _list_measured(text)}
        lengths = {(f.until - f.since).days + 1 for f in facts if f.since and f.until}
        self._measured |= {_measure(str(days), "days") for days in lengths}
        self._whole = "\n".join(self._texts)
        self._tokens = {
            token.strip(TRAILING) for text in self._texts for token in WORD_WITH_DIGIT.findall(text)
        }
        self._of_unit = {
            (UNIT_SIGNS[fact.unit], token.strip(TRAILING))
            for fact in facts
            if fact.unit in UNIT_SIGNS
            for token in WORD_WITH_DIGIT.findall(normalize_text(fact.titled(language)))
        }
        self._clocks = {r.value for r in _list_readings(texts) if r.kind == "clock"}
        self.language = language
        days = {day for f in facts for day in (f.since, f.until, f.as_of) if day} | {given.today}
        self._days = days | {parsed for f in facts if (parsed := _parse_day(f.value)) is not None}
        self._days |= {
            parsed for text in told for day in ISO_DAY.findall(text) if (parsed := _parse_day(day))
        }
        dates = [reading.day for reading in _list_readings(told) if reading.kind == "date"]
        self._years = {day.year for day in self._days} | {day[0] for day in dates if day[0]}
        self._month_days = {(day.month, day.day) for day in self._days}
        self._month_days |= {(month, day) for _year, month, day in dates}

    def carries(self, token: str) -> bool:
        """Whether this word with digits stands in a name, a quotation or the request."""
        return normalize_text(token).strip(TRAILING).removeprefix("+") in self._tokens

    def carries_measured(self, token: str, text: str, start: int) -> bool:
        """Whether a tool gave the figure that stands here with the unit or word behind it."""
        ahead = NUMBER_WITH_WORD.match(normalize_text(text[start:]))
        if ahead is None or ahead.end() < len(normalize_text(token).rstrip(TRAILING)):
            return False
        return _measure(ahead[1], ahead[2]) in self._measured

    def has_span(self, figure: Figure) -> bool:
        """Whether a tool gave this length of time, in figures: "two weeks" of "14 days"."""
        return figure.first.unit in SPANS and any(
            unit == figure.first.unit and value == figure.first.base
            for value, unit in self._measured
        )

    def carries_with_unit(self, token: str, figure: str) -> bool:
        """Whether the name of a fact in this unit has the figure: "lost (9,000 to 14,700)"."""
        bare = normalize_text(re.sub(r"[€£$%]", "", token)).strip(TRAILING)
        return any((sign, bare) in self._of_unit for sign in UNIT_SIGNS.values() if sign in figure)

    def is_clock(self, text: str, start: int) -> bool:
        """Whether a time of day stands here that a tool gave: "2 pm" of "14:00"."""
        return any(
            figure.start <= start < figure.end
            and any(r.kind == "clock" and r.value in self._clocks for r in figure.readings)
            for figure in read_figures(text)
        )

    def follows(self, figure: Figure, text: str) -> bool:
        """Whether a typed figure follows from those whose slots stand in the text, or has a
        proof."""
        if self._proofs and build_proof_id(text, figure.text) in self._proofs:
            return True
        facts = [self._book.get(name) for name in dict.fromkeys(SLOT_NAME.findall(text))]
        slotted = [fact for fact in facts if fact is not None]
        return follows_from_slots(figure, slotted, self._book.facts)

    def has_word(self, word: str) -> bool:
        """Whether a tool or the request gave this word."""
        return _has_word(self._whole, word)

    def quotes(self, quotation: str) -> bool:
        """Whether these words stand in a fact or in the request, letter for letter."""
        return " ".join(normalize_text(quotation).split()) in " ".join(self._whole.split())

    def is_date(self, token: str, text: str, start: int, end: int) -> bool:
        """Whether this token is the day or the year of a date that a tool gave."""
        bare = ORDINAL.sub("", token.strip(TRAILING))
        for part in re.split(r"[–-]", bare):
            if not part.isdigit():
                return _parse_day(bare) in self._days
            if len(part) == 4 and (int(part) in self._years or _has_word(self._whole, part)):
                continue
            months = _find_months(text, start, end, self.language)
            if not any((month, int(part)) in self._month_days for month in months):
                return False
        return True


def _list_readings(texts: Iterable[str]) -> list[Reading]:
    return [one for text in texts for figure in read_figures(text) for one in figure.readings]


def _measure(digits: str, word: str) -> tuple[Decimal | str, str]:
    """Return a figure and its unit, the same in each language, or the word behind it."""
    unit, size = load_units().words.get(word, (word, Decimal(1)))
    digits = digits.strip(TRAILING)
    return (Decimal(digits) * size if digits.isdecimal() else digits), unit


def _list_measured(text: str) -> Iterator[tuple[Decimal | str, str]]:
    for match in NUMBER_WITH_WORD.finditer(normalize_text(text)):
        if len(match[2]) >= MIN_ROLE_WORD or match[2] in load_units().words:
            yield _measure(match[1], match[2])


def _parse_day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)) if isinstance(value, str) else None
    except ValueError:
        return None


@cache
def _month_numbers(language: Language) -> dict[str, int]:
    """Return the months of a year by their names, full and short, in the language."""
    names: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for number, name in get_month_names(width, locale=LOCALES[language]).items():
            names[normalize_text(str(name)).rstrip(".")] = int(number)
    return names


def _find_months(text: str, start: int, end: int, language: Language) -> set[int]:
    """Return the months that are named near a position: "from 1 to 26 November"."""
    around = normalize_text(text[max(0, start - 16) : end + 24])
    known = _month_numbers(language)
    return {known[word] for word in re.findall(r"[a-z]+", around) if word in known}


def _find_typed_figures(text: str, material: _Material) -> Iterator[str]:
    """Return a sentence for each figure that is typed and not a slot."""
    for _figure, shown in _list_typed_figures(text, material):
        yield (
            f"“{shown}” is a typed figure: write the slot of a fact, look the figure up with a "
            "tool, or leave it out"
        )


def _list_typed_figures(text: str, material: _Material) -> Iterator[tuple[Figure | None, str]]:
    """Yield the figures that are typed and that nothing gave, as they can be read and as they
    stand there."""
    prose = SLOT_PATTERN.sub(lambda slot: "\u0000" * len(slot[0]), text)
    for quotation in QUOTE_PATTERN.finditer(prose):
        inner = next(filter(None, quotation.groups()))
        if material.quotes(inner):
            hidden = "\u0000" * len(quotation[0])
            prose = prose[: quotation.start()] + hidden + prose[quotation.end() :]
    for match in WORD_WITH_DIGIT.finditer(prose):
        token = match[0].replace("\u0000", "")
        shown = _with_unit(prose, match)
        if any(character.isdigit() for character in token) and not (
            (shown == token and material.carries(token))
            or material.is_date(token, prose, match.start(), match.end())
            or (shown != token and material.quotes(shown))
            or material.carries_with_unit(token, shown)
            or material.carries_measured(token, prose, match.start())
            or material.is_clock(prose, match.start())
        ):
            figures = read_figures(prose)
            at = [one for one in figures if one.start < match.end() and match.start() < one.end]
            if not any(material.follows(figure, text) for figure in at):
                yield (at[0] if at else None), shown.strip()


def _find_number_words(text: str, material: _Material) -> Iterator[tuple[bool, str]]:
    """Return a sentence for each figure in words that no fact has and that follows from none, and
    whether it may be a count of what the report lists ("three reasons"). It goes back to the model,
    and is no reason to drop a sentence."""
    for figure, is_bare_count in _list_number_words(text, material):
        word = normalize_text(figure.text)
        yield (
            is_bare_count,
            f"“{word}” is a figure in words: write the slot of a fact, or leave it out",
        )


def _list_number_words(text: str, material: _Material) -> Iterator[tuple[Figure, bool]]:
    prose = SLOT_PATTERN.sub(lambda slot: "\u0000" * len(slot[0]), text)
    for figure in read_word_figures(prose):
        word = normalize_text(figure.text)
        given = (
            material.has_word(word)
            or material.has_word(word.split()[0])
            or material.has_span(figure)
        )
        if not given and not material.follows(figure, text):
            is_count = is_bare(figure) and figure.first.base in range(1, MAX_BARE_COUNT + 1)
            yield figure, is_count


def _has_word(normalized: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", normalized) is not None


def _with_unit(text: str, match: re.Match[str]) -> str:
    """Return the word with the sign of a unit beside it: "5 %"."""
    after = re.match(r"[\u00a0\u202f ]?[%€$£‰]", text[match.end() :])
    before = re.search(r"[€$£][\u00a0\u202f ]?$", text[: match.start()])
    word = match[0].replace("\u0000", "")
    return (before[0] if before else "") + word + (after[0] if after else "")


def _find_wrong_quotes(text: str, material: _Material) -> Iterator[str]:
    for match in QUOTE_PATTERN.finditer(SLOT_PATTERN.sub("", text)):
        inner = next(filter(None, match.groups()))
        if not material.quotes(inner):
            yield f"“{inner}” stands in quotation marks and in no fact: quote letter for letter"


def _find_long_texts(form: ReportForm, book: FactBook, language: Language) -> Iterator[str]:
    if not form.headline.strip():
        yield "headline: it is empty"
    for where, text in _iter_texts(form):
        most = TOLERATED_HEADLINE if where == "headline" else MAX_POINT
        try:
            size = len(book.fill(text, language).text)
        except SlotError:
            continue
        if size > most:
            yield f"{where}: it has {size} characters, at most {most} fit"
    if len(form.points) > MAX_POINTS:
        yield f"points: {len(form.points)} are too many, at most {MAX_POINTS}"
    if len(form.next_steps) > MAX_NEXT_STEPS:
        yield f"next_steps: {len(form.next_steps)} are too many, at most {MAX_NEXT_STEPS}"
    for step in form.next_steps:
        if len(step.label) > MAX_LABEL:
            yield f"next_steps: “{step.label}” is longer than {MAX_LABEL} characters"
