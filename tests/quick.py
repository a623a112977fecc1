"""The product with a clock that wakes every second instead of every minute, and an inbox whose
files are taken after one second at rest instead of ten."""

import sys

from bot import job
from bot.__main__ import main
from bot.doors import inbox

job.EVERY = 1
inbox.QUIET = 1.0

if __name__ == "__main__":
    sys.exit(main())
