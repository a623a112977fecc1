"""Parses and checks the body of a live request.

A file proves by all of its rows how its numbers and dates are written; a body may have one row. So
values that could be read in two ways, such as 1,234 or 03/04/2026, are rejected instead of guessed.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from bot.data.catalogue.cells import find_currency
from bot.data.ingest.column_sql import create_macros, register_masking
from bot.data.ingest.file_schema import FileSchema, MappedColumn
from bot.data.ingest.loader import create_kept, select_typed
from bot.data.ingest.source import parse_json_row, render_json_value
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.data.schema import ColumnType, DatasetKind, load_kinds
from bot.data.warehouse.parquet import fetch_one, quote_text, write_parquet
from bot.errors import CannotDo
from bot.text.normalize import collapse_spaces

AMBIGUOUS_DATE = re.compile(r"\s*\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d{2}")


@dataclass(frozen=True)
class RejectedLine:
    """Why a line stayed out. `line` counts from 1; `column` None: the whole line."""

    line: int
    column: str | None
    reason: RejectReason


@dataclass(frozen=True)
class BodyLines:
    """`rows`: (line, our column → text). `names`: our columns that any row has, in our order."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rejects: list[RejectedLine] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # names that are no columns of ours


def parse_body(kind: DatasetKind, body: bytes) -> BodyLines:
    """Parse the lines. Raises CannotDo when the body as a whole is no text."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotDo("The body is not UTF-8 text.") from None
    found = BodyLines()
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for line, told in enumerate(text.split("\n"), start=1):
        if not told.strip():
            continue
        row = parse_json_row(told)
        if row is None:
            found.rejects.append(
                RejectedLine(line, None, RejectReason(RejectCode.NOT_A_JSON_OBJECT))
            )
            continue
        wrong = next(
            (w for name, value in row.items() if (w := _check_value(kind, name, value))), None
        )
        if wrong:
            found.rejects.append(RejectedLine(line, *wrong))
            continue
        known.update(dict.fromkeys(name for name in row if name in kind.columns))
        unknown.update(dict.fromkeys(name for name in row if name not in kind.columns))
        cells = {name: _cell_text(value) for name, value in row.items() if name in kind.columns}
        found.rows.append((line, cells))
    found.names.extend(name for name in kind.columns if name in known)
    found.ignored.extend(collapse_spaces(_cell_text(name))[:60] for name in unknown)
    return found


def _check_value(kind: DatasetKind, name: str, value: Any) -> tuple[str, RejectReason] | None:
    """What is wrong with a value before it is read: (column, reason)."""
    column = kind.columns.get(name)
    if column is None:
        return None
    if isinstance(value, dict | list):
        return name, RejectReason(RejectCode.NOT_ONE_VALUE)
    if isinstance(value, str) and (code := _check_text(column.type, value)):
        return name, RejectReason(code)
    return None


def _check_text(type_: ColumnType, said: str) -> RejectCode | None:
    if type_ in ("money", "number", "whole"):
        return RejectCode.NOT_A_PLAIN_NUMBER if "," in said or find_currency(said) else None
    if type_ in ("day", "moment"):
        return RejectCode.NOT_AN_ISO_DATE if AMBIGUOUS_DATE.match(said) else None
    return None


def _cell_text(value: Any) -> str:
    """Return the value as the text of a file's cell. A lone surrogate becomes a question mark."""
    told = render_json_value(value).replace("\x00", "")
    return told.encode("utf-8", "replace").decode()


# Each batch is one small Parquet file; a merge joins many of them into one.


def join_batches(paths: Sequence[Path], to: Path) -> int:
    """Write several batches of a kind into one file, in this order: the library keeps the last row
    of each key. Return the number of rows."""
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '600MB'; SET threads = 2; SET temp_directory = ''")
        some = ", ".join(quote_text(path) for path in paths)
        write_parquet(con, f"FROM read_parquet([{some}])", to)
        return fetch_one(con, f"SELECT count(*) FROM read_parquet({quote_text(to)})")


# A body is converted by the same SQL as the rows of a file.

# Derived where the body does not have them.
DERIVED_COLUMNS = {"session", "id", "channel", "metric"}
# Ambiguous dates are rejected earlier; the full conversion would take half of the time.
PLAIN_MOMENT_MACRO = "CREATE OR REPLACE MACRO as_moment(x, day_first) AS plain_moment(x)"
LineRule = tuple[str, str, RejectCode]  # true for a row that stays out; column, reason


@dataclass(frozen=True)
class ReceivedBatch:
    """The content of a body. `rows` counts the accepted ones; rows with the same key count once
    each. `again`: the request was received before and changed nothing."""

    kind: str
    rows: int = 0
    rejects: list[RejectedLine] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # names that are no columns of ours
    again: bool = False


class BatchReceiver:
    """Reads bodies. `key` pseudonymizes customers, as in a file import. It is safe to use from
    several threads."""

    def __init__(self, key: bytes) -> None:
        self._key, self._guard = key, threading.Lock()
        self._engine: duckdb.DuckDBPyConnection | None = None

    def receive(self, kind: str, body: bytes, *, today: date, to: Path) -> ReceivedBatch:
        """Check the body's rows and write them to `to`. The file is safe on the disk when this
        returns, and does not exist when no row was accepted. `today` is the day of receipt; rows
        dated after tomorrow are rejected.

        Raises CannotDo when the body as a whole is no text, and KeyError for an unknown kind.
        """
        lines = parse_body(load_kinds()[kind], body)
        if not lines.rows:
            return ReceivedBatch(kind, 0, lines.rejects, lines.ignored)
        names = _select_columns(kind, lines)
        understood = _schema_of_body(kind, names, len(lines.rows))
        with self._cursor() as con:
            con.register("sent", _arrow_cells(lines, names))
            rejects = _create_typed(con, understood, today)
            rows = _write_kept(con, understood, to)
        told = sorted([*lines.rejects, *rejects], key=lambda one: one.line)
        return ReceivedBatch(kind, rows, told, lines.ignored)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the shared engine, whose macros are created once."""
        with self._guard:
            if self._engine is None:
                self._engine = duckdb.connect()
                self._engine.execute("SET memory_limit = '600MB'; SET threads = 1")
                self._engine.execute("SET temp_directory = ''")
                create_macros(self._engine, self._key)
                self._engine.execute(PLAIN_MOMENT_MACRO)
                register_masking(self._engine)
            con = self._engine.cursor()
        # With few rows and long expressions, optimizing takes five times as long as running.
        con.execute("PRAGMA disable_optimizer")
        return con


def _select_columns(kind: str, lines: BodyLines) -> list[str]:
    """Return the columns to read: those of the body, and those that a row requires, so that a row's
    position in the body never replaces a missing value."""
    told, columns = set(lines.names), load_kinds()[kind].columns
    forced = {name for name, column in columns.items() if column.needed} - DERIVED_COLUMNS
    forced |= {"orders": {"line"}, "experiments": {"experiment"}}.get(kind, set())
    if kind == "events" and "visitor" not in told:
        forced.add("session")
    if kind == "experiments" and "unit" in told:
        forced.discard("users")  # one person a row
    return [name for name in columns if name in told | forced]


def _arrow_cells(lines: BodyLines, names: Sequence[str]) -> object:
    """Return the cells in the form of a file's rows: n, c0, c1 …"""
    import pyarrow as pa

    columns = {"n": pa.array([line for line, _ in lines.rows], pa.int64())}
    for place, name in enumerate(names):
        texts = [cells.get(name) for _, cells in lines.rows]
        columns[f"c{place}"] = pa.array(texts, pa.string())
    return pa.table(columns)


def _schema_of_body(kind: str, names: Sequence[str], rows: int) -> FileSchema:
    columns = tuple(
        MappedColumn(theirs=name, ours=name, how="as it is", place=place)
        for place, name in enumerate(names)
    )
    return FileSchema(
        name="live rows",
        kind=kind,
        format="jsonl",
        names=tuple(names),
        sha256="",
        size=0,
        columns=columns,
        rows=rows,
    )


def _create_typed(
    con: duckdb.DuckDBPyConnection, understood: FileSchema, today: date
) -> list[RejectedLine]:
    """Makes `typed`; what stays out of it."""
    sql, whys = select_typed(understood, "sent", today)
    con.execute(f"CREATE TEMP TABLE typed AS {sql}")
    if understood.kind == "orders":
        con.execute(f"UPDATE typed SET line = 0 WHERE line IS NULL AND NOT ({HAS_PRODUCT})")
    for rule, column, code in _strict_rules(understood):
        con.execute(f"UPDATE typed SET why = {len(whys)} WHERE why IS NULL AND {rule}")
        whys.append((column, RejectReason(code)))
    out = con.execute("SELECT n, why FROM typed WHERE why IS NOT NULL ORDER BY n").fetchall()
    return [RejectedLine(n, *whys[why]) for n, why in out]


HAS_PRODUCT = "product IS NOT NULL OR title IS NOT NULL"


def _strict_rules(understood: FileSchema) -> list[LineRule]:
    """What only a file may leave open, since it says it by the order of its rows or its name."""
    rules: dict[str, list[LineRule]] = {
        "orders": [("line IS NULL", "line", RejectCode.LINE_NUMBER_MISSING)],
        "experiments": [("experiment IS NULL", "experiment", RejectCode.EMPTY)],
    }
    if understood.kind == "feedback" and understood.has("id"):
        return [("id IS NULL", "id", RejectCode.ID_MISSING)]
    if understood.kind == "experiments" and not understood.has("users"):
        return [*rules["experiments"], ("unit IS NULL", "unit", RejectCode.EMPTY)]
    return rules.get(understood.kind, [])


def _write_kept(con: duckdb.DuckDBPyConnection, understood: FileSchema, to: Path) -> int:
    create_kept(con, understood, renumber=False)
    names = ", ".join(f'"{name}"' for name in load_kinds()[understood.kind].columns)
    found = fetch_one(con, "SELECT count(*) FROM whole")
    if found:
        write_parquet(con, f"SELECT {names} FROM kept", to)
    return found
