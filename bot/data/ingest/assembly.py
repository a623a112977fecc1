"""What was found of a file, put together as it is shown and stored: which of its columns becomes
which of ours, which are left out, and what a person may say otherwise.

Columns about persons are named here only to say that they are dropped or kept apart.
"""

from collections.abc import Iterator

from bot.data.catalogue.cells import CURRENCIES, currency_in
from bot.data.ingest.assumptions import assumptions, nameless
from bot.data.ingest.column_names import Match
from bot.data.ingest.column_proof import Proof
from bot.data.ingest.file_format import Opened
from bot.data.ingest.file_schema import Address, Doubt, Mapped, Said, Understood
from bot.data.ingest.layout import Shape
from bot.data.schema import kinds

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
MONEY = {"amount", "unit_price", "price", "spend", "sales", "budget", "value"}


def assembled(
    name: str, match: Match, shape: Shape, file: Opened, proof: Proof, told: Said
) -> Understood:
    """All of it as one. Its sample and what is assumed of its form are still to come."""
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
    said = told.currency or currency_of(match, names, proof)
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


def currency_of(match: Match, names: tuple[str, ...], proof: Proof) -> str | None:
    """What an amount's name or cells say: `Amount spent (EUR)`, `12,50 €`."""
    money = [names[at] for ours, at in (match.columns | match.aids).items() if ours in MONEY]
    said = next((found for one in money if (found := currency_in(one.replace("_", " ")))), None)
    return said or (proof.currency if proof.currency in CURRENCIES else None)
