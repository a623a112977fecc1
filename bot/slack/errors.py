"""What Bolt may log."""

import logging


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
