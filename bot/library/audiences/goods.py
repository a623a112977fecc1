"""What was ever bought, with its names: what an audience may be about."""

import ibis.expr.types as ir
from ibis import _

from bot.library.audiences.subject import Goods
from bot.library.read import rows_of
from bot.library.shelf import Shelf
from bot.library.titled import titled
from bot.library.trends.titles import titles


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
