"""Opens warehouses over Parquet files: an in-memory DuckDB that can read these files only, one for
each workspace, reused until the data changes."""

import json
import os
import secrets
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.facts import Source
from bot.core.half_up import round_half_up
from bot.data.catalogue.product import Product, find_lowest_price
from bot.data.floors import SALES_FLOOR, Floors
from bot.data.schema import load_kinds
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.merge import shape_of_kind
from bot.data.warehouse.models import LIBRARY_FOLDER, LOCAL_WORKSPACE, DataFile
from bot.data.warehouse.parquet import SPILL_SUFFIX, escape_path, quote_text, read_parquet_sql
from bot.data.warehouse.warehouse import (
    FILE_COLUMN,
    OPTION_SEPARATOR,
    DamagedTable,
    ListedTable,
    Warehouse,
    describe_source,
    schema_of,
)
from bot.db.session import CachedRead, Database

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends.sql import SQLBackend

MEMORY_LIMIT = "1GB"
MOST_THREADS = 4
CATALOGUE_PRICES = "catalogue_prices"
PRICE_HISTORY_COLUMNS = {
    "product": "VARCHAR",
    "since": "DATE",
    "price": "DECIMAL(18, 2)",
    "currency": "VARCHAR",
}
CATALOGUE_COLUMNS = {
    "product": "VARCHAR",
    "title": "VARCHAR",
    "category": "VARCHAR",
    "price": "DECIMAL(18, 2)",
    "compare_at": "DECIMAL(18, 2)",
    "lowest_30_days": "DECIMAL(18, 2)",
    "currency": "VARCHAR",
    "stock": "BIGINT",
    "status": "VARCHAR",
    "brand": "VARCHAR",
    "colours": "VARCHAR",  # joined by OPTION_SEPARATOR
    "sizes": "VARCHAR",
}


def open_warehouse(
    listed: Mapping[str, ListedTable],
    *,
    today: date,
    products: Sequence[Product] = (),
    floors: Floors | None = None,
    folder: Path,
    damaged: Mapping[str, DamagedTable] | None = None,
) -> Warehouse:
    """Open the tables of these files. DuckDB may write to `folder` what does not fit into its
    memory. Kinds with `damaged` rows have no table."""
    damaged, floors = damaged or {}, floors or Floors()
    tables = {kind: one for kind, one in listed.items() if kind not in damaged}
    history = _list_price_history(products)
    if history:
        tables = _add_catalogue_prices(tables, products)
    start = partial(_start_engine, tables, history, products, folder)
    if not tables and not damaged:
        return EmptyWarehouse(start, today, floors)
    engine, table = start()
    tables |= {kind: one for kind, one in listed.items() if kind in damaged}
    return Warehouse(engine, today, tables, table, floors.people, floors.sales, damaged)


def _start_engine(
    tables: Mapping[str, ListedTable],
    history: Sequence[Mapping[str, Any]],
    products: Sequence[Product],
    folder: Path,
) -> "tuple[SQLBackend, ir.Table | None]":
    """Return a DuckDB with a view of each table, and the table of the products."""
    import ibis

    engine = ibis.duckdb.connect()
    con = engine.con
    if history:
        _create_table(con, CATALOGUE_PRICES, history, PRICE_HISTORY_COLUMNS)
    for kind, one in tables.items():
        con.execute(f'CREATE VIEW "{kind}" AS {_view_sql(one, bool(history))}')
    _restrict_access(con, [path for one in tables.values() for path in one.paths], folder)
    if not products:
        return engine, None
    _create_table(con, "products", [_catalogue_row(one) for one in products], CATALOGUE_COLUMNS)
    return engine, engine.table("products")


class EmptyWarehouse(Warehouse):
    """A warehouse without rows, at most with a catalogue. Its engine starts when somebody uses it:
    an idle one would cost each workspace 3 MB."""

    def __init__(
        self, start: "Callable[[], tuple[SQLBackend, ir.Table | None]]", today: date, floors: Floors
    ) -> None:
        self._start, self._guard = start, threading.Lock()
        self._started: tuple[SQLBackend, ir.Table | None] | None = None
        self.today, self.listed, self.damaged, self.released = today, {}, {}, {}
        self.floor, self.sales_floor = floors.people, floors.sales

    @property
    def engine(self) -> "SQLBackend":
        return self._load()[0]

    @property
    def products(self) -> "ir.Table | None":  # type: ignore[override]
        return self._load()[1]

    def _load(self) -> "tuple[SQLBackend, ir.Table | None]":
        with self._guard:
            if self._started is None:
                self._started = self._start()
            return self._started


def _view_sql(listed: ListedTable, history: bool) -> str:
    """Return the SELECT of a kind's view: our columns in our order, and the imported file of each
    row where there are several. Prices also include the catalogue's price history where no file has
    that product's price of that day."""
    kind, paths = listed.kind, listed.paths
    columns = ", ".join(f'"{name}"' for name in schema_of(kind))
    if kind != "prices" and len({*listed.names}) > 1:
        cases = " ".join(
            f"WHEN {quote_text(path)} THEN {quote_text(name)}"
            for path, name in zip(paths, listed.names, strict=True)
        )
        rows = shape_of_kind(kind).rows(paths, "filename=true")
        return f'SELECT {columns}, CASE filename {cases} END AS "{FILE_COLUMN}" FROM {rows}'
    parts = [f"SELECT {columns} FROM {shape_of_kind(kind).rows(paths)}"] if paths else []
    if kind == "prices" and history:
        besides = f"SELECT {columns} FROM {CATALOGUE_PRICES}"
        if paths:
            besides += f" ANTI JOIN {read_parquet_sql(paths)} USING (product, since)"
        parts.append(besides)
    return " UNION ALL ".join(parts)


def _restrict_access(con: Any, paths: Sequence[Path], folder: Path) -> None:
    """Stop all SQL from reading other files, using the network or changing these settings."""
    spill = folder / SPILL_SUFFIX / f"{os.getpid()}-{secrets.token_hex(4)}"
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    allowed = ", ".join(quote_text(one) for path in paths for one in escape_path(path))
    for setting in (
        f"memory_limit = '{MEMORY_LIMIT}'",
        f"threads = {threads}",
        f"temp_directory = {quote_text(spill)}",
        f"allowed_paths = [{allowed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        con.execute(f"SET {setting}")


def _list_price_history(products: Sequence[Product]) -> list[dict[str, Any]]:
    """Return the former prices of the catalogue as rows of the kind `prices`."""
    return [
        {"product": one.handle, "since": was.day, "price": was.price, "currency": one.currency}
        for one in products
        for was in one.price_history
    ]


def _create_table(
    con: Any, name: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]
) -> None:
    """Create a table of these rows. They are passed as JSON inside the SQL, because every other way
    loads pandas, which takes longer than everything else here."""
    told, types = quote_text(json.dumps(rows, default=str)), quote_text(json.dumps([dict(columns)]))
    rows_told = f"unnest(from_json({told}::JSON, {types}), recursive := true)"
    con.execute(f"CREATE TABLE {name} AS SELECT {rows_told}")


def _add_catalogue_prices(
    listed: Mapping[str, ListedTable], products: Sequence[Product]
) -> dict[str, ListedTable]:
    """Count the catalogue's former prices into the listing of the kind `prices`."""
    days = [was.day for one in products for was in one.price_history]
    files = listed.get("prices") or ListedTable("prices", (), 0, Source("the catalogue"), None)
    newest = max([*days, *([files.as_of] if files.as_of else [])])
    return {**listed, "prices": replace(files, rows=files.rows + len(days), as_of=newest)}


def catalogue_table(products: Sequence[Product]) -> "pa.Table":
    """Return the catalogue columns that analyses join."""
    import pyarrow as pa

    types = {"VARCHAR": pa.string(), "DECIMAL(18, 2)": pa.decimal128(18, 2), "BIGINT": pa.int64()}
    shape = pa.schema([(name, types[type_]) for name, type_ in CATALOGUE_COLUMNS.items()])
    return pa.Table.from_pylist([_catalogue_row(one) for one in products], schema=shape)


def _catalogue_row(one: Product) -> dict[str, Any]:
    lowest = find_lowest_price(one.price_history, one.as_of)
    return {
        "product": one.handle,
        "title": one.title,
        "category": one.type,
        "price": _round_cents(one.price),
        "compare_at": _round_cents(one.compare_at),
        "lowest_30_days": _round_cents(lowest if lowest is not None else one.lowest_30_days),
        "currency": one.currency,
        "stock": one.stock,
        "status": one.status,
        "brand": one.vendor,
        "colours": OPTION_SEPARATOR.join(one.colours) or None,
        "sizes": OPTION_SEPARATOR.join(one.sizes) or None,
    }


def _round_cents(amount: Any) -> Any:
    return None if amount is None else round_half_up(amount, 2)


# Open warehouses, one for each workspace, reused until the data changes.
#
# Opening the tables takes time, so the pool keeps each open warehouse together with the version of
# its data, and opens a new one as soon as that version changes.


class WarehousePool:
    """The open warehouses of one home. `products` returns a workspace's catalogue and `version` the
    catalogue's version, which is cheaper to read. `floor` and `sales_floor` return the group sizes
    of the workspace's policy."""

    def __init__(
        self,
        home: Path,
        database: Database,
        *,
        now: Callable[[], datetime],
        products: Callable[[str], Sequence[Product]],
        version: Callable[[str], Hashable],
        floor: Callable[[str], int],
        sales_floor: Callable[[str], int] = lambda _: SALES_FLOOR,
    ) -> None:
        self.home, self.database, self.now = home, database, now
        self._products, self._catalogue_version = products, version
        self._floor, self._sales_floor = floor, sales_floor
        self._open_warehouses: dict[str, tuple[Hashable, Warehouse]] = {}
        self._guard = threading.Lock()
        self._list_files = CachedRead(database, ("holdings",), self._read_files)

    def open(self, workspace: str) -> Warehouse:
        """Return the workspace's tables as they are now: the same object while nothing changed."""
        try:
            with report_damage(self.home, self.database, self.now):
                return self._open(workspace)
        except DamageDetected:
            return self._open(workspace)

    def _open(self, workspace: str) -> Warehouse:
        data_files = self._list_files(workspace)
        version = self._compute_version(workspace, data_files)
        _, _, today, floors = version
        with self._guard:
            known = self._open_warehouses.get(workspace)
            if known is None or known[0] != version:
                fresh = open_warehouse(
                    self._group_by_kind(data_files),
                    today=today,
                    products=self._products(workspace),
                    floors=floors,
                    folder=self.home / LIBRARY_FOLDER,
                    damaged=_find_damaged(data_files),
                )
                known = self._open_warehouses[workspace] = (version, fresh)
            return known[1]

    def close(self, workspace: str) -> None:
        """Forget the open warehouse, so that the next caller opens a new one."""
        with self._guard:
            self._open_warehouses.pop(workspace, None)

    def version(self, workspace: str) -> Hashable:
        """Return what every result computed from the tables depends on. It differs as soon as any
        of that changes."""
        return self._compute_version(workspace, self._list_files(workspace))

    def _compute_version(
        self, workspace: str, data_files: Sequence[DataFile]
    ) -> tuple[tuple[str, ...], Hashable, date, Floors]:
        """Return the ids of the files, the catalogue's version, the day and the floors."""
        files = tuple(
            f"{data_file.id}{' damaged' if data_file.damaged_at else ''}"
            for data_file in data_files
        )
        floors = Floors(self._floor(workspace), self._sales_floor(workspace))
        return files, self._catalogue_version(workspace), self.now().date(), floors

    def in_force(self, workspace: str) -> list[DataFile]:
        """Return the undamaged files that serve this workspace: its own, or those that were
        imported before any workspace was known."""
        return [
            data_file for data_file in self._read_files(workspace) if data_file.damaged_at is None
        ]

    def _read_files(self, workspace: str) -> list[DataFile]:
        """Return the same files with the damaged ones."""
        with self.database.reads() as session:
            found = DataFile.list_for_owners(session, (workspace, LOCAL_WORKSPACE))
        return next(filter(None, found), [])

    def _group_by_kind(self, data_files: Sequence[DataFile]) -> dict[str, ListedTable]:
        by_kind: dict[str, list[DataFile]] = {}
        for data_file in data_files:
            if data_file.kind in load_kinds():
                by_kind.setdefault(data_file.kind, []).append(data_file)
        return {
            kind: ListedTable(
                kind,
                tuple(
                    self.home / data_file.path for data_file in files if not data_file.damaged_at
                ),
                sum(data_file.rows for data_file in files),
                _describe_files(files),
                max((data_file.as_of for data_file in files if data_file.as_of), default=None),
                tuple(data_file.source for data_file in files if not data_file.damaged_at),
            )
            for kind, files in by_kind.items()
        }


def _find_damaged(data_files: Sequence[DataFile]) -> dict[str, DamagedTable]:
    """Return the kinds with damaged rows, each with the damage that was noticed first."""
    found: dict[str, DamagedTable] = {}
    for data_file in sorted(data_files, key=lambda one: one.id):
        at, kind = data_file.damaged_at, data_file.kind
        if at and kind in load_kinds() and (kind not in found or at.date() < found[kind].since):
            found[kind] = DamagedTable(kind, at.date(), data_file.source)
    return found


def _describe_files(files: Sequence[DataFile]) -> Source:
    """Return the source of all rows of these files; of files with equally many the newest is
    named."""
    rows: dict[str, int] = {}
    for data_file in reversed(files):
        rows[data_file.source] = rows.get(data_file.source, 0) + data_file.rows
    return describe_source(rows)
