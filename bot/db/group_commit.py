"""Commits of threads that share the waiting for the disk, on SQLite.

With `synchronous=FULL`, SQLite writes a transaction into the write-ahead log (WAL), syncs the file,
and only then shows the transaction to others and releases its lock: the syncs of all transactions
come one after another. Here the connections use `synchronous=NORMAL`, and each thread waits after
it has released the lock. One waiting thread syncs for all that committed before its sync began.

- NORMAL leaves out the sync at the commit and nothing else. The header of a new WAL and its folder
  are synced in both modes. A checkpoint syncs the WAL before it copies pages, and the database file
  before the WAL may be overwritten, in both modes. FULL would also fill up a disk sector after each
  commit, but only with `psow=0` in the database's URI.
- When the WAL was overwritten or deleted before our sync, a checkpoint has taken its content into
  the database file and has synced that. It is deleted when the last connection is closed.
- A database in another journal mode (in memory, or on a file system without shared memory) keeps
  FULL, and its threads wait for nothing.
- Other threads see a transaction before it is on the disk. So each transaction of this process,
  also one that only reads or is not synced itself, waits at its end for the synced ones before it.
  Only a snapshot does not. The commits of unsynced ones are on the disk with the next sync.
- Another process may see and use a transaction before it is on the disk. What can't be taken back
  comes after a synced commit of the process that does it: the claim of a job, the try of a post,
  the receipt of a call to an AI or of an export. The WAL is written in order, so a sync takes along
  what any process has committed before. Without such a commit, a power cut can make undone what was
  already shown: an update of a card, a view, an answer to a click, a page.
- Several processes may sync the same file.
- After a sync that failed, the kernel drops the pages, and a second sync would succeed without
  them. So all threads that wait get `SyncFailed`, and so does each later transaction of this
  process.
- The file stays open, because a descriptor reports each failure since it was opened, also when
  another one has reported it. It is opened again when the path leads to another file. No lock is
  lost by closing it: SQLite locks the database file and the `-shm` file, never the WAL.
"""

import logging
import os
import threading
from contextlib import suppress

__all__ = ["GroupCommit", "SyncFailed"]

log = logging.getLogger("bot.db")

# The file grows with a commit. fdatasync takes the new size to the disk as well, without the times.
sync_data = getattr(os, "fdatasync", os.fsync)


class SyncFailed(Exception):
    """The disk refused a sync. What this process reads may not be on the disk: it must end."""


class GroupCommit:
    """Counts the commits of a process and syncs the WAL for all threads that wait.

    `path` is the WAL, None while there is none."""

    def __init__(self) -> None:
        self.path: str | None = None
        self.last = 0  # the number of the last commit to be synced; changed under the write lock
        self._synced = 0  # every commit up to this number is on the disk
        self._is_syncing = False
        self._failure: OSError | None = None
        self._changed = threading.Condition()
        self._file: int | None = None

    def count(self) -> None:
        """Count a commit that is to be synced, after it, under the write lock."""
        self.last += 1

    def check(self) -> None:
        """Raise SyncFailed when a sync has failed."""
        if self._failure is not None:
            raise SyncFailed(f"a sync of {self.path} has failed") from self._failure

    def wait(self, number: int) -> None:
        """Return once the commit `number` is on the disk. The caller does not hold the write lock,
        or holds up the other writers."""
        if self.path is None:
            return
        while self._synced < number:
            with self._changed:
                self._changed.wait_for(lambda: self._synced >= number or not self._is_syncing)
                self.check()
                if self._synced >= number:
                    return
                self._is_syncing, until = True, self.last
            self._sync_until(until)

    def _sync_until(self, number: int) -> None:
        failure: OSError | None = None
        synced = False
        try:
            self.sync()
            synced = True
        except OSError as error:
            failure = error
            log.critical("%s could not be synced: %s. Check the disk.", self.path, error.strerror)
        finally:
            with self._changed:
                self._is_syncing = False
                self._failure = self._failure or failure
                if synced:
                    self._synced = number
                self._changed.notify_all()
        self.check()

    def sync(self) -> None:
        """Take to the disk what the WAL holds. Called by one thread at a time."""
        assert self.path is not None
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return  # the last connection was closed
        if self._file is None or not os.path.samestat(found, os.fstat(self._file)):
            self.close()
            with suppress(FileNotFoundError):
                self._file = os.open(self.path, os.O_RDWR)
        if self._file is not None:
            sync_data(self._file)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
