"""Run ibis expressions and render them as SQL."""

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.core.facts import Source
from bot.data.stats import Numbers
from bot.data.warehouse.warehouse import FILE_COLUMN, Warehouse, describe_source

# Rendering a query takes longer than running it. Most queries are run and then shown, and asked
# again when the tables have new rows. The keys hold no connection, so they keep no engine alive.
MOST_RENDERED = 500  # queries; each takes about 70 kB
_SQL_CACHE: dict[Any, str] = {}
_SQL_CACHE_LOCK = Lock()


def fetch_rows(warehouse: Warehouse, expression: ir.Table) -> list[dict[str, Any]]:
    """Return the rows of a small result as dictionaries."""
    return list(fetch_arrow(warehouse, expression).to_pylist())


def fetch_arrow(warehouse: Warehouse, expression: ir.Table) -> Any:
    """Return the result as a pyarrow.Table."""
    engine: Any = warehouse.engine
    if engine.name != "duckdb":
        return engine.to_pyarrow(expression)
    from ibis.formats.pyarrow import PyArrowData

    # The same as ibis's own to_pyarrow, which would also load pandas.
    table = run_query(engine, expression).to_arrow_table()
    return PyArrowData.convert_table(table, expression.schema())


def find_source(warehouse: Warehouse, kind: str, rows: ir.Table) -> Source:
    """Return the files that some rows of a kind come from."""
    if FILE_COLUMN not in rows.columns:
        return warehouse.source(kind)
    counted = fetch_rows(warehouse, rows.group_by(FILE_COLUMN).aggregate(rows=rows.count()))
    found = {row[FILE_COLUMN]: row["rows"] for row in counted}
    return describe_source(found) if found else warehouse.source(kind)


def run_query(engine: Any, expression: ir.Table) -> Any:
    """Run an expression on DuckDB and return its relation. Every DuckDB query goes through here."""
    return engine.con.sql(render_sql(expression))


def person_column(warehouse: Warehouse, person: ir.Value) -> ir.Value:
    """Return a column that distinguishes people without identifying them. On DuckDB it is a hash,
    because numbers are transferred faster than text."""
    return person.hash() if warehouse.engine.name == "duckdb" else person


def fetch_numbers(warehouse: Warehouse, expression: ir.Table) -> dict[str, Numbers]:
    """Return the numeric columns of the result as float64 arrays, with NaN for NULL."""
    engine: Any = warehouse.engine
    if engine.name == "duckdb":  # to_numpy of an arrow column loads pandas
        columns = run_query(engine, expression).fetchnumpy()
    else:
        table = fetch_arrow(warehouse, expression)
        columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    return {
        name: np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)
        for name, column in columns.items()
    }


def render_sql(expression: ir.Table) -> str:
    """Return exactly the SQL that is run, so that people can read it and run it themselves."""
    query = expression.op()
    sql = _SQL_CACHE.get(query)
    if sql is None:
        sql, key = _compile(expression), _disconnect(query)
        with _SQL_CACHE_LOCK:
            if len(_SQL_CACHE) >= MOST_RENDERED:
                del _SQL_CACHE[next(iter(_SQL_CACHE))]  # the oldest
            _SQL_CACHE[key] = sql
    return sql


def _compile(expression: ir.Table) -> str:
    """Return the same as ibis.to_sql, which would first copy the query without its engine."""
    engine: Any = expression.get_backend()
    if engine.name != "duckdb":
        return str(ibis.to_sql(expression))
    return str(engine.compiler.to_sqlglot(expression).sql(dialect="duckdb", pretty=True))


def _disconnect(query: Any) -> Any:
    """Return an equal query whose tables have an engine without a connection: engines are equal if
    they were made with the same arguments."""

    def replace(node: Any, changed: dict[str, Any] | None) -> Any:
        if "source" in node.__argnames__:
            engine: Any = node.source
            unconnected = type(engine)(*engine._con_args, **engine._con_kwargs)
            arguments = dict(zip(node.__argnames__, node.__args__, strict=True))
            return node.__recreate__(arguments | (changed or {}) | {"source": unconnected})
        return node.__recreate__(changed) if changed else node

    return query.replace(replace)


def defer_sql(expression: ir.Table) -> Callable[[], str]:
    """Return a callable for `AnalysisResult.queries` that renders the SQL when somebody reads
    it."""
    return partial(render_sql, expression)


# Intermediate results that several queries of one look-up share.

# Order rows; above that, a copy costs too much memory for the time it saves.
MOST_CACHED_ROWS = 3_000_000


class TableCache:
    """Temporary tables for intermediate results that several queries of one look-up share. Only
    DuckDB gets them, and only below MOST_CACHED_ROWS; otherwise each query contains the
    intermediate query itself. Rendering a query takes longer than running it, so each shared one is
    rendered once."""

    def __init__(self, warehouse: Warehouse, name: str) -> None:
        self._warehouse, self._name = warehouse, name
        self._sql_by_name: dict[str, str] = {}

    def __enter__(self) -> "TableCache":
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._sql_by_name:
            self._engine.con.execute(f'DROP TABLE IF EXISTS "{name}"')

    def materialize(self, what: str, table: ir.Table) -> ir.Table:
        """Return a temporary table with the same rows, or `table` itself where nothing is
        cached."""
        orders = self._warehouse.listed.get("orders")
        if self._engine.name != "duckdb" or (orders and orders.rows > MOST_CACHED_ROWS):
            return table
        name = f"{self._name}_{what}"
        self._sql_by_name[name] = render_sql(table)
        self._engine.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {render_sql(table)}')
        copied: ir.Table = self._engine.table(name)
        return copied

    def defer(self, table: ir.Table) -> Callable[[], str]:
        """Return a callable for `AnalysisResult.queries` that renders the query with all that it
        depends on, so that it can be run anywhere."""
        return partial(self.full_sql, table)

    def full_sql(self, table: ir.Table) -> str:
        needed: list[str] = []
        sql = render_sql(table)
        seen = sql
        for name in reversed(self._sql_by_name):  # each one depends on earlier ones only
            if f'"{name}"' in seen:
                needed.insert(0, name)
                seen += self._sql_by_name[name]
        if not needed:
            return sql
        # ibis may have written a WITH clause of its own.
        sql = f",\n{rest}" if (rest := sql.removeprefix("WITH ")) != sql else f"\n{sql}"
        parts = ",\n".join(f'"{name}" AS (\n{self._sql_by_name[name]}\n)' for name in needed)
        return f"WITH {parts}{sql}"

    @property
    def _engine(self) -> Any:
        return self._warehouse.engine
