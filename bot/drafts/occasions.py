"""The occasions of the retail year: their names from `occasions.toml`, and their days."""

import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from dateutil.easter import easter  # type: ignore[import-untyped]
from pydantic import BaseModel, Field, field_validator

from bot.core.request import Brief
from bot.i18n.languages import LANGUAGES, SOURCE_LANGUAGE
from bot.i18n.messages import format_short_period
from bot.text.normalize import straighten_apostrophes

DayRange = tuple[date, date]
WEDNESDAY, THURSDAY, SUNDAY = 2, 3, 6
ONE_DAY = timedelta(days=1)
FOUR_WEEKS = timedelta(days=27)
JUST_PASSED = timedelta(days=6)
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
        lambda year: (easter(year) - 2 * ONE_DAY, easter(year) + ONE_DAY),
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


# The occasions of the retail year, read from `occasions.toml`: sales, holidays, back to school.

OCCASIONS_FILE = Path(__file__).parent / "occasions.toml"


class OccasionPeriod(BaseModel, frozen=True, extra="forbid"):
    """A range of days, both included. Without a country it applies everywhere."""

    starts: date = Field(alias="from")
    until: date
    country: str | None = None  # ISO 3166, "FR"
    source: str
    checked: date

    def as_prompt(self, market: str | None, today: date) -> str:
        """Return the days, whose they are where no market says it, and whether they are over."""
        country = f" ({self.country})" if self.country and not market else ""
        over = ", over since then" if self.until < today else ""
        return f"{self.starts} to {self.until}{country}{over}"


class Occasion(BaseModel, frozen=True, extra="forbid"):
    """An occasion for which people buy."""

    key: str
    title: dict[str, str]  # by language, in the form used inside a sentence
    names: tuple[str, ...]  # the names that people use, in all languages, lower case
    legal: bool = False  # the law allows the word only within its periods
    gift: bool = False  # bought for somebody else
    periods: tuple[OccasionPeriod, ...]

    @field_validator("title")
    @classmethod
    def _fill_titles(cls, given: dict[str, str]) -> dict[str, str]:
        """Use the English title in a language that has none."""
        return dict.fromkeys(LANGUAGES, given[SOURCE_LANGUAGE]) | given

    def coming(self, today: date, country: str | None = None) -> OccasionPeriod | None:
        """The current period or the next one."""
        ahead = [p for p in self._in(country) if p.until >= today]
        return min(ahead, key=lambda period: period.starts, default=None)

    def list_coming(self, today: date, country: str | None = None) -> list[OccasionPeriod]:
        """The current period or the next one; of each country with days of its own when none is
        given."""
        countries = {country} if country else {period.country for period in self.periods}
        found = {self.coming(today, one) for one in countries}
        return sorted((p for p in found if p), key=lambda p: (p.starts, p.country or ""))

    def list_near(self, today: date, country: str | None = None) -> list[OccasionPeriod]:
        """The same, but one that has just passed counts before the next one: an offer for it may
        still run."""
        return self.list_coming(today - JUST_PASSED, country)

    def _in(self, country: str | None) -> list[OccasionPeriod]:
        return [p for p in self.periods if not (country and p.country) or p.country == country]


@cache
def load_occasions() -> dict[str, Occasion]:
    with OCCASIONS_FILE.open("rb") as file:
        return {key: Occasion(key=key, **table) for key, table in tomllib.load(file).items()}


def find_named_occasion(words: str) -> tuple[Occasion, str] | None:
    """Return the occasion named in `words` and the name used. The longest name wins."""
    lowered = straighten_apostrophes(words.lower())
    for name, key in _list_names():
        if name in lowered and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", lowered):
            return load_occasions()[key], name
    return None


def set_occasion_days(brief: Brief, today: date) -> Brief:
    """Return the brief with the days of its occasion in its market, the nearest; unchanged
    without an occasion whose days are known."""
    occasion = load_occasions().get(brief.occasion or "")
    periods = occasion.list_near(today, brief.market) if occasion else []
    if not periods:
        return brief
    until = max(period.until for period in periods)
    return brief.model_copy(update={"since": periods[0].starts, "until": until})


def find_past_days(brief: Brief, today: date) -> DayRange | None:
    """Return the days of the brief's occasion where it is an earlier one: those of the period that
    was read, where the nearest has none of them."""
    occasion = load_occasions().get(brief.occasion or "")
    first, last = brief.since, brief.until or brief.since
    if not (occasion and first and last) or last >= today:
        return None
    near = occasion.list_near(today, brief.market)
    return None if any(one.starts <= last and first <= one.until for one in near) else (first, last)


def list_coming_occasions(
    keys: Iterable[str], today: date, country: str | None, days: int
) -> list[tuple[Occasion, OccasionPeriod]]:
    """Return those of these occasions that run or start within so many days, the next first."""
    known, last = load_occasions(), today + timedelta(days=days)
    near = [
        (known[key], period)
        for key in keys
        if key in known
        for period in known[key].list_coming(today, country)
        if period.starts <= last
    ]
    return sorted(near, key=lambda pair: (pair[1].starts, pair[0].key, pair[1].country or ""))


def list_occasions_within(
    days: DayRange, market: str | None, own: Iterable[str]
) -> list[tuple[Occasion, OccasionPeriod]]:
    """Return the occasions of these days with their own days, the first first. `own` are the keys
    of those that count in the market; none: all. Without a market each country's own are among
    them."""
    keys = frozenset(own)
    found: dict[tuple[date, date, str | None], tuple[Occasion, OccasionPeriod]] = {}
    for key, occasion in load_occasions().items():
        for period in occasion.periods:
            is_elsewhere = market and period.country not in (None, market)
            is_within = period.starts <= days[1] and period.until >= days[0]
            if is_within and not is_elsewhere and not (keys and key not in keys):
                same = (period.starts, period.until, period.country)
                found.setdefault(same, (occasion, period))  # « soldes » of a season, and in general
    return sorted(found.values(), key=lambda pair: (pair[1].starts, pair[1].until))


def name_occasions_within(
    days: DayRange, market: str | None, own: Iterable[str], language: str
) -> list[str]:
    """Return the names of these occasions with their days: "Black Friday (27 November)"."""
    places: dict[tuple[str, DayRange], list[str]] = {}
    for occasion, period in list_occasions_within(days, market, own):
        when = (occasion.title[language], (period.starts, period.until))
        places.setdefault(when, []).extend(filter(None, [period.country]))
    return [
        _name_with_days(title, when, () if market else countries, language)
        for (title, when), countries in places.items()
    ]


def _name_with_days(title: str, days: DayRange, countries: Iterable[str], language: str) -> str:
    more = [format_short_period(*days, language, days[1]), *countries]
    return f"{title} ({', '.join(more)})"


@cache
def _list_names() -> tuple[tuple[str, str], ...]:
    pairs = [(name, one.key) for one in load_occasions().values() for name in one.names]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


DISCOUNT_OCCASIONS = frozenset(
    {"black_friday", "cyber_monday", "boxing_day", "french_days"}
)  # days of offers


def can_name_without_offer(occasion: Occasion | None) -> bool:
    """Whether a text can be "for" the occasion without an offer: Christmas, but not the sales."""
    return occasion is not None and not occasion.legal and occasion.key not in DISCOUNT_OCCASIONS
