"""Figures that follow from known ones by one step that their roles or the sentence name.

Copy: a cut and a saving from a product's former price, a price times a number of the text, what a
stated cut leaves, sixty days as two months. A report: one step between figures whose slots the
sentence shows. Other calculations are proposed by a model and proven
(`bot.grounding.calculations`).
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import permutations, product

from bot.core.facts import Fact
from bot.grounding.numbers import list_numbers
from bot.grounding.sources import Piece, Sources, Statement, read_fact
from bot.grounding.units import MAX_FREE_NUMBER, Figure, Reading, is_bare

HALF_CENT, CENT = Decimal("0.005"), Decimal("0.01")
MAX_TIMES = 100
MAX_SHARE_ERROR = Decimal(3)  # percentage points between "a third" and the true share
MAX_RELATIVE_ERROR = Decimal("0.12")  # and of it: one in eight is not one in seven
MAX_CUT_ERROR = Decimal("0.51")  # percentage points
MAX_ROUGH_ERROR = Decimal("0.1")  # of "twice"
SPANS = {"time": Decimal(1), "months": Decimal(30 * 1440)}  # in minutes
MAX_SPAN_ERROR = Decimal("0.02")  # a year: 360 days or 365
YEARS = range(1900, 2100)
Pair = tuple[str | None, Decimal, Decimal]  # a unit and two values


def is_derived(figure: Figure, piece: Piece, sources: Sources) -> bool:
    """Whether a figure of copy follows from prices of one product by their roles: the cut from a
    former price to that of today, what is saved, a price times a number that the same text has; or
    is a known span of time in another unit."""
    reading, said = figure.first, abs(figure.first.base)
    if reading.unit == "%":
        return any(abs(said - cut) < MAX_CUT_ERROR for cut in _list_cuts(sources))
    if reading.unit in SPANS:
        return any(_is_span(reading, one) for one in _list_known(sources))
    if not (figure.is_money or is_bare(figure)):
        return False
    pairs = list(_pair_prices(sources))
    prices = {price.fact.value for one in sources.products for price in sources.list_prices(one)}
    counts = [n for n in list_numbers(piece.text) if 1 < n <= MAX_TIMES]
    results = {old - new for old, new in pairs} | {Decimal(p) * n for p in prices for n in counts}
    return any(abs(said - one) <= HALF_CENT for one in results)


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
    """Whether a typed figure of a report is that of a fact, in words, or follows by one step from
    figures whose slots the sentence shows."""
    if figure.in_words and is_bare(figure) and figure.first.base == len(slotted):
        return True  # "the two subjects", of two figures
    shown, known = list(_read_facts(slotted)), list(_read_facts(facts))
    pairs = _pair(permutations(slotted, 2))
    if figure.first.unit == "%" and _is_known_share(figure, shown, pairs):
        return True
    return any(_follows(one, figure, shown, known, pairs) for one in figure.readings)


def _is_known_share(figure: Figure, shown: Sequence[Reading], pairs: Sequence[Pair]) -> bool:
    """Whether a percentage is one that is shown, or a share or a change of two that are."""
    shares = [100 * min(a, b) / max(a, b) for _unit, a, b in pairs if max(a, b)]
    shares += [100 * abs(a - b) / b for _unit, a, b in pairs if b]
    said = abs(figure.first.base)
    stated = [abs(one.base) for one in shown if one.unit == "%"]
    if figure.in_words:
        return any(_is_share(said, one) for one in (*stated, *shares))
    shares += [one for one in stated if one != said]  # which has its slot
    return any(_rounds_to(one, figure.first) for one in shares)


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
        for n in shown
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
    for old, new in _pair_prices(sources):
        yield (old - new) / old * 100


def _pair_prices(sources: Sources) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield each former price of a product with each lower one of today."""
    for handle in sources.products:
        former = [k.fact.value for k in sources.known if k.product == handle and k.is_former_price]
        for old, new in product(former, sources.list_prices(handle)):
            if Decimal(old) > Decimal(new.fact.value):
                yield Decimal(old), Decimal(new.fact.value)
