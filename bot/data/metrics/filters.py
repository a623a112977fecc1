"""What a person may narrow each kind of facts by, and whether what they named is there at all.

An analysis that finds no rows says what rows it would need; that is no answer to a country that
nobody ordered from, or to a product that is called otherwise.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.core.audience_rule import Rule
from bot.core.facts import source_named
from bot.data.analyses.request import READS
from bot.data.analyses.result import Where
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from bot.i18n.messages import Words

# The rows that are asked about, and the days that are whole.

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


PLACES = ("country", "region", "device", "source", "channel")
THINGS = ("product", "category", "brand")
DAYS = ("since", "until")
BY: Mapping[str, tuple[str, ...]] = {
    "segments": ("product", "category", "segment", *PLACES, *DAYS),
    "behaviour": ("product", "category", "words", "days", *PLACES, *DAYS),
    "feedback": (*THINGS, "segment", "channel", "country", "region", "language", *DAYS),
    "trends": (*THINGS, "segment", *PLACES, *DAYS),
    "funnel": (*THINGS, "segment", "country", "device", "source", "channel", "until"),
    "delivery": (*THINGS, "segment", *PLACES, *DAYS),
    "campaigns": ("product", "channel", *DAYS),
    "experiments": ("experiment",),
    "plan": ("rule", "until"),
    "audiences": ("product", "words", "rule"),
    "sellers": (*THINGS, "segment", *PLACES, *DAYS),
    "sold": (*THINGS, "segment", *PLACES, *DAYS),
}
SAID = ("feedback", "campaigns")  # the kinds whose rows have a channel of their own
FEW = 8  # of what is there, told instead
NEAR = 3


def fitting(shelf: Shelf, kind: str, where: Where) -> Where:
    """The same, with a product's title as its reference. Raises CannotDo for what the kind can't
    be asked by, and for what is not there."""
    asked = [one.name for one in fields(where) if getattr(where, one.name) is not None]
    for name in asked:
        if name not in BY[kind]:
            raise CannotDo(
                Words(
                    "{kind} can't be narrowed by {name}, but by: {known}.",
                    kind=kind,
                    name=name,
                    known=", ".join(BY[kind]),
                )
            )
    if where.rule:
        _check_rule(where.rule)
    table = shelf.table(READS[kind][0])
    if table is None:
        return where
    for name in ("category", *PLACES):
        if (wanted := getattr(where, name)) is not None:
            _check(shelf, kind, table, name, wanted)
    if where.segment and kind != "segments":
        _check_segment(shelf, table, where.segment)
    if where.product is None:
        return where
    return replace(where, product=_product(shelf, READS[kind][0], where.product))


def _check_rule(rule: str) -> None:
    try:
        Rule.model_validate_json(rule)
    except ValueError:
        raise CannotDo(
            Words("rule wants an audience's rule as JSON, as `facts audiences` prints it.")
        ) from None


def _check(shelf: Shelf, kind: str, table: ir.Table, name: str, wanted: str) -> None:
    """Raises CannotDo for a value that no row has, with those that there are."""
    column = "source" if name == "channel" and kind not in SAID else name
    if column not in table.columns:
        return  # the analysis says that it has none
    rows = with_category(shelf, table) if column == "category" else table
    known = rows.filter(rows[column].notnull())
    if rows_of(
        shelf, known.filter(known[column].lower() == wanted.lower()).select(column).limit(1)
    ):
        return
    counted = known.group_by(column).aggregate(n=known.count())
    most = rows_of(shelf, counted.order_by(ibis.desc("n"), column).limit(FEW))
    source = source_named(shelf.source(READS[kind][0]))
    called = NAMES.get(column, Words("channel"))
    if not most:
        raise CannotDo(
            Words(
                "{source} does not say the {column}, so nothing can be told by it.",
                source=source,
                column=called,
            )
        )
    raise CannotDo(
        Words(
            "{source} has no {column} called {wanted}. It has: {known}.",
            source=source,
            column=called,
            wanted=wanted,
            known=", ".join(row[column] for row in most),
        )
    )


def _check_segment(shelf: Shelf, table: ir.Table, wanted: str) -> None:
    """Raises CannotDo for a segment that neither the customers' file nor the rows name."""
    people = shelf.table("consents")
    named = [one for one in (people, table) if one is not None and "segment" in one.columns]
    known = {row["segment"] for one in named for row in rows_of(shelf, _named(one))}
    if not known:
        raise CannotDo(NO_SEGMENTS)
    if wanted.lower() not in {one.lower() for one in known}:
        raise CannotDo(
            Words(
                "There is no segment called {wanted}. There are: {known}.",
                wanted=wanted,
                known=", ".join(sorted(known)[:FEW]),
            )
        )


def _named(table: ir.Table) -> ir.Table:
    return table.filter(table.segment.notnull()).select("segment").distinct()


def _product(shelf: Shelf, kind: str, wanted: str) -> str:
    """The reference of a product that is called so, by its reference or its title, in the
    catalogue, the orders or the rows asked about. Raises CannotDo."""
    called: dict[str, str] = {}
    for at, rows in enumerate((shelf.products, shelf.table("orders"), shelf.table(kind))):
        if rows is None or "product" not in rows.columns:
            continue
        said = rows["product"].lower() == wanted.lower()
        if at < 2:  # a review's title is no product's
            said = said | (rows["title"].lower() == wanted.lower())
        some = rows.filter(rows["product"].notnull() & said).select("product").limit(1)
        if found := rows_of(shelf, some):
            return str(found[0]["product"])
        if at < 2 and not called:
            titles = rows.filter(rows["title"].notnull()).select("title").distinct()
            called = {row["title"].lower(): row["title"] for row in rows_of(shelf, titles)}
    near = [one for one in called if wanted.lower() in one][:NEAR]
    near = near or get_close_matches(wanted.lower(), called, NEAR)
    if not near:
        raise CannotDo(Words("There is no product {name}.", name=wanted))
    raise CannotDo(
        Words(
            "There is no product {name}. Near it: {known}.",
            name=wanted,
            known=", ".join(called[one] for one in near),
        )
    )
