"""Runs a command of Super-Intern only as long as whoever started it holds its standard input.

So no intern is left behind when `play` is killed: the pipe breaks, and the intern ends.
"""

import os
import runpy
import signal
import sys
import threading
import time

STOP_TIMEOUT = 10.0  # seconds to end in good order


def main() -> None:
    """`python -m bot.playground.tether serve` is `python -m bot serve` on a tether."""
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
