"""Merges of live rows that are killed or run at once."""

import os
import subprocess
import sys
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import Container
from bot.config.clock import now
from bot.data.ingest.models import LiveBatch
from tests.e2e.chaos import migrated_postgres
from tests.support.merging_process import ROUNDS, ROWS, body, house_in

LINE = '{"order": "A1", "at": "2026-11-24", "amount": %d}'


def started(home: Path, where: str, **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.merging_process", str(home), where],
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        text=True,
    )


def held(container: Container) -> list[tuple[str, int]]:
    table = container.row_store.open("local").table("orders")
    if table is None:
        return []
    rows: list[dict[str, Any]] = (
        container.row_store.open("local").engine.to_pyarrow(table).to_pylist()
    )
    return sorted((row["order"], int(row["amount"])) for row in rows)


def waiting(container: Container) -> int:
    with container.database.begin() as session:
        return len(LiveBatch.waiting(session, "local", "orders"))


@pytest.mark.timeout(150)
@pytest.mark.parametrize(
    ("where", "still"),
    [("before the switch", 1), ("before the commit", 1), ("after the commit", 0)],
)
@pytest.mark.sample(3)
def test_killed_merge_is_complete_or_absent(tmp_path: Path, where: str, still: int) -> None:
    container = house_in(tmp_path / "home").migrated()
    live = container.live_rows()
    live.receive("local", "orders", (LINE % 60).encode(), stamp="1")
    with started(container.settings.home, where) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.kill()
        assert process.wait(30) == -9
    assert waiting(container) == still
    assert held(container) == ([] if still else [("A1", 60)])

    # What comes afterwards holds: the killed merge is not done a second time over it.
    live.receive("local", "orders", (LINE % 62).encode(), stamp="2")
    live.merge("local", "orders")
    assert (waiting(container), held(container)) == (0, [("A1", 62)])
    container.row_store.sweep()
    live.merge("local", "orders")
    assert held(container) == [("A1", 62)]
    container.database.close()


@pytest.mark.timeout(150)
@pytest.mark.slow
def test_three_merging_processes_lose_and_duplicate_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    url = migrated_postgres(postgres_url)
    home = tmp_path / "home"
    container = house_in(home, url).migrated()
    container.row_store.key()
    names = ("a", "b", "c")
    with ExitStack() as stack:
        processes = [
            stack.enter_context(started(home, f"loop {name}", DATABASE_URL=url)) for name in names
        ]
        assert [process.wait(120) for process in processes] == [0, 0, 0]
    container.live_rows().merge("local", "orders")
    wanted = [
        (f"{name}-{number}-{row}", 1)
        for name in names
        for number in range(ROUNDS)
        for row in range(ROWS)
    ]
    found = held(container)
    assert [one for one in found if one[0] != "shared"] == sorted(wanted)
    last = _last_received(container)
    assert [one for one in found if one[0] == "shared"] == [("shared", last)]
    assert not list((home / "live").rglob("*.parquet"))
    container.database.close()


def _last_received(container: Container) -> int:
    """What the body that came last said of the order that all share."""
    with container.database.begin() as session:
        batches = list(session.scalars(select(LiveBatch)))
    assert len(batches) == 3 * ROUNDS
    assert all(batch.merged_at and batch.merged_at <= now() for batch in batches)
    last = max(batches, key=lambda batch: (batch.received_at, batch.sha256))
    named = {
        sha256(f"{name}.{number}.".encode() + body(name, number)).hexdigest(): number
        for name in ("a", "b", "c")
        for number in range(ROUNDS)
    }
    return named[last.sha256]
