"""A process whose engine runs a job that kills it, as a crash in a C library would."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.db.session import Database
from bot.errors import TryAgain
from bot.jobs.engine import Engine
from bot.jobs.models import Job, QueueLimits
from tests.jobs.test_engine import KINDS

FAST = QueueLimits(poll=0.03, beat=0.2, dead_after=1.0)


async def main(url: str, log: Path) -> None:
    def note(line: str) -> None:
        with log.open("a") as file:
            file.write(line + "\n")

    async def work(subject: str) -> None:
        if subject == "poison":
            await asyncio.sleep(0.1)
            note("crash")
            os._exit(9)
        await asyncio.sleep(0.3)
        note(f"done {subject}")

    async def give_up(job: Job, why: TryAgain | None) -> None:
        note(f"given up {job.subject}")

    database = Database(url)
    engine = Engine(database, lambda: datetime.now(UTC), FAST)
    await engine.launch(dict.fromkeys(KINDS, work), give_up)
    await asyncio.sleep(30)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
