"""Opens a warehouse over Parquet files: an in-memory DuckDB that can read these files only."""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.source import Source
from bot.data.catalogue.product import Product, find_lowest_price
from bot.data.floors import Floors
from bot.data.warehouse.merge import SQL_TYPES
from bot.data.warehouse.parquet import SPILL_SUFFIX, escape_path, quote_path, read_parquet_sql
from bot.data.warehouse.warehouse import DamagedTable, ListedTable, Warehouse, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

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
    import ibis

    engine = ibis.duckdb.connect()
    con = engine.con
    damaged = damaged or {}
    tables = {kind: one for kind, one in listed.items() if kind not in damaged}
    if history := _list_price_history(products):
        _create_table(con, CATALOGUE_PRICES, history, PRICE_HISTORY_COLUMNS)
        tables = _add_catalogue_prices(tables, products)
    for kind, one in tables.items():
        con.execute(f'CREATE VIEW "{kind}" AS {_view_sql(kind, one.paths, bool(history))}')
    _restrict_access(con, [path for one in tables.values() for path in one.paths], folder)
    table = None
    if products:
        _create_table(con, "products", [_catalogue_row(one) for one in products], CATALOGUE_COLUMNS)
        table = engine.table("products")
    floors = floors or Floors()
    tables |= {kind: one for kind, one in listed.items() if kind in damaged}
    return Warehouse(engine, today, tables, table, floors.people, floors.sales, damaged)


def _view_sql(kind: str, paths: Sequence[Path], history: bool) -> str:
    """Return the SELECT of a kind's view: our columns in our order. Prices also include the
    catalogue's price history where no file has that product's price of that day."""
    columns = ", ".join(f'"{name}"' for name in schema_of(kind))
    parts = [f"SELECT {columns} FROM {_stored_rows_sql(kind, paths)}"] if paths else []
    if kind == "prices" and history:
        besides = f"SELECT {columns} FROM {CATALOGUE_PRICES}"
        if paths:
            besides += f" ANTI JOIN {read_parquet_sql(paths)} USING (product, since)"
        parts.append(besides)
    return " UNION ALL ".join(parts)


def _stored_rows_sql(kind: str, paths: Sequence[Path]) -> str:
    """Return SQL for the rows of these files in our types. Columns that were added later are empty
    in older files."""
    none = ", ".join(
        f'CAST(NULL AS {SQL_TYPES.get(type_, type_)}) AS "{name}"'
        for name, type_ in schema_of(kind).items()
    )
    found = read_parquet_sql(paths, "union_by_name=true")
    return f"(SELECT {none} WHERE false UNION ALL BY NAME SELECT * FROM {found})"


def _restrict_access(con: Any, paths: Sequence[Path], folder: Path) -> None:
    """Stop all SQL from reading other files, using the network or changing these settings."""
    spill = folder / SPILL_SUFFIX / f"{os.getpid()}-{secrets.token_hex(4)}"
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    allowed = ", ".join(quote_path(one) for path in paths for one in escape_path(path))
    for setting in (
        f"memory_limit = '{MEMORY_LIMIT}'",
        f"threads = {threads}",
        f"temp_directory = {quote_path(spill)}",
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
    told, types = quote_path(json.dumps(rows, default=str)), quote_path(json.dumps([dict(columns)]))
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

    money, string = pa.decimal128(18, 2), pa.string()
    shape = pa.schema(
        [
            *(("product", string), ("title", string), ("category", string)),
            *(("price", money), ("compare_at", money), ("lowest_30_days", money)),
            *(("currency", string), ("stock", pa.int64()), ("status", string), ("brand", string)),
        ]
    )
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
    }


def _round_cents(amount: Any) -> Any:
    return None if amount is None else round(amount, 2)
