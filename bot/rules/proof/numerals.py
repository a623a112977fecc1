"""Numbers written as words, in English and French: "vingt pour cent", "thirty days"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.rules.proof import units


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
# What is promised by being counted: "four pockets"; not "two looks" or "two friends".
_COUNTED = re.compile(
    r" (?:colou?rs?|couleurs?|coloris|teintes?|shades?|sizes?|tailles?|pointures?"
    r"|(?:[a-z]+ )?pockets?|(?:[a-z]+ )?poches?|(?:buttons?|boutons?) (?:of|in|de|en)\b"
    r"|reviews?|avis|stars?|etoiles?|orders?|commandes?|shops?|stores?"
    r"|boutiques?|magasins?|customers?|clientes?|clients?|left\b|restante?s?\b|en stock"
    r"|in stock|(?:days?|hours?|pieces?|jours?|heures?) (?:left|restante?s?)\b)\b"
)
_LEFT = re.compile(
    r"(?:plus que|en reste(?: plus que)?|ne reste(?:nt)? (?:plus )?que|only|encore) $"
)
_ENDS = re.compile(
    r" ?(?:[.!,;)]|$|jours?\b|heures?\b|pieces?\b|exemplaires?\b|left\b|days?\b|hours?\b)"
)
_LASTS = re.compile(
    r"(?:lasts|(?:will|to|can) last|lasting|dure(?:nt|ra)?|tient|tiennent|vit|keeps for)"
    r"(?: (?:over|plus de))? $"
)
_HOW_MUCH = re.compile(r" (?:more|less|plus|moins|as|[a-z]+er)\b")
TWELVE = 12
# "Two days at the sea" promises nothing, "delivered within two days" does.
_PROMISE = re.compile(
    r"guarant|garant|warrant|livr[ae]|deliver|expedi|shipp|\bships?\b|of work|de travail|retours?\b"
    r"|returns?\b|echange|exchange|rembours|refund|essai|\btrial|at your door|chez vous"
)


def read(low: str) -> Iterator[Numeral]:
    """The numerals in a folded text; up to twelve, only those before a unit or a currency."""
    for match in _RUN.finditer(low):
        words, end = match[0], match.end()
        if words in ("thousand and one", "mille et une", "mille et un"):
            continue  # as many as in the tale
        value = _value(words)
        measured = units.AFTER.match(low, end)
        unit = units.unit(measured[0].strip(" -"))[0] if measured else None
        paid = unit == "%" or unit in units.MONEY
        promised = unit in ("time", "months") and promises(low, end)
        several = promised or _counts(low, match) or _lasts(low, match, unit)
        if paid or (value > 1 and several) or (value > TWELVE and words not in _TIMES):
            yield Numeral(value, match.start(), end)


def promises(low: str, at: int) -> bool:
    """Whether a text speaks of a guarantee, a delivery or a return around this place."""
    return bool(_PROMISE.search(low, max(0, at - 60), at + 60))


def _counts(low: str, match: re.Match[str]) -> bool:
    """Whether it says how many there are, or how many are left."""
    if _COUNTED.match(low, match.end()):
        return not re.search(r"\b(?:between|entre|first|premier\w*) $", low[: match.start()])
    few = _LEFT.search(low, max(0, match.start() - 30), match.start())
    return bool(few and _ENDS.match(low, match.end()))


def _lasts(low: str, match: re.Match[str], unit: str | None) -> bool:
    """ "Lasts ten years", "three times softer", « en trois fois »."""
    before = low[max(0, match.start() - 24) : match.start()]
    if unit in ("time", "months"):
        return bool(_LASTS.search(before))
    if unit == "times":
        times = units.AFTER.match(low, match.end())
        after = times.end() if times else match.end()
        return bool(
            _HOW_MUCH.match(low, after)
            or re.search(r"\b(?:sold out|epuisee?s?) $", before)
            or re.search(r"pay\w*(?: [a-z]+)? en $|paiement en $", before)
        )
    return unit in ("points", "degrees", "length", "mass", "volume")


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
