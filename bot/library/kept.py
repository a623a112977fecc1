"""The library's files as merging sees them: what is there, what was made, what became of rows."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """A file in force."""

    id: str
    path: Path
    rows: int
    source: str


@dataclass(frozen=True)
class Made:
    """A new file, whole and on the disk. `as_of` is the day of its newest row."""

    id: str
    path: Path
    rows: int
    source: str
    as_of: date | None


@dataclass(frozen=True)
class Merge:
    """What became of the fresh rows, and the files that say so. Of rows with the same key within
    the fresh ones the last counts; the others are `doubles`."""

    new: int
    replaced: int
    same: int
    doubles: int
    adds: tuple[Made, ...] = ()
    retires: tuple[str, ...] = ()
