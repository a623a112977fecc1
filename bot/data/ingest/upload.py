"""The values of an upload: its files, what was detected in them, and the outcome of the import."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.i18n.messages import Words

MOST_SHEETS_IN_TITLE = 3  # sheets named in a title


def title_table(name: str, sheets: Sequence[str]) -> str:
    """Return the name of a workbook's table: "shop.xlsx (Orders)"."""
    if not sheets:
        return name
    some = (
        ", ".join(sheets) if len(sheets) <= MOST_SHEETS_IN_TITLE else f"{sheets[0]} … {sheets[-1]}"
    )
    return f"{name} ({some})"


@dataclass(frozen=True)
class TableFile:
    """A file, or some sheets of a workbook, that is read as one table. Without `sheets`, the sheet
    that looks most like a table is read."""

    path: Path
    sheets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return title_table(self.path.name, self.sheets)


@dataclass(frozen=True)
class UploadedFile:
    """One file. `id` is the id of the upload that it would be alone, `file` is Slack's id. `sheets`
    are the sheets of a workbook to read."""

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
    """What one message contained: its first file, and the others in `beside`. `place` is
    interpreted by the Slack package only."""

    id: str  # made from Slack's ids, so that a second delivery gives the same upload
    workspace: str
    author: str
    place: dict[str, Any]
    file: str
    name: str
    size: int  # bytes
    locale: str | None = None
    told: dict[str, Any] | None = None  # {"sheets": ["Orders"]}: which part to read
    beside: tuple[UploadedFile, ...] = ()


@dataclass(frozen=True)
class ImportOutcome:
    """The numbers of rows that were new, replaced others, were stored already, and were
    rejected."""

    new: int
    replaced: int
    same: int
    rejected: int


def serialize_files(files: Sequence[UploadedFile]) -> list[dict[str, Any]] | None:
    """Return the files as a database row stores them, or None when there are none."""
    return [asdict(one) for one in files] or None


# What was detected in a file before it is imported.


class MatchedColumn(BaseModel, frozen=True):
    """A column of the file and the column that it becomes. `how` is the conversion, in English:
    "keyed", "yes/no"."""

    theirs: str
    ours: str
    how: str = ""


class ColumnProof(BaseModel, frozen=True):
    """A column that an AI proposed, and what the file's own cells say of it. Not `proved`: they
    neither bear it out nor contradict it."""

    theirs: str
    ours: str
    proved: bool
    why: Words


@dataclass(frozen=True)
class ColumnSample:
    """A column as an AI may see it: personal data is replaced."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ColumnSamples:
    """The columns of a file that is not recognised: their names, and what an AI may see."""

    names: tuple[str, ...]
    shown: tuple[ColumnSample, ...]


@dataclass(frozen=True)
class ProposedMapping:
    """What an AI takes a file for: the kind, and its columns, from 0 → ours. `by` names the
    model."""

    kind: str
    columns: dict[int, str]
    by: str


class ImportPreview(BaseModel, frozen=True):
    """What was detected in a file, as its card shows it before the import. `rows` is counted or
    estimated; `sample` holds up to three rows by our columns, with personal values hidden. Columns
    in `apart` are stored encrypted, those in `dropped` are never stored. `joined` tells how one
    table was made of several files. `otherwise` lists the settings that a person may choose
    instead: ("dates", "day-first")."""

    kind: str
    rows: int
    first: date | None = None
    last: date | None = None
    rejected: int | None = None  # rows that would be rejected; None: not known yet
    currency: str | None = None
    columns: tuple[MatchedColumn, ...] = ()
    sample: tuple[dict[str, str], ...] = ()
    apart: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    assumed: tuple[Words, ...] = ()
    joined: tuple[Words, ...] = ()
    otherwise: tuple[tuple[str, str], ...] = ()
    proposed: tuple[ColumnProof, ...] = ()  # the columns that an AI named
    contradicted: tuple[str, ...] = ()  # columns of its proposal that the cells contradict
    proposed_by: str = ""  # the model
    exact: bool = False  # whether the whole file was read
    changes: int = 0  # stored rows that the import would replace or count twice

    @property
    def mapping(self) -> tuple[object, ...]:
        """How the file's columns are read; files with the same one are read alike."""
        columns = frozenset((one.theirs, one.ours, one.how) for one in self.columns)
        others = (frozenset(one) for one in (self.apart, self.dropped, self.ignored))
        return self.kind, self.currency, columns, *others

    @property
    def sentences(self) -> frozenset[str]:
        """What the card says of the file, without its figures."""
        return frozenset(words.text for words in self.assumed)

    @property
    def can_go_unasked(self) -> bool:
        """Whether the import leaves out no row and changes none that is stored."""
        settled = not self.rejected and not self.changes and not self.joined and not self.proposed
        return self.exact and settled

    @property
    def keyed(self) -> tuple[str, ...]:
        """The file's columns whose values are replaced by a key."""
        return tuple(one.theirs for one in self.columns if one.how == "keyed")
