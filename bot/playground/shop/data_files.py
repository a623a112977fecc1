"""What was planted in the sample shop: `planted.toml`, told in words in PLANTED.md."""

import csv
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SHOP_FOLDER = Path(__file__).parent


@cache
def read_toml(name: str) -> dict[str, Any]:
    """A file of this folder, `goods` or `planted`."""
    with (SHOP_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def read_planted(section: str) -> dict[str, Any]:
    """One section of what was planted."""
    found: dict[str, Any] = read_toml("planted")[section]
    return found


# Files of rows: the same bytes everywhere.


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """A CSV in UTF-8 with commas. How many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def format_money(cents: int) -> str:
    """`12.50`; whole cents, no rounding."""
    return f"{cents // 100}.{cents % 100:02}"


def format_yes_no(said: bool) -> str:
    return "oui" if said else "non"
