"""What a person may narrow each kind of facts by, and whether what they named is there at all.

An analysis that finds no rows says what rows it would need; that is no answer to a country that
nobody ordered from, or to a product that is called otherwise.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches

import ibis
import ibis.expr.types as ir

from bot.audience import Rule
from bot.errors import CannotDo
from bot.evidence import source_named
from bot.library.asking import READS
from bot.library.findings import Where
from bot.library.narrow import NAMES, NO_SEGMENTS, with_category
from bot.library.read import rows_of
from bot.library.shelf import Shelf
from bot.words import Words

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
