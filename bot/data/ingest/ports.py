"""The interfaces that an import needs: where uploaded files come from, and the library."""

import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.data.ingest.models import FileUpload
from bot.data.ingest.undo import ProductChange
from bot.data.ingest.upload import ColumnSamples, ImportPreview, ProposedMapping, TableFile
from bot.data.warehouse.merge import MergeResult
from bot.errors import CannotDo
from bot.i18n.messages import Words


class FileStore(Protocol):
    """Fetches and posts files in the workspace's chat."""

    async def show(self, post: str) -> None: ...
    async def fetch(self, file: str, name: str, to: Path) -> None: ...
    async def attach(self, upload: FileUpload, path: Path) -> None: ...
    async def imports_unasked(self, upload: FileUpload) -> bool:
        """Return whether files in this place are imported without a question, as far as their
        columns are known, and the author may import. Raises TryAgain."""
        ...

    def near(self, one: FileUpload, other: FileUpload) -> bool:
        """Return whether two files were uploaded in the same place."""
        ...


@dataclass
class ImportProgress:
    """How many rows are read, and whether to stop. Two threads read and write it."""

    rows: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, rows: int) -> None:
        self.rows = rows

    def cancelled(self) -> bool:
        return self.ended.is_set()


class HalfUpload(CannotDo):
    """Raised for a file that needs another one: orders without amounts, or order lines without
    their orders."""

    def __init__(self, half: str, words: Words) -> None:
        super().__init__(words)
        self.half = half


@dataclass(frozen=True)
class SortedFiles:
    """Files by their position: those that complete each other, and those that can be imported
    alone. A file can be in both. `together` is empty when each file stands alone."""

    together: frozenset[int] = frozenset()
    alone: frozenset[int] = frozenset()


@dataclass(frozen=True)
class StoredRows:
    """What was stored: the numbers of new, replaced and unchanged rows, and what an undo needs."""

    new: int
    replaced: int
    same: int
    kind: str
    merge: MergeResult | None = None
    products: ProductChange | None = None


# Called in the storing transaction.
CommitHook = Callable[[Session, StoredRows], None]


# Asks an AI what the columns of a file are; None where it can't be had.
MappingProposer = Callable[[FileUpload, ColumnSamples], Awaitable[ProposedMapping | None]]


async def propose_nothing(_: FileUpload, __: ColumnSamples) -> None:
    """Propose no mapping: without an AI."""


class ImportableRows(Protocol):
    """The accepted rows of a file, ready to be stored. `rejects` is the file of the others."""

    @property
    def rejected(self) -> int: ...
    @property
    def rejects(self) -> Path | None: ...
    def keep(self, on_commit: CommitHook) -> None:
        """Store the rows and call `on_commit` in the same transaction."""
        ...


class Importer(Protocol):
    """The library as an import needs it. All methods block, and raise CannotDo. `parts` are read as
    one table; each has the name that people see. Temporary files go into `folder`."""

    def tables(self, path: Path, *, kind: str | None) -> Sequence[TableFile]:
        """Return the file itself, or the tables of a workbook that contains several."""
        ...

    def sort_out(
        self, parts: Sequence[TableFile], *, kind: str | None, folder: Path
    ) -> SortedFiles:
        """Return which of the files complete each other."""
        ...

    def understand(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        *,
        name: str,
        kind: str | None,
        options: Mapping[str, Any],
        folder: Path,
    ) -> tuple[ImportPreview, str]:
        """Return the preview for the card and the file's schema as JSON. `options` are the settings
        that a person chose, besides the kind. Raises HalfUpload too."""
        ...

    def sample_columns(self, parts: Sequence[TableFile]) -> ColumnSamples | None:
        """Return what an AI may see of a file whose columns are not known; None for any other."""
        ...

    def understand_proposal(
        self,
        workspace: str,
        part: TableFile,
        names: Sequence[str],
        proposal: ProposedMapping,
        *,
        name: str,
        options: Mapping[str, Any],
        folder: Path,
    ) -> tuple[ImportPreview, str] | None:
        """Return the preview and the schema that a proposed mapping gives, as far as the file bears
        it out; None where nothing usable is left."""
        ...

    def read(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        schema: str,
        *,
        name: str,
        folder: Path,
        watch: ImportProgress,
    ) -> ImportableRows:
        """Read all rows into `folder`. Nothing is stored in the library yet."""
        ...
