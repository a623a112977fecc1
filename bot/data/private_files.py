"""Keeps the home's files private to this account: file modes, temporary folders, and leftovers of
killed processes."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.data.warehouse.parquet import SPILL_SUFFIX, TEMPORARY_PREFIX

PRIVATE_UMASK = 0o077
OTHERS_MODE = 0o077  # mode bits of other accounts
TRAVERSE_MODE = 0o711  # of a home with a shared inbox: others can pass through it but not list it
TEMPORARY, LOCK = "tmp", ".lock"
INBOX, KEPT_IN_INBOX = "inbox", ("done", "refused", "waiting")
DAY_SECONDS = 86_400  # seconds
# Files that only a running process needs, relative to the home.
LEFTOVER_PATTERNS = (
    *(
        f"{TEMPORARY}/*",
        "import-*",
        "arrivals/*",
        f"library/**/{SPILL_SUFFIX}",
        "library/*/*/*.part",
    ),
    *("library/*/*/.*.part", "library/*/findings/*/*.part", "live/*/*/*.part"),
    *("live/*/*/merging-*.parquet", "rejects/.*.part"),
)


@dataclass(frozen=True)
class PermissionReport:
    """Files that others could read. Those in `loose` are corrected; those in `stuck` can't be,
    because another account owns them. Paths are relative to the home, which is "."."""

    loose: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()

    def lines(self, home: Path) -> Iterator[str]:
        if self.loose:
            yield (
                f"{_format_names(self.loose)} of {home} could be read by others on this machine. "
                f"Now only "
                "this account can."
            )
        if self.stuck:
            yield (
                f"{_format_names(self.stuck)} of {home} can be read by others on this machine and "
                f"belongs "
                "to another account: have it changed with chmod."
            )


@contextlib.contextmanager
def private_process(home: Path) -> Iterator[int]:
    """Make everything that this process creates private, and put its temporary files into the home.
    The first process of a home deletes leftovers of others; yield how many."""
    mask, directory = os.umask(PRIVATE_UMASK), tempfile.tempdir
    temporary = home / TEMPORARY
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        with (temporary / LOCK).open("w") as lock:
            removed = 0
            if _first(lock.fileno()):
                removed = delete_leftovers(home)
            fcntl.flock(lock, fcntl.LOCK_SH)
            tempfile.tempdir = str(temporary)
            yield removed
    finally:
        os.umask(mask)
        tempfile.tempdir = directory


def _first(lock: int) -> bool:
    """Return whether no other process uses this home."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def delete_leftovers(home: Path) -> int:
    """Delete the temporary files of killed processes. Call it only while no other process runs."""
    found = [
        path for pattern in LEFTOVER_PATTERNS for path in home.glob(pattern) if path.name != LOCK
    ]
    for path in found:
        _remove_leftover(path)
    old = time.time() - DAY_SECONDS  # earlier editions used the machine's own temporary folder
    for path in Path(tempfile.gettempdir()).glob(f"{TEMPORARY_PREFIX}*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < old:
                _remove_leftover(path)
    return len(found)


def _remove_leftover(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def restrict_permissions(home: Path, *, shared_inbox: bool = False) -> PermissionReport:
    """Remove the permissions of other accounts from the home. Links are not followed. With
    `shared_inbox`, other accounts can still pass through the home to the inbox, and the inbox and
    the files in it stay as they are."""
    loose: list[str] = []
    stuck: list[str] = []
    for path, named in _walk_home(home, shared_inbox):
        allowed = TRAVERSE_MODE if shared_inbox and path == home else 0o700
        try:
            changed = _restrict_mode(path, allowed)
        except FileNotFoundError:
            continue
        except OSError:
            stuck.append(named)
        else:
            if changed:
                loose.append(named)
    return PermissionReport(tuple(sorted(loose)), tuple(sorted(stuck)))


def restrict_file_permissions(paths: Iterable[Path]) -> None:
    """Do the same for single files outside the home."""
    for path in paths:
        with contextlib.suppress(OSError):
            _restrict_mode(path, 0o600)


def _walk_home(home: Path, shared_inbox: bool) -> Iterator[tuple[Path, str]]:
    """Yield everything in the home that must be private, the home first."""
    for folder, folders, files in os.walk(home):
        here = Path(folder)
        named = here.relative_to(home).as_posix()
        inside = here.relative_to(home).parts
        shared = shared_inbox and inside[:1] == (INBOX,) and inside[-1] not in KEPT_IN_INBOX
        if not shared:
            yield here, named
            for name in files:
                yield here / name, (here / name).relative_to(home).as_posix()
        folders[:] = [name for name in folders if not (here / name).is_symlink()]


def _restrict_mode(path: Path, allowed: int) -> bool:
    """Remove the permissions of other accounts. Return whether there were any. Links, sockets and
    devices are ignored."""
    before = path.lstat()
    if not (stat.S_ISREG(before.st_mode) or stat.S_ISDIR(before.st_mode)):
        return False
    loose = stat.S_IMODE(before.st_mode) & OTHERS_MODE & ~allowed
    if not loose:
        return False
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.fchmod(opened, stat.S_IMODE(os.fstat(opened).st_mode) & ~(OTHERS_MODE & ~allowed))
    finally:
        os.close(opened)
    return True


def _format_names(names: tuple[str, ...]) -> str:
    shown = ", ".join("the folder itself" if name == "." else name for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
