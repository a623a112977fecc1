"""Files dropped for the library, as a door was told of them, and what came of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NAMED = 3  # sheets in a title


def titled(name: str, sheets: Sequence[str]) -> str:
    """What a table of a workbook is called: "shop.xlsx (Orders)"."""
    if not sheets:
        return name
    some = ", ".join(sheets) if len(sheets) <= NAMED else f"{sheets[0]} … {sheets[-1]}"
    return f"{name} ({some})"


@dataclass(frozen=True)
class TableFile:
    """What is read as one table: a file, or these sheets of it; without any, what looks best."""

    path: Path
    sheets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return titled(self.path.name, self.sheets)


@dataclass(frozen=True)
class DroppedFile:
    """One file. `id` is that of the arrival that it makes by itself, `file` is Slack's. `sheets`
    are those of a workbook that it is about."""

    id: str
    file: str
    name: str
    size: int  # bytes
    sheets: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return titled(self.name, self.sheets)

    @classmethod
    def from_row(cls, told: dict[str, Any]) -> "DroppedFile":
        return cls(**told | {"sheets": tuple(told.get("sheets") or ())})


@dataclass(frozen=True)
class Dropped:
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
    beside: tuple[DroppedFile, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How many rows are in, by what became of them, and how many stayed out."""

    new: int
    replaced: int
    same: int
    rejected: int


def stored(files: Sequence[DroppedFile]) -> list[dict[str, Any]] | None:
    """As a row keeps them; None for none."""
    return [asdict(one) for one in files] or None
