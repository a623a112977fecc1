"""A fake library for tests of files dropped in Slack: it counts lines and keeps a list."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.data.ingest.importer import (
    CommitHook,
    ImportableRows,
    ImportProgress,
    SortedFiles,
    StoredRows,
)
from bot.data.ingest.upload import ImportPreview, MatchedColumn, TableFile
from bot.db.session import Database
from bot.errors import CannotDo
from bot.i18n.messages import Words


def kept(ready: ImportableRows) -> tuple[int, int, int]:
    """Store the rows; return how many were new, replaced an old row, or were there already."""
    counted: list[StoredRows] = []
    ready.keep(lambda _, stored: counted.append(stored))
    (found,) = counted
    return found.new, found.replaced, found.same


@dataclass
class Stockroom:
    """The fake importer; a line that contains "bad" is bad. With `slow`, reading waits
    until the test lets it continue or stops it."""

    rows: list[str] = field(default_factory=list)
    seen_kinds: list[str | None] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    slow: threading.Event | None = None
    broken: bool = False
    database: Database | None = None  # where arrivals are

    def sample_columns(self, parts: Sequence[TableFile]) -> None:
        return None

    def understand_proposal(self, *_: Any, **__: Any) -> None:
        return None

    def tables(self, path: Path, *, kind: str | None) -> Sequence[TableFile]:
        return [TableFile(path)]

    def sort_out(
        self, parts: Sequence[TableFile], *, kind: str | None, folder: Path
    ) -> SortedFiles:
        return SortedFiles(alone=frozenset(range(len(parts))))

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
        self.seen_kinds.append(kind)
        self.told.append(dict(options))
        if self.broken:
            raise RuntimeError("a secret of the file")
        lines = parts[0].path.read_text().splitlines()
        if len(lines) < 2:
            raise CannotDo(Words("{file} has no rows.", file=name))
        head = lines[0].split(",")
        preview = ImportPreview(
            kind=kind or "orders",
            rows=len(lines) - 1,
            columns=tuple(MatchedColumn(theirs=one, ours=one.lower()) for one in head),
            otherwise=() if "dates" in options else (("dates", "day-first"),),
            sample=(dict(zip([h.lower() for h in head], lines[1].split(","), strict=False)),),
        )
        return preview, "{}"

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
        lines = parts[0].path.read_text().splitlines()[1:]
        if self.slow:
            watch.progress(len(lines) // 2)
            while not self.slow.wait(0.01):
                if watch.cancelled():
                    raise CannotDo(Words("Stopped. Nothing was taken in."))
        bad = [line for line in lines if "bad" in line]
        rejects = folder / "rejects.csv" if bad else None
        if rejects:
            rejects.write_text("\n".join(["line,column,reason,row", *bad]))
        good = [line for line in lines if line not in bad]

        def keep(on_commit: CommitHook) -> None:
            fresh = [row for row in good if row not in self.rows]
            assert self.database is not None
            with self.database.begin() as session:
                same = len(good) - len(fresh)
                on_commit(session, StoredRows(len(fresh), 0, same, "orders"))
            self.rows += fresh

        return ImportableRows(len(bad), rejects, keep)
