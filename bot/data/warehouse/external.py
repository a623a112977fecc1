"""A team's own warehouse in place of our files: the same expressions, run where the rows are.

Tables are named after the kinds and have our column names (`kinds.toml`), in any case. Columns
that are not there are empty, kinds that are not there are absent. Nothing is ever written to it:
PostgreSQL and DuckDB refuse to.
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

from bot.core.source import Source
from bot.data.catalogue.product import Product
from bot.data.floors import Floors
from bot.data.schema import ColumnType, load_kinds
from bot.data.warehouse.duckdb_engine import catalogue_table
from bot.data.warehouse.warehouse import IBIS_TYPES, ListedTable, Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

log = logging.getLogger("bot.warehouse")

CACHE_SECONDS = 300.0  # seconds for which the counts hold

# What a column of ours may be in the warehouse.
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
    """A shelf whose tables are somebody else's, seen as ours."""

    tables: Mapping[str, ir.Table] = field(default_factory=dict)

    def table(self, kind: str) -> ir.Table | None:
        return self.tables.get(kind)


class WarehouseConnection:
    """One connection, made when first needed and again when it broke."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url, clock
        self._engine: SQLBackend | None = None
        self._seen: tuple[float, dict[str, ir.Table], dict[str, ListedTable]] | None = None
        self._shelf: tuple[Hashable, ExternalWarehouse] | None = None
        self._guard = threading.Lock()

    @property
    def name(self) -> str:
        """Where it is, without user and password: `postgres on db.shop.example`."""
        found = urlsplit(self._url)
        return f"{found.scheme} on {found.hostname}" if found.hostname else found.scheme

    def shelf(
        self,
        today: date,
        products: Callable[[], Sequence[Product]] = tuple,
        *,
        version: Hashable = None,
        floors: Floors | None = None,
    ) -> ExternalWarehouse:
        """All kinds that are there, counted at most every five minutes. The catalogue travels with
        each query; `version` changes whenever it does. The same object while nothing changed.
        Raises CannotDo when the warehouse cannot be reached, or a column is of the wrong type."""
        with self._guard:
            if self._seen is None or self._clock() - self._seen[0] > CACHE_SECONDS:
                self._seen = (self._clock(), *self._look())
            floors = floors or Floors()
            asked = (self._seen[0], today, version, floors)
            if self._shelf is None or self._shelf[0] != asked:
                self._shelf = (asked, self._opened(today, products(), floors))
            return self._shelf[1]

    def _opened(
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
        """Let the connection go; the next question makes a new one."""
        engine, self._engine, self._seen, self._shelf = self._engine, None, None, None
        if engine is not None:
            with contextlib.suppress(Exception):  # a broken one cannot be closed in good order
                engine.disconnect()

    def _look(self) -> tuple[dict[str, ir.Table], dict[str, ListedTable]]:
        """The tables and their counts; once more on a new connection when the old one broke."""
        again = self._engine is not None
        try:
            return self._count()
        except CannotDo:
            raise
        except Exception as fault:  # noqa: BLE001  each engine's driver has errors of its own
            self.close()
            if again:
                return self._look()
            log.error("the warehouse failed: %s", type(fault).__name__)
            raise CannotDo(
                Words("The warehouse ({name}) cannot be reached or read.", name=self.name)
            ) from None

    def _count(self) -> tuple[dict[str, ir.Table], dict[str, ListedTable]]:
        if self._engine is None:
            self._engine = connect_read_only(self._url)
        theirs = {name.lower(): name for name in self._engine.list_tables()}
        tables = {
            kind: adapt_table(kind, self._engine.table(theirs[kind]))
            for kind in load_kinds()
            if kind in theirs
        }
        return tables, {kind: self._listed(kind, table) for kind, table in tables.items()}

    def _listed(self, kind: str, table: ir.Table) -> ListedTable:
        dated = table[load_kinds()[kind].dated].cast("date")
        counted: Any = self._engine.to_pyarrow(  # type: ignore[union-attr]
            table.aggregate(rows=table.count(), as_of=dated.max())
        ).to_pylist()[0]
        source = Source(f"{kind} in the warehouse")
        return ListedTable(kind, (), counted["rows"], source, counted["as_of"])


def connect_read_only(url: str) -> SQLBackend:
    """A connection whose engine itself refuses to write, where it can: PostgreSQL, and DuckDB on a
    file. Other engines rely on what their account may do."""
    scheme, _, rest = url.partition("://")
    if scheme == "duckdb" and rest.partition("?")[0] not in ("", ":memory:"):
        return ibis.connect(url, read_only=True)
    engine: SQLBackend = ibis.connect(url)
    if engine.name == "postgres":
        _refuse_writes(engine)
    return engine


def _refuse_writes(engine: Any) -> None:
    """Make every transaction of this PostgreSQL session read-only, but for the one in which ibis
    lays down a temporary table, the catalogue's."""
    lay = engine._register_in_memory_table

    def lay_in_memory_table(table: Any) -> None:
        with engine.con.transaction():
            engine.con.execute("SET TRANSACTION READ WRITE")
            lay(table)

    engine._register_in_memory_table = lay_in_memory_table
    engine.con.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")


def adapt_table(kind: str, table: ir.Table) -> ir.Table:
    """Their table with exactly our columns, in our order and types. Raises CannotDo for a column
    that is missing and needed, or of a type that is no way ours."""
    theirs = {name.lower(): name for name in table.columns}
    columns = {}
    for name, column in load_kinds()[kind].columns.items():
        ours = IBIS_TYPES[column.type]
        if name not in theirs:
            if column.needed:
                raise CannotDo(
                    Words(
                        "The table {kind} in the warehouse has no column {column}; it is needed.",
                        kind=kind,
                        column=name,
                    )
                )
            columns[name] = ibis.null(ours)
            continue
        value = table[theirs[name]]
        if not TYPE_CHECKS[column.type](value.type()):
            raise CannotDo(
                Words(
                    "The column {column} of {kind} in the warehouse is {theirs}; it should be "
                    "{ours}.",
                    column=name,
                    kind=kind,
                    theirs=str(value.type()),
                    ours=ours,
                )
            )
        columns[name] = value if value.type() == dt.dtype(ours) else value.cast(ours)
    return table.select(**columns)
