"""The schema of the library by kind (`schema.toml`), and the column names that files use
(`column_names.toml`)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

SCHEMA_FILE = Path(__file__).parent / "schema.toml"
COLUMN_NAMES_FILE = Path(__file__).parent / "column_names.toml"
ColumnType = Literal["text", "key", "person", "whole", "money", "number", "day", "moment", "yes"]


class SchemaColumn(BaseModel, frozen=True, extra="forbid"):
    """One of our columns. `called` lists the names that files use for it, the most likely first.
    Rows stored by an earlier version lack a column that was `added`."""

    type: ColumnType
    needed: bool = False
    added: bool = False
    called: tuple[str, ...] = ()


class DatasetKind(BaseModel, frozen=True, extra="forbid"):
    """One kind of rows."""

    name: str
    stale: int  # days
    dated: str  # the column with a row's date
    key: tuple[str, ...]
    # Extends the key of rows without a value in the key's last column, such as counts by day.
    counts_by: tuple[str, ...] = ()
    columns: dict[str, SchemaColumn]
    # Columns of files that are not ours, but from which ours are computed, such as the unit price
    # for the amount of a line: our name for it → the names in files.
    aids: dict[str, tuple[str, ...]] = {}

    def keys(self, table: str = "") -> list[str]:
        """Return the key as SQL expressions over `table`'s columns."""
        return row_keys(self.key, self.counts_by, table)


def row_keys(key: tuple[str, ...], counts_by: tuple[str, ...], table: str = "") -> list[str]:
    start = f"{table}." if table else ""
    nobody = f'{start}"{key[-1]}" IS NULL'
    counted = [f'CASE WHEN {nobody} THEN {start}"{name}" END' for name in counts_by]
    return [*(f'{start}"{name}"' for name in key), *counted]


@cache
def load_kinds() -> dict[str, DatasetKind]:
    """Return all kinds by name. Products are not among them: the catalogue has its own rows."""
    read, names = tomllib.loads(SCHEMA_FILE.read_text(encoding="utf-8")), load_column_names()
    for kind, definition in read.items():
        for column, name in names[kind].items():
            definition["columns"][column]["called"] = name
    aids = names["aids"]
    return {
        name: DatasetKind(name=name, aids=aids.get(name, {}), **definition)
        for name, definition in read.items()
    }


@cache
def load_column_names() -> dict[str, Any]:
    """Return the names of `column_names.toml`: by kind and column; `aids`, `metrics`, `personal`,
    `meanings` and `languages` are separate."""
    return tomllib.loads(COLUMN_NAMES_FILE.read_text(encoding="utf-8"))
