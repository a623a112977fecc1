"""From an ibis expression to plain rows, and to the SQL that gives them."""

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.stats import Numbers
from bot.data.warehouse.warehouse import Warehouse

# Spelling a query out takes longer than running it, and most are run and then told.
_SQL_CACHE: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def fetch_rows(shelf: Warehouse, expression: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small result."""
    return list(fetch_arrow(shelf, expression).to_pylist())


def fetch_arrow(shelf: Warehouse, expression: ir.Table) -> Any:
    """The result as a pyarrow.Table."""
    engine: Any = shelf.engine
    if engine.name != "duckdb":
        return engine.to_pyarrow(expression)
    from ibis.formats.pyarrow import PyArrowData

    # what ibis's own to_pyarrow does, which for its other half loads pandas
    told = run_query(engine, expression).to_arrow_table()
    return PyArrowData.convert_table(told, expression.schema())


def run_query(engine: Any, expression: ir.Table) -> Any:
    """DuckDB's own relation: everything that is run on it is run here."""
    return engine.con.sql(render_sql(expression))


def person_column(shelf: Warehouse, person: ir.Value) -> ir.Value:
    """What tells people apart, where nobody needs to know who they are: our own engine hands over
    numbers faster than names."""
    return person.hash() if shelf.engine.name == "duckdb" else person


def fetch_numbers(shelf: Warehouse, expression: ir.Table) -> dict[str, Numbers]:
    """The result's columns, each of numbers, as float64; nothing is NaN."""
    engine: Any = shelf.engine
    if engine.name == "duckdb":  # an arrow column's own to_numpy loads pandas
        columns = run_query(engine, expression).fetchnumpy()
    else:
        told = fetch_arrow(shelf, expression)
        columns = {name: told[name].to_numpy(zero_copy_only=False) for name in told.column_names}
    return {
        name: np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)
        for name, column in columns.items()
    }


def render_sql(expression: ir.Table) -> str:
    """The query as people can read and run it: what is run, letter for letter."""
    query = expression.op()
    if query not in _SQL_CACHE:
        _SQL_CACHE[query] = str(ibis.to_sql(expression))
    return _SQL_CACHE[query]


def defer_sql(expression: ir.Table) -> Callable[[], str]:
    """The same for `Findings.queries`: spelt out when somebody reads it."""
    return partial(render_sql, expression)


# What several questions of one look-up stand on: computed once, told with the query of each.

MOST_CACHED_ROWS = (
    3_000_000  # rows of orders: from here on a copy takes more memory than it saves time
)


class TableCache:
    """Tables put down in our own engine until the look-up is over; elsewhere, and of very many
    rows, each question brings them along. To spell a question out takes longer than to answer it,
    and this way what is asked again and again is spelt once."""

    def __init__(self, shelf: Warehouse, name: str) -> None:
        self._shelf, self._name = shelf, name
        self._told: dict[str, str] = {}

    def __enter__(self) -> "TableCache":
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        _is: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        for name in self._told:
            self._engine.con.execute(f'DROP TABLE IF EXISTS "{name}"')

    def down(self, what: str, table: ir.Table) -> ir.Table:
        """The same rows under that name, from here on."""
        orders = self._shelf.listed.get("orders")
        if self._engine.name != "duckdb" or (orders and orders.rows > MOST_CACHED_ROWS):
            return table
        name = f"{self._name}_{what}"
        self._told[name] = render_sql(table)
        self._engine.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {render_sql(table)}')
        down: ir.Table = self._engine.table(name)
        return down

    def later(self, table: ir.Table) -> Callable[[], str]:
        """For `Findings.queries`: the question with all that it stands on, to be run anywhere."""
        return partial(self.whole, table)

    def whole(self, table: ir.Table) -> str:
        needed: list[str] = []
        sql = render_sql(table)
        seen = sql
        for name in reversed(self._told):  # each stands on earlier ones alone
            if f'"{name}"' in seen:
                needed.insert(0, name)
                seen += self._told[name]
        if not needed:
            return sql
        # ibis writes tables of its own in the same way, where it needs one twice
        sql = f",\n{rest}" if (rest := sql.removeprefix("WITH ")) != sql else f"\n{sql}"
        parts = ",\n".join(f'"{name}" AS (\n{self._told[name]}\n)' for name in needed)
        return f"WITH {parts}{sql}"

    @property
    def _engine(self) -> Any:
        return self._shelf.engine
