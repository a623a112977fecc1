"""From an ibis expression to plain rows, and to the SQL that gives them."""

from typing import Any

import ibis
import ibis.expr.types as ir

from bot.library.shelf import Shelf


def rows_of(shelf: Shelf, expression: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small result. NaN and NaT become None."""
    return list(shelf.engine.to_pyarrow(expression).to_pylist())


def sql_of(expression: ir.Table) -> str:
    """The query as people can read and run it."""
    return str(ibis.to_sql(expression))
