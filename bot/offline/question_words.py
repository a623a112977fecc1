"""The table of words by which a question names measures, splits, comparisons and conditions."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.i18n.periods import Period, find_periods
from bot.text.normalize import normalize_text, tokenize

BY = ("by", "per", "par")
COUNTING = ("many", "combien", "number", "nombre", "nb", "cb")
PEOPLE_MEASURES = ("customers", "new_customers")
WORD = re.compile(r"[a-z0-9œæß]+|%")


class Match(NamedTuple):
    """Where a phrase of the table stands in the question, and what it means: names by their kind,
    such as "revenue" by "measures.orders"."""

    at: range
    meanings: Mapping[str, Sequence[str]]

    def names(self, kind: str) -> Sequence[str]:
        return self.meanings.get(kind, ())

    def by_dataset(self, group: str) -> dict[str, Sequence[str]]:
        """Return the names of a group of kinds, "measures" or "verbs", by dataset."""
        found = ((kind.partition("."), names) for kind, names in self.meanings.items())
        return {dataset: names for (head, _, dataset), names in found if head == group}


@cache
def load_table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def load_idle_words() -> frozenset[str]:
    return frozenset(tokenize(load_table()["idle"]))


@cache
def load_phrases() -> tuple[tuple[tuple[str, ...], Mapping[str, Sequence[str]]], ...]:
    """Return the phrases with their meanings, the longest first."""
    found = dict[tuple[str, ...], dict[str, list[str]]]()
    for kind, name, phrases in _list_entries(load_table()):
        for phrase in phrases.split(","):
            words = tuple(WORD.findall(normalize_text(phrase)))
            found.setdefault(words, {}).setdefault(kind, []).append(name)
    return tuple(sorted(found.items(), key=lambda one: (-len(one[0]), one[0])))


def _list_entries(table: Mapping[str, Any], kind: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and phrases of the entries of all tables below this one."""
    for name, entry in table.items():
        if isinstance(entry, dict):
            yield from _list_entries(entry, f"{kind}.{name}" if kind else name)
        elif kind:
            yield kind, name, entry


def drop_measure_names(text: str, min_words: int = 2) -> str:
    """Return the text without the names of measures of so many words or more: the basket of "our
    average basket" is no product."""
    found = list(WORD.finditer(normalize_text(text)))
    for match in reversed(find_matches([one[0] for one in found], set())):
        if match.by_dataset("measures") and len(match.at) >= min_words:
            start, end = found[match.at.start].start(), found[match.at.stop - 1].end()
            text = text[:start] + text[end:]
    return " ".join(text.split())


def names_only_figures(text: str, today: date) -> bool:
    """Whether the text is nothing but a measure with days, or with what to split it by."""
    words, days, read = _read_days(text, today)
    matches, idle = find_matches(words, read), load_idle_words() | {*BY}
    is_known = all(at in read or word in idle for at, word in enumerate(words))
    is_narrowed = bool(days) or any(one.names("dimensions") for one in matches)
    return is_known and is_narrowed and any(one.by_dataset("measures") for one in matches)


def asks_for_figures(text: str, today: date) -> bool:
    """Whether words that begin with a channel's name ask for figures, and for no text: by a measure
    of several words, as a rate, or by one beside "how many", a question mark or days that are past.
    In words that ask nothing, the first piece alone counts: behind it stands what to tell."""
    asks = text.rstrip().endswith("?") or not {*tokenize(text)}.isdisjoint(COUNTING)
    words, days, read = _read_days(text if asks else re.split("[:,;]", text)[0], today)
    matches = find_matches(words, read)
    named = [
        (match, name)
        for match in matches
        for names in match.by_dataset("measures").values()
        for name in names
        if name not in PEOPLE_MEASURES
    ]
    is_narrowed = asks or any(one.since < today for one in days)
    compares = any(one.names("comparison") for one in matches)
    is_rate = any(len(match.at) > 1 for match, _ in named)
    return is_rate or (is_narrowed and bool(named or compares))


def _read_days(text: str, today: date) -> tuple[list[str], list[Period], set[int]]:
    """Return the words, the days that they name, and where these stand."""
    words, periods = WORD.findall(normalize_text(text)), list[Period]()
    with suppress(ValueError):  # 31 November
        periods = find_periods(words, today)
    return words, periods, {at for period in periods for at in period.words}


def find_matches(words: Sequence[str], read_at: set[int]) -> list[Match]:
    """Return the phrases that stand in the words, the longest first where two share a word, and add
    their places to `read_at`, those that are already read."""
    found = []
    for phrase, meanings in load_phrases():
        for start in range(len(words)):
            at = _locate(phrase, words, start)
            if at is not None and read_at.isdisjoint(at):
                read_at.update(at)
                found.append(Match(at, meanings))
    return sorted(found, key=lambda match: match.at.start)


def _locate(phrase: Sequence[str], words: Sequence[str], start: int) -> range | None:
    """Return where the phrase stands, small words between its words left out or put in."""
    if words[start] != phrase[0]:
        return None
    at, idle = start + 1, load_idle_words()
    for word in phrase[1:]:
        behind = at
        while behind < len(words) and words[behind] != word and words[behind] in idle:
            behind += 1
        if behind < len(words) and words[behind] == word:
            at = behind + 1
        elif word not in idle:
            return None
    return range(start, at)
