"""The two expected errors, references for bugs, and messages for failures of the machine.

A bug is logged under a reference without any of the text that it was about."""

import errno
import logging
import os
import traceback
import uuid
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from bot.i18n.messages import Words

log = logging.getLogger("bot.slack")


def log_bug(bug: BaseException) -> str:
    """Log a bug and return its reference."""
    reference = f"SI-{uuid.uuid4().hex[:8].upper()}"
    log.error("%s: %s", reference, locate_bug(bug))
    return reference


def locate_bug(bug: BaseException) -> str:
    """Return the bug's type and the place of the error. Its message is left out: it may quote
    people."""
    frames = traceback.extract_tb(bug.__traceback__)[-6:]
    place = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(frames))
    return f"{type(bug).__name__} at {place}"


# The two expected errors. Every other exception is a bug; the worker catches it in one place.


class TryAgain(Exception):
    """Something outside is busy or unavailable; the engine tries again.

    `after` is how many seconds the other side asked us to wait, if it did.
    `words` is the message for the person in case every attempt fails.
    """

    def __init__(self, reason: str, *, words: Words | None = None, after: float | None = None):
        super().__init__(reason)
        self.words = words
        self.after = after


class CannotDo(Exception):
    """It can't be done, and another attempt won't help. `words` is the message for the person, or
    its English text, which the parameters fill: `CannotDo("There is no {name}.", name=…)`."""

    def __init__(self, words: Words | str, /, **params: Any):
        self.words = Words(words, **params) if isinstance(words, str) else words
        super().__init__(self.words.to("en"))


class SpendingRefused(CannotDo):
    """A call to an AI would exceed the spending limit, or its price is not known."""


class SpendingBusy(TryAgain):
    """The rest of the spending limit is reserved by running calls; it may become free soon."""


class QuotaExceeded(CannotDo):
    """A person requests more than their share. `once` identifies the reason, which is sent to them
    only once."""

    def __init__(self, words: Words, once: str):
        super().__init__(words)
        self.once = once


CALM_PARAM = (
    "calm"  # a Words parameter: "yes" for a message that reports no failure, such as a greeting
)
FORMS_PARAM = "forms"  # a Words parameter: "yes" where the forms do what the AI can't do now
FORM_ALONE = "alone"  # its value where only the form of a brief does
SKILLS_PARAM = "skills"  # beside FORMS_PARAM: the skills that the words may ask for
UNUSABLE_PARAM = (
    "anyhow"  # a Words parameter: "yes" for a file that can't be used under any declared kind
)


# Failures of the machine: a full disk, a limit, a permission. They don't mean that a file is bad.

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
DATABASE_BUSY = Words("Too many processes are writing to the database. Try again in a moment.")
PERMISSION_DENIED = Words("The account that I run as may not read or write this file.")

TRANSIENT_ERRORS: Mapping[int, Words] = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EMFILE: TOO_MANY_OPEN_FILES,
    errno.ENFILE: TOO_MANY_OPEN_FILES,
    errno.ENOMEM: OUT_OF_MEMORY,
    errno.EIO: DISK_FAILED,
    errno.EBUSY: DATABASE_BUSY,
}
PERMANENT_ERRORS: Mapping[int, Words] = {
    errno.EFBIG: FILE_TOO_LARGE,
    errno.EROFS: DISK_READ_ONLY,
    errno.EACCES: PERMISSION_DENIED,
    errno.EPERM: PERMISSION_DENIED,
}
SQLITE_ERRNOS: Mapping[str, int] = {  # SQLite's messages that don't include the system's message
    "database or disk is full": errno.ENOSPC,
    "unable to open database file": errno.EACCES,
    "disk I/O error": errno.EIO,
    "database is locked": errno.EBUSY,
    "attempt to write a readonly database": errno.EROFS,
}
ENGINE_MODULES = ("duckdb", "sqlite3", "sqlalchemy", "pyarrow")


def translate_system_error(
    error: BaseException, path: str | os.PathLike[str] | None = None
) -> TryAgain | CannotDo | None:
    """Return the exception to raise instead of an error that the machine caused; None for other
    errors. `path` is the file that was being read: if the engine's error has no error number, the
    file is opened to find it."""
    number = _find_errno(error)
    if number is None and path is not None and _is_engine_error(error):
        number = _try_open(path)
    if number is None:
        return None
    file_name = getattr(error, "filename", None) or path
    words = TRANSIENT_ERRORS.get(number) or PERMANENT_ERRORS[number]
    if words is PERMISSION_DENIED and isinstance(file_name, str | os.PathLike):
        words = Words(
            "The account that I run as may not read or write {file}.",
            file=PurePath(file_name).name,
        )
    if number in TRANSIENT_ERRORS:
        return TryAgain(f"the machine: {os.strerror(number)}", words=words)
    return CannotDo(words)


def _find_errno(error: BaseException) -> int | None:
    """Return the errno of this error, or of the error that it wraps."""
    known = {**TRANSIENT_ERRORS, **PERMANENT_ERRORS}
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in known else None
    if not (_is_engine_error(error) or isinstance(error, OSError)):
        return None
    message = str(getattr(error, "orig", None) or error)
    for number in known:
        if os.strerror(number) in message:
            return number
    return next((number for sentence, number in SQLITE_ERRNOS.items() if sentence in message), None)


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
