"""Processes that are killed or asked to end while they work."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.furnished_home import furnish_home
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import TEAM_ID
from tests.e2e.chaos import chaos, migrated_postgres
from tests.support.processes import Intern
from tests.support.waiting import wait_until


@pytest.mark.timeout(400)
async def test_kill_loses_and_doubles_nothing_on_sqlite(tmp_path: Path) -> None:
    outcome = await chaos(tmp_path, database=None, processes=1, requests=14, kills=3, seed=1)
    assert (outcome.lost, outcome.doubled) == ([], []), outcome.summarize()
    assert outcome.kills == 3


@pytest.mark.timeout(400)
async def test_kill_loses_and_doubles_nothing_on_postgres(
    tmp_path: Path, postgres_url: str
) -> None:
    url = await asyncio.to_thread(migrated_postgres, postgres_url)
    outcome = await chaos(tmp_path, database=url, processes=2, requests=14, kills=3, seed=2)
    assert (outcome.lost, outcome.doubled) == ([], []), outcome.summarize()
    assert outcome.kills == 3


@pytest.mark.timeout(60)
async def test_work_continues_after_a_clean_shutdown(
    tmp_path: Path,
) -> None:
    async with LocalSlack(signing_secret="end") as slack:
        furnish_home(tmp_path, [TEAM_ID])
        intern = Intern(slack, tmp_path)
        await intern.start()
        slack.transport.events_url = intern.url
        for number in range(10):
            words = f"e-mail: our linen shirt is back (wish {number})"
            assert (await slack.command("UMARIE", "C0MARKET", "/draft", words)).ok
        await asyncio.sleep(1.2)
        assert await intern.end() == 0
        await intern.start()

        def finished() -> list[str]:
            cards = [m for m in slack.transcript("C0MARKET") if m.bot_id]
            return [m.ts for m in cards if '"send_back"' in str(m.blocks).replace("'", '"')]

        await wait_until(slack, lambda: len(finished()) == 10, 20)
        assert await intern.end() == 0
        assert "failed:" not in intern.log()
        assert "Traceback" not in intern.log()
