"""Read the figures of a text, in English and French and in every locale's notation.

1 299,00, 1.299,00 and 1,299.00 are one number. What a figure counts is read with it. The tables of
units and numerals are in `units.toml`. Whether two figures are the same: `figure_match`.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bot.i18n.periods import index_month_names, index_weekday_names
from bot.text.normalize import normalize_text

UNITS_FILE = Path(__file__).parent / "units.toml"
Grade = Literal["block", "warn", "info"]
Kind = Literal["number", "date", "weekday", "clock", "code", "deal"]
YearMonthDay = tuple[int | None, int, int]
MAX_FREE_NUMBER = 10  # below it a number without a unit is a text's own count: "3 ways to wear it"
RATING_SCALES = (5, 10, 20)
SHORT_STEM = 4
MAX_SIZE = 200
MIN_BUTTONS = 4
CENT = Decimal("0.01")
DOLLARS = frozenset({"USD", "CAD"})
PROVING_COUNTS = frozenset({"#customers", "#people", "#reviews", "#orders", "#shops", "#stock"})
SHARED_KINDS = ("#customers", "#orders")  # of which "half" or "a third" is a figure


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
    numerals: dict[str, int]
    promises: tuple[str, ...]
    after: re.Pattern[str]  # a unit behind a number
    counts: re.Pattern[str]  # what is counted behind a number, with one adjective between
    spelled: re.Pattern[str]
    fractions: dict[str, int]
    multiples: dict[str, int]
    parts: re.Pattern[str]
    fraction: re.Pattern[str]
    share: re.Pattern[str]  # nine in ten, 9 clientes sur 10


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
    fractions = {w: int(share) for share, some in tables["fractions"].items() for w in some}
    multiples = {w: int(n) for n, some in tables["multiples"].items() for w in some}
    shown = sorted((*fractions, *multiples), key=len, reverse=True)
    part = "|".join(sorted(fractions, key=len, reverse=True))
    people = "|".join(word for word, kind in counted.items() if kind in SHARED_KINDS)
    return Units(
        fractions=fractions,
        multiples=multiples,
        parts=re.compile(rf"\b(?:an? |une? )?({'|'.join(shown)})\b"),
        fraction=re.compile(
            rf"\b({part})(?: off\b| the price\b| du prix\b| de (?:remise|reduction)\b"
            rf"| (?:of|de|des)(?: (?:our|the|all|your|nos|les|vos|toutes|tous))*(?: [a-z]+)?"
            rf" (?:{people})\b)|\b(?:save|economise[zr]) (?:a |an |un |une |la |le )?({part})\b"
        ),
        share=re.compile(
            rf"\b(?<!\d[.,])(?P<a>\d|{numeral}|une?|one)(?: [a-z]+){{0,2}} (?:in|out of|sur) "
            rf"(?P<b>\d{{1,3}}|{numeral})\b(?! ?[%€])"
        ),
        words=words,
        money=frozenset(tables["money"]),
        counted=counted,
        everyday={f"#{kind}": least for kind, least in tables["everyday"].items()},
        labels={unit: tuple(some) for unit, some in tables["labels"].items()},
        numerals=numerals,
        promises=tuple(tables["promises"]["stems"]),
        after=re.compile(rf"(?:[ -]| d'| de )?({listed}|p\b(?<=\dp))"),
        counts=re.compile(rf"[ -](?:[a-z'-]+ )?({'|'.join(counted)})\b"),
        spelled=re.compile(
            rf"\b(?:{numeral})(?:(?:[ -]et[ -]|[ -]and[ -]|[ -])(?:{numeral}|un|une|one))*\b"
        ),
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


NUMBER = re.compile(
    r"(?<![\w.,/'])(?P<sign>[+-] ?)?"
    r"(?P<currency>(?<!\d)(?<!\d )[€£$] ?|(?:eur|usd|gbp|chf) )?(?P<digits>"
    r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?!\d)"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,3}(?!\d|[.,]\d))?)"
)
CENTS = re.compile(r"(?<![\w.,/])(\d+) ?([€£])(\d\d)(?!\d|[.,]\d)")
LIST = re.compile(  # sizes 36,38,40 and 36/38/40
    r"(?<![\w.,/])(?:\d{1,2}(?:,\d{1,2}){2,}|\d{1,2}(?:/\d{1,2}){2,})(?![\d.,/])"
)
BETWEEN = re.compile(r" ?(?:-|a|to|au|et|and|ou|or|/|x|×) ?")
COMMA = re.compile(r" ?, ")
TRUE_RATING = re.compile(r" ?(?:/|sur |out of )(5|10|20)(?!\d)")
ORDINAL = re.compile(r"(?:st|nd|nde|rd|th|er|ere|re|e|eme|ieme)\b")
SMALL_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?![\d.,]\d)")
NOUN_BEHIND = re.compile(r" ([a-z]{4,})\b")
NUMBERING = re.compile(r"^ *\d{1,2}[.)] ", re.MULTILINE)
FREE = re.compile(  # the law's own window, a rank, a cut of a sleeve
    r"(?:30 derniers jours|last 30 days|(?:n°|nº|#|\bno\.? |\bnumero )\d(?!\d)|\b[123]/[234]\b)"
)
INCHES = re.compile(r" ?in\b")  # only behind 15 × 12 × 4
SIDE_BEFORE = re.compile(r"\d ?[x×] ?$")
SCALE = re.compile(r" ?(?:millions?|thousand|mille)\b|k(?![a-z])")
SCALES = {"k": 1000, "thousand": 1000, "mille": 1000, "million": 10**6, "millions": 10**6}
PHONE = re.compile(r"(?<![\w.,])(?:\+\d{1,3}[ .]?|0)\d(?:[ .-]?\d\d){4}(?!\d)")
HALF_PRICE = re.compile(r"\b(?:moitie prix|half[ -]price|half off|demi-tarif)\b|½ (?:price|off)")
PRICED = re.compile(  # "Save 30": a sum, though it has no sign
    r"\b(?:saves?|costs?|priced at|now at|pay|prix ?:|coute|economise[zr]?|paye[zr]) $"
)
SIZE_RANGE = re.compile(
    r"(?<![\w-])(?P<a>\d?X{0,3}[SML])(?: ?(?:-|–|to|au|à|up to) ?)"
    r"(?P<b>\d{0,2}X{0,3}[SML])(?![\w-])"
)
DEAL = re.compile(
    r"\b(?P<a>\d|deux|trois|two|three) (?:pour|for) (?:the price of )?(?P<b>\d|une?|one|deux|two)\b"
    r"(?! ?[%€£$]| euros?| years?| days?)"
    r"|\b(?P<c>[23]|deux|trois|two|three) pour le prix (?:de |d')(?P<d>[12]|une?|deux)\b"
    r"|\bbuy (?P<paid>one|1|two|2),? get (?:one|1)\b"
    r"|\b(?:1|une?) achetee?,? (?:=|egale?|pour)? ?(?:1|une?) offerte?\b"
)
CODE = re.compile(
    r"\b(?=[A-Z]+\d)[A-Z]{2,}[A-Z0-9]*\d[A-Z0-9]*\b|(?<=\b[Cc]ode )[A-ZÀ-Þ0-9]{3,}\b"
    r"|(?<=\b[Cc]ode is )[A-ZÀ-Þ0-9]{3,}\b"
    r"|\b[A-ZÀ-Þ0-9]{3,}(?= (?:at (?:the )?checkout|au panier)\b)"
)
ALWAYS = re.compile(r"(?<![\d/])(?:24 ?/ ?7|24 ?h ?/ ?24|7 ?j? ?/ ?7)(?![\d/])")
WEIGHED_POUNDS = ("pound", "pounds")  # money, or a weight
SHARE_WORD = re.compile(r" (?:in|out of|sur) ")


@lru_cache(maxsize=4096)
def read_figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of a text, in order."""
    low, found = normalize_text(text), list[Figure]()
    for figure in _find(text, low):
        if all(figure.end <= other.start or other.end <= figure.start for other in found):
            found.append(figure)
    found.sort(key=lambda figure: figure.start)
    return tuple(_share_units(low, [figure for figure in found if figure.readings]))


def _find(text: str, low: str) -> Iterator[Figure]:
    """Yield what may be a figure, the surest shapes first. One without readings is none, and keeps
    its place from being read in another way."""
    for match in CODE.finditer(text):
        yield Figure(match[0], *match.span(), (Reading("code", match[0].lower()),))
    for match in SIZE_RANGE.finditer(text):
        yield _figure(text, match, Reading("code", f"{match['a']}..{match['b']}".lower()))
    units = load_units()
    for match in units.fraction.finditer(low):
        share = Decimal(units.fractions[match[1] or match[2]])
        yield replace(_figure(text, match, Reading("number", share, "%")), in_words=True)
    for match in ALWAYS.finditer(low):
        yield _figure(text, match, Reading("code", match[0].replace(" ", "")))
    for match in DEAL.finditer(low):
        yield _figure(text, match, Reading("deal", _describe_deal(match)))
    for match in HALF_PRICE.finditer(low):
        yield _figure(text, match, Reading("number", Decimal(50), "%"))
    for match in units.share.finditer(low) if SHARE_WORD.search(low) else ():
        if reading := _read_share(match):
            yield _figure(text, match, reading)
    yield from _find_dates(text, low)
    if any(character.isdigit() for character in low):
        yield from _find_digits(text, low)
    yield from _find_numerals(text, low)


def _figure(text: str, match: re.Match[str], *readings: Reading) -> Figure:
    start, end = match.span()
    return Figure(text[start:end], start, end, readings)


def _describe_deal(match: re.Match[str]) -> str:
    """Two for one is "2 for 1"; buy one, get one is the same."""
    numerals = load_units().numerals | {"un": 1, "une": 1, "one": 1}
    if match["paid"]:
        paid = int(numerals.get(match["paid"], match["paid"]))
        return f"{paid + 1} for {paid}"
    if not (match["a"] or match["c"]):
        return "2 for 1"
    words = (match["a"], match["b"]) if match["a"] else (match["c"], match["d"])
    a, b = (numerals.get(word, word) for word in words)
    return f"{a} for {b}"


def _read_share(match: re.Match[str]) -> Reading | None:
    """Nine in ten, 9 sur 10: a share. Out of five, a digit is a rating."""
    numerals = load_units().numerals | {"one": 1, "une": 1, "un": 1}
    a, b = (int(w) if w.isdigit() else numerals.get(w) for w in (match["a"], match["b"]))
    if not a or not b or not a <= b or b == 1:
        return None
    if match["a"].isdigit() and b in RATING_SCALES and "customer" not in match[0]:
        return Reading("number", Decimal(a), f"/{b}")
    return Reading("number", Decimal(100 * a) / b, "%")


def _find_digits(text: str, low: str) -> Iterator[Figure]:
    for match in FREE.finditer(low):
        yield _figure(text, match)
    for match in PHONE.finditer(low):
        yield _figure(text, match, Reading("code", re.sub(r"\D", "", match[0])))
    for match in LIST.finditer(low):
        for one in re.finditer(r"\d+", match[0]):
            start = match.start() + one.start()
            yield Figure(
                one[0], start, start + len(one[0]), (Reading("number", Decimal(one[0]), "#sizes"),)
            )
    for match in CENTS.finditer(low):
        value = Decimal(f"{match[1]}.{match[3]}")
        yield _figure(text, match, Reading("number", value, find_unit(match[2])[0]))
    numbering = {match.end() for match in NUMBERING.finditer(low)}
    for match in NUMBER.finditer(low):
        if not any(0 <= end - match.end() <= 2 and match.end() < end for end in numbering):
            yield _measure(text, low, match)


def _measure(text: str, low: str, match: re.Match[str]) -> Figure:
    """Read a number with what stands around it: a currency, a unit, a rating, a noun."""
    units = load_units()
    start, end, digits = match.start("digits"), match.end(), match["digits"]
    if match["currency"]:
        start = match.start("currency")
    sign = (match["sign"] or "").strip()
    unit, size = find_unit((match["currency"] or "").strip().upper() or None)
    scaled = SCALE.match(low, end)
    if scaled:
        size, end = size * SCALES[scaled[0].strip()], scaled.end()
    after = None if unit else units.after.match(low, end)
    if after and after[1] in ("x", "×") and re.match(r" ?\d", low[after.end() :]):
        after = None  # 20 x 30 cm
    if after:
        dimension, factor = find_unit(after[1])
        unit, size, end = dimension, size * factor, after.end()
    elif INCHES.match(low, end) and SIDE_BEFORE.search(low, 0, start):
        unit, size = find_unit("inches")
    elif unit is None and (rating := TRUE_RATING.match(low, end)):
        unit, end = f"/{rating[1]}", rating.end()
    elif unit is None and (counted := units.counts.match(low, end)):
        unit = units.counted[counted[1]]
        if counted[1] != counted[0].strip(" -"):
            return _bare(text, low, start, end, digits, size, sign, counts=unit)
        end = counted.end()
    elif unit is None:
        return _bare(text, low, start, end, digits, size, sign)
    values = _list_values(digits, is_money=unit in units.money)
    meant = [(unit, size)]
    if after and after[1] in WEIGHED_POUNDS:
        meant.append(find_unit("lb"))
    readings = tuple(Reading("number", value, *one) for one in meant for value in values)
    return Figure(text[start:end], start, end, readings, sign=sign)


def _bare(
    text: str,
    low: str,
    start: int,
    end: int,
    digits: str,
    size: Decimal,
    sign: str,
    counts: str | None = None,
) -> Figure:
    """A number without a unit. An ordinal and part of a word are none."""
    glued = end < len(low) and low[end].isalpha()
    if glued and not re.match(r"s\b", low[end:]):  # the 1980s
        return Figure(text[start:end], start, end, ())
    noun = re.match(r"[ -]([a-z][a-z'-]*)", low[end:])
    if counts is None and not noun and PRICED.search(low, 0, start):
        counts = "money"
    readings = tuple(
        Reading("number", value, counts, size) for value in _list_values(digits, is_money=False)
    )
    return Figure(text[start:end], start, end, readings, noun[1] if noun else "", sign=sign)


def _list_values(digits: str, *, is_money: bool) -> tuple[Decimal, ...]:
    """Return the numbers that digits with separators may mean: 1.299 is one thing or the other."""
    bare = digits.replace(" ", "").replace("'", "")
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return (Decimal(bare),)
    whole = Decimal(re.sub(r"[.,]", "", bare))
    fraction = Decimal(re.sub(r"[.,]", "", bare[:last]) + "." + bare[last + 1 :])
    if len(bare) - last - 1 != 3:
        return (fraction,)
    is_grouped = is_money or len(re.findall(r"[.,]", bare)) > 1
    return (whole,) if is_grouped else (whole, fraction)


def _find_numerals(text: str, low: str) -> Iterator[Figure]:
    """Yield numbers in words before a currency, %, a measure or something counted. Others are a
    text's own: "two friends", « deux idées »."""
    units = load_units()
    for match in units.spelled.finditer(low):
        value, end = Decimal(_add_numerals(match[0])), match.end()
        if re.search(r"\b(?:entre|between|first|premier\w*) $", low[: match.start()]):
            continue  # between two sizes
        after, month = units.after.match(low, end), re.match(r" ([a-z]+)\b", low[end:])
        if month and month[1] in index_month_names() and month[1] not in ("may", "march"):
            stop = end + month.end()
            dates = _build_dates(None, index_month_names()[month[1]], int(value))
            yield Figure(text[match.start() : stop], match.start(), stop, dates, in_words=True)
        elif after:
            unit, size = units.words[after[1]]
            if unit == "times" and not re.match(
                r" (?:plus|moins|more|less|as|[a-z]+er)\b", low[after.end() :]
            ):
                continue
            readings = (Reading("number", value, unit, size),)
            yield Figure(
                text[match.start() : after.end()],
                match.start(),
                after.end(),
                readings,
                in_words=True,
            )
        elif counted := units.counts.match(low, end):
            kind = units.counted[counted[1]]
            if kind == "#sizes" or (kind == "#buttons" and value < MIN_BUTTONS):
                continue  # "two sizes up", « deux boutons ouverts »
            readings = (Reading("number", value, units.counted[counted[1]]),)
            shown = text[match.start() : counted.end()]
            yield Figure(shown, match.start(), counted.end(), readings, in_words=True)


@lru_cache(maxsize=4096)
def read_counts(text: str) -> tuple[Figure, ...]:
    """Return the whole numbers of a text, in digits and in words, with the noun behind, if any, in
    the singular."""
    low, units, found = normalize_text(text), load_units(), list[Figure]()
    matches = [*SMALL_NUMBER.finditer(low), *units.spelled.finditer(low)]
    for match in matches:
        value = Decimal(match[0]) if match[0].isdigit() else Decimal(_add_numerals(match[0]))
        noun = NOUN_BEHIND.match(low, match.end())
        name = noun[1].rstrip("sx") if noun and noun[1] not in units.words else ""
        end = noun.end() if noun and name else match.end()
        shown = text[match.start() : end]
        found.append(Figure(shown, match.start(), end, (Reading("number", value),), name))
    return tuple(found)


def list_numbers(text: str) -> tuple[Decimal, ...]:
    """Return the whole numbers of a text, in digits and in words, whatever they count."""
    return tuple(dict.fromkeys(figure.first.base for figure in read_counts(text)))


def read_word_figures(text: str) -> tuple[Figure, ...]:
    """Return the figures in words, and what may be one, the longest of each place: "a third", "half
    a point", "twice"."""
    low, units = normalize_text(text), load_units()
    found = [one for one in read_figures(text) if one.is_number and not re.search(r"\d", one.text)]
    for match in units.spelled.finditer(low):
        value = Decimal(_add_numerals(match[0]))
        found.append(_figure(text, match, Reading("number", value)))
    for match in units.parts.finditer(low):
        share, times = units.fractions.get(match[1]), units.multiples.get(match[1])
        value = Decimal(share or times or 0)
        kinds = [("%", value), (None, value / 100)] if share else [("times", value)]
        found.append(_figure(text, match, *(Reading("number", v, unit) for unit, v in kinds)))
    sure: list[Figure] = []
    for one in sorted(found, key=lambda figure: figure.start - figure.end):
        if all(one.end <= other.start or other.end <= one.start for other in sure):
            sure.append(replace(one, in_words=True))
    return tuple(sure)


def _add_numerals(words: str) -> int:
    total, run, numerals = 0, 0, load_units().numerals | {"un": 1, "une": 1, "one": 1}
    for word in re.findall(r"[a-z]+", words):
        if word in ("et", "and"):
            continue
        value = numerals[word]
        if value == 20 and run % 100 == 4:
            run += 76  # quatre-vingts
        elif value >= 100:
            run = max(run, 1) * value
            if value >= 1000:
                total, run = total + run, 0
        else:
            run += value
    return total + run


def _share_units(low: str, found: list[Figure]) -> list[Figure]:
    """In "20 to 30 %" and "du 12 au 15 juin" the last one's unit is the first one's too. A comma
    shares a unit only within such a list: "20, 30 or 40 %", never "Sizes 36 to 48, €245"."""
    is_list = False
    for at in range(len(found) - 2, -1, -1):
        left, right = found[at], found[at + 1]
        joined = BETWEEN.fullmatch(low, left.end, right.start)
        joined = joined or (is_list and COMMA.fullmatch(low, left.end, right.start)) or None
        is_list = bool(joined) and is_bare(left)
        if joined and is_bare(left) and is_bare(right):
            found[at], found[at + 1] = _as_size(left), _as_size(right)
        elif joined and is_bare(left) and right.text[:1] not in "€£$":
            found[at] = _with_unit_of(left, right)
        elif joined and is_bare(right) and left.text[:1] in "€£$" and not right.noun:
            found[at + 1] = _with_unit_of(right, left)
    return found


def _as_size(figure: Figure) -> Figure:
    """Two numbers of a range or a list without a unit are sizes, and no count of anything else."""
    if figure.first.base > MAX_SIZE or find_counted(figure.noun):
        return figure
    readings = tuple(reading._replace(unit="#sizes") for reading in figure.readings)
    return replace(figure, readings=readings)


def is_bare(figure: Figure) -> bool:
    """Whether it is a number without a unit."""
    return all(r.kind == "number" and r.unit is None for r in figure.readings)


def _with_unit_of(bare: Figure, measured: Figure) -> Figure:
    model, value = measured.first, bare.first.value
    if isinstance(model.value, tuple) and isinstance(value, Decimal):
        dates = _build_dates(model.value[0], model.value[1], int(value))
        return replace(bare, readings=dates or bare.readings)
    if model.kind != "number":
        return bare
    readings = tuple(Reading("number", r.value, model.unit, model.size) for r in bare.readings)
    return replace(bare, readings=readings, noun=measured.noun or bare.noun)


# Dates, weekdays and times of day.

MONTH_ABBREVIATIONS = (
    "jan janv;feb fev fevr;mar;apr avr;;jun;jul juil;aug;sep sept;oct;nov;dec"  # May has none
)
WEEKDAY_ABBREVIATIONS = (
    "mon lun;tue tues mar;wed weds mer;thu thur thurs jeu;fri ven;sat sam;sun dim"
)
ISO_DATE = re.compile(r"(?<![\w.,/-])(\d{4})-(\d\d)-(\d\d)(?!\d)")
NUMERIC_DATE = re.compile(
    r"(?<![\w.,/])(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}|\d\d))?(?![\d/%h]|[.,]\d)"
)
CLOCK = re.compile(
    r"(?<![\w.,:/])(?:(?P<h>\d{1,2}) ?h ?(?P<hm>\d\d)?|(?P<c>\d{1,2}):(?P<cm>\d\d)"
    r"|(?P<a>\d{1,2})(?::(?P<am>\d\d))? ?(?P<half>[ap])\.?m\b)(?![\w:])"
)
STRONG_DEADLINE = "until|till|jusqu'a|jusqu'au|des|a partir de|from|by|before|avant|ends|starts"
WEAK_DEADLINE = "on|this|ce|next|le"


@cache
def _index_weekdays() -> dict[str, int]:
    """Return the weekdays by their names, full and short: a short one stands before a day only."""
    short = enumerate(WEEKDAY_ABBREVIATIONS.split(";"))
    return index_weekday_names() | {name: n for n, names in short for name in names.split()}


@cache
def _weekday_date_shape() -> re.Pattern[str]:
    """Saturday 16 May, dimanche 18, Wednesday, December 16."""
    months = _date_shapes()[3]
    month = "|".join(sorted(months, key=len, reverse=True))
    weekday = "|".join(sorted(_index_weekdays(), key=len, reverse=True))
    return re.compile(
        rf"\b(?P<weekday>{weekday})\.?,? "
        rf"(?:(?P<month>{month})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
        rf"|(?:the |le )?(?P<date>\d{{1,2}})(?:er|st|nd|rd|th)?(?: of)?(?: (?P<of>{month})\b)?)"
        r"(?![\d%€£]| ?[%€£h]|[.,:/]\d)(?:,? (?P<year>\d{4})\b)?"
    )


def _find_weekday_dates(text: str, low: str) -> Iterator[Figure]:
    months = _date_shapes()[3]
    for match in _weekday_date_shape().finditer(low):
        day = int(match["day"] or match["date"])
        month = months.get(match["month"] or match["of"] or "", 0)
        year = int(match["year"]) if match["year"] else None
        if _build_dates(year, month or 1, day):
            weekday = str(_index_weekdays()[match["weekday"]])
            yield _figure(text, match, Reading("date", (year, month, day), weekday))


@cache
def _date_shapes() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], dict[str, int]]:
    months = index_month_names() | {
        name: number
        for number, names in enumerate(MONTH_ABBREVIATIONS.split(";"), start=1)
        for name in names.split()
    }
    month = "|".join(sorted(months, key=len, reverse=True))
    weekday = "|".join(index_weekday_names())
    return (
        re.compile(
            rf"(?<![\w.,/])(\d{{1,2}})(?:er|st|nd|rd|th|\.)?(?: of)? ({month})\b"
            r"(?:\.?,? (\d{4})\b)?"
        ),
        re.compile(
            rf"\b({month})\.? (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,:/]\d| ?[%€£h])"
            r"(?:,? (\d{4})\b)?"
        ),
        re.compile(
            rf"\b(?:(?P<strong>{STRONG_DEADLINE})|(?P<weak>{WEAK_DEADLINE})) (?P<day>{weekday})\b"
            r"(?! (?:morning|evening|afternoon|matin|soir)s)"
        ),
        months,
    )


def _find_dates(text: str, low: str) -> Iterator[Figure]:
    day_first, month_first, weekday, months = _date_shapes()
    if any(character.isdigit() for character in low):
        yield from _find_weekday_dates(text, low)
        for match in ISO_DATE.finditer(low):
            yield _figure(text, match, *_build_dates(int(match[1]), int(match[2]), int(match[3])))
        for match in day_first.finditer(low):
            if match[2] != "may" or text[match.start(2)] == "M":
                year = int(match[3]) if match[3] else None
                if dates := _build_dates(year, months[match[2]], int(match[1])):
                    yield _figure(text, match, *dates)
        for match in month_first.finditer(low):
            if text[match.start()].isupper():
                year = int(match[3]) if match[3] else None
                if dates := _build_dates(year, months[match[1]], int(match[2])):
                    yield _figure(text, match, *dates)
        yield from _find_numeric_dates(text, low)
        for match in CLOCK.finditer(low):
            if readings := _read_clock(match):
                yield _figure(text, match, *readings)
    for match in weekday.finditer(low):
        if match["strong"] or is_promise(low, match.start()):
            yield _figure(text, match, Reading("weekday", str(index_weekday_names()[match["day"]])))


def _find_numeric_dates(text: str, low: str) -> Iterator[Figure]:
    """Yield 12/06 and 12/06/2026, day first and month first. 4/5 may be a rating, and 12.06 needs
    its year."""
    for match in NUMERIC_DATE.finditer(low):
        one, two = int(match[1]), int(match[3])
        if match[2] == "." and not match[4]:
            continue
        year = int(match[4]) if match[4] and len(match[4]) == 4 else None
        year = 2000 + int(match[4]) if match[4] and year is None else year
        dates = (*_build_dates(year, two, one), *_build_dates(year, one, two))
        if not match[4] and two in RATING_SCALES and one <= two:
            dates = (Reading("number", Decimal(one), f"/{two}"), *dates)
        if dates:
            yield _figure(text, match, *dict.fromkeys(dates))


def _build_dates(year: int | None, month: int, day: int) -> tuple[Reading, ...]:
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
    """Whether the sentence around a place in a normalized text promises something: a delivery, an
    offer, a guarantee."""
    start = max((low.rfind(end, 0, at) for end in (". ", "! ", "? ", "\n")), default=-1) + 1
    ends = [place for end in (". ", "! ", "? ", "\n") if (place := low.find(end, at)) >= 0]
    words = re.findall(r"[a-z]+", low[start : min(ends, default=len(low))])
    return any(_begins_promise(word) for word in words)


@lru_cache(maxsize=4096)
def _begins_promise(word: str) -> bool:
    """Whether a word begins with a stem of a promise. A short stem is a word of its own."""
    return any(
        word.startswith(stem) if len(stem) > SHORT_STEM else word in (stem, f"{stem}s")
        for stem in load_units().promises
    )


def grade_unsourced(figure: Figure, text: str, today: date) -> Grade | None:
    """Return how grave it is that no fact has a figure, by its kind; None where it says nothing.

    Red: sums, percentages, measures, codes, deals, and days and durations of a promise. Amber:
    other days, numbers without a noun, and counts of customers, orders, reviews, shops and stock.
    Whether another count or duration is a claim is meaning, which the second call judges."""
    reading, unit = figure.first, str(figure.first.unit)
    if reading.kind in ("date", "clock") or unit in ("time", "months"):
        if is_promise(normalize_text(text), figure.start):
            return "block"
        return "warn" if reading.kind == "date" else None if figure.in_words else "info"
    if reading.kind != "number":
        return "block"
    if is_bare(figure):
        year = reading.base in (today.year, today.year + 1)
        is_free = year or abs(reading.base) < MAX_FREE_NUMBER
        return None if is_free else "info" if figure.noun else "warn"
    if not unit.startswith("#"):
        return "block"
    least = load_units().everyday.get(unit, {"words": 2, "digits": 2})
    if reading.base < least["words" if figure.in_words else "digits"]:
        return None
    return "warn" if unit in PROVING_COUNTS else "info"
