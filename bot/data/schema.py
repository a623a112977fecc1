"""What the library keeps, kind by kind: `kinds.toml`; what others call it: `called.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_FILE = Path(__file__).parent / "schema.toml"
COLUMN_NAMES_FILE = Path(__file__).parent / "column_names.toml"
ColumnType = Literal["text", "key", "person", "whole", "money", "number", "day", "moment", "yes"]


class SchemaColumn(BaseModel):
    """One of our columns. `called` is what files call it, likeliest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: ColumnType
    needed: bool = False
    called: tuple[str, ...] = ()


class DatasetKind(BaseModel):
    """One kind of rows. `dated` is the column that says how fresh a row is; `aids` are columns
    of files that ours are made of: what they are called. `counts_by` belongs to the key of rows
    that have nobody in the key's last column: counts of several, by day, say."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    stale: int  # days
    dated: str
    key: tuple[str, ...]
    counts_by: tuple[str, ...] = ()
    columns: dict[str, SchemaColumn]
    aids: dict[str, tuple[str, ...]] = {}

    def keys(self, table: str = "") -> list[str]:
        """The key as SQL, over `table`'s columns."""
        return row_keys(self.key, self.counts_by, table)


def row_keys(key: tuple[str, ...], counts_by: tuple[str, ...], table: str = "") -> list[str]:
    start = f"{table}." if table else ""
    nobody = f'{start}"{key[-1]}" IS NULL'
    counted = [f'CASE WHEN {nobody} THEN {start}"{name}" END' for name in counts_by]
    return [*(f'{start}"{name}"' for name in key), *counted]


@cache
def load_kinds() -> dict[str, DatasetKind]:
    """All kinds by name. Products are apart: the catalogue has them as rows."""
    read, names = tomllib.loads(SCHEMA_FILE.read_text(encoding="utf-8")), load_column_names()
    for kind, told in read.items():
        for column, name in names[kind].items():
            told["columns"][column]["called"] = name
    aids = names["aids"]
    return {
        name: DatasetKind(name=name, aids=aids.get(name, {}), **told) for name, told in read.items()
    }


@cache
def load_column_names() -> dict[str, Any]:
    """The names of `called.toml`: by kind and column; `aids`, `metrics` and `personal` apart."""
    return tomllib.loads(COLUMN_NAMES_FILE.read_text(encoding="utf-8"))
