"""What a file was understood to be, and what became of it when it was taken in."""

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
UnprovedSetting = Literal["dates", "decimal", "currency"]
OFFERED_CURRENCIES = ("EUR", "GBP", "USD", "CHF", "CAD", "AUD", "BRL", "MAD")  # in a terminal: any
DECIMAL_MARKS: dict[DecimalSign, DecimalMark] = {"comma": ",", "point": "."}


class ImportOptions(BaseModel):
    """What a person said of a file: it goes before all that is guessed. `called` is theirs → ours,
    theirs by its name or its number from 1; `currency` (ISO 4217) holds for rows that say none."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str | None = None
    called: dict[str, str] = {}
    currency: str | None = None
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    sheets: tuple[str, ...] = ()  # of a workbook, the ones that are meant


class MappedColumn(BaseModel):
    """One column of the file that is read: its name, ours, and what happens to it.

    `how` is one of: as it is, keyed, yes/no, number, amount, date, time, step, status, reference,
    part of a text, a metric, a factor, day of the time. `place` is the column's position from 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    theirs: str
    ours: str
    how: str
    place: int = 0
    metric: str | None = None  # an experiment's outcome: visit, conversion, spend
    scale: float = 1.0  # what a rating is multiplied with to be one of 5


class FileSchema(BaseModel):
    """How a file will be read. Can be stored as JSON: `model_dump(mode="json")` and back."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    kind: str  # of kinds.toml, or "products": the catalogue reads those
    format: FileFormat
    encoding: str | None = None  # of text: utf-8, utf-8-sig, utf-16, cp1252
    delimiter: str | None = None  # of text; "whitespace" for columns aligned by blanks
    sheet: str | None = None
    stacked: tuple[str, ...] = ()  # sheets of the same columns, read below that one
    header_line: int = 1  # as an editor counts; 0 when the format names its columns itself
    names: tuple[str, ...] = ()  # of all the file's columns, in its order
    decimal: DecimalMark = "."
    marks: dict[int, DecimalMark] = {}  # of columns, by their position, that have another one
    day_first: bool = True
    year_first: bool = False  # in dates whose years have two digits
    iso: tuple[int, ...] = ()  # positions of dates that say 2026-11-24 in every row
    currency: str | None = None  # where a row says none
    signed: bool = False  # the sign beside a row's amount says its currency
    sha256: str
    size: int  # bytes
    columns: tuple[MappedColumn, ...] = ()
    kept_apart: tuple[str, ...] = ()  # e-mail, phone, id: sealed where consent allows export
    apart: tuple[tuple[int, AddressKind], ...] = ()  # the positions of those columns
    dropped: tuple[str, ...] = ()  # personal columns that are not kept at all
    ignored: tuple[str, ...] = ()  # columns not understood
    sample: tuple[dict[str, str], ...] = ()  # rows by our columns; personal ones "(keyed)"
    rows: int = 0  # counted
    rejected: int | None = None  # rows that stay out; None: not known before all are read
    said: ImportOptions = ImportOptions()
    unproved: tuple[UnprovedSetting, ...] = ()  # what was assumed and can be said otherwise
    lines: int = 0  # ends of lines of a text
    assumed: tuple[Words, ...] = ()

    @field_validator("assumed", mode="before")
    @classmethod
    def _spoken(cls, stored: Any) -> Any:
        return tuple(restore_words(one) if isinstance(one, dict) else one for one in stored)

    @property
    def otherwise(self) -> tuple[tuple[UnprovedSetting, str], ...]:
        """How what was assumed can be meant otherwise: ("dates", "month-first")."""
        ways: list[tuple[UnprovedSetting, str]] = []
        if "dates" in self.unproved:
            now = "day-first" if self.day_first else "month-first"
            ways += [("dates", one) for one in get_args(DateOrder) if one != now]
        if "decimal" in self.unproved:
            ways += [
                ("decimal", one) for one, mark in DECIMAL_MARKS.items() if mark != self.decimal
            ]
        if "currency" in self.unproved:
            ways += [("currency", one) for one in OFFERED_CURRENCIES]
        return tuple(ways)

    def mark(self, place: int) -> DecimalMark:
        """The decimal sign of a column by its position."""
        return self.marks.get(place, self.decimal)

    def place(self, ours: str) -> int | None:
        """The position of the file's column that is ours by that name."""
        return next((one.place for one in self.columns if one.ours == ours), None)

    def has(self, *ours: str) -> bool:
        return all(self.place(name) is not None for name in ours)


@dataclass(frozen=True)
class LoadResult:
    """What came of reading a file. `doubled` rows said again what another row of it says."""

    rows: int
    rejected: int
    rejects: Path | None  # of RejectedRow, as JSON lines
    as_of: date | None  # the day of the newest row
    currencies: tuple[str, ...]
    doubled: int = 0


class ImportCancelled(CannotDo):
    """Somebody asked to stop; nothing was left behind."""

    def __init__(self) -> None:
        super().__init__(Words("Stopped. Nothing was taken in."))
