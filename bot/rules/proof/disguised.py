"""Figures in other clothes: a tenner, XXXIX euros, XS to 5XL, since the eighties, two and a half.

Read in a folded text, as the others are; Roman numerals and sizes by the capitals of the text.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from bot.rules.proof import units
from bot.rules.proof.numerals import SMALL, promises
from bot.rules.proof.reading import Reading
from bot.rules.proof.shares import Spelt

_N = "|".join(sorted((word for word in SMALL if len(word) > 2), key=len, reverse=True))
_NOTES = {"fiver": 5, "tenner": 10}
_NOTE = re.compile(
    rf"\b(?:an? (?P<note>fiver|tenner)|(?:un |ce |vos? )?billets? de (?P<n>\d+|{_N}))\b"
)
_OFF = re.compile(rf"(?<![\w.,])(?P<n>\d{{1,4}}|{_N})(?:[.,]-{{1,2}})? off\b(?! the| of| to)")
_DASHED = re.compile(r"(?<![\w.,])(?P<n>\d{1,4})[.,]-{1,2}(?!\w)")
_CENTS = re.compile(r"(?:[€£$] ?|(?<![\w.,€£$]))\.(?P<n>\d\d)(?![\w.])")
_HALVES = re.compile(
    rf"\b(?P<n>\d+|{_N})(?: and a half (?P<unit>[a-z]+)"
    r"| (?P<french>ans|mois|jours|semaines|etoiles) et demie?)\b"
)
_DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960,
    "seventies": 1970, "eighties": 1980, "nineties": 1990, "vingt": 1920, "trente": 1930,
    "quarante": 1940, "cinquante": 1950, "soixante": 1960, "soixante-dix": 1970,
    "quatre-vingt": 1980, "quatre-vingts": 1980, "quatre-vingt-dix": 1990,
}  # fmt: skip
_SOME_DECADE = "|".join(sorted(_DECADES, key=len, reverse=True)).replace("-", "[ -]")
_DECADE = re.compile(
    rf"\b(?:since|from|depuis|founded in|born in|made in|nee? dans)"
    rf" (?:the |les |(?:the )?nineteen[ -])(?:annees )?(?P<decade>{_SOME_DECADE})\b"
)
_OPEN = re.compile(
    rf"\b(?:open|ouverte?s?|opens|ferme|closes)\b[^.!?\d]{{0,24}}?"
    rf"(?:until|till|from|at|jusqu'a|des|a|de) (?P<n>{_N})\b(?! (?:days?|jours?|sur|in)\b)"
)
_ROMAN = re.compile(
    r"(?<![\w-])(?=[MDCLXVI]{2})(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?![\w-])"
)
_LETTERS = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_SIZE = r"(?:\d{0,2}X{1,3}[SL]|\d{1,2}X[SL]|[SML])"
_SIZES = re.compile(
    rf"(?<![\w-])(?P<a>{_SIZE})(?: ?(?:-|–|to|au|à|a|through|up to) ?)(?P<b>{_SIZE})(?![\w-])"
)


def read(text: str, low: str) -> Iterator[Spelt]:
    """The figures that neither digits nor plain numerals show."""
    for match in _NOTE.finditer(low):
        yield _spelt(match, _NOTES.get(match["note"] or "") or _number(match["n"]), "money")
    for shape in (_OFF, _DASHED):
        for match in shape.finditer(low):
            if not match["n"].isdigit() or shape is _DASHED or "," in match[0]:
                yield _spelt(match, _number(match["n"]), "money")
    for match in _CENTS.finditer(low):
        yield _spelt(match, Decimal(match["n"]) / 100, "money")
    for match in _HALVES.finditer(low):
        dimension, size = units.unit(match["unit"] or match["french"])
        if dimension and (dimension not in ("time", "months") or promises(low, match.end())):
            value = _number(match["n"]) + Decimal("0.5")
            yield Spelt(*match.span(), Reading("number", value, dimension, size))
    for match in _DECADE.finditer(low):
        year = _DECADES[match["decade"].replace(" ", "-")]
        yield Spelt(match.start("decade"), match.end(), Reading("decade", Decimal(year)))
    for match in _OPEN.finditer(low):
        yield Spelt(*match.span("n"), Reading("clock", _number(match["n"]) * 60))
    yield from _by_capitals(text, low)


def _by_capitals(text: str, low: str) -> Iterator[Spelt]:
    for match in _ROMAN.finditer(text):
        if match[0].lower() in SMALL or set(match[0]) == {"X"}:  # DIX euros are ten, XX a gap
            continue
        measured = units.AFTER.match(low, match.end())
        dimension, size = units.unit(measured[0].strip(" -")) if measured else (None, Decimal(1))
        if dimension and measured:
            value = Decimal(_roman(match[0]))
            yield Spelt(match.start(), measured.end(), Reading("number", value, dimension, size))
    for match in _SIZES.finditer(text):
        yield Spelt(*match.span(), Reading("code", f"{match['a']}..{match['b']}".lower()))


def _spelt(match: re.Match[str], value: Decimal | int, unit: str) -> Spelt:
    return Spelt(*match.span(), Reading("number", Decimal(value), unit))


def _number(written: str) -> Decimal:
    return Decimal(written) if written.isdigit() else Decimal(SMALL[written])


def _roman(letters: str) -> int:
    values = [_LETTERS[letter] for letter in letters]
    return sum(
        -one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True)
    )
