"""One million order lines from a CSV, beside DuckDB's own COPY of the same file; and an export of
100,000 Shopify orders."""

import multiprocessing
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.table import Figure, peak
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.loader import load_file

LINES, SHOPIFY_ORDERS = 1_000_000, 100_000


def library_import() -> list[Figure]:
    """Understanding and reading, in a process of its own for its memory."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "orders.csv"
        _write(path)
        began = time.perf_counter()
        with duckdb.connect() as con:
            con.execute(f"COPY (FROM read_csv('{path}')) TO '{folder}/copy.parquet'")
        copied = time.perf_counter() - began
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            looked, taken, used, memory = pool.apply(_take, (path,))
        shopify = Path(folder) / "orders_export.csv"
        _write_shopify(shopify)
        began = time.perf_counter()
        with duckdb.connect() as con:
            read = f"read_csv('{shopify}', all_varchar=true)"
            con.execute(f"COPY (FROM {read}) TO '{folder}/shopify.parquet'")
        shopify_copied = time.perf_counter() - began
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            *shopify_took, shopify_used, _ = pool.apply(_take, (shopify,))
    size = f"{path.name}, {LINES:,} lines"
    beside = f"DuckDB's COPY {copied:.1f} s; {used:.1f} CPU s in all"
    return [
        Figure(f"understanding {size}", looked, "s", 5, beside),
        Figure(f"importing {size}", looked + taken, "s", 10, beside),
        Figure("memory while importing", memory, "GB", 1, "the aim"),
        Figure(
            f"importing {SHOPIFY_ORDERS:,} orders of Shopify",
            sum(shopify_took),
            "s",
            10,
            f"DuckDB's COPY {shopify_copied:.1f} s; {shopify_used:.1f} CPU s",
        ),
    ]


def _take(path: Path) -> tuple[float, float, float, float]:
    """Return seconds of understanding and of loading, processor seconds, and the memory in GB."""
    began, used = time.perf_counter(), time.process_time()
    understood = detect_schema(path, name=path.name)
    looked = time.perf_counter() - began
    load_file(path, understood, to=path.with_suffix(".parquet"), key=b"k" * 32)
    taken = time.perf_counter() - began - looked
    return looked, taken, time.process_time() - used, peak() / 1e9


def _write_shopify(path: Path) -> None:
    """Two lines an order; what belongs to the order stands on its first line only."""
    with duckdb.connect() as con:
        con.execute(f"""
            COPY (SELECT '#' || (1000 + i // 2) AS "Name",
              CASE WHEN i % 2 = 0 THEN 'c' || (hash(i) % 30000) || '@shop.example' END AS "Email",
              CASE WHEN i % 2 = 0 THEN 'paid' END AS "Financial Status",
              CASE WHEN i % 2 = 0 THEN strftime(TIMESTAMP '2024-01-01'
                + to_seconds((i * 300) % 60000000), '%Y-%m-%d %H:%M:%S +0100') END AS "Paid at",
              CASE WHEN i % 2 = 0 THEN 'EUR' END AS "Currency",
              CASE WHEN i % 2 = 0 THEN 69.80 END AS "Subtotal",
              CASE WHEN i % 2 = 0 THEN 4.90 END AS "Shipping",
              CASE WHEN i % 2 = 0 THEN 12.45 END AS "Taxes",
              CASE WHEN i % 2 = 0 THEN 74.70 END AS "Total",
              CASE WHEN i % 2 = 0 THEN 0.00 END AS "Discount Amount",
              CASE WHEN i % 2 = 0 THEN strftime(TIMESTAMP '2024-01-01'
                + to_seconds((i * 300) % 60000000), '%Y-%m-%d %H:%M:%S +0100') END AS "Created at",
              1 AS "Lineitem quantity", 'Chemise ' || (hash(i) % 500) AS "Lineitem name",
              34.90 AS "Lineitem price", 'LIN-' || (hash(i) % 500) AS "Lineitem sku",
              0.00 AS "Refunded Amount"
              FROM range({2 * SHOPIFY_ORDERS}) t(i)) TO '{path}' (HEADER)""")


def _write(path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"""
            COPY (SELECT 'OM' || lpad((i // 3)::VARCHAR, 8, '0') AS commande,
              TIMESTAMP '2024-01-01' + to_seconds((i * 40) % 60000000) AS date,
              'C' || lpad((hash(i) % 300000)::VARCHAR, 6, '0') AS client,
              'LIN-' || (hash(i * 7) % 500) AS "référence",
              'Chemise Alba, en lin lavé ' || (hash(i * 7) % 500) AS article,
              ['S', 'M', 'L'][1 + (i % 3)] AS taille, 1 + (i % 2) AS "quantité",
              (49.9 + i % 50)::DECIMAL(18, 2) AS "prix unitaire",
              ((49.9 + i % 50) * (1 + (i % 2)))::DECIMAL(18, 2) AS total, 'EUR' AS devise,
              'mobile' AS appareil, 'email' AS source, 'FR' AS pays
              FROM range({LINES}) t(i)) TO '{path}' (HEADER)""")
