"""Digests: a minute of the clock over 10,000 schedules; one digest of the sample shop by rules."""

import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.table import Figure
from bot import migrate
from bot.db import Database
from bot.job import Job
from bot.schedule import DAILY, Schedule, due

MANY = 10_000
NOW = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC")


def digest() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        first, usual, found = _ticks(Path(folder))
    seconds, memory = _one()
    beside = f"{found} due; the first after a start, which reads every row, {first:.2f} s"
    return [
        Figure(f"one tick over {MANY:,} schedules", max(first, usual), "s", 1, beside),
        Figure("a digest of the sample shop by rules", seconds, "s", 5, "in a process of its own"),
        Figure("memory of that process", memory, "MB", 600, ""),
    ]


def _ticks(folder: Path) -> tuple[float, float, int]:
    """Seconds of the tick that has every next moment to find, of a usual one, and what it found."""
    database = Database(f"sqlite:///{folder}/bench.db")
    migrate.upgrade(database)
    rng = random.Random(7)
    with database.begin() as session:
        session.add_all(_schedule(n, rng) for n in range(MANY))
    took = []
    for minute in range(3):
        began, jobs = time.perf_counter(), []
        with database.begin() as session:
            jobs = [job for job in due(session, NOW + timedelta(minutes=minute)) if _is(job)]
        took.append(time.perf_counter() - began)
    database.close()
    return took[0], max(took[1:]), len(jobs)


def _is(job: Job) -> bool:
    return job.kind == "digest"


def _schedule(n: int, rng: random.Random) -> Schedule:
    return Schedule(
        workspace=f"T{n % 500}",
        name=f"digest-{n}",
        state="on",
        owner="U1",
        place={"channel": "C1"},
        weekday=rng.choice([DAILY, *range(7)]),
        hour=rng.randrange(24),
        minute=0,
        zone=rng.choice(ZONES),
        language="en",
        sections=[],
        about=None,
        only_when_moved=False,
        since=NOW - timedelta(days=30),
        last=(NOW - timedelta(days=1)).date().isoformat(),
        next_at=None,
    )


def _one() -> tuple[float, float]:
    """Seconds from facts to words with the shop's tables open, and the process's largest MB."""
    code = "from benchmarks.digest import alone; alone()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)


def alone() -> None:
    from tests.library.sample import sample
    from tests.skills import run

    shelf = sample()
    began = time.perf_counter()
    asyncio.run(run("what moved this week?", shelf=shelf))
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
