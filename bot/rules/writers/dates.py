"""Dates as somebody typed them, said in the language of the text: until Sunday, du 8 au 12."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.i18n.calendar_names import list_month_names, list_weekday_names
from bot.i18n.messages import Language

_PLACES = (  # the likeliest last, since a range begins like "from"
    ("range", r"(?:from|between) .+ (?:to|until|and|-) |d[ue] .+ (?:au|à) "),
    ("from", r"(?:from|starting|as of)\b|(?:à partir|dès)\b"),
    ("before", r"before\b|avant\b"),
    ("until", r"(?:until|till?|through|by|up to)\b|jusqu'"),
)
_LEADING = re.compile(
    r"^(?:until|till?|through|by|up to|before|from|between|starting|as of|on|this|jusqu'(?:au|à|en)"
    r"|avant(?: le)?|à partir (?:de |du |d')|dès(?: le)?|du|de|le|ce(?! soir))\s*"
)
_FIXED = {"midnight": "minuit", "tonight": "ce soir", "tomorrow": "demain"}
_ENDS = (
    (r"end of (?:the )?month|fin (?:du|de) mois", "the end of the month", "la fin du mois"),
    (r"end of (?:the )?week|fin de la semaine", "the end of the week", "la fin de la semaine"),
)


_WHOLE = (  # days that have no first and last
    (r"(?:this|cette) (?:week|semaine)", "this week", "cette semaine"),
    (r"(?:this|ce) (?:month|mois(?:-ci)?)", "this month", "ce mois-ci"),
    (r"(?:only )?today(?: only)?|aujourd'hui(?: seulement)?", "today", "aujourd'hui"),
)


@dataclass(frozen=True)
class When:
    kind: str = ""  # until, before, from, on, range, weekend
    said: str = ""  # in the text's language: "until Sunday", "jusqu'à dimanche"


def read(typed: str | None, language: Language) -> When:
    """The dates, said in the text's language."""
    if not typed:
        return When()
    low = " ".join(typed.lower().replace("’", "'").split())
    english = language == "en"
    if re.search(r"week[- ]?end|\bw\.?-?e\b", low):
        return When("weekend", "this weekend" if english else "ce week-end")
    for shape, in_english, in_french in _WHOLE:
        if re.fullmatch(shape, low):
            return When("on", in_english if english else in_french)
    kind = next((name for name, shape in _PLACES if re.match(shape, low)), "on")
    point = _LEADING.sub("", low)
    if kind == "on" and len(days := re.split(r" (?:et|and|&) ", point)) > 1:
        joint = " and " if english else " et "
        return When(kind, _placed(kind, joint.join(_point(d, language) for d in days), english))
    if kind != "range":
        return When(kind, _placed(kind, _point(point, language), english))
    ends = re.split(r" (?:to|until|and|-|au|à) ", point, maxsplit=1)
    first, last = (_point(end, language) for end in ends)
    if english:
        return When(kind, f"from {first} to {last}")
    dated = first[:1].isdigit()
    return When(kind, f"du {first} au {last}" if dated else f"de {first} à {last}")


def _placed(kind: str, point: str, english: bool) -> str:
    if english:
        alone = kind == "on" and (point in _FIXED or point.startswith("next "))
        return point if alone else f"{kind} {point}"
    dated = point[:1].isdigit()
    words = {
        "until": f"jusqu'au {point}" if dated else f"jusqu'à {point}",
        "before": f"avant le {point}" if dated else f"avant {point}",
        "from": f"à partir du {point}" if dated else f"dès {point}",
        "on": f"le {point}" if dated else point,
    }
    return words[kind]


def _point(typed: str, language: Language) -> str:
    """A day or a date: "Sunday 12 July", "dimanche 12 juillet"."""
    english = language == "en"
    for shape, in_english, in_french in _ENDS:
        if re.search(shape, typed):
            return in_english if english else in_french
    days, months = _table(list_weekday_names, english), _table(list_month_names, english)
    months |= {short: months[name] for name in list(months) for short in _shortened(name)}
    months |= {"aout": "août", "fevrier": "février", "decembre": "décembre"} if not english else {}
    fixed = {**_FIXED, **{v: k for k, v in _FIXED.items()}}
    if typed in fixed:
        return fixed[typed] if (typed in _FIXED) != english else typed
    typed = _spelt(typed)
    day = number = month = before = behind = ""
    rest = []
    for word in re.sub(r"\b(?:the|of|le)\b|,", " ", typed).split():
        if found := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|er)?", word):
            number = found[1]
        elif word in days:
            day = days[word]
        elif word in months:
            month = months[word]
        elif word in ("next", "prochain", "prochaine"):
            before, behind = ("next", "") if english else ("", "prochain")
        else:
            rest.append(word)
    if number and not month and english:
        number = f"the {_ordinal(number)}"
    if number == "1" and not english:
        number = "1er"
    return " ".join(filter(None, [before, day, number, month, behind, *rest]))


def _spelt(typed: str) -> str:
    """ "15/12" with its month by name, where only one order of the two is possible."""

    def named(found: re.Match[str]) -> str:
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if second <= 12 else (second, first)
        certain = first == second or (first > 12) != (second > 12)
        if not (certain and 0 < month <= 12 and 0 < day <= 31):
            return found[0]
        return f"{day} {list_month_names('en')[month - 1].lower()}"

    return re.sub(r"\b(\d{1,2})/(\d{1,2})\b(?!/)", named, typed)


def _table(names: Callable[[str], Sequence[str]], english: bool) -> dict[str, str]:
    """Either language's name → its name in the text's language."""
    found: dict[str, str] = {}
    for one, other in zip(names("en"), names("fr"), strict=True):
        name = one if english else other
        found |= {one.lower(): name, other: name}
    return found


def _shortened(month: str) -> set[str]:
    """ "nov", "sept", "juil": a month as it is cut short."""
    return {month[:end] for end in (3, 4, 5)} - {"jui", "juin", "mar", "mai"}


def _ordinal(number: str) -> str:
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return number + ("th" if number in ("11", "12", "13") else ending)
