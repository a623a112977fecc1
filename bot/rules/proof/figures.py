"""Reads the figures in a text, in English and French, however they are written.

1 299,00, 1.299,00 and 1,299.00 are one number; what a figure counts is read with it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from bot.rules.proof import disguised, moments, numerals, shares, units
from bot.rules.proof.reading import Figure, Reading
from bot.rules.proof.shares import Spelt
from bot.text.normalize import normalize_text, word_set

_NUMBER = re.compile(
    r"(?:(?<=\d[/,])|(?<![\w.,/]))(?P<before>[€£$] ?|(?:eur|usd|gbp|chf) )?(?P<n>"
    r"\d{1,3}(?:[ ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?!\d)"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)|\d{1,3}(?:'\d{3})+(?:[.,]\d{1,2})?(?!\d)"
    r"|\d+(?:[.,]\d{1,3}(?!\d|[.,]\d))?)"
)
_CENTS = re.compile(r"(?<![\w.,/])(\d+) ?([€£])(\d\d)(?!\d|[.,]\d)")
_PHONE = re.compile(r"(?<![\w.,])(?:\+\d{1,3}[ .]?|0)\d(?:[ .-]?\d\d){4}(?![\d.,]\d|\d)")
_TIMES = re.compile(r"(?<!\w)(?<!\d )[x×] ?(\d+(?:[.,]\d)?)(?!\w)")
_LIST = re.compile(r"(?<![\w.,/])\d{1,2}(?:,\d{1,2}){2,}(?![\d.,])")  # sizes 36,38,40
_FRACTION = re.compile(
    r"(?:manches?|longueur|coupe) [123]/[234]\b|\b[123]/[234][ -](?:sleeve|length|inch|cup|zip)s?\b"
)
_WINDOW = re.compile(r"\b(?:30 derniers jours|last 30 days|30 jours precedents|past 30 days)\b")
_ALWAYS = re.compile(r"(?<![\d/])(?:24 ?/ ?7|24 ?h ?/ ?24|7 ?j? ?/ ?7)(?![\d/])")
_HALF = re.compile(r"\b(?:moitie prix|half[ -]price|half off|demi-tarif)\b")
_DEAL = re.compile(
    r"\b(?P<a>\d|deux|trois|two|three) (?:pour|for) (?P<b>\d|une?|one|deux|two)"
    r"(?=\s*(?:$|[.,;:!?\n)]"
    r"|sur\b|on\b|jusqu|until|ce\b|this\b|des\b|from\b))"
    r"|\bbuy (?:one|1),? get (?:one|1)(?: free)?\b"
    r"|\b(?:1|un|une) achetee?,? (?:=|egale? )? ?(?:1|un|une) offerte?\b"
    r"|\b(?P<c>[23]|two|three|deux|trois)(?: [a-z]+)? for the price of (?P<d>1|2|one|two)\b"
    r"|\b(?P<e>[23]|deux|trois)(?: [a-z]+)? pour le prix d(?:e |')(?P<f>1|2|une?|deux)\b"
    r"|\bbuy (?P<g>two|2|three|3),? get (?:one|1|the [a-z]+)(?: free)?\b"
)
_CODE = re.compile(
    r"\b(?=[A-Z]+\d)[A-Z][A-Z0-9]{3,}\b"
    r"|(?:(?<=\b[Cc]ode )|(?<=\b[Cc]ode promo )|(?<=\b[Cc]ode : )|(?<=\b[Cc]ode: )"
    r"|(?<=\b[Cc]ode is )|(?<=\b[Cc]ode est ))[A-ZÀ-Þ]{3,}\b"
    r"|\b[A-ZÀ-Þ]{3,}(?= (?:at (?:the )?checkout|au panier|au moment de payer)\b)"
)
_ORDINAL = re.compile(r"(?:st|nd|nde|rd|th|er|ere|re|e|eme|ieme)\b")
_GLUED = re.compile(r"(?:s|e\d\d)\b")  # the 1980s, 39e90
# "Save 30", "now at 39": a sum, though it has no sign.
_PRICED = re.compile(
    r"\b(?:saves?|costs?|priced at|now at|now|pay|(?<![;.] )prix ?:?|coute|economise[zr]?|paye[zr]"
    r"|a seulement)"  # "…; Prix : 32; …" is a line of a chart: so many speak of it
    r" $"
)
_NUMBERING = re.compile(r"^ *(\d{1,2})[.)] ", re.MULTILINE)
_RANK = re.compile(r"(?:n°|nº|#|\bno\.?|\bnumber|\bnumero) ?$")
_NOUN = re.compile(r"[ -]([a-z][a-z'-]*)")
_RATING = re.compile(r" ?(?:/|sur|out of) ?(5|10|20)(?!\d)")
# "3 ways to wear it": what a text counts of its own is not a figure about the world.
_OF_ITS_OWN = word_set(
    "raisons facons manieres idees etapes gestes looks tenues conseils astuces questions mots "
    "reasons ways ideas steps outfits tips things words bonnes good simple easy"
)
_BETWEEN = re.compile(r" ?(?:-|a|to|et|and|ou|or|/|x|×|au|,) ?")
_SCALES = {"k": 1000, "thousand": 1000, "mille": 1000, "million": 10**6, "millions": 10**6}


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Figure, ...]:
    """The figures of a text, in order. Number words up to twelve count only before a price or %."""
    low = normalize_text(text)
    found: list[Figure] = []
    for figure in _all(text, low):
        if all(figure.end <= other.start or other.end <= figure.start for other in found):
            found.append(figure)
    found.sort(key=lambda figure: figure.start)
    return tuple(_sharing_units(low, [figure for figure in found if figure.readings]))


def number(value: Decimal, unit: str | None, about: str = "") -> Figure:
    """A figure that is known as a number: a fact's value in its unit."""
    dimension, size = units.unit(unit)
    return Figure(
        "", 0, 0, (Reading("number", value, dimension, size),), about=normalize_text(about)
    )


def _all(text: str, low: str) -> Iterator[Figure]:
    """Everything that may be a figure, the surest shapes first; one without readings is none."""
    for match in _CODE.finditer(text):
        yield _figure(text, low, match, (Reading("code", normalize_text(match[0])),))
    for match in _DEAL.finditer(low):
        yield _figure(text, low, match, (Reading("deal", _deal(match)),))
    yield from _in_words(text, low, disguised.read(text, low))
    if any(character.isdigit() for character in low):
        yield from _with_digits(text, low)
    for match in _HALF.finditer(low):
        yield _figure(text, low, match, (Reading("number", Decimal(50), "%"),))
    for shape, reader in moments.WORDS:
        for match in shape.finditer(low):
            if readings := tuple(reader(match)):
                yield _figure(text, low, match, readings)
    for match in moments.WEEKDAY.finditer(low):
        yield _figure(text, low, match, tuple(moments.weekday(match)))
    yield from _in_words(text, low, shares.read(low))
    for word in numerals.read(low):
        yield _measured(text, low, word.start, word.end, str(word.value))


def _in_words(text: str, low: str, found: Iterator[Spelt]) -> Iterator[Figure]:
    for spelt in found:
        follows = "" if spelt.reading.unit else _follows(low, spelt.end)
        shown = text[spelt.start : spelt.end]
        yield Figure(shown, spelt.start, spelt.end, (spelt.reading,), follows)


def _with_digits(text: str, low: str) -> Iterator[Figure]:
    for match in _ALWAYS.finditer(low):
        yield _figure(text, low, match, (Reading("code", match[0].replace(" ", "")),))
    for shape in (_FRACTION, _WINDOW):  # a cut, not a date; the law's own window
        for match in shape.finditer(low):
            yield _figure(text, low, match, ())
    for match in _PHONE.finditer(low):
        yield _figure(text, low, match, (Reading("code", re.sub(r"\D", "", match[0])),))
    for shape, reader in moments.SHAPES:
        for match in shape.finditer(low):
            if readings := tuple(reader(match)):
                yield _figure(text, low, match, readings)
    for match in _LIST.finditer(low):
        for one in re.finditer(r"\d+", match[0]):
            start = match.start() + one.start()
            yield _measured(text, low, start, match.start() + one.end(), one[0])
    for match in _CENTS.finditer(low):
        value = Decimal(f"{match[1]}.{match[3]}")
        yield _figure(text, low, match, (Reading("number", value, units.unit(match[2])[0]),))
    for match in _TIMES.finditer(low):
        value = Decimal(match[1].replace(",", "."))
        yield _figure(text, low, match, (Reading("number", value, "times"),))
    numbering = {match.start(1) for match in _NUMBERING.finditer(low)}
    for match in _NUMBER.finditer(low):
        rank = len(match["n"]) == 1 and _RANK.search(low, max(0, match.start() - 10), match.start())
        if match.start("n") not in numbering and not rank:
            before = (match["before"] or "").strip()
            yield _measured(text, low, match.start(), match.end(), match["n"], before)


def _figure(text: str, low: str, match: re.Match[str], readings: tuple[Reading, ...]) -> Figure:
    start, end = match.span()
    return Figure(text[start:end], start, end, readings, _follows(low, end))


def _deal(match: re.Match[str]) -> str:
    """Two for one is `2 for 1`; buy one, get one is the same."""
    if match["g"]:
        many = int(numerals.SMALL.get(match["g"], match["g"]))
        return f"{many + 1} for {many}"
    one = next((pair for pair in ("ab", "cd", "ef") if match[pair[0]]), None)
    if one is None:
        return "2 for 1"
    a, b = (numerals.SMALL.get(word, word) for word in (match[one[0]], match[one[1]]))
    return f"{a} for {b}"


def _measured(text: str, low: str, start: int, end: int, digits: str, before: str = "") -> Figure:
    """A number with what stands around it: a currency, a unit, an ordinal's ending, a noun."""
    dimension, size = units.unit(before.upper() or None)
    scale, at = _scale(text, low, end)
    if not before:
        after = units.AFTER.match(low, at)
        if after and not (after[0].strip(" -") in "x×" and re.match(r" ?\d", low[after.end() :])):
            (dimension, size), at = units.unit(after[0].strip(" -")), after.end()
    if dimension is None and scale == 1:
        return _bare(text, low, start, end, digits)
    values = _values(digits, dimension)
    readings = tuple(Reading("number", value, dimension, size * scale) for value in values)
    sign = low[start - 1 : start] if low[start - 1 : start] in ("+", "-") else ""
    return Figure(text[start:at], start, at, readings, _follows(low, at), sign)


def _bare(text: str, low: str, start: int, end: int, digits: str) -> Figure:
    """A number without a unit. One is no figure, nor is a text's own count, nor part of a word."""
    values, follows = _values(digits, None), _follows(low, end)
    ordinal, of = _ORDINAL.match(low, end), _RATING.match(low, end)
    if not follows and not ordinal and not of and _PRICED.search(low, 0, start):
        priced = tuple(Reading("number", value, "money") for value in values)
        return Figure(text[start:end], start, end, priced)
    glued = not ordinal and end < len(low) and low[end].isalpha() and not _GLUED.match(low, end)
    own = values[0] < 10 and follows in _OF_ITS_OWN
    if glued or (values[0] == 1 and not of and not ordinal) or own:
        return Figure(text[start:end], start, end, ())
    unit = f"/{of[1]}" if of else "rank" if values[0] == 1 else None
    end = of.end() if of else ordinal.end() if ordinal else end
    readings = tuple(Reading("number", value, unit) for value in values)
    return Figure(text[start:end], start, end, readings, "" if of else _follows(low, end))


def _scale(text: str, low: str, end: int) -> tuple[int, int]:
    """10k, 1.5M, 2 million: how many times more, and where it ends."""
    match = re.match(r" ?(?:millions?|thousand|mille)\b|k(?![a-z])", low[end : end + 10])
    if match:
        return _SCALES[match[0].strip()], end + match.end()
    if text[end : end + 1] == "M" and not text[end + 1 : end + 2].isalnum():
        return 10**6, end + 1
    return 1, end


def _values(digits: str, dimension: str | None) -> tuple[Decimal, ...]:
    """The numbers that digits with separators may mean: 1.299 is one thing or the other."""
    bare = digits.replace(" ", "").replace("'", "")
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return (Decimal(bare),)
    whole = re.sub(r"[.,]", "", bare)
    decimal = Decimal(re.sub(r"[.,]", "", bare[:last]) + "." + bare[last + 1 :])
    if len(bare) - last - 1 != 3:
        return (decimal,)
    several = len(re.findall(r"[.,]", bare)) > 1
    return (Decimal(whole),) if several or dimension in units.MONEY else (Decimal(whole), decimal)


def _follows(low: str, end: int) -> str:
    match = _NOUN.match(low, end)
    return match[1] if match else ""


def _sharing_units(low: str, found: list[Figure]) -> list[Figure]:
    """In "20 to 30 %" and "du 12 au 15 juin" the last one's unit is the first one's too."""
    for i in range(len(found) - 2, -1, -1):
        left, right = found[i], found[i + 1]
        if not _BETWEEN.fullmatch(low, left.end, right.start):
            continue
        if is_bare(left):
            found[i] = _like(left, right)
        elif is_bare(right) and left.text[:1] in "€£$" and not units.counted(right.follows):
            found[i + 1] = _like(right, left)
    return found


def is_bare(figure: Figure) -> bool:
    """Whether it is a number without a unit."""
    return all(r.kind == "number" and r.unit is None and r.size == 1 for r in figure.readings)


def _like(bare: Figure, measured: Figure) -> Figure:
    model, value = measured.first, bare.first.value
    if isinstance(model.value, tuple) and isinstance(value, Decimal):
        dates = tuple(moments.on(model.value[0], model.value[1], int(value)))
        return replace(bare, readings=dates or bare.readings)
    if model.kind != "number":
        return bare
    readings = tuple(Reading("number", r.value, model.unit, model.size) for r in bare.readings)
    return replace(bare, readings=readings, follows=measured.follows or bare.follows)
