"""Digests: a minute of the clock over 10,000 schedules; one digest of the sample shop by rules."""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from benchmarks.table import Figure, peak
from bot.db import migrate
from bot.db.session import Database
from bot.digests.models import DAILY, Schedule, find_due_digests
from bot.jobs.models import Job

MANY = 10_000
NOW = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC")


def digest() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        every, usual, found = _ticks(Path(folder))
    seconds, memory = _one()
    beside = f"{found} due; one that has to read every row takes {every:.2f} s"
    return [
        Figure(f"one tick over {MANY:,} schedules", usual, "s", 1, beside),
        Figure("a digest of the sample shop by rules", seconds, "s", 5, "in a process of its own"),
        Figure("memory of that process", memory, "MB", 600, ""),
    ]


def _ticks(folder: Path) -> tuple[float, float, int]:
    """Seconds of a tick that has to read every row, of a usual one, and how many that one found."""
    database = Database(f"sqlite:///{folder}/bench.db")
    migrate.upgrade(database)
    rng = random.Random(7)
    with database.begin() as session:
        made = [_schedule(n, rng) for n in range(MANY)]
        for one in made:  # as the tick of an hour ago left them
            one.next_at = one.next_run(NOW - timedelta(hours=1))
        session.add_all(made)
    took, found = [], 0
    for minute in range(4):
        if minute == 3:
            with database.begin() as session:
                session.execute(update(Schedule).values(next_at=None))
        began = time.perf_counter()
        with database.begin() as session:
            jobs = [
                job
                for job in find_due_digests(session, NOW + timedelta(minutes=minute))
                if _is(job)
            ]
        took.append(time.perf_counter() - began)
        found = len(jobs) if minute < 3 else found
    database.close()
    return took[3], max(took[:3]), found


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
        alerts=False,
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
    from tests.support.sample_tables import sample
    from tests.support.skill_runner import run

    shelf = sample()
    began = time.perf_counter()
    asyncio.run(run("what moved this week?", shelf=shelf))
    seconds = time.perf_counter() - began
    print(seconds, peak() / 1024 / 1024)
