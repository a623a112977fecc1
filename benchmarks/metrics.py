"""Ten calls of `query_metrics` on a million order lines, beside plain SQL for the same figures.

The tool does more than the SQL: it finds the rows behind each figure, hides small groups, and
compares the answer with itself. The first call also reads who stands behind each row."""

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

import ibis

from benchmarks.table import Figure
from bot.core.facts import Source
from bot.core.metric_query import MetricQuery
from bot.data.metrics.query.answer_facts import build_result
from bot.data.metrics.query.execution import answer_query
from bot.data.metrics.query.guard import guard_answer
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import ALL_GROUPS
from bot.data.warehouse.warehouse import ListedTable, Warehouse, schema_of

LINES, CUSTOMERS = 1_000_000, 120_000
TODAY = date(2026, 11, 25)
RUNS = 3
AIM_SECONDS = 5.0
MADE = f"""
SELECT 'o' || (i // 2)::VARCHAR AS "order", i % 2 + 1 AS line,
 TIMESTAMP '2025-05-25' + to_seconds(((i // 2) * 7919 % 47000000)::BIGINT) AS "at",
 'c' || ((i // 2) * 31 % {CUSTOMERS})::VARCHAR AS customer,
 'p' || (i * 17 % 400)::VARCHAR AS product, 'k' || (i * 17 % 12)::VARCHAR AS category,
 1 + i % 3 AS quantity, (5 + (i * 7 % 20000) / 100)::DECIMAL(18, 2) AS amount, 'EUR' AS currency,
 ['mobile', 'desktop', 'tablet'][(i // 2) % 3 + 1] AS device,
 ['FR', 'BE', 'GB', 'DE'][(i // 2) % 4 + 1] AS country, i % 11 = 0 AS returned
FROM range({LINES}) t(i)"""
COUNTED = "FROM orders WHERE status IS NULL AND \"at\"::DATE BETWEEN '{0}' AND '{1}'"
EVER, MONTH = ("2025-01-01", "2026-11-24"), ("2026-10-01", "2026-10-31")
ORDERS = 'count(DISTINCT "order")'
Call = tuple[str, dict[str, Any], str]


def _plain(select: str, days: tuple[str, str], by: str = "") -> str:
    where = COUNTED.format(*days)
    return f"SELECT {by + ', ' if by else ''}{select} {where} {'GROUP BY ' + by if by else ''}"


CALLS: tuple[Call, ...] = (
    ("revenue", {"measures": ["revenue"]}, _plain("sum(amount)", EVER)),
    (
        "revenue and orders by month",
        {"measures": ["revenue", "orders"], "dimensions": ["month"]},
        _plain(f"sum(amount), {ORDERS}", EVER, "date_trunc('month', \"at\")"),
    ),
    (
        "revenue by product, a month",
        {"measures": ["revenue"], "dimensions": ["product"], "since": MONTH[0], "until": MONTH[1]},
        _plain("sum(amount)", MONTH, "product"),
    ),
    (
        "customers by country",
        {"measures": ["customers"], "dimensions": ["country"]},
        _plain("count(DISTINCT customer)", EVER, "country"),
    ),
    (
        "revenue by device and country",
        {"measures": ["revenue"], "dimensions": ["device", "country"]},
        _plain("sum(amount)", EVER, "device, country"),
    ),
    (
        "orders, compared with the month before",
        {
            "measures": ["orders"],
            "since": MONTH[0],
            "until": MONTH[1],
            "comparison": "previous_period",
        },
        _plain(ORDERS, MONTH),
    ),
    (
        "return rate by category",
        {"measures": ["return_rate"], "dimensions": ["category"]},
        _plain("100.0 * count(*) FILTER (returned) / count(returned)", EVER, "category"),
    ),
    (
        "repeat rate",
        {"measures": ["repeat_rate"]},
        "SELECT 100.0 * count(*) FILTER (n > 1) / count(*) FROM "
        f"({_plain(f'{ORDERS} AS n', EVER, 'customer')})",
    ),
    (
        "customers who did not order since October",
        {
            "measures": ["customers"],
            "filters": [
                [
                    {
                        "field": "customer_not_ordered",
                        "operator": "at_least",
                        "values": ["2026-10-01"],
                    }
                ]
            ],
        },
        "SELECT count(*) FROM (SELECT customer FROM orders GROUP BY customer "
        "HAVING max(\"at\"::DATE) < '2026-10-01')",
    ),
    (
        "share of the top 10% of customers",
        {"measures": ["top_10_percent_share"]},
        "SELECT 100.0 * sum(paid) FILTER (place <= ceil(many * 0.1)) / sum(paid) FROM (SELECT *, "
        "row_number() OVER (ORDER BY paid DESC, customer) AS place, count(*) OVER () AS many FROM "
        f"({_plain('sum(amount) AS paid', EVER, 'customer')}))",
    ),
)


def metrics() -> list[Figure]:
    """Seconds of each call, its figures held against the SQL's; the median of three."""
    warehouse = _make()
    con: Any = warehouse.engine.con
    began = time.perf_counter()
    _ask(warehouse, {"measures": ["orders"]})
    first = time.perf_counter() - began
    figures = [Figure("the first call, which reads all rows", first, "s", 2 * AIM_SECONDS)]
    for name, query, sql in CALLS:
        answer = _ask(warehouse, query)
        _hold(answer, con.execute(sql).fetchall(), name)
        ours = median(_seconds(lambda q=query: _ask(warehouse, q)) for _ in range(RUNS))  # type: ignore[misc]
        plain = median(_seconds(lambda s=sql: con.execute(s).fetchall()) for _ in range(RUNS))  # type: ignore[misc]
        figures.append(Figure(name, ours, "s", AIM_SECONDS, f"plain SQL {plain:.3f} s"))
    return figures


def _make() -> Warehouse:
    engine = ibis.duckdb.connect()
    con = engine.con
    con.execute("SET enable_progress_bar = false")
    types = {"string": "VARCHAR", "float64": "DOUBLE"}
    columns = ", ".join(
        f'NULL::{types.get(type_, type_.upper())} AS "{name}"'
        for name, type_ in schema_of("orders").items()
    )
    con.execute(f"CREATE TABLE orders AS SELECT {columns} LIMIT 0")
    con.execute(f"INSERT INTO orders BY NAME {MADE}")
    listed = ListedTable("orders", (), LINES, Source("orders.csv"), date(2026, 11, 20))
    return Warehouse(engine, TODAY, {"orders": listed})


def _ask(warehouse: Warehouse, query: dict[str, Any]) -> MetricAnswer:
    asked = MetricQuery.model_validate({"dataset": "orders", **query})
    answer = answer_query(warehouse, asked, see_people=False)
    answer = guard_answer(warehouse, answer, None, "")
    build_result(warehouse, answer, "en")
    return answer


def _hold(answer: MetricAnswer, rows: list[tuple[Any, ...]], name: str) -> None:
    """Fails unless the figures are those of the SQL."""
    measures, many = answer.query.measures, len(answer.query.dimensions)
    plain = {tuple(str(one) for one in row[:many]): row[many:] for row in rows}
    groups = answer.recipe.list_groups() or [ALL_GROUPS]
    for group in groups:
        key = tuple(_as_sql(one) for one in group)
        for measure, expected in zip(measures, plain[key], strict=True):
            value = answer.get_value("now", group, measure)
            assert abs(Decimal(str(value)) - Decimal(str(expected))) < Decimal("0.000001"), name


def _as_sql(value: str | None) -> str:
    """A month as the plain SQL spells it."""
    return f"{value} 00:00:00" if value and len(value) == len("2026-11-01") else str(value)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
