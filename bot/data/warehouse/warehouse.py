"""The tables of one workspace at one moment, which analyses query through ibis.

The engine is an in-memory DuckDB that may read the library's own Parquet files and nothing else. A
team's external warehouse replaces it where one is configured.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.facts import Source
from bot.data.floors import PEOPLE_FLOOR, SALES_FLOOR, Floors
from bot.data.schema import ColumnType, load_kinds
from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:  # importing ibis takes 1.4 s, and an import of a file needs the types only
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
    """What is known of one kind's table: its files, its number of rows, its source and how fresh it
    is."""

    kind: str
    paths: tuple[Path, ...]
    rows: int
    source: Source
    as_of: date | None
    names: tuple[str, ...] = ()  # of the imported file that each path's rows come from


def describe_source(rows: Mapping[str, int]) -> Source:
    """Return the source of rows that come from these files. The file with the most is named; of
    equal ones, the first."""
    most = max(rows, key=lambda name: rows[name])
    return Source(most, more=len(rows) - 1)


@dataclass(frozen=True)
class DamagedTable:
    """Rows of one kind that can't be read: the day on which that was noticed, and the file that
    they came from."""

    kind: str
    since: date
    source: str


class DamagedRows(CannotDo):
    """Raised when a question needs rows that are damaged: without them every figure would be too
    low."""

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


FILE_COLUMN = "source_file"  # of tables whose rows come from several imported files
OPTION_SEPARATOR = "|"  # between the colours or sizes of a product


@dataclass
class Warehouse:
    """The tables that analyses read. `today` is the current day of the workspace. `products` holds
    the catalogue columns that analyses join: product, title, category, price, compare_at,
    lowest_30_days, currency, stock, status, brand (the maker's name where the catalogue has it),
    colours, sizes. `released` caches what is read once for each state of the data, such as which
    rows earlier answers about sales were computed from."""

    engine: SQLBackend
    today: date
    listed: Mapping[str, ListedTable] = field(default_factory=dict)
    products: ir.Table | None = None
    floor: int = FLOOR
    sales_floor: int = SALES_FLOOR
    damaged: Mapping[str, DamagedTable] = field(default_factory=dict)
    released: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    _tables: dict[str, ir.Table] = field(default_factory=dict, repr=False, compare=False)

    @property
    def floors(self) -> Floors:
        return Floors(self.floor, self.sales_floor)

    def for_reading(self, kinds_read: Collection[str]) -> Warehouse:
        """Return the warehouse for an analysis that requires these kinds. Damaged tables of other
        kinds are treated as missing, because the analysis can do without them."""
        if not set(self.damaged) - set(kinds_read):
            return self
        damaged = {kind: one for kind, one in self.damaged.items() if kind in kinds_read}
        beside = set(self.damaged) - set(damaged)
        listed = {kind: one for kind, one in self.listed.items() if kind not in beside}
        return replace(self, damaged=damaged, listed=listed)

    def table(self, kind: str) -> ir.Table | None:
        """Return all rows of a kind with every column of `schema.toml`, or None when there are
        none. Raises DamagedRows when some of them can't be read."""
        if kind in self.damaged:
            raise DamagedRows(self.damaged[kind])
        if kind not in self.listed:
            return None
        if kind not in self._tables:  # the engine describes a table each time that it is asked
            self._tables[kind] = self.engine.table(kind)
        return self._tables[kind]

    def rows(self, kind: str) -> ir.Table:
        """Return the table of a kind that is known to have rows."""
        table = self.table(kind)
        assert table is not None
        return table

    def source(self, kind: str) -> Source:
        return self.listed[kind].source

    def as_of(self, kind: str) -> date:
        """Return the day of the newest row, from which periods are counted back."""
        return self.listed[kind].as_of or self.today

    def stale(self, kind: str) -> int | None:
        """Return how many days ago the newest row is, or None when that is within the kind's
        limit."""
        days = (self.today - self.as_of(kind)).days
        return days if days > load_kinds()[kind].stale else None


def sql_type(type_: ColumnType) -> str:
    """Return the type of DuckDB for a column of ours."""
    named = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}
    return named.get(IBIS_TYPES[type_], IBIS_TYPES[type_].upper().replace(" ", ""))


def schema_of(kind: str) -> dict[str, str]:
    """Return the columns of a kind with their ibis types."""
    return {name: IBIS_TYPES[column.type] for name, column in load_kinds()[kind].columns.items()}
