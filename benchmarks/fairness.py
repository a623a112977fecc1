"""One person's flood of commands, then one command of a colleague: how long the colleague waits.

The real line with a writer by rules, which is instant beside the rest. The anchor is the same
command on the same line while it is idle, in the same run.
"""

import asyncio
import tempfile
import time
import uuid
from pathlib import Path

import aiohttp

from benchmarks.furnished_home import furnish_home
from benchmarks.signed import SECRET, command, send
from benchmarks.table import Figure, percentile
from bot.core.request import task_id
from bot.playground.local_slack import LocalSlack
from bot.playground.workspace import WorkspaceChange
from tests.support.processes import Intern

FLOOD, CONNECTIONS = 1_500, 16
WORDS = "e-mail: our linen shirt is back"
TIMES = 5  # of the colleague's command, idle and in the flood: the median counts


async def fairness() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        await asyncio.to_thread(furnish_home, home, ["T0SHOP"])
        async with LocalSlack(signing_secret=SECRET) as slack:
            intern = Intern(slack, home, SUPER_INTERN_LOG="ERROR")
            await intern.start()
            try:
                return await _measure(slack, intern.url)
            finally:
                await intern.kill()


async def _measure(slack: LocalSlack, url: str) -> list[Figure]:
    async with aiohttp.ClientSession() as session:
        await _card(slack, session, url)  # warm
        idle = [await _card(slack, session, url) for _ in range(TIMES)]
        waiting = iter(range(FLOOD))

        async def flood() -> None:
            for number in waiting:
                await send(session, url, command(f"e-mail: our stoneware vase is back, {number}"))

        flooding = [asyncio.create_task(flood()) for _ in range(CONNECTIONS)]
        await asyncio.sleep(1)
        while_typing = await _card(slack, session, url)
        await asyncio.gather(*flooding)
        left = FLOOD - _finished(slack)
        behind = [await _card(slack, session, url) for _ in range(TIMES)]
        still = FLOOD - _finished(slack)
    anchor, wait = percentile(idle, 0.5), percentile(behind, 0.5)
    beside = f"idle {anchor:.2f} s; {left} to {still} of {FLOOD} still waiting"
    worst = f"idle {max(idle):.2f} s"
    return [
        Figure("colleague's card behind a flood, beyond its own", wait - anchor, "s", 2, beside),
        Figure("the slowest of them, beyond its own", max(behind) - max(idle), "s", 2, worst),
        Figure("colleague's card while it pours in", while_typing - anchor, "s", 2, worst),
    ]


def _finished(slack: LocalSlack) -> int:
    return sum("send_back" in str(one.blocks) for one in slack.transcript("C0MARKET"))


async def _card(slack: LocalSlack, session: aiohttp.ClientSession, url: str) -> float:
    """Seconds from a colleague's command to their finished card."""
    trigger = uuid.uuid4().hex
    body = command(WORDS, trigger).replace("user_id=UMARIE", "user_id=ULEA")
    post = f"{task_id(slack.team, 'command', trigger)}.0:card"
    done = asyncio.Event()

    def changed(change: WorkspaceChange) -> None:
        message = (
            slack.get_place("C0MARKET").find(change.ts) if change.channel == "C0MARKET" else None
        )
        told = ((message and message.metadata) or {}).get("event_payload", {}).get("post")
        if message and told == post and "send_back" in str(message.blocks):
            done.set()

    began = time.perf_counter()
    stop = slack.listen(changed)
    await send(session, url, body)
    async with asyncio.timeout(60):
        await done.wait()
    stop()
    return time.perf_counter() - began
