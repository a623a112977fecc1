"""Files merged into the rows of a kind, and listed in one transaction, whoever else is at it."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bot.data.ingest.file_format import hash_file
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.merge import ADDRESSES_KIND, MergeResult, NewFile, StoredFile
from bot.data.warehouse.models import ConcurrentChange, DataFile
from bot.data.warehouse.parquet import SPILL_SUFFIX, TEMPORARY_PREFIX
from bot.db.session import Database
from bot.db.workspace import Workspace

LIBRARY_FOLDER = "library"
LOCAL_WORKSPACE = "local"  # the workspace of what was taken in before any Slack workspace was known
MOST_TRIES = 5

# The files that are held, and those of the addresses → the files to hold from now on, of both.
MergeFunction = Callable[
    [Sequence[StoredFile], Sequence[StoredFile], Path], tuple[MergeResult, MergeResult]
]
# What is done in the transaction that lists the rows, knowing what became of them.
CommitHook = Callable[[Session, MergeResult], None]


@dataclass(frozen=True)
class FileListing:
    """The listing of a home's library."""

    home: Path
    database: Database
    now: Callable[[], datetime]

    def change(
        self,
        workspace: str,
        kind: str,
        making: MergeFunction,
        sign: str,
        along: CommitHook,
    ) -> MergeResult:
        """Makes the files and lists them, again when somebody switched first."""
        folder = self.folder(workspace, kind)
        with self._alone(folder):
            for attempt in range(MOST_TRIES):
                try:
                    with report_damage(self.home, self.database, self.now):
                        told = self._once(workspace, kind, making, folder, sign, along)
                except DamageDetected:
                    continue
                except ConcurrentChange:
                    if attempt == MOST_TRIES - 1:
                        raise
                else:
                    break
            else:
                raise ConcurrentChange
        return told

    def _once(
        self,
        workspace: str,
        kind: str,
        making: MergeFunction,
        folder: Path,
        sign: str,
        along: CommitHook,
    ) -> MergeResult:
        with self.database.begin() as session:
            Workspace.ensure(session, workspace, self.now())
            DataFile.adopt(session, LOCAL_WORKSPACE, workspace)
            holdings = {k: DataFile.held(session, workspace, k) for k in (kind, ADDRESSES_KIND)}
        seen = {k: [self._kept(holding) for holding in held] for k, held in holdings.items()}
        rows, sealed = making(seen[kind], seen[ADDRESSES_KIND], folder)
        changes = [(kind, rows), *([(ADDRESSES_KIND, sealed)] if kind == "consents" else [])]
        try:
            with self.database.begin() as session:
                along(session, rows)
                for name, made in changes:
                    if made.adds or made.retires:
                        DataFile.switch(
                            session,
                            workspace,
                            name,
                            adds=self._rows(workspace, name, made.adds, sign),
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
        self, workspace: str, kind: str, adds: Sequence[NewFile], sign: str
    ) -> list[DataFile]:
        """The rows of these files, in an order of time that is theirs."""
        return [
            DataFile(
                id=made.id,
                workspace=workspace,
                kind=kind,
                path=made.path.relative_to(self.home).as_posix(),
                rows=made.rows,
                source=made.source,
                keyed=sign,
                as_of=made.as_of,
                size=made.path.stat().st_size,
                sha256=hash_file(made.path),
                taken_in_at=self.now() + timedelta(microseconds=number),
                retired_at=None,
            )
            for number, made in enumerate(adds)
        ]

    def _kept(self, holding: DataFile) -> StoredFile:
        return StoredFile(holding.id, self.home / holding.path, holding.rows, holding.source)

    def folder(self, workspace: str, kind: str) -> Path:
        if not workspace.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"no name of a workspace: {workspace!r}")
        folder = self.home / LIBRARY_FOLDER / workspace / kind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Nobody else merges this kind meanwhile, in whatever process."""
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


# Takes from the disk what the library no longer lists.

READABLE_AFTER_RETIRING = timedelta(hours=1)  # retired files stay for those who have them open
SPILL_SECONDS = 86_400  # seconds after which what a process put down belongs to nobody
IMPORT_PREFIX = "import-"  # how the folders begin that an import makes in the home while it lasts


def delete_unlisted_files(home: Path, database: Database, now: datetime) -> int:
    """Takes long-retired files and those that nobody lists from the disk; how many."""
    before = now - READABLE_AFTER_RETIRING
    with database.begin() as session:
        retired = DataFile.retired(session, before)
    for holding in retired:
        (home / holding.path).unlink(missing_ok=True)
    with database.begin() as session:
        DataFile.sweep(session, [holding.id for holding in retired])
        listed = DataFile.paths(session)
    return len(retired) + _delete_unlisted(home, listed)


def _delete_unlisted(home: Path, listed: set[str]) -> int:
    """What a killed process left."""
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
        *home.glob(f"{IMPORT_PREFIX}*"),  # may hold rows as they were, people's names among them
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
