"""`play`: a local Slack and the intern beside it, on this machine alone."""

import argparse
import asyncio
import contextlib
import io
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TextIO

from bot.cli.admin import say
from bot.cli.playground_home import PlayHome
from bot.config.clock import now
from bot.config.settings import Settings
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.playground.browser import open_browser
from bot.playground.child import Child
from bot.playground.keeping import Keeper, open_slack, send_again
from bot.playground.page import add_page
from bot.playground.page.deeds import commands
from bot.playground.page.site import BUNDLE
from bot.playground.pending import Pending
from bot.playground.scopes import OF_APP
from bot.playground.slack import HOST, LocalSlack
from bot.playground.terminal.client import Client
from bot.playground.terminal.console import PlainConsole
from bot.playground.terminal.lines import Keyboard, Lines
from bot.slack.manifest import bot_scopes

RETRIES = (0.5, 1.0, 2.0, 4.0, 8.0, 60.0, 300.0)  # while the intern starts again
WIDE = 88  # columns of a transcript
QUIET = 0.5  # seconds without a change, before a script goes on


async def play_(settings: Settings, chosen: argparse.Namespace) -> int:
    """0 when it was ended by the person, or the script came to its end."""
    home = PlayHome(settings)
    with home.held():
        if chosen.reset:
            await asyncio.to_thread(home.reset)
        await asyncio.to_thread(home.fill_apart, now().date())
        if not chosen.fill_only:
            await _until_asked_to_end(_play(home, chosen))
    return 0


async def _play(home: PlayHome, chosen: argparse.Namespace) -> None:
    lines = _lines(chosen)
    tell = _Teller()
    slack = open_slack(home.folder / "slack", chosen.port, tell, bot_scopes() | OF_APP)
    slack.retry_delays = RETRIES
    child = Child(slack, home.folder, tell)
    add_page(slack, child=child, home=home.folder, database_url=None)
    async with _started(slack), Keeper(slack, home.folder / "slack"):
        try:
            await child.start()
            send_again(slack)
            written_by = _writer(home.settings)
            if lines is None:
                await _page(slack, written_by, browser=not chosen.no_browser)
            else:
                client = _client(slack, lines, Pending(home.folder / "super-intern.db"))
                tell.screen = client.screen.note
                if lines.by_hand:
                    say(f"You are Marie, in #marketing. {written_by}")
                    say("Type /draft and what you need, or /help; /quit or Ctrl-C ends it.")
                await client.run()
        finally:
            if lines is not None:
                lines.close()
            await child.end()


async def _page(slack: LocalSlack, written_by: str, *, browser: bool) -> None:
    """The address, opened when there is something to open it with; then until Ctrl-C."""
    address = f"http://{HOST}:{slack.port}/"
    say(f"Open {address} and ask your intern for a first draft. {written_by} Ctrl-C ends it.")
    if browser:
        await open_browser(address)
    await asyncio.Event().wait()


def _client(slack: LocalSlack, lines: Lines, pending: Pending) -> Client:
    screen = PlainConsole(
        highlight=False,
        markup=False,
        emoji=False,
        width=None if lines.by_hand else WIDE,
        force_terminal=None if lines.by_hand else False,
    )
    known = tuple(one["command"] for one in commands())
    return Client(slack, lines, screen, known, quiet=QUIET, pending=pending)


def _lines(chosen: argparse.Namespace) -> Lines | None:
    """Where the lines come from: a script, a pipe, the keyboard; None when it is the page."""
    if chosen.script:
        return Lines(_read(chosen.script), say)
    if not chosen.terminal and (BUNDLE / "index.html").exists():
        return None
    if sys.stdin is None:
        return Lines(io.StringIO(), say)
    if sys.stdin.isatty() and sys.stdout.isatty():
        return Keyboard()
    # Not sys.stdin itself: at the end Python would wait for whoever still reads from it.
    return Lines(open(sys.stdin.fileno(), encoding="utf-8", closefd=False), say)


def _read(path: Path) -> TextIO:
    try:
        return io.StringIO(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as fault:
        what = f"{path} cannot be read: {getattr(fault, 'strerror', 'it is not UTF-8')}."
        raise CannotDo(Words("{what}", what=what)) from fault


def _writer(settings: Settings) -> str:
    if settings.writer == "claude":
        return f"Texts are written by {settings.model}."
    return "No AI is connected: texts are written by rules."


class _Teller:
    """Says what happens around the conversation: above what is typed, once there is a screen."""

    def __init__(self) -> None:
        self.screen: Callable[[str], None] = say

    def __call__(self, words: str) -> None:
        self.screen(words)


@contextlib.asynccontextmanager
async def _started(slack: LocalSlack) -> AsyncIterator[None]:
    """The local Slack, started. Raises CannotDo when its port is taken."""
    try:
        await slack.start()
    except (OSError, OverflowError) as fault:
        why = getattr(fault, "strerror", fault)
        what = f"Port {slack.port} cannot be used ({why}). Another one: play --port N"
        await slack.stop()
        raise CannotDo(Words("{what}", what=what)) from fault
    try:
        yield
    finally:
        await slack.stop()


async def _until_asked_to_end(work: Awaitable[None]) -> None:
    """Does it until it is done, or Ctrl-C or SIGTERM comes; then ends it in good order."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        say("\nEnded. What was said is kept; `play --reset` starts afresh.")
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(sign)
