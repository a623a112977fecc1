"""Read the selected feedback texts, each with its language; split them into sentences and words.

Themes are looked up by words in lower case, without accents, cut into clauses."""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from sys import intern
from typing import NamedTuple, Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.result import AnalysisFilter, split_values
from bot.data.metrics.filters import (
    add_category,
    filter_brand,
    holds_value,
    name_reviewers,
)
from bot.data.warehouse.purchases import segments_table
from bot.data.warehouse.query import fetch_arrow
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.languages import get_language
from bot.i18n.messages import LANGUAGES
from bot.privacy import MASK
from bot.text.language import detect_language
from bot.text.normalize import normalize_nfc, normalize_spelling

# Sentences and words.

WORD_PATTERN = re.compile(r"\w+(?:['’]\w+)*")
PIECE_PATTERN = re.compile(r"\w+(?:['’]\w+)*|[,:()]|\s[-–—]+\s")
SENTENCE_PATTERN = re.compile(r"[^.!?…;\n]+[.!?…;\"»)]*")
ORDINAL_PATTERN = re.compile(r"(?<=\d)[.](?=\d)")
CUT = ("",)  # in place of the words of a mark, which ends a clause
MAX_KNOWN_PIECES = 200_000  # spellings remembered of one language


MAX_SALUTATION = 4  # words of a line that opens or closes a letter
SENTENCE_END = re.compile(r"[.!?…»\")]$")


def strip_letter(text: str) -> str:
    """Return a letter without the short lines that open and close it: the address, which ends with
    a comma, and below the last sentence the regards and the name. Lines that hold only what stands
    in place of personal data go as well. What is left stands there letter for letter."""
    found = list(re.finditer(r"\S[^\n]*", text))
    lines = [MASK.sub("", one[0]).strip() for one in found]
    words = [len(WORD_PATTERN.findall(line)) for line in lines]
    first, last = 0, len(lines)

    def is_frame(at: int) -> bool:
        return not words[at] or (words[at] <= MAX_SALUTATION and lines[at].endswith(","))

    if not any(is_frame(at) for at in range(last)):
        return text  # no letter
    while last - first > 1 and is_frame(first):
        first += 1
    while last - first > 1 and (
        is_frame(last - 1)
        or (words[last - 1] <= MAX_SALUTATION and not SENTENCE_END.search(lines[last - 1]))
    ):
        last -= 1
    return text[found[first].start() : found[last - 1].end()].rstrip()


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
    """Return the text's sentences. A word in `turns` starts a new clause. What stands in place of
    personal data is no word."""
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
    pieces = PIECE_PATTERN.findall(normalize_nfc(MASK.sub(" ", said)))
    spoken = [word for piece in pieces for word in (words[piece] or CUT)]
    if turns.isdisjoint(spoken) and CUT[0] not in spoken:
        return (tuple(spoken),) if spoken else ()
    clauses: list[tuple[str, ...]] = []
    now: list[str] = []
    for word in spoken:
        if word in turns or word == CUT[0]:
            clauses.append(tuple(now))
            now = []
        if word != CUT[0]:
            now.append(word)
    clauses.append(tuple(now))
    return tuple(clause for clause in clauses if clause)


def _split_piece(piece: str, language: str) -> list[str]:
    if "'" not in piece and "’" not in piece:
        return [piece]
    if language in LANGUAGES and not get_language(language).splits_at_apostrophe:
        return [piece.replace("'", "").replace("’", "")]
    return [part for part in re.split("['’]", piece) if part]


# The language of each feedback text: its column's, else the one that its words are known by.

UNKNOWN_LANGUAGE = "unknown"
# when this share of the clearly detected texts has one language, short unclear texts get it too
MIN_MAJORITY_SHARE = 0.9
MAX_SHORT_TEXT_WORDS = 5  # unclear texts of at most this length get the majority language
LANGUAGE_NAMES = {
    "english": "en",
    "anglais": "en",
    "french": "fr",
    "francais": "fr",
    "portuguese": "pt",
    "portugues": "pt",
    "portugais": "pt",
    "spanish": "es",
    "espanol": "es",
    "espagnol": "es",
    "castellano": "es",
    "german": "de",
    "deutsch": "de",
    "allemand": "de",
    "italian": "it",
    "italiano": "it",
    "italien": "it",
}


@lru_cache(maxsize=1_000)
def parse_language_name(column: str | None) -> str | None:
    """Parse the value of a language column: `fr`, `FR-fr`, `Français` → `fr`; empty → None."""
    if not column or not column.strip():
        return None
    tokens = tokenize_words(column, "fr")
    if not tokens:
        return None
    return LANGUAGE_NAMES.get(tokens[0], tokens[0][:2])


def detect_languages(texts: Sequence[str], columns: Sequence[str | None]) -> list[str]:
    """Return the language of each text: from its column if given, else from its stop words. A very
    short unclear text gets the language of nearly all others."""
    languages = [
        parse_language_name(c) or detect_language(t) or UNKNOWN_LANGUAGE
        for t, c in zip(texts, columns, strict=True)
    ]
    clear = Counter(language for language in languages if language != UNKNOWN_LANGUAGE)
    if not clear:
        return languages
    (most, count), total = clear.most_common(1)[0], sum(clear.values())
    if count < MIN_MAJORITY_SHARE * total:
        return languages
    return [
        most
        if language == UNKNOWN_LANGUAGE and 0 < len(text.split()) <= MAX_SHORT_TEXT_WORDS
        else language
        for language, text in zip(languages, texts, strict=True)
    ]


# The current period and the one before.

CURRENT_DAYS, PREVIOUS_DAYS, YEAR_DAYS = 30, 90, 365  # in days


class HasDay(Protocol):
    @property
    def day(self) -> date | None: ...


@dataclass(frozen=True)
class ComparedPeriods:
    """The compared periods, days inclusive. Levels refer to `first` to `last`: a year, or the
    requested days. "now" is the end of it, "before" the 90 days preceding "now"."""

    first: date
    last: date
    now: date

    @property
    def before(self) -> date:
        return self.now - timedelta(days=PREVIOUS_DAYS)

    def level(self, texts: Sequence[HasDay]) -> NDArray[np.bool_]:
        """Return the texts of the level. Texts without a date count, because they can't count for
        anything else."""
        return np.array([t.day is None or self.first <= t.day <= self.last for t in texts], bool)

    def is_now(self, texts: Sequence[HasDay]) -> NDArray[np.bool_]:
        return np.array([bool(t.day and self.now <= t.day <= self.last) for t in texts], bool)

    def is_before(self, texts: Sequence[HasDay]) -> NDArray[np.bool_]:
        return np.array([bool(t.day and self.before <= t.day < self.now) for t in texts], bool)


def choose_periods(filter_: AnalysisFilter, newest: date) -> ComparedPeriods:
    """Return the 30 days up to the newest text and the 90 before; or the requested days."""
    last = filter_.until or newest
    if filter_.since:
        return ComparedPeriods(filter_.since, last, filter_.since)
    return ComparedPeriods(
        last - timedelta(days=YEAR_DAYS - 1),
        last,
        last - timedelta(days=(filter_.days or CURRENT_DAYS) - 1),
    )


ROWS_AT_ONCE = 5_000
MAX_TEXTS = 100_000  # the newest texts, read at once; more would take minutes
# What may be an id of an order or a customer, and what a quote has in its place.
ID_PATTERN = re.compile(r"(?=\w*-?\w*\d)[^\W_][\w-]*\w")
MIN_ID_LENGTH, MIN_OWN_ID_LENGTH = 5, 3  # characters; "own": of the text's own row
ID_COLUMNS = (
    *(("orders", "order"), ("orders", "customer"), ("consents", "customer")),
    *(("customers", "customer"), ("feedback", "order"), ("feedback", "customer")),
)
HIDDEN_ID = "[…]"
DIMENSIONS = ("product", "category", "channel", "region", "country", "segment", "language")


class FeedbackText(NamedTuple):
    """One review or message. `whole` is the title, a line break and the text; the customer's own
    words start at `offset`."""

    id: str
    day: date | None
    whole: str
    offset: int
    rating: float | None  # 1 to 5
    language: str  # "fr", or "unknown"
    places: tuple[str | None, ...]  # in the order of DIMENSIONS
    author: str = ""  # the customer; every unknown author counts as a different one
    ids: frozenset[str] = frozenset()  # of orders and customers, that stand in the text

    def hide_ids(self, said: str) -> str:
        """Return a part of the text with HIDDEN_ID for each id in it."""
        if not self.ids:
            return said
        return ID_PATTERN.sub(lambda m: HIDDEN_ID if m[0].upper() in self.ids else m[0], said)

    @property
    def channel(self) -> str | None:
        return self.places[DIMENSIONS.index("channel")]

    @property
    def product(self) -> str | None:
        return self.places[DIMENSIONS.index("product")]


def parse_stars(stars: str) -> tuple[int, int]:
    """Return the lowest and the highest of "1-2" or "3". Raises CannotDo."""
    match = re.fullmatch(r"([1-5])(?:\s*[-–]\s*([1-5]))?", stars.strip())
    lowest, highest = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if lowest > highest:
        raise CannotDo("Stars are said like 1-2, 3 or 4-5, not {stars}.", stars=stars)
    return lowest, highest


def select_feedback(warehouse: Warehouse, filter_: AnalysisFilter) -> ir.Table:
    """Return the selected rows, newest first, as an expression. Raises CannotDo for a filter that
    feedback has no column for."""
    if filter_.device or filter_.source:
        raise CannotDo(
            "Feedback does not say the device or the source: leave that out of the question."
        )
    rows = _filter_feedback(warehouse, filter_)
    texts = rows.filter(rows.text.notnull()).select(
        "id", "at", "title", "text", "rating", "customer", "order", *DIMENSIONS
    )
    newest: ir.Table = texts.order_by(ibis.desc("at"), texts.id, texts.text).limit(MAX_TEXTS)
    return newest


def summarize_ratings(
    warehouse: Warehouse, filter_: AnalysisFilter, first: date, last: date
) -> ir.Table:
    """Return one row: ratings, mean, wordless (ratings without text), for these days inclusive.
    Rows without a date count."""
    rows = _filter_feedback(warehouse, filter_)
    day = rows["at"].date()
    rated = rows.filter(
        rows.rating.notnull(),
        day.isnull() | day.between(ibis.literal(first), ibis.literal(last)),
    )
    summary: ir.Table = rated.aggregate(
        ratings=rated.count(),
        mean=rated.rating.mean(),
        wordless=rated.text.isnull().ifelse(1, 0).sum(),
    )
    return summary


def _filter_feedback(warehouse: Warehouse, filter_: AnalysisFilter) -> ir.Table:
    table = warehouse.rows("feedback")
    table = name_reviewers(warehouse, table)
    if filter_.segment:
        table = _filter_segment(warehouse, table, filter_.segment)
    table = add_category(warehouse, _add_segment(warehouse, table))
    for name in ("product", "category", "channel", "country", "region"):
        wanted = getattr(filter_, name)
        if wanted is not None:
            values = split_values(wanted) if name in ("country", "channel") else [wanted]
            some = [holds_value(warehouse, "feedback", table, name, one) for one in values]
            table = table.filter(ibis.or_(*some))
    if filter_.stars:
        lowest, highest = parse_stars(filter_.stars)
        table = table.filter(table.rating.between(lowest, highest))
    if filter_.brand:
        table = filter_brand(warehouse, table, filter_.brand)
    if filter_.since:
        table = table.filter(
            table["at"].date() >= ibis.literal(filter_.since - timedelta(days=PREVIOUS_DAYS))
        )
    if filter_.until:
        table = table.filter(table["at"].date() <= ibis.literal(filter_.until))
    return table


def read_texts(
    warehouse: Warehouse, expression: ir.Table, filter_: AnalysisFilter
) -> list[FeedbackText]:
    """Read the texts, each with its language; `filter_.language` filters by it."""
    rows = fetch_arrow(warehouse, expression)
    spoken = detect_languages(rows["text"].to_pylist(), rows["language"].to_pylist())
    wanted = parse_language_name(filter_.language)
    found: list[FeedbackText] = []
    for start in range(0, rows.num_rows, ROWS_AT_ONCE):  # the rows of all texts are large
        part = rows.slice(start, ROWS_AT_ONCE)
        languages = spoken[start : start + ROWS_AT_ONCE]
        places = (
            languages
            if name == "language"
            else [intern(value) if value else None for value in part[name].to_pylist()]
            for name in DIMENSIONS
        )
        columns = (
            part[name].to_pylist()
            for name in ("id", "at", "title", "text", "rating", "customer", "order")
        )
        found += (
            _row_to_text(*row)
            for row in zip(*columns, languages, zip(*places, strict=True), strict=True)
            if row[3].strip() and wanted in (None, row[7])
        )
    return _mark_ids(warehouse, found)


def _mark_ids(warehouse: Warehouse, texts: list[FeedbackText]) -> list[FeedbackText]:
    """Add to each text the ids that stand in it: those of its own row, and those of the files."""
    typed = [{word.upper() for word in ID_PATTERN.findall(text.whole)} for text in texts]
    long = {word for words in typed for word in words if len(word) >= MIN_ID_LENGTH}
    known = _find_ids(warehouse, long) if long else set()
    return [
        text._replace(ids=frozenset(words & (known | text.ids))) if words else text
        for text, words in zip(texts, typed, strict=True)
    ]


def _find_ids(warehouse: Warehouse, words: set[str]) -> set[str]:
    """Return the words, in capitals, that are ids of orders or of customers in any file."""
    found = set[str]()
    for kind, name in ID_COLUMNS:
        if kind in warehouse.listed and kind not in warehouse.damaged:
            rows = warehouse.rows(kind)
            ids = rows.select(id=rows[name].cast("string").upper().replace("#", ""))
            same = ids.filter(ids.id.isin(sorted(words))).distinct()
            found |= set(fetch_arrow(warehouse, same)["id"].to_pylist())
    return found


def is_of_few(texts: Sequence[FeedbackText], filter_: AnalysisFilter, floor: int) -> bool:
    """Tell whether these texts of a place or of a segment are of too few people to be shown."""
    is_group = any((filter_.segment, filter_.country, filter_.region))
    return is_group and len({text.author for text in texts}) < floor


def list_values(texts: Sequence[FeedbackText], dimension: str) -> list[str | None]:
    at = DIMENSIONS.index(dimension)
    return [text.places[at] for text in texts]


def format_title(title: str | None) -> str:
    """Return what stands before the text in `FeedbackText.whole`."""
    return f"{title.strip()}\n" if title and title.strip() else ""


def _row_to_text(
    id_: str | None,
    at: datetime | None,
    title: str | None,
    text: str,
    rating: float | None,
    customer: str | None,
    order: str | None,
    language: str,
    places: tuple[str | None, ...],
) -> FeedbackText:
    head = format_title(title)
    return FeedbackText(
        id_ or "",
        at.date() if at else None,
        head + text,
        len(head),
        float(rating) if rating is not None and rating == rating else None,
        language,
        places,
        customer or f"text {id_} {at}",
        frozenset(
            id.upper().replace("#", "")
            for id in (customer, order)
            if id and len(id) >= MIN_OWN_ID_LENGTH
        ),
    )


def _filter_segment(warehouse: Warehouse, table: ir.Table, wanted: str) -> ir.Table:
    """Return the texts that name this segment, or whose customer is in it or has this level."""
    own = table.segment.lower() == wanted.lower()
    people = segments_table(warehouse)
    if people is None:
        return table.filter(own)
    inside = people.filter(people.segment.lower() == wanted.lower())
    members = inside.select(member="customer").distinct()
    joined = table.left_join(members, table.customer == members.member)
    return joined.filter(own.fill_null(False) | joined.member.notnull()).drop("member")


def _add_segment(warehouse: Warehouse, table: ir.Table) -> ir.Table:
    """Add the segment from the customers' file where the feedback has none."""
    people = segments_table(warehouse)
    if people is None:
        return table
    known = (
        people.filter(people.segment.notnull())
        .group_by(who="customer")
        .aggregate(known_segment=people.segment.max())
    )
    joined = table.left_join(known, table.customer == known.who)
    segment = ibis.coalesce(joined.segment, joined.known_segment)
    return joined.mutate(segment=segment).drop("who", "known_segment")
