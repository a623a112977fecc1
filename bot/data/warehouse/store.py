"""The library's storage: import files into it, list their sources, and remove them again."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.config.secret import compute_key_id, load_key
from bot.data.analyses.cache import MentionCache, ResultCache
from bot.data.ingest.file_schema import hash_file
from bot.data.ingest.review import ImportUndo
from bot.data.schema import load_kinds
from bot.data.warehouse.duckdb_engine import WarehousePool
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.merge import (
    ADDRESSES_KIND,
    MergeResult,
    StoredFile,
    merge_addresses,
    merge_rows,
)
from bot.data.warehouse.models import LIBRARY_FOLDER, LOCAL_WORKSPACE, ConcurrentChange, DataFile
from bot.data.warehouse.parquet import SPILL_SUFFIX, TEMPORARY_PREFIX
from bot.db.workspace import Workspace
from bot.errors import CannotDo

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

MOST_TRIES = 5

# The stored files of the kind and those of the addresses → what to add and to retire, for both.
MergeFunction = Callable[
    [Sequence[StoredFile], Sequence[StoredFile], Path], tuple[MergeResult, MergeResult]
]
# Called in the transaction that lists the files, with the result of the merge.
CommitHook = Callable[[Session, MergeResult], None]


# Deletion of files that the library no longer lists.

READABLE_AFTER_RETIRING = timedelta(hours=1)  # processes may still have them open
SPILL_SECONDS = 86_400  # seconds after which a temporary file belongs to no running process
IMPORT_PREFIX = "import-"  # prefix of the folders that a running import creates in the home


def _delete_unlisted(home: Path, listed: set[str]) -> int:
    """Delete what killed processes left behind."""
    swept, oldest = 0, time.time() - READABLE_AFTER_RETIRING.total_seconds()
    for pattern in ("*/*/*.parquet", "*/*/*.part"):
        for path in (home / LIBRARY_FOLDER).glob(pattern):
            named = path.relative_to(home).as_posix()
            if named not in listed and _modified_at(path) < oldest:
                path.unlink(missing_ok=True)
                swept += 1
    passing = Path(tempfile.gettempdir())
    left = (
        *(home / LIBRARY_FOLDER).glob(f"**/{SPILL_SUFFIX}/*"),
        *home.glob(f"{IMPORT_PREFIX}*"),  # may hold raw rows with people's names
        *passing.glob(f"{TEMPORARY_PREFIX}*"),
    )
    for folder in left:
        if _modified_at(folder) < time.time() - SPILL_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
    return swept


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


# What the rest of the program sees of the storage.


@dataclass(frozen=True)
class MergeCounts:
    """How many rows of a file were new, replaced other rows, or were stored already. `rows` is the
    number of rows that the kind has now, `as_of` the day of the newest one."""

    new: int
    replaced: int
    same: int
    rows: int
    as_of: date | None


class RowStore:
    """The imported rows of one home, which `pool` opens as tables."""

    def __init__(self, pool: WarehousePool, *, key: str | None) -> None:
        self.pool = pool
        self.home, self.database, self.now = pool.home, pool.database, pool.now
        self._configured_key = key
        self.catch_up: Callable[[str, str], object] = lambda workspace, kind: None
        self._key: bytes | None = None

    def key(self) -> bytes:
        """Return the key that pseudonymizes customers. Raises CannotDo when it is missing, or when
        the stored rows were made with another key."""
        if self._key is None:
            key = load_key(self.home, self._configured_key, holds=self._holds)
            with self.database.begin() as session:
                known = DataFile.key_ids(session)
            if known and compute_key_id(key) not in known:
                raise CannotDo(
                    "The key of this home is not the one that the library's rows were made "
                    "with. Put the right super-intern.key back, or set SUPER_INTERN_KEY to it."
                )
            self._key = key
        return self._key

    def import_rows(
        self,
        workspace: str,
        kind: str,
        fresh: Path,
        *,
        source: str,
        apart: Path | None = None,
        on_commit: CommitHook = lambda session, merge: None,
        live: bool = False,
    ) -> MergeCounts:
        """Merge the rows of `fresh`, a Parquet file with the kind's columns, into the library.

        All rows are stored when this returns. If it fails or the process is killed before, the
        library is unchanged. `fresh` and `apart` (encrypted addresses that came with consents) are
        only read. `on_commit` is called in the transaction that lists the new files, even when
        there is nothing new to list. Live rows that arrived earlier are merged first, unless these
        rows are `live` themselves.
        """
        if not live:
            self.catch_up(workspace, kind)

        def merge_file(
            stored: Sequence[StoredFile], stored_addresses: Sequence[StoredFile], folder: Path
        ) -> tuple[MergeResult, MergeResult]:
            made = merge_rows(kind, fresh, stored, folder=folder, source=source)
            if kind != "consents":
                return made, MergeResult(0, 0, 0, 0)
            beside = self._folder(workspace, ADDRESSES_KIND)
            now = [one.path for one in stored if one.id not in made.retires]
            now += [one.path for one in made.adds]
            return made, merge_addresses(apart, now, stored_addresses, folder=beside, source=source)

        def restore_and_commit(session: Session, merge: MergeResult) -> None:
            on_commit(session, merge)
            if not live:  # a batch of live rows restores no damaged rows
                kinds_of = (kind, ADDRESSES_KIND) if kind == "consents" else (kind,)
                DataFile.restore(session, workspace, kinds_of, source, self.now())

        return self._change(workspace, kind, merge_file, restore_and_commit)

    def stored(self, workspace: str, kind: str) -> list[StoredFile]:
        """Return the files of a kind that are in force."""
        files = self.pool.in_force(workspace)
        return [self._as_stored(one) for one in files if one.kind == kind]

    def _as_stored(self, one: DataFile) -> StoredFile:
        return StoredFile(one.id, self.home / one.path, one.rows, one.source, one.as_of)

    def forget(self, workspace: str, kind: str, source: str) -> MergeCounts:
        """Remove the rows that came from one file. Rows that they had replaced do not come back."""

        def remove_file(
            stored: Sequence[StoredFile], stored_addresses: Sequence[StoredFile], _: Path
        ) -> tuple[MergeResult, MergeResult]:
            gone = tuple(one.id for one in stored if one.source == source)
            sealed = tuple(one.id for one in stored_addresses if one.source == source)
            return MergeResult(0, 0, 0, 0, (), gone), MergeResult(0, 0, 0, 0, (), sealed)

        def make_imports_final(session: Session, _: MergeResult) -> None:
            ImportUndo.drop(session, workspace, kind)  # an undo must not bring the rows back

        self.mention_cache(workspace).clear()
        return self._change(workspace, kind, remove_file, make_imports_final)

    def sources(self, workspace: str) -> dict[str, list[str]]:
        """Return the names of the files that each kind's rows came from, oldest first."""
        found: dict[str, dict[str, None]] = {}
        for data_file in self.pool.in_force(workspace):
            if data_file.kind in load_kinds():
                found.setdefault(data_file.kind, {})[data_file.source] = None
        return {kind: list(names) for kind, names in found.items()}

    def addresses(self, workspace: str) -> list[Path]:
        """Return the files with the encrypted addresses. Only the audience export reads them."""
        return [one.path for one in self.stored(workspace, ADDRESSES_KIND)]

    def open(self, workspace: str) -> "Warehouse":
        return self.pool.open(workspace)

    def result_cache(self, workspace: str) -> ResultCache:
        return ResultCache(self.home / LIBRARY_FOLDER / workspace)

    def mention_cache(self, workspace: str) -> MentionCache:
        return MentionCache(self.home / LIBRARY_FOLDER / workspace)

    def _clear(self, workspace: str) -> None:
        """Delete the cached results. Rows of LOCAL_WORKSPACE serve every workspace, so a change of
        them clears all caches."""
        folders = (self.home / LIBRARY_FOLDER).iterdir()
        for name in {folder.name for folder in folders if folder.is_dir()}:
            if workspace == LOCAL_WORKSPACE or name in (workspace, LOCAL_WORKSPACE):
                self.result_cache(name).clear()

    def sweep(self) -> int:
        """Delete files that were retired long ago and files that are not listed. Return how
        many."""
        now = self.now()
        with self.database.begin() as session:
            ImportUndo.forget(session, now)
            kept = ImportUndo.find_kept_files(session, now)
            retired = DataFile.retired(session, now - READABLE_AFTER_RETIRING)
            retired = [row for row in retired if row.id not in kept]
        for data_file in retired:
            (self.home / data_file.path).unlink(missing_ok=True)
        with self.database.begin() as session:
            DataFile.sweep(session, [data_file.id for data_file in retired])
            listed = DataFile.paths(session)
        return len(retired) + _delete_unlisted(self.home, listed)

    def _change(
        self, workspace: str, kind: str, merge: MergeFunction, on_commit: CommitHook
    ) -> MergeCounts:
        """Write and list the new files, then clear the cached results and sweep old files."""
        key_id = compute_key_id(self.key())
        result = self._merge(workspace, kind, merge, key_id, on_commit)
        self._clear(workspace)
        self.sweep()
        stored = self.stored(workspace, kind)
        newest = max((h.as_of for h in stored if h.as_of), default=None)
        return MergeCounts(
            result.new,
            result.replaced,
            result.same + result.doubles,
            sum(h.rows for h in stored),
            newest,
        )

    def _merge(
        self, workspace: str, kind: str, merge: MergeFunction, key_id: str, on_commit: CommitHook
    ) -> MergeResult:
        """Merge and list the files. It starts again when somebody else changed the listing
        meanwhile, or a file was found to be damaged."""
        folder = self._folder(workspace, kind)
        with self._locked(folder):
            for _ in range(MOST_TRIES):
                with (
                    suppress(DamageDetected, ConcurrentChange),
                    report_damage(self.home, self.database, self.now),
                ):
                    return self._try_merge(workspace, kind, merge, folder, key_id, on_commit)
        raise ConcurrentChange

    def _try_merge(
        self,
        workspace: str,
        kind: str,
        merge: MergeFunction,
        folder: Path,
        key_id: str,
        on_commit: CommitHook,
    ) -> MergeResult:
        with self.database.begin() as session:
            Workspace.ensure(session, workspace, self.now())
            DataFile.adopt(session, LOCAL_WORKSPACE, workspace)
            seen = {
                k: [self._as_stored(one) for one in DataFile.in_force(session, workspace, k)]
                for k in (kind, ADDRESSES_KIND)
            }
        rows, sealed = merge(seen[kind], seen[ADDRESSES_KIND], folder)
        changes = [(kind, rows), *([(ADDRESSES_KIND, sealed)] if kind == "consents" else [])]
        try:
            with self.database.begin() as session:
                on_commit(session, replace(rows, addresses=sealed))
                for name, made in changes:
                    if made.adds or made.retires:
                        DataFile.switch(
                            session,
                            workspace,
                            name,
                            adds=self._rows(workspace, name, made.adds, key_id),
                            retires=made.retires,
                            now=self.now(),
                            seen=[one.id for one in seen[name]],
                        )
        except ConcurrentChange:
            for _, made in changes:
                for one in made.adds:
                    one.path.unlink(missing_ok=True)
            raise
        return rows

    def _rows(
        self, workspace: str, kind: str, adds: Sequence[StoredFile], key_id: str
    ) -> list[DataFile]:
        """Return the database rows of these files, with import times that keep their order."""
        return [
            DataFile(
                id=made.id,
                workspace=workspace,
                kind=kind,
                path=made.path.relative_to(self.home).as_posix(),
                rows=made.rows,
                source=made.source,
                keyed=key_id,
                as_of=made.as_of,
                size=made.path.stat().st_size,
                sha256=hash_file(made.path),
                taken_in_at=self.now() + timedelta(microseconds=number),
                retired_at=None,
            )
            for number, made in enumerate(adds)
        ]

    def _folder(self, workspace: str, kind: str) -> Path:
        if not workspace.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"no name of a workspace: {workspace!r}")
        folder = self.home / LIBRARY_FOLDER / workspace / kind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Hold the lock of a kind, so that no other process merges it meanwhile."""
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _holds(self) -> bool:
        with self.database.begin() as session:
            return DataFile.any(session)
