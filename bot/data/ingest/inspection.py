"""Files that complete each other: orders and their lines, read as one table of lines.

Shops that keep orders and lines apart export them apart: one file says when and who, the other
what and for how much. What else is given and names a customer or a product once (its region, its
category) is joined to it.
"""

import hashlib
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from bot.data.ingest import FileSchema, detect_schema
from bot.data.ingest.column_names import (
    ColumnMatch,
    guess_kind,
    is_complete,
    match_columns,
    normalize_column_name,
)
from bot.data.ingest.file_format import FileLayout, inspect_format, layout_under_header
from bot.data.ingest.file_schema import DateOrder, DecimalSign, ImportOptions
from bot.data.ingest.header import classify_order_file
from bot.data.ingest.header_detection import find_header, read_column_names, split_tables
from bot.data.ingest.source import open_source, quote_name, quote_text
from bot.data.ingest.upload import TableFile
from bot.data.ingest.workbook import describe_sheets
from bot.errors import CannotDo
from bot.i18n.messages import Words

AMOUNT_COLUMNS = ("amount", "unit_price", "line_discount", "quantity")
JOINABLE_KINDS = (
    "consents",
    "products",
)  # files that may complete orders and be taken in by themselves


@dataclass(frozen=True)
class OrderFile:
    """One file that is given, by its columns."""

    part: TableFile
    shape: FileLayout
    match: ColumnMatch  # as orders
    kind: str | None  # what it is by itself
    sheets: tuple[Words, ...] = ()  # what was made of the other sheets of a workbook


@dataclass(frozen=True)
class JoinedTable:
    """One table in `path` (Parquet, texts as they were), made of the files in `used`."""

    path: Path
    name: str
    used: frozenset[TableFile]
    messages: tuple[Words, ...]


def join_order_files(
    parts: Collection[TableFile], folder: Path, column_names: Mapping[str, str]
) -> JoinedTable | None:
    """The orders and their lines among these files, in one; None when there is not one of each.
    Raises CannotDo when no line names one of the orders. Writes into `folder` alone."""
    files = [half for part in parts if (half := _inspect_file(part, column_names)) is not None]
    halves = [one for one in files if one.kind is None]
    orders = [one for one in halves if classify_order_file(one.match) == "orders"]
    lines = [one for one in halves if classify_order_file(one.match) == "lines"]
    if len(orders) != 1 or len(lines) != 1:
        return None
    rest = [one for one in files if one not in (*orders, *lines)]
    beside = [one for one in rest if one.kind is None or one.kind in JOINABLE_KINDS]
    with duckdb.connect() as con:
        return _join_tables(con, folder, orders[0], lines[0], beside)


def order_file_side(part: TableFile) -> str | None:
    """Whether a file holds the orders ("orders") or their lines ("lines") of a shop that exports
    them apart; None for any other file."""
    file = _inspect_file(part, {})
    return classify_order_file(file.match) if file and file.kind is None else None


def is_standalone(part: TableFile) -> bool:
    """Whether a file can be taken in by itself, by its columns."""
    file = _inspect_file(part, {})
    return file is not None and file.kind is not None


def _inspect_file(part: TableFile, column_names: Mapping[str, str]) -> OrderFile | None:
    path = part.path
    try:
        file = inspect_format(path, path.name)
        head = find_header(path, file, path.name, column_names, None, part.sheets)
    except CannotDo:
        return None  # by itself it says why
    alone = guess_kind(head.names, path.name, column_names, None)
    kind = alone.kind if is_complete(alone) else None
    found, messages = (
        match_columns("orders", head.names, column_names),
        tuple(describe_sheets(head)),
    )
    return OrderFile(part, layout_under_header(head, file), found, kind, messages)


def _join_tables(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    orders: OrderFile,
    lines: OrderFile,
    beside: Sequence[OrderFile],
) -> JoinedTable:
    left, right = _keyed_rows_sql(lines, folder), _keyed_rows_sql(orders, folder)
    sides = f"FROM {left} l JOIN {right} o ON l.ours = o.ours"
    names = [one for one in dict.fromkeys(lines.shape.names) if one]
    more = _new_columns(names, orders.shape.names)
    chosen = [f"l.{quote_name(n)}" for n in names] + [f"o.{quote_name(n)}" for n in more]
    names += more
    messages, used = [_count_matches(con, folder, orders, lines)], {orders.part, lines.part}
    about = [*orders.sheets, *lines.sheets]
    for at, one in enumerate(beside):
        if (key := _find_shared_key(con, names, one, folder)) is None:
            continue
        owner = "l" if key in lines.shape.names else "o"
        by = f"{owner}.{quote_name(key)} = b{at}.{quote_name(key)}"
        sides += f" LEFT JOIN {_copy_rows(one, folder)} b{at} ON {by}"
        fresh = _order_columns(names, one)
        chosen += [f"b{at}.{quote_name(n)}" for n in fresh]
        names += fresh
        used.add(one.part)
        about += one.sheets
        messages.append(Words("{file} completes it, by {column}.", file=one.part.name, column=key))
    path = folder / f"{orders.part.path.stem}+{lines.part.path.stem}.parquet"
    rows = f"SELECT {', '.join(chosen)} {sides} ORDER BY l.n"
    con.execute(f"COPY ({rows}) TO {quote_text(path)} (FORMAT parquet)")
    name = f"{orders.part.name} + {lines.part.name}"
    messages += [words for at, words in enumerate(about) if words not in about[:at]]
    return JoinedTable(path, name, frozenset(used), tuple(messages))


def _count_matches(
    con: duckdb.DuckDBPyConnection, folder: Path, orders: OrderFile, lines: OrderFile
) -> Words:
    """How much of both finds the other. Raises CannotDo when nothing does."""
    ones, others = _keyed_rows_sql(lines, folder), _keyed_rows_sql(orders, folder)
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


def _keyed_rows_sql(half: OrderFile, folder: Path) -> str:
    """The file's rows with the number of their order as `ours`."""
    order = quote_name(half.shape.names[half.match.columns["order"]])
    return f"(SELECT *, trim({order}) AS ours FROM {_copy_rows(half, folder)})"


def _copy_rows(half: OrderFile, folder: Path) -> str:
    """The file's rows as Parquet under their own names, with n; as SQL for FROM."""
    named = hashlib.sha256(repr(half.part).encode()).hexdigest()[:16]
    path = folder / f"{named}.cells.parquet"
    if not path.exists():
        kept: dict[str, int] = {}
        for place, name in enumerate(half.shape.names):
            if name:
                kept.setdefault(name, place)
        cells = ", ".join(f"c{place} AS {quote_name(name)}" for name, place in kept.items())
        with open_source(half.part.path, half.part.path.name, half.shape) as source:
            rows = f"SELECT n, {cells} FROM {source.relation}"
            source.con.execute(f"COPY ({rows}) TO {quote_text(path)} (FORMAT parquet)")
    return quote_text(path)


def _new_columns(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Those of the others that say something else: not the same name twice."""
    has = {normalize_column_name(name) for name in names}
    return [
        one
        for one in dict.fromkeys(others)
        if one and normalize_column_name(one) not in has and one != "n"
    ]


def _order_columns(names: Sequence[str], beside: OrderFile) -> list[str]:
    """What such a file says of orders: never what one was worth. A catalogue's price is what a
    thing costs now, and not what was paid for two of it."""
    found = {**beside.match.columns, **beside.match.aids}
    worth = {beside.shape.names[found[ours]] for ours in AMOUNT_COLUMNS if ours in found}
    return [one for one in _new_columns(names, beside.shape.names) if one not in worth]


def _find_shared_key(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], half: OrderFile, folder: Path
) -> str | None:
    """The column that the file shares with the orders, naming each thing once; None when there is
    none, or when the file says nothing that orders hold."""
    fresh = _order_columns(names, half)
    gained = match_columns("orders", [*names, *fresh], {})
    before = match_columns("orders", list(names), {})
    says = set(gained.columns) - set(before.columns)
    person = gained.columns.get("customer", 0) >= len(names)  # a better name of who bought
    if not says and not person:
        return None
    rows = _copy_rows(half, folder)
    for name in names:
        if name in half.shape.names:
            once = con.execute(
                f"SELECT count(*) = count(DISTINCT {quote_name(name)}) AND count(*) > 0 FROM {rows}"
            ).fetchall()[0][0]
            if once:
                return name
    return None


# What the files given to `import` are: each by itself, or those that complete each other.


@dataclass(frozen=True)
class InspectedTable:
    """A table that can be taken in. `messages` is what was done to make it of several."""

    part: TableFile
    found: FileSchema
    messages: tuple[Words, ...] = ()


@dataclass(frozen=True)
class ImportRequest:
    """What was said of the files: see `Said`."""

    kind: str | None = None
    column_names: Mapping[str, str] | None = None
    currency: str | None = None
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    sheets: tuple[str, ...] = ()
    several: bool = False  # said of several tables: each has some of the columns

    @classmethod
    def of(cls, said: ImportOptions) -> "ImportRequest":
        return cls(said.kind, said.called, said.currency, said.dates, said.decimal, said.sheets)

    def split(self, path: Path) -> list[TableFile]:
        """What of a file is read as one table each."""
        if self.sheets:
            return [TableFile(path, self.sheets)]
        return split_tables(path, self.column_names or {}, self.kind)

    def among(self, parts: Sequence[TableFile]) -> "ImportRequest":
        """What was said of these tables together: of several, each has some of the columns that
        were named. Raises CannotDo for one that none has."""
        column_names = self.column_names or {}
        if len(parts) < 2:
            return self
        has = {
            normalize_column_name(one)
            for p in parts
            for one in read_column_names(p, column_names, self.kind)
        }
        if gone := [one for one in column_names if normalize_column_name(one) not in has]:
            raise CannotDo(
                Words(
                    "None of these tables has a column {column}: {files}.",
                    column=gone[0],
                    files=", ".join(part.name for part in parts),
                )
            )
        return replace(self, several=True)

    def understand(self, path: Path, name: str, sheets: Sequence[str] = ()) -> FileSchema:
        return detect_schema(
            path,
            name=name,
            kind=self.kind,
            column_names=self.column_names,
            currency=self.currency,
            dates=self.dates,
            decimal=self.decimal,
            sheets=sheets,
            several=self.several,
        )


def inspect_files(
    paths: Sequence[Path], folder: Path, request: ImportRequest
) -> tuple[list[InspectedTable], list[tuple[Path, CannotDo]]]:
    """The tables that can be taken in, in the order given, and why the others can't. Orders and
    their lines in two files, or two sheets, become one, written into `folder`."""
    seen: list[InspectedTable] = []
    hopeless: list[tuple[TableFile, CannotDo]] = []
    every = [part for path in paths for part in request.split(path)]
    request = request.among(every)
    for part in every:
        try:
            found = request.understand(part.path, part.name, part.sheets)
            seen.append(InspectedTable(part, found))
        except CannotDo as why:
            hopeless.append((part, why))
    alone = request.kind in (None, "orders") and len(hopeless) > 1
    books = tuple(_describe_workbooks(every)) if not request.sheets else ()
    joined = join_order_files(every, folder, request.column_names or {}) if alone else None
    if joined is not None:
        whole = request.understand(joined.path, joined.name)
        seen.insert(0, InspectedTable(TableFile(joined.path), whole, joined.messages))
        hopeless = [(part, why) for part, why in hopeless if part not in joined.used]
    if seen and books:
        seen[0] = replace(seen[0], messages=(*books, *seen[0].messages))
    return seen, [(part.path, why) for part, why in hopeless]


def _describe_workbooks(every: Sequence[TableFile]) -> Iterator[Words]:
    """What each workbook of several tables holds."""
    for path in dict.fromkeys(part.path for part in every if part.sheets):
        some = [", ".join(part.sheets) for part in every if part.path == path]
        yield Words(
            "{file} holds {n} tables: {tables}. To have one alone, name its sheet: --sheet {sheet}",
            file=path.name,
            n=len(some),
            tables="; ".join(some),
            sheet=shlex.quote(some[0].split(", ")[0]),
        )
