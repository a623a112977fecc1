"""Opens a shelf over Parquet files: an in-memory DuckDB that reads these files and nothing else."""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.data.catalogue.facts import lowest_price
from bot.data.catalogue.product import Product
from bot.data.floors import Floors
from bot.data.warehouse.parquet import SPILL, read, spelled, text
from bot.data.warehouse.warehouse import Damaged, Listed, Shelf, schema

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY = "1GB"
MOST_THREADS = 4
FILLED = "catalogue_prices"
HISTORY = {
    "product": "VARCHAR",
    "since": "DATE",
    "price": "DECIMAL(18, 2)",
    "currency": "VARCHAR",
}
CATALOGUE = {
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


def open_shelf(
    listed: Mapping[str, Listed],
    *,
    today: date,
    products: Sequence[Product] = (),
    floors: Floors | None = None,
    folder: Path,
    damaged: Mapping[str, Damaged] | None = None,
) -> Shelf:
    """The tables of these files, as they are now. `folder` is where the engine may put down what
    does not fit into its memory. Kinds with `damaged` rows have no table."""
    import ibis

    engine = ibis.duckdb.connect()
    con = engine.con
    damaged = damaged or {}
    told = {kind: one for kind, one in listed.items() if kind not in damaged}
    if history := _history(products):
        _lay(con, FILLED, history, HISTORY)
        told = _with_prices(told, products)
    for kind, one in told.items():
        con.execute(f'CREATE VIEW "{kind}" AS {_view(kind, one.paths, bool(history))}')
    _confine(con, [path for one in told.values() for path in one.paths], folder)
    table = None
    if products:
        _lay(con, "products", [_row(one) for one in products], CATALOGUE)
        table = engine.table("products")
    floors = floors or Floors()
    told |= {kind: one for kind, one in listed.items() if kind in damaged}
    return Shelf(engine, today, told, table, floors.people, floors.sales, damaged)


def _view(kind: str, paths: Sequence[Path], history: bool) -> str:
    """Every column of ours, in our order; prices with the catalogue's history where no file has
    that product's price of that day."""
    columns = ", ".join(f'"{name}"' for name in schema(kind))
    parts = [f"SELECT {columns} FROM {read(paths)}"] if paths else []
    if kind == "prices" and history:
        besides = f"SELECT {columns} FROM {FILLED}"
        if paths:
            besides += f" ANTI JOIN {read(paths)} USING (product, since)"
        parts.append(besides)
    return " UNION ALL ".join(parts)


def _confine(con: Any, paths: Sequence[Path], folder: Path) -> None:
    """From here on no SQL reaches another file, the network or these settings."""
    spill = folder / SPILL / f"{os.getpid()}-{secrets.token_hex(4)}"
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    for setting in (
        f"memory_limit = '{MEMORY}'",
        f"threads = {threads}",
        f"temp_directory = {text(spill)}",
        f"allowed_paths = [{', '.join(text(one) for path in paths for one in spelled(path))}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        con.execute(f"SET {setting}")


def _history(products: Sequence[Product]) -> list[dict[str, Any]]:
    """What the catalogue tells of former prices, as rows of the kind prices."""
    return [
        {"product": one.handle, "since": was.day, "price": was.price, "currency": one.currency}
        for one in products
        for was in one.price_history
    ]


def _lay(
    con: Any, name: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]
) -> None:
    """These rows as a table. They go as JSON within the SQL: to hand them over in any other way
    loads pandas, which takes longer than all else here."""
    told, types = text(json.dumps(rows, default=str)), text(json.dumps([dict(columns)]))
    rows_told = f"unnest(from_json({told}::JSON, {types}), recursive := true)"
    con.execute(f"CREATE TABLE {name} AS SELECT {rows_told}")


def _with_prices(listed: Mapping[str, Listed], products: Sequence[Product]) -> dict[str, Listed]:
    """The prices' listing, the catalogue's own counted in."""
    days = [was.day for one in products for was in one.price_history]
    files = listed.get("prices") or Listed("prices", (), 0, "the catalogue", None)
    newest = max([*days, *([files.as_of] if files.as_of else [])])
    return {**listed, "prices": replace(files, rows=files.rows + len(days), as_of=newest)}


def catalogue_part(products: Sequence[Product]) -> "pa.Table":
    """The catalogue's part that analyses join."""
    import pyarrow as pa

    money, string = pa.decimal128(18, 2), pa.string()
    shape = pa.schema(
        [
            *(("product", string), ("title", string), ("category", string)),
            *(("price", money), ("compare_at", money), ("lowest_30_days", money)),
            *(("currency", string), ("stock", pa.int64()), ("status", string), ("brand", string)),
        ]
    )
    return pa.Table.from_pylist([_row(one) for one in products], schema=shape)


def _row(one: Product) -> dict[str, Any]:
    lowest = lowest_price(one.price_history, one.as_of)
    return {
        "product": one.handle,
        "title": one.title,
        "category": one.type,
        "price": _cents(one.price),
        "compare_at": _cents(one.compare_at),
        "lowest_30_days": _cents(lowest if lowest is not None else one.lowest_30_days),
        "currency": one.currency,
        "stock": one.stock,
        "status": one.status,
        "brand": one.vendor,
    }


def _cents(amount: Any) -> Any:
    return None if amount is None else round(amount, 2)
