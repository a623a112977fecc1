"""Reads the shop's TOML files and writes its CSV files.

`planted.toml` has the patterns planted in the data; PLANTED.md describes them."""

import csv
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SHOP_FOLDER = Path(__file__).parent


@cache
def read_toml(name: str) -> dict[str, Any]:
    """Read a TOML file of this folder, such as `goods` or `planted`."""
    with (SHOP_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def read_planted(section: str) -> dict[str, Any]:
    """Return a section of planted.toml."""
    found: dict[str, Any] = read_toml("planted")[section]
    return found


# CSV files, with the same bytes on every platform.


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV file (UTF-8, commas) and return the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def format_money(cents: int) -> str:
    """Format cents as euros, such as 12.50."""
    return f"{cents // 100}.{cents % 100:02}"


def format_yes_no(value: bool) -> str:
    return "oui" if value else "non"
