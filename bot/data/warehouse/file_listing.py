"""Write merged files and list them in one transaction, also when several processes do so at
once."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bot.data.ingest.file_format import hash_file
from bot.data.ingest.undo import ImportUndo
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.merge import ADDRESSES_KIND, MergeResult, NewFile, StoredFile
from bot.data.warehouse.models import ConcurrentChange, DataFile
from bot.data.warehouse.parquet import SPILL_SUFFIX, TEMPORARY_PREFIX
from bot.db.session import Database
from bot.db.workspace import Workspace

LIBRARY_FOLDER = "library"
LOCAL_WORKSPACE = "local"  # owns what was imported before any Slack workspace was known
MOST_TRIES = 5

# The stored files of the kind and those of the addresses → what to add and to retire, for both.
MergeFunction = Callable[
    [Sequence[StoredFile], Sequence[StoredFile], Path], tuple[MergeResult, MergeResult]
]
# Called in the transaction that lists the files, with the result of the merge.
CommitHook = Callable[[Session, MergeResult], None]


@dataclass(frozen=True)
class FileListing:
    """The listing of one home's data files."""

    home: Path
    database: Database
    now: Callable[[], datetime]

    def change(
        self,
        workspace: str,
        kind: str,
        merge: MergeFunction,
        key_id: str,
        on_commit: CommitHook,
    ) -> MergeResult:
        """Merge and list the files. It starts again when somebody else changed the listing
        meanwhile."""
        folder = self.folder(workspace, kind)
        with self._locked(folder):
            for attempt in range(MOST_TRIES):
                try:
                    with report_damage(self.home, self.database, self.now):
                        result = self._try_change(workspace, kind, merge, folder, key_id, on_commit)
                except DamageDetected:
                    continue
                except ConcurrentChange:
                    if attempt == MOST_TRIES - 1:
                        raise
                else:
                    break
            else:
                raise ConcurrentChange
        return result

    def _try_change(
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
            data_files = {
                k: DataFile.in_force(session, workspace, k) for k in (kind, ADDRESSES_KIND)
            }
        seen = {
            k: [self._stored_file(data_file) for data_file in held]
            for k, held in data_files.items()
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
        self, workspace: str, kind: str, adds: Sequence[NewFile], key_id: str
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

    def _stored_file(self, data_file: DataFile) -> StoredFile:
        return StoredFile(
            data_file.id, self.home / data_file.path, data_file.rows, data_file.source
        )

    def folder(self, workspace: str, kind: str) -> Path:
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


# Deletion of files that the library no longer lists.

READABLE_AFTER_RETIRING = timedelta(hours=1)  # processes may still have them open
SPILL_SECONDS = 86_400  # seconds after which a temporary file belongs to no running process
IMPORT_PREFIX = "import-"  # prefix of the folders that a running import creates in the home


def delete_unlisted_files(home: Path, database: Database, now: datetime) -> int:
    """Delete files that were retired long ago and files that are not listed. Return how many."""
    before = now - READABLE_AFTER_RETIRING
    with database.begin() as session:
        ImportUndo.forget(session, now)
        kept = ImportUndo.find_kept_files(session, now)
        retired = [row for row in DataFile.retired(session, before) if row.id not in kept]
    for data_file in retired:
        (home / data_file.path).unlink(missing_ok=True)
    with database.begin() as session:
        DataFile.sweep(session, [data_file.id for data_file in retired])
        listed = DataFile.paths(session)
    return len(retired) + _delete_unlisted(home, listed)


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
