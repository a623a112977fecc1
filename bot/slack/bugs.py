"""Bugs in listeners: a reference for the person and the log, and none of the words it was about."""

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


class NoBodies(logging.Filter):
    """What Bolt may log: that a request was not signed, that none of us takes it, and its warnings.
    In between it logs whole requests and answers, and what people wrote in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = str(record.msg)
        if "signature" in said:
            record.msg, record.args = "A request was not signed by Slack", ()
            return True
        if said.startswith("Unhandled request"):
            record.msg, record.args = "A request that nobody here takes", ()
        return record.levelno >= logging.WARNING and "will be unused" not in said


def quiet() -> logging.Logger:
    """The logger that Bolt makes its own after, its socket's too: whatever the root's level is."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.INFO)
    if not any(isinstance(one, NoBodies) for one in logger.filters):
        logger.addFilter(NoBodies())
    return logger
