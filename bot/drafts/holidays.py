"""Named days of the retail year, of any year: Black Friday, Christmas, the legal sales, summer.

Where `occasions.toml` lists the days that are to come, for texts, these are computed, for counting
what was: French sales by order of 27 May 2019 (second Wednesday of January, the first one when the
second falls after the 12th; last Wednesday of June, the one before when it falls after the 28th;
four weeks), Belgian ones by Code de droit économique VI.25, Black Friday by Thanksgiving, the
fourth Thursday of November. Seasons are whole months.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

Days = tuple[date, date]
WEDNESDAY, THURSDAY, SUNDAY = 2, 3, 6
DAY = timedelta(days=1)
FOUR_WEEKS = timedelta(days=27)
BELGIUM = re.compile(r"\b(?:belgi\w+|belges?)\b")


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _black_friday(year: int) -> date:
    return _nth(year, 11, THURSDAY, 4) + DAY


def _winter_sales(year: int) -> Days:
    begins = _nth(year, 1, WEDNESDAY, 2)
    begins -= timedelta(days=7) if begins.day > 12 else timedelta(0)
    return begins, begins + FOUR_WEEKS


def _summer_sales(year: int) -> Days:
    last = date(year, 6, 30)
    begins = last - timedelta(days=(last.weekday() - WEDNESDAY) % 7)
    begins -= timedelta(days=7) if begins.day > 28 else timedelta(0)
    return begins, begins + FOUR_WEEKS


def _belgian(year: int, month: int, day: int) -> Days:
    begins = date(year, month, day)
    begins -= DAY if begins.weekday() == SUNDAY else timedelta(0)
    return begins, date(year, month, 31)


def _easter(year: int) -> date:
    """Gregorian Easter Sunday: Meeus, Jones and Butcher (Astronomical Algorithms, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _months(first: int, last: int) -> Callable[[int], Days]:
    def days(year: int) -> Days:
        ends = date(year + (last < first), last, 28) + timedelta(days=4)
        return date(year, first, 1), ends.replace(day=1) - DAY

    return days


def _fixed(first: tuple[int, int], last: tuple[int, int]) -> Callable[[int], Days]:
    return lambda year: (date(year, *first), date(year, *last))


BELGIAN: dict[Callable[[int], Days], Callable[[int], Days]] = {
    _winter_sales: lambda year: _belgian(year, 1, 3),
    _summer_sales: lambda year: _belgian(year, 7, 1),
}
SALES = r"(?:the |les )?soldes"
# What folded words name, the longest first; the days of one year.
SEASONS: tuple[tuple[str, Callable[[int], Days]], ...] = (
    (
        r"black friday week[- ]?end|week[- ]?end du black friday|bfcm"
        r"|black friday(?: and| et) cyber monday",
        lambda year: (_black_friday(year), _black_friday(year) + 3 * DAY),
    ),
    (
        r"black (?:friday )?week|semaine du black friday",
        lambda year: (_black_friday(year) - 4 * DAY, _black_friday(year)),
    ),
    (r"black friday", lambda year: (_black_friday(year),) * 2),
    (r"cyber monday", lambda year: (_black_friday(year) + 3 * DAY,) * 2),
    (
        rf"{SALES} d'hiver|(?:the |january )winter sales|january sales|soldes de janvier",
        _winter_sales,
    ),
    (rf"{SALES} d'ete|(?:the |during )summer sales?|soldes de (?:juin|juillet)", _summer_sales),
    (r"christmas eve|(?:le )?(?:reveillon|24 decembre) de noel", _fixed((12, 24), (12, 24))),
    (r"christmas day|(?:le )?jour de noel", _fixed((12, 25), (12, 25))),
    (
        r"christmas(?: (?:season|period|time))?|xmas|(?:the )?holiday season|(?:periode de )?noel"
        r"|(?:les |periode des )?fetes(?: de fin d'annee)?",
        _fixed((12, 1), (12, 24)),
    ),
    (r"valentine'?s?(?: day)?|(?:la )?saint[- ]valentin", _fixed((2, 1), (2, 14))),
    (r"halloween", _fixed((10, 15), (10, 31))),
    (
        r"easter(?: week[- ]?end)?|week[- ]?end de paques|paques",
        lambda year: (_easter(year) - 2 * DAY, _easter(year) + DAY),
    ),
    (r"back[- ]to[- ]school|(?:la )?rentree", _fixed((8, 15), (9, 15))),
    (r"summer|(?:l'|d'|cet |en )ete", _months(6, 8)),
    (r"autumn|(?:l')?automne", _months(9, 11)),
    (r"winter|(?:l')?hiver", _months(12, 2)),
    (r"spring|printemps", _months(3, 5)),
)
EITHER = (
    rf"{SALES}|the sales (?:period|season)",
    (_winter_sales, _summer_sales),
)  # whichever was last
# What is a thing's name as well ("Christmas wrap", "summer dresses") is days where it stands so.
THINGS = re.compile(
    r"(?:the |les? |la |l'|d'|cet |en )?(?:christmas|xmas|noel|summer|ete|autumn|automne|winter"
    r"|hiver|spring|printemps|easter|paques|halloween|rentree|valentine'?s?)"
)
PLACED = re.compile(
    r"(?:\b(?:in|over|during|at|for|around|since|this|last|previous|en|au|a|pendant|durant|cet|ce"
    r"|depuis|de la|de) (?:the |les |le |la )?|\b[ld]')$"
)
COUNTED = re.compile(
    r"\s*(?:$|[?.!,;]|(?:sales|revenue|turnover|orders|compar\w+|vs|versus|against|than|contre"
    r"|par rapport|by|par|per|in|en|au|aux|from|via|on|sur|and|et)\b)"
)
YEAR = r"(?:(?:,? (?:of |de |en |in )?)(?P<year>(?:19|20)\d\d)\b)?"
LAST = (
    r"(?P<last>,? (?:of )?(?:last year|the year before|de l'an(?:nee)? derni\w+"
    r"|l'an(?:nee)? derni\w+|derni\w+|passee?s?))?"
)
BEFORE = r"\b(?P<before>last |previous )?(?:this |the |cette |cet |ce |le |la |les )?(?:last )?"


def found(said: str, today: date) -> tuple[Days, int, int] | None:
    """The days of the season that folded words name, up to today, and where it stands: of the year
    named, of last year, or the latest that has begun."""
    for shape, days in (*SEASONS, (EITHER[0], None)):
        match = re.search(rf"(?<!-){BEFORE}(?P<name>{shape})\b(?!-){LAST}{YEAR}", said)
        if match is None or not _are_days(said, match):
            continue
        every = _sets(days, said)
        if match["year"]:
            year = int(match["year"])
            sets = [one(year) for one in every]
        else:
            latest = today.year - 1 if _of_last_year(match["last"]) else today.year
            sets = [one(y) for one in every for y in (latest, latest - 1, latest - 2)]
        begun = sorted(one for one in sets if one[0] <= today)
        if not begun:
            return (sets[0], *match.span())
        chosen = begun[-1]
        past = match["before"] or (match["last"] and not _of_last_year(match["last"]))
        if past and chosen[1] >= today and len(begun) > 1:
            chosen = begun[-2]  # "last summer", asked in summer
        return (chosen[0], min(chosen[1], today)), *match.span()
    return None


def _are_days(said: str, match: re.Match[str]) -> bool:
    if match["year"] or match["last"] or match["before"] or not THINGS.fullmatch(match["name"]):
        return True
    placed = PLACED.search(said[: match.start("name")]) or re.match("[ld]'", match["name"])
    wanted = COUNTED.match(said[match.end() :])
    return bool(placed and wanted) or bool(wanted and match.start("name") < 3)


def _of_last_year(said: str | None) -> bool:
    return bool(said and re.search(r"year|an(?:nee)? derni", said))


def _sets(days: Callable[[int], Days] | None, said: str) -> list[Callable[[int], Days]]:
    every: list[Callable[[int], Days]] = [days] if days else [*EITHER[1]]
    return [BELGIAN.get(one, one) for one in every] if BELGIUM.search(said) else every
