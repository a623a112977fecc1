"""Files dropped for the library, as a door was told of them, and what came of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.i18n.messages import Words

MOST_SHEETS_IN_TITLE = 3  # sheets in a title


def title_table(name: str, sheets: Sequence[str]) -> str:
    """What a table of a workbook is called: "shop.xlsx (Orders)"."""
    if not sheets:
        return name
    some = (
        ", ".join(sheets) if len(sheets) <= MOST_SHEETS_IN_TITLE else f"{sheets[0]} … {sheets[-1]}"
    )
    return f"{name} ({some})"


@dataclass(frozen=True)
class TableFile:
    """What is read as one table: a file, or these sheets of it; without any, what looks best."""

    path: Path
    sheets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return title_table(self.path.name, self.sheets)


@dataclass(frozen=True)
class UploadedFile:
    """One file. `id` is that of the arrival that it makes by itself, `file` is Slack's. `sheets`
    are those of a workbook that it is about."""

    id: str
    file: str
    name: str
    size: int  # bytes
    sheets: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return title_table(self.name, self.sheets)

    @classmethod
    def from_row(cls, told: dict[str, Any]) -> "UploadedFile":
        return cls(**told | {"sheets": tuple(told.get("sheets") or ())})


@dataclass(frozen=True)
class Upload:
    """What came in one message, `beside` its first file the others; `place` is Slack's business."""

    id: str  # made from Slack's ids, so that a second delivery is the same arrival
    workspace: str
    author: str
    place: dict[str, Any]
    file: str
    name: str
    size: int  # bytes
    locale: str | None = None
    told: dict[str, Any] | None = None  # {"sheets": ["Orders"]}: what of it is meant
    beside: tuple[UploadedFile, ...] = ()


@dataclass(frozen=True)
class ImportOutcome:
    """How many rows are in, by what became of them, and how many stayed out."""

    new: int
    replaced: int
    same: int
    rejected: int


def serialize_files(files: Sequence[UploadedFile]) -> list[dict[str, Any]] | None:
    """As a row keeps them; None for none."""
    return [asdict(one) for one in files] or None


# What was understood of a file before it is taken in, as its card shows it.


class MatchedColumn(BaseModel):
    """One column of theirs and what it becomes. `how` is said in English: "keyed", "yes/no"."""

    model_config = ConfigDict(frozen=True)
    theirs: str
    ours: str
    how: str = ""


class ImportPreview(BaseModel):
    """`rows` is counted or estimated; `sample` holds up to three rows by our columns, personal
    values hidden. `apart` columns are kept encrypted, `dropped` ones never stored. `joined` says
    how one table was made of several files."""

    model_config = ConfigDict(frozen=True)
    kind: str
    rows: int
    first: date | None = None
    last: date | None = None
    rejected: int | None = None  # rows that would stay out; None: not known before it is read
    currency: str | None = None
    columns: tuple[MatchedColumn, ...] = ()
    sample: tuple[dict[str, str], ...] = ()
    apart: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    assumed: tuple[Words, ...] = ()
    joined: tuple[Words, ...] = ()
    otherwise: tuple[tuple[str, str], ...] = ()  # what may be said: ("dates", "day-first")

    @property
    def keyed(self) -> tuple[str, ...]:
        """Their columns whose values are replaced by a key."""
        return tuple(one.theirs for one in self.columns if one.how == "keyed")
