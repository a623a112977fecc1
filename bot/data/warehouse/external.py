"""A team's own warehouse in place of our files: the same expressions run on its engine.

Its tables have the names of our kinds and our column names (`schema.toml`), in any case. Missing
columns are empty and missing kinds are absent. Nothing is ever written to it: PostgreSQL and DuckDB
connections refuse writes.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from bot.core.facts import Source
from bot.data.catalogue.product import Product
from bot.data.floors import Floors
from bot.data.schema import ColumnType, load_kinds
from bot.data.warehouse.duckdb_engine import catalogue_table
from bot.data.warehouse.warehouse import IBIS_TYPES, ListedTable, Warehouse
from bot.errors import CannotDo

log = logging.getLogger("bot.warehouse")

CACHE_SECONDS = 300.0  # seconds for which row counts are reused

# Which types of the warehouse are accepted for each of our column types.
TYPE_CHECKS: Mapping[ColumnType, Callable[[dt.DataType], bool]] = {
    "text": lambda theirs: theirs.is_string() or theirs.is_integer() or theirs.is_uuid(),
    "key": lambda theirs: theirs.is_string() or theirs.is_integer(),
    "person": lambda theirs: theirs.is_string() or theirs.is_integer() or theirs.is_uuid(),
    "whole": lambda theirs: theirs.is_integer() or theirs.is_decimal(),
    "money": lambda theirs: theirs.is_numeric() and not theirs.is_boolean(),
    "number": lambda theirs: theirs.is_numeric() and not theirs.is_boolean(),
    "day": lambda theirs: theirs.is_date() or theirs.is_timestamp(),
    "moment": lambda theirs: theirs.is_timestamp() or theirs.is_date(),
    "yes": lambda theirs: theirs.is_boolean(),
}


@dataclass
class ExternalWarehouse(Warehouse):
    """A warehouse whose tables belong to another system, converted to our columns."""

    tables: Mapping[str, ir.Table] = field(default_factory=dict)

    def table(self, kind: str) -> ir.Table | None:
        return self.tables.get(kind)


class WarehouseConnection:
    """One connection. It is opened on first use, and again after it broke."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url, clock
        self._engine: SQLBackend | None = None
        self._seen: tuple[float, dict[str, ir.Table], dict[str, ListedTable]] | None = None
        self._current: tuple[Hashable, ExternalWarehouse] | None = None
        self._guard = threading.Lock()

    @property
    def name(self) -> str:
        """Where the warehouse is, without user and password: `postgres on db.shop.example`."""
        found = urlsplit(self._url)
        return f"{found.scheme} on {found.hostname}" if found.hostname else found.scheme

    def open(
        self,
        today: date,
        products: Callable[[], Sequence[Product]] = tuple,
        *,
        version: Hashable = None,
        floors: Floors | None = None,
    ) -> ExternalWarehouse:
        """Return the tables of all kinds that the warehouse has. Rows are counted at most every
        CACHE_SECONDS. The catalogue is sent with each query; `version` must change whenever the
        catalogue does. The same object is returned while nothing changed. Raises CannotDo when the
        warehouse cannot be reached or a column has the wrong type."""
        with self._guard:
            if self._seen is None or self._clock() - self._seen[0] > CACHE_SECONDS:
                self._seen = (self._clock(), *self._load_tables())
            floors = floors or Floors()
            key = (self._seen[0], today, version, floors)
            if self._current is None or self._current[0] != key:
                self._current = (key, self._create(today, products(), floors))
            return self._current[1]

    def _create(
        self, today: date, products: Sequence[Product], floors: Floors
    ) -> ExternalWarehouse:
        assert self._engine is not None
        assert self._seen is not None
        _, tables, listed = self._seen
        catalogue = ibis.memtable(catalogue_table(products)) if products else None
        return ExternalWarehouse(
            self._engine, today, listed, catalogue, floors.people, floors.sales, tables=tables
        )

    def close(self) -> None:
        """Close the connection. The next query opens a new one."""
        engine, self._engine, self._seen, self._current = self._engine, None, None, None
        if engine is not None:
            with contextlib.suppress(Exception):  # a broken connection may fail to close
                engine.disconnect()

    def _load_tables(self) -> tuple[dict[str, ir.Table], dict[str, ListedTable]]:
        """Return the tables and their row counts. It tries once more on a new connection when the
        old one broke."""
        again = self._engine is not None
        try:
            return self._read_tables()
        except CannotDo:
            raise
        except Exception as error:  # noqa: BLE001  each engine's driver has errors of its own
            self.close()
            if again:
                return self._load_tables()
            log.error("the warehouse failed: %s", type(error).__name__)
            raise CannotDo(
                "The warehouse ({name}) cannot be reached or read.", name=self.name
            ) from None

    def _read_tables(self) -> tuple[dict[str, ir.Table], dict[str, ListedTable]]:
        if self._engine is None:
            self._engine = connect_read_only(self._url)
        theirs = {name.lower(): name for name in self._engine.list_tables()}
        tables = {
            kind: adapt_table(kind, self._engine.table(theirs[kind]))
            for kind in load_kinds()
            if kind in theirs
        }
        return tables, {kind: self._describe_table(kind, table) for kind, table in tables.items()}

    def _describe_table(self, kind: str, table: ir.Table) -> ListedTable:
        dated = table[load_kinds()[kind].dated].cast("date")
        counted: Any = self._engine.to_pyarrow(  # type: ignore[union-attr]
            table.aggregate(rows=table.count(), as_of=dated.max())
        ).to_pylist()[0]
        source = Source(f"{kind} in the warehouse")
        return ListedTable(kind, (), counted["rows"], source, counted["as_of"])


def connect_read_only(url: str) -> SQLBackend:
    """Open a connection whose engine refuses writes where it can: PostgreSQL, and DuckDB on a file.
    On other engines the account's permissions decide."""
    scheme, _, rest = url.partition("://")
    if scheme == "duckdb" and rest.partition("?")[0] not in ("", ":memory:"):
        return ibis.connect(url, read_only=True)
    engine: SQLBackend = ibis.connect(url)
    if engine.name == "postgres":
        _refuse_writes(engine)
    return engine


def _refuse_writes(engine: Any) -> None:
    """Make every transaction of this PostgreSQL session read-only, except the one in which ibis
    creates the temporary table of the catalogue."""
    register = engine._register_in_memory_table

    def register_in_memory_table(table: Any) -> None:
        with engine.con.transaction():
            engine.con.execute("SET TRANSACTION READ WRITE")
            register(table)

    engine._register_in_memory_table = register_in_memory_table
    engine.con.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")


def adapt_table(kind: str, table: ir.Table) -> ir.Table:
    """Return a table of the warehouse with exactly our columns, in our order and types. Raises
    CannotDo when a needed column is missing or a column's type does not fit."""
    theirs = {name.lower(): name for name in table.columns}
    columns = {}
    for name, column in load_kinds()[kind].columns.items():
        ours = IBIS_TYPES[column.type]
        if name not in theirs:
            if column.needed:
                raise CannotDo(
                    "The table {kind} in the warehouse has no column {column}; it is needed.",
                    kind=kind,
                    column=name,
                )
            columns[name] = ibis.null(ours)
            continue
        value = table[theirs[name]]
        if not TYPE_CHECKS[column.type](value.type()):
            raise CannotDo(
                "The column {column} of {kind} in the warehouse is {theirs}; it should be {ours}.",
                column=name,
                kind=kind,
                theirs=str(value.type()),
                ours=ours,
            )
        columns[name] = value if value.type() == dt.dtype(ours) else value.cast(ours)
    return table.select(**columns)
