"""RFM on ten million orders beside plain SQL and pandas; BG/NBD on a million customers."""

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

import ibis
import numpy as np
from ibis import _

from benchmarks.table import Figure
from bot.data.analyses.forecast.purchase_volume import (
    fit_bgnbd,
    group_histories,
    predict_purchases,
)
from bot.data.analyses.segments.rfm import rank_rfm
from bot.data.stats import Numbers
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

ORDERS, CUSTOMERS = 10_000_000, 1_000_000
UNTIL = date(2026, 11, 24)
RUNS = 3
MADE = f"""
CREATE TABLE orders AS
SELECT i::VARCHAR AS "order", 'C' || lpad((floor(pow(random(), 2) * {CUSTOMERS}))::VARCHAR, 7, '0')
   AS customer,
 TIMESTAMP '2025-05-25' + to_seconds((random() * 47000000)::BIGINT) AS "at",
 (5 + exp(3 + 0.8 * random()))::DECIMAL(18, 2) AS amount
FROM range({ORDERS}) t(i)"""
PLAIN = f"""
WITH each AS (
 SELECT customer, date_diff('day', max("at") FILTER (amount >= 0)::DATE, DATE '{UNTIL}') AS recency,
  date_diff('day', min("at") FILTER (amount >= 0)::DATE, DATE '{UNTIL}') AS tenure,
  count(*) FILTER (amount >= 0) AS frequency, sum(amount)::DECIMAL(18, 2) AS monetary
 FROM orders WHERE "at"::DATE <= DATE '{UNTIL}' GROUP BY customer
 HAVING count(*) FILTER (amount >= 0) > 0),
ranked AS (SELECT *, ntile(5) OVER (ORDER BY recency DESC, customer) AS r,
 ntile(5) OVER (ORDER BY frequency, customer) AS f,
 ntile(5) OVER (ORDER BY monetary, customer) AS m FROM each)
SELECT r, f, m, count(*) AS customers, sum(monetary) AS spent, sum(tenure) AS days
FROM ranked GROUP BY ALL"""


def segments() -> list[Figure]:
    """RFM: seconds from the expression to its 125 cells; fails unless all three give the same."""
    ibis_engine = ibis.duckdb.connect()
    con = ibis_engine.con
    con.execute("SELECT setseed(0.7)")
    con.execute(MADE)
    shelf = Warehouse(ibis_engine, UNTIL)

    def ours() -> list[Any]:
        cells = rank_rfm(ibis_engine.table("orders"), UNTIL).group_by("r", "f", "m")
        told = cells.aggregate(customers=_.count(), spent=_.monetary.sum(), days=_.tenure.sum())
        return sorted(tuple(row.values()) for row in fetch_rows(shelf, told))

    def plain() -> list[Any]:
        return sorted(con.execute(PLAIN).fetchall())

    frame = con.execute('SELECT customer, "at", amount::DOUBLE AS amount FROM orders').df()
    assert ours() == plain() == _pandas(frame), "the cells differ"
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for _run in range(RUNS):
        times["plain"].append(_seconds(plain))
        times["ours"].append(_seconds(ours))
    other = _seconds(lambda: _pandas(frame))
    took, sql = median(times["ours"]), median(times["plain"])
    return [
        Figure(
            f"RFM, {ORDERS:,} orders, over plain SQL",
            took / sql,
            "×",
            1.15,
            f"{took:.2f} s; plain DuckDB {sql:.2f} s; pandas {other:.2f} s",
        ),
        _again(),
    ]


def _again() -> Figure:
    """BG/NBD: grouped, fitted, 90 days foretold. How many histories differ stands beside it."""
    x, t_x, age = _histories()
    began = time.perf_counter()
    histories = group_histories(x, t_x, age)
    fit = fit_bgnbd(histories)
    total = float(predict_purchases(fit, histories, 90) @ histories.many)
    took = time.perf_counter() - began
    assert fit.sound
    assert total > 0
    return Figure(
        f"BG/NBD, {CUSTOMERS:,} customers",
        took,
        "s",
        8,
        f"{len(histories.x):,} different histories; r .25 made, {fit.r:.3f} found",
    )


def _histories() -> tuple[Numbers, Numbers, Numbers]:
    """Repeat purchases, the last and the age in days: r .25, α 30, a .8, b 2.5."""
    rng = np.random.default_rng(1)
    rate, leaves = rng.gamma(0.25, 1 / 30, CUSTOMERS), rng.beta(0.8, 2.5, CUSTOMERS)
    age = rng.integers(100, 540, CUSTOMERS).astype(np.float64)
    x, t_x, at = np.zeros(CUSTOMERS), np.zeros(CUSTOMERS), np.zeros(CUSTOMERS)
    here = np.arange(CUSTOMERS)
    while len(here):
        at[here] += rng.exponential(1 / np.maximum(rate[here], 1e-12))
        here = here[at[here] <= age[here]]
        x[here] += 1
        t_x[here] = np.ceil(at[here])
        here = here[rng.random(len(here)) > leaves[here]]
    return x, t_x, age


def _pandas(frame: Any) -> list[Any]:
    import pandas as pd

    days = frame["at"].dt.normalize()
    known = frame.assign(day=days, cents=(frame["amount"] * 100).round().astype("int64"))
    by = known.groupby("customer", sort=True)
    each = by.agg(
        last=("day", "max"), first=("day", "min"), n=("cents", "size"), c=("cents", "sum")
    )
    until = pd.Timestamp(UNTIL)
    each["recency"] = (until - each["last"]).dt.days
    each["tenure"] = (until - each["first"]).dt.days
    for letter, column, up in (("r", "recency", False), ("f", "n", True), ("m", "c", True)):
        order = each[column].sort_values(ascending=up, kind="stable").index
        each[letter] = pd.Series(_fifths(len(order)), index=order)
    cells = each.groupby(["r", "f", "m"]).agg(n=("c", "size"), c=("c", "sum"), d=("tenure", "sum"))
    return sorted(
        (*(int(k) for k in key), int(row.n), Decimal(int(row.c)) / 100, int(row.d))
        for key, row in zip(cells.index, cells.itertuples(), strict=True)
    )


def _fifths(count: int) -> Any:
    """What ntile(5) gives: the first fifths are one larger where it does not divide."""
    parts = np.array_split(np.arange(count), 5)
    return np.concatenate([np.full(len(part), i + 1) for i, part in enumerate(parts)])


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
