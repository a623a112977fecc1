"""The days that a question is about: "this month", "last 30 days", « depuis septembre »."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.drafts import holidays
from bot.rules.days import MONTH, PREPOSITION, SHAPES, UNIT_DAYS, number
from bot.rules.spelt import mended

__all__ = ["MONTH", "Period", "ahead", "every", "read", "without"]

AHEAD = re.compile(
    r"\b(?:(?:with)?in(?: the)?(?: next| coming)?|(?:over|for) the (?:next|coming)|next|coming)"
    r" (\d{1,3}|one|two|three|four|six|twelve)? ?(day|week|month)s?\b(?! ago)"
    r"|\b(?:d'ici(?: a)?|dans|sous|pendant|sur)(?: les| le| la)? "
    r"(?:(\d{1,3}|une?|deux|trois|quatre|six|douze) )?(?:prochaine?s? )?(jour|semaine|mois)s?\b"
    r"|\b(\d{1,3}|deux|trois|quatre|six|douze) prochaine?s? (jour|semaine|mois)s?\b"
    r"|\b(semaine|mois) prochaine?\b"
)


@dataclass(frozen=True)
class Period:
    """Both days belong to it."""

    since: date
    until: date


def read(words: str, today: date) -> Period | None:
    """The period that the words name; None when they name none. Weeks begin on Monday."""
    found = _first(mended(words), today)
    return found[0] if found else None


def every(words: str, today: date) -> list[Period]:
    """All periods that the words name, each once."""
    said, some = mended(words), list[Period]()
    while found := _first(said, today):
        period, start, end = found
        some += [period] if period not in some else []
        said = f"{said[:start]} , {said[end:]}"
    return some


def without(words: str) -> str:
    """The folded words, months spelt right, without those that name days."""
    said = mended(words)
    while found := _first(said, date(2100, 12, 31)):
        said = f"{said[: found[1]]} {said[found[2] :]}"
    return said


def ahead(words: str) -> int | None:
    """How many days ahead the words look: "in the next 60 days", « d'ici deux mois »; None when
    they name none. A month is 30 days."""
    if not (found := AHEAD.search(mended(words))):
        return None
    many = found[1] or found[3] or found[5] or "1"
    unit = found[2] or found[4] or found[6] or found[7]
    return number(many) * UNIT_DAYS[unit]


def _first(said: str, today: date) -> tuple[Period, int, int] | None:
    if season := holidays.find_named_days(said, today):
        (since, until), start, end = season
        earlier = next((f for f in _shaped(said[:start], today)), None)
        return earlier or (Period(since, until), start, end)
    return next(_shaped(said, today), None)


def _shaped(said: str, today: date) -> Iterator[tuple[Period, int, int]]:
    for shape, days in SHAPES:
        for found in re.finditer(rf"\b{PREPOSITION}(?:{shape})", said):
            try:
                since, until = days(found, today)
            except ValueError:  # 31 November
                continue
            yield Period(since, max(since, min(until, today))), *found.span()
