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
from bot.grounding.units import MAX_FREE_NUMBER, SPANS, Figure, Reading, is_bare, says

HALF_CENT, CENT = Decimal("0.005"), Decimal("0.01")
MAX_TIMES = 100
YEARS = range(1900, 2100)
Result = tuple[Decimal, str | None]  # a value in base units, and its unit


def is_derived(figure: Figure, piece: Piece, sources: Sources) -> bool:
    """Whether a figure of copy follows from prices of one product by their roles: the cut from a
    former price to that of today, what is saved, a price times a number that the same text has; or
    is a known span of time in another unit."""
    reading, said = figure.first, abs(figure.first.base)
    pairs = list(_pair_prices(sources))
    if reading.unit == "%":
        return any(says(figure, (old - new) / old, None) for old, new in pairs)
    if reading.unit in SPANS:
        spans = (one for one in _list_known(sources) if one.unit in SPANS)
        return any(says(figure, one.base, one.unit) for one in spans)
    if not (figure.is_money or is_bare(figure)):
        return False
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
            off, is_share = abs(cut.first.base), cut.first.unit == "%"
            if not (is_share or cut.is_money):
                continue
            left = (one * (1 - off / 100) if is_share else one - off for one in prices if off < one)
            if any(abs(one - said) <= CENT for one in left):
                return statement
    return None


def follows_from_slots(figure: Figure, slotted: Sequence[Fact], facts: Sequence[Fact]) -> bool:
    """Whether a typed figure of a report is that of a fact, in words, or follows by one step from
    figures whose slots the sentence shows."""
    if figure.in_words and is_bare(figure) and figure.first.base == len(slotted):
        return True  # "the two subjects", of two figures
    results = list(_list_results(figure, slotted))
    if figure.in_words and figure.first.unit != "%":
        known = [(one.base, _drop_count(one.unit)) for one in _read_facts(facts)]
        is_count = _drop_count(figure.first.unit) is None
        results += [one for one in known if is_count == (one[1] is None)]
    return any(says(figure, value, unit, is_rough=True) for value, unit in results)


def _list_results(figure: Figure, slotted: Sequence[Fact]) -> Iterator[Result]:
    """Yield what one step makes of each two figures: difference and sum, share and change, ratio,
    and one for each of the other (£18 a parcel); and the percentages that are shown."""
    said = figure.first
    for one, other in permutations(slotted, 2):
        for a, b in product(_read_facts((one,)), _read_facts((other,))):
            value, base, unit = abs(a.base), abs(b.base), _drop_count(a.unit)
            if a != b and unit == _drop_count(b.unit):
                step = "points" if unit == "%" else unit
                step = None if is_bare(figure) else step
                yield from (one for one in ((value - base, step), (value + base, step)) if base)
                if base and said.unit in ("%", "times"):
                    yield from ((value / base, None), ((value - base) / base, None))
            is_each = b.base > 1 and (_drop_count(b.unit) is None or b.unit == "time")
            if is_each and abs(said.base) >= MAX_FREE_NUMBER and said.unit not in ("%", "times"):
                yield a.base / Decimal(str(b.value)), unit
    shown = [one for one in _read_facts(slotted) if one.unit == "%"]
    yield from ((one.base, "%") for one in shown if figure.in_words or one.base != said.base)


def _read_facts(facts: Iterable[Fact]) -> Iterator[Reading]:
    """Yield the numbers of facts and of their names, and how many days their periods have."""
    for fact in facts:
        numbers = (one.first for one in read_fact(fact).figures if one.is_number)
        yield from (one for one in numbers if one.unit or one.base not in YEARS)
        if fact.since and fact.until:
            days = Decimal((fact.until - fact.since).days + 1)
            yield Reading("number", days, "time", Decimal(1440))


def _drop_count(unit: str | None) -> str | None:
    """What is counted is a number."""
    return None if unit is None or unit.startswith("#") else unit


def _list_known(sources: Sources) -> list[Reading]:
    """Return the figures of the facts about this product or none, and those that people stated."""
    mine = sources.brief.product if sources.brief else None
    known = [one for one in sources.known if one.product in (None, mine) or not mine]
    figures = [figure for fact in known for figure in fact.figures]
    figures += [figure for statement in sources.statements for figure in statement.figures]
    return [one.first for one in figures if one.is_number]


def _pair_prices(sources: Sources) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield each former price of a product with each lower one of today."""
    for handle in sources.products:
        former = [k.fact.value for k in sources.known if k.product == handle and k.is_former_price]
        for old, new in product(former, sources.list_prices(handle)):
            if Decimal(old) > Decimal(new.fact.value):
                yield Decimal(old), Decimal(new.fact.value)
