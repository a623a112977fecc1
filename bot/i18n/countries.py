"""Parses and translates country names: ISO codes, English and French names, and demonyms."""

import tomllib
from functools import cache
from pathlib import Path

from bot.text.normalize import collapse_spaces, normalize_text

COUNTRY_LANGUAGES = ("en", "fr")
FILE_LANGUAGES = ("de", "es", "it", "nl", "pt")  # in which files also name countries
_NAMES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def translate_country(written: str, language: str) -> str:
    """Return the country's name in that language; an unknown name is returned unchanged."""
    code = parse_country_code(written)
    return _load_territories(language).get(code, written) if code else written


def parse_country_code(written: str) -> str | None:
    """Return the ISO 3166 code of two letters; None if it is not a country's code or name
    in English, French or one of FILE_LANGUAGES."""
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


def list_country_words(written: str) -> set[str]:
    """Return the country's names and demonyms: "Belgian", « les clients belges »."""
    return list_country_names(written) | set(
        filter(None, _NAMES["demonyms"].get(parse_country_code(written) or "", "").split(", "))
    )


def normalize_name(name: str) -> str:
    return normalize_text(collapse_spaces(name))


@cache
def _load_codes() -> dict[str, str]:
    known = {normalize_name(name): code for name, code in _NAMES["aliases"].items()}
    for language in COUNTRY_LANGUAGES:
        for code, name in _load_territories(language).items():
            known |= {normalize_name(name): code, normalize_name(code): code}
    return known


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

    known = language in (*COUNTRY_LANGUAGES, *FILE_LANGUAGES)
    territories = Locale.parse(language if known else "en").territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}
