"""Bugs: a reference for the person and the log, and none of the words it was about."""

import logging
import traceback
import uuid

log = logging.getLogger("bot.slack")


def logged(bug: BaseException) -> str:
    """Write it down; the reference under which it is found."""
    reference = f"SI-{uuid.uuid4().hex[:8].upper()}"
    log.error("%s: %s", reference, told_where(bug))
    return reference


def told_where(bug: BaseException) -> str:
    """Its kind and where it happened; what it says may quote people, and stays out."""
    frames = traceback.extract_tb(bug.__traceback__)[-6:]
    way = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(frames))
    return f"{type(bug).__name__} at {way}"
