"""How days are named in a question: each shape of folded words with the days it means."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from bot.i18n.calendar_names import index_weekday_names
from bot.rules.spelt import MONTHS, SHORT

NUMBERS = {"one": 1, "un": 1, "une": 1, "two": 2, "deux": 2, "three": 3, "trois": 3, "four": 4,
           "quatre": 4, "five": 5, "cinq": 5, "six": 6, "seven": 7, "sept": 7, "ten": 10, "dix": 10,
           "twelve": 12, "douze": 12}  # fmt: skip
UNIT_DAYS = {"day": 1, "jour": 1, "week": 7, "semaine": 7, "month": 30, "mois": 30,
             "year": 365, "an": 365, "annee": 365}  # fmt: skip
MANY = r"\d{1,3}|" + "|".join(NUMBERS)
MONTH = "|".join(MONTHS)
ANY_MONTH = "|".join(sorted([*MONTHS, *SHORT], key=len, reverse=True))
SURE_MONTH = "|".join(name for name in MONTHS if name not in ("may", "march", "mars", "mai"))
YEAR = r"(?:19|20)\d\d"
NTH = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er)?"
WEEKDAYS = index_weekday_names()
WEEKDAY = "|".join(WEEKDAYS)
DAY = timedelta(days=1)


def number(many: str) -> int:
    return NUMBERS.get(many) or int(many)


def _month(name: str) -> int:
    return MONTHS.get(name) or SHORT[name]


def _latest(today: date, month: int, day: int, year: str | None = None) -> date:
    """The last such day that is not ahead; a day that the month has not becomes its last."""
    for one in (int(year),) if year else (today.year, today.year - 1):
        end = _month_end(date(one, month, 1))
        if year or (at := date(one, month, min(day, end.day))) <= today:
            return date(one, month, min(day, end.day)) if year else at
    return today


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY


def _nth(text: str) -> int:
    return int(re.sub(r"\D", "", text))


Days = tuple[date, date]
Match = re.Match[str]


def _rolling(found: Match, today: date) -> Days:
    many, unit = found["many"] or "1", found["unit"]
    return today - timedelta(days=max(1, number(many) * UNIT_DAYS[unit]) - 1), today


def _ago(found: Match, today: date) -> Days:
    many, unit = number(found["many"] or "1"), found["unit"]
    if unit in ("day", "jour"):
        return (today - many * DAY,) * 2
    if unit in ("week", "semaine"):
        monday = today - timedelta(days=today.weekday() + 7 * many)
        return monday, monday + 6 * DAY
    month = today.year * 12 + today.month - 1 - many
    first = date(month // 12, month % 12 + 1, 1)
    return first, _month_end(first)


def _between_days(found: Match, today: date) -> Days:
    month = found["month1"] or found["month2"]
    last = _latest(today, _month(found["month2"]), _nth(found["day2"]), found["year"])
    first = _latest(last, _month(month), _nth(found["day1"]))
    if not found["year"] and last > today:
        last = today
    return first, last


def _open_days(found: Match, today: date) -> Days:
    """ "Between 1 and 15 November" asked on the 10th is of this November."""
    if found["year"]:
        return _between_days(found, today)
    month = _month(found["month2"])
    first = _latest(today, _month(found["month1"] or found["month2"]), _nth(found["day1"]))
    year = first.year + (month < first.month)
    end = _month_end(date(year, month, 1))
    return first, date(year, month, min(end.day, _nth(found["day2"])))


def _months(found: Match, today: date) -> Days:
    last = _latest(today, _month(found["month2"]), 1, found["year"])
    return _latest(last, _month(found["month1"]), 1), _month_end(last)


def _since(found: Match, today: date) -> Days:
    return _latest(today, _month(found["month"]), _nth(found["day"] or "1"), found["year"]), today


def _one_day(found: Match, today: date) -> Days:
    return (_latest(today, _month(found["month"]), _nth(found["day"]), found["year"]),) * 2


def _part_of_month(found: Match, today: date) -> Days:
    first = _latest(today, _month(found["month"]), 1, found["year"])
    part, end = found["part"], _month_end(first)
    if re.match(r"early|begin|start|debut|first (?:third|days)", part):
        return first, first.replace(day=10)
    if re.match(r"mid|mi\b|middle|milieu", part):
        return first.replace(day=11), first.replace(day=20)
    if re.match(r"first|premiere", part):
        return first, first.replace(day=15)
    return first.replace(day=16 if re.match(r"second|deuxieme|seconde", part) else 21), end


def _whole_month(found: Match, today: date) -> Days:
    first = _latest(today, _month(found["month"]), 1, found["year"])
    return first, _month_end(first)


def _weekday(found: Match, today: date) -> Days:
    back = (today.weekday() - WEEKDAYS[found["weekday"]] - 1) % 7 + 1
    return (today - back * DAY,) * 2


def _quarter(found: Match, today: date) -> Days:
    n = int(found["quarter"])
    year = int(found["year"] or today.year)
    first = date(year, 3 * n - 2, 1)
    if not found["year"] and first > today:
        first = first.replace(year=year - 1)
    return first, _month_end(first.replace(month=3 * n))


def _numbered(found: Match, today: date) -> Days:
    """An ISO week by its number, the latest that has begun."""
    week, year = int(found["week"]), int(found["year"] or today.year)
    monday = date.fromisocalendar(year, week, 1)
    if monday > today and not found["year"]:
        monday = date.fromisocalendar(year - 1, week, 1)
    return monday, monday + 6 * DAY


def _week(back: int) -> Callable[[Match, date], Days]:
    def days(_found: Match, today: date) -> Days:
        monday = today - timedelta(days=today.weekday() + 7 * back)
        return monday, monday + 6 * DAY

    return days


def _week_end(found: Match, today: date) -> Days:
    saturday = today - timedelta(days=(today.weekday() - 5) % 7)
    if saturday + DAY >= today and not found["this"]:
        saturday -= 7 * DAY  # it still goes on
    return saturday, saturday + DAY


def _month_back(back: int) -> Callable[[Match, date], Days]:
    def days(_found: Match, today: date) -> Days:
        month = today.year * 12 + today.month - 1 - back
        first = date(month // 12, month % 12 + 1, 1)
        return first, _month_end(first)

    return days


def _quarter_back(back: int) -> Callable[[Match, date], Days]:
    def days(_found: Match, today: date) -> Days:
        quarter = today.year * 4 + (today.month - 1) // 3 - back
        first = date(quarter // 4, 3 * (quarter % 4) + 1, 1)
        return first, _month_end(first.replace(month=first.month + 2))

    return days


def _year_back(back: int) -> Callable[[Match, date], Days]:
    return lambda _found, today: (date(today.year - back, 1, 1), date(today.year - back, 12, 31))


def _year(found: Match, _today: date) -> Days:
    year = int(found["year"])
    return date(year, 1, 1), date(year, 12, 31)


def _since_year(found: Match, today: date) -> Days:
    return date(int(found["year"]), 1, 1), today


def _iso(found: Match, _today: date) -> Days:
    return (date.fromisoformat(found["iso"]),) * 2


def _figures(found: Match, _today: date) -> Days:
    return (date(int(found["year"]), int(found["month"]), int(found["day"])),) * 2


PREPOSITION = (
    r"(?:(?:over|during|for|in|on|of|at|pendant|sur|pour|en|de|du|des|au|aux|a|le|la|les|durant)"
    r" (?:the |course of |le |la |les |cours (?:du |de |des )?)?|d'|l')?"
)
OF = r"(?: of| de| d')? ?"
# The first that is found counts.
SHAPES: tuple[tuple[str, Callable[[Match, date], Days]], ...] = (
    (r"(?P<iso>\d{4}-\d\d-\d\d)\b", _iso),
    (rf"(?P<day>{NTH})/(?P<month>0?[1-9]|1[0-2])/(?P<year>{YEAR})\b", _figures),
    (rf"(?:between|from|entre|du|de)?(?: le| the)? ?(?P<day1>{NTH})(?:{OF}(?P<month1>{ANY_MONTH}))?"
     rf"(?: (?:and|to|until|till|et|au|a|jusqu'au)(?: le| the)? | ?- ?)(?P<day2>{NTH}){OF}"
     rf"(?P<month2>{ANY_MONTH})\b(?: (?P<year>{YEAR})\b)?", _open_days),
    (rf"(?:between|from|entre|de|d')(?: the)? ?(?P<month1>{ANY_MONTH})"
     rf" (?:and|to|until|till|through|et|a|jusqu'(?:a|en)) (?P<month2>{ANY_MONTH})\b"
     rf"(?: (?P<year>{YEAR})\b)?", _months),
    (rf"(?:last|past|previous|these last)(?: few)? (?P<many>{MANY})"
     r" (?P<unit>day|week|month|year)s?\b", _rolling),
    (rf"(?P<many>{MANY}) derni(?:er|ere)s? (?P<unit>jour|semaine|mois|annee|an)s?\b", _rolling),
    (r"(?:past|last twelve|12 derniers) (?P<many>)(?P<unit>week|month|year|mois)\b", _rolling),
    (rf"(?P<many>{MANY}|a) (?P<unit>day|week|month)s? ago\b", _ago),
    (rf"il y a (?P<many>{MANY}) (?P<unit>jour|semaine|mois)s?\b", _ago),
    (r"(?:since|depuis)(?: the| le)? (?:beginning|start|debut)(?: of| de)? (?:the |l')?"
     r"(?:year|annee)\b|year[- ]to[- ]date\b|ytd\b", _year_back(0)),
    (r"(?:since|depuis)(?: the| le)? (?:beginning|start|debut)(?: of| du)? (?:the )?"
     r"(?:month|mois)\b", _month_back(0)),
    (rf"(?:since|depuis|from)(?: the| le| la)?(?: (?:start|beginning|debut|mois)(?: of| de)?)? ?"
     rf"(?:d')?(?:(?P<day>{NTH}){OF})?(?P<month>{ANY_MONTH})\b(?: (?P<year>{YEAR})\b)?", _since),
    (rf"(?:since|depuis) (?P<year>{YEAR})\b", _since_year),
    (rf"(?:week|semaine|wk)(?: no\.?| n°)? (?P<week>[1-5]?\d)\b(?! ?[%€£$])"
     rf"(?: (?P<year>{YEAR})\b)?",
     _numbered),
    (r"(?:this week|cette semaine)\b", _week(0)),
    (r"last week\b(?!-| ?end)|semaine (?:derniere|passee)\b", _week(1)),
    (r"(?:the )?week before last\b|avant-derniere semaine\b", _week(2)),
    (r"(?:last|past|previous|(?P<this>this)) week[- ]?end\b"
     r"|week[- ]?end (?:dernier|passe)\b|(?:ce )week[- ]?end\b", _week_end),
    (r"this month\b|ce mois(?:-ci)?\b(?! (?:dernier|passe))|mois en cours\b", _month_back(0)),
    (r"last month\b|mois (?:dernier|passe)\b", _month_back(1)),
    (r"(?<=the )year\b(?! (?:before|ago))|(?<=l')annee\b(?! (?:derniere|passee|d'avant|precedente))"
     r"|this year\b|cette annee\b(?! (?:derniere|passee))|annee en cours\b", _year_back(0)),
    (r"last year\b|l'an dernier\b|an dernier\b|annee (?:derniere|passee)\b", _year_back(1)),
    (rf"(?P<quarter>[1-4])(?:st|nd|rd|th|e|er|eme) (?:quarter|trimestre)\b(?: (?P<year>{YEAR})\b)?",
     _quarter),
    (r"this quarter\b|(?:ce |du )?trimestre\b(?! (?:dernier|passe))", _quarter_back(0)),
    (r"last quarter\b|trimestre (?:dernier|passe)\b", _quarter_back(1)),
    (rf"[qt](?P<quarter>[1-4])\b(?: (?P<year>{YEAR})\b)?", _quarter),
    (r"the day before yesterday\b|avant-hier\b", lambda _f, today: (today - 2 * DAY,) * 2),
    (r"today\b|aujourd'hui\b", lambda _f, today: (today, today)),
    (r"yesterday\b|hier\b", lambda _f, today: (today - DAY,) * 2),
    (rf"last (?P<weekday>{WEEKDAY})\b", _weekday),
    (rf"(?P<weekday>{WEEKDAY}) (?:dernier|passe)\b", _weekday),
    (rf"(?P<day>{NTH}){OF}(?P<month>{ANY_MONTH})\b(?:,? (?P<year>{YEAR})\b)?", _one_day),
    (rf"(?P<month>{ANY_MONTH}) (?P<day>{NTH})\b(?! ?[%€£$])(?:,? (?P<year>{YEAR})\b)?", _one_day),
    (rf"(?P<part>early|late|mid|middle|(?:the )?(?:beginning|start|end)|debut|milieu|mi|fin"
     r"|first half|second half|(?:premiere|seconde|deuxieme) (?:quinzaine|moitie))"
     rf"[- ]?(?:of |de |d'|du mois de )?(?P<month>{ANY_MONTH})\b(?: (?P<year>{YEAR})\b)?",
     _part_of_month),
    (rf"(?P<month>{ANY_MONTH}),? (?P<year>{YEAR})\b", _whole_month),
    (rf"(?:(?<=\bin )|(?<=\bof )|(?<=\ben )|(?<=\bde )|(?<=\bd')|(?<=\bmois de )|(?<=\bfor ))"
     rf"(?P<month>{ANY_MONTH})\b(?P<year>)", _whole_month),
    (rf"(?P<month>{SURE_MONTH})\b(?P<year>)", _whole_month),
    (rf"(?:(?<=\bin )|(?<=\bof )|(?<=\ben )|(?<=\bde )|(?<=\bpour )|(?<=\bfor )|(?<=\bannee ))"
     rf"(?P<year>{YEAR})\b(?! ?[%€£$])", _year),
    (rf"(?P<year>{YEAR})(?=\s*(?:[?.!,]|$|\b(?:vs|versus|contre|against|par rapport)\b|\bcompar))",
     _year),
)  # fmt: skip
