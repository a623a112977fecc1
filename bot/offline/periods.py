"""The days that a question names: "this month", "last 30 days", « depuis le 15 septembre »."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from bot.drafts.holidays import find_named_days
from bot.i18n.calendar_names import index_month_names
from bot.text.normalize import normalize_text, tokenize

UNITS = {
    **dict.fromkeys(("day", "days", "jour", "jours"), 1),
    **dict.fromkeys(("week", "weeks", "semaine", "semaines"), 7),
    **dict.fromkeys(("month", "months", "mois"), 30),
    **dict.fromkeys(("quarter", "quarters", "trimestre", "trimestres"), 91),
    **dict.fromkeys(("year", "years", "an", "ans", "annee", "annees"), 365),
}
THIS = {"this", "ce", "cet", "cette"}
LAST = {
    "last",
    "past",
    "previous",
    "dernier",
    "derniere",
    "derniers",
    "dernieres",
    "passe",
    "passee",
}
NEXT = {"next", "coming", "within", "ici", "prochain", "prochains", "prochaine", "prochaines"}
SINCE = {"since", "depuis"}
SINGLE_DAYS = {"today": 0, "aujourd": 0, "yesterday": 1, "hier": 1}
COUNTS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "six": 6,
    "twelve": 12,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "douze": 12,
}
AROUND = 3  # words beside a unit of time


class Period(NamedTuple):
    """Both days belong to it."""

    since: date
    until: date


def read_period(words: str, today: date) -> Period | None:
    """Return the days that the words name; None when they name none, or several periods."""
    found = read_periods(words, today)
    return found[0] if len(found) == 1 else None


def read_periods(words: str, today: date) -> list[Period]:
    """Return the periods that the words name, each once, up to today. Weeks begin on Monday."""
    if season := find_named_days(normalize_text(words), today):
        (since, until), _, _ = season
        return [Period(since, max(since, min(until, today)))]
    tokens = tokenize(words)
    found = [_read_at(tokens, at, today) for at in range(len(tokens))]
    begun = [period for period in found if period is not None and period.since <= today]
    return list(dict.fromkeys(Period(one.since, min(one.until, today)) for one in begun))


def count_days_ahead(words: str) -> int | None:
    """Return how many days ahead the words look: "in the next 60 days"; a month is 30 days."""
    tokens = tokenize(words)
    for at, token in enumerate(tokens):
        near = tokens[max(0, at - AROUND) : at + 2]
        if UNITS.get(token) and NEXT & {*near}:
            return _read_count(near) * UNITS[token]
    return None


def _read_at(tokens: Sequence[str], at: int, today: date) -> Period | None:
    token, before = tokens[at], tokens[max(0, at - AROUND) : at]
    near = {*before, *tokens[at + 1 : at + 2]}
    if token in SINGLE_DAYS:
        day = today - timedelta(days=SINGLE_DAYS[token])
        return Period(day, day)
    if days := UNITS.get(token):
        if LAST & near and _has_count(before):
            return Period(today - timedelta(days=_read_count(before) * days - 1), today)
        if LAST & near:
            ends = _begin_unit(days, today) - timedelta(days=1)
            return Period(_begin_unit(days, ends), ends)
        return Period(_begin_unit(days, today), today) if THIS & near else None
    is_since = bool(SINCE & {*before})
    if month := index_month_names().get(token):
        return _read_month(tokens, at, month, today, is_since=is_since)
    if len(token) == 4 and token.isdigit() and token[:2] in ("19", "20"):
        if at and index_month_names().get(tokens[at - 1]):
            return None  # read with its month
        return Period(date(int(token), 1, 1), today if is_since else date(int(token), 12, 31))
    return None


def _read_month(
    tokens: Sequence[str], at: int, month: int, today: date, *, is_since: bool
) -> Period | None:
    """Return the days of a month or of a day of it, the latest that has begun."""
    after, before = tokens[at + 1 : at + 2], tokens[max(0, at - 1) : at]
    is_dated = bool(before) and before[0].isdigit() and 0 < int(before[0]) <= 31
    is_named = is_dated or is_since or before in (["in"], ["en"], ["of"], ["de"])
    year = int(after[0]) if after and after[0].isdigit() and len(after[0]) == 4 else None
    first = int(before[0]) if is_dated else 1
    if tokens[at] in ("may", "march", "mars") and not (is_named or year):
        return None  # also a verb, and a name
    year = year or today.year - ((month, first) > (today.month, today.day))
    length = monthrange(year, month)[1]
    if first > length:
        return None
    since = date(year, month, first)
    until = since if is_dated else date(year, month, length)
    return Period(since, today if is_since else until)


def _begin_unit(days: int, day: date) -> date:
    """Return the first day of the week, month, quarter or year that a day is in."""
    if days == UNITS["week"]:
        return day - timedelta(days=day.weekday())
    if days == UNITS["month"]:
        return day.replace(day=1)
    if days == UNITS["quarter"]:
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return date(day.year, 1, 1) if days == UNITS["year"] else day


def _has_count(tokens: Sequence[str]) -> bool:
    return any(token.isdigit() or token in COUNTS for token in tokens)


def _read_count(tokens: Sequence[str]) -> int:
    counts = (int(t) if t.isdigit() else COUNTS[t] for t in tokens if t.isdigit() or t in COUNTS)
    return next(counts, 1)
