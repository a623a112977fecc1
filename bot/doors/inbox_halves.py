"""The watched folder's halves: orders in one file, their lines in another, and what they become."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.doors.looking import Asked, Seen
from bot.dropped import TableFile
from bot.errors import CannotDo
from bot.halves import OTHER
from bot.library.files.joining import half, stands_alone, together

WAITING = "waiting"
GIVEN_UP = "its other half did not come within a week. Put both into the inbox once more."
COMES = {
    "orders": "the file of their lines, the one with an order and a price on each row",
    "lines": "the file of the orders, the one with an order and its date on each row",
}


@dataclass(frozen=True)
class Whole:
    """Two halves as one table; `used` are the files that are in it, and in nothing else."""

    seen: Seen
    used: tuple[Path, ...]


def side_of(path: Path) -> str | None:
    """Which half of a table a file is; a workbook may well hold both."""
    return half(TableFile(path)) if len(Asked().split(path)) == 1 else None


def said_to(side: str) -> str:
    """What a half waits for."""
    return (
        f"this has the {side} alone. Put {COMES[side]}, into the inbox too: both are read as one."
    )


def note_of(path: Path) -> Path:
    """The note beside a file."""
    return path.with_name(f"{path.name}.txt")


def waiting(folder: Path) -> list[Path]:
    """The halves that wait in this inbox, the last one first: each has its note."""
    there = folder / WAITING
    if there.is_symlink() or not there.is_dir():
        return []
    halves = [one for one in there.iterdir() if one.is_file() and note_of(one).exists()]
    return sorted(halves, key=lambda one: one.stat().st_ctime, reverse=True)


def others(path: Path, side: str, beside: Sequence[Path]) -> list[Path]:
    """The other halves that this one may belong to: those `beside` it, then those that wait."""
    found = [*beside, *waiting(path.parent)]
    return [one for one in found if side_of(one) == OTHER[side]]


def join(path: Path, other: Path, beside: Sequence[Path], folder: Path) -> Whole | None:
    """Both as one table, with what else lies there and completes it; None when they do not belong
    together."""
    more = [one for one in beside if side_of(one) is None]
    try:
        joined = together([TableFile(one) for one in (path, other, *more)], folder, {})
        if joined is None:
            return None
        found = Asked().understand(joined.path, joined.name)
    except CannotDo:
        return None  # of another shop, or of another day
    used = [part.path for part in joined.used if not stands_alone(part)]
    return Whole(Seen(TableFile(joined.path), found, joined.told), tuple(sorted(used)))
