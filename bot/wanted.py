"""What somebody wants to test, read from their words: where, from what rate, for what effect."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bot.fold import fold

if TYPE_CHECKING:
    from bot.proof.reading import Figure

Place = Literal["visit", "product", "basket", "checkout", "subject", "letter"]

# What is tested where: the first that fits. Folded words, both languages.
PLACES: tuple[tuple[Place, str], ...] = (
    ("subject", r"\b(?:subject(?: line)?s?|objets?)\b"),
    ("letter", r"\b(?:e-?mails?|mails?|newsletters?|lettres?|infolettres?)\b"),
    ("checkout", r"\b(?:checkout|payment|paying|paiement|payer|caisse|tunnel)\b"),
    ("basket", r"\b(?:basket|cart|panier|free delivery|livraison (?:offerte|gratuite))\b"),
    (
        "product",
        r"\b(?:product (?:page|sheet|text|photo)s?|photos?|pictures?|fiches?|page produit)",
    ),
)
RISE = re.compile(r"(?:\b(?:lift|rise|increase|uplift|more|gain|hausse|augmentation|effet|effect"
                  r"|plus|amelioration)\b)")  # fmt: skip
FROM_TO = re.compile(r"\b(?:from|de)\s*$")
TO = re.compile(r"\b(?:to|a)\s*$")
PEOPLE = re.compile(r"(?:visit|people|person|user|session|customer|client|recipient|destinataire"
                    r"|internaute|abonne|subscriber)")  # fmt: skip
WEEK = re.compile(r"\b(?:a|per|each|every|par|chaque|la)\s+(?:week|semaine)\b|/\s*(?:week|semaine)"
                  r"|\bweekly\b|\bhebdomadaires?\b")  # fmt: skip
DAY = re.compile(r"\b(?:a|per|each|every|par|chaque)\s+(?:day|jour)\b|\bdaily\b")
PRICE_CUT = re.compile(r"\s*(?:off|discount|reduction|remise|de (?:reduction|remise|rabais))\b")
MOST_RISE = Decimal(500)


@dataclass(frozen=True)
class Wanted:
    """`base` in %, `lift` in % of it, `weekly` people a week; None where the words say nothing."""

    place: Place | None = None
    base: Decimal | None = None
    lift: Decimal | None = None
    weekly: int | None = None


def read(words: str) -> Wanted:
    """From "free delivery on the basket page", "from 4% to 5%, 2,000 visitors a week"."""
    from bot.proof import figures  # every finding carries a Wanted, and few are read

    low = fold(words)
    place = next(iter(places(words)), None)
    base, lift = _rates(low, [f for f in figures.read(words) if f.first.unit == "%"])
    return Wanted(place, base, lift, _weekly(low, figures.read(words)))


def places(words: str) -> list[Place]:
    """What the words name, in either language; the likeliest place of a test first."""
    low = fold(words)
    return [key for key, shape in PLACES if re.search(shape, low)]


def _rates(low: str, shares: list["Figure"]) -> tuple[Decimal | None, Decimal | None]:
    """The rate now and the effect: "from 4% to 5%" says both."""
    base = lift = None
    for n, one in enumerate(shares):
        value, before = one.first.value, low[max(0, one.start - 26) : one.start]
        after = low[one.end : one.end + 22]
        if not isinstance(value, Decimal) or PRICE_CUT.match(after):
            continue
        rising = one.sign == "+" or RISE.search(before) or RISE.match(after.lstrip())
        if n and base and TO.search(before) and base < value < 100:
            lift = 100 * (value - base) / base
        elif FROM_TO.search(before) and n + 1 < len(shares):
            base = value
        elif rising and lift is None:
            lift = value
        elif base is None:
            base = value
    return (
        base if base is not None and 0 < base < 100 else None,
        lift if lift is not None and 0 < lift <= MOST_RISE else None,
    )


def _weekly(low: str, found: tuple["Figure", ...]) -> int | None:
    for one in found:
        value, after = one.first.value, low[one.end : one.end + 40]
        if isinstance(value, Decimal) and one.first.unit != "%" and PEOPLE.match(after.lstrip()):
            if WEEK.search(after):
                return int(value * one.first.size)
            if DAY.search(after):
                return int(value * one.first.size) * 7
    return None
