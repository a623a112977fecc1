"""Processes that read many texts, so that both cores work and this process stays free for answers.

A worker gets functions with texts through a pipe, and ends when this process closes it or dies.
Where none can be started, or one fails, this process reads the texts, with the same results."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import TypeVar

MIN_TEXTS = 20_000  # fewer are read here before a worker has loaded what it needs
MAX_WORKERS = 2
TEXTS_AT_ONCE = 1_024
MODULE = "bot.data.text_workers"
R = TypeVar("R")
Read = Callable[[Sequence[str]], Sequence[R]]  # can be pickled; one result for each text


class TextWorkers:
    """The workers start with the first texts, if about `expected` texts will come or if these are
    many themselves. They end with the `with` block."""

    def __init__(self, expected: int = 0) -> None:
        self._expected = expected
        self._workers: list[_Worker] = []

    def __enter__(self) -> "TextWorkers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def map(self, read: Read[R], texts: Sequence[str]) -> Sequence[R]:
        """Return what `read` returns for each text."""
        cores = min(MAX_WORKERS, os.cpu_count() or 1)
        if cores < 2 or max(self._expected, len(texts)) < MIN_TEXTS:
            return read(texts)
        if not self._workers:
            self._workers = [_Worker() for _ in range(cores)]
        starts = range(0, len(texts), TEXTS_AT_ONCE)
        parts = [texts[start : start + TEXTS_AT_ONCE] for start in starts]

        def read_share(nth: int) -> list[Sequence[R]]:
            return [self._workers[nth].read(read, part) for part in parts[nth::cores]]

        # Equal texts go to the same worker each time, which may remember them.
        with ThreadPoolExecutor(cores) as threads:
            shares = [iter(share) for share in threads.map(read_share, range(cores))]
        return [found for nth in range(len(parts)) for found in next(shares[nth % cores])]


class _Worker:
    """One process, and the reading in this one where it has failed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe, theirs = Pipe()
        command = [sys.executable, "-m", MODULE, str(theirs.fileno())]
        with theirs, contextlib.suppress(OSError):
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])  # noqa: S603

    def read(self, read: Read[R], texts: Sequence[str]) -> Sequence[R]:
        if self._process:
            try:
                self._pipe.send((read, texts))
                found: Sequence[R] = self._pipe.recv()
                return found
            except (OSError, EOFError):
                self.end()
        return read(texts)

    def end(self) -> None:
        self._pipe.close()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


def main(pipe: int) -> None:
    """Answer until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted parent closes its end
    gc.disable()  # texts have no cycles, and looking for them takes a fifth of the time
    with Connection(pipe) as asked, contextlib.suppress(EOFError, ConnectionError):
        while True:
            read, texts = asked.recv()
            asked.send(read(texts))


if __name__ == "__main__":
    main(int(sys.argv[1]))
