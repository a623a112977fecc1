"""Bugs: a reference for the person and the log, and none of the words it was about."""

import errno
import logging
import os
import traceback
import uuid
from collections.abc import Mapping
from pathlib import PurePath

from bot.i18n.messages import Words

log = logging.getLogger("bot.slack")


def log_bug(bug: BaseException) -> str:
    """Write it down; the reference under which it is found."""
    reference = f"SI-{uuid.uuid4().hex[:8].upper()}"
    log.error("%s: %s", reference, locate_bug(bug))
    return reference


def locate_bug(bug: BaseException) -> str:
    """Its kind and where it happened; what it says may quote people, and stays out."""
    frames = traceback.extract_tb(bug.__traceback__)[-6:]
    way = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(frames))
    return f"{type(bug).__name__} at {way}"


# The two errors that are expected. Everything else is a bug, caught once, in the worker.


class TryAgain(Exception):
    """Something outside is busy or down; the engine tries again.

    `after` is how many seconds the other side asked us to wait, when it said so.
    `words` is what the person reads should every try fail.
    """

    def __init__(self, reason: str, *, words: Words | None = None, after: float | None = None):
        super().__init__(reason)
        self.words = words
        self.after = after


class CannotDo(Exception):
    """It can't be done, and trying again won't help. `words` are for the person."""

    def __init__(self, words: Words):
        super().__init__(words.to("en"))
        self.words = words


class SpendingRefused(CannotDo):
    """A call to an AI would cost more than may be spent, or nobody knows what it costs."""


class SpendingBusy(TryAgain):
    """What is left to spend is reserved by calls under way; it may be free in a moment."""


class QuotaExceeded(CannotDo):
    """One person asks for more than their share. `once` names the reason: it is told once."""

    def __init__(self, words: Words, once: str):
        super().__init__(words)
        self.once = once


CALM_PARAM = (
    "calm"  # a word's parameter, "yes" where nothing went wrong: a greeting, what can be asked
)
UNUSABLE_PARAM = (
    "anyhow"  # a word's parameter, "yes" where a file is of no use whatever it is said to be
)


# Failures of the machine: a full disk, a limit, a permission. They say nothing about a file, and

DISK_FULL = Words("The disk is full. It needs room before I can go on.")
TOO_MANY_OPEN_FILES = Words(
    "Too many files are open on this machine. Try again in a moment; if it stays so, raise the "
    "limit (ulimit -n)."
)
FILE_TOO_LARGE = Words("A file would become larger than this account may write (ulimit -f).")
DISK_READ_ONLY = Words("The disk can be read but not written.")
OUT_OF_MEMORY = Words("This machine has no memory left. Try again in a moment.")
DISK_FAILED = Words(
    "The disk failed while I read or wrote, or a file became larger than it may (ulimit -f). Try "
    "again; if it stays so, have the disk checked."
)
PERMISSION_DENIED = Words("The account that I run as may not read or write this file.")

TRANSIENT_ERRORS: Mapping[int, Words] = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EMFILE: TOO_MANY_OPEN_FILES,
    errno.ENFILE: TOO_MANY_OPEN_FILES,
    errno.ENOMEM: OUT_OF_MEMORY,
    errno.EIO: DISK_FAILED,
}
PERMANENT_ERRORS: Mapping[int, Words] = {
    errno.EFBIG: FILE_TOO_LARGE,
    errno.EROFS: DISK_READ_ONLY,
    errno.EACCES: PERMISSION_DENIED,
    errno.EPERM: PERMISSION_DENIED,
}
SQLITE_ERRNOS: Mapping[str, int] = {  # its own sentences, where it doesn't hand the system's on
    "database or disk is full": errno.ENOSPC,
    "unable to open database file": errno.EACCES,
    "disk I/O error": errno.EIO,
    "attempt to write a readonly database": errno.EROFS,
}
ENGINE_MODULES = ("duckdb", "sqlite3", "sqlalchemy", "pyarrow")


def translate_system_error(
    error: BaseException, path: str | os.PathLike[str] | None = None
) -> TryAgain | CannotDo | None:
    """What to raise instead of an error that the machine caused; None when it did not. `path` is
    the file that was being read: an engine that says too little is asked again by opening it."""
    number = _find_errno(error)
    if number is None and path is not None and _is_engine_error(error):
        number = _try_open(path)
    if number is None:
        return None
    named = getattr(error, "filename", None) or path
    words = TRANSIENT_ERRORS.get(number) or PERMANENT_ERRORS[number]
    if words is PERMISSION_DENIED and isinstance(named, str | os.PathLike):
        words = Words(
            "The account that I run as may not read or write {file}.",
            file=PurePath(named).name,
        )
    if number in TRANSIENT_ERRORS:
        return TryAgain(f"the machine: {os.strerror(number)}", words=words)
    return CannotDo(words)


def _find_errno(error: BaseException) -> int | None:
    """The system's number of this error, or of one that it stands on."""
    known = {**TRANSIENT_ERRORS, **PERMANENT_ERRORS}
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in known else None
    if not (_is_engine_error(error) or isinstance(error, OSError)):
        return None
    said = str(getattr(error, "orig", None) or error)
    for number in known:
        if os.strerror(number) in said:
            return number
    return next((number for sentence, number in SQLITE_ERRNOS.items() if sentence in said), None)


def _is_engine_error(error: BaseException) -> bool:
    modules = {
        type(one).__module__.split(".")[0].strip("_") for one in (error, *_direct_causes(error))
    }
    return bool(modules & set(ENGINE_MODULES)) or isinstance(error, OSError)


def _direct_causes(error: BaseException) -> list[BaseException]:
    return [one for one in (getattr(error, "orig", None), error.__cause__) if one is not None]


def _try_open(path: str | os.PathLike[str]) -> int | None:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return error.errno if error.errno in {**TRANSIENT_ERRORS, **PERMANENT_ERRORS} else None
    return None
