"""How long, and than whom, said in words: "within six weeks", "they return less than the others".

Both measure without a figure, so the version by rules must say them too.
"""

import re
from collections.abc import Iterator

from bot.rules.proof import figures, plain
from bot.rules.proof.inflection import key
from bot.rules.proof.numerals import SMALL
from bot.rules.proof.plain import Stretch
from bot.text.normalize import tokenize, word_set

DAYS = {"day": 1, "jour": 1, "week": 7, "semaine": 7, "month": 30, "mois": 30, "year": 365,
        "annee": 365, "an": 365}  # fmt: skip
NEAR = 0.15  # 15 days are about two weeks
_N = "|".join(sorted((word for word in SMALL if len(word) > 2 or word in ("un", "a")), key=len))
_LASTS = re.compile(
    rf"\b(?P<n>\d+|{_N}|other|deux) (?P<unit>days?|weeks?|months?|years?|jours?|semaines?|mois"
    rf"|annees?"
    r"|ans?)\b"
)
_BESIDE = {
    "en": re.compile(
        r"\bthan (?:the |your |all |any |most |in the )*(?:others?|rest|average|other [a-z]+"
        r"|[a-z]+ (?:buyers|customers|people)|men|women)\b"
    ),
    "fr": re.compile(
        r"\b(?P<how>plus|moins|mieux|davantage)\b(?P<between>[a-z' ]{0,40}?)\bqu(?:e |')"
        r"(?:les |la |le |vos |l'|tous |toutes )*(?:autres?|reste|moyenne|ensemble|hommes|femmes)\b"
    ),
}
_COMPARES = re.compile(
    r"\b(?:than|against|versus|elsewhere|times as|others?|que|contre|ailleurs|autres?)\b"
)
_DEGREES = word_set(
    "more less fewer often much far likely likelier many better worse twice times plus moins"
    " souvent mieux davantage fois bien nettement susceptible susceptibles"
)


def lasting(stretch: Stretch, ours: str, language: str) -> Iterator[str]:
    """Each length of time in words that is not near one of the version by rules."""
    known = [_days(match) for match in _LASTS.finditer(ours)]
    counted = [(one.start, one.end) for one in figures.read(stretch.text)]
    for match in _LASTS.finditer(stretch.bare):
        read = any(start <= match.start() < end for start, end in counted)
        days = _days(match)
        if days and not read and not any(abs(days - one) <= NEAR * one for one in known if one):
            yield match[0]


def compared(stretch: Stretch, whole: str, ours: str, language: str) -> Iterator[str]:
    """Each comparison with others without figures, of what the version by rules doesn't compare."""
    line = re.split(r"[.!?](?=\s|$)|\n", whole[stretch.start :].lstrip())[0]
    if len(figures.read(line)) > 1:
        return
    some = [one for one in re.split(r"(?<=[.!?])\s|\n", ours) if _COMPARES.search(one)]
    keys = {key(word) for one in some for word in tokenize(one)}
    for match in _BESIDE[language].finditer(stretch.bare):
        before = re.split(r"[,:]", stretch.bare[: match.end()])[-1]
        said = [word for word in plain.content(before, language) if word not in _DEGREES]
        if any(key(word) not in keys for word in said):
            yield match[0].strip()


def _days(match: re.Match[str]) -> int | None:
    number = int(match["n"]) if match["n"].isdigit() else SMALL.get(match["n"])
    unit = match["unit"]
    return None if number is None else int(number) * (DAYS.get(unit) or DAYS[unit.rstrip("s")])
