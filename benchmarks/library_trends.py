"""The weekly trend of 10M order lines and the path to purchase of 20M events.

Each beside the same in plain DuckDB SQL (the same keys, decimals and tables on the same Parquet
files, in the same process) and in pandas, in a process of its own, for it takes the memory.
Run alone: python -m benchmarks.library_trends
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from benchmarks.table import Figure, peak, print_table
from bot.core.facts import Source

LINES, EVENTS = 10_000_000, 20_000_000
TODAY = date(2026, 11, 25)
FIRST = date(2024, 5, 27)  # 130 whole weeks before

ORDERS = f"""
SELECT 'o' || (i // 2) AS "order", i % 2 + 1 AS line,
 TIMESTAMP '{FIRST}' + to_seconds((hash(i // 2) % (912 * 86400))::BIGINT) AS "at",
 'c' || (hash(i // 2 + 9) % 1000000) AS customer, 'p' || (hash(i * 7) % 2000) AS product,
 'k' || (hash(i * 7) % 2000 % 20) AS category, (1 + hash(i * 3) % 3)::DOUBLE AS quantity,
 ((500 + hash(i * 5) % 20000) / 100)::DECIMAL(18, 2) AS amount, 'EUR' AS currency,
 'd' || (hash(i // 2 + 1) % 3) AS device, 's' || (hash(i // 2 + 2) % 6) AS source,
 'c' || (hash(i // 2 + 3) % 4) AS country, 'r' || (hash(i // 2 + 4) % 20) AS region
FROM range({LINES}) t(i)"""
VISITS = f"""
SELECT 's' || (i // 4) AS session, 'c' || (hash(i // 4 + 9) % 1000000) AS visitor,
 TIMESTAMP '2026-09-16' + to_seconds((hash(i // 4) % (70 * 86400 - 600))::BIGINT + i % 4 * 60)
 AS "at",
 CASE WHEN i % 4 = 1 AND hash(i // 4 + 5) % 100 < 30 THEN 'cart'
  WHEN i % 4 = 2 AND hash(i // 4 + 5) % 100 < 15 THEN 'checkout'
  WHEN i % 4 = 3 AND hash(i // 4 + 5) % 100 < 9 THEN 'purchase' ELSE 'view' END AS step,
 '/p' || (hash(i * 11) % 2000) AS page, 'd' || (hash(i // 4 + 1) % 3) AS device,
 's' || (hash(i // 4 + 2) % 6) AS source, 'c' || (hash(i // 4 + 3) % 4) AS country,
 CASE WHEN i % 4 = 3 AND hash(i // 4 + 5) % 100 < 9
  THEN ((500 + hash(i * 5) % 20000) / 100)::DECIMAL(18, 2) END AS amount
FROM range({EVENTS}) t(i)"""

SOLD = """
SELECT *, CAST(date_trunc('week', "at") AS DATE) AS week, coalesce(quantity, 1.0) AS units
FROM orders WHERE "at" >= DATE '2024-05-27' AND "at" < DATE '2026-11-23'
 AND status IS DISTINCT FROM 'cancelled' AND coalesce(quantity, 1.0) > 0 AND amount >= 0"""
SUMMED = "sum(counted) AS counted, sum(worth) AS worth, sum(squared) AS squared"
PLAIN_UNITS = f"""
WITH cells AS (SELECT week, product, category, sum(units) AS counted, sum(amount) AS worth,
 sum(units * units) AS squared FROM ({SOLD}) GROUP BY ALL)
SELECT 'product' AS dimension, product AS value, week, {SUMMED} FROM (
 SELECT *, sum(CASE WHEN week >= DATE '2026-09-21' THEN counted ELSE 0.0 END)
 OVER (PARTITION BY product) AS recent FROM cells) WHERE recent >= 120 GROUP BY ALL
UNION ALL SELECT 'category', category, week, {SUMMED} FROM cells GROUP BY ALL"""
BY = ("source", "device", "country", "region")
PLAIN_ORDERS = (
    f"""
WITH whole AS (SELECT "order", week, {", ".join(BY)}, sum(amount) AS paid, sum(units) AS units
 FROM ({SOLD}) GROUP BY ALL), cells AS (SELECT week, {", ".join(BY)},
 count(*)::DOUBLE AS counted, sum(paid) AS worth, count(*)::DOUBLE AS squared
 FROM whole GROUP BY ALL)
"""
    + "".join(
        f"SELECT '{one}' AS dimension, {one} AS value, week, {SUMMED} FROM cells GROUP BY ALL"
        f" UNION ALL "
        for one in BY
    )
    + f"SELECT 'total', 'orders', week, {SUMMED} FROM cells GROUP BY ALL"
    " UNION ALL SELECT 'total', 'units', week, sum(units), sum(paid), sum(units * units)"
    " FROM whole GROUP BY ALL"
)
PLAIN_VISITS = """
SELECT day, device, source, country, depth, count(*) AS sessions, count(amount) AS paid,
 sum(amount) AS worth, sum(CAST(amount AS DOUBLE) * CAST(amount AS DOUBLE)) AS squares
FROM (SELECT session, CAST(min("at") AS DATE) AS day, max(device) AS device,
 max(source) AS source, max(country) AS country, max(CASE step WHEN 'view' THEN 1
 WHEN 'cart' THEN 2 WHEN 'checkout' THEN 3 WHEN 'purchase' THEN 4 ELSE 0 END) AS depth,
 max(amount) FILTER (step = 'purchase') AS amount
 FROM events WHERE "at" >= DATE '2026-09-16' AND "at" < DATE '2026-11-25' GROUP BY session)
GROUP BY ALL"""


def trends() -> list[Figure]:
    """Measured in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _make(Path(folder))
        figures: list[Figure] = []
        for part, title in (
            ("trend", "weekly trend, 10M order lines"),
            ("funnel", "path to purchase, 20M events"),
        ):
            ours, plain, memory = _measured(part, folder)
            other, theirs = _measured(f"pandas-{part}", folder)
            beside = f"plain SQL {plain:.2f} s; pandas {other:.1f} s, {theirs:.1f} GB"
            figures += [
                Figure(title, ours, "s", None, beside),
                Figure(f"{title}: times plain SQL", ours / plain, "x", 1.15, beside),
                Figure(f"{title}: memory at most", memory, "GB", 1.5, beside),
            ]
        return figures


def _measured(part: str, folder: str) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.library_trends", part, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(figure) for figure in done.stdout.split()[-3:]]


def _make(folder: Path) -> None:
    import duckdb

    for name, select in (("orders", ORDERS), ("events", VISITS)):
        duckdb.execute(f"COPY ({select}) TO '{folder / name}.parquet' (FORMAT parquet)")


def _child(part: str, folder: Path) -> list[float]:
    if part.startswith("pandas"):
        began = time.perf_counter()
        _PANDAS[part](folder)
        return [time.perf_counter() - began, _memory()]
    import ibis

    from bot.data.analyses.funnel.visits import build_cells, list_days
    from bot.data.analyses.result import AnalysisFilter
    from bot.data.analyses.trends.weekly_series import (
        build_line_series,
        build_order_series,
        list_mondays,
    )
    from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of

    engine = ibis.duckdb.connect(memory_limit="1GB", temp_directory=str(folder / "spill"))
    for kind in ("orders", "events"):
        file = engine.read_parquet(str(folder / f"{kind}.parquet"))
        whole = {
            n: file[n].cast(t) if n in file.columns else ibis.null(t)
            for n, t in schema_of(kind).items()
        }
        engine.create_view(kind, file.select(**whole))
    listed = {
        k: ListedTable(k, (), 0, Source(f"{k}.parquet"), TODAY - timedelta(days=1))
        for k in ("orders", "events")
    }
    shelf, where = Warehouse(engine, TODAY, listed), AnalysisFilter()
    if part == "trend":
        weeks = list_mondays(shelf, where)
        made = [f(shelf, where, weeks, "EUR") for f in (build_line_series, build_order_series)]
        plain = [PLAIN_UNITS, PLAIN_ORDERS]
    else:
        made, plain = [build_cells(shelf, where, list_days(shelf, where))], [PLAIN_VISITS]

    def ours() -> int:
        return sum(len(engine.to_pyarrow(one)) for one in made)

    def theirs() -> int:
        return sum(len(engine.con.execute(one).to_arrow_table()) for one in plain)

    rows, memory = ours(), _memory()
    assert rows == theirs()  # the same rows, and warm
    ran = [(_timed(ours), _timed(theirs)) for _ in range(5)]
    return [min(one) for one in zip(*ran, strict=True)] + [memory]


def _pandas_trend(folder: Path) -> None:
    import pandas as pd

    columns = ["order", "at", "product", "category", "quantity", "amount", *BY]
    sold = pd.read_parquet(folder / "orders.parquet", columns=columns)
    sold["amount"] = sold["amount"].astype(float)
    sold["week"] = sold["at"].dt.to_period("W").dt.start_time
    sold.groupby(["product", "week"])[["quantity", "amount"]].sum()
    sold.groupby(["category", "week"])[["quantity", "amount"]].sum()
    whole = sold.groupby("order").agg(
        {"week": "first", "amount": "sum", **dict.fromkeys(BY, "first")}
    )
    for one in BY:
        whole.groupby([one, "week"])["amount"].agg(["count", "sum"])


def _pandas_funnel(folder: Path) -> None:
    import pandas as pd

    columns = ["session", "at", "step", "device", "source", "country", "amount"]
    events = pd.read_parquet(folder / "events.parquet", columns=columns)
    events["amount"] = events["amount"].astype(float)
    events["depth"] = events["step"].map({"view": 1, "cart": 2, "checkout": 3, "purchase": 4})
    keys = {"at": "min", "depth": "max", "amount": "max"}
    whole = events.groupby("session").agg(
        {**keys, "device": "first", "source": "first", "country": "first"}
    )
    whole["day"] = whole["at"].dt.date
    by = ["day", "device", "source", "country", "depth"]
    whole.groupby(by)["amount"].agg(["size", "count", "sum"])


_PANDAS = {"pandas-trend": _pandas_trend, "pandas-funnel": _pandas_funnel}


def _timed(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory() -> float:
    """The most this process has held, in GB."""
    return peak() / 1e9


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(*_child(sys.argv[1], Path(sys.argv[2])))
    else:
        sys.exit(min(1, print_table(trends())))
