"""500 drafts over 50 workspaces at once, with a writer that takes 10 seconds for each."""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from benchmarks.signed import SECRET, command, send
from benchmarks.table import Figure
from bot.playground.local_slack import LocalSlack
from tests.e2e.chaos import POLICY, migrated_postgres
from tests.fakes.claude import ScriptedClaude, obediently
from tests.support.processes import Intern

DRAFTS, WORKSPACES = 500, 50


GOOD = {
    "subject": {"text": "A vase for one tall stem", "facts": []},
    "preheader": {"text": "It stands where the light is.", "facts": []},
    "body": {
        "text": "One stem is enough when the vase carries it. Set it by a window.",
        "facts": [],
    },
    "call_to_action": {"text": "See the vase", "facts": []},
    "hooks": [
        {"angle": "light", "text": "Put it where the morning comes in", "facts": []},
        {"angle": "calm", "text": "One flower, and the table is set", "facts": []},
    ],
}


def answer(asked: dict[str, Any]) -> dict[str, Any] | str:
    """An e-mail that needs no correction; anything else as it is asked for."""
    return GOOD if "call_to_action" in json.dumps(asked) else obediently(asked)


async def crowd(name: str, database: str | None) -> list[Figure]:
    """How long until the last card is finished, and what the process held meanwhile."""
    if database:
        await asyncio.to_thread(migrated_postgres, database)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        (home / "policy.toml").write_text(POLICY + "\n[spend]\nusd_a_day = 1000\n")
        async with (
            LocalSlack(signing_secret=SECRET) as slack,
            ScriptedClaude(answer=answer, delay=10) as claude,
        ):
            intern = Intern(
                slack,
                home,
                ANTHROPIC_BASE_URL=claude.url,
                ANTHROPIC_API_KEY=claude.key,
                SUPER_INTERN_CONCURRENCY=str(DRAFTS),
                SUPER_INTERN_CONCURRENCY_PER_WORKSPACE=str(DRAFTS // WORKSPACES),
                SUPER_INTERN_LOG="ERROR",
                **({"DATABASE_URL": database} if database else {}),
            )
            await intern.start()
            try:
                seconds, memory, done = await _run(slack, intern)
                calls = len(claude.letters)
            finally:
                await intern.kill()
    told = f"{done} of {DRAFTS} finished; the writer alone takes {10 * calls / DRAFTS:.0f} s each"
    return [
        Figure(f"{DRAFTS} drafts, {WORKSPACES} workspaces, {name}", seconds, "s", 60, told),
        Figure(f"memory of the process, {name}", memory, "MB", 500),
    ]


async def _run(slack: LocalSlack, intern: Intern) -> tuple[float, float, int]:
    assert intern.process is not None
    process, most, began = psutil.Process(intern.process.pid), 0.0, time.perf_counter()
    async with aiohttp.ClientSession() as session:
        gate = asyncio.Semaphore(8)

        async def one(number: int) -> None:
            team = f"T{number % WORKSPACES:03}"
            async with gate:
                words = f"e-mail: our vase {number} is back"
                await send(session, intern.url, command(words, team=team))

        asking = asyncio.gather(*(one(number) for number in range(DRAFTS)))
        done = 0
        while done < DRAFTS and time.perf_counter() - began < 150:
            await asyncio.sleep(0.25)
            most = max(most, process.memory_info().rss / 1e6)
            done = sum("send_back" in str(m.blocks) for m in slack.transcript("C0MARKET"))
        await asking
    return time.perf_counter() - began, most, done
