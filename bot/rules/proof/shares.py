"""Figures that hide in words: half of our customers, nine in ten, un tiers, a dozen colours, ½.

Only where something is counted or priced: "half past six" and "cut in two" are no figures.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from bot.rules.proof import units
from bot.rules.proof.reading import Reading

_SMALL = {
    **dict.fromkeys(("a", "an", "one", "un", "une"), 1),
    **dict.fromkeys(("two", "deux"), 2),
    **dict.fromkeys(("three", "trois"), 3),
    **dict.fromkeys(("four", "quatre"), 4),
    **dict.fromkeys(("five", "cinq"), 5),
    "six": 6,
    **dict.fromkeys(("seven", "sept"), 7),
    **dict.fromkeys(("eight", "huit"), 8),
    **dict.fromkeys(("nine", "neuf"), 9),
    **dict.fromkeys(("ten", "dix"), 10),
}
_PARTS = {
    **dict.fromkeys(("half", "moitie", "demi"), 2),
    **dict.fromkeys(("third", "thirds", "tiers"), 3),
    **dict.fromkeys(("quarter", "quarters", "quart", "quarts"), 4),
    **dict.fromkeys(("fifth", "fifths", "cinquieme", "cinquiemes"), 5),
    **dict.fromkeys(("tenth", "tenths", "dixieme", "dixiemes"), 10),
}
_HEAPS = {
    "dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "dizaine": 10,
    "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "centaine": 100, "millier": 1000, "cent": 100, "mille": 1000,
}  # fmt: skip
_N = "|".join(sorted((word for word in _SMALL if len(word) > 1), key=len, reverse=True))
_PEOPLE = (
    r"(?:customers?|clients?|clientes?|buyers?|shoppers?|acheteurs?|acheteuses?|people|personnes?"
    r"|women|men|femmes?|hommes?|orders?|commandes?|sales|ventes|members?|membres?)"
)
_OF_SOMETHING = (
    r"(?: (?:of|de|des|d')(?: (?:the|our|all|your|les|nos|vos|toutes|tous|ces))*(?: [a-z]+)?"
    rf" {_PEOPLE}\b"
    r"| off\b| less\b| more\b| cheaper\b| the price\b| du prix\b| d[eu] (?:remise|reduction|rabais)"
    r"| (?:of )?(?:the |de |d'|du |de l')?(?:water|weight|energy|plastic|waste|eau|poids|energie)\b"
    r"|(?: moins| plus) (?:cher|chere)s?\b| en moins\b| en plus\b| offerts?\b)"
)
_FRACTION = re.compile(
    rf"(?<![\w-])(?:(?P<n>{_N}|an?|la|le|les|les {_N}) |(?P<n2>{_N})-)?(?P<part>{'|'.join(_PARTS)})"
    rf"{_OF_SOMETHING}|(?<![\w-])(?P<saved>save|economisez) (?:an?|un|une|la|le) "
    rf"(?P<part2>{'|'.join(_PARTS)})\b"
)
_IN = re.compile(
    rf"(?<![\w-])(?P<a>{_N}|\d)(?: (?:{_PEOPLE}))? (?:in|out of|sur)"
    rf" (?P<b>{_N}|\d\d?)(?![\w/-])"
    rf"(?P<after>(?: [a-z]+)? {_PEOPLE}\b)?"
)
_HEAP = re.compile(
    rf"(?<![\w-])(?:(?P<n>{_N}|an?|over a|\d+) )?(?P<heap>{'|'.join(_HEAPS)})(?P<many>s?)"
    r"(?: of| de| d')?"
    r"(?P<between>(?: [a-z]+)?) (?P<noun>[a-z]+)\b"
)
_SIGN = re.compile(
    r"(?<![\d,.])[\u00bc-\u00be\u2150-\u215e](?! ?(?:sleeve|manche|length|inch|cup))"
)
_ROUND = re.compile(r"[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf]")


class Spelt(NamedTuple):
    """One figure in words, and how to understand it."""

    start: int
    end: int
    reading: Reading


def read(low: str) -> Iterator[Spelt]:
    """The shares and round numbers in a folded text."""
    for match in _FRACTION.finditer(low):
        part = match["part"] or match["part2"]
        many = (match["n"] or match["n2"] or "a").split(" ")[-1]
        yield _share(match.start(), match.end(), _SMALL.get(many, 1), _PARTS[part])
    for match in _IN.finditer(low):
        a, b = (_SMALL.get(match[g]) or int(match[g]) for g in ("a", "b"))
        some = match["after"] or re.search(_PEOPLE, match[0]) or _judges(low, match.end())
        if some and a <= b and b > 1:
            yield _share(match.start(), match.end(), a, b)
    for match in _HEAP.finditer(low):
        counts = units.counted(match["noun"])
        if counts and (match["n"] or not match["many"]):
            many = _SMALL.get(match["n"] or "a") or int(re.sub(r"\D", "", match["n"] or "") or 1)
            number = Reading("number", Decimal(many * _HEAPS[match["heap"]]))
            yield Spelt(match.start(), match.start("noun") - 1, number)
    yield from _signs(low)


def _share(start: int, end: int, many: int, of: int) -> Spelt:
    return Spelt(start, end, Reading("number", Decimal(100 * many) / Decimal(of), "share"))


def _judges(low: str, end: int) -> bool:
    return bool(
        re.match(r" (?:la |le |les |l')?(?:recommen|rachet|prefer|would|buys?\b|love)", low[end:])
    )


def _signs(low: str) -> Iterator[Spelt]:
    for match in _SIGN.finditer(low):
        value = Decimal(str(unicodedata.numeric(match[0]))) * 100
        yield Spelt(match.start(), match.end(), Reading("number", value, "share"))
    for match in _ROUND.finditer(low):
        value = Decimal(int(unicodedata.numeric(match[0])))
        yield Spelt(match.start(), match.end(), Reading("number", value))
