"""A job that kills its process."""

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.db.session import Database
from bot.jobs.engine import Engine, migrate_engine
from bot.jobs.models import GIVE_UP_AFTER, Job, QueueLimits
from tests.support.paths import ROOT

INNOCENT = 12


@pytest.mark.timeout(120)
async def test_killer_job_is_given_up_and_others_finish(database: Database, tmp_path: Path) -> None:
    await migrate_engine(database)
    engine, log = Engine(database, lambda: datetime.now(UTC), QueueLimits()), tmp_path / "log.txt"
    names = [*(f"good{n}" for n in range(INNOCENT // 2)), "poison"]
    names += [f"good{n}" for n in range(INNOCENT // 2, INNOCENT)]
    for name in names:
        job = Job(kind="work", subject=name, workspace=f"T{len(name) % 3}")
        await database.run(engine.enqueue, job)
    await engine.close()

    lines: list[str] = []
    for _ in range(GIVE_UP_AFTER + 6):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.poisoned_worker", database.url, str(log)),
            cwd=ROOT,
        )
        try:
            lines = await until_settled(process, log)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if settled(lines):
            break
    counted = Counter(lines)
    assert counted["given up poison"] >= 1
    assert counted["crash"] == GIVE_UP_AFTER
    assert {line for line in counted if line.startswith("given")} == {"given up poison"}
    assert {f"done good{n}" for n in range(INNOCENT)} <= set(lines)


async def until_settled(process: asyncio.subprocess.Process, log: Path) -> list[str]:
    """What is in the log once the process has died or everything has ended."""
    lines: list[str] = []
    for _ in range(200):
        lines = await asyncio.to_thread(read, log)
        if process.returncode is not None or settled(lines):
            break
        await asyncio.sleep(0.05)
    return lines


def read(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def settled(lines: list[str]) -> bool:
    done = {line for line in lines if line.startswith("done")}
    return "given up poison" in lines and len(done) == INNOCENT
