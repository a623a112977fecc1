"""The same expressions on DuckDB and on Spark, compared cell by cell: `make conformance`.

What the analyses run on the small sample shop is recorded, run again on a local Spark, and
printed as a table: equal, different, or refused by Spark. 1 when anything is different. Named
analyses alone: `make conformance ONLY="behaviour funnel"`.
"""

import math
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.data.schema import load_kinds
from bot.data.warehouse.warehouse import Warehouse
from tests.support.query_recording import ASKED, expressions
from tests.support.sample_tables import sample

CLOSE = 1e-9  # of a float, relative: the order of a sum differs between engines


def main(only: list[str]) -> int:
    shelf = sample("small")
    asked = expressions(shelf, ASKED[:2])
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        spark = spark_with(shelf, Path(folder))
        different = [
            line for name in only or asked for line in compare(shelf, spark, name, asked[name])
        ]
        spark.disconnect()
    for line in different:
        print(line)
    return 1 if different else 0


def compare(shelf: Warehouse, spark: Any, name: str, asked: list[ir.Expr]) -> list[str]:
    """One row of the table; what differs or is refused, to print below it."""
    found: Counter[str] = Counter()
    different, refused = [], []
    for number, expression in enumerate(asked):
        ours = cells(shelf.engine, expression)
        try:
            theirs = cells(spark, expression)
        except Exception as no:  # noqa: BLE001  each engine's driver has errors of its own
            found["refused"] += 1
            refused.append(f"  {name} {number}: {type(no).__name__}: {str(no).strip()[:300]}")
            continue
        same = alike(ours, theirs)
        found["equal" if same else "different"] += 1
        if not same:
            different.append(
                f"{name} {number}: {first_difference(ours, theirs)}\n{sql(expression)}"
            )
    told = "  ".join(f"{word} {found[word]:4d}" for word in ("equal", "different", "refused"))
    print(f"{name:14s} {told}", flush=True)
    print("\n".join(refused), end="\n" if refused else "", flush=True)
    return different


def spark_with(shelf: Warehouse, folder: Path) -> Any:
    """A Spark of two threads with the shelf's tables as views."""
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    for name in [*load_kinds(), "products"]:
        path = folder / f"{name}.parquet"
        shelf.engine.table(name).to_parquet(path)
        session.read.parquet(str(path)).createOrReplaceTempView(name)
    return ibis.pyspark.connect(session)


Cells = list[tuple[Any, ...]]


def cells(engine: Any, expression: ir.Expr) -> Cells:
    """The result as rows of plain values, in an order of their own: SQL promises none."""
    table = engine.to_pyarrow(expression.as_table())
    rows = [tuple(plain(value) for value in row.values()) for row in table.to_pylist()]
    return sorted(rows, key=lambda row: [order(value) for value in row])


def plain(value: Any) -> Any:
    """Without what only the carriage differs in: a zone of UTC, NaN for null, zeros at the end."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, Decimal):
        return value.normalize() if value else Decimal(0)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Mapping):
        return tuple(plain(inner) for inner in value.values())
    if isinstance(value, list):
        return tuple(plain(inner) for inner in value)
    return value


def order(value: Any) -> tuple[Any, ...]:
    """A key to sort by that rounding in the last digits does not change."""
    if value is None:
        return (0, 0, "")
    if isinstance(value, int | float | Decimal):
        return (1, float(f"{float(value):.6e}"), "")
    return (2, 0, str(value))


def alike(ours: Cells, theirs: Cells) -> bool:
    return len(ours) == len(theirs) and all(map(alike_rows, ours, theirs))


def alike_rows(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> bool:
    return len(ours) == len(theirs) and all(map(same_cell, ours, theirs))


def same_cell(ours: Any, theirs: Any) -> bool:
    """Equal; floats within their last digits; a number is a number, whatever its type."""
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return alike_rows(ours, theirs)
    if isinstance(ours, float) or isinstance(theirs, float):
        numbers = isinstance(ours, int | float | Decimal) and isinstance(
            theirs, int | float | Decimal
        )
        return numbers and math.isclose(float(ours), float(theirs), rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(ours == theirs)


def first_difference(ours: Cells, theirs: Cells) -> str:
    if len(ours) != len(theirs):
        return f"{len(ours)} rows here, {len(theirs)} there"
    for mine, other in zip(ours, theirs, strict=True):
        if not alike_rows(mine, other):
            return f"here {mine}\n  there {other}"
    return "nothing"


def sql(expression: ir.Expr) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
