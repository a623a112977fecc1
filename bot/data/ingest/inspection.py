"""Reads several files together: orders and their lines are joined into one table of lines.

Some shops export orders (date, customer) and order lines (product, amount) in separate files. Other
files that name a customer or a product once (its region, its category) are joined to them.
"""

import hashlib
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from bot.data.ingest.column_names import (
    ColumnMatch,
    is_complete,
    match_columns,
    normalize_column_name,
)
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileLayout, FileSchema, ImportOptions, inspect_format
from bot.data.ingest.header import (
    classify_order_file,
    describe_sheets,
    find_header,
    layout_under_header,
    read_column_names,
    split_tables,
)
from bot.data.ingest.source import open_source, quote_name
from bot.data.ingest.tool_exports import recognize_columns
from bot.data.ingest.upload import TableFile
from bot.data.warehouse.parquet import quote_text
from bot.errors import CannotDo
from bot.i18n.messages import Words

AMOUNT_COLUMNS = ("amount", "unit_price", "line_discount", "quantity")
# Files of these kinds may complete orders, and can be imported alone too.
JOINABLE_KINDS = ("consents", "customers", "products")


@dataclass(frozen=True)
class OrderFile:
    """One of the given files, by its columns."""

    part: TableFile
    shape: FileLayout
    match: ColumnMatch  # as orders
    kind: str | None  # its kind when it is read alone
    sheets: tuple[Words, ...] = ()  # how the sheets of a workbook were combined


@dataclass(frozen=True)
class JoinedTable:
    """One table in `path` (Parquet, all text), made of the files in `used`. `messages` describe
    how."""

    path: Path
    name: str
    used: frozenset[TableFile]
    messages: tuple[Words, ...]


def join_order_files(
    parts: Collection[TableFile], folder: Path, column_names: Mapping[str, str]
) -> JoinedTable | None:
    """Join the orders and their lines among these files. Return None when there is not exactly one
    file of each. Raises CannotDo when no line belongs to any of the orders. Writes into `folder`
    only."""
    files = [half for part in parts if (half := _inspect_file(part, column_names)) is not None]
    halves = [one for one in files if one.kind is None]
    orders = [one for one in halves if classify_order_file(one.match) == "orders"]
    lines = [one for one in halves if classify_order_file(one.match) == "lines"]
    if len(orders) != 1 or len(lines) != 1:
        return None
    rest = [one for one in files if one not in (*orders, *lines)]
    extra_files = [one for one in rest if one.kind is None or one.kind in JOINABLE_KINDS]
    with duckdb.connect() as con:
        return _join_tables(con, folder, orders[0], lines[0], extra_files)


def order_file_side(part: TableFile) -> str | None:
    """Return "orders" or "lines" for one half of a shop's separate exports, None for any other
    file."""
    file = _inspect_file(part, {})
    return classify_order_file(file.match) if file and file.kind is None else None


def is_standalone(part: TableFile) -> bool:
    """Return whether a file can be imported alone, by its columns."""
    file = _inspect_file(part, {})
    return file is not None and file.kind is not None


def _inspect_file(part: TableFile, column_names: Mapping[str, str]) -> OrderFile | None:
    path, options = part.path, ImportOptions(called=dict(column_names), sheets=part.sheets)
    try:
        file = inspect_format(path, path.name)
        head = find_header(path, file, path.name, options)
    except CannotDo:
        return None  # reading it alone raises the reason
    alone = recognize_columns(head.names, path.name, options)
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
    extra_files: Sequence[OrderFile],
) -> JoinedTable:
    left, right = _keyed_rows_sql(lines, folder), _keyed_rows_sql(orders, folder)
    sides = f"FROM {left} l JOIN {right} o ON l.ours = o.ours"
    names = [one for one in dict.fromkeys(lines.shape.names) if one]
    more = _new_columns(names, orders.shape.names)
    chosen = [f"l.{quote_name(n)}" for n in names] + [f"o.{quote_name(n)}" for n in more]
    names += more
    messages, used = [_count_matches(con, folder, orders, lines)], {orders.part, lines.part}
    about = [*orders.sheets, *lines.sheets]
    for at, one in enumerate(extra_files):
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
    """Describe how many rows of both files match. Raises CannotDo when none does."""
    ones, others = _keyed_rows_sql(lines, folder), _keyed_rows_sql(orders, folder)
    found, lost, alone = con.execute(
        f"SELECT (SELECT count(*) FROM {ones} SEMI JOIN {others} USING (ours)), "
        f"(SELECT count(*) FROM {ones} ANTI JOIN {others} USING (ours)), "
        f"(SELECT count(*) FROM {others} ANTI JOIN {ones} USING (ours))"
    ).fetchall()[0]
    if not found:
        raise CannotDo(
            "No line of {lines} belongs to an order of {orders}: their order numbers differ.",
            lines=lines.part.name,
            orders=orders.part.name,
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


def _keyed_rows_sql(file: OrderFile, folder: Path) -> str:
    """Return SQL for the file's rows with their order number as `ours`."""
    order = quote_name(file.shape.names[file.match.columns["order"]])
    return f"(SELECT *, trim({order}) AS ours FROM {_copy_rows(file, folder)})"


def _copy_rows(file: OrderFile, folder: Path) -> str:
    """Copy the file's rows to Parquet with their own column names and n. Return the SQL for
    FROM."""
    named = hashlib.sha256(repr(file.part).encode()).hexdigest()[:16]
    path = folder / f"{named}.cells.parquet"
    if not path.exists():
        kept: dict[str, int] = {}
        for place, name in enumerate(file.shape.names):
            if name:
                kept.setdefault(name, place)
        cells = ", ".join(f"c{place} AS {quote_name(name)}" for name, place in kept.items())
        with open_source(file.part.path, file.part.path.name, file.shape) as source:
            rows = f"SELECT n, {cells} FROM {source.relation}"
            source.con.execute(f"COPY ({rows}) TO {quote_text(path)} (FORMAT parquet)")
    return quote_text(path)


def _new_columns(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return those of `others` whose names are not in `names` yet."""
    has = {normalize_column_name(name) for name in names}
    return [
        one
        for one in dict.fromkeys(others)
        if one and normalize_column_name(one) not in has and one != "n"
    ]


def _order_columns(names: Sequence[str], extra_files: OrderFile) -> list[str]:
    """Return the columns that such a file adds to orders, without amounts: a catalogue's price is
    the current price of one piece, not what was paid."""
    found = {**extra_files.match.columns, **extra_files.match.aids}
    worth = {extra_files.shape.names[found[ours]] for ours in AMOUNT_COLUMNS if ours in found}
    return [one for one in _new_columns(names, extra_files.shape.names) if one not in worth]


def _find_shared_key(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], file: OrderFile, folder: Path
) -> str | None:
    """Return the column that the file shares with the orders and in which its values are unique.
    None when there is none, or when the file adds nothing to orders."""
    fresh = _order_columns(names, file)
    gained = match_columns("orders", [*names, *fresh], {})
    before = match_columns("orders", list(names), {})
    says = set(gained.columns) - set(before.columns)
    person = gained.columns.get("customer", 0) >= len(
        names
    )  # a better identification of the customer
    if not says and not person:
        return None
    rows = _copy_rows(file, folder)
    for name in names:
        if name in file.shape.names:
            once = con.execute(
                f"SELECT count(*) = count(DISTINCT {quote_name(name)}) AND count(*) > 0 FROM {rows}"
            ).fetchall()[0][0]
            if once:
                return name
    return None


# Inspection of the files given to an import: each alone, or joined where they complete each other.


@dataclass(frozen=True)
class InspectedTable:
    """A table that can be imported. `messages` describe how it was made of several."""

    part: TableFile
    found: FileSchema
    messages: tuple[Words, ...] = ()


def _require_named_columns(parts: Sequence[TableFile], options: ImportOptions) -> None:
    """Raises CannotDo for a named column that none of several tables has."""
    has = {normalize_column_name(one) for part in parts for one in read_column_names(part, options)}
    if gone := [one for one in options.called if normalize_column_name(one) not in has]:
        raise CannotDo(
            "None of these tables has a column {column}: {files}.",
            column=gone[0],
            files=", ".join(part.name for part in parts),
        )


def inspect_files(
    paths: Sequence[Path], folder: Path, options: ImportOptions
) -> tuple[list[InspectedTable], list[tuple[Path, CannotDo]]]:
    """Return the tables that can be imported, in the given order, and the reasons why the others
    can't. Orders and their lines in two files or sheets are joined into one table, written into
    `folder`."""
    seen: list[InspectedTable] = []
    unreadable: list[tuple[TableFile, CannotDo]] = []
    every = [part for path in paths for part in split_tables(path, options)]
    several = len(every) > 1
    if several:
        _require_named_columns(every, options)
    for part in every:
        try:
            mine = options.of_sheets(part.sheets)
            found = detect_schema(part.path, name=part.name, options=mine, several=several)
            seen.append(InspectedTable(part, found))
        except CannotDo as why:
            unreadable.append((part, why))
    alone = options.kind in (None, "orders") and len(unreadable) > 1
    books = tuple(_describe_workbooks(every)) if not options.sheets else ()
    joined = join_order_files(every, folder, options.called) if alone else None
    if joined is not None:
        mine = options.of_sheets(())
        whole = detect_schema(joined.path, name=joined.name, options=mine, several=several)
        seen.insert(0, InspectedTable(TableFile(joined.path), whole, joined.messages))
        unreadable = [(part, why) for part, why in unreadable if part not in joined.used]
    if seen and books:
        seen[0] = replace(seen[0], messages=(*books, *seen[0].messages))
    return seen, [(part.path, why) for part, why in unreadable]


def _describe_workbooks(every: Sequence[TableFile]) -> Iterator[Words]:
    for path in dict.fromkeys(part.path for part in every if part.sheets):
        some = [", ".join(part.sheets) for part in every if part.path == path]
        yield Words(
            "{file} holds {n} tables: {tables}. To have one alone, name its sheet: --sheet {sheet}",
            file=path.name,
            n=len(some),
            tables="; ".join(some),
            sheet=shlex.quote(some[0].split(", ")[0]),
        )
