"""The intern beside the local Slack: an ordinary `serve`, started, watched, started again."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

import aiohttp

from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.playground.slack import HOST, LocalSlack

DELAYS = (0.2, 1.0, 2.0, 5.0, 10.0)  # seconds before each further start
STEADY = 20.0  # so many seconds of life, and the next start is a first one again
START, END = 30.0, 8.0  # seconds to be healthy, seconds to end
BIG_LOG = 5_000_000
TRAVELLED = "slack/seconds-ahead"  # taken away with the local Slack
COMMAND = (sys.executable, "-m", "bot.playground.tether", "serve")


def surroundings(slack: LocalSlack, home: Path) -> dict[str, str]:
    """The child's environment: ours, but with the local Slack and a home of its own."""
    foreign = ("SLACK_", "DATABASE_URL", "HOST", "PORT", "WAREHOUSE_URL")
    ours = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return ours | {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.url,
        "SUPER_INTERN_HOME": str(home),
        "SUPER_INTERN_SECONDS_AHEAD": str(seconds_ahead(home)),
        "PYTHONUNBUFFERED": "1",
    }


def seconds_ahead(home: Path) -> int:
    """By how many seconds the intern's clock runs ahead: the page has travelled so far."""
    try:
        return int((home / TRAVELLED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


class Child:
    """One `serve` process at a time; the local Slack sends its events to whichever lives.

    `tell` gets a sentence whenever it died or is back.
    """

    def __init__(
        self,
        slack: LocalSlack,
        home: Path,
        tell: Callable[[str], None],
        *,
        command: tuple[str, ...] = COMMAND,
        delays: tuple[float, ...] = DELAYS,
    ) -> None:
        self.slack, self.home, self.tell = slack, home, tell
        self.command, self.delays = command, delays
        self.log = home / "intern.log"
        self.process: Process | None = None
        self.starts = 0
        self._watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the living process."""
        alive = self.process is not None and self.process.returncode is None
        return self.process.pid if alive and self.process else None

    async def start(self) -> None:
        """Start it and wait until it is healthy, then keep it alive. Raises CannotDo."""
        _keep_small(self.log)
        if not await self._begin():
            await self.end()
            why = f"The intern could not start. {self._last_words()}"
            raise CannotDo(Words("{what}", what=f"{why}\nIts log: {self.log}"))
        self._watching = asyncio.create_task(self._watch())

    async def kill(self) -> None:
        """kill -9, as a test of what survives it; it is started again."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def travel(self, seconds: int) -> None:
        """Put the intern's clock forward. It is started again and does what is due by then."""
        file = self.home / TRAVELLED
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(seconds_ahead(self.home) + seconds), encoding="utf-8")
        await self.kill()

    async def end(self) -> None:
        """Ask it to end; after a while, make it."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), END)
        except TimeoutError:
            await self.kill()

    async def _watch(self) -> None:
        tries, born = 0, time.monotonic()
        while self.process is not None:
            code = await self.process.wait()
            tries = 0 if time.monotonic() - born > STEADY else tries
            self.tell(f"The intern stopped ({_how(code)}). Starting it again…")
            await asyncio.sleep(self.delays[min(tries, len(self.delays) - 1)])
            tries, born = tries + 1, time.monotonic()
            if await self._begin():
                self.tell("The intern is back. What it had begun, it continues.")
            else:
                await self.kill()

    async def _begin(self) -> bool:
        """A new process on a new port; whether it became healthy."""
        self.starts += 1
        port = _free_port()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=surroundings(self.slack, self.home) | {"HOST": "127.0.0.1", "PORT": str(port)},
                stdin=PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to answer
            )
        healthy = await self._healthy(port)
        if healthy:
            self.slack.events_url = f"http://{HOST}:{port}/slack/events"
        return healthy

    async def _healthy(self, port: int) -> bool:
        end = time.monotonic() + START
        async with aiohttp.ClientSession() as session:
            while self.pid is not None and time.monotonic() < end:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://{HOST}:{port}/health") as answer:
                        if answer.status == 200:
                            return True
                await asyncio.sleep(0.05)
        return False

    def _last_words(self) -> str:
        """The last line of its log, which says why it ended."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else "It said nothing."


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def _keep_small(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > BIG_LOG:
        os.replace(log, log.with_suffix(".log.1"))


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"signal {-code}"
