"""The rows that are asked about, and the days that are whole."""

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.errors import CannotDo
from bot.evidence import source_named
from bot.library.findings import Where
from bot.library.read import rows_of
from bot.library.shelf import Shelf
from bot.words import Words

NO_SEGMENTS = Words(
    "Segments stand in the customers' file, and there is none yet. Import it first."
)
NAMES = {
    "product": Words("product"),
    "category": Words("category"),
    "country": Words("country"),
    "region": Words("region"),
    "device": Words("device"),
    "source": Words("source"),
    "code": Words("code"),
    "reason": Words("reason"),
    "variant": Words("variant"),
    "late": Words("day promised"),
    "promised": Words("day promised"),
}


def last_day(shelf: Shelf, kind: str, where: Where) -> date:
    """The last day that is whole: not today, which still goes on."""
    whole = min(shelf.as_of(kind), shelf.today - timedelta(days=1))
    return min(whole, where.until) if where.until else whole


def narrowed(shelf: Shelf, kind: str, where: Where) -> ir.Table:
    """The rows of a kind (orders, events) that are asked about. Raises CannotDo where the kind
    has no such column. A marketing channel is the source that a visit or an order came from."""
    table = shelf.table(kind)
    assert table is not None
    if where.since:
        table = table.filter(table.at >= ibis.literal(where.since).cast("timestamp"))
    if where.segment:
        table = _of_segment(shelf, table, where.segment)
    if where.brand:
        table = of_brand(shelf, table, where.brand)
    for name, wanted in _wanted(where).items():
        table = _with(shelf, kind, table, name, wanted)
    return table


def with_category(shelf: Shelf, table: ir.Table) -> ir.Table:
    """The same rows; a category that the rows don't say comes from the catalogue."""
    if shelf.products is None:
        return table
    known = shelf.products.filter(shelf.products.category.notnull()).select(
        known="product", known_category="category"
    )
    joined = table.left_join(known, table.product == known.known)
    category = ibis.coalesce(joined.category, joined.known_category)
    return joined.mutate(category=category).drop("known", "known_category")


def of_brand(shelf: Shelf, table: ir.Table, brand: str) -> ir.Table:
    """The rows whose product is of this brand, which only the catalogue says. Raises CannotDo
    where it names no such brand."""
    known = shelf.products
    if known is not None:
        known = known.filter(known.brand.lower() == brand.lower())
    if known is None or not rows_of(shelf, known.aggregate(products=known.count()))[0]["products"]:
        raise CannotDo(
            Words(
                "The catalogue names no brand called {brand}, so nothing can be told by it. "
                "Import the products with their brand.",
                brand=brand,
            )
        )
    return table.semi_join(known, "product")


def _wanted(where: Where) -> dict[str, str]:
    asked: dict[str, Any] = {
        "product": where.product,
        "category": where.category,
        "country": where.country,
        "region": where.region,
        "device": where.device,
        "source": where.source or where.channel,
    }
    return {name: str(value) for name, value in asked.items() if value is not None}


def _with(shelf: Shelf, kind: str, table: ir.Table, name: str, wanted: str) -> ir.Table:
    if name not in table.columns:
        raise CannotDo(
            Words(
                "{source} does not say the {column}, so nothing can be told by it.",
                source=source_named(shelf.source(kind)),
                column=NAMES[name],
            )
        )
    if name == "category":
        table = with_category(shelf, table)
    return table.filter(table[name].lower() == wanted.lower())


def _of_segment(shelf: Shelf, table: ir.Table, segment: str) -> ir.Table:
    people = shelf.table("consents")
    if people is None:
        raise CannotDo(NO_SEGMENTS)
    inside = people.filter(people.segment.lower() == segment.lower())
    person = "customer" if "customer" in table.columns else "visitor"
    return table.semi_join(inside, table[person] == inside.customer)
