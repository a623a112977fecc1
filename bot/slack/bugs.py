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
    """Bolt logs whole requests when a signature is wrong: only that it was wrong may be said."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "signature" in str(record.msg):
            record.msg, record.args = "A request was not signed by Slack", ()
        return True


class NoAdvice(logging.Filter):
    """Bolt remarks at each start that it doesn't use SLACK_BOT_TOKEN itself. We do."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "will be unused" not in str(record.msg)


def quieten() -> None:
    """Both, once."""
    for name, kind in (("RequestVerification", NoBodies), ("AsyncApp", NoAdvice)):
        logger = logging.getLogger(f"slack_bolt.{name}")
        if not any(isinstance(one, kind) for one in logger.filters):
            logger.addFilter(kind())
