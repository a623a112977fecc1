"""Looks at a file and says what it is: its kind, its columns, how its numbers are written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from bot.data.ingest import diagnosis
from bot.data.ingest.assembly import assembled, currency_of
from bot.data.ingest.assumptions import about_lines
from bot.data.ingest.cells import prepare
from bot.data.ingest.column_names import PRODUCTS, Match, complete, guess, spoken
from bot.data.ingest.column_proof import Proof, prove
from bot.data.ingest.file_format import look
from bot.data.ingest.file_schema import Dates, Said, Sign, Understood
from bot.data.ingest.find_header import find_head
from bot.data.ingest.header import by_number
from bot.data.ingest.layout import shape_under
from bot.data.ingest.products import understood_products
from bot.data.ingest.rejects import Reject
from bot.data.ingest.sampling import sample, unreadable_columns
from bot.data.ingest.source import opened, unreadable
from bot.data.ingest.workbook import about_sheets
from bot.data.schema import kinds
from bot.errors import ANYHOW, CannotDo
from bot.i18n.messages import Words

PER_PIECE = {spoken(name) for name in ("price", "prix", "item price", "prix total ht")}


def understand(
    path: Path,
    *,
    name: str,
    kind: str | None = None,
    called: Mapping[str, str] | None = None,
    currency: str | None = None,
    dates: Dates | None = None,
    decimal: Sign | None = None,
    sheets: Sequence[str] = (),
    several: bool = False,
) -> Understood:
    """How a file can be read. `name` is what the file is called where people see it; the others
    settle what it would else be guessed to be: see `Said`. Where it is one of `several` tables,
    `called` may name columns of the others as well.

    Kind "products" is possible: the caller then uses `catalogue_of` in `bot.data.ingest.products`.
    Raises CannotDo with one clear sentence for a hopeless file. Nothing is written.
    """
    diagnosis.check_asked(kind, called or {}, currency)
    try:
        file = look(path, name)
        head = find_head(path, file, name, called or {}, kind, sheets)
    except CannotDo as no:
        why = no.words
        told = {**why.params, ANYHOW: "yes"}
        raise CannotDo(Words(why.text, many=why.many, params=told)) from None
    given = _given(name, called or {}, head.names, several)
    said = Said(kind=kind, called=given, currency=currency, dates=dates, decimal=decimal)
    if len(head.names) > MOST_COLUMNS:
        raise CannotDo(
            Words(
                "{file} has {n} columns; I read up to {most}. Leave out those that say nothing.",
                file=name,
                n=len(head.names),
                most=MOST_COLUMNS,
            )
        )
    match = guess(head.names, name, given, kind)
    if not complete(match):
        if head.first:
            raise diagnosis.no_names(name, head.first, given)
        raise diagnosis.not_understood(name, head.names, match, kind)
    match = _settled(match, head.names)
    shape = shape_under(head, file)
    about = (*about_sheets(head), *about_lines(head.above, head.first))
    if match.kind == PRODUCTS:
        found = understood_products(path, name, shape, file, said)
        return found.model_copy(update={"assumed": (*about, *found.assumed)})
    try:
        with opened(path, name, shape) as source:
            prepare(source.con, b"")
            proof = prove(source, match, head, said)
            if not proof.rows:
                place = source.place
                faults = [Reject(place(f.line), "", f.reason, f.raw) for f in source.faults]
                raise diagnosis.no_rows(name, faults)
            match = _without_people(match, proof)
            proof = _as_there(proof, currency or currency_of(match, head.names, proof))
            found = assembled(name, match, shape, file, proof, said)
            found = found.model_copy(update={"assumed": (*about, *found.assumed)})
            found = _readable(found, source.con, source.relation, name)
            return found.model_copy(update={"sample": sample(source.con, source.relation, found)})
    except duckdb.Error as error:
        raise unreadable(name, path, error) from None


def _given(
    name: str, called: Mapping[str, str], names: Sequence[str], several: bool
) -> dict[str, str]:
    """What was said of the columns that this file has. Raises CannotDo for another, unless it may
    be one of several tables."""
    if several:
        has = {spoken(one) for one in names}
        return {theirs: ours for theirs, ours in called.items() if spoken(theirs) in has}
    given = by_number(called, names)
    diagnosis.check_given(name, given, names)
    return given


def _settled(match: Match, names: tuple[str, ...]) -> Match:
    """An order's price is that of a piece where pieces are counted; so is Shopify's line price."""
    if match.kind != "orders" or "quantity" not in match.columns:
        return match
    columns, aids = dict(match.columns), dict(match.aids)
    unit = names[aids["unit_price"]] if "unit_price" in aids else ""
    if "amount" in columns:
        if spoken(unit).startswith("lineitem"):
            del columns["amount"]  # the order's total, on its first line only
        elif not unit and spoken(names[columns["amount"]]) in PER_PIECE:
            aids["unit_price"] = columns.pop("amount")
    return replace(match, columns=columns, aids=aids)


def _as_there(proof: Proof, currency: str | None) -> Proof:
    """Days first where nothing proves the order and the money is not America's, or the decimal
    mark is a comma, proved or as such files have it: nearly everywhere but there."""
    if proof.order.proved or not (proof.decimal == "," or currency not in MONTH_FIRST):
        return proof
    return replace(proof, order=replace(proof.order, day_first=True))


def _without_people(match: Match, proof: Proof) -> Match:
    """Columns whose cells are addresses, whatever they are called, are somebody's."""
    columns, personal = dict(match.columns), dict(match.personal)
    for place, what in proof.addresses.items():
        ours = next((ours for ours, at in columns.items() if at == place), None)
        if ours is not None and kinds()[match.kind].columns[ours].type != "person":
            if (match.kind, ours) in (("feedback", "text"), ("campaigns", "text")):
                continue
            del columns[ours]
        personal.setdefault(place, what)
    return replace(match, columns=columns, personal=personal)


MOST_COLUMNS = 300  # more take the engine minutes
MONTH_FIRST = (None, "USD", "CAD")


def _readable(
    found: Understood, con: duckdb.DuckDBPyConnection, relation: str, name: str
) -> Understood:
    """Without optional columns that mostly can't be read; a needed one makes the file hopeless."""
    assumed, columns, ignored = list(found.assumed), list(found.columns), list(found.ignored)
    for one, cell in unreadable_columns(con, relation, found):
        kind = kinds()[found.kind]
        if one.ours in kind.columns and kind.columns[one.ours].needed:
            raise diagnosis.no_values(name, one, cell, kind.columns[one.ours].type)
        columns.remove(one)
        ignored.append(one.theirs)
        assumed.append(
            Words(
                "{column} is left out: what it says (“{cell}”) can't be read as {ours}.",
                column=one.theirs,
                cell=cell[:40],
                ours=one.ours.replace("_", " "),
            )
        )
    update = {"columns": tuple(columns), "ignored": tuple(ignored), "assumed": tuple(assumed)}
    return found.model_copy(update=update)
