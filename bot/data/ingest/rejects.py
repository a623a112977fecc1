"""What stayed out of a file, as a CSV that a spreadsheet opens and never computes.

It lies on our disk and goes to Slack, so it holds no more of people than the library does: the
line and the column say where the row is in one's own file.
"""

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.data.ingest.file_schema import FileSchema
from bot.i18n.messages import Words
from bot.privacy.personal_data import mask_personal_data
from bot.text.escape import escape_csv_cell

KEYED, LEFT_OUT_CELL = "(keyed)", "(left out)"
FIGURE_REASONS = ("amount", "number", "date", "time", "day of the time")
LONG_WORD = re.compile(r"[^\W\d_]{4,}")
UNSHOWN_CELLS = "(not shown: its cells can't be told apart)"


@dataclass(frozen=True)
class RejectedRow:
    """A row that stayed out: its line as an editor shows it (`May!17` where several sheets are
    read as one), the column, why, and the row."""

    line: int | str
    column: str
    reason: str
    row: str


@dataclass(frozen=True)
class RejectMasking:
    """Rows of one file as they may be shown: cells of a column that the import does not keep are
    left out, persons' are said to be keyed, and what is personal in all others is masked. `own`
    are the words of what the team sells."""

    understood: FileSchema
    own: Collection[str] = ()

    def row(self, cells: Sequence[str | None]) -> str:
        """A row by its cells, in the file's order."""
        hows = {one.place: one.how for one in self.understood.columns}
        return ",".join(self._cell(cell or "", hows.get(at)) for at, cell in enumerate(cells))

    def raw(self, line: str) -> str:
        """A line that is no row: which cell is a person's, nobody knows."""
        has = {one.place for one in self.understood.columns if one.how != "keyed"}
        if len(has) < len(self.understood.names):
            return UNSHOWN_CELLS
        return mask_personal_data(line, self.own)

    def reason(self, reason: str) -> str:
        return mask_personal_data(reason, self.own)

    def _cell(self, cell: str, how: str | None) -> str:
        if not cell.strip():
            return ""
        if how is None:
            return LEFT_OUT_CELL
        if how in FIGURE_REASONS:  # a word among them may be anybody's
            return LONG_WORD.sub("…", mask_personal_data(cell, self.own))
        return KEYED if how == "keyed" else mask_personal_data(cell, self.own)


def write_rejects(rejects: Iterable[RejectedRow], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "reason", "row"))
        for one in rejects:
            cells = (one.column, one.reason, one.row)
            writer.writerow((one.line, *(escape_csv_cell(cell) for cell in cells)))


# Why a row stayed out, as sentences: the library writes them in English, beside the row.

# As the library writes them; what stands in braces is the row's own.
KNOWN_REASONS = {
    words.text: words
    for words in (
        Words("is no amount"),
        Words("is no number"),
        Words("is no whole number"),
        Words("is no date that I can read"),
        Words("is neither yes nor no"),
        Words("is empty"),
        Words("is cut short by a spreadsheet; export it as text"),
        Words("lies in the future"),
        Words("is no rating from 1 to 5"),
        Words("this line is no JSON object"),
        Words("has {n} cells where the header has {width}"),
        # of a catalogue's rows
        Words('a price can\'t be negative ("{cell}")'),
        Words('"{cell}" is not a price'),
        Words('two currencies in "{cell}"'),
        Words('"{cell}" is too large for a price'),
        Words('"{cell}" may be one thousand or one; write it without the sign'),
        Words('"{cell}" is not a number of pieces'),
        Words('"{cell}" is not a currency I know'),
        Words("{currency}, but the price says {other}"),
        Words("{currency}, but line {n} says {other}"),
        Words('two columns of this name disagree: "{cell}"'),
        Words('two columns are called "{column}": rows in which they differ stay out'),
        Words("this is a spreadsheet's formula, not a name"),
        Words("this is a spreadsheet's formula, not a reference"),
        Words("this is a spreadsheet's formula, not a price"),
        Words("a spreadsheet's formula"),
        Words("a name of {n} characters is a shifted column"),
        Words("this is a total, not a product"),
        Words("there is no name"),
        Words("its product was left out (line {n})"),
        Words("the same reference as line {n}, for another product"),
        Words("the same name as line {n}, for another product"),
        Words("the same product as line {n} once more"),
        Words("{n} characters: cut at {most}"),
        Words("the price is 0"),
        Words("below the price"),
        Words("not an address that starts with https://"),
        Words("not UTF-8: read as Windows text, so look at the accents"),
        Words("accents that another program had spoilt were put right"),
        Words("holds bytes that are no text"),
        Words("has {n} cells, the header {width}"),
        Words("has {n} cells, the header {width}: a text with the delimiter in it wants quotes"),
        Words("a quote opens here and never closes"),
        Words("a quote opens here and swallows the rows below"),
        Words("a quote inside a quoted cell must be written twice"),
        Words("a quote never closes, or a cell is longer than 131,072 characters"),
    )
}
LEFT_OUT = Words("{reason}: left out")  # the cell alone; its row is in
LEFT_OUT_SUFFIX = ": left out"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def translate_reason(reason: str) -> Words | None:
    """The sentence that the library wrote in English; None for one that is not known here."""
    if reason.endswith(LEFT_OUT_SUFFIX) and (
        whole := translate_reason(reason.removesuffix(LEFT_OUT_SUFFIX))
    ):
        return Words(LEFT_OUT.text, reason=whole)
    if known := KNOWN_REASONS.get(reason):
        return known
    for shape, text in _reason_patterns():
        if found := shape.fullmatch(reason):
            return Words(text, **found.groupdict())
    return None


@cache
def _reason_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with something of the row in them, the longest first."""
    gapped = sorted((text for text in KNOWN_REASONS if "{" in text), key=len, reverse=True)
    return tuple((re.compile(_pattern_of(text), re.DOTALL), text) for text in gapped)


def _pattern_of(text: str) -> str:
    pieces = _PLACEHOLDER.split(text)  # what stands around the gaps, and their names
    return "".join(
        f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)
    )
