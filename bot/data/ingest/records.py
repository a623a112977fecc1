"""Parses CSV records with the line on which each starts. A stray quote costs its own row only."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.data.catalogue.text_file import explain_csv_error
from bot.data.reject_reasons import RejectReason

LONGEST_CELL = 10_000_000  # characters in one cell


@dataclass(frozen=True)
class Record:
    """One row and the line on which it starts, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class MalformedRecord:
    """A line that is no row, and why."""

    line: int
    reason: RejectReason
    raw: str


def read_lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines with their ends. For cp1252, each line is decoded as UTF-8 if possible."""
    if encoding == "cp1252":
        with path.open("rb") as stored:
            for line in stored:
                yield _decode_line(line)
        return
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        yield from file


def parse_records(
    lines: Iterator[str], delimiter: str, width: int = 0
) -> Iterator[Record | MalformedRecord]:
    """Yield all records. `width` is the number of header cells when it is known."""
    if delimiter == "whitespace":
        for number, line in enumerate(lines, start=1):
            if cells := line.split():
                yield Record(number, cells)
        return
    csv.field_size_limit(LONGEST_CELL)
    feed = _LineFeed(lines)
    while not feed.done:
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                taken = feed.taken
                if width > 2 and len(taken) > 4 and _swallows_rows(taken, delimiter, width):
                    raise csv.Error("stray")
                if any(cell.strip() for cell in cells):
                    yield Record(feed.line, cells)
                feed.settle()
        except csv.Error as error:
            reason = explain_csv_error(error)
            yield MalformedRecord(feed.line, reason, feed.taken[0].rstrip("\r\n"))
            feed.give_back()


class _LineFeed:
    """Feeds lines to a csv reader. After a broken record, all of its lines but the first are fed
    again."""

    def __init__(self, lines: Iterator[str]):
        self._lines, self._again = lines, list[str]()
        self.taken: list[str] = []
        self.line = 1  # the number of the first line taken
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
    rows = sum(line.count(delimiter) >= width - 1 for line in inner)
    return rows > len(inner) // 2


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
