"""A workspace's tables, as they were at one moment: Parquet files read through ibis.

The engine is an in-memory DuckDB that may read the library's own files and nothing else;
somebody else's warehouse takes its place when there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.source import Source
from bot.data.floors import PEOPLE_FLOOR, SALES_FLOOR, Floors
from bot.data.schema import ColumnType, load_kinds
from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:  # ibis takes 1.4 s, and whoever imports a file needs the types alone
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend

FLOOR = PEOPLE_FLOOR  # customers; smaller groups are not shown. policy.toml may set another

IBIS_TYPES: Mapping[ColumnType, str] = {
    "text": "string",
    "key": "string",
    "person": "string",
    "whole": "int64",
    "money": "decimal(18, 2)",
    "number": "float64",
    "day": "date",
    "moment": "timestamp",
    "yes": "boolean",
}


@dataclass(frozen=True)
class ListedTable:
    """What the rows say of one kind: its files, whose words they are from, how fresh."""

    kind: str
    paths: tuple[Path, ...]
    rows: int
    source: Source
    as_of: date | None


@dataclass(frozen=True)
class DamagedTable:
    """Rows of one kind that can't be read: the day that was noticed, and the file they came in."""

    kind: str
    since: date
    source: str


class DamagedRows(CannotDo):
    """A question needs rows that are damaged: without them every figure would be too low."""

    def __init__(self, damaged: DamagedTable) -> None:
        super().__init__(
            Words(
                "The {kind} are damaged since {day}: rows of {file} can't be read. Import that "
                "file once more.",
                kind=damaged.kind,
                day=damaged.since,
                file=damaged.source,
            )
        )


@dataclass
class Warehouse:
    """What the analyses read. `today` is the workspace's own day; `products` is the catalogue's
    part that they join: product, title, category, price, compare_at, lowest_30_days, currency,
    stock, status, brand (the maker's, where the catalogue says it). `released` caches which rows
    stand behind answers about sales."""

    engine: SQLBackend
    today: date
    listed: Mapping[str, ListedTable] = field(default_factory=dict)
    products: ir.Table | None = None
    floor: int = FLOOR
    sales_floor: int = SALES_FLOOR
    damaged: Mapping[str, DamagedTable] = field(default_factory=dict)
    released: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def floors(self) -> Floors:
        return Floors(self.floor, self.sales_floor)

    def for_reading(self, kinds_read: Collection[str]) -> Warehouse:
        """The same for an analysis that stands on these kinds: damaged rows of any other, which
        only add to it, are as if they were not there."""
        if not set(self.damaged) - set(kinds_read):
            return self
        damaged = {kind: one for kind, one in self.damaged.items() if kind in kinds_read}
        beside = set(self.damaged) - set(damaged)
        listed = {kind: one for kind, one in self.listed.items() if kind not in beside}
        return replace(self, damaged=damaged, listed=listed)

    def table(self, kind: str) -> ir.Table | None:
        """All rows of a kind, with every column of `kinds.toml`; None when there are none. Raises
        DamagedRows where some can't be read."""
        if kind in self.damaged:
            raise DamagedRows(self.damaged[kind])
        if kind not in self.listed:
            return None
        return self.engine.table(kind)

    def source(self, kind: str) -> Source:
        return self.listed[kind].source

    def as_of(self, kind: str) -> date:
        """The day of the newest row: a day to count back from."""
        return self.listed[kind].as_of or self.today

    def stale(self, kind: str) -> int | None:
        """For how many days nothing came, when that is longer than the kind allows."""
        days = (self.today - self.as_of(kind)).days
        return days if days > load_kinds()[kind].stale else None


def schema_of(kind: str) -> dict[str, str]:
    """Our columns of a kind with their ibis types."""
    return {name: IBIS_TYPES[column.type] for name, column in load_kinds()[kind].columns.items()}
