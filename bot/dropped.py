"""Files dropped for the library, as a door was told of them, and what came of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class DroppedFile:
    """One file. `id` is that of the arrival that it makes by itself, `file` is Slack's."""

    id: str
    file: str
    name: str
    size: int  # bytes


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
