"""The bench, for the tests that need one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack.bench import Bench, bench_of


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


@pytest.fixture
async def socket_bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path, socket=True) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
async def any_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """On both databases, for what two people do at once."""
    postgres = request.param == "postgres"
    url = str(request.getfixturevalue("postgres_url")) if postgres else None
    async with bench_of(tmp_path, url=url) as found:
        yield found
