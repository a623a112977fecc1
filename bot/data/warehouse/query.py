"""From an ibis expression to plain rows, and to the SQL that gives them."""

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.stats import Numbers
from bot.data.warehouse.warehouse import Shelf

# Spelling a query out takes longer than running it, and most are run and then told.
_SPELLED: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def rows_of(shelf: Shelf, expression: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small result."""
    return list(arrow_of(shelf, expression).to_pylist())


def arrow_of(shelf: Shelf, expression: ir.Table) -> Any:
    """The result as a pyarrow.Table."""
    engine: Any = shelf.engine
    if engine.name != "duckdb":
        return engine.to_pyarrow(expression)
    from ibis.formats.pyarrow import PyArrowData

    # what ibis's own to_pyarrow does, which for its other half loads pandas
    told = answer(engine, expression).to_arrow_table()
    return PyArrowData.convert_table(told, expression.schema())


def answer(engine: Any, expression: ir.Table) -> Any:
    """DuckDB's own relation: everything that is run on it is run here."""
    return engine.con.sql(sql_of(expression))


def person_of(shelf: Shelf, person: ir.Value) -> ir.Value:
    """What tells people apart, where nobody needs to know who they are: our own engine hands over
    numbers faster than names."""
    return person.hash() if shelf.engine.name == "duckdb" else person


def numbers_of(shelf: Shelf, expression: ir.Table) -> dict[str, Numbers]:
    """The result's columns, each of numbers, as float64; nothing is NaN."""
    engine: Any = shelf.engine
    if engine.name == "duckdb":  # an arrow column's own to_numpy loads pandas
        columns = answer(engine, expression).fetchnumpy()
    else:
        told = arrow_of(shelf, expression)
        columns = {name: told[name].to_numpy(zero_copy_only=False) for name in told.column_names}
    return {
        name: np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)
        for name, column in columns.items()
    }


def sql_of(expression: ir.Table) -> str:
    """The query as people can read and run it: what is run, letter for letter."""
    query = expression.op()
    if query not in _SPELLED:
        _SPELLED[query] = str(ibis.to_sql(expression))
    return _SPELLED[query]


def sql_later(expression: ir.Table) -> Callable[[], str]:
    """The same for `Findings.queries`: spelt out when somebody reads it."""
    return partial(sql_of, expression)
