"""Numbers written as words, in English and French: "vingt pour cent", "thirty days"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.proof import units


class Numeral(NamedTuple):
    value: int
    start: int
    end: int


_TO_TWENTY = (
    "zero;un une one;deux two;trois three;quatre four;cinq five;six;sept seven;huit eight;"
    "neuf nine;dix ten;onze eleven;douze twelve;treize thirteen;quatorze fourteen;quinze fifteen;"
    "seize sixteen;dix-sept seventeen;dix-huit eighteen;dix-neuf nineteen;vingt vingts twenty"
)
_TENS = (
    "trente thirty;quarante forty;cinquante fifty;soixante sixty;septante seventy;"
    "octante huitante eighty;nonante ninety"
)
SMALL = {word: n for n, words in enumerate(_TO_TWENTY.split(";")) for word in words.split()} | {
    word: 10 * n for n, words in enumerate(_TENS.split(";"), 3) for word in words.split()
}
_TIMES = {"cent": 100, "cents": 100, "hundred": 100, "mille": 1000, "thousand": 1000}
_WORD = "|".join(sorted((*SMALL, *_TIMES), key=len, reverse=True))
_RUN = re.compile(rf"\b(?:{_WORD})(?:(?:[ -]et[ -]|[ -]and[ -]|[ -])(?:{_WORD}))*\b")
TWELVE = 12
# "Two days at the sea" promises nothing, "delivered within two days" does.
_PROMISE = re.compile(
    r"guarant|garant|warrant|livr[ae]|deliver|expedi|shipp|retours?\b|returns?\b|echange|exchange|"
    r"rembours|refund|essai|\btrial|at your door|chez vous"
)


def read(low: str) -> Iterator[Numeral]:
    """The numerals in a folded text; up to twelve, only those before a unit or a currency."""
    for match in _RUN.finditer(low):
        words, end = match[0], match.end()
        value = _value(words)
        measured = units.AFTER.match(low, end)
        unit = units.unit(measured[0].strip(" -"))[0] if measured else None
        paid = unit == "%" or unit in units.MONEY
        promised = unit in ("time", "months") and _PROMISE.search(low, max(0, end - 60), end + 60)
        if paid or (promised and value > 1) or (value > TWELVE and words not in _TIMES):
            yield Numeral(value, match.start(), end)


def _value(words: str) -> int:
    total, run = 0, 0
    for word in re.findall(r"dix-(?:sept|huit|neuf)|[a-z]+", words):
        if word in ("et", "and"):
            continue
        if word in _TIMES:
            run = max(run, 1) * _TIMES[word]
            if _TIMES[word] == 1000:
                total, run = total + run, 0
        elif word in ("vingt", "vingts") and run % 100 == 4:
            run += 76  # quatre-vingts
        else:
            run += SMALL[word]
    return total + run
