"""A figure of a text: its readings, its unit, and whether two figures are the same.

The tables of units, numerals and bounds are in `units.toml`. `bot/grounding/numbers.py` finds the
figures of a text.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bot.text.normalize import normalize_text

UNITS_FILE = Path(__file__).parent / "units.toml"
Kind = Literal["number", "date", "weekday", "clock", "code", "deal"]
YearMonthDay = tuple[int | None, int, int]
CENT = Decimal("0.01")
RATING_SCALES = (5, 10, 20)
DOLLARS = frozenset({"USD", "CAD"})
SHARED_KINDS = ("#customers", "#orders")  # of which "half" or "a third" is a figure
DAY_AFTER = ("on ", "le ", "before ", "avant ")  # not "until", "by", "jusqu'au"
MEASURES = ("length", "mass", "volume")
PERSON_KINDS = frozenset({"#people", "#customers", "#reviews"})  # one review, one customer
SPANS = {"time": Decimal(1), "months": Decimal(30 * 1440)}  # in minutes
MAX_SPAN_ERROR = Decimal("0.02")  # of a span in another unit: a year has 360 days or 365
INCH, MAX_INCH_ERROR = Decimal("25.4"), Decimal("0.03")  # in mm; 15 cm are six inches
RATE = "rate"
ONE, HUNDRED, HALF = Decimal(1), Decimal(100), Decimal("0.5")
# How far from a bound a value may be, as shares of the bound: "under €28" of €26.90.
NEAR_BOUND, FAR_BOUND, NEAR_ABOUT = Decimal("0.1"), Decimal("0.25"), Decimal("0.05")
SPELLED_SHARE_ERROR = HALF  # percentage points between "a third" and 33.3
ROUGH_SHARE_ERROR, ROUGH_RELATIVE_ERROR = Decimal(3), Decimal("0.12")  # in reports
TIMES_ERROR = Decimal("0.1")  # of "twice"
FIRST_PLAIN_HOUR = 8  # an hour below it, in a person's words, may be one of the evening
MAX_FREE_NUMBER = 10  # below it a bare number is a text's own count: "3 ways to wear it"


class Reading(NamedTuple):
    """One way to understand a figure. A number is in `unit` times `size`: 25 cm is 25 times 10 of
    "length". What is counted has the unit "#colours". The unit of a date is the number of the
    weekday beside it, if any; its month is 0 when only weekday and day are said."""

    kind: Kind
    value: Decimal | str | YearMonthDay
    unit: str | None = None
    size: Decimal = Decimal(1)

    @property
    def day(self) -> YearMonthDay:
        """The value of a date."""
        assert isinstance(self.value, tuple)
        return self.value

    @property
    def base(self) -> Decimal:
        """The number in base units."""
        return self.value * self.size if isinstance(self.value, Decimal) else Decimal("NaN")


@dataclass(frozen=True)
class Figure:
    """A figure as it stands in a text, from `start` to `end`. 12/06 has two readings."""

    text: str
    start: int
    end: int
    readings: tuple[Reading, ...]
    noun: str = ""  # the normalized word behind a number without a unit
    in_words: bool = False
    sign: str = ""  # "+" or "-" before it
    bound: str = ""  # "<" of "under 28", ">" of "over 40", "~" of "about 40"

    @classmethod
    def at(cls, text: str, span: tuple[int, int], *readings: Reading, **more: Any) -> "Figure":
        """Return the figure that stands there in a text."""
        return cls(text[slice(*span)], *span, readings, **more)

    @property
    def first(self) -> Reading:
        return self.readings[0]

    @property
    def is_number(self) -> bool:
        return all(reading.kind == "number" for reading in self.readings)

    @property
    def is_money(self) -> bool:
        return self.first.unit in load_units().money


@dataclass(frozen=True)
class Units:
    """The tables of `units.toml`, by normalized word."""

    words: dict[str, tuple[str, Decimal]]  # a unit as written → its dimension and size
    money: frozenset[str]
    counted: dict[str, str]
    everyday: dict[str, dict[str, int]]  # from which number on such a count needs a source
    labels: dict[str, tuple[str, ...]]
    all_numerals: dict[str, int]  # with "one", which is also an article
    promises: tuple[str, ...]
    after: re.Pattern[str]  # a unit behind a number
    counts: re.Pattern[str]  # what is counted behind a number, with one adjective between
    spelled: re.Pattern[str]
    fractions: dict[str, int]
    multiples: dict[str, int]
    parts: re.Pattern[str]
    fraction: re.Pattern[str]
    share: re.Pattern[str]  # nine in ten, 9 clientes sur 10
    bounds: dict[str, str]  # words before a figure → "<", ">" or "~"
    bound: re.Pattern[str]


@cache
def load_units() -> Units:
    tables: dict[str, Any] = tomllib.loads(UNITS_FILE.read_text(encoding="utf-8"))
    words = {w: (code, Decimal(1)) for code, written in tables["money"].items() for w in written}
    words |= {w: (code, CENT) for code, written in tables["cents"].items() for w in written}
    for dimension, sizes in tables["measures"].items():
        words |= {w: (dimension, Decimal(size)) for size, some in sizes.items() for w in some}
    counted = {w: f"#{kind}" for kind, some in tables["counted"].items() for w in some}
    numerals = {w: int(value) for value, some in tables["numerals"].items() for w in some}
    listed = "|".join(
        re.escape(word) + (r"(?![\w²]|'\w)" if word[-1].isalnum() else "")
        for word in sorted(words, key=len, reverse=True)
    )
    numeral = "|".join(sorted(numerals, key=len, reverse=True))
    spelled = rf"(?:{numeral})(?:(?:[ -]et[ -]|[ -]and[ -]|[ -])(?:{numeral}|une?|one))*"
    fractions = {w: int(share) for share, some in tables["fractions"].items() for w in some}
    multiples = {w: int(n) for n, some in tables["multiples"].items() for w in some}
    ranks = "|".join(word for word, n in fractions.items() if word.isalpha() and n != HALF * 100)
    shown = sorted({*fractions, *multiples} - {*ranks.split("|")}, key=len, reverse=True)
    part = "|".join(sorted(fractions, key=len, reverse=True))
    people = "|".join(word for word, kind in counted.items() if kind in SHARED_KINDS)
    bounds = {w: sign for sign, some in tables["bounds"].items() for w in some}
    before = "|".join(sorted(bounds, key=len, reverse=True))
    return Units(
        bounds=bounds,
        bound=re.compile(rf"(?<![a-z])({before})(?: (?:the|an?|les?|la|une?|des?))?[ +€£$-]*$"),
        fractions=fractions,
        multiples=multiples,
        parts=re.compile(  # "third" alone is a rank
            rf"\b(?:(?:an? |une? )?(?P<sure>{'|'.join(shown)})"
            rf"|(?:an?|une?|one) (?P<rank>{ranks}))\b"
        ),
        fraction=re.compile(
            rf"\b({part})(?: off\b| the price\b| du prix\b| de (?:remise|reduction)\b"
            rf"| (?:of|de|des)(?: (?:our|the|all|your|nos|les|vos|toutes|tous))*(?: [a-z]+)?"
            rf" (?:{people})\b)|\b(?:save|economise[zr]) (?:a |an |un |une |la |le )?({part})\b"
        ),
        share=re.compile(
            rf"\b(?<!\d[.,/])(?P<a>\d|{spelled}|une?|one)(?: [a-z]+){{0,2}} (?:in|out of|sur) "
            rf"(?P<b>\d{{1,3}}(?:[ ,]000)?|{spelled})\b(?! ?[%€])"
        ),
        words=words,
        money=frozenset(tables["money"]),
        counted=counted,
        everyday={f"#{kind}": least for kind, least in tables["everyday"].items()},
        labels={unit: tuple(some) for unit, some in tables["labels"].items()},
        all_numerals=numerals | {"un": 1, "une": 1, "one": 1},
        promises=tuple(tables["promises"]["stems"]),
        after=re.compile(  # with "30 derniers jours"
            rf"(?:[ -]| d'| de | (?:derni|prochain|premi)[a-z]+ )?({listed}|p\b(?<=\dp))"
        ),
        counts=re.compile(rf"[ -](?:[a-z'-]+ )?({'|'.join(counted)})\b"),
        spelled=re.compile(rf"\b{spelled}\b"),
    )


def find_unit(written: str | None) -> tuple[str | None, Decimal]:
    """Return the dimension and size of a fact's unit. An unknown word counts something."""
    units, low = load_units(), normalize_text(written or "").strip()
    if low in units.words:
        return units.words[low]
    if low == "p":
        return "GBP", CENT
    if written and len(written) == 3 and written.isupper():
        return written, Decimal(1)
    return find_counted(low), Decimal(1)


@lru_cache(maxsize=4096)
def find_counted(words: str) -> str | None:
    """Return the class that a noun or a label counts: "avis" → "#reviews"."""
    counted = load_units().counted
    return next((counted[w] for w in re.findall(r"[a-z]+", words) if w in counted), None)


def is_bare(figure: Figure) -> bool:
    """Whether it is a number without a unit."""
    return all(r.kind == "number" and r.unit is None for r in figure.readings)


def agrees(said: Figure, known: Figure, *, about: str = "") -> bool:
    """Whether both are one figure: the same value, in a unit that fits. `about` labels the fact."""
    pairs = tuple(product(said.readings, known.readings))
    if any(_reading_agrees(one, other, said, known, about) for one, other in pairs):
        return True
    both = ((said, known), (known, said))
    return not about and any(_is_hour(bare, clock) for bare, clock in both)


def _is_hour(bare: Figure, clock: Figure) -> bool:
    """Whether a person's number without a unit is an hour that a time of day says: 18 of "10-18"
    is 18:00, 6 of "10-6" is 18:00 too. A fact's number counts something."""
    hour, time = bare.first, clock.first
    if (hour.kind, time.kind) != ("number", "clock") or hour.unit not in (None, "#sizes"):
        return False
    if find_counted(bare.noun):
        return False
    late = 720 if hour.base < FIRST_PLAIN_HOUR else 0
    return time.value in (hour.base * 60, hour.base * 60 + late)


def _reading_agrees(s: Reading, k: Reading, said: Figure, known: Figure, about: str) -> bool:
    if s.kind == "number" and k.kind == "number":
        if said.sign == "+" and k.base < 0:
            return False
        if s.unit is None and s.value == k.value and k.unit in MEASURES:
            return True  # "218 cm long, 92 deep": the unit was said before
        is_share = said.in_words and s.unit == "%"
        return _is_equal(s, k, is_share=is_share) and _unit_fits(s, k, said, known, about)
    if s.kind == "number" and isinstance(k.value, tuple):  # "summer 2026", of a date in 2026
        return s.unit is None and s.value in (k.value[0], None if said.noun else k.value[2])
    if isinstance(s.value, tuple) and isinstance(k.value, tuple):
        return _is_same_date(s, k)
    if s.kind == "weekday" and isinstance(k.value, tuple):
        weekday = _find_weekday(k)
        # "on Tuesday" it is over, "before Tuesday": the offer ends on Monday
        after = (1,) if said.text.lower().startswith(DAY_AFTER) else ()
        return weekday is not None and int(str(s.value)) in {
            (weekday + days) % 7 for days in (0, *after)
        }
    return s.kind == k.kind and s.value == k.value


def _find_weekday(reading: Reading) -> int | None:
    """Return the weekday of a date that has its year, or that stands beside it."""
    year, month, day = reading.day
    if year is not None and month:
        return date(year, month, day).weekday()
    return int(reading.unit) if reading.unit else None


def _is_same_date(s: Reading, k: Reading) -> bool:
    """Whether both are one day. "Sunday 18" is the 18th of any month that is a Sunday."""
    (year, month, day), (known_year, known_month, known_day) = s.day, k.day
    if day != known_day or (month and known_month and month != known_month):
        return False
    if not month and s.unit and known_year and known_month:
        return str(date(known_year, known_month, day).weekday()) == s.unit
    return None in (year, known_year) or year == known_year


def _is_equal(s: Reading, k: Reading, *, is_share: bool) -> bool:
    """Equal, or rounded as it is shown: a price to cents, 4.68 to 4.7; never to a whole number."""
    said, known = abs(s.base), abs(k.base)
    off = abs(said - known)
    if not off:
        return True
    if s.unit == "length" and (s.size % INCH == 0) != (k.size % INCH == 0):
        return off <= MAX_INCH_ERROR * known
    if off >= 1 or (is_share and off <= HALF):
        return off < 1  # a third: 33.3 %
    if s.unit == "%" and k.unit == "%" and said == said.to_integral():
        return False
    coarsest = CENT if k.unit in load_units().money else ONE / 10
    return s.size == 1 and _find_step(said) <= coarsest and _rounds_to(known, s)


def _unit_fits(s: Reading, k: Reading, said: Figure, known: Figure, about: str) -> bool:
    units = load_units()
    if s.unit is None:
        return _bare_fits(k, said, known, about)
    if k.unit is None:
        unit = "money" if s.unit in units.money else s.unit or ""
        if unit.startswith("#"):
            counts = find_counted(known.noun) or find_counted(about)
            return counts is None or _same_unit(unit, counts)
        return any(stem in about for stem in units.labels.get(unit, ()))
    return _same_unit(s.unit, k.unit)


def _same_unit(one: str, other: str) -> bool:
    if {one, other} <= PERSON_KINDS or {one, other} == {"/5", "#stars"}:
        return True
    if "money" in (one, other):
        return {one, other} - {"money"} <= load_units().money
    return one == other or {one, other} <= DOLLARS


def _bare_fits(k: Reading, said: Figure, known: Figure, about: str) -> bool:
    """Whether what a number without a unit counts fits what is known."""
    counts = find_counted(said.noun)
    if k.unit is None or k.unit.startswith("#"):
        other = k.unit or find_counted(known.noun) or find_counted(about)
        return counts is None or other is None or _same_unit(counts, other)
    return k.unit not in ("%", "times", "/5") and counts is None


def satisfies_bound(said: Figure, known: Figure, *, about: str = "") -> bool:
    """Whether a figure with a bound, such as "under €28", is fair of a known one, in its unit. A
    known bound ("free over £50") proves itself alone."""
    if not said.bound or known.bound:
        return False
    return any(
        s.kind == k.kind == "number"
        and s.unit is not None
        and k.unit is not None
        and _unit_fits(s, k, said, known, about)
        and is_within_bound(said.bound, s, abs(k.base) / s.size)
        for s in said.readings
        for k in known.readings
    )


def is_within_bound(bound: str, said: Reading, value: Decimal) -> bool:
    """Whether a value, in the size of what is said, is on the right side of its bound, and so near
    that a reader would find it fair: "over 40" of 47, never of 80."""
    shown = abs(Decimal(str(said.value)))
    step, off = _find_step(shown), value - shown
    if bound == "~":
        return abs(off) <= min(step / 2, NEAR_ABOUT * shown)
    is_right = off > 0 if bound == ">" else off < 0
    return is_right and abs(off) <= max(NEAR_BOUND * shown, min(step, FAR_BOUND * shown))


def says(figure: Figure, value: Decimal, unit: str | None, *, is_rough: bool = False) -> bool:
    """Whether a value, in base units, is what a figure says, as it is rounded or within its bound.
    The unit RATE is of money by money. `is_rough`: shares in words are rough, as in reports."""
    readings = [one for one in figure.readings if one.kind == "number"]
    return any(_reading_says(figure, one, abs(value), unit, is_rough) for one in readings)


def _reading_says(
    figure: Figure, said: Reading, value: Decimal, unit: str | None, is_rough: bool
) -> bool:
    money, error = load_units().money, Decimal(0)
    is_counted = said.unit is None or said.unit.startswith("#")
    if unit == RATE and said.unit not in money:
        unit = None
    if said.unit in ("%", "points"):
        if unit not in (None, "%", said.unit):
            return False
        value = value if unit else HUNDRED * value
        if figure.in_words:
            rough = min(ROUGH_SHARE_ERROR, ROUGH_RELATIVE_ERROR * abs(said.base))
            error = rough if is_rough else SPELLED_SHARE_ERROR
    elif (said.unit or "").startswith("/") and unit is None:  # 6 out of 10
        value *= Decimal(str(said.unit)[1:])
    elif said.unit == "times" and unit is None:
        error = TIMES_ERROR * abs(said.base) if figure.in_words else error
    elif is_counted and (unit is None or (unit in money and is_bare(figure))):
        said_value = abs(Decimal(str(said.value)))
        if unit is None and said_value >= HUNDRED and said_value == said_value.to_integral():
            error = said.size * _find_step(said_value) / 2  # a count of hundreds: 1,200 of 1,184
    elif {said.unit, unit} == {*SPANS}:
        value *= SPANS[str(unit)] / SPANS[str(said.unit)]
        error = MAX_SPAN_ERROR * value
    elif said.unit == "time" and unit is None:  # six days, of twelve tins and two a day
        return value == abs(Decimal(str(said.value)))
    elif unit != said.unit and not (unit in money and said.unit == "money") and unit != RATE:
        return False
    shown = value / said.size
    is_near = abs(value - abs(said.base)) <= error or _rounds_to(shown, said)
    return is_near or (bool(figure.bound) and is_within_bound(figure.bound, said, shown))


def _find_step(shown: Decimal) -> Decimal:
    """Return the unit of the last digit that is not 0: 10 of 40, 100 of 1,200."""
    return ONE.scaleb(int(shown.normalize().as_tuple().exponent)) if shown else ONE


def _rounds_to(value: Decimal, said: Reading) -> bool:
    """Whether the value is this one to the decimals that are said."""
    shown = abs(Decimal(str(said.value)))
    places = ONE.scaleb(min(int(shown.as_tuple().exponent), 0))
    return abs(value - shown) <= places / 2
