"""What several questions of one look-up stand on: computed once, told with the query of each."""

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import ibis.expr.types as ir

from bot.data.warehouse.query import sql_of
from bot.data.warehouse.warehouse import Shelf

MANY = 3_000_000  # rows of orders: from here on a copy takes more memory than it saves time


class Laid:
    """Tables put down in our own engine until the look-up is over; elsewhere, and of very many
    rows, each question brings them along. To spell a question out takes longer than to answer it,
    and this way what is asked again and again is spelt once."""

    def __init__(self, shelf: Shelf, name: str) -> None:
        self._shelf, self._name = shelf, name
        self._told: dict[str, str] = {}

    def __enter__(self) -> "Laid":
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
        if self._engine.name != "duckdb" or (orders and orders.rows > MANY):
            return table
        name = f"{self._name}_{what}"
        self._told[name] = sql_of(table)
        self._engine.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql_of(table)}')
        down: ir.Table = self._engine.table(name)
        return down

    def later(self, table: ir.Table) -> Callable[[], str]:
        """For `Findings.queries`: the question with all that it stands on, to be run anywhere."""
        return partial(self.whole, table)

    def whole(self, table: ir.Table) -> str:
        needed: list[str] = []
        sql = sql_of(table)
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
