"""How a file will be read, and the result of reading it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from bot.errors import CannotDo
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


class ImportOptions(BaseModel):
    """The settings that a person chose for a file. They override what is detected. `called` maps
    the file's columns (by name, or by number from 1) to ours. `currency` (ISO 4217) applies to rows
    that name none."""

    model_config = ConfigDict(frozen=True, extra="forbid")
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


class MappedColumn(BaseModel):
    """One column of the file that is read: its name, ours, and its conversion.

    `how` is one of: as it is, keyed, yes/no, number, amount, date, time, step, status, reference,
    part of a text, a metric, a factor, day of the time. `place` is the column's position from 0;
    that of a computed column lies behind those of the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    theirs: str
    ours: str
    how: str
    place: int = 0
    metric: str | None = None  # an experiment's metric: visit, conversion, spend
    scale: float = 1.0  # factor that converts a rating to a scale of 5


class FileSchema(BaseModel):
    """How a file will be read. It is stored as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")
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
        """Return the decimal mark of the column at this position."""
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
    as_of: date | None  # the day of the newest row
    currencies: tuple[str, ...]
    doubled: int = 0
    numbered: int = 0


class ImportCancelled(CannotDo):
    """A person cancelled the import. Nothing was stored."""

    def __init__(self) -> None:
        super().__init__(Words("Stopped. Nothing was taken in."))
