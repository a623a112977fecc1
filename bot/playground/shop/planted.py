"""What was planted in the sample shop: `planted.toml`, told in words in PLANTED.md."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """A file of this folder, `goods` or `planted`."""
    with (HERE / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def planted(section: str) -> dict[str, Any]:
    """One section of what was planted."""
    found: dict[str, Any] = table("planted")[section]
    return found
