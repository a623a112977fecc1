"""Real intern processes for tests: started, killed and restarted beside a local Slack."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import psutil

from bot.playground.local_slack import LocalSlack
from tests.support.paths import ROOT


def free_port() -> int:
    """Return a port that is free and stays so until somebody binds it by its number: the system
    gives ports from 32768 on to connections and to servers that ask for any."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


STARTED: list[int] = []  # the process ids of all interns of this test run


def kill_leftovers() -> None:
    """Kill the interns that a failed test left running: they would slow down all later tests."""
    for pid in STARTED:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.ppid() == os.getpid():
                process.kill()
    STARTED.clear()


def kill_processes_of(home: Path) -> None:
    """Kill the processes of a home that their own process has left behind."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("SUPER_INTERN_HOME") == str(home):
                process.kill()


class Intern:
    """One `serve` process. Its log goes to a file beside its home. `module` is run: the product
    itself, or a module that patches it."""

    def __init__(
        self, slack: LocalSlack, home: Path, *, module: str = "bot", **settings: str
    ) -> None:
        self.module = module
        self.port = free_port()
        self.home = home
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SUPER_INTERN_")},
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.url,
            "SUPER_INTERN_HOME": str(home),
            "SUPER_INTERN_POLL_SECONDS": "0.05",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/slack/events"

    async def start(self, seconds: float = 60) -> float:
        """Start and wait until it is healthy; return the seconds that it took."""
        began = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"log-{self.port}.txt").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self.module, "serve"),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        STARTED.append(self.process.pid)
        async with aiohttp.ClientSession() as session, asyncio.timeout(seconds):
            while True:
                if self.process.returncode is not None:
                    raise RuntimeError(f"the intern ended: {self.log()[-2000:]}")
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}/health") as answer:
                        if answer.status == 200:
                            return time.monotonic() - began
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """Kill with SIGKILL: no cleanup runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def end(self, seconds: float = 10) -> int:
        """Ask it to end with SIGTERM, as a platform does; return its exit code."""
        if self.process is None or self.process.returncode is not None:
            return self.process.returncode or 0 if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            await self.kill()
            raise

    def log(self) -> str:
        return (self.home / f"log-{self.port}.txt").read_text(errors="replace")
