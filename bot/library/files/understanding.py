"""Looks at a file and says what it is: its kind, its columns, how its numbers are written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from bot.errors import CannotDo
from bot.library.catalogue.amounts import CURRENCIES, currency_in
from bot.library.files import hopeless
from bot.library.files.assumed import about_lines, assumptions, nameless
from bot.library.files.cells import prepare
from bot.library.files.goods import understood_products
from bot.library.files.headless import by_number
from bot.library.files.heads import find_head
from bot.library.files.names import PRODUCTS, Match, complete, guess, spoken
from bot.library.files.opening import Opened, look
from bot.library.files.proving import Proof, prove
from bot.library.files.rejecting import Reject
from bot.library.files.sampling import sample, unreadable_columns
from bot.library.files.shape import Shape, shape_under
from bot.library.files.sheets import about_sheets
from bot.library.files.source import opened, unreadable
from bot.library.files.understood import Address, Dates, Doubt, Mapped, Said, Sign, Understood
from bot.library.kinds import kinds
from bot.words import Words

HOW = {
    "text": "as it is",
    "key": "reference",
    "person": "keyed",
    "whole": "number",
    "money": "amount",
    "number": "number",
    "day": "date",
    "moment": "time",
    "yes": "yes/no",
}
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
) -> Understood:
    """How a file can be read. `name` is what the file is called where people see it; the others
    settle what it would else be guessed to be: see `Said`.

    Kind "products" is possible: the caller then uses `catalogue_of` in `bot.library.files.goods`.
    Raises CannotDo with one clear sentence for a hopeless file. Nothing is written.
    """
    hopeless.check_asked(kind, called or {}, currency)
    file = look(path, name)
    head = find_head(path, file, name, called or {}, kind, sheets)
    given = by_number(called or {}, head.names)
    hopeless.check_given(name, given, head.names)
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
            raise hopeless.no_names(name, head.first, given)
        raise hopeless.not_understood(name, head.names, match, kind)
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
                raise hopeless.no_rows(name, faults)
            match = _without_people(match, proof)
            proof = _as_there(proof, currency or _currency(match, head.names, proof))
            found = _understood(name, match, shape, file, proof, said)
            found = found.model_copy(update={"assumed": (*about, *found.assumed)})
            found = _readable(found, source.con, source.relation, name)
            return found.model_copy(update={"sample": sample(source.con, source.relation, found)})
    except duckdb.Error:
        raise unreadable(name) from None


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


def _understood(
    name: str, match: Match, shape: Shape, file: Opened, proof: Proof, told: Said
) -> Understood:
    names, apart = shape.names, match.kind == "consents"
    mapped = [_mapped(match.kind, ours, at, names, proof) for ours, at in match.columns.items()]
    mapped += [_aid(match, aid, at, names) for aid, at in match.aids.items()]
    mapped += [
        Mapped(theirs=names[at], ours="value", how="a metric", place=at, metric=metric)
        for metric, at in match.metrics.items()
    ]
    taken = match.used()
    addresses: list[tuple[int, Address]] = []
    for at, what in sorted(match.personal.items()):
        if apart and (what == "email" or what == "phone"):
            addresses.append((at, "email" if what == "email" else "phone"))
    own = match.columns.get("customer")
    if apart and own is not None and own not in match.personal:  # an address is no id
        addresses.insert(0, (own, "id"))
    held = {at for at, _ in addresses}
    dropped = [names[at] for at in sorted(match.personal) if at not in held and at not in taken]
    rest = [n for at, n in enumerate(names) if n and at not in taken and at not in match.personal]
    said = told.currency or _currency(match, names, proof)
    return Understood(
        name=name,
        kind=match.kind,
        format=shape.format,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        sheet=shape.sheet,
        stacked=shape.stacked,
        header_line=shape.header_line,
        names=names,
        decimal=proof.decimal,
        marks=dict(proof.marks),
        day_first=proof.order.day_first,
        year_first=proof.order.year_first,
        iso=proof.order.iso,
        currency=said,
        signed=proof.signed,
        sha256=file.sha256,
        size=file.size,
        columns=tuple(sorted(mapped, key=lambda one: one.place)),
        kept_apart=tuple(names[at] for at, _ in addresses),
        apart=tuple(addresses),
        dropped=tuple(dropped),
        ignored=tuple(rest),
        rows=proof.rows,
        lines=shape.lines,
        said=told,
        unproved=tuple(_unproved(proof, nameless(match, said) and not proof.signed)),
        assumed=tuple(assumptions(match, names, proof, said, told.currency)),
    )


def _unproved(proof: Proof, nameless: bool) -> Iterator[Doubt]:
    """What a person may say otherwise."""
    if not proof.order.proved or proof.order.clashes:
        yield "dates"
    if proof.doubtful:
        yield "decimal"
    if nameless:
        yield "currency"


def _mapped(kind: str, ours: str, at: int, names: tuple[str, ...], proof: Proof) -> Mapped:
    how = {"step": "step", "status": "status"}.get(ours) or HOW[kinds()[kind].columns[ours].type]
    scale = proof.rating_scale if ours == "rating" else 1.0
    return Mapped(theirs=names[at], ours=ours, how=how, place=at, scale=scale)


def _aid(match: Match, aid: str, at: int, names: tuple[str, ...]) -> Mapped:
    hows = {"time": "time", "unit_price": "a factor", "line_discount": "a factor"}
    return Mapped(theirs=names[at], ours=aid, how=hows.get(aid, "part of a text"), place=at)


def _currency(match: Match, names: tuple[str, ...], proof: Proof) -> str | None:
    """What an amount's name or cells say: `Amount spent (EUR)`, `12,50 €`."""
    money = [names[at] for ours, at in (match.columns | match.aids).items() if ours in MONEY]
    said = next((found for one in money if (found := currency_in(one.replace("_", " ")))), None)
    return said or (proof.currency if proof.currency in CURRENCIES else None)


MOST_COLUMNS = 300  # more take the engine minutes
MONTH_FIRST = (None, "USD", "CAD")
MONEY = {"amount", "unit_price", "price", "spend", "sales", "budget", "value"}


def _readable(
    found: Understood, con: duckdb.DuckDBPyConnection, relation: str, name: str
) -> Understood:
    """Without optional columns that mostly can't be read; a needed one makes the file hopeless."""
    assumed, columns, ignored = list(found.assumed), list(found.columns), list(found.ignored)
    for one, cell in unreadable_columns(con, relation, found):
        kind = kinds()[found.kind]
        if one.ours in kind.columns and kind.columns[one.ours].needed:
            raise hopeless.no_values(name, one, cell, kind.columns[one.ours].type)
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
