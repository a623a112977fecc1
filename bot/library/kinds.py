"""What the library keeps, kind by kind: `kinds.toml`; what others call it: `called.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "kinds.toml"
CALLED = Path(__file__).parent / "called.toml"
Type = Literal["text", "key", "person", "whole", "money", "number", "day", "moment", "yes"]


class Column(BaseModel):
    """One of our columns. `called` is what files call it, likeliest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Type
    needed: bool = False
    called: tuple[str, ...] = ()


class Kind(BaseModel):
    """One kind of rows. `dated` is the column that says how fresh a row is; `aids` are columns
    of files that ours are made of: what they are called."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    stale: int  # days
    dated: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    aids: dict[str, tuple[str, ...]] = {}


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name. Products are apart: the catalogue has them as rows."""
    read, names = tomllib.loads(FILE.read_text(encoding="utf-8")), called()
    for kind, told in read.items():
        for column, name in names[kind].items():
            told["columns"][column]["called"] = name
    aids = names["aids"]
    return {name: Kind(name=name, aids=aids.get(name, {}), **told) for name, told in read.items()}


@cache
def called() -> dict[str, Any]:
    """The names of `called.toml`: by kind and column; `aids`, `metrics` and `personal` apart."""
    return tomllib.loads(CALLED.read_text(encoding="utf-8"))
