"""A killed process …"""

import asyncio
from pathlib import Path

import pytest

from tests.chaos import chaos, migrated_postgres


@pytest.mark.timeout(150)
async def test_loses_and_doubles_nothing_on_sqlite(tmp_path: Path) -> None:
    outcome = await chaos(tmp_path, database=None, processes=1, requests=14, kills=3, seed=1)
    assert (outcome.lost, outcome.doubled) == ([], []), outcome.told()
    assert outcome.kills == 3


@pytest.mark.timeout(150)
async def test_loses_and_doubles_nothing_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    url = await asyncio.to_thread(migrated_postgres, postgres_url)
    outcome = await chaos(tmp_path, database=url, processes=2, requests=14, kills=3, seed=2)
    assert (outcome.lost, outcome.doubled) == ([], []), outcome.told()
    assert outcome.kills == 3
