"""Receives live rows batch by batch and merges them into the library in the background."""

import asyncio
import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bot.data.ingest.live.receiver import BatchReceiver, ReceivedBatch, join_batches
from bot.data.ingest.models import LiveBatch
from bot.data.warehouse.models import LOCAL_WORKSPACE
from bot.data.warehouse.parquet import try_lock
from bot.data.warehouse.store import RowStore
from bot.db.session import Database
from bot.db.workspace import Workspace

log = logging.getLogger("bot.live")

LIVE_FOLDER, LOCK = "live", ".lock"
MOST_ROWS_MERGED = 500_000  # rows of one merge: about 300 MB
BATCH_RETENTION = timedelta(
    days=1
)  # a repeated request is recognised for so long; its signature is valid for 5 minutes
LEFTOVER_SECONDS = 3600  # seconds after which an unlisted file is deleted
LIVE_SOURCE = "live rows"  # other modules translate this exact text


class MergedElsewhere(Exception):
    """Another process has merged these batches meanwhile."""


@dataclass
class LiveQueue:
    """`receive` stores one body; `merge` imports the waiting batches. `first` returns the workspace
    that owns what arrived before any workspace was known."""

    home: Path
    database: Database
    row_store: RowStore
    now: Callable[[], datetime]
    first: Callable[[], str]
    _receiver: BatchReceiver | None = field(default=None, init=False)

    @property
    def folder(self) -> Path:
        return self.home / LIVE_FOLDER

    def knows(self, workspace: str) -> bool:
        """Return whether this workspace exists."""
        with self.database.begin() as session:
            return workspace == LOCAL_WORKSPACE or workspace in Workspace.known(session)

    def receive(self, workspace: str, kind: str, body: bytes, *, stamp: str) -> ReceivedBatch:
        """Check one body and store it. It is safe on the disk when this returns. `stamp` is the
        time of its signature: the same body with another time is another request. Raises CannotDo
        when it is no text, KeyError for an unknown kind."""
        at = self.now()
        digest = hashlib.sha256(stamp.encode() + b"." + body).hexdigest()
        # Each attempt writes its own file, so that a retry can't delete the file that is listed.
        path = self.folder / workspace / kind / f"{digest[:16]}-{uuid.uuid4().hex}.parquet"
        if self._receiver is None:
            self._receiver = BatchReceiver(self.row_store.key())
        received = self._receiver.receive(kind, body, today=at.date(), to=path)
        if not received.rows:
            return received
        with self.database.begin() as session:
            made = LiveBatch.keep(
                session,
                workspace=workspace,
                kind=kind,
                sha256=digest,
                rows=received.rows,
                rejected=len(received.rejects),
                path=path.relative_to(self.home).as_posix(),
                now=at,
            )
        if not made:
            path.unlink(missing_ok=True)
        return replace(received, again=not made)

    async def do(self, subject: str) -> None:
        """Run the job for a subject such as `T0SHOP/orders`: merge its batches."""
        workspace, _, kind = subject.partition("/")
        await asyncio.to_thread(self.merge, workspace, kind)

    def merge(self, workspace: str, kind: str) -> int:
        """Import the waiting batches of this kind. Return the number of rows. The library's listing
        and the batches change in one transaction, so that after a kill both are done or neither.
        Only one process may merge, because rows that arrived later must win."""
        folder = self.folder / workspace / kind
        folder.mkdir(parents=True, exist_ok=True)
        with try_lock(folder / LOCK) as locked:
            try:
                return self._merge(workspace, kind) if locked else 0
            except MergedElsewhere:
                return 0

    def _merge(self, workspace: str, kind: str) -> int:
        with self.database.begin() as session:
            waiting = list(
                _take_batches(MOST_ROWS_MERGED, LiveBatch.waiting(session, workspace, kind))
            )
        home, here = self.home, self.folder / workspace / kind
        paths = [home / batch.path for batch in waiting if batch.path]
        there = [path for path in paths if path.is_file()]
        if len(there) < len(paths):
            log.error("%s %s: %d live files are gone", workspace, kind, len(paths) - len(there))
        named = [batch.sha256 for batch in waiting]

        def mark(session: Session, _: object = None) -> None:
            if not LiveBatch.merged(session, workspace, kind, named, self.now()):
                raise MergedElsewhere

        rows = self._import_batches(workspace, kind, there, mark)
        with self.database.begin() as session:
            LiveBatch.forget(session, before=self.now() - BATCH_RETENTION)
            listed = {
                home / one.path for one in LiveBatch.waiting(session, workspace, kind) if one.path
            }
        for path in there:
            path.unlink(missing_ok=True)
        _delete_unlisted(here, listed)
        return rows

    def _import_batches(
        self,
        workspace: str,
        kind: str,
        paths: Sequence[Path],
        mark: Callable[[Session, object], None],
    ) -> int:
        """Import these batches in the order in which they arrived."""
        if not paths:
            with self.database.begin() as session:
                mark(session, None)
            return 0
        fresh = self.folder / workspace / kind / f"merging-{uuid.uuid4().hex}.parquet"
        try:
            rows = join_batches(paths, fresh)
            # Rows that arrived before any workspace was known belong to the first one.
            target = self.first() if workspace == LOCAL_WORKSPACE else workspace
            self.row_store.import_rows(
                target, kind, fresh, source=LIVE_SOURCE, on_commit=mark, live=True
            )
        finally:
            fresh.unlink(missing_ok=True)
        return rows


def _take_batches(most: int, batches: list[LiveBatch]) -> Iterator[LiveBatch]:
    """Yield the first batches with about `most` rows together, at least one."""
    rows = 0
    for batch in batches:
        yield batch
        rows += batch.rows
        if rows >= most:
            return


def _delete_unlisted(folder: Path, listed: set[Path]) -> None:
    """Delete unlisted files that a killed process left, once they are LEFTOVER_SECONDS old."""
    for path in folder.iterdir():
        if path.name == LOCK or path in listed:
            continue
        with suppress(FileNotFoundError):  # another process finished writing it
            if time.time() - path.stat().st_mtime > LEFTOVER_SECONDS:
                path.unlink()
