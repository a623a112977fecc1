"""Lines of the log: one record is one line, and nothing in it moves a terminal's cursor."""

import logging

from bot.text.escape import one_line, without_hidden

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PlainFormatter(logging.Formatter):
    """A message that holds a newline can't pass for a record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  as logging calls it
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return without_hidden(super().format(record))


def log_handler() -> logging.Handler:
    """To standard error, as `logging.basicConfig` does it."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter(FORMAT))
    return handler
