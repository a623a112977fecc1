"""Check a report before its slots are filled: figures, quotations, exhibits, links and lengths.

Figures come from code, so a digit or a number word in the prose is a fault, unless a name, a
quotation or a date that a tool or the request gave carries it letter for letter. The faults are
sentences for the model.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from babel.dates import get_month_names

from bot.core.charts import Exhibit
from bot.core.fact_book import SLOT_PATTERN, FactBook, SlotError
from bot.core.facts import Fact
from bot.core.report import (
    MAX_HEADLINE,
    MAX_LABEL,
    MAX_NEXT_STEPS,
    MAX_POINT,
    MAX_POINTS,
    NONE,
    ReportForm,
    find_exhibit,
    find_quotable,
    is_given,
)
from bot.grounding.numbers import read_figures
from bot.i18n.messages import LOCALES, Language
from bot.text.normalize import normalize_text

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER_WORDS_FILE = Path(__file__).parent / "number_words.toml"
# A figure with the unit that belongs to it: "5 %", "€245", "1,234", "3.5".
FIGURE_PATTERN = re.compile(
    r"[€$£]?[\u00a0\u202f ]?[+\-−]?\d[\d.,\u00a0\u202f]*(?<=\d)(?:[\u00a0\u202f ]?[%‰€$£])?"
)
WORD_WITH_DIGIT = re.compile(r"[^\s\"“”«»()]*\d[^\s\"“”«»()]*")
QUOTE_PATTERN = re.compile(r"“([^”]{3,})”|«\s*([^»]{3,}?)\s*»|\"([^\"]{3,})\"")
FROM_TO_PATTERN = re.compile(
    r"\b(?:from|de) \{(f\d+)[^{}]*\}[^{}.;:]{0,60}? (?:to|a) \{(f\d+)[^{}]*\}"
)
HALVES = "half moitié"
UNIT_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "%": "%"}
FORBIDDEN_PATTERN = re.compile(r"https?://\S+|<[@!#][^>]*>|@(?:channel|here|everyone)\b")
TRAILING = ".,;:!?…’'"


def find_report_faults(
    form: ReportForm,
    book: FactBook,
    exhibits: Sequence[Exhibit],
    *,
    request_words: str,
    language: Language,
    skills: Collection[str],
    today: date,
    shown: Sequence[str] = (),
) -> list[str]:
    """Return what is wrong with a report, as sentences for the model; the worst first. `shown` are
    other texts that tools gave, such as how they read a call."""
    texts = list(_iter_texts(form))
    material = _Material(book.facts, exhibits, request_words, language, today, shown)
    faults: list[str] = []
    for where, text in texts:
        faults += [f"{where}: {fault}" for fault in _find_slot_faults(text, book, language)]
        faults += [f"{where}: {fault}" for fault in _find_swapped_periods(text, book)]
        faults += [f"{where}: {fault}" for fault in _find_typed_figures(text, material)]
        faults += [f"{where}: {fault}" for fault in _find_number_words(text, material)]
        faults += [f"{where}: {fault}" for fault in _find_wrong_quotes(text, material)]
        faults += [f"{where}: leave out “{match[0]}”" for match in FORBIDDEN_PATTERN.finditer(text)]
    if is_given(form.exhibit) and find_exhibit(form.exhibit, exhibits) is None:
        known = ", ".join(exhibit.id for exhibit in exhibits) or "there is none"
        faults.append(f"exhibit: there is no {form.exhibit}; there are: {known}. Or write none")
    faults += [
        f"quotes: {name} is nobody's own words: name sentences of read_feedback or read_thread"
        for name in form.quotes
        if is_given(name) and find_quotable(name, book) is None
    ]
    faults += _find_long_texts(form, book, language)
    faults += [
        f"next_steps: there is no skill {step.skill}; there are: {', '.join(sorted(skills))}"
        for step in form.next_steps
        if is_given(step.label) and step.skill not in skills
    ]
    return list(dict.fromkeys(faults))


def drop_faulty_texts(
    form: ReportForm,
    book: FactBook,
    exhibits: Sequence[Exhibit],
    *,
    request_words: str,
    language: Language,
    skills: Collection[str],
    today: date,
    shown: Sequence[str] = (),
) -> tuple[ReportForm, int]:
    """Return the report without the sentences whose figures, slots, quotations or links are still
    wrong, and how many these are. The first good point takes the place of a wrong headline. Next
    steps that no skill carries out are left out."""
    material = _Material(book.facts, exhibits, request_words, language, today, shown)

    def is_good(text: str) -> bool:
        checks = (
            _find_slot_faults(text, book, language),
            _find_swapped_periods(text, book),
            _find_typed_figures(text, material),
            _find_wrong_quotes(text, material),
            iter(FORBIDDEN_PATTERN.findall(text)),
        )
        return not any(True for check in checks for _fault in check)

    texts = [form.headline, *form.points]
    good = [text for text in texts if text.strip() and is_good(text)]
    cannot_tell = form.cannot_tell if is_good(form.cannot_tell) else NONE
    dropped = len(texts) - len(good) + (cannot_tell != form.cannot_tell)
    exhibit = form.exhibit if find_exhibit(form.exhibit, exhibits) else NONE
    kept = {
        "headline": good[0] if good else "",
        "points": good[1:],
        "cannot_tell": cannot_tell,
        "exhibit": exhibit,
        "next_steps": [step for step in form.next_steps if step.skill in skills],
    }
    return form.model_copy(update=kept), dropped


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


def _find_swapped_periods(text: str, book: FactBook) -> Iterator[str]:
    """Return a sentence for each "from … to …" whose first figure is of later days."""
    for match in FROM_TO_PATTERN.finditer(normalize_text(text)):
        first, second = book.get(match[1]), book.get(match[2])
        if (
            first
            and second
            and first.since
            and second.until
            and first.since > second.until
            and first.unit == second.unit
        ):
            yield (
                f"“from” comes before “to”: {match[1]} is of {first.since} and later, {match[2]} "
                f"of {second.until} and before"
            )


class _Material:
    """What may carry digits into a report: names, quotations and dates from tools and request."""

    def __init__(
        self,
        facts: Iterable[Fact],
        exhibits: Iterable[Exhibit],
        request_words: str,
        language: Language,
        today: date,
        shown: Sequence[str] = (),
    ) -> None:
        facts = list(facts)
        texts = [request_words, *shown]
        texts += [text for fact in facts for text in (fact.about, fact.titled(language))]
        texts += [fact.value for fact in facts if isinstance(fact.value, str)]
        texts += [cell for e in exhibits if e.table for row in e.table.rows for cell in row[:1]]
        self._texts = [normalize_text(text) for text in texts if text]
        if any("median" in text for text in self._texts):
            self._texts.append(normalize_text(HALVES))  # a median says what half of them are below
        self._whole = "\n".join(self._texts)
        self._tokens = {
            token.strip(TRAILING) for text in self._texts for token in _split_tokens(text)
        }
        self._of_unit = {
            (UNIT_SIGNS[fact.unit], token.strip(TRAILING))
            for fact in facts
            if fact.unit in UNIT_SIGNS
            for token in _split_tokens(normalize_text(fact.titled(language)))
        }
        self._clocks = {
            reading.value
            for text in texts
            for figure in read_figures(text)
            for reading in figure.readings
            if reading.kind == "clock"
        }
        self.language = language
        days = {day for f in facts for day in (f.since, f.until, f.as_of) if day} | {today}
        self._days = days | {parsed for f in facts if (parsed := _parse_day(f.value)) is not None}
        self._days |= {
            parsed for text in texts for day in ISO_DAY.findall(text) if (parsed := _parse_day(day))
        }

    def carries(self, token: str) -> bool:
        """Whether this word with digits stands in a name, a quotation or the request."""
        return normalize_text(token).strip(TRAILING).removeprefix("+") in self._tokens

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

    def has_word(self, word: str) -> bool:
        """Whether a tool or the request gave this word."""
        return _has_word(self._whole, word)

    def quotes(self, quotation: str) -> bool:
        """Whether these words stand in a fact or in the request, letter for letter."""
        return " ".join(normalize_text(quotation).split()) in " ".join(self._whole.split())

    def is_date(self, token: str, text: str, start: int, end: int) -> bool:
        """Whether this token is the day or the year of a date that a tool gave."""
        bare = token.strip(TRAILING).removesuffix("er")
        for part in re.split(r"[–-]", bare):
            if not part.isdigit():
                return _parse_day(bare) in self._days
            if len(part) == 4 and (
                any(day.year == int(part) for day in self._days) or _has_word(self._whole, part)
            ):
                continue
            months = _find_months(text, start, end, self.language)
            if not any(day.day == int(part) and day.month in months for day in self._days):
                return False
        return True


def _split_tokens(text: str) -> list[str]:
    return [match[0] for match in WORD_WITH_DIGIT.finditer(text)]


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
    prose = SLOT_PATTERN.sub(lambda slot: "\u0000" * len(slot[0]), text)
    for quotation in QUOTE_PATTERN.finditer(prose):
        inner = next(filter(None, quotation.groups()))
        if material.quotes(inner):
            hidden = "\u0000" * len(quotation[0])
            prose = prose[: quotation.start()] + hidden + prose[quotation.end() :]
    for match in WORD_WITH_DIGIT.finditer(prose):
        token = match[0].replace("\u0000", "")
        figure = _with_unit(prose, match)
        if any(character.isdigit() for character in token) and not (
            (figure == token and material.carries(token))
            or material.is_date(token, prose, match.start(), match.end())
            or (figure != token and material.quotes(figure))
            or material.carries_with_unit(token, figure)
            or material.is_clock(prose, match.start())
        ):
            yield (
                f"“{figure.strip()}” is a typed figure: write the slot of a fact, look the figure "
                "up with a tool, or leave it out"
            )


def _find_number_words(text: str, material: _Material) -> Iterator[str]:
    """Return a sentence for each figure in words. It goes back to the model, and is no reason to
    drop a sentence: “both”, “deux fois” and the like are honest more often than not."""
    normalized = normalize_text(SLOT_PATTERN.sub("", text))
    for word in _number_words(material.language):
        if _has_word(normalized, word) and not material.has_word(word):
            yield f"“{word}” is a figure in words: write the slot of a fact, or leave it out"


def _has_word(normalized: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", normalized) is not None


def _with_unit(text: str, match: re.Match[str]) -> str:
    """Return the word with the sign of a unit beside it: "5 %"."""
    after = re.match(r"[\u00a0\u202f ]?[%€$£‰]", text[match.end() :])
    before = re.search(r"[€$£][\u00a0\u202f ]?$", text[: match.start()])
    word = match[0].replace("\u0000", "")
    return (before[0] if before else "") + word + (after[0] if after else "")


@cache
def _number_words(language: Language) -> tuple[str, ...]:
    words = tomllib.loads(NUMBER_WORDS_FILE.read_text(encoding="utf-8"))[language]
    return tuple(normalize_text(word) for word in words)


def _find_wrong_quotes(text: str, material: _Material) -> Iterator[str]:
    for match in QUOTE_PATTERN.finditer(SLOT_PATTERN.sub("", text)):
        inner = next(filter(None, match.groups()))
        if not material.quotes(inner):
            yield f"“{inner}” stands in quotation marks and in no fact: quote letter for letter"


def _find_long_texts(form: ReportForm, book: FactBook, language: Language) -> Iterator[str]:
    if not form.headline.strip():
        yield "headline: it is empty"
    for where, text in _iter_texts(form):
        most = MAX_HEADLINE if where == "headline" else MAX_POINT
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
