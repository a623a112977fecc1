"""The product with a clock that wakes every second instead of every minute, and an inbox whose
files are taken after one second at rest instead of ten."""

import sys

from bot.__main__ import main
from bot.data.ingest import watch_folder
from bot.jobs import models

models.SCHEDULER_INTERVAL = 1
watch_folder.QUIET_SECONDS = 1.0

if __name__ == "__main__":
    sys.exit(main())
