"""Compute the named days of the retail year, for any year: Black Friday, Christmas, legal sales.

Texts about coming occasions use the dates in `occasions.toml`. Analyses of past periods use these
computed dates. French sales follow the order of 27 May 2019: they start on the second Wednesday of
January (the first one when the second falls after the 12th) and on the last Wednesday of June (the
one before when it falls after the 28th), and last four weeks. Belgian sales follow the Code de
droit économique VI.25. Black Friday is the day after Thanksgiving, the fourth Thursday of November.
Seasons are whole months.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

DayRange = tuple[date, date]
WEDNESDAY, THURSDAY, SUNDAY = 2, 3, 6
ONE_DAY = timedelta(days=1)
FOUR_WEEKS = timedelta(days=27)
BELGIUM_PATTERN = re.compile(r"\b(?:belgi\w+|belges?)\b")


def _find_nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _find_black_friday(year: int) -> date:
    return _find_nth_weekday(year, 11, THURSDAY, 4) + ONE_DAY


def _find_winter_sales(year: int) -> DayRange:
    begins = _find_nth_weekday(year, 1, WEDNESDAY, 2)
    begins -= timedelta(days=7) if begins.day > 12 else timedelta(0)
    return begins, begins + FOUR_WEEKS


def _find_summer_sales(year: int) -> DayRange:
    last = date(year, 6, 30)
    begins = last - timedelta(days=(last.weekday() - WEDNESDAY) % 7)
    begins -= timedelta(days=7) if begins.day > 28 else timedelta(0)
    return begins, begins + FOUR_WEEKS


def _find_belgian_sales(year: int, month: int, day: int) -> DayRange:
    begins = date(year, month, day)
    begins -= ONE_DAY if begins.weekday() == SUNDAY else timedelta(0)
    return begins, date(year, month, 31)


def _find_easter(year: int) -> date:
    """Gregorian Easter Sunday: Meeus, Jones and Butcher (Astronomical Algorithms, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _span_months(first: int, last: int) -> Callable[[int], DayRange]:
    def days(year: int) -> DayRange:
        ends = date(year + (last < first), last, 28) + timedelta(days=4)
        return date(year, first, 1), ends.replace(day=1) - ONE_DAY

    return days


def _repeat_days(first: tuple[int, int], last: tuple[int, int]) -> Callable[[int], DayRange]:
    return lambda year: (date(year, *first), date(year, *last))


BELGIAN_SALES: dict[Callable[[int], DayRange], Callable[[int], DayRange]] = {
    _find_winter_sales: lambda year: _find_belgian_sales(year, 1, 3),
    _find_summer_sales: lambda year: _find_belgian_sales(year, 7, 1),
}
SALES_PATTERN = r"(?:the |les )?soldes"
# Pattern over normalized text, longest name first → the days of a year.
SEASONS: tuple[tuple[str, Callable[[int], DayRange]], ...] = (
    (
        r"black friday week[- ]?end|week[- ]?end du black friday|bfcm"
        r"|black friday(?: and| et) cyber monday",
        lambda year: (_find_black_friday(year), _find_black_friday(year) + 3 * ONE_DAY),
    ),
    (
        r"black (?:friday )?week|semaine du black friday",
        lambda year: (_find_black_friday(year) - 4 * ONE_DAY, _find_black_friday(year)),
    ),
    (r"black friday", lambda year: (_find_black_friday(year),) * 2),
    (r"cyber monday", lambda year: (_find_black_friday(year) + 3 * ONE_DAY,) * 2),
    (
        rf"{SALES_PATTERN} d'hiver|(?:the |january )winter sales|january sales|soldes de janvier",
        _find_winter_sales,
    ),
    (
        rf"{SALES_PATTERN} d'ete|(?:the |during )summer sales?|soldes de (?:juin|juillet)",
        _find_summer_sales,
    ),
    (r"christmas eve|(?:le )?(?:reveillon|24 decembre) de noel", _repeat_days((12, 24), (12, 24))),
    (r"christmas day|(?:le )?jour de noel", _repeat_days((12, 25), (12, 25))),
    (
        r"christmas(?: (?:season|period|time))?|xmas|(?:the )?holiday season|(?:periode de )?noel"
        r"|(?:les |periode des )?fetes(?: de fin d'annee)?",
        _repeat_days((12, 1), (12, 24)),
    ),
    (r"valentine'?s?(?: day)?|(?:la )?saint[- ]valentin", _repeat_days((2, 1), (2, 14))),
    (r"halloween", _repeat_days((10, 15), (10, 31))),
    (
        r"easter(?: week[- ]?end)?|week[- ]?end de paques|paques",
        lambda year: (_find_easter(year) - 2 * ONE_DAY, _find_easter(year) + ONE_DAY),
    ),
    (r"back[- ]to[- ]school|(?:la )?rentree", _repeat_days((8, 15), (9, 15))),
    (r"summer|(?:l'|d'|cet |en )ete", _span_months(6, 8)),
    (r"autumn|(?:l')?automne", _span_months(9, 11)),
    (r"winter|(?:l')?hiver", _span_months(12, 2)),
    (r"spring|printemps", _span_months(3, 5)),
)
EITHER_SALES = (
    rf"{SALES_PATTERN}|the sales (?:period|season)",
    (_find_winter_sales, _find_summer_sales),
)  # the latest of the two
# These names also occur in product names ("Christmas wrap", "summer dresses"). They count as a
# period only between PERIOD_PREFIX and PERIOD_SUFFIX.
AMBIGUOUS_NAME = re.compile(
    r"(?:the |les? |la |l'|d'|cet |en )?(?:christmas|xmas|noel|summer|ete|autumn|automne|winter"
    r"|hiver|spring|printemps|easter|paques|halloween|rentree|valentine'?s?)"
)
PERIOD_PREFIX = re.compile(
    r"(?:\b(?:in|over|during|at|for|around|since|this|last|previous|en|au|a|pendant|durant|cet|ce"
    r"|depuis|de la|de) (?:the |les |le |la )?|\b[ld]')$"
)
PERIOD_SUFFIX = re.compile(
    r"\s*(?:$|[?.!,;]|(?:sales|revenue|turnover|orders|compar\w+|vs|versus|against|than|contre"
    r"|par rapport|by|par|per|in|en|au|aux|from|via|on|sur|and|et)\b)"
)
YEAR_PATTERN = r"(?:(?:,? (?:of |de |en |in )?)(?P<year>(?:19|20)\d\d)\b)?"
LAST_YEAR_PATTERN = (
    r"(?P<last>,? (?:of )?(?:last year|the year before|de l'an(?:nee)? derni\w+"
    r"|l'an(?:nee)? derni\w+|derni\w+|passee?s?))?"
)
NAME_PREFIX_PATTERN = (
    r"\b(?P<before>last |previous )?(?:this |the |cette |cet |ce |le |la |les )?(?:last )?"
)


def find_named_days(text: str, today: date) -> tuple[DayRange, int, int] | None:
    """Find a named season in normalized text. Returns its days up to today, and the start and end
    of the name in the text.

    The year is the one named, last year, or that of the latest season that has begun."""
    for shape, days in (*SEASONS, (EITHER_SALES[0], None)):
        match = re.search(
            rf"(?<!-){NAME_PREFIX_PATTERN}(?P<name>{shape})\b(?!-){LAST_YEAR_PATTERN}{YEAR_PATTERN}",
            text,
        )
        if match is None or not _is_period(text, match):
            continue
        rules = _list_day_rules(days, text)
        if match["year"]:
            year = int(match["year"])
            ranges = [rule(year) for rule in rules]
        else:
            latest = today.year - 1 if _means_last_year(match["last"]) else today.year
            ranges = [rule(y) for rule in rules for y in (latest, latest - 1, latest - 2)]
        started = sorted(days for days in ranges if days[0] <= today)
        if not started:
            return (ranges[0], *match.span())
        chosen = started[-1]
        past = match["before"] or (match["last"] and not _means_last_year(match["last"]))
        if past and chosen[1] >= today and len(started) > 1:
            chosen = started[-2]  # "last summer" asked in summer
        return (chosen[0], min(chosen[1], today)), *match.span()
    return None


def _is_period(text: str, match: re.Match[str]) -> bool:
    if (
        match["year"]
        or match["last"]
        or match["before"]
        or not AMBIGUOUS_NAME.fullmatch(match["name"])
    ):
        return True
    has_prefix = PERIOD_PREFIX.search(text[: match.start("name")]) or re.match(
        "[ld]'", match["name"]
    )
    has_suffix = PERIOD_SUFFIX.match(text[match.end() :])
    return bool(has_prefix and has_suffix) or bool(has_suffix and match.start("name") < 3)


def _means_last_year(text: str | None) -> bool:
    return bool(text and re.search(r"year|an(?:nee)? derni", text))


def _list_day_rules(
    days: Callable[[int], DayRange] | None, text: str
) -> list[Callable[[int], DayRange]]:
    rules: list[Callable[[int], DayRange]] = [days] if days else [*EITHER_SALES[1]]
    return (
        [BELGIAN_SALES.get(rule, rule) for rule in rules] if BELGIUM_PATTERN.search(text) else rules
    )
