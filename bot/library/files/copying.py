"""A file that the engine can't read as it is, row by row into a clean CSV.

A row that is no row is put aside with its reason and its line, so that one bad line never costs
the others.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.library.files import sheet
from bot.library.files.json_lines import json_rows
from bot.library.files.records import Fault, Record, lines_of, records
from bot.library.files.shape import Shape
from bot.library.files.understood import Cancelled


def rows_of(path: Path, name: str, shape: Shape) -> Iterator[Record | Fault]:
    """Every row of the file, in its order, whatever its format; a fault where there is none."""
    if shape.format == "xlsx":
        width = len(shape.names)
        for found in sheet.rows_of(path, name, shape.sheets):
            if found.line % sheet.ROWS > shape.header_line:
                cells = found.cells[:width]
                yield Record(found.line, cells + [""] * (width - len(cells)))
    elif shape.format == "jsonl":
        yield from json_rows(path, shape)
    else:
        lines = lines_of(path, shape.encoding or "utf-8")
        for record in records(lines, shape.delimiter or ",", len(shape.names)):
            if record.line > shape.header_line:
                yield record


def copy_rows(
    rows: Iterator[Record | Fault],
    to: Path,
    width: int,
    faults: list[Fault],
    cancelled: Callable[[], bool],
) -> None:
    """Rows as wide as the header go `to` a clean file, each behind its line; the others are
    told as faults. Raises Cancelled."""
    with to.open("w", encoding="utf-8", newline="", errors="replace") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for at, row in enumerate(rows):
            if at % 10_000 == 0 and cancelled():
                raise Cancelled
            if isinstance(row, Fault):
                faults.append(row)
                continue
            cells = row.cells
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if len(cells) != width:
                reason = f"has {len(cells)} cells where the header has {width}"
                faults.append(Fault(row.line, reason, _joined(cells)))
                continue
            writer.writerow([row.line, *(cell.replace("\x00", "") for cell in cells)])


def _joined(cells: Sequence[str]) -> str:
    return ",".join(cells)
