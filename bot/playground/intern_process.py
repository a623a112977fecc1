"""Runs the intern as a `serve` process next to the local Slack, and restarts it if it stops."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
from sqlalchemy import NullPool, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.delivery.models import Delivery
from bot.errors import CannotDo
from bot.messages.outbox import OutboxMessage
from bot.playground.local_slack import HOST, LocalSlack
from bot.tasks.models import OPEN_STATES, Task

RESTART_DELAYS = (0.2, 1.0, 2.0, 5.0, 10.0)  # seconds before each restart
STABLE_SECONDS = 20.0  # after so many seconds of running, the restart delays begin anew
START_TIMEOUT, STOP_TIMEOUT = 180.0, 8.0  # seconds until healthy, seconds until ended
MAX_LOG_BYTES = 5_000_000
CLOCK_OFFSET_FILE = "slack/seconds-ahead"  # deleted together with the local Slack's state
SERVE_COMMAND = (sys.executable, "-m", "bot.playground.parent_watchdog", "serve")


def build_environment(slack: LocalSlack, home: Path, key: str = "") -> dict[str, str]:
    """Return this process's environment, changed to the local Slack and the given home. `key` is
    for Claude. Where no AI is connected, the intern plays its example answers."""
    foreign = ("SLACK_", "DATABASE_URL", "HOST", "PORT", "WAREHOUSE_URL")
    ours = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    ours |= {"ANTHROPIC_API_KEY": key} if key else {}
    has_ai = has_own_ai(ours)
    examples = {} if has_ai else {"SUPER_INTERN_EXAMPLES": "1"}
    return (
        ours
        | examples
        | {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.url,
            "SUPER_INTERN_HOME": str(home),
            "SUPER_INTERN_SECONDS_AHEAD": str(read_clock_offset(home)),
            "PYTHONUNBUFFERED": "1",
        }
    )


def has_own_ai(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("ANTHROPIC_API_KEY") or environment.get("ANTHROPIC_BASE_URL"))


def read_clock_offset(home: Path) -> int:
    """Return the seconds that the intern's clock runs ahead, as set on the page."""
    try:
        return int((home / CLOCK_OFFSET_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


class InternProcess:
    """Runs one `serve` process at a time, which gets the local Slack's events.

    `report` gets a sentence whenever the process stopped or runs again.
    """

    def __init__(
        self,
        slack: LocalSlack,
        home: Path,
        report: Callable[[str], None],
        *,
        command: tuple[str, ...] = SERVE_COMMAND,
        delays: tuple[float, ...] = RESTART_DELAYS,
        start_timeout: float = START_TIMEOUT,
    ) -> None:
        self.slack, self.home, self.report = slack, home, report
        self.command, self.delays, self.start_timeout = command, delays, start_timeout
        self.log = home / "intern.log"
        self.process: Process | None = None
        self.starts = 0
        self._key = ""
        self._watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process does not run."""
        alive = self.process is not None and self.process.returncode is None
        return self.process.pid if alive and self.process else None

    async def start(self) -> None:
        """Start the process, wait until it is healthy, then keep it running.

        Raises CannotDo if it does not become healthy."""
        _rotate_log(self.log)
        if not await self._spawn():
            why = f"The intern could not start. {self._read_last_log_line()}"
            if self.pid is not None:
                slow = f"The intern was not ready after {self.start_timeout:g} seconds"
                why = f"{slow}: this machine may be busy. Start it again."
            await self.end()
            raise CannotDo("{what}", what=f"{why}\nIts log: {self.log}")
        self._watching = asyncio.create_task(self._keep_alive())

    @property
    def has_ai(self) -> bool:
        """Whether an AI is connected, by the environment or by a key that was pasted."""
        return bool(self._key) or has_own_ai(os.environ)

    async def connect_ai(self, key: str) -> None:
        """Connect Claude with this key, or disconnect it with an empty one. The key is kept in
        memory only. The process is restarted."""
        self._key = key
        await self.kill()

    async def kill(self) -> None:
        """Kill the process with SIGKILL, to test the recovery; it is restarted."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def advance_clock(self, seconds: int) -> None:
        """Advance the intern's clock. The process is restarted and does what is due by then."""
        file = self.home / CLOCK_OFFSET_FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(read_clock_offset(self.home) + seconds), encoding="utf-8")
        await self.kill()

    async def end(self) -> None:
        """Stop the process with SIGTERM, and with SIGKILL after STOP_TIMEOUT."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT)
        except TimeoutError:
            await self.kill()

    async def _keep_alive(self) -> None:
        tries, born = 0, time.monotonic()
        while self.process is not None:
            code = await self.process.wait()
            tries = 0 if time.monotonic() - born > STABLE_SECONDS else tries
            self.report(f"The intern stopped ({_describe_exit_code(code)}). Starting it again…")
            await asyncio.sleep(self.delays[min(tries, len(self.delays) - 1)])
            tries, born = tries + 1, time.monotonic()
            if await self._spawn():
                self.report("The intern is back. What it had begun, it continues.")
            else:
                await self.kill()

    async def _spawn(self) -> bool:
        """Start a process on a new port and return whether it became healthy."""
        self.starts += 1
        port = _find_free_port()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=build_environment(self.slack, self.home, self._key)
                | {"HOST": "127.0.0.1", "PORT": str(port)},
                stdin=PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # only this process handles Ctrl-C
            )
        healthy = await self._wait_until_healthy(port)
        if healthy:
            self.slack.transport.events_url = f"http://{HOST}:{port}/slack/events"
        return healthy

    async def _wait_until_healthy(self, port: int) -> bool:
        end = time.monotonic() + self.start_timeout
        async with aiohttp.ClientSession() as session:
            while self.pid is not None and time.monotonic() < end:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://{HOST}:{port}/health") as answer:
                        if answer.status == 200:
                            return True
                await asyncio.sleep(0.05)
        return False

    def _read_last_log_line(self) -> str:
        """Return the last line of the log, which tells why the process ended."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else "It said nothing."


def _find_free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def _rotate_log(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        os.replace(log, log.with_suffix(".log.1"))


def _describe_exit_code(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"signal {-code}"


# Pending work of the intern, read from its database.

OPEN_DELIVERY_STATES = ("queued", "going")


class PendingWork:
    """Finds open tasks, deliveries and undrawn cards in the intern's database (read only)."""

    def __init__(self, database: Path) -> None:
        url = f"sqlite:///file:{database}?mode=ro&uri=true"
        self._engine = create_engine(url, poolclass=NullPool)
        self._ignored: set[str] = set()

    async def exists(self) -> bool:
        """Return whether work is pending, except for what is ignored."""
        return bool(await asyncio.to_thread(self._read_pending_ids) - self._ignored)

    async def ignore_current(self) -> None:
        """Ignore what is pending now in later calls of `exists`, because it took too long."""
        self._ignored |= await asyncio.to_thread(self._read_pending_ids)

    def _read_pending_ids(self) -> set[str]:
        wanted = (
            select(Task.id).where(Task.state.in_(OPEN_STATES)),
            select(Delivery.id).where(Delivery.state.in_(OPEN_DELIVERY_STATES)),
            select(OutboxMessage.id).where(
                OutboxMessage.kind == "card", OutboxMessage.wanted > OutboxMessage.drawn
            ),
        )
        try:
            with Session(self._engine) as session:
                return {str(id) for one in wanted for id in session.scalars(one)}
        except SQLAlchemyError:  # the intern has not created its tables yet
            return set()
