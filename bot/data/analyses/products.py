"""What was ever bought, with its names: what an audience may be about, and what a word of them
stands for."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.trends.titles import titles
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf
from bot.rules.goods import named_in
from bot.text.slugs import titled


@dataclass(frozen=True)
class Goods:
    """What was bought at all: a product's key → its title and category, most buyers first."""

    titles: Mapping[str, str]
    categories: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The categories, those with most products first come first."""
        return list(dict.fromkeys(self.categories.values()))

    def first(self, category: str) -> str | None:
        """The title of its product that most people bought."""
        return next(
            (self.titles[k] for k, name in self.categories.items() if name == category), None
        )


def goods_of(shelf: Shelf, lines: ir.Table) -> Goods:
    """Most buyers first. `lines` as bought.lines gives them."""
    table = (
        lines.filter(_.amount >= 0, _["product"].notnull())
        .group_by("product")
        .aggregate(category=_.category.max(), buyers=_.customer.nunique())
    )
    rows = sorted(rows_of(shelf, table), key=lambda row: (-row["buyers"], row["product"]))
    known = titles(shelf, [row["product"] for row in rows])
    called = {key: titled(known.get(key) or key) for key in (row["product"] for row in rows)}
    categories = {row["product"]: row["category"] for row in rows if row["category"]}
    return Goods(called, categories)


def saying(word: str, goods: Goods) -> tuple[str, ...]:
    """The keys of the products whose titles say a word, in any language."""
    return tuple(names_with(named_in(word), goods))


def is_said(word: str, goods: Goods) -> bool:
    """Whether a product's name says all of it."""
    wanted = named_in(word)
    return bool(wanted) and any(wanted <= named_in(title) for title in goods.titles.values())


def names_with(wanted: frozenset[str], goods: Goods) -> list[str]:
    """Those whose titles name most of it."""
    shared = {key: len(named_in(title) & wanted) for key, title in goods.titles.items()}
    most = max(shared.values(), default=0)
    return [key for key, many in shared.items() if most and many == most]
