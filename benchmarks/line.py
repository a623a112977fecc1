"""The acknowledgement of a command with the worker running, and the finished card."""

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp

from benchmarks.furnished_home import furnish_home
from benchmarks.signed import SECRET, paced, saturated
from benchmarks.table import Figure, percentile
from bot.core.request import task_id
from bot.playground.local_slack import LocalSlack
from tests.support.paths import ROOT
from tests.support.processes import Intern, free_port

COUNT = 200


async def line() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with LocalSlack(signing_secret=SECRET) as slack:
            home = Path(folder)
            await asyncio.to_thread(furnish_home, home, ["T0SHOP"])
            bare_port = free_port()
            bare = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.bare", str(bare_port)),
                cwd=ROOT,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            intern = Intern(slack, home, SUPER_INTERN_LOG="ERROR")
            try:
                ready = await intern.start()
                bare_url = f"http://127.0.0.1:{bare_port}/slack/events"
                await _up(bare_url)
                figures = await _measure(slack, intern.url, bare_url)
            finally:
                bare.kill()
                await bare.wait()
                await intern.kill()
    return [Figure("serve ready", ready, "s", 3), *figures]


async def _measure(slack: LocalSlack, url: str, bare_url: str) -> list[Figure]:
    await paced(url, 10, 0.1)  # warm
    await paced(bare_url, 10, 0.1)
    await asyncio.sleep(1)
    anchor = await paced(bare_url, COUNT, 0.1)
    watch = Watch(slack)
    acks = await paced(url, COUNT, 0.1, watch.triggers)
    cards = await watch.cards()
    anchor_full = await saturated(bare_url, 3)
    full = await saturated(url, 5)
    beside = f"bare Bolt p50 {ms(anchor, 0.5):.2f} ms, p99 {ms(anchor, 0.99):.1f} ms"
    return [
        Figure("command ack, 10 a second, p50", ms(acks, 0.5), "ms", 10, beside),
        Figure("command ack, 10 a second, p99", ms(acks, 0.99), "ms", 60, beside),
        Figure(
            "finished card, 10 a second, p95", ms(cards, 0.95), "ms", 400, "from the ack's send"
        ),
        Figure(
            "commands accepted, 16 connections",
            len(full) / 5,
            "/s",
            100,
            f"bare Bolt {len(anchor_full) / 3:.0f}/s",
            at_least=True,
        ),
        Figure("longest ack, 16 connections", max(full) * 1000, "ms", 2000, ""),
    ]


def ms(values: list[float], share: float) -> float:
    return percentile(values, share) * 1000


class Watch:
    """When each command's card was finished, after the command was sent."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self.triggers = [uuid.uuid4().hex for _ in range(COUNT)]
        self.began = time.perf_counter()
        self.posts = {
            f"{task_id(slack.team, 'command', trigger)}.0:card": number
            for number, trigger in enumerate(self.triggers)
        }
        self.done: dict[int, float] = {}
        self.stop = slack.listen(self._changed)

    def _changed(self, *_: object) -> None:
        for message in self.slack.transcript("C0MARKET")[-60:]:
            told = (message.metadata or {}).get("event_payload", {}).get("post")
            number = self.posts.get(str(told))
            if (
                number is not None
                and number not in self.done
                and "send_back" in str(message.blocks)
            ):
                self.done[number] = time.perf_counter() - self.began - 0.1 * number

    async def cards(self, seconds: float = 60) -> list[float]:
        await _until(lambda: len(self.done) == COUNT, seconds)
        self.stop()
        return list(self.done.values()) + [seconds] * (COUNT - len(self.done))


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    for _ in range(int(seconds * 10)):
        if condition():
            return
        await asyncio.sleep(0.1)


async def _up(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        while True:
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
