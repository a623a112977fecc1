"""What the library keeps, kind by kind: `kinds.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "kinds.toml"
Type = Literal["text", "key", "person", "whole", "money", "number", "day", "moment", "yes"]


class Column(BaseModel):
    """One of our columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Type
    needed: bool = False


class Kind(BaseModel):
    """One kind of rows. `dated` is the column that says how fresh a row is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    stale: int  # days
    dated: str
    key: tuple[str, ...]
    columns: dict[str, Column]


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name. Products are apart: the catalogue has them as rows."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: Kind(name=name, **told) for name, told in read.items()}
