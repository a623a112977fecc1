"""Figures that follow from known ones by one step of arithmetic: what a cut saves, three times a
price, the price of one of fifty, a third of another price."""

from collections.abc import Iterator
from decimal import Decimal

from bot.grounding.numbers import Figure, list_numbers
from bot.grounding.sources import Piece, Sources

HALF_CENT = Decimal("0.005")
MAX_TIMES = 100
MAX_SHARE_ERROR = Decimal(3)  # percentage points between "a third" and the true share
MAX_ROUGH, MAX_ROUGH_ERROR = 5, Decimal("0.1")  # of a whole sum for one of many


def is_derived(figure: Figure, piece: Piece, sources: Sources) -> bool:
    """Whether the figure follows from the sums that the facts and people gave, and the numbers that
    stand in the same text."""
    amounts = _list_amounts(sources)
    if figure.first.unit == "%":
        return figure.in_words and any(
            abs(100 * a / b - figure.first.base) <= MAX_SHARE_ERROR
            for a in amounts
            for b in amounts
            if 0 < a < b
        )
    if not figure.is_money:
        return False
    said, numbers = abs(figure.first.base), list_numbers(piece.text)
    if any(abs(said - one) <= HALF_CENT for one in _iter_results(amounts, numbers)):
        return True
    if said == said.to_integral():  # "about €1 a day"
        shares = (a / n for a in amounts for n in numbers if n > 1)
        return said <= MAX_ROUGH and any(
            abs(said - one) <= MAX_ROUGH_ERROR * said for one in shares
        )
    counts = {*numbers, *_list_counts(sources)}
    return any(abs(said - a / n) <= HALF_CENT for a in amounts for n in counts if n > 1)


def _list_amounts(sources: Sources) -> tuple[Decimal, ...]:
    """Return the sums of the facts about this product or none, and those that people stated."""
    mine = sources.brief.product if sources.brief else None
    figures = [
        figure
        for known in sources.known
        if known.product in (None, mine) or not mine
        for figure in known.figures
    ]
    figures += [figure for statement in sources.statements for figure in statement.figures]
    return tuple(dict.fromkeys(abs(one.first.base) for one in figures if one.is_money))


def _iter_results(amounts: tuple[Decimal, ...], numbers: tuple[Decimal, ...]) -> Iterator[Decimal]:
    """Yield differences, sums, and multiples by numbers of the text."""
    for at, a in enumerate(amounts):
        for b in amounts[at + 1 :]:
            yield abs(a - b)
            yield a + b
        for n in numbers:
            if 1 < n <= MAX_TIMES:
                yield a * n


def _list_counts(sources: Sources) -> set[Decimal]:
    """Return what the facts count: 50 bulbs, of which one costs a fiftieth."""
    figures = [figure for known in sources.known for figure in known.figures]
    return {one.first.base for one in figures if one.is_number and not one.is_money}
