"""A file's format and encoding, how it will be read, and the result of reading it."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, field_validator

from bot.data.text_file import BYTE_ORDER_MARKS, detect_unmarked_utf16
from bot.errors import CannotDo, translate_system_error
from bot.i18n.messages import Words, restore_words

FileFormat = Literal["csv", "xlsx", "parquet", "jsonl"]
AddressKind = Literal["email", "phone", "id"]
DecimalMark = Literal[".", ","]
DateOrder = Literal["day-first", "month-first", "year-first"]
DecimalSign = Literal["comma", "point"]
Split = Literal["equal"]  # how the people of a test were meant to be shared out
UnprovedSetting = Literal["dates", "decimal", "currency", "split"]
# A terminal accepts any.
OFFERED_CURRENCIES = ("EUR", "GBP", "USD", "CHF", "CAD", "AUD", "BRL", "MAD")
DECIMAL_MARKS: dict[DecimalSign, DecimalMark] = {"comma": ",", "point": "."}


class ImportOptions(BaseModel, frozen=True, extra="forbid"):
    """The settings that a person chose for a file. They override what is detected. `called` maps
    the file's columns (by name, or by number from 1) to ours. `currency` (ISO 4217) applies to rows
    that name none."""

    kind: str | None = None
    called: dict[str, str] = {}
    currency: str | None = None
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    split: Split | None = None
    sheets: tuple[str, ...] = ()  # of a workbook: the sheets to read

    def of_sheets(self, sheets: tuple[str, ...]) -> "ImportOptions":
        return self.model_copy(update={"sheets": sheets})


AS_DETECTED = ImportOptions()


class MappedColumn(BaseModel, frozen=True, extra="forbid"):
    """One column of the file that is read: its name, ours, and its conversion.

    `how` is one of: as it is, keyed, yes/no, number, amount, date, time, step, status, reference,
    part of a text, a metric, a factor, day of the time. `place` is the column's position from 0;
    that of a computed column lies behind those of the file.
    """

    theirs: str
    ours: str
    how: str
    place: int = 0
    metric: str | None = None  # an experiment's metric: visit, conversion, spend
    scale: float = 1.0  # factor that converts a rating to a scale of 5


class FileSchema(BaseModel, frozen=True, extra="forbid"):
    """How a file will be read. It is stored as JSON."""

    name: str
    kind: str  # of schema.toml, or "products", which the catalogue reads
    format: FileFormat
    encoding: str | None = None  # of text: utf-8, utf-8-sig, utf-16, cp1252
    delimiter: str | None = None  # of text; "whitespace" for columns aligned by spaces
    sheet: str | None = None
    stacked: tuple[str, ...] = ()  # sheets of the same columns, read below that one
    header_line: int = 1  # counted from 1; 0 when the format names its columns itself
    names: tuple[str, ...] = ()  # of all columns of the file, in order
    decimal: DecimalMark = "."
    marks: dict[int, DecimalMark] = {}  # by position, for columns with another decimal mark
    day_first: bool = True
    year_first: bool = False  # in dates whose years have two digits
    iso: tuple[int, ...] = ()  # positions of dates written as 2026-11-24 in every row
    currency: str | None = None  # of rows that name none
    signed: bool = False  # each amount has the sign of its currency
    sha256: str
    size: int  # bytes
    columns: tuple[MappedColumn, ...] = ()
    kept_apart: tuple[str, ...] = ()  # e-mail, phone, id: encrypted where consent allows export
    apart: tuple[tuple[int, AddressKind], ...] = ()  # the positions of those columns
    dropped: tuple[str, ...] = ()  # personal columns that are not kept at all
    ignored: tuple[str, ...] = ()  # columns that were not recognised
    sample: tuple[dict[str, str], ...] = ()  # rows by our columns; personal values are "(keyed)"
    rows: int = 0  # counted
    rejected: int | None = None  # rejected rows; None: not known yet
    said: ImportOptions = ImportOptions()
    unproved: tuple[UnprovedSetting, ...] = ()  # settings that were assumed
    lines: int = 0  # line breaks of a text
    assumed: tuple[Words, ...] = ()
    export: str = ""  # the id of the tool's export that the file is: see `tool_exports`
    fields: tuple[tuple[str, int], ...] = ()  # columns of an export that ours are computed from
    left_out: tuple[int, ...] = ()  # numbers of rows that are no data, such as totals
    period: tuple[date, date] | None = None  # of rows without a date, from the file's head

    @field_validator("assumed", mode="before")
    @classmethod
    def _spoken(cls, stored: Any) -> Any:
        return tuple(restore_words(one) if isinstance(one, dict) else one for one in stored)

    @property
    def otherwise(self) -> tuple[tuple[UnprovedSetting, str], ...]:
        """The other values of the settings that were assumed: ("dates", "month-first")."""
        ways: list[tuple[UnprovedSetting, str]] = []
        if "dates" in self.unproved:
            now = "day-first" if self.day_first else "month-first"
            ways += [("dates", one) for one in get_args(DateOrder) if one != now]
        if "decimal" in self.unproved:
            ways += [
                ("decimal", one) for one, mark in DECIMAL_MARKS.items() if mark != self.decimal
            ]
        if "split" in self.unproved:
            ways += [("split", one) for one in get_args(Split)]
        if "currency" in self.unproved:
            ways += [("currency", one) for one in OFFERED_CURRENCIES]
        return tuple(ways)

    def mark(self, place: int) -> DecimalMark:
        return self.marks.get(place, self.decimal)

    def place(self, ours: str) -> int | None:
        """Return the position of the file's column that becomes this column of ours."""
        return next((one.place for one in self.columns if one.ours == ours), None)

    def has(self, *ours: str) -> bool:
        return all(self.place(name) is not None for name in ours)


@dataclass(frozen=True)
class LoadResult:
    """The result of reading a file. `doubled` is the number of rows that another row repeats,
    `numbered` that of order lines that had the number of another line."""

    rows: int
    rejected: int
    rejects: Path | None  # of RejectedRow, as JSON lines
    doubled: int = 0
    numbered: int = 0


class ImportCancelled(CannotDo):
    """A person cancelled the import. Nothing was stored."""

    def __init__(self) -> None:
        super().__init__(Words("Stopped. Nothing was taken in."))


# The format and encoding of a file, as its bytes show them.

MOST_BYTES = 4_000_000_000  # bytes
HEAD_BYTES = 65_536
DOCUMENT_SUFFIXES = (".docx", ".pptx", ".odt", ".odp", ".pages", ".key", ".epub")
ARCHIVE_SIGNATURES = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
NON_TABLE_SIGNATURES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"SQLite format",
    b"\x7fELF",
    b"RIFF",
)
MARKUP_SIGNATURES = (b"<!doctype", b"<html", b"<?xml", b"{\\rtf")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class FileInfo:
    """`encoding` is None for binary formats. `lines` counts the line breaks of a text."""

    format: FileFormat
    encoding: str | None
    sha256: str
    size: int
    lines: int


def inspect_format(path: Path, name: str) -> FileInfo:
    """Return format and encoding of a file. Raises CannotDo for a file that can't be a table."""
    size = path.stat().st_size
    if size == 0:
        raise CannotDo("{file} is empty.", file=name)
    if size > MOST_BYTES:
        limit = MOST_BYTES // 1_000_000_000
        raise CannotDo("{file} is larger than {limit} GB. Split it.", file=name, limit=limit)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(b"PAR1"):
        return FileInfo("parquet", None, hash_file(path), size, 0)
    if head.startswith(b"PK\x03\x04"):
        if is_workbook(path):
            return FileInfo("xlsx", None, hash_file(path), size, 0)
        raise CannotDo(_archive_message(name))
    if is_old_workbook(head):
        return FileInfo("xlsx", None, hash_file(path), size, 0)
    _refuse_non_table(head, name)
    encoding, sha, lines = _scan_file(path, head, name)
    text = head.decode(encoding if encoding != "cp1252" else "latin-1", errors="replace")
    if not text.strip("\ufeff \t\r\n"):
        raise CannotDo("{file} is empty.", file=name)
    start = text.lstrip("\ufeff \t\r\n")
    return FileInfo("jsonl" if start.startswith("{") else "csv", encoding, sha, size, lines)


def is_old_workbook(head: bytes) -> bool:
    """Whether a file begins as workbooks of the old form (.xls) do, and those with a password."""
    return head.startswith(b"\xd0\xcf\x11\xe0")


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_unchanged(path: Path, schema: FileSchema) -> None:
    """Raises CannotDo when the file changed since its schema was detected."""
    try:
        same = path.stat().st_size == schema.size and hash_file(path) == schema.sha256
    except FileNotFoundError:
        same = False
    if not same:
        raise CannotDo(
            "{file} changed while I was reading it. Nothing was taken in; give it to me again.",
            file=schema.name,
        )


def is_workbook(path: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as packed:
            return "xl/workbook.xml" in packed.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        if told := translate_system_error(error):
            raise told from None
        return False


def _refuse_non_table(head: bytes, name: str) -> None:
    if head.startswith(ARCHIVE_SIGNATURES):
        raise CannotDo(_archive_message(name))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(NON_TABLE_SIGNATURES):
        raise CannotDo(no_table_message(name))
    if start.startswith(MARKUP_SIGNATURES):
        raise CannotDo("{file} is a page, not a table. Export it as CSV.", file=name)
    if start.startswith(b"["):
        raise CannotDo(
            "{file} is one large JSON list. Write one object on each line (JSON Lines) or "
            "export it as CSV.",
            file=name,
        )


def _scan_file(path: Path, head: bytes, name: str) -> tuple[str, str, int]:
    """Return encoding, SHA-256 and number of line breaks, in one pass over the file."""
    encoding = next((enc for mark, enc in BYTE_ORDER_MARKS.items() if head.startswith(mark)), None)
    encoding = encoding or detect_unmarked_utf16(head)
    check = codecs.getincrementaldecoder("utf-8")() if not encoding else None
    sha, lines, zeros, wide = hashlib.sha256(), 0, 0, bool(encoding and "16" in encoding)
    if not wide and (encoding or "").startswith("utf-32"):
        wide = True
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            sha.update(chunk)
            lines += chunk.count(b"\n")
            zeros += 0 if wide else chunk.count(0)
            if zeros > 1000:
                raise CannotDo(no_table_message(name))
            if check is not None:
                try:
                    check.decode(chunk)
                except UnicodeDecodeError:
                    check, encoding = None, "cp1252"
    text = head.decode("latin-1" if encoding == "cp1252" else encoding or "utf-8", errors="replace")
    if len(CONTROL_CHARACTERS.findall(text[:4096])) > len(text[:4096]) // 20:
        raise CannotDo(no_table_message(name))
    return encoding or "utf-8", sha.hexdigest(), lines


def _archive_message(name: str) -> Words:
    if Path(name).suffix.lower() in DOCUMENT_SUFFIXES:
        return no_table_message(name)
    return Words("{file} is a compressed file. Unpack it and give me the table inside.", file=name)


def no_table_message(name: str) -> Words:
    return Words(
        "{file} is no table that I can read. Give me CSV, XLSX, Parquet or JSON Lines.", file=name
    )


@dataclass(frozen=True)
class FileLayout:
    """How a file's rows are laid out: all that a reader needs besides the path."""

    format: FileFormat
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    header_line: int
    names: tuple[str, ...]
    lines: int = 0
    stacked: tuple[str, ...] = ()

    @property
    def sheets(self) -> tuple[str, ...]:
        return (self.sheet, *self.stacked) if self.sheet is not None else ()


def layout_of_schema(schema: FileSchema) -> FileLayout:
    return FileLayout(**{one.name: getattr(schema, one.name) for one in fields(FileLayout)})


# The lines of a text file.


def read_lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines with their ends. For cp1252, each line is decoded as UTF-8 if possible."""
    if encoding == "cp1252":
        with path.open("rb") as stored:
            for line in stored:
                yield _decode_line(line)
        return
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        yield from file


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
