"""Small tables with rows given by the test."""

from datetime import date
from functools import cache
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from bot.core.facts import Source
from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of
from tests.support.sample_tables import TODAY


def small(
    today: date = TODAY,
    products: list[dict[str, Any]] | None = None,
    **tables: list[dict[str, Any]],
) -> Warehouse:
    """Tables with these rows by kind; a column that a row leaves out is null."""
    engine = ibis.duckdb.connect(threads=1)  # each core runs tests already
    listed = {}
    for kind, rows in tables.items():
        shape = _arrow_schema(kind)
        whole = [{name: row.get(name) for name in shape.names} for row in rows]
        _create_table(engine.con, kind, pa.Table.from_pylist(whole, schema=shape))
        dated = [row[load_kinds()[kind].dated] for row in rows if row.get(load_kinds()[kind].dated)]
        last = max((date(d.year, d.month, d.day) for d in dated), default=None)
        listed[kind] = ListedTable(kind, (), len(rows), Source(f"{kind}.csv"), last)
    if products is not None:
        _create_table(engine.con, "products", pa.Table.from_pylist(products))
    return Warehouse(
        engine, today, listed, products=None if products is None else engine.table("products")
    )


@cache
def _arrow_schema(kind: str) -> pa.Schema:
    return ibis.schema(schema_of(kind)).to_pyarrow()


def _create_table(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Create a table, in a tenth of the time that ibis takes."""
    con.register("given_rows", rows)
    con.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given_rows')
    con.unregister("given_rows")
