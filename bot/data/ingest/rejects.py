"""What stayed out of a file, as a CSV that a spreadsheet opens and never computes.

It lies on our disk and goes to Slack, so it holds no more of people than the library does: the
line and the column say where the row is in one's own file.
"""

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.data.ingest.file_schema import Understood
from bot.privacy.personal import mask
from bot.text.escape import csv_cell

KEYED, LEFT_OUT = "(keyed)", "(left out)"
FIGURES = ("amount", "number", "date", "time", "day of the time")
WORD = re.compile(r"[^\W\d_]{4,}")
UNSORTED = "(not shown: its cells can't be told apart)"


@dataclass(frozen=True)
class Reject:
    """A row that stayed out: its line as an editor shows it (`May!17` where several sheets are
    read as one), the column, why, and the row."""

    line: int | str
    column: str
    reason: str
    row: str


@dataclass(frozen=True)
class Masking:
    """Rows of one file as they may be shown: cells of a column that the import does not keep are
    left out, persons' are said to be keyed, and what is personal in all others is masked. `own`
    are the words of what the team sells."""

    understood: Understood
    own: Collection[str] = ()

    def row(self, cells: Sequence[str | None]) -> str:
        """A row by its cells, in the file's order."""
        hows = {one.place: one.how for one in self.understood.columns}
        return ",".join(self._cell(cell or "", hows.get(at)) for at, cell in enumerate(cells))

    def raw(self, line: str) -> str:
        """A line that is no row: which cell is a person's, nobody knows."""
        has = {one.place for one in self.understood.columns if one.how != "keyed"}
        if len(has) < len(self.understood.names):
            return UNSORTED
        return mask(line, self.own)

    def reason(self, reason: str) -> str:
        return mask(reason, self.own)

    def _cell(self, cell: str, how: str | None) -> str:
        if not cell.strip():
            return ""
        if how is None:
            return LEFT_OUT
        if how in FIGURES:  # a word among them may be anybody's
            return WORD.sub("…", mask(cell, self.own))
        return KEYED if how == "keyed" else mask(cell, self.own)


def write_rejects(rejects: Iterable[Reject], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "reason", "row"))
        for one in rejects:
            cells = (one.column, one.reason, one.row)
            writer.writerow((one.line, *(csv_cell(cell) for cell in cells)))
