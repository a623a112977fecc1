"""Files of rows: the same bytes everywhere."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """A CSV in UTF-8 with commas. How many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def money(cents: int) -> str:
    """`12.50`; whole cents, no rounding."""
    return f"{cents // 100}.{cents % 100:02}"


def yes(said: bool) -> str:
    return "oui" if said else "non"
