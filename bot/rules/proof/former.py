"""Former prices, however they are written: 35 € au lieu de 50 €, now 35 instead of 50, ~~50~~ 35.

A former price shown beside a lower one announces a price cut (Directive 98/6, article 6a), whether
or not it has its currency sign.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_SUM = (
    r"(?:(?P<{0}b>[€£$]) ?)?(?P<{0}>\d+(?:[.,]\d{{1,2}})?)(?!\d| ?%|[,.]\d)"
    r"(?P<{0}a> ?(?:€|£|\$|euros?\b|eur\b))?"
)
_OLD, _NEW = _SUM.format("old"), _SUM.format("new")
_ALONE = r"(?! ?[a-z%°]|-[a-z])"  # "instead of 2 pockets" is no price
_SURE = re.compile(  # these words make even a bare number a price
    rf"(?:au lieu de|instead of|plutot que|rather than|prix (?:barre|initial|precedent|d'avant)"
    rf"|(?:old|former|previous|regular|usual) price|ancien prix)(?: de| of| was)?(?: ?:)?"
    rf" {_OLD}{_ALONE}"
    rf"|~~? ?{_OLD.replace('old', 'cut')}[^~\n]{{0,4}}~~?"
)
_LIKELY = re.compile(  # these only with a currency sign
    rf"\b(?:was|were|before|previously|formerly|avant|auparavant|jusqu'ici|hier)(?: a| at)?"
    rf"(?: ?:)? {_OLD}{_ALONE}"
)
_FROM_TO = re.compile(rf"\b(?:from|de|of) {_OLD} (?:down )?(?:to|a) (?:only )?{_NEW}{_ALONE}")
_ARROW = re.compile(rf"{_OLD} ?(?:->|=>|→|➔) ?{_NEW}{_ALONE}")


class Former(NamedTuple):
    """A price before a cut, and where its digits stand."""

    value: Decimal
    start: int
    end: int


def read(low: str) -> list[Former]:
    """The former prices in a folded text, in order."""
    found = {former.start: former for former in _found(low)}
    return [found[start] for start in sorted(found)]


def _found(low: str) -> Iterator[Former]:
    for match in _SURE.finditer(low):
        yield _former(match, "old" if match["old"] else "cut")
    for match in _LIKELY.finditer(low):
        if match["oldb"] or match["olda"]:
            yield _former(match, "old")
    for shape in (_FROM_TO, _ARROW):
        for match in shape.finditer(low):
            priced = any(match[sign] for sign in ("oldb", "olda", "newb", "newa"))
            if priced and _value(match["old"]) > _value(match["new"]):
                yield _former(match, "old")


def _former(match: re.Match[str], group: str) -> Former:
    return Former(_value(match[group]), match.start(group), match.end(group))


def _value(digits: str) -> Decimal:
    return Decimal(digits.replace(",", "."))
