"""What series are called; products as the catalogue has it, else as most of their lines say."""

from collections.abc import Collection

from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import titled

TOTALS = {"orders": Words("orders"), "units": Words("units"), "revenue": Words("revenue")}


def titles(shelf: Shelf, products: Collection[str]) -> dict[str, str]:
    """product → title, of those that have one anywhere. Lines of one product may be called several
    things (a remark in place of a name): the commonest counts, the first by alphabet of equals."""
    known: dict[str, str] = {}
    if shelf.products is not None:
        named = rows_of(shelf, shelf.products.select("product", "title"))
        known = {row["product"]: titled(row["title"]) for row in named if row["title"]}
    wanted = sorted(set(products) - set(known))
    orders = shelf.table("orders")
    if not wanted or orders is None:
        return known
    lines = orders.filter(orders.product.isin(wanted), orders.title.notnull())
    rows = rows_of(shelf, lines.group_by("product", "title").aggregate(lines=lines.count()))
    said: dict[str, str] = {}
    for row in sorted(rows, key=lambda one: (-one["lines"], one["title"])):
        said.setdefault(row["product"], titled(row["title"]))
    return {**said, **known}
