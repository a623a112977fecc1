"""The product with a scheduler that runs every second instead of every minute, and an inbox that
imports files after one second without a change instead of ten."""

import sys

from bot.__main__ import main
from bot.data.ingest import watch_folder
from bot.jobs import models

models.SCHEDULER_INTERVAL = 1
watch_folder.QUIET_SECONDS = 1.0

if __name__ == "__main__":
    sys.exit(main())
