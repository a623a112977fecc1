"""Figures of copy that follow from known ones by one step that their roles name.

A cut and a saving from a product's former price, a price times a number of the text, what a stated
cut leaves, sixty days as two months. All others, and those of reports, are calculations, proposed
by a model and proven (`bot.grounding.calculations`).
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from bot.grounding.numbers import list_numbers
from bot.grounding.sources import Sources, Statement, TextPart
from bot.grounding.units import SPANS, Figure, Reading, is_bare, says

HALF_CENT, CENT = Decimal("0.005"), Decimal("0.01")
MAX_TIMES = 100


def is_derived(figure: Figure, part: TextPart, sources: Sources) -> bool:
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
    results = {old - new for old, new in pairs} | _list_multiples(part.text, sources, 2)
    return any(abs(said - one) <= HALF_CENT for one in results)


def find_stated_cut(figure: Figure, text: str, sources: Sources) -> Statement | None:
    """Return the statement of a price cut that explains this figure: the price of the catalogue
    less the cut is the figure. €68 is €85 less 20 %; €155 is two of them less €15."""
    if not (figure.is_money or is_bare(figure)):
        return None
    said, prices = figure.first.base, _list_multiples(text, sources, 1)
    for statement in sources.statements:
        for cut in statement.figures:
            off, is_share = abs(cut.first.base), cut.first.unit == "%"
            if not (is_share or cut.is_money):
                continue
            left = (one * (1 - off / 100) if is_share else one - off for one in prices if off < one)
            if any(abs(one - said) <= CENT for one in left):
                return statement
    return None


def _list_multiples(text: str, sources: Sources, fewest: int) -> set[Decimal]:
    """Return the prices of today, as many times as 1 and the numbers of the text say."""
    counts = [n for n in (Decimal(1), *list_numbers(text)) if fewest <= n <= MAX_TIMES]
    prices = [price for one in sources.products for price in sources.list_prices(one)]
    return {Decimal(price.fact.value) * count for price in prices for count in counts}


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
