"""One small taste in the shop: things that the same people buy, far beyond chance."""

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bot.data.analyses.segments import basket
from bot.data.warehouse.query import rows_of
from bot.rules.goods import concepts

if TYPE_CHECKING:
    from bot.data.analyses.audience_proposals.facts import Telling


@dataclass(frozen=True)
class Niche:
    """`lift` is the median over its pairs: how many more people have both than chance gives."""

    things: tuple[str, ...]
    lift: float


def niche_of(telling: "Telling") -> Niche | None:
    """The strongest taste, one that has to do with the subject before any other; None when the
    orders show none."""
    shelf, goods = telling.shelf, telling.goods
    table = basket.pairs_of(basket.baskets(telling.now.lines, "product", shelf.floor))
    rows = rows_of(shelf, telling.keep("niche-pairs", table))
    pairs = basket.pairs(rows, telling.people, goods.categories, shelf.floor)
    found = basket.groups(pairs)
    if not found:
        return None
    near = telling.subject.name
    things = max(found, key=lambda one: _near(telling, one)) if near else found[0]
    inside = [pair for pair in pairs if pair.a in things and pair.b in things]
    owners = {str(row["a"]): row["both"] for row in rows if row["a"] == row["b"]}
    known = tuple(sorted(things, key=lambda thing: (-owners.get(thing, 0), thing)))
    return Niche(known, round(median(pair.lift for pair in inside), 1))


def _near(telling: "Telling", things: tuple[str, ...]) -> int:
    """How many of these things are of the subject. The first found is the strongest."""
    wanted = concepts(telling.subject.name)
    return sum(bool(concepts(telling.goods.titles.get(thing, "")) & wanted) for thing in things)
