"""The days that a question is about: "this month", "last 30 days", « depuis septembre »."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

EN = "january february march april may june july august september october november december"
FR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
MONTHS = {name: n for names in (EN, FR) for n, name in enumerate(names.split(), 1)} | {
    "fevrier": 2,
    "aout": 8,
    "decembre": 12,
}
MONTH = "|".join(MONTHS)
LAST_DAYS = re.compile(
    r"\b(?:(?:last|past) (\d{1,3}) (day|week|month)s?"
    r"|(\d{1,3}) derni(?:er|ère)s? (jour|semaine|mois)s?)\b"
)
SINCE = re.compile(
    rf"\b(?:since|depuis|from)(?: le| the)? (?:(\d{{1,2}})(?:st|nd|rd|th|er)? )?({MONTH})\b"
)
IN_YEAR = re.compile(r"\b(?:in|of|en|de|pour|for) ((?:19|20)\d\d)\b")
SURE_MONTH = "|".join(name for name in MONTHS if name not in ("may", "march", "mars", "mai"))
A_MONTH = re.compile(rf"\b({SURE_MONTH})\b(?: ((?:19|20)\d\d)\b)?")
IN_MONTH = re.compile(rf"\b(?:in|of|en|de|d')\s?({MONTH})\b(?: ((?:19|20)\d\d)\b)?")
AHEAD = re.compile(
    r"\b(?:(?:with)?in(?: the)?(?: next| coming)?|(?:over|for) the (?:next|coming)|next|coming)"
    r" (\d{1,3}|one|two|three|four|six|twelve)? ?(day|week|month)s?\b(?! ago)"
    r"|\b(?:d'ici(?: à)?|dans|sous|pendant|sur)(?: les| le| la)? "
    r"(?:(\d{1,3}|une?|deux|trois|quatre|six|douze) )?(?:prochaine?s? )?(jour|semaine|mois)s?\b"
    r"|\b(\d{1,3}|deux|trois|quatre|six|douze) prochaine?s? (jour|semaine|mois)s?\b"
    r"|\b(semaine|mois) prochaine?\b"
)
MANY = {"one": 1, "un": 1, "une": 1, "two": 2, "deux": 2, "three": 3, "trois": 3, "four": 4,
        "quatre": 4, "six": 6, "twelve": 12, "douze": 12}  # fmt: skip
UNIT_DAYS = {"day": 1, "jour": 1, "week": 7, "semaine": 7, "month": 30, "mois": 30}


@dataclass(frozen=True)
class Period:
    """Both days belong to it."""

    since: date
    until: date


def read(words: str, today: date) -> Period | None:
    """The period that the words name; None when they name none. Weeks begin on Monday."""
    said = " ".join(words.lower().replace("’", "'").split())
    if found := LAST_DAYS.search(said):
        many, unit = int(found[1] or found[3]), found[2] or found[4]
        return Period(today - timedelta(days=max(1, many * UNIT_DAYS[unit]) - 1), today)
    if found := SINCE.search(said):
        return Period(_latest(today, MONTHS[found[2]], int(found[1] or 1)), today)
    if named := _named(said, today):
        return named
    if found := IN_MONTH.search(said) or A_MONTH.search(said):
        month = MONTHS[found[1]]
        since = date(int(found[2]), month, 1) if found[2] else _latest(today, month, 1)
        return Period(since, min(today, _month_end(since)))
    if found := IN_YEAR.search(said):
        year = int(found[1])
        return Period(date(year, 1, 1), min(today, date(year, 12, 31)))
    return None


def ahead(words: str) -> int | None:
    """How many days ahead the words look: "in the next 60 days", « d'ici deux mois »; None when
    they name none. A month is 30 days."""
    said = " ".join(words.lower().replace("’", "'").split())
    if not (found := AHEAD.search(said)):
        return None
    many = found[1] or found[3] or found[5] or "1"
    unit = found[2] or found[4] or found[6] or found[7]
    return (MANY.get(many) or int(many)) * UNIT_DAYS[unit]


def _named(said: str, today: date) -> Period | None:
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    day = timedelta(days=1)
    before = first - day
    quarter = first.replace(month=today.month - (today.month - 1) % 3)
    shapes: tuple[tuple[str, Period], ...] = (
        (r"\bthis week\b|cette semaine", Period(monday, today)),
        (
            r"\blast week\b|semaine (?:dernière|passée)",
            Period(monday - timedelta(days=7), monday - timedelta(days=1)),
        ),
        (r"\bthis month\b|\bce mois(?:-ci)?\b|mois en cours", Period(first, today)),
        (
            r"\blast month\b|mois (?:dernier|passé)",
            Period(before.replace(day=1), before),
        ),
        (r"\bthis year\b|cette année", Period(today.replace(month=1, day=1), today)),
        (
            r"\blast year\b|l'an dernier|année (?:dernière|passée)",
            Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        ),
        (r"\bthis quarter\b|\b(?:ce|du) trimestre\b(?! (?:dernier|passé))", Period(quarter, today)),
        (
            r"\blast quarter\b|trimestre (?:dernier|passé)",
            Period((quarter - day).replace(day=1, month=(quarter - day).month - 2), quarter - day),
        ),
        (r"\btoday\b|aujourd'hui", Period(today, today)),
        (r"\byesterday\b|\bhier\b", Period(today - day, today - day)),
    )
    return next((period for shape, period in shapes if re.search(shape, said)), None)


def _latest(today: date, month: int, day: int) -> date:
    """The last such day that is not ahead; a day that the month has not becomes its last."""
    for year in (today.year, today.year - 1):
        end = _month_end(date(year, month, 1))
        if (at := date(year, month, min(day, end.day))) <= today:
            return at
    return today


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
