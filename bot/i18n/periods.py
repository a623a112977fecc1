"""Read the days that words name: "last month", « depuis juin », "Q3", "1 to 24 November".

The reader goes over the words of a request. It returns the periods with the positions of their
words, so that the caller knows which words were understood. Weeks begin on Monday. A month, a
quarter or a day without a year is the latest that has begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from bot.i18n.languages import LANGUAGES, SOURCE_LANGUAGE, load_languages
from bot.text.normalize import normalize_text


@cache
def list_month_names(language: str) -> tuple[str, ...]:
    """Return the names, January first."""
    from babel import Locale

    names = Locale.parse(language).months["format"]["wide"]
    return tuple(str(names[number]) for number in range(1, 13))


@cache
def list_weekday_names(language: str) -> tuple[str, ...]:
    """Return the names, Monday first."""
    from babel import Locale

    names = Locale.parse(language).days["format"]["wide"]
    return tuple(str(names[number]) for number in range(7))


def get_weekday_key(number: int) -> str:
    """Return the name by which facts call a weekday, 0 for Monday: `monday`. It is stored."""
    return list_weekday_names(SOURCE_LANGUAGE)[number].lower()


def index_month_names() -> dict[str, int]:
    return {
        normalize_text(name): number
        for language in LANGUAGES
        for number, name in enumerate(list_month_names(language), start=1)
    }


def index_weekday_names() -> dict[str, int]:
    """Return the number of each weekday, 0 for Monday, by its normalized names."""
    return {
        normalize_text(name): number
        for language in LANGUAGES
        for number, name in enumerate(list_weekday_names(language))
    }


DAY = timedelta(days=1)
OLDEST_YEAR = 2005  # a smaller number is no year: "orders over 2000 euros"
UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}


def merge_words(kind: str) -> frozenset[str]:
    """Return the words of this kind in all languages: people mix them."""
    return frozenset(word for table in _WORDS for word in getattr(table, kind))


def _list_phrases(kind: str) -> list[list[str]]:
    return [phrase.split() for table in _WORDS for phrase in getattr(table, kind)]


_WORDS = [table.periods for table in load_languages().values()]
UNITS = {word: unit for unit in UNIT_DAYS for word in merge_words(unit)}
NUMBERS = {
    form: number
    for table in _WORDS
    for number, forms in enumerate(table.numbers, start=1)
    for form in forms.split()
}
ORDINALS = {word: number for table in _WORDS for word, number in table.ordinals.items()}
ORDINALS |= {f"{n}{ending}": n for n in range(1, 32) for ending in merge_words("ordinal_endings")}
SHORT_MONTHS = {word: month for table in _WORDS for word, month in table.short_months.items()}
DOUBTFUL_MONTHS, BEFORE_MONTH = merge_words("doubtful_months"), merge_words("before_month")
THIS, LAST, LAST_BEHIND = merge_words("this"), merge_words("last"), merge_words("last_behind")
THIS_BEHIND, CURRENT_BEHIND = merge_words("this_behind"), _list_phrases("current_behind")
SINCE, FROM, TO = merge_words("since"), merge_words("from_"), merge_words("to")
JOINING = ("and", "et")
SMALL, BEGINNING = merge_words("small"), merge_words("beginning")
NEAR_DAYS = [  # days ago, the longest phrases first
    (phrase, ago)
    for ago, kind in ((2, "day_before_yesterday"), (1, "yesterday"), (0, "today"))
    for phrase in _list_phrases(kind)
]


@dataclass(frozen=True)
class Period:
    """Days of a request, both included. `words` are the positions of its words."""

    since: date
    until: date
    words: range
    is_open: bool = False  # "since …": until today

    @property
    def days(self) -> tuple[date, date]:
        return self.since, self.until


def find_periods(words: Sequence[str], today: date) -> list[Period]:
    """Return the periods that the normalized words name, in their order."""
    reader, found, at = _PeriodReader(words, today), list[Period](), 0
    while at < len(words):
        period = reader.read(at)
        if period is None:
            at += 1
            continue
        found.append(period)
        at = period.words.stop
    return found


class _PeriodReader:
    def __init__(self, words: Sequence[str], today: date) -> None:
        self.words, self.today = words, today
        self.months = {**SHORT_MONTHS, **index_month_names()}

    def get(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def skip(self, at: int) -> int:
        while self.get(at) in SMALL:
            at += 1
        return at

    def read(self, start: int) -> Period | None:
        """Return the period whose first word stands here."""
        word = self.get(start)
        if word in SINCE:
            return self._read_open(start)
        if word in FROM and (found := self._read_range(start, self.skip(start + 1))):
            return found
        if found := self._read_range(start, start):
            return found
        return self._read_named(start)

    def _read_open(self, start: int) -> Period | None:
        at = self.skip(start + 1)
        if self.get(at) in BEGINNING:
            at = self.skip(at + 1)
        if (many := self._number(at)) and (unit := UNITS.get(self.get(at + 1))):
            first = self.today - timedelta(days=many * UNIT_DAYS[unit])
            if unit == "month":
                first = _shift_months(self.today, -many)
            return Period(first, self.today, range(start, at + 2), is_open=True)
        found = self._read_named(at) or self._read_current(at)
        if found is None:
            return None
        return Period(found.since, self.today, range(start, found.words.stop), is_open=True)

    def _read_current(self, at: int) -> Period | None:
        """ "Since the beginning of the year": a unit alone."""
        unit = UNITS.get(self.get(at))
        return self._build(unit, 0, range(at, at + 1)) if unit else None

    def _read_range(self, start: int, at: int) -> Period | None:
        """ "From June to September", "1 to 24 November", « du 1er au 24 novembre »."""
        day = self._day_number(at)
        if day and self.get(at + 1) in TO:
            last = self._read_named(self.skip(at + 2))
            if last is not None and last.since == last.until and day <= last.since.day:
                return Period(last.since.replace(day=day), last.until, _span(start, last))
        first = self._read_named(at)
        if first is None or self.get(start) not in FROM or self.get(first.words.stop) not in TO:
            return None
        last = self._read_named(self.skip(first.words.stop + 1))
        if last is None:
            return None
        since = first.since
        if since > last.until:  # "from November to January"
            since = since.replace(year=since.year - 1)
        return Period(since, last.until, _span(start, last))

    def _read_named(self, start: int) -> Period | None:
        for read in (
            self._read_iso,
            self._read_near_day,
            self._read_rolling,
            self._read_unit,
            self._read_quarter,
            self._read_date,
            self._read_year,
        ):
            if found := read(start):
                return found
        return None

    def _read_iso(self, at: int) -> Period | None:
        parts = [self.get(at + n) for n in range(3)]
        if not (len(parts[0]) == 4 and all(part.isdigit() for part in parts)):
            return None
        try:
            day = date(*map(int, parts))
        except ValueError:
            return None
        return Period(day, day, range(at, at + 3))

    def _read_near_day(self, at: int) -> Period | None:
        for phrase, ago in NEAR_DAYS:
            if self._stands(at, phrase):
                day = self.today - ago * DAY
                return Period(day, day, range(at, at + len(phrase)))
        return None

    def _stands(self, at: int, phrase: Sequence[str]) -> bool:
        return [*self.words[at : at + len(phrase)]] == [*phrase]

    def _read_rolling(self, at: int) -> Period | None:
        """ "Last 14 days", « les 14 derniers jours »."""
        order = ((1, 0), (0, 1))
        for where_many, where_last in order:
            many, word = self._number(at + where_many), self.get(at + where_last)
            unit = UNITS.get(self.get(at + 2))
            if many and unit and word in LAST | LAST_BEHIND:
                first = self.today - timedelta(days=many * UNIT_DAYS[unit])
                return Period(first, self.today - DAY, range(at, at + 3))
        return None

    def _read_unit(self, at: int) -> Period | None:
        """ "This month", "last week", « semaine dernière », « cette année »."""
        word, following = self.get(at), self.get(at + 1)
        if unit := UNITS.get(following):
            if word in LAST:
                return self._build(unit, 1, range(at, at + 2))
            if word in THIS and self.get(at + 2) not in LAST_BEHIND:
                behind = at + 2 + (self.get(at + 2) in THIS_BEHIND)
                return self._build(unit, 0, range(at, behind))
        if unit := UNITS.get(word):
            if following in LAST_BEHIND:
                return self._build(unit, 1, range(at, at + 2))
            for phrase in CURRENT_BEHIND:
                if self._stands(at + 1, phrase):
                    return self._build(unit, 0, range(at, at + 1 + len(phrase)))
        return None

    def _build(self, unit: str, back: int, words: range) -> Period:
        first = _first_day(unit, self.today)
        for _ in range(back):
            first = _first_day(unit, first - DAY)
        return Period(first, _last_day(unit, first), words)

    def _read_quarter(self, at: int) -> Period | None:
        word, stop = self.get(at), at + 1
        number = int(word[1]) if len(word) == 2 and word[0] in "qt" and word[1] in "1234" else 0
        if not number and UNITS.get(self.get(at + 1)) == "quarter":
            number, stop = ORDINALS.get(word, 0), at + 2
        if not 1 <= number <= 4:
            return None
        year, stop = self._year_behind(stop)
        first = date(year or self.today.year, 3 * number - 2, 1)
        if not year and first > self.today:
            first = first.replace(year=first.year - 1)
        return Period(first, _last_day("quarter", first), range(at, stop))

    def _read_date(self, at: int) -> Period | None:
        """ "October", "October 2026", "1 June", "June 1st", « 1er juin 2026 »."""
        day = self._day_number(at)
        where = self.skip(at + 1) if day else at
        month = self.months.get(self.get(where))
        if month is None:
            return None
        stop = where + 1
        if not day and (behind := self._day_number(stop)):
            day, stop = behind, stop + 1
        year, stop = self._year_behind(stop)
        doubtful = self.get(where) in DOUBTFUL_MONTHS and not (day or year)
        if doubtful and self.get(at - 1) not in BEFORE_MONTH:
            return None
        first = date(year or self.today.year, month, 1)
        if not year and first.replace(day=day or 1) > self.today:
            first = first.replace(year=first.year - 1)
        try:
            chosen = first.replace(day=day) if day else None
        except ValueError:  # 31 November
            return None
        last = chosen or _last_day("month", first)
        return Period(chosen or first, last, range(at, stop))

    def _read_year(self, at: int) -> Period | None:
        year, stop = self._year_behind(at)
        if not year or stop > at + 1:
            return None
        return Period(date(year, 1, 1), date(year, 12, 31), range(at, stop))

    def _year_behind(self, at: int) -> tuple[int, int]:
        """Return the year that stands here and where it ends; 0 when there is none."""
        word = self.get(at)
        if word.isdigit() and OLDEST_YEAR <= int(word) <= self.today.year + 1:
            return int(word), at + 1
        where = self.skip(at)
        found = self._read_unit(where)
        is_year = found is not None and UNITS.get(self.get(where)) == "year"
        is_year = is_year or UNITS.get(self.get(where + 1)) == "year"
        if found is None or not is_year or self.get(at - 1) in UNITS:
            return 0, at
        return found.since.year, found.words.stop  # "November last year"

    def _number(self, at: int) -> int:
        word = self.get(at)
        return int(word) if word.isdigit() and len(word) <= 3 else NUMBERS.get(word, 0)

    def _day_number(self, at: int) -> int:
        word = self.get(at)
        number = int(word) if word.isdigit() and len(word) <= 2 else ORDINALS.get(word, 0)
        return number if 1 <= number <= 31 else 0


def _span(start: int, last: Period) -> range:
    return range(start, last.words.stop)


def _first_day(unit: str, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _last_day(unit: str, first: date) -> date:
    months = {"month": 1, "quarter": 3, "year": 12}
    if unit in months:
        return _shift_months(first, months[unit]) - DAY
    return first + (6 * DAY if unit == "week" else 0 * DAY)


def _shift_months(day: date, many: int) -> date:
    """Return the day so many months later; the last of its month where there is no such day."""
    months = day.year * 12 + day.month - 1 + many
    year, month = months // 12, months % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
    return date(year, month, min(day.day, last))
