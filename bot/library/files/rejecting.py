"""What stayed out of a file, as a CSV that a spreadsheet opens and never computes."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.safe import csv_cell


@dataclass(frozen=True)
class Reject:
    """A row that stayed out: its line as an editor shows it (`May!17` where several sheets are
    read as one), the column, why, and the row."""

    line: int | str
    column: str
    reason: str
    row: str


def write_rejects(rejects: Iterable[Reject], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "reason", "row"))
        for one in rejects:
            cells = (one.column, one.reason, one.row)
            writer.writerow((one.line, *(csv_cell(cell) for cell in cells)))
