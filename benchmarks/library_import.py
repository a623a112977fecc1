"""One million order lines from a CSV, beside DuckDB's own COPY of the same file."""

import multiprocessing
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.table import Figure, peak
from bot.data.ingest import detect_schema, load_file

LINES = 1_000_000


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
            looked, taken, memory = pool.apply(_take, (path,))
    size = f"{path.name}, {LINES:,} lines"
    beside = f"DuckDB's COPY {copied:.1f} s"
    return [
        Figure(f"understanding {size}", looked, "s", 5, beside),
        Figure(f"importing {size}", looked + taken, "s", 10, beside),
        Figure("memory while importing", memory, "GB", 1, "the aim"),
    ]


def _take(path: Path) -> tuple[float, float, float]:
    began = time.perf_counter()
    understood = detect_schema(path, name=path.name)
    looked = time.perf_counter() - began
    load_file(path, understood, to=path.with_suffix(".parquet"), key=b"k" * 32)
    taken = time.perf_counter() - began - looked
    return looked, taken, peak() / 1e9


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
