"""Reads text files of any encoding, and the records of CSV text."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bot.data.reject_reasons import RejectCode, RejectReason
from bot.errors import CannotDo
from bot.i18n.messages import Words

MOST_FILE_BYTES = 50_000_000  # bytes
DELIMITERS = (",", ";", "\t", "|")

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
MOJIBAKE = re.compile(r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€.|Â[\xa0-\xbf]")


@dataclass(frozen=True)
class DecodedText:
    """The text of a file. `repaired` is true when wrongly decoded accents were corrected."""

    text: str
    encoding: str
    repaired: bool = False


def read_text(path: Path, name: str) -> DecodedText:
    """Return the text of a file. Raises CannotDo when it is too large or no text."""
    if path.stat().st_size > MOST_FILE_BYTES:
        raise CannotDo(_too_large_message(name))
    stored = path.read_bytes()
    _refuse_binary(stored, name)
    text, encoding = _decode(stored)
    if not text.strip():
        raise CannotDo(Words("{file} is empty.", file=name))
    if len(CONTROL_CHARACTERS.findall(text[:4096])) > len(text[:4096]) // 20:
        raise CannotDo(_no_text_message(name))
    mended = _repair_mojibake(text)
    return DecodedText(mended, encoding, repaired=mended != text)


def _refuse_binary(stored: bytes, name: str) -> None:
    head = stored[:4096]
    if head.startswith(b"PK\x03\x04"):
        office = b"[Content_Types].xml" in head or b"xl/" in head or b"opendocument" in head
        raise CannotDo(_workbook_message(name) if office else _archive_message(name))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise CannotDo(_workbook_message(name))
    if head.startswith((b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ")):
        raise CannotDo(_archive_message(name))
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"SQLite format")):
        raise CannotDo(_no_text_message(name))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"{\\rtf", b'{"', b"[{", b"{\n")):
        raise CannotDo(_no_rows_message(name))


def _too_large_message(name: str) -> Words:
    limit = MOST_FILE_BYTES // 1_000_000
    return Words(
        "{file} is larger than {limit} MB. Split it into several files.", file=name, limit=limit
    )


def _workbook_message(name: str) -> Words:
    return Words(
        "{file} is a spreadsheet, which I can't read. Open it, choose Save as, "
        "then CSV UTF-8, and give me that file.",
        file=name,
    )


def _archive_message(name: str) -> Words:
    return Words("{file} is a compressed file. Unpack it and give me the CSV inside.", file=name)


def _no_text_message(name: str) -> Words:
    return Words("{file} is not a text file. Export your products as CSV.", file=name)


def _no_rows_message(name: str) -> Words:
    return Words(
        "{file} is a page or a structure, not a list of rows. Export your products as CSV.",
        file=name,
    )


def _decode(stored: bytes) -> tuple[str, str]:
    """Decode by the byte order mark, else as UTF-8. Lines that are not UTF-8 are read as
    Windows-1252."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if stored.startswith(mark):
            return stored.decode(encoding, errors="replace"), encoding
    if (unmarked := detect_unmarked_utf16(stored)) is not None:
        return stored.decode(unmarked, errors="replace"), unmarked
    try:
        return stored.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return "".join(_decode_line(line) for line in stored.splitlines(keepends=True)), "cp1252"


def detect_unmarked_utf16(stored: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark: in Western text every other byte is 0."""
    even, odd = stored[:4096:2], stored[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.2 * len(even):
        return "utf-16-le"
    if len(odd) > 3 and even.count(0) > 0.6 * len(even) and odd.count(0) < 0.2 * len(odd):
        return "utf-16-be"
    return None


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="ignore")


def _repair_mojibake(text: str) -> str:
    """Correct accents that were encoded twice: "cafÃ©" is "café"."""
    if not MOJIBAKE.search(text):
        return text
    return "".join(_repair_line(line) for line in text.splitlines(keepends=True))


def _repair_line(line: str) -> str:
    if not MOJIBAKE.search(line):
        return line
    try:
        return line.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return line


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
