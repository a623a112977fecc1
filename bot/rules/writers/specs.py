"""What a description says in so many words, read in either language and said in the other.

A table of retail phrases (`specs.toml`): weights, ways of making, places, parts, care, sizes. What
is not in the table is not said; nothing is concluded from what is.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.i18n.messages import Language
from bot.text.normalize import normalize_text

FILE = Path(__file__).parent / "specs.toml"
_GAP = re.compile(r"\{(en|de)?(\d)\}")


@dataclass(frozen=True)
class Spec:
    """One thing said of the product: a clause, and a short form for subjects (or "")."""

    key: str
    topic: str  # part, cloth, use, care, make, size, fit, set, honest
    text: str
    short: str
    at: int  # where it stands in the description


@dataclass(frozen=True)
class _Row:
    key: str
    topic: str
    shapes: dict[Language, re.Pattern[str]]
    texts: dict[Language, str]
    shorts: dict[Language, str]


def read(description: str, written: Language, language: Language) -> list[Spec]:
    """What a description in the language `written` says, in `language`, in its own order."""
    text = description.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    found, taken = [], set[int]()
    for row in _rows():
        match = row.shapes[written].search(text)
        if match is None or taken & set(range(*match.span())):
            continue
        said = _filled(row.texts[language], match, written, language)
        short = _filled(row.shorts[language], match, written, language)
        if said:
            taken |= set(range(*match.span()))
            found.append(Spec(row.key, row.topic, said, short or "", match.start()))
    return sorted(found, key=lambda spec: spec.at)


def _filled(
    template: str, match: re.Match[str], written: Language, language: Language
) -> str | None:
    """The clause with what was found in it; None when a place or a word is not in the table."""
    groups = [group for group in match.groups() if group is not None]
    said: dict[str, str] = {}
    for gap in _GAP.finditer(template):
        at = int(gap[2])
        value = groups[at - 1] if at <= len(groups) else None
        worded = _worded(value, gap[1], written, language) if value else None
        if worded is None:
            return None
        said[gap[0]] = worded
    return _GAP.sub(lambda gap: said[gap[0]], template)


def _worded(value: str, form: str | None, written: Language, language: Language) -> str | None:
    """A number, a number word, a way of making or a place, in the other language."""
    if value[0].isdigit():
        bare = value.replace(" ", "")
        return bare.replace(",", ".") if language == "en" else bare.replace(".", ",")
    if place := _place(value):
        return {"en": place[2], "de": place[3]}.get(form or "", place[0 if language == "en" else 1])
    if form:
        return None
    if written == language:
        return value.lower()
    return _words()[written].get(_singular(value.lower()))


def _singular(word: str) -> str:
    """Making words without their agreement: "tissées" → "tissé"."""
    return re.sub(r"(?<=é)e?s?\b", "", word)


def _place(value: str) -> list[str] | None:
    name = normalize_text(value)
    for place in _tables()["places"].values():
        if name in (
            normalize_text(place[0]),
            normalize_text(place[1]),
            normalize_text(place[0]).removeprefix("the "),
        ):
            return list(place)
    return None


@cache
def _words() -> dict[Language, dict[str, str]]:
    """Number words and ways of making, out of each language."""
    french: dict[str, str] = {**_tables()["numbers"], **_tables()["making"]}
    return {"fr": french, "en": {english: word for word, english in french.items()}}


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(_made(key, row) for key, row in _tables()["specs"].items())


def _made(key: str, row: list[str]) -> _Row:
    topic, french, english, text_en, text_fr, short_en, short_fr = row
    return _Row(
        key,
        topic,
        {"fr": _shape(french), "en": _shape(english)},
        {"en": text_en, "fr": text_fr},
        {"en": short_en, "fr": short_fr},
    )


def _shape(written: str) -> re.Pattern[str]:
    """Capitals count only where a place is looked for."""
    return re.compile(re.sub(r"^(.*)$", r"(?i:\1)", written) if "[A-Z" not in written else written)


def phrases() -> Iterator[_Row]:
    """All rows, for tests of the table."""
    yield from _rows()


@cache
def _tables() -> dict[str, dict[str, Any]]:
    """The table as it is written: specs and places are lists, numbers and making words."""
    with FILE.open("rb") as file:
        return tomllib.load(file)
