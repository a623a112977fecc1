"""Read the figures of a text, in English and French and in every locale's notation.

1 299,00, 1.299,00 and 1,299.00 are one number. What a figure counts is read with it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from bot.grounding.dates import build_dates, find_dates
from bot.grounding.units import (
    MAX_FREE_NUMBER,
    RATING_SCALES,
    Figure,
    Reading,
    find_counted,
    find_unit,
    is_bare,
    load_units,
)
from bot.i18n.periods import index_month_names
from bot.text.normalize import normalize_text

MAX_SIZE, MIN_BUTTONS = 200, 4
MAX_PRICE_SPAN = 4  # times the lower price of a range that starts below MAX_FREE_NUMBER

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
SIDES = re.compile(r" ?[x×] ?")
RANGE_BEFORE = re.compile(r"\b(?:between|entre) [€£$]?$")
MAX_BOUND_WORDS = 28  # characters of the words before a bound
TRUE_RATING = re.compile(r" ?(?:/|sur |out of )(5|10|20)(?!\d)")
SMALL_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?![\d.,]\d)")
NOUN_BEHIND = re.compile(r" ([a-z]{4,})\b")
WORD_BEHIND, COUNTED_BEHIND = re.compile(r" ([a-z]+)\b"), re.compile(r"[ -]([a-z][a-z'-]*)")
DIGIT_BEHIND, PLURAL = re.compile(r" ?\d"), re.compile(r"s\b")
UNCOUNTED_BEFORE = re.compile(r"\b(?:entre|between|first|premier\w*) $")  # between two sizes
INCHES = re.compile(r" ?in\b")  # only behind 15 × 12 × 4
SIDE_BEFORE = re.compile(r"\d ?[x×] ?$")
SCALE = re.compile(r" ?(?:millions?|thousand|mille)\b|k(?![a-z])")
SCALES = {"k": 1000, "thousand": 1000, "mille": 1000, "million": 10**6, "millions": 10**6}
PHONE = re.compile(r"(?<![\w.,])(?:\+\d{1,3}[ .]?|0)\d(?:[ .-]?\d\d){4}(?!\d)")
HALF_PRICE = re.compile(r"\b(?:moitie prix|half[ -]price|half off|demi-tarif)\b|½ (?:price|off)")
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
    return _with_bounds(low, _share_units(low, [figure for figure in found if figure.readings]))


def _with_bounds(low: str, found: list[Figure]) -> tuple[Figure, ...]:
    """Give figures behind "under", "over", "about" or "between" their bounds."""
    for at, figure in enumerate(found):
        before = low[max(0, figure.start - MAX_BOUND_WORDS) : figure.start]
        if not figure.is_number or figure.bound:
            continue
        if match := load_units().bound.search(before):
            found[at] = replace(figure, bound=load_units().bounds[match[1]])
        elif RANGE_BEFORE.search(before) and at + 1 < len(found):
            other = found[at + 1]
            if other.is_number and BETWEEN.fullmatch(low, figure.end, other.start):
                found[at], found[at + 1] = replace(figure, bound=">"), replace(other, bound="<")
    return tuple(found)


def _find(text: str, low: str) -> Iterator[Figure]:
    """Yield what may be a figure, the surest shapes first. One without readings is none."""
    for match in (*CODE.finditer(text), *ALWAYS.finditer(text)):
        yield Figure.at(text, match.span(), Reading("code", match[0].lower().replace(" ", "")))
    units = load_units()
    for match in units.fraction.finditer(low):
        share = Decimal(units.fractions[match[1] or match[2]])
        yield Figure.at(text, match.span(), Reading("number", share, "%"), in_words=True)
    for match in DEAL.finditer(low):
        yield Figure.at(text, match.span(), Reading("deal", _describe_deal(match)))
    for match in HALF_PRICE.finditer(low):
        yield Figure.at(text, match.span(), Reading("number", Decimal(50), "%"))
    for match in units.share.finditer(low) if SHARE_WORD.search(low) else ():
        yield from _read_share(text, match)
    yield from find_dates(text, low)
    if any(character.isdigit() for character in low):
        yield from _find_digits(text, low)
    yield from _find_numerals(text, low)


def _describe_deal(match: re.Match[str]) -> str:
    """Two for one is "2 for 1"; buy one, get one is the same."""
    numerals = load_units().all_numerals
    if match["paid"]:
        paid = int(numerals.get(match["paid"], match["paid"]))
        return f"{paid + 1} for {paid}"
    if not (match["a"] or match["c"]):
        return "2 for 1"
    words = (match["a"], match["b"]) if match["a"] else (match["c"], match["d"])
    a, b = (numerals.get(word, word) for word in words)
    return f"{a} for {b}"


def _read_share(text: str, match: re.Match[str]) -> Iterator[Figure]:
    """Nine in ten, 9 sur 10: a share. Out of five, a digit may be a rating."""
    words = (re.sub(r"(?<=\d)[ ,]", "", match[group]) for group in "ab")
    a, b = (int(word) if word.isdigit() else int(_add_numerals(word)) for word in words)
    if a <= b and b > 1:
        readings = [Reading("number", Decimal(100 * a) / b, "%")]
        if b in RATING_SCALES and re.match(r"\d (?:in|out of|sur) ", match[0]):
            readings.insert(0, Reading("number", Decimal(a), f"/{b}"))
        yield Figure.at(text, match.span(), *readings)


def _find_digits(text: str, low: str) -> Iterator[Figure]:
    for match in PHONE.finditer(low):
        yield Figure.at(text, match.span(), Reading("code", re.sub(r"\D", "", match[0])))
    for match in LIST.finditer(low):
        for one in re.finditer(r"\d+", match[0]):
            span = (match.start() + one.start(), match.start() + one.end())
            yield Figure.at(text, span, Reading("number", Decimal(one[0]), "#sizes"))
    for match in CENTS.finditer(low):
        value = Decimal(f"{match[1]}.{match[3]}")
        yield Figure.at(text, match.span(), Reading("number", value, find_unit(match[2])[0]))
    for match in NUMBER.finditer(low):
        yield _measure(text, low, match)


def _measure(text: str, low: str, match: re.Match[str]) -> Figure:
    """Read a number with what stands around it: a currency, a unit, a rating, a noun."""
    units = load_units()
    start, end, digits = match.start("digits"), match.end(), match["digits"]
    if match["currency"]:
        start = match.start("currency")
    sign, noun = (match["sign"] or "").strip(), ""
    unit, size = find_unit((match["currency"] or "").strip().upper() or None)
    scaled = SCALE.match(low, end)
    if scaled:
        size, end = size * SCALES[scaled[0].strip()], scaled.end()
    after = None if unit else units.after.match(low, end)
    if after and after[1] in ("x", "×") and DIGIT_BEHIND.match(low, after.end()):
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
        if counted[1] == counted[0].strip(" -"):
            end = counted.end()
        else:
            noun = counted[0].split()[0].strip("-")  # an adjective
    elif unit is None and low[end : end + 1].isalpha() and not PLURAL.match(low, end):
        return Figure.at(text, (start, end))  # an ordinal, or part of a word
    elif unit is None:
        behind = COUNTED_BEHIND.match(low, end)
        noun = behind[1] if behind else ""
    values = _list_values(digits, is_money=unit in units.money)
    meant = [(unit, size)]
    if after and after[1] in WEIGHED_POUNDS:
        meant.append(find_unit("lb"))
    readings = tuple(Reading("number", value, *one) for one in meant for value in values)
    return Figure.at(text, (start, end), *readings, noun=noun, sign=sign)


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
    """Yield numbers in words before a currency, %, a measure or something counted."""
    units = load_units()
    for match, value in _list_numerals(low):
        end = match.end()
        if UNCOUNTED_BEFORE.search(low[max(0, match.start() - MAX_BOUND_WORDS) : match.start()]):
            continue
        after, month = units.after.match(low, end), WORD_BEHIND.match(low, end)
        if month and month[1] in index_month_names() and month[1] not in ("may", "march"):
            end = month.end()
            readings = build_dates(None, index_month_names()[month[1]], int(value))
        elif after:
            unit, size = units.words[after[1]]
            if unit == "times" and not re.match(
                r" (?:plus|moins|more|less|as|[a-z]+er)\b", low[after.end() :]
            ):
                continue
            end, readings = after.end(), (Reading("number", value, unit, size),)
        elif counted := units.counts.match(low, end):
            kind = units.counted[counted[1]]
            if kind == "#sizes" or (kind == "#buttons" and value < MIN_BUTTONS):
                continue  # "two sizes up", « deux boutons ouverts »
            end, readings = counted.end(), (Reading("number", value, kind),)
        else:
            continue
        yield Figure.at(text, (match.start(), end), *readings, in_words=True)


@lru_cache(maxsize=4096)
def read_counts(text: str) -> tuple[Figure, ...]:
    """Return the whole numbers of a text, with the noun behind, if any, in the singular."""
    low, found = normalize_text(text), list[Figure]()
    digits = ((match, Decimal(match[0])) for match in SMALL_NUMBER.finditer(low))
    for match, value in (*digits, *_list_numerals(low)):
        noun = NOUN_BEHIND.match(low, match.end())
        name = noun[1].rstrip("sx") if noun and noun[1] not in load_units().words else ""
        end = noun.end() if noun and name else match.end()
        found.append(Figure.at(text, (match.start(), end), Reading("number", value), noun=name))
    return tuple(found)


def list_numbers(text: str) -> tuple[Decimal, ...]:
    """Return the whole numbers of a text, in digits and in words, whatever they count."""
    return tuple(dict.fromkeys(figure.first.base for figure in read_counts(text)))


def read_word_figures(text: str) -> tuple[Figure, ...]:
    """Return the figures in words, and what may be one: "a third", "half a point", "twice"."""
    low, units = normalize_text(text), load_units()
    found = [one for one in read_figures(text) if one.is_number and not re.search(r"\d", one.text)]
    found += [Figure.at(text, m.span(), Reading("number", n)) for m, n in _list_numerals(low)]
    for match in units.parts.finditer(low):
        word = match["sure"] or match["rank"]
        share, times = units.fractions.get(word), units.multiples.get(word)
        value = Decimal(share or times or 0)
        kinds = [("%", value), (None, value / 100)] if share else [("times", value)]
        readings = (Reading("number", v, unit) for unit, v in kinds)
        found.append(Figure.at(text, match.span(), *readings))
    sure: list[Figure] = []
    for one in sorted(found, key=lambda figure: figure.start - figure.end):
        if all(one.end <= other.start or other.end <= one.start for other in sure):
            sure.append(replace(one, in_words=True))
    return _with_bounds(low, _share_units(low, sorted(sure, key=lambda figure: figure.start)))


def _list_numerals(low: str) -> list[tuple[re.Match[str], Decimal]]:
    """Return the numbers in words with their values."""
    return [(match, _add_numerals(match[0])) for match in load_units().spelled.finditer(low)]


def _add_numerals(words: str) -> Decimal:
    total, run = 0, 0
    for word in re.findall(r"[a-z]+", words):
        value = load_units().all_numerals.get(word, 0)  # "and", "et"
        if value == 20 and run % 100 == 4:
            run += 76  # quatre-vingts
        elif value >= 100:
            run = max(run, 1) * value
            if value >= 1000:
                total, run = total + run, 0
        else:
            run += value
    return Decimal(total + run)


def _share_units(low: str, found: list[Figure]) -> list[Figure]:
    """In "20 to 30 %" and "du 12 au 15 juin" the last one's unit is the first one's too. A comma
    shares a unit only within such a list: "20, 30 or 40 %", never "Sizes 36 to 48, €245". What
    stands before a dimension is none of its sides: "set of 4, 45 x 45 cm"."""
    is_list = is_first_side = False
    for at in range(len(found) - 2, -1, -1):
        left, right = found[at], found[at + 1]
        is_before_dimension = is_first_side
        is_first_side = SIDES.fullmatch(low, left.end, right.start) is not None
        is_side = is_first_side or SIDE_BEFORE.search(low, 0, left.start)
        if is_before_dimension and not is_side:
            is_list = False
            continue
        joined = BETWEEN.fullmatch(low, left.end, right.start)
        joined = joined or (is_list and COMMA.fullmatch(low, left.end, right.start)) or None
        is_list = bool(joined) and is_bare(left)
        if joined and is_bare(left) and is_bare(right):
            found[at], found[at + 1] = _as_size(left), _as_size(right)
        elif joined and is_bare(left) and right.text[:1] not in "€£$":
            is_few = left.first.base < MAX_FREE_NUMBER and right.is_money
            if is_few and right.first.base > MAX_PRICE_SPAN * left.first.base:
                continue  # « le lot de 2 à 35 € »
            found[at] = with_unit_of(left, right)
        elif joined and is_bare(right) and left.text[:1] in "€£$" and not right.noun:
            found[at + 1] = with_unit_of(right, left)
    return found


def _as_size(figure: Figure) -> Figure:
    """Two numbers of a range or a list without a unit are sizes, and no count of anything else."""
    if figure.first.base > MAX_SIZE or find_counted(figure.noun):
        return figure
    readings = tuple(reading._replace(unit="#sizes") for reading in figure.readings)
    return replace(figure, readings=readings)


def with_unit_of(bare: Figure, measured: Figure) -> Figure:
    """Return a number without a unit in the unit, or the month, of one beside it."""
    model, value = measured.first, bare.first.value
    if isinstance(model.value, tuple) and isinstance(value, Decimal):
        dates = build_dates(model.value[0], model.value[1], int(value))
        return replace(bare, readings=dates or bare.readings)
    if model.kind == "clock" and isinstance(value, Decimal) and isinstance(model.value, Decimal):
        minutes = value * 60
        late = 720 if "m" in measured.text.lower() and minutes + 720 < model.value else 0
        hours = (r._replace(value=minutes + late) for r in measured.readings)
        return replace(bare, readings=tuple(hours), noun="")
    if model.kind != "number":
        return bare
    readings = tuple(Reading("number", r.value, model.unit, model.size) for r in bare.readings)
    return replace(bare, readings=readings, noun=measured.noun or bare.noun)
