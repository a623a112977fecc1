"""What a report speaks of: people, places, devices, channels and goods (`subjects.toml`).

Names by their capitals, the others by lists: by which word ever a concept is named, and in either
language, it is the same. What no list knows is the closed vocabulary's matter (`plain.toml`).
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.text.normalize import normalize_text, word_set

FILE = Path(__file__).parent / "subjects.toml"
AS_WRITTEN = ("places",)  # what is a name only with its capital: Nice, Tours, Pau
LISTS = (
    "people",
    "places",
    "quarters",
    "devices",
    "channels",
    "shop",
    "goods",
    "months",
    "orders",
)
_CUSTOMERS = (
    r"(?:customers?|buyers?|shoppers?|clients?|visitors?|people|audiences?|segments?|users?"
    r"|clientes?|clientele|acheteurs?|acheteuses?|visiteurs?|visiteuses?|gens|personnes|cibles?)"
)
_START = re.compile(r"(?:^|[.!?:;…]\s+|\n)[\s–—•*«“\"'(\d.)-]*", re.MULTILINE)
_CAPITAL = re.compile(r"(?<![\w’'-])(?:[dlDL][’'])?([A-ZÀ-ÖØ-Þ][\w’-]*)")
_NUMBERS = re.compile(r"(?<![\w.])(?:\d{2}|2[AB])(?![\w.]*\d)")
_QUOTED = re.compile(r"«\s*([^«»]{2,80}?)\s*»|“([^“”]{2,80})”|\"([^\"\n]{2,80})\"")


class Named(NamedTuple):
    """One thing that is named, from `start` to `end`. `concept` is that of a list, if any."""

    text: str
    start: int
    end: int
    concept: str | None = None


def read(text: str) -> Iterator[Named]:
    """Whatever is called by a name, quoted, or in a list."""
    yield from listed(text)
    starts = {match.end() for match in _START.finditer(text)}
    for match in _CAPITAL.finditer(text):
        begins = match.start() in starts or match.start(1) in starts
        if not begins and not _is_plain(match[1]):
            yield Named(match[1], match.start(1), match.end(1))
    for match in _QUOTED.finditer(text):
        span = match.span(match.lastindex or 0)
        yield Named(text[slice(*span)], *span)


def listed(text: str) -> Iterator[Named]:
    """What the lists know, with its concept. Places and English months need their capital."""
    low = normalize_text(text)
    for kind in LISTS:
        for match in _shape(kind).finditer(low):
            concept = _words(kind)[_singular(kind, match[0])]
            capital = text[match.start()].isupper()
            if (kind in AS_WRITTEN or match[0] == "march") and not capital:
                continue
            yield Named(text[match.start() : match.end()], *match.span(), concept)
    for match in _qualified().finditer(low):
        word = match["before"] or match["behind"]
        start = match.start("before") if match["before"] else match.start("behind")
        yield Named(text[start : start + len(word)], start, start + len(word))


def concepts(text: str) -> frozenset[str]:
    """The concepts that a text names, whatever its case."""
    low = normalize_text(text)
    return frozenset(
        _words(kind)[_singular(kind, match[0])]
        for kind in LISTS
        for match in _shape(kind).finditer(low)
    )


@cache
def orders() -> frozenset[str]:
    """The concepts that a name or a review never licenses."""
    return frozenset(_lists()["orders"])


@cache
def quarters() -> dict[str, frozenset[str]]:
    """Which départements lie in a quarter or region, by concept."""
    return {name: word_set(numbers.upper()) for name, numbers in _lists()["departements"].items()}


def quarters_of(text: str) -> frozenset[str]:
    """Where the départements lie whose numbers a text has."""
    numbers = set(_NUMBERS.findall(text))
    return frozenset(name for name, inside in quarters().items() if numbers & inside)


def _is_plain(word: str) -> bool:
    """Whether a capital says nothing: I, an abbreviation of ours."""
    return normalize_text(word).split("'")[0] in _PLAIN


_PLAIN = word_set(
    "i ok faq csv pdf url ab ai ia e sav kpi roas roi cta html id ht ttc slack excel confirmed "
    "confirme to a"
)


@cache
def _lists() -> dict[str, dict[str, str]]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _words(kind: str) -> dict[str, str]:
    """Every word of a list and the concept it stands for; hyphens are spaces."""
    every = _lists()[kind].items()
    return {word.strip(): name for name, words in every for word in words.split(",")}


@cache
def _shape(kind: str) -> re.Pattern[str]:
    words = sorted(_words(kind), key=len, reverse=True)
    some = "|".join(re.escape(word).replace(r"\ ", "[ -]") for word in words)
    return re.compile(rf"(?<!\w)(?:{some})(?:e?s|x)?(?!\w|-\w)")


def _singular(kind: str, found: str) -> str:
    word = found.replace("-", " ")
    endings = ("", "s", "es", "x")
    return next(w for e in endings if (w := word.removesuffix(e)) in _words(kind))


@cache
def _qualified() -> re.Pattern[str]:
    words = sorted(_words("qualifiers"), key=len, reverse=True)
    some = "|".join(re.escape(word).replace(r"\ ", "[ -]") for word in words)
    return re.compile(
        rf"(?<!\w)(?:(?P<before>{some})(?:e?s|x)?(?: \w+)? {_CUSTOMERS}"
        rf"|{_CUSTOMERS} (?:les plus |tres |assez )?(?P<behind>{some})(?:e?s|x)?)(?!\w)"
    )
