"""What taking files in needs of the two sides: where people are, and the library."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import ImportPreview, TableFile
from bot.errors import CannotDo
from bot.i18n.messages import Words


class FileStore(Protocol):
    """What is done with a file where people are."""

    async def show(self, post: str) -> None: ...
    async def fetch(self, file: str, name: str, to: Path) -> None: ...
    async def attach(self, arrival: FileUpload, path: Path) -> None: ...
    def near(self, one: FileUpload, other: FileUpload) -> bool:
        """Whether two files were dropped at one place."""
        ...


@dataclass
class ImportProgress:
    """How far a reading is, and whether it should end. Read and written by two threads."""

    rows: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, rows: int) -> None:
        self.rows = rows

    def cancelled(self) -> bool:
        return self.ended.is_set()


class HalfUpload(CannotDo):
    """A file that needs another one: orders without their worth, or lines without their orders."""

    def __init__(self, half: str, words: Words) -> None:
        super().__init__(words)
        self.half = half


@dataclass(frozen=True)
class SortedFiles:
    """Files by their numbers: those that complete each other, and those that can be taken in by
    themselves, too. None is `together` when each stands alone."""

    together: frozenset[int] = frozenset()
    alone: frozenset[int] = frozenset()


# Done in the transaction that stores: how many are new, replace another one, were there already.
CommitHook = Callable[[Session, int, int, int], None]


class ImportableRows(Protocol):
    """A file's good rows, ready to be stored. `rejects` is the file of the others."""

    @property
    def rejected(self) -> int: ...
    @property
    def rejects(self) -> Path | None: ...
    def keep(self, along: CommitHook) -> None:
        """Store them, and do `along` with that, both or none."""
        ...


class Importer(Protocol):
    """The library as this job needs it. All of it blocks, and raises CannotDo. `parts` are what is
    read as one, each called as people call it; `folder` is for what is made."""

    def tables(self, path: Path, *, kind: str | None) -> Sequence[TableFile]:
        """The file itself, or the tables of a workbook that holds several."""
        ...

    def sort_out(
        self, parts: Sequence[TableFile], *, kind: str | None, folder: Path
    ) -> SortedFiles:
        """Which of them complete each other."""
        ...

    def understand(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        *,
        name: str,
        kind: str | None,
        told: Mapping[str, Any],
        folder: Path,
    ) -> tuple[ImportPreview, str]:
        """What the card shows, and the library's own words about it. `told` is what a person said
        of it besides its kind. Raises Half, too."""
        ...

    def read(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        understood: str,
        *,
        name: str,
        folder: Path,
        watch: ImportProgress,
    ) -> ImportableRows:
        """All rows, into `folder`; nothing is in the library yet."""
        ...
