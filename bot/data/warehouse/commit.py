"""Files merged into the rows of a kind, and listed in one transaction, whoever else is at it."""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bot.data.ingest.file_format import fingerprint
from bot.data.warehouse.damage import FoundDamaged, named_damage
from bot.data.warehouse.models import Holding, Meanwhile
from bot.data.warehouse.upsert import ADDRESSES, Kept, Made, Merge
from bot.db.session import Database
from bot.db.workspace import Workspace

FOLDER = "library"
LOCAL = "local"  # the workspace of what was taken in before any Slack workspace was known
TRIES = 5

# The files that are held, and those of the addresses → the files to hold from now on, of both.
Making = Callable[[Sequence[Kept], Sequence[Kept], Path], tuple[Merge, Merge]]
# What is done in the transaction that lists the rows, knowing what became of them.
Along = Callable[[Session, Merge], None]


@dataclass(frozen=True)
class Switching:
    """The listing of a home's library."""

    home: Path
    database: Database
    now: Callable[[], datetime]

    def change(
        self,
        workspace: str,
        kind: str,
        making: Making,
        sign: str,
        along: Along,
    ) -> Merge:
        """Makes the files and lists them, again when somebody switched first."""
        folder = self.folder(workspace, kind)
        with self._alone(folder):
            for attempt in range(TRIES):
                try:
                    with named_damage(self.home, self.database, self.now):
                        told = self._once(workspace, kind, making, folder, sign, along)
                except FoundDamaged:
                    continue
                except Meanwhile:
                    if attempt == TRIES - 1:
                        raise
                else:
                    break
            else:
                raise Meanwhile
        return told

    def _once(
        self,
        workspace: str,
        kind: str,
        making: Making,
        folder: Path,
        sign: str,
        along: Along,
    ) -> Merge:
        with self.database.begin() as session:
            Workspace.ensure(session, workspace, self.now())
            Holding.adopt(session, LOCAL, workspace)
            holdings = {k: Holding.held(session, workspace, k) for k in (kind, ADDRESSES)}
        seen = {k: [self._kept(holding) for holding in held] for k, held in holdings.items()}
        rows, sealed = making(seen[kind], seen[ADDRESSES], folder)
        changes = [(kind, rows), *([(ADDRESSES, sealed)] if kind == "consents" else [])]
        try:
            with self.database.begin() as session:
                along(session, rows)
                for name, made in changes:
                    if made.adds or made.retires:
                        Holding.switch(
                            session,
                            workspace,
                            name,
                            adds=self._rows(workspace, name, made.adds, sign),
                            retires=made.retires,
                            now=self.now(),
                            seen=[one.id for one in seen[name]],
                        )
        except Meanwhile:
            for _, made in changes:
                for one in made.adds:
                    one.path.unlink(missing_ok=True)
            raise
        return rows

    def _rows(self, workspace: str, kind: str, adds: Sequence[Made], sign: str) -> list[Holding]:
        """The rows of these files, in an order of time that is theirs."""
        return [
            Holding(
                id=made.id,
                workspace=workspace,
                kind=kind,
                path=made.path.relative_to(self.home).as_posix(),
                rows=made.rows,
                source=made.source,
                keyed=sign,
                as_of=made.as_of,
                size=made.path.stat().st_size,
                sha256=fingerprint(made.path),
                taken_in_at=self.now() + timedelta(microseconds=number),
                retired_at=None,
            )
            for number, made in enumerate(adds)
        ]

    def _kept(self, holding: Holding) -> Kept:
        return Kept(holding.id, self.home / holding.path, holding.rows, holding.source)

    def folder(self, workspace: str, kind: str) -> Path:
        if not workspace.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"no name of a workspace: {workspace!r}")
        folder = self.home / FOLDER / workspace / kind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Nobody else merges this kind meanwhile, in whatever process."""
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
