"""Figures that follow from known ones of the same kind by one step of arithmetic.

The steps: a sum, a difference, a multiple, the price of one of many, a share, a cut, a ratio, and
sixty days as two months. Copy is held to the facts of its product and to what people stated, a
report to the figures in its slots.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import permutations, product

from bot.core.facts import Fact
from bot.grounding.numbers import list_numbers
from bot.grounding.sources import Piece, Sources, Statement, read_fact
from bot.grounding.units import MAX_FREE_NUMBER, Figure, Reading, is_bare, load_units

HALF_CENT, CENT = Decimal("0.005"), Decimal("0.01")
MAX_TIMES = 100
MAX_SHARE_ERROR = Decimal(3)  # percentage points between "a third" and the true share
MAX_RELATIVE_ERROR = Decimal("0.12")  # and of it: one in eight is not one in seven
MAX_ROUGH, MAX_ROUGH_ERROR = 5, Decimal("0.1")  # of a whole sum for one of many
SPANS = {"time": Decimal(1), "months": Decimal(30 * 1440)}  # in minutes
MAX_SPAN_ERROR = Decimal("0.02")  # a year: 360 days or 365
YEARS = range(1900, 2100)
Pair = tuple[str | None, Decimal, Decimal]  # a unit and two values
MULTIPLIED = ("length", "mass", "volume", "ounces")


def is_derived(figure: Figure, piece: Piece, sources: Sources) -> bool:
    """Whether a figure of copy follows from the facts, from what people gave, and from the numbers
    that stand in the same text."""
    reading, known, numbers = figure.first, _list_known(sources), list_numbers(piece.text)
    said, money = abs(reading.base), load_units().money
    amounts = {abs(one.base) for one in known if one.unit in money}
    if reading.unit == "%":
        shares = (100 * a / b for a in amounts for b in amounts if a < b)
        return any(abs(said - cut) < Decimal("0.51") for cut in _list_cuts(sources)) or (
            figure.in_words and any(_is_share(said, one) for one in shares)
        )
    if reading.unit in SPANS or reading.unit in MULTIPLIED:
        same = [one for one in known if one.unit == reading.unit]
        return any(_is_span(reading, one) for one in known) or any(
            said == abs(one.base) * n for one in same for n in numbers if n > 1
        )
    if not (figure.is_money or is_bare(figure)):
        return False
    results = {one for a, b in product(amounts, amounts) for one in (abs(a - b), a + b) if a != b}
    results |= {a * n for a in amounts for n in numbers if 1 < n <= MAX_TIMES}
    if not is_bare(figure) and said != said.to_integral():
        counts = {*numbers, *(one.base for one in known if one.unit not in money)}
        results |= {a / n for a in amounts for n in counts if n > 1}
    is_rough = said == said.to_integral() and said <= MAX_ROUGH  # "about €1 a day"
    return any(abs(said - one) <= HALF_CENT for one in results) or any(
        is_rough and abs(said - a / n) <= MAX_ROUGH_ERROR * said
        for a in amounts
        for n in numbers
        if n > 1
    )


def find_stated_cut(figure: Figure, text: str, sources: Sources) -> Statement | None:
    """Return the statement of a cut that makes this price of the catalogue's: €68, where the brief
    takes 20 % off €85, or €155 for two with €15 less."""
    if not (figure.is_money or is_bare(figure)):
        return None
    said, counts = figure.first.base, (Decimal(1), *list_numbers(text))
    prices = {
        Decimal(price.fact.value) * n
        for one in sources.products
        for price in sources.list_prices(one)
        for n in counts
        if n <= MAX_TIMES
    }
    for statement in sources.statements:
        for cut in statement.figures:
            share = 1 - abs(cut.first.base) / 100 if cut.first.unit == "%" else None
            off = cut.first.base if cut.is_money else None
            if any(
                (share is not None and abs(one * share - said) <= CENT)
                or (off is not None and 0 < off < one and abs(one - off - said) <= CENT)
                for one in prices
            ):
                return statement
    return None


def follows_from_slots(figure: Figure, slotted: Sequence[Fact], facts: Sequence[Fact]) -> bool:
    """Whether a typed figure of a report is that of a fact, rounded or in words, or follows by one
    step of which the sentence shows at least one figure in a slot."""
    if figure.in_words and is_bare(figure) and figure.first.base == len(slotted):
        return True  # "the two subjects", of two figures
    shown, known = list(_read_facts(slotted)), list(_read_facts(facts))
    pairs = _pair(product(slotted, facts))
    if figure.first.unit == "%" and _is_known_share(figure, slotted, facts, pairs):
        return True
    return any(_follows(one, figure, shown, known, pairs) for one in figure.readings)


def _is_known_share(
    figure: Figure, slotted: Sequence[Fact], facts: Sequence[Fact], pairs: Sequence[Pair]
) -> bool:
    """Whether a percentage is a fact's, or a share or a change of two figures of one kind. One in
    words is of the counts whose slots the sentence shows, if it shows two."""
    own = [pair for pair in _pair(product(slotted, slotted)) if _is_count(pair[0])]
    alike = [(x, y) for x, y in permutations(facts, 2) if _name_measure(x) == _name_measure(y)]
    others = (own or pairs) if figure.in_words else [*pairs, *(_pair(alike) if slotted else ())]
    shares = [100 * min(a, b) / max(a, b) for _unit, a, b in others if max(a, b)]
    shares += [100 * abs(a - b) / b for _unit, a, b in others if b]
    said = abs(figure.first.base)
    stated = [abs(r.base) for r in _read_facts(slotted if own else facts) if r.unit == "%"]
    if figure.in_words:
        return any(_is_share(said, one) for one in (*stated, *shares))
    shares += [one for one in stated if one != said]  # which has its slot
    return any(_rounds_to(one, figure.first) for one in shares)


def _name_measure(fact: Fact) -> str:
    """Return the first word of a label: that of "visits 2026" and "visits 2025"."""
    return fact.label.partition(" ")[0]


def _pair(facts: Iterable[tuple[Fact, Fact]]) -> list[Pair]:
    """Return the two values of each two facts that are in one unit."""
    return [
        (a.unit, abs(a.base), abs(b.base))
        for one, other in facts
        for a, b in product(_read_facts((one,)), _read_facts((other,)))
        if a != b and (a.unit == b.unit or (_is_count(a.unit) and _is_count(b.unit)))
    ]


def _follows(
    reading: Reading,
    figure: Figure,
    shown: Sequence[Reading],
    known: Sequence[Reading],
    pairs: Sequence[Pair],
) -> bool:
    said, unit = abs(reading.base), reading.unit
    if unit == "%" or reading.kind != "number":
        return False
    if unit == "times":
        ratios = (max(a, b) / min(a, b) for _unit, a, b in pairs if a and b)
        return any(abs(one - said) <= MAX_ROUGH_ERROR * said for one in ratios)
    if figure.in_words and any(_is_same(reading, one) for one in known):
        return True
    units = (unit, "%") if unit in ("points", None) else (unit,)
    if any(said in (abs(a - b), a + b) for kind, a, b in pairs if unit is None or kind in units):
        return True
    return said >= MAX_FREE_NUMBER and any(
        _rounds_to(a.base / Decimal(str(n.value)), reading)  # £18 a parcel, 148 orders a day
        for a in shown
        for n in known
        if (a.unit == unit or (_is_count(a.unit) and _is_count(unit)))
        and (_is_count(n.unit) or n.unit == "time")
        and n.base > 1
    )


def _read_facts(facts: Iterable[Fact]) -> Iterator[Reading]:
    """Yield the numbers of facts and of their names, and how many days their periods have."""
    for fact in facts:
        numbers = (one.first for one in read_fact(fact).figures if one.is_number)
        yield from (one for one in numbers if one.unit or one.base not in YEARS)
        if fact.since and fact.until:
            days = Decimal((fact.until - fact.since).days + 1)
            yield Reading("number", days, "time", Decimal(1440))


def _is_count(unit: str | None) -> bool:
    return unit is None or unit.startswith("#")


def _is_same(said: Reading, known: Reading) -> bool:
    if said.unit is None:
        return isinstance(known.value, Decimal) and said.value == abs(known.value)
    is_kind = said.unit == known.unit or (_is_count(said.unit) and _is_count(known.unit))
    return _is_span(said, known) or (is_kind and abs(said.base) == abs(known.base))


def _is_span(said: Reading, known: Reading) -> bool:
    """Whether both are one duration: sixty days are two months."""
    if {said.unit, known.unit} != {*SPANS}:
        return False
    span, other = (abs(one.base) * SPANS[str(one.unit)] for one in (said, known))
    return abs(span - other) <= MAX_SPAN_ERROR * other


def _rounds_to(value: Decimal, said: Reading) -> bool:
    """Whether the value is this one to the decimals that are said."""
    assert isinstance(said.value, Decimal)
    places = Decimal(1).scaleb(min(int(said.value.as_tuple().exponent), 0))
    return abs(abs(value) - abs(said.base)) <= places / 2


def _is_share(said: Decimal, share: Decimal) -> bool:
    return abs(share - said) <= min(MAX_SHARE_ERROR, MAX_RELATIVE_ERROR * said)


def _list_known(sources: Sources) -> list[Reading]:
    """Return the figures of the facts about this product or none, and those that people stated."""
    mine = sources.brief.product if sources.brief else None
    known = [one for one in sources.known if one.product in (None, mine) or not mine]
    figures = [figure for fact in known for figure in fact.figures]
    figures += [figure for statement in sources.statements for figure in statement.figures]
    return [one.first for one in figures if one.is_number]


def _list_cuts(sources: Sources) -> Iterator[Decimal]:
    """Yield the cuts in percent from a former price to a price of today."""
    for handle in sources.products:
        former = [k.fact.value for k in sources.known if k.product == handle and k.is_former_price]
        for old, new in product(former, sources.list_prices(handle)):
            if Decimal(old) > Decimal(new.fact.value):
                yield (Decimal(old) - Decimal(new.fact.value)) / Decimal(old) * 100
