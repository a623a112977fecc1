"""From an ibis expression to plain rows, and to the SQL that gives them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.library.shelf import Shelf


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
    answer = engine._to_duckdb_relation(expression).to_arrow_table()
    return PyArrowData.convert_table(answer, expression.schema())


def sql_of(expression: ir.Table) -> str:
    """The query as people can read and run it."""
    return str(ibis.to_sql(expression))


def sql_later(expression: ir.Table) -> Callable[[], str]:
    """The same for `Findings.queries`: spelt out when somebody reads it."""
    return partial(sql_of, expression)
