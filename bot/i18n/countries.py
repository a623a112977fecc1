"""Parses and translates country names: ISO codes, names in our languages, and demonyms."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.i18n.languages import LANGUAGES
from bot.text.normalize import collapse_spaces, normalize_text, tokenize

MAX_NAME_WORDS = 5
PEOPLE = "customers people subscribers clients clientes gens abonnes abonnees"
PEOPLE_WORDS = (  # beside a country they restrict nobody
    "all our my the customers people in and tous toutes les nos mes clients clientes gens de du "
    "en a au aux et"
)
FILE_LANGUAGES = ("de", "es", "it", "nl", "pt")  # in which files also name countries
_NAMES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def translate_country(written: str, language: str) -> str:
    """Return the country's name in that language; an unknown name is returned unchanged."""
    code = parse_country_code(written)
    return _load_territories(language).get(code, written) if code else written


def parse_country_code(written: str) -> str | None:
    """Return the ISO 3166 code of two letters; None if it is not a country's code or name
    in one of LANGUAGES or of FILE_LANGUAGES."""
    name = normalize_name(written)
    return _load_codes().get(name) or _load_file_codes().get(name)


def list_country_names(written: str) -> set[str]:
    """Return the normalized names of this country. Its code is left out: in a sentence, it may be
    another word."""
    code = parse_country_code(written)
    names = {
        name
        for name, of_name in _load_codes().items()
        if of_name == code and code and len(name) > 2
    }
    return names | ({normalize_name(written)} if len(written) > len("XX") else set())


def list_country_spellings(written: str) -> set[str]:
    """Return how rows may spell this country, in small letters: its code and its names."""
    code = parse_country_code(written)
    tables = map(_load_territories, (*LANGUAGES, *FILE_LANGUAGES))
    names = {table[code].lower() for table in tables if code in table}
    every = {**_load_file_codes(), **_load_codes()}
    return names | {name for name, of_name in every.items() if of_name == code} | {written.lower()}


def list_country_words(written: str) -> set[str]:
    """Return the country's names and demonyms: "Belgian", « les clients belges »."""
    return list_country_names(written) | set(
        filter(None, _NAMES["demonyms"].get(parse_country_code(written) or "", "").split(", "))
    )


def list_named_countries(words: str) -> tuple[str, ...]:
    """Return the codes of the countries that the words name ("our Irish customers"): none
    where they say more than that. A code is one in capitals only: "NO", not "no"."""
    tokens = re.findall(r"[^\W_]+", words)
    found: list[str] = []
    while tokens:
        for size in range(min(MAX_NAME_WORDS, len(tokens)), 0, -1):
            if code := _find_spoken_country(" ".join(tokens[:size])):
                found.append(code)
                break
        else:
            size = 1
            if not {*tokenize(tokens[0])} <= {*tokenize(PEOPLE_WORDS)}:
                return ()
        del tokens[:size]
    return tuple(dict.fromkeys(found))


def find_countries(words: str) -> tuple[str, ...]:
    """Return the codes of the countries of people: "the UK people who wait". What the words say of
    a thing ("who bought Irish linen", "a dress in jersey") is no country of theirs."""
    if whole := list_named_countries(words):
        return whole
    tokens, small = re.findall(r"[^\W_]+", words), {*tokenize(f"{PEOPLE} {PEOPLE_WORDS}")}
    found, run, has_people = list[str](), list[str](), False
    at = 0
    while at < len(tokens):
        size = next((n for n in range(MAX_NAME_WORDS, 0, -1) if _find_name(tokens, at, n)), 1)
        plain = {*tokenize(tokens[at])}
        if code := _find_name(tokens, at, size):
            run.append(code)
        elif plain <= small:
            has_people |= bool(plain & {*tokenize(PEOPLE)})
        else:
            found, run, has_people = found + run * has_people, [], False
        at += size
    return tuple(dict.fromkeys(found + run * has_people))


def _find_name(tokens: Sequence[str], at: int, size: int) -> str | None:
    """Return the code of the country that so many words name. A code alone may be another word
    ("CA"), so it counts where people say it as a name: "UK"."""
    name = " ".join(tokens[at : at + size])
    return _find_spoken_country(name.lower() if len(name) == len("XX") else name)


def _find_spoken_country(name: str) -> str | None:
    plain = " ".join(tokenize(name))
    if len(name) == len("XX") and not name.isupper():
        return _load_demonyms().get(plain)
    return _load_spoken_names().get(plain)


def normalize_name(name: str) -> str:
    return normalize_text(collapse_spaces(name))


@cache
def _load_codes() -> dict[str, str]:
    known = {normalize_name(name): code for name, code in _NAMES["aliases"].items()}
    for language in LANGUAGES:
        for code, name in _load_territories(language).items():
            known |= {normalize_name(name): code, normalize_name(code): code}
    return known


@cache
def _load_demonyms() -> dict[str, str]:
    named = _NAMES["demonyms"].items()
    return {" ".join(tokenize(one)): code for code, names in named for one in names.split(", ")}


@cache
def _load_spoken_names() -> dict[str, str]:
    """Return the codes by all that people call a country, without hyphens and apostrophes."""
    names = {" ".join(tokenize(name)): code for name, code in _load_codes().items()}
    return names | _load_demonyms()


@cache
def _load_file_codes() -> dict[str, str]:
    """Return the codes by further names, which only a file may use: "Deutschland"."""
    known = {normalize_name(name): code for name, code in _NAMES["file_aliases"].items()}
    for language in FILE_LANGUAGES:
        known |= {normalize_name(n): code for code, n in _load_territories(language).items()}
    return known


@cache
def _load_territories(language: str) -> dict[str, str]:
    """Return country names by code. The world and its continents have numeric codes in CLDR and
    are left out."""
    from babel import Locale

    known = language in (*LANGUAGES, *FILE_LANGUAGES)
    territories = Locale.parse(language if known else "en").territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}
