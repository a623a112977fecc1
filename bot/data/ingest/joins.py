"""Files that complete each other: orders and their lines, read as one table of lines.

Shops that keep orders and lines apart export them apart: one file says when and who, the other
what and for how much. What else is given and names a customer or a product once (its region, its
category) is joined to it.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bot.data.ingest.column_names import Match, complete, guess, match, spoken
from bot.data.ingest.file_format import look
from bot.data.ingest.find_header import find_head
from bot.data.ingest.header import side
from bot.data.ingest.layout import Shape, shape_under
from bot.data.ingest.source import literal, opened, quoted
from bot.data.ingest.upload import TableFile
from bot.data.ingest.workbook import about_sheets
from bot.errors import CannotDo
from bot.i18n.messages import Words

WORTH = ("amount", "unit_price", "line_discount", "quantity")
BESIDE = ("consents", "products")  # files that may complete orders and be taken in by themselves


@dataclass(frozen=True)
class Half:
    """One file that is given, by its columns."""

    part: TableFile
    shape: Shape
    match: Match  # as orders
    kind: str | None  # what it is by itself
    sheets: tuple[Words, ...] = ()  # what was made of the other sheets of a workbook


@dataclass(frozen=True)
class Joined:
    """One table in `path` (Parquet, texts as they were), made of the files in `used`."""

    path: Path
    name: str
    used: frozenset[TableFile]
    told: tuple[Words, ...]


def together(
    parts: Collection[TableFile], folder: Path, called: Mapping[str, str]
) -> Joined | None:
    """The orders and their lines among these files, in one; None when there is not one of each.
    Raises CannotDo when no line names one of the orders. Writes into `folder` alone."""
    files = [half for part in parts if (half := _looked_at(part, called)) is not None]
    halves = [one for one in files if one.kind is None]
    orders = [one for one in halves if side(one.match) == "orders"]
    lines = [one for one in halves if side(one.match) == "lines"]
    if len(orders) != 1 or len(lines) != 1:
        return None
    rest = [one for one in files if one not in (*orders, *lines)]
    beside = [one for one in rest if one.kind is None or one.kind in BESIDE]
    with duckdb.connect() as con:
        return _join(con, folder, orders[0], lines[0], beside)


def half(part: TableFile) -> str | None:
    """Whether a file holds the orders ("orders") or their lines ("lines") of a shop that exports
    them apart; None for any other file."""
    file = _looked_at(part, {})
    return side(file.match) if file and file.kind is None else None


def stands_alone(part: TableFile) -> bool:
    """Whether a file can be taken in by itself, by its columns."""
    file = _looked_at(part, {})
    return file is not None and file.kind is not None


def _looked_at(part: TableFile, called: Mapping[str, str]) -> Half | None:
    path = part.path
    try:
        file = look(path, path.name)
        head = find_head(path, file, path.name, called, None, part.sheets)
    except CannotDo:
        return None  # by itself it says why
    alone = guess(head.names, path.name, called, None)
    kind = alone.kind if complete(alone) else None
    found, told = match("orders", head.names, called), tuple(about_sheets(head))
    return Half(part, shape_under(head, file), found, kind, told)


def _join(
    con: duckdb.DuckDBPyConnection, folder: Path, orders: Half, lines: Half, beside: Sequence[Half]
) -> Joined:
    sides = f"FROM {_side(lines, folder)} l JOIN {_side(orders, folder)} o ON l.ours = o.ours"
    names = [one for one in dict.fromkeys(lines.shape.names) if one]
    more = _new(names, orders.shape.names)
    chosen = [f"l.{quoted(n)}" for n in names] + [f"o.{quoted(n)}" for n in more]
    names += more
    told, used = [_counted(con, folder, orders, lines)], {orders.part, lines.part}
    about = [*orders.sheets, *lines.sheets]
    for at, one in enumerate(beside):
        if (key := _key(con, names, one, folder)) is None:
            continue
        owner = "l" if key in lines.shape.names else "o"
        by = f"{owner}.{quoted(key)} = b{at}.{quoted(key)}"
        sides += f" LEFT JOIN {_copied(one, folder)} b{at} ON {by}"
        fresh = _told(names, one)
        chosen += [f"b{at}.{quoted(n)}" for n in fresh]
        names += fresh
        used.add(one.part)
        about += one.sheets
        told.append(Words("{file} completes it, by {column}.", file=one.part.name, column=key))
    path = folder / f"{orders.part.path.stem}+{lines.part.path.stem}.parquet"
    rows = f"SELECT {', '.join(chosen)} {sides} ORDER BY l.n"
    con.execute(f"COPY ({rows}) TO {literal(path)} (FORMAT parquet)")
    name = f"{orders.part.name} + {lines.part.name}"
    told += [words for at, words in enumerate(about) if words not in about[:at]]
    return Joined(path, name, frozenset(used), tuple(told))


def _counted(con: duckdb.DuckDBPyConnection, folder: Path, orders: Half, lines: Half) -> Words:
    """How much of both finds the other. Raises CannotDo when nothing does."""
    ones, others = _side(lines, folder), _side(orders, folder)
    found, lost, alone = con.execute(
        f"SELECT (SELECT count(*) FROM {ones} SEMI JOIN {others} USING (ours)), "
        f"(SELECT count(*) FROM {ones} ANTI JOIN {others} USING (ours)), "
        f"(SELECT count(*) FROM {others} ANTI JOIN {ones} USING (ours))"
    ).fetchall()[0]
    if not found:
        raise CannotDo(
            Words(
                "No line of {lines} belongs to an order of {orders}: their order numbers differ.",
                lines=lines.part.name,
                orders=orders.part.name,
            )
        )
    names = {"orders": orders.part.name, "lines": lines.part.name}
    if not alone and not lost:
        return Words(
            "{orders} and {lines} are read as one: {rows} lines, and each finds its other half.",
            rows=found,
            **names,
        )
    return Words(
        "{orders} and {lines} are read as one: {rows} lines. Left out: {alone}, {lost}.",
        rows=found,
        alone=Words.count("{n} order without a line", "{n} orders without a line", alone),
        lost=Words.count("{n} line without an order", "{n} lines without an order", lost),
        **names,
    )


def _side(half: Half, folder: Path) -> str:
    """The file's rows with the number of their order as `ours`."""
    order = quoted(half.shape.names[half.match.columns["order"]])
    return f"(SELECT *, trim({order}) AS ours FROM {_copied(half, folder)})"


def _copied(half: Half, folder: Path) -> str:
    """The file's rows as Parquet under their own names, with n; as SQL for FROM."""
    named = hashlib.sha256(repr(half.part).encode()).hexdigest()[:16]
    path = folder / f"{named}.cells.parquet"
    if not path.exists():
        kept: dict[str, int] = {}
        for place, name in enumerate(half.shape.names):
            if name:
                kept.setdefault(name, place)
        cells = ", ".join(f"c{place} AS {quoted(name)}" for name, place in kept.items())
        with opened(half.part.path, half.part.path.name, half.shape) as source:
            rows = f"SELECT n, {cells} FROM {source.relation}"
            source.con.execute(f"COPY ({rows}) TO {literal(path)} (FORMAT parquet)")
    return literal(path)


def _new(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Those of the others that say something else: not the same name twice."""
    has = {spoken(name) for name in names}
    return [one for one in dict.fromkeys(others) if one and spoken(one) not in has and one != "n"]


def _told(names: Sequence[str], beside: Half) -> list[str]:
    """What such a file says of orders: never what one was worth. A catalogue's price is what a
    thing costs now, and not what was paid for two of it."""
    found = {**beside.match.columns, **beside.match.aids}
    worth = {beside.shape.names[found[ours]] for ours in WORTH if ours in found}
    return [one for one in _new(names, beside.shape.names) if one not in worth]


def _key(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], half: Half, folder: Path
) -> str | None:
    """The column that the file shares with the orders, naming each thing once; None when there is
    none, or when the file says nothing that orders hold."""
    fresh = _told(names, half)
    gained = match("orders", [*names, *fresh], {})
    before = match("orders", list(names), {})
    says = set(gained.columns) - set(before.columns)
    person = gained.columns.get("customer", 0) >= len(names)  # a better name of who bought
    if not says and not person:
        return None
    rows = _copied(half, folder)
    for name in names:
        if name in half.shape.names:
            once = con.execute(
                f"SELECT count(*) = count(DISTINCT {quoted(name)}) AND count(*) > 0 FROM {rows}"
            ).fetchall()[0][0]
            if once:
                return name
    return None
