"""Real orders as tables, if they are on the disk beside the checkout."""

from functools import cache

import ibis

from bot.core.facts import Source
from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of
from tests.support.paths import DATA

TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}
CDNOW = """
SELECT row_number() OVER () AS "order", strptime(p[2], '%Y%m%d') AS "at", p[1] AS customer,
 p[3]::INT AS quantity, p[4]::DOUBLE AS amount, 'USD' AS currency
FROM (SELECT regexp_extract_all(trim(line), '\\S+') AS p
 FROM read_csv('{0}', columns={{'line': 'VARCHAR'}}, delim='|', header=true))"""
UCI = """
SELECT InvoiceNo AS "order", InvoiceDate AS "at", CustomerID::INT AS customer,
 lower(StockCode) AS product, Description AS title, Quantity AS quantity,
 Quantity * UnitPrice AS amount, 'GBP' AS currency, Country AS country FROM '{0}'"""


@cache
def cdnow() -> Warehouse:
    return _shelf(CDNOW.format(DATA / "cdnow_master.txt"))


@cache
def uci() -> Warehouse:
    return _shelf(UCI.format(DATA / "uci_online_retail.parquet"))


def _shelf(select: str) -> Warehouse:
    engine = ibis.duckdb.connect()
    engine.con.execute(f"CREATE TABLE read_orders AS {select}")
    has = {row[0] for row in engine.con.execute("DESCRIBE read_orders").fetchall()}
    columns = ", ".join(
        f'CAST({_named(name) if name in has else "NULL"} AS {TYPES.get(kind, kind)}) AS "{name}"'
        for name, kind in schema_of("orders").items()
    )
    engine.con.execute(f"CREATE TABLE orders AS SELECT {columns} FROM read_orders")
    rows, last = engine.con.execute('SELECT count(*), max("at")::DATE FROM orders').fetchone()
    return Warehouse(
        engine, last, {"orders": ListedTable("orders", (), rows, Source("orders.csv"), last)}
    )


def _named(name: str) -> str:
    return f'"{name}"'
