"""Runs a command of Super-Intern only while its parent process keeps standard input open.

So no `serve` process stays behind if `play` is killed: the pipe breaks and the process ends.
"""

import os
import runpy
import signal
import sys
import threading
import time

STOP_TIMEOUT = 10.0  # seconds for an orderly shutdown


def main() -> None:
    """Run `python -m bot` with the same arguments, and end it when the parent process dies."""
    threading.Thread(target=_watch_parent, daemon=True).start()
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


def _watch_parent() -> None:
    while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_TIMEOUT)
    os._exit(1)


if __name__ == "__main__":
    main()
