"""Which process reads texts. It imports nothing, so that a worker starts quickly."""

import os
from collections.abc import Sequence


def read_processes(texts: Sequence[str]) -> list[int]:
    """Return for each text the number of the process that reads it."""
    return [os.getpid()] * len(texts)
