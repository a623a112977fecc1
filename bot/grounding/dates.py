"""Read the dates, weekdays and times of day of a text, in English and French."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache

from bot.grounding.units import RATING_SCALES, Figure, Reading, load_units
from bot.i18n.languages import load_languages
from bot.i18n.periods import SHORT_MONTHS, index_month_names, index_weekday_names, merge_words

SHORT_STEM = 4
ISO_DATE = re.compile(r"(?<![\w.,-])(\d{4})-(\d\d)-(\d\d)(?!\d)")
NUMERIC_DATE = re.compile(
    r"(?<![\w.,/])(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}|\d\d))?(?![\d/%h]|[.,]\d)"
)
CLOCK = re.compile(
    r"(?<![\w.,:/])(?:(?P<h>\d{1,2}) ?h ?(?P<hm>\d\d)?|(?P<c>\d{1,2}):(?P<cm>\d\d)"
    r"|(?P<a>\d{1,2})(?::(?P<am>\d\d))? ?(?P<half>[ap])\.?m\b)(?![\w:])"
)
STRONG_DEADLINE = "|".join(re.escape(word) for word in merge_words("deadlines"))
WEAK_DEADLINE = "|".join(re.escape(word) for word in merge_words("weak_deadlines"))


@cache
def _index_weekdays() -> dict[str, int]:
    """Return the weekdays by their names, full and short: a short one stands before a day only."""
    short = (enumerate(table.periods.short_weekdays) for table in load_languages().values())
    pairs = (pair for table in short for pair in table)
    return index_weekday_names() | {name: n for n, names in pairs for name in names.split()}


@cache
def _build_shapes() -> tuple[tuple[re.Pattern[str], ...], re.Pattern[str], dict[str, int]]:
    """Return the shapes of dates and of a deadline by its weekday, and the months by name."""
    months = index_month_names() | SHORT_MONTHS
    month = "|".join(sorted(months, key=len, reverse=True))
    weekday = "|".join(sorted(_index_weekdays(), key=len, reverse=True))
    before = rf"(?:\b(?P<weekday>{weekday})\.?,? (?:the |le )?)"
    day, end = r"(?P<day>\d{1,2})(?:er|st|nd|rd|th|\.)?", r"(?![.,:/]?\d| ?[%€£h]| ?[ap]\.?m\b)"
    year = r"(?:\.?,? (?P<year>\d{4})\b)?"
    dates = (
        rf"{before}?(?<![\w.,/]){day}(?: of)? (?P<month>{month})\b{year}",
        rf"{before}?\b(?P<month>{month})\.? (?:the )?{day}\b{end}{year}",
        rf"{before}{day}{end}",
    )
    deadline = re.compile(
        rf"\b(?:(?P<strong>{STRONG_DEADLINE})|(?P<weak>{WEAK_DEADLINE})) "
        rf"(?P<day>{'|'.join(index_weekday_names())})\b"
        r"(?! (?:morning|evening|afternoon|matin|soir)s)"
    )
    return tuple(map(re.compile, dates)), deadline, months


def find_dates(text: str, low: str) -> Iterator[Figure]:
    shapes, deadline, months = _build_shapes()
    if any(character.isdigit() for character in low):
        for match in ISO_DATE.finditer(low):
            yield Figure.at(text, match.span(), *build_dates(*map(int, match.groups())))
        for match in (match for shape in shapes for match in shape.finditer(low)):
            yield from _read_date(text, match, months)
        yield from _find_numeric_dates(text, low)
        for match in CLOCK.finditer(low):
            if readings := _read_clock(match):
                yield Figure.at(text, match.span(), *readings)
    for match in deadline.finditer(low):
        if match["strong"] or is_promise(low, match.start()):
            weekday_number = str(index_weekday_names()[match["day"]])
            yield Figure.at(text, match.span(), Reading("weekday", weekday_number))


def _read_date(text: str, match: re.Match[str], months: dict[str, int]) -> Iterator[Figure]:
    """Yield a date with its weekday, if any; its month is 0 where only these two are said. "may"
    is a month in capitals only, and so are months before their day."""
    named = match.groupdict()
    month, weekday, year = named.get("month"), named["weekday"], named.get("year")
    is_plain = month and not weekday and not text[match.start("month")].isupper()
    if is_plain and (month == "may" or match.start("month") < match.start("day")):
        return
    dates = build_dates(int(year) if year else None, months.get(month or "", 1), int(named["day"]))
    for date_found in dates:
        if weekday:
            day = (date_found.day[0], date_found.day[1] if month else 0, date_found.day[2])
            date_found = Reading("date", day, str(_index_weekdays()[weekday]))
        yield Figure.at(text, match.span(), date_found)


def _find_numeric_dates(text: str, low: str) -> Iterator[Figure]:
    """Yield 12/06 and 12/06/2026, day first and month first. 4/5 may be a rating."""
    for match in NUMERIC_DATE.finditer(low):
        one, two = int(match[1]), int(match[3])
        if match[2] == "." and not match[4]:
            continue
        year = int(match[4]) if match[4] and len(match[4]) == 4 else None
        year = 2000 + int(match[4]) if match[4] and year is None else year
        dates = (*build_dates(year, two, one), *build_dates(year, one, two))
        if not match[4] and two in RATING_SCALES and one <= two:
            dates = (Reading("number", Decimal(one), f"/{two}"), *dates)
        if dates:
            yield Figure.at(text, match.span(), *dict.fromkeys(dates))


def build_dates(year: int | None, month: int, day: int) -> tuple[Reading, ...]:
    """Return a date, unless no calendar has it; 29 February needs no year."""
    try:
        date(year or 2024, month, day)
    except ValueError:
        return ()
    return (Reading("date", (year, month, day)),)


def _read_clock(match: re.Match[str]) -> tuple[Reading, ...]:
    """18 h is six in the evening, or eighteen hours."""
    hours = int(match["h"] or match["c"] or match["a"])
    minutes = Decimal(hours * 60 + int(match["hm"] or match["cm"] or match["am"] or 0))
    if match["half"]:
        minutes = minutes % 720 + (720 if match["half"] == "p" else 0)
    clock = (Reading("clock", minutes),) if minutes <= 24 * 60 else ()
    return (*clock, *((Reading("number", minutes, "time"),) if match["h"] else ()))


def is_promise(low: str, at: int) -> bool:
    """Whether the sentence around a place in a normalized text promises something."""
    start = max((low.rfind(end, 0, at) for end in (". ", "! ", "? ", "\n")), default=-1) + 1
    ends = [place for end in (". ", "! ", "? ", "\n") if (place := low.find(end, at)) >= 0]
    return bool(_promise_shape().search(low, start, min(ends, default=len(low))))


@cache
def _promise_shape() -> re.Pattern[str]:
    """Words that begin with a stem of a promise. A short stem is a word of its own."""
    stems = (s if len(s) > SHORT_STEM else rf"{s}s?(?![a-z])" for s in load_units().promises)
    return re.compile(rf"(?<![a-z])(?:{'|'.join(stems)})")
