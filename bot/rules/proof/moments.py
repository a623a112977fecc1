"""Dates, times of day and weekdays in a folded text, in English and French."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from bot.i18n.calendar_names import index_month_names, index_weekday_names, list_weekday_names
from bot.rules.proof.reading import Reading
from bot.text.normalize import normalize_text

_SHORT = "jan janv;feb fev fevr;mar;apr avr;;jun;jul juil;aug;sep sept;oct;nov;dec"
_MONTHS = index_month_names() | {
    name: n for n, names in enumerate(_SHORT.split(";"), 1) for name in names.split()
}
_DAYS = {name: str(n) for name, n in index_weekday_names().items()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ENGLISH = (
    "jan(?:uary)?|feb(?:ruary)?|march|april|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)

ISO = re.compile(r"(?<![\w.,/-])(\d{4})-(\d\d)-(\d\d)(?!\d)")
NUMERIC = re.compile(r"(?<![\w.,/])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?![\d/])")
DAY_MONTH = re.compile(r"(?<![\w.,/])(\d{1,2})/(\d{1,2})(?![\d/%h]|[.,]\d| ?[%€£$])")
WORDED = re.compile(
    rf"(?<![\w.,/])(\d{{1,2}})(?:er|st|nd|rd|th|\.)?(?: of)? ({_MONTH})\b(?:\.? (\d{{4}})\b)?"
)
MONTH_FIRST = re.compile(
    rf"\b({_ENGLISH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,:/]\d| ?(?:%|€|£|h\b|per))"
    r"(?:,? (\d{4})\b)?"
)
_ORDINALS = (
    "first premier;second deuxieme deux;third trois;fourth quatre;fifth cinq;sixth six;seventh sept"
    ";eighth huit;ninth neuf;tenth dix;eleventh onze;twelfth douze;thirteenth treize;fourteenth"
    " quatorze;fifteenth quinze;sixteenth seize;seventeenth dix-sept;eighteenth dix-huit;nineteenth"
    " dix-neuf;twentieth vingt;twenty-first;twenty-second;twenty-third;twenty-fourth vingt-quatre;"
    "twenty-fifth vingt-cinq;twenty-sixth;twenty-seventh;twenty-eighth;twenty-ninth;thirtieth"
    " trente;thirty-first"
)
_NTH = {word: n for n, words in enumerate(_ORDINALS.split(";"), 1) for word in words.split()}
_NTH_SHAPE = "|".join(sorted(_NTH, key=len, reverse=True))
SPELT = re.compile(  # not "the first may look new"
    rf"(?<![\w-])(?:(?:{_NTH_SHAPE})(?= of )|(?<=\b(?:le|du|au) )(?:{_NTH_SHAPE}))(?: of)?"
    rf" (?:{_MONTH})\b"
)
SPELT_BEHIND = re.compile(rf"\b({_ENGLISH}) (?:the )?({_NTH_SHAPE})\b")
DAY_ALONE = re.compile(
    r"\b(?:on|until|from|by|before|till) the (\d{1,2})(?:st|nd|rd|th)\b(?! [a-z])"
    r"|\b(?:des|jusqu'au|a partir du|avant) le (\d{1,2})(?:er)?(?![\w.,/:-]| ?[a-z%€])"
    r"|\b(?:jusqu'au|a partir du) (\d{1,2})(?:er)?(?![\w.,/:-]?\d| ?[a-z%€])"
)
CLOCK = re.compile(
    r"(?<![\w.,:/])(?:(?P<h>\d{1,2}) ?h ?(?P<hm>\d\d)?|(?P<c>\d{1,2}):(?P<cm>\d\d)"
    r"|(?P<a>\d{1,2})(?::(?P<am>\d\d))? ?(?P<half>[ap])(?:m\b|\.m\.?))(?![\w:])"
)
_PARTS = {  # from which day to which
    word: days
    for days, words in {
        "1 12": "early start beginning debut",
        "8 22": "mid middle mi courant",
        "18 31": "late end fin",
    }.items()
    for word in words.split()
}  # fmt: skip
PART = re.compile(
    rf"\b(?:(?P<p1>early|mid|late)[ -](?:in )?(?P<m1>{_ENGLISH})"
    rf"|(?P<p2>end|start|beginning|middle) of (?P<m2>{_ENGLISH})"
    rf"|(?P<p3>fin|debut|mi|courant)[ -](?:du mois )?(?:de |d')?(?P<m3>{_MONTH}))\b"
)
# "on Friday" is a promise, "lazy Sundays" is not.
WEEKDAY = re.compile(
    r"\b(?:ce|des|jusqu'au|jusqu'a|avant|a partir de|this|on|from|until|till|by|before|next|ends|"
    rf"starts|s'arrete|finit|se termine|prend fin) ({'|'.join(_DAYS)})\b"
    r"(?! (?:morning|evening|afternoon)s)"
)

# Typed without its "on": a brief's "arrives Thursday" says the day all the same.
BARE_DAY = re.compile(
    rf"(?<!black )(?<!cyber )(?<!good )\b({'|'.join(_DAYS)})\b(?! (?:morning|evening|afternoon)s)"
)
FRENCH_DAYS = frozenset(list_weekday_names("fr"))


def bare_days(text: str) -> list[str]:
    """The weekdays that a brief names by the bare word, as a text says them: "on Thursday"."""
    low = normalize_text(text)
    placed = {match.start(1) for match in WEEKDAY.finditer(low)}
    names = [m[1] for m in BARE_DAY.finditer(low) if m.start(1) not in placed]
    return [f"ce {n}" if n in FRENCH_DAYS else f"on {n.capitalize()}" for n in names]


def on(year: int | None, month: int, day: int) -> Iterator[Reading]:
    """A date, unless no calendar has it; 29 February needs no year."""
    try:
        date(year or 2024, month, day)
    except ValueError:
        return
    yield Reading("date", (year, month, day))


def iso(m: re.Match[str]) -> Iterator[Reading]:
    yield from on(int(m[1]), int(m[2]), int(m[3]))


def numeric(m: re.Match[str]) -> Iterator[Reading]:
    """Day first or month first: both, since people write both."""
    first, second = int(m[1]), int(m[3])
    year = int(m[4]) if len(m[4]) == 4 else 2000 + int(m[4])
    yield from on(year, second, first)
    if first != second:
        yield from on(year, first, second)


def day_month(m: re.Match[str]) -> Iterator[Reading]:
    first, second = int(m[1]), int(m[2])
    yield from on(None, second, first)
    if first != second:
        yield from on(None, first, second)
    if second in (5, 10, 20):  # 4/5 may be a rating
        yield Reading("number", Decimal(first), f"/{second}")


def worded(m: re.Match[str]) -> Iterator[Reading]:
    yield from on(int(m[3]) if m[3] else None, _MONTHS[m[2]], int(m[1]))


def month_first(m: re.Match[str]) -> Iterator[Reading]:
    yield from on(int(m[3]) if m[3] else None, _MONTHS[m[1]], int(m[2]))


def clock(m: re.Match[str]) -> Iterator[Reading]:
    """18 h is six in the evening, or eighteen hours."""
    hours = int(m["h"] or m["c"] or m["a"])
    minutes = Decimal(hours * 60 + int(m["hm"] or m["cm"] or m["am"] or 0))
    if m["half"]:
        minutes = minutes % 720 + (720 if m["half"] == "p" else 0)
    if minutes <= 24 * 60:
        yield Reading("clock", minutes)
    if m["h"]:
        yield Reading("number", minutes, "time")


def weekday(m: re.Match[str]) -> Iterator[Reading]:
    yield Reading("weekday", _DAYS[m[1]])


def spelt(m: re.Match[str]) -> Iterator[Reading]:
    """The fifth of December, le cinq décembre."""
    day, *_, month = m[0].split(" ")
    yield from on(None, _MONTHS[month], _NTH[day])


def spelt_behind(m: re.Match[str]) -> Iterator[Reading]:
    yield from on(None, _MONTHS[m[1]], _NTH[m[2]])


def day_alone(m: re.Match[str]) -> Iterator[Reading]:
    """On the 5th: of whichever month."""
    yield Reading("weekday", f"day {int(m[1] or m[2] or m[3])}")


def part(m: re.Match[str]) -> Iterator[Reading]:
    """End of November, fin novembre."""
    word = m["p1"] or m["p2"] or m["p3"]
    yield Reading("part", f"{_PARTS[word]} {_MONTHS[m['m1'] or m['m2'] or m['m3']]}")


WORDS = ((SPELT, spelt), (SPELT_BEHIND, spelt_behind), (PART, part))
SHAPES = (
    (DAY_ALONE, day_alone),
    (ISO, iso),
    (NUMERIC, numeric),
    (DAY_MONTH, day_month),
    (WORDED, worded),
    (MONTH_FIRST, month_first),
    (CLOCK, clock),
    (WEEKDAY, weekday),
)


def agree(said: Reading, known: Reading) -> bool:
    """Whether a date or weekday said is the one known; a year left out fits every year."""
    if isinstance(known.value, tuple) and isinstance(said.value, tuple):
        years = (said.value[0], known.value[0])
        return said.value[1:] == known.value[1:] and (None in years or years[0] == years[1])
    if said.kind == "part" and isinstance(known.value, tuple):
        first, last, month = map(int, str(said.value).split())
        return known.value[1] == month and first <= known.value[2] <= last
    if said.kind == "decade":
        year = known.value[0] if isinstance(known.value, tuple) else known.value
        return isinstance(year, Decimal | int) and 0 <= year - Decimal(str(said.value)) < 10
    if said.kind == "weekday" and isinstance(known.value, tuple):
        year, month, day = known.value
        if str(said.value).startswith("day "):
            return said.value == f"day {day}"
        return year is not None and said.value == str(date(year, month, day).weekday())
    return said.kind == known.kind and said.value == known.value
