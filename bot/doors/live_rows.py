"""Live rows between the web and the library: taken in batch by batch, merged in the background."""

import asyncio
import fcntl
import hashlib
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.batch import Batch
from bot.doors.house import LOCAL, House, now
from bot.library.live import Received, receive
from bot.library.live.parquet import join, write
from bot.workspace import Workspace

log = logging.getLogger("bot.live")

FOLDER, LOCK = "live", ".lock"
AT_ONCE = 500_000  # rows of one merge: about 300 MB
KEPT = timedelta(days=30)  # for so long the same body is known again
LEFT = 3600  # seconds after which a file that no row lists is swept
SOURCE = "live rows"


@dataclass(frozen=True)
class Taken:
    """What became of a body. `again`: it was here before, and changed nothing."""

    received: Received
    again: bool


class LiveRows:
    """The live rows of a house: `take` writes one body down, `merge` brings what waits in."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.folder = house.settings.home / FOLDER

    def knows(self, workspace: str) -> bool:
        """Whether there is such a workspace."""
        with self.house.database.begin() as session:
            return workspace == LOCAL or session.get(Workspace, workspace) is not None

    def take(self, workspace: str, kind: str, body: bytes) -> Taken:
        """One body, checked and on the disk for good when this returns. Raises CannotDo when it is
        no text; KeyError for an unknown kind."""
        at = now()
        received = receive(kind, body, key=self.house.stocking.key(), today=at.date())
        sha = hashlib.sha256(body).hexdigest()
        if not received.rows:
            return Taken(received, again=False)
        with self.house.database.begin() as session:
            if session.get(Batch, (workspace, kind, sha)) is not None:
                return Taken(received, again=True)
        path = self.folder / workspace / kind / f"{sha}.parquet"
        write(received.rows, kind, path)
        with self.house.database.begin() as session:
            made = Batch.keep(
                session,
                workspace=workspace,
                kind=kind,
                sha256=sha,
                rows=len(received.rows),
                rejected=len(received.rejects),
                path=path.relative_to(self.house.settings.home).as_posix(),
                now=at,
            )
        return Taken(received, again=not made)

    async def do(self, subject: str) -> None:
        """The engine's job: `T0SHOP/orders` is merged."""
        workspace, _, kind = subject.partition("/")
        await asyncio.to_thread(self.merge, workspace, kind)

    def merge(self, workspace: str, kind: str) -> int:
        """What waits of this kind into the library; how many rows. Killed anywhere, it is done
        again from the start: the rows' keys make the second time change nothing."""
        with self._alone(workspace, kind) as alone:
            return self._merge(workspace, kind) if alone else 0

    def _merge(self, workspace: str, kind: str) -> int:
        with self.house.database.begin() as session:
            waiting = list(_up_to(AT_ONCE, Batch.waiting(session, workspace, kind)))
        home, here = self.house.settings.home, self.folder / workspace / kind
        paths = {batch.sha256: home / batch.path for batch in waiting if batch.path}
        there = [path for path in paths.values() if path.is_file()]
        if len(there) < len(paths):
            log.error("%s %s: %d live files are gone", workspace, kind, len(paths) - len(there))
        rows = 0
        if there:
            fresh = here / f"merging-{uuid.uuid4().hex}.parquet"
            rows = join(there, kind, fresh)
            self.house.stocking.take(self._into(workspace), kind, fresh, source=SOURCE)
            fresh.unlink(missing_ok=True)
        with self.house.database.begin() as session:
            Batch.merged(session, workspace, kind, [batch.sha256 for batch in waiting], now())
            Batch.forget(session, before=now() - KEPT)
            listed = {
                home / one.path for one in Batch.waiting(session, workspace, kind) if one.path
            }
        for path in there:
            path.unlink(missing_ok=True)
        _sweep(here, listed)
        return rows

    def _into(self, workspace: str) -> str:
        """Whose they are: what came before any workspace was known belongs to the first one."""
        return self.house.workspace(None) if workspace == LOCAL else workspace

    @contextmanager
    def _alone(self, workspace: str, kind: str) -> Iterator[bool]:
        """Whether nobody else merges this kind now: rows that came later must win."""
        folder = self.folder / workspace / kind
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True


def _up_to(most: int, batches: list[Batch]) -> Iterator[Batch]:
    """The first ones, together about `most` rows; at least one."""
    rows = 0
    for batch in batches:
        yield batch
        rows += batch.rows
        if rows >= most:
            return


def _sweep(folder: Path, listed: set[Path]) -> None:
    """Takes away what a killed process left: files that no row lists, an hour old."""
    for path in folder.iterdir():
        old = path.name != LOCK and path not in listed
        if old and time.time() - path.stat().st_mtime > LEFT:
            path.unlink(missing_ok=True)
