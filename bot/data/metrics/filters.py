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

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.request import TABLES_BY_KIND
from bot.data.analyses.result import AnalysisFilter
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

# The rows that are asked about, and the days that are whole.

NO_SEGMENTS = Words(
    "Segments stand in the customers' file, and there is none yet. Import it first."
)
FILTER_NAMES = {
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


def find_last_whole_day(shelf: Warehouse, kind: str, where: AnalysisFilter) -> date:
    """The last day that is whole: not today, which still goes on."""
    whole = min(shelf.as_of(kind), shelf.today - timedelta(days=1))
    return min(whole, where.until) if where.until else whole


def filter_rows(shelf: Warehouse, kind: str, where: AnalysisFilter) -> ir.Table:
    """The rows of a kind (orders, events) that are asked about. Raises CannotDo where the kind
    has no such column. A marketing channel is the source that a visit or an order came from."""
    table = shelf.table(kind)
    assert table is not None
    if where.since:
        table = table.filter(table.at >= ibis.literal(where.since).cast("timestamp"))
    if where.segment:
        table = _filter_segment(shelf, table, where.segment)
    if where.brand:
        table = filter_brand(shelf, table, where.brand)
    for name, wanted in _list_wanted(where).items():
        table = _apply_filter(shelf, kind, table, name, wanted)
    return table


def add_category(shelf: Warehouse, table: ir.Table) -> ir.Table:
    """The same rows; a category that the rows don't say comes from the catalogue."""
    if shelf.products is None:
        return table
    known = shelf.products.filter(shelf.products.category.notnull()).select(
        known="product", known_category="category"
    )
    joined = table.left_join(known, table.product == known.known)
    category = ibis.coalesce(joined.category, joined.known_category)
    return joined.mutate(category=category).drop("known", "known_category")


def filter_brand(shelf: Warehouse, table: ir.Table, brand: str) -> ir.Table:
    """The rows whose product is of this brand, which only the catalogue says. Raises CannotDo
    where it names no such brand."""
    known = shelf.products
    if known is not None:
        known = known.filter(known.brand.lower() == brand.lower())
    if (
        known is None
        or not fetch_rows(shelf, known.aggregate(products=known.count()))[0]["products"]
    ):
        raise CannotDo(
            Words(
                "The catalogue names no brand called {brand}, so nothing can be told by it. "
                "Import the products with their brand.",
                brand=brand,
            )
        )
    return table.semi_join(known, "product")


def _list_wanted(where: AnalysisFilter) -> dict[str, str]:
    asked: dict[str, Any] = {
        "product": where.product,
        "category": where.category,
        "country": where.country,
        "region": where.region,
        "device": where.device,
        "source": where.source or where.channel,
    }
    return {name: str(value) for name, value in asked.items() if value is not None}


def _apply_filter(shelf: Warehouse, kind: str, table: ir.Table, name: str, wanted: str) -> ir.Table:
    if name not in table.columns:
        raise CannotDo(
            Words(
                "{source} does not say the {column}, so nothing can be told by it.",
                source=shelf.source(kind).words(),
                column=FILTER_NAMES[name],
            )
        )
    if name == "category":
        table = add_category(shelf, table)
    return table.filter(table[name].lower() == wanted.lower())


def _filter_segment(shelf: Warehouse, table: ir.Table, segment: str) -> ir.Table:
    people = shelf.table("consents")
    if people is None:
        raise CannotDo(NO_SEGMENTS)
    inside = people.filter(people.segment.lower() == segment.lower())
    person = "customer" if "customer" in table.columns else "visitor"
    return table.semi_join(inside, table[person] == inside.customer)


PLACE_FILTERS = ("country", "region", "device", "source", "channel")
PRODUCT_FILTERS = ("product", "category", "brand")
DAY_FILTERS = ("since", "until")
FILTERS_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "segments": ("product", "category", "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "behaviour": ("product", "category", "words", "days", *PLACE_FILTERS, *DAY_FILTERS),
    "feedback": (
        *PRODUCT_FILTERS,
        "segment",
        "channel",
        "country",
        "region",
        "language",
        *DAY_FILTERS,
    ),
    "trends": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "funnel": (*PRODUCT_FILTERS, "segment", "country", "device", "source", "channel", "until"),
    "delivery": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "campaigns": ("product", "channel", *DAY_FILTERS),
    "experiments": ("experiment",),
    "plan": ("rule", "until"),
    "audiences": ("product", "words", "rule"),
    "sellers": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "sold": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
}
KINDS_WITH_CHANNEL = ("feedback", "campaigns")  # the kinds whose rows have a channel of their own
MAX_SUGGESTIONS = 8  # of what is there, told instead
MAX_NEAR_MATCHES = 3


def validate_filter(shelf: Warehouse, kind: str, where: AnalysisFilter) -> AnalysisFilter:
    """The same, with a product's title as its reference. Raises CannotDo for what the kind can't
    be asked by, and for what is not there."""
    asked = [one.name for one in fields(where) if getattr(where, one.name) is not None]
    for name in asked:
        if name not in FILTERS_BY_KIND[kind]:
            raise CannotDo(
                Words(
                    "{kind} can't be narrowed by {name}, but by: {known}.",
                    kind=kind,
                    name=name,
                    known=", ".join(FILTERS_BY_KIND[kind]),
                )
            )
    if where.rule:
        _check_rule(where.rule)
    table = shelf.table(TABLES_BY_KIND[kind][0])
    if table is None:
        return where
    for name in ("category", *PLACE_FILTERS):
        if (wanted := getattr(where, name)) is not None:
            _check_value(shelf, kind, table, name, wanted)
    if where.segment and kind != "segments":
        _check_segment(shelf, table, where.segment)
    if where.product is None:
        return where
    return replace(where, product=_find_product(shelf, TABLES_BY_KIND[kind][0], where.product))


def _check_rule(rule: str) -> None:
    try:
        AudienceRule.model_validate_json(rule)
    except ValueError:
        raise CannotDo(
            Words("rule wants an audience's rule as JSON, as `facts audiences` prints it.")
        ) from None


def _check_value(shelf: Warehouse, kind: str, table: ir.Table, name: str, wanted: str) -> None:
    """Raises CannotDo for a value that no row has, with those that there are."""
    column = "source" if name == "channel" and kind not in KINDS_WITH_CHANNEL else name
    if column not in table.columns:
        return  # the analysis says that it has none
    rows = add_category(shelf, table) if column == "category" else table
    known = rows.filter(rows[column].notnull())
    if fetch_rows(
        shelf, known.filter(known[column].lower() == wanted.lower()).select(column).limit(1)
    ):
        return
    counted = known.group_by(column).aggregate(n=known.count())
    most = fetch_rows(shelf, counted.order_by(ibis.desc("n"), column).limit(MAX_SUGGESTIONS))
    source = shelf.source(TABLES_BY_KIND[kind][0]).words()
    called = FILTER_NAMES.get(column, Words("channel"))
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


def _check_segment(shelf: Warehouse, table: ir.Table, wanted: str) -> None:
    """Raises CannotDo for a segment that neither the customers' file nor the rows name."""
    people = shelf.table("consents")
    named = [one for one in (people, table) if one is not None and "segment" in one.columns]
    known = {row["segment"] for one in named for row in fetch_rows(shelf, _select_named(one))}
    if not known:
        raise CannotDo(NO_SEGMENTS)
    if wanted.lower() not in {one.lower() for one in known}:
        raise CannotDo(
            Words(
                "There is no segment called {wanted}. There are: {known}.",
                wanted=wanted,
                known=", ".join(sorted(known)[:MAX_SUGGESTIONS]),
            )
        )


def _select_named(table: ir.Table) -> ir.Table:
    return table.filter(table.segment.notnull()).select("segment").distinct()


def _find_product(shelf: Warehouse, kind: str, wanted: str) -> str:
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
        if found := fetch_rows(shelf, some):
            return str(found[0]["product"])
        if at < 2 and not called:
            titles = rows.filter(rows["title"].notnull()).select("title").distinct()
            called = {row["title"].lower(): row["title"] for row in fetch_rows(shelf, titles)}
    near = [one for one in called if wanted.lower() in one][:MAX_NEAR_MATCHES]
    near = near or get_close_matches(wanted.lower(), called, MAX_NEAR_MATCHES)
    if not near:
        raise CannotDo(Words("There is no product {name}.", name=wanted))
    raise CannotDo(
        Words(
            "There is no product {name}. Near it: {known}.",
            name=wanted,
            known=", ".join(called[one] for one in near),
        )
    )


# In which currency a kind's amounts are: the one that most rows have.


def list_currencies(shelf: Warehouse, kind: str) -> list[str]:
    """All currencies of a kind, the one with most rows first; amounts are never added across
    them."""
    table = shelf.table(kind)
    if table is None or "currency" not in table.columns:
        return []
    known = table.filter(table.currency.notnull())
    counted = fetch_rows(shelf, known.group_by("currency").aggregate(rows=known.count()))
    return [row["currency"] for row in sorted(counted, key=lambda r: (-r["rows"], r["currency"]))]
