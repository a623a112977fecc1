"""Compare figures: whether a figure of a text is the one that a fact has."""

from datetime import date
from decimal import Decimal

from bot.grounding.numbers import DOLLARS, Figure, Reading, find_counted, load_units

DAY_AFTER = ("on ", "le ")  # not "until", "by", "jusqu'au"
MEASURES = ("length", "mass", "volume")
PERSON_KINDS = frozenset({"#people", "#customers", "#reviews"})  # one review, one customer


def agrees(said: Figure, known: Figure, *, about: str = "") -> bool:
    """Whether both are one figure: the same value, in a unit that fits. `about` is the normalized
    label of the fact."""
    return any(
        _reading_agrees(one, other, said, known, about)
        for one in said.readings
        for other in known.readings
    )


def _reading_agrees(s: Reading, k: Reading, said: Figure, known: Figure, about: str) -> bool:
    if s.kind == "number" and k.kind == "number":
        if said.sign == "+" and k.base < 0:
            return False
        if s.unit is None and s.value == k.value and k.unit in MEASURES:
            return True  # "218 cm long, 92 deep": the unit was said before
        return _unit_fits(s, k, said, known, about) and _is_equal(
            s, k, is_share=said.in_words and s.unit == "%"
        )
    if s.kind == "number" and isinstance(k.value, tuple):  # "summer 2026", of a date in 2026
        return s.unit is None and s.value in (k.value[0], None if said.noun else k.value[2])
    if isinstance(s.value, tuple) and isinstance(k.value, tuple):
        return _is_same_date(s, k)
    if s.kind == "weekday" and isinstance(k.value, tuple):
        weekday = _find_weekday(k)
        # "on Tuesday": the offer ended on Monday
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
    if said == known:
        return True
    if is_share and abs(said - known) <= Decimal("0.5"):
        return True  # a third: 33.3 %
    if s.unit == "%" and k.unit == "%" and said == said.to_integral():
        return False
    places = 2 if k.unit in load_units().money else -int(said.normalize().as_tuple().exponent)
    if places < 1 or s.size != 1 or abs(said - known) >= 1:
        return False
    half = Decimal(1).scaleb(-places) / 2
    return abs(said - known) <= half


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
