"""Records the expressions that analyses run on DuckDB, to run them on another engine."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.service import ANALYSES
from bot.data.warehouse import query
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo

Find = Callable[[Warehouse, AnalysisFilter], AnalysisResult]

# What people ask most: everything, one product, one device, one country, one channel.
ASKED = (
    AnalysisFilter(),
    AnalysisFilter(product="lin-alba"),
    AnalysisFilter(device="mobile"),
    AnalysisFilter(country="FR", days=30),
    AnalysisFilter(channel="email", language="fr"),
)


def analyses() -> dict[str, Find]:
    """Every `find(shelf, where)` of the library. They are discovered, so a new one needs no change
    here."""
    found: dict[str, Find] = {}
    for name, place in ANALYSES.items():
        find = getattr(importlib.import_module(place), "find", None)
        if callable(find) and list(inspect.signature(find).parameters)[:1] == ["warehouse"]:
            found[name] = find
    return found


@dataclass
class Recording:
    """The recorded expressions, without the engine that they ran on."""

    asked: list[ir.Expr] = field(default_factory=list)
    cached: dict[str, ops.Relation] = field(default_factory=dict)
    compiled: dict[str, ops.Relation] = field(default_factory=dict)  # SQL → what it was made of

    def add(self, expression: ir.Expr) -> None:
        fresh = self.freed(expression)
        if not any(fresh.equals(known) for known in self.asked):
            self.asked.append(fresh)

    def freed(self, expression: ir.Expr) -> ir.Expr:
        """Return the same expression over unbound tables. Tables that the analysis had cached, or
        compiled to SQL before, are replaced by their expressions."""

        def free(node: ops.Node, changed: dict[ops.Node, ops.Node]) -> ops.Node:
            if isinstance(node, ops.DatabaseTable):
                if node.name in self.cached:
                    return self.cached[node.name]
                return ops.UnboundTable(name=node.name, schema=node.schema)
            if isinstance(node, ops.SQLQueryResult):
                return self.compiled[node.query]
            return node.__recreate__(changed) if changed else node

        return expression.op().replace(free).to_expr()


@contextmanager
def recording(engine: Backend) -> Iterator[Recording]:
    """Record everything that is run on this DuckDB in the meantime."""
    found = Recording()
    run, keep, spell = query.run_query, engine._create_cached_table, ibis.to_sql
    spelt = query._SQL_CACHE

    lay = TableCache.materialize
    recorded = engine

    def laid(self: TableCache, what: str, table: ir.Table) -> ir.Table:
        down = lay(self, what, table)
        if down is not table:
            found.cached[down.get_name()] = found.freed(table).op()
        return down

    def ran(engine: Any, expression: ir.Table) -> Any:
        if engine is recorded:
            found.add(expression)
        return run(engine, expression)

    def kept(self: Backend, name: str, expression: ir.Table) -> ir.Table:
        found.cached[name] = found.freed(expression).op()
        return keep(name, expression)

    def spelled(expression: ir.Expr, *args: Any, **kwargs: Any) -> Any:
        sql = spell(expression, *args, **kwargs)
        found.compiled[str(sql)] = found.freed(expression).op()
        return sql

    ibis.to_sql, TableCache.materialize = spelled, laid  # type: ignore[method-assign]
    query.run_query, query._SQL_CACHE = ran, {}
    engine._create_cached_table = MethodType(kept, engine)
    try:
        yield found
    finally:
        ibis.to_sql, TableCache.materialize = spell, lay  # type: ignore[method-assign]
        query.run_query, query._SQL_CACHE = run, spelt
        del engine._create_cached_table


def ask(shelf: Warehouse, find: Find, where: AnalysisFilter) -> AnalysisResult | None:
    """Run the analysis; return its result, or None when it can't answer."""
    try:
        return find(shelf, where)
    except CannotDo:
        return None


def expressions(
    shelf: Warehouse, asked: tuple[AnalysisFilter, ...] = ASKED
) -> dict[str, list[ir.Expr]]:
    """All expressions that each analysis runs on this data."""
    found = {}
    for name, find in analyses().items():
        with recording(shelf.engine) as all_:
            for where in asked:
                ask(shelf, find, where)
        assert all_.asked, f"nothing of {name} was recorded"
        found[name] = all_.asked
    return found
