"""The encodings of text files, and the records of CSV text."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.data.reject_reasons import RejectCode, RejectReason

DELIMITERS = (",", ";", "\t", "|")

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def detect_unmarked_utf16(stored: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark: in Western text every other byte is 0."""
    even, odd = stored[:4096:2], stored[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.2 * len(even):
        return "utf-16-le"
    if len(odd) > 3 and even.count(0) > 0.6 * len(even) and odd.count(0) < 0.2 * len(odd):
        return "utf-16-be"
    return None


# Splits CSV text into records, each with the line on which it starts. A stray quote costs its own
# row only: reading continues with the next line.

LONGEST_CELL = 10_000_000  # characters in one cell
CSV_ERRORS = {  # by what Python's reader says
    "unexpected end": RejectCode.QUOTE_NEVER_CLOSES,
    "expected after": RejectCode.QUOTE_NOT_DOUBLED,
    "larger than": RejectCode.CELL_TOO_LONG,
}


class Record(NamedTuple):
    """One row: the line on which it starts (from 1), its cells, and its lines as they are stored,
    where it comes from a text file. `suspect`: it was read while recovering from a stray quote."""

    line: int
    cells: list[str]
    lines: Sequence[str] = ()
    suspect: bool = False

    @property
    def raw(self) -> str:
        return "".join(self.lines).rstrip("\r\n")


@dataclass(frozen=True)
class MalformedRecord:
    """A line that is no row, and why."""

    line: int
    reason: RejectReason
    raw: str


def parse_records(
    lines: Iterator[str],
    delimiter: str,
    width: int = 0,
    *,
    first: int = 1,
    longest_cell: int = LONGEST_CELL,
) -> Iterator[Record | MalformedRecord]:
    """Yield all records. `width` is the number of header cells when it is known, `first` the number
    of the first of `lines`."""
    if delimiter == "whitespace":
        for number, line in enumerate(lines, start=first):
            if cells := line.split():
                yield Record(number, cells)
        return
    # The limit is of the whole process: it is never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    feed = _LineFeed(lines, first)
    suspect_until = 0
    while not feed.done:
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                taken = feed.taken
                if width > 2 and len(taken) > 4 and _swallows_rows(taken, delimiter, width):
                    raise csv.Error("stray")
                if longest_cell < LONGEST_CELL and max(map(len, cells), default=0) > longest_cell:
                    raise csv.Error("field larger than the limit")
                if any(cell.strip() for cell in cells):
                    yield Record(feed.line, cells, taken, feed.line < suspect_until)
                feed.settle()
        except csv.Error as error:
            suspect_until = max(suspect_until, feed.line + len(feed.taken))
            reason = _explain_csv_error(error)
            yield MalformedRecord(feed.line, reason, feed.taken[0].rstrip("\r\n"))
            feed.give_back()


class _LineFeed:
    """Feeds lines to a csv reader. After a broken record, all of its lines but the first are fed
    again."""

    def __init__(self, lines: Iterator[str], first: int):
        self._lines, self._again = lines, list[str]()
        self.taken: list[str] = []
        self.line = first  # the number of the first line taken
        self.done = False

    def __iter__(self) -> "_LineFeed":
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.pop()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.done = not self.taken
                raise
        self.taken.append(line)
        return line

    def settle(self) -> None:
        self.line += len(self.taken)
        self.taken = []

    def give_back(self) -> None:
        self._again += self.taken[:0:-1]
        self.line += 1
        self.taken = []


def _swallows_rows(taken: list[str], delimiter: str, width: int) -> bool:
    """Return whether a cell over many lines contains what are clearly separate rows."""
    inner = taken[1:-1]
    rows = sum(len(next(csv.reader([line], delimiter=delimiter), [])) == width for line in inner)
    return rows > len(inner) // 2


def _explain_csv_error(error: csv.Error) -> RejectReason:
    codes = (code for said, code in CSV_ERRORS.items() if said in str(error))
    return RejectReason(next(codes, RejectCode.QUOTE_SWALLOWS_ROWS))
