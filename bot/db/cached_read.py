"""Values read from the database that are asked for much more often than they change."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from bot.db.session import Database

T = TypeVar("T")

MAX_AGE = 0.5  # seconds until a write by another process is noticed


class CachedRead(Generic[T]):
    """What `read` returns for a workspace, read again once this process has written one of `tables`
    or MAX_AGE has passed. Only writes as objects or by `Session.execute` are noticed at once."""

    def __init__(
        self, database: Database, tables: tuple[str, ...], read: Callable[[str], T]
    ) -> None:
        self._database, self._tables, self._read = database, tables, read
        self._known: dict[str, tuple[tuple[int, ...], float, T]] = {}

    def __call__(self, workspace: str) -> T:
        writes = self._count_writes()
        found = self._known.get(workspace)
        if found is None or found[0] != writes or found[1] <= time.monotonic():
            # The age counts from before the reading: a write during it may not be in the value.
            until = time.monotonic() + MAX_AGE
            found = self._known[workspace] = (writes, until, self._read(workspace))
        return found[2]

    def _count_writes(self) -> tuple[int, ...]:
        return tuple(self._database.write_counts.get(table, 0) for table in self._tables)
