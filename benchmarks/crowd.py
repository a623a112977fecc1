"""500 drafts over 50 workspaces at once, with an AI that takes 10 seconds for each call.

Each is a `/draft` command with a product of the workspace's catalogue. The AI is called three times
for it: it reads the words, writes the text without looking anything up, and checks its claims. So
30 of the 60 seconds are the AI's. The same is measured with an AI that answers at once: what is
left is our own work.

The workspaces are those of one Enterprise Grid organization, in which the app is installed.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from benchmarks.furnished_home import furnish_home
from benchmarks.signed import SECRET, command, send
from benchmarks.table import Figure
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import ENTERPRISE_ID
from tests.e2e.chaos import migrated_postgres
from tests.fakes.claude import ScriptedClaude, obediently
from tests.support.postgres import start_postgres
from tests.support.processes import Intern

DRAFTS, WORKSPACES = 500, 50
AI_SECONDS = 10.0
CALLS = 3  # of the AI for one draft
AIM_SECONDS, AIM_MEMORY = 60.0, 500.0
LONGEST = 240.0  # seconds until it is given up
TEAMS = [f"T{number:03}" for number in range(WORKSPACES)]
TEXT = {
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
    "not_used": [],
}


def answer(asked: dict[str, Any]) -> dict[str, Any] | str:
    """An e-mail that needs no correction; anything else as it is asked for."""
    form = asked.get("output_config", {}).get("format", {}).get("schema", {})
    return TEXT if "call_to_action" in form.get("properties", {}) else obediently(asked)


def crowds() -> Iterator[Figure]:
    """Each database with a slow AI and with an instant one; PostgreSQL starts anew for each."""
    for seconds, speed in ((AI_SECONDS, f"AI of {AI_SECONDS:g} s"), (0.0, "instant AI")):
        yield from asyncio.run(crowd(f"SQLite, {speed}", None, seconds))
        with start_postgres() as address:
            url = address.replace("postgresql://", "postgresql+psycopg://", 1)
            database = migrated_postgres(url)
            yield from asyncio.run(crowd(f"PostgreSQL, {speed}", database, seconds))


async def crowd(name: str, database: str | None, delay: float) -> list[Figure]:
    """How long until the last card is finished, and what the process used meanwhile."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        await asyncio.to_thread(furnish_home, home, TEAMS, database)
        async with (
            LocalSlack(signing_secret=SECRET) as slack,
            ScriptedClaude(answer=answer, delay=delay, chunk=10_000) as claude,
        ):
            slack.org_wide = True
            slack.people["UMARIE"].teams = TEAMS
            slack.get_place("C0MARKET").inside = TEAMS
            intern = Intern(
                slack,
                home,
                ANTHROPIC_BASE_URL=claude.url,
                ANTHROPIC_API_KEY=claude.key,
                SUPER_INTERN_CONCURRENCY=str(DRAFTS),
                SUPER_INTERN_CONCURRENCY_PER_WORKSPACE=str(DRAFTS // WORKSPACES),
                SUPER_INTERN_POLL_SECONDS="0.2",  # the default; tests poll more often
                SUPER_INTERN_LOG="ERROR",
                **({"DATABASE_URL": database} if database else {}),
            )
            await intern.start()
            try:
                seconds, memory, cpu, done = await _run(slack, intern)
            finally:
                await intern.kill()
        calls = len([one for one in claude.asked if one.path == "/v1/messages"])
    told = f"{done} of {DRAFTS} finished, {calls} calls of the AI"
    beside = f"{1000 * cpu / DRAFTS:.0f} ms a draft; load {os.getloadavg()[0]:.1f}"
    own = AIM_SECONDS - CALLS * AI_SECONDS
    return [
        Figure(f"{DRAFTS} drafts, {name}", seconds, "s", AIM_SECONDS if delay else own, told),
        Figure("CPU of the process", cpu, "s", own, beside),
        Figure("memory of the process", memory, "MB", AIM_MEMORY),
    ]


async def _run(slack: LocalSlack, intern: Intern) -> tuple[float, float, float, int]:
    """Seconds, the most memory in MB, seconds of CPU, and how many drafts were finished."""
    assert intern.process is not None
    process, most, began = psutil.Process(intern.process.pid), 0.0, time.perf_counter()
    used = sum(process.cpu_times()[:2])
    async with aiohttp.ClientSession() as session:
        gate = asyncio.Semaphore(8)

        async def one(number: int) -> None:
            words = f"e-mail: our stoneware vase is back, number {number}"
            body = command(words, team=TEAMS[number % WORKSPACES], enterprise=ENTERPRISE_ID)
            async with gate:
                await send(session, intern.url, body)

        asking = asyncio.gather(*(one(number) for number in range(DRAFTS)))
        done = 0
        while done < DRAFTS and time.perf_counter() - began < LONGEST:
            await asyncio.sleep(0.25)
            most = max(most, process.memory_info().rss / 1e6)
            done = sum("send_back" in str(m.blocks) for m in slack.transcript("C0MARKET"))
        await asking
    seconds = time.perf_counter() - began
    return seconds, most, sum(process.cpu_times()[:2]) - used, done
