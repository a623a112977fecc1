"""`play`: the playground, with its home folder, sample data, local Slack and intern."""

import argparse
import asyncio
import contextlib
import fcntl
import io
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

from bot.app import Container
from bot.cli.admin import print_line
from bot.cli.import_ import FileImporter
from bot.config.clock import now
from bot.config.settings import Settings
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.upload import TableFile
from bot.data.private_files import TEMPORARY, private_process
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.playground import shop
from bot.playground.intern_process import InternProcess, PendingWork
from bot.playground.local_slack import HOST, LocalSlack
from bot.playground.page import add_page
from bot.playground.page.actions import list_commands
from bot.playground.page.server import BUNDLE, open_browser
from bot.playground.slack_objects import TEAM_ID
from bot.playground.storage import StateSaver, open_slack, resend_events
from bot.playground.terminal.client import TerminalClient
from bot.playground.terminal.console import (
    KeyboardReader,
    LineReader,
    PlainConsole,
    find_terminal_language,
)
from bot.slack.manifest import list_bot_scopes
from bot.slack.notices import HEADS_FILE

SHOP, FILLED, LOCK = "shop", "filled.json", "play.lock"
SIZE: shop.Size = "middle"
SHOP_SEED = 7
SHOP_CURRENCY = "EUR"
PRODUCTS_FILE = "products.csv"
FILES = (
    *("prices.csv", "customers.csv", "orders.csv", "events.csv", "feedback.csv"),
    *("campaigns.csv", "ads.csv", "experiments.csv"),
)
SETTINGS_FILES = ("brand.toml", "policy.toml")
# What `play` and its intern create in the folder. Other files belong to the person and stay.
GENERATED_PATHS = (
    *(SHOP, FILLED, "slack", "library", "rejects", "intern.log*", TEMPORARY, "arrivals", "damaged"),
    *("super-intern.db*", "super-intern.key", HEADS_FILE, *SETTINGS_FILES),
)


class PlaygroundHome:
    """A folder below SUPER_INTERN_HOME, used by one playground at a time."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.home / "play"
        self.settings = settings.model_copy(update={"home": self.folder, "database": None})

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder. Raises CannotDo when another playground uses it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                what = f"Another `play` is running in {self.folder}. End it first."
                raise CannotDo("{what}", what=what) from None
            yield

    def reset(self) -> None:
        """Remove what `play` created, and print what was left."""
        for pattern in GENERATED_PATHS:
            for path in self.folder.glob(pattern):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        left = sorted(path.name for path in self.folder.iterdir() if path.name != LOCK)
        if left:
            print_line(f"Left in {self.folder}, as play did not make it: {', '.join(left)}.")

    def fill_in_subprocess(self, today: date) -> None:
        """Run `fill` in a process of its own, so that its memory is freed afterwards. Raises
        CannotDo when it failed; it has printed why."""
        if (self.folder / FILLED).exists():
            return
        filling = get_context("spawn").Process(target=self.fill, args=(today,))
        filling.start()
        filling.join()
        if filling.exitcode:
            raise CannotDo("The sample shop could not be filled.")

    def fill(self, today: date) -> None:
        """Create the sample shop and import it, once. An interrupted first start is repeated."""
        if (self.folder / FILLED).exists():
            return
        with private_process(self.folder):
            self._fill(today)

    def _fill(self, today: date) -> None:
        made = self.folder / SHOP
        print_line("Filling the sample shop (once) …")
        shop.fill(made, size=SIZE, seed=SHOP_SEED, today=today)
        for name in SETTINGS_FILES:
            if not (self.folder / name).exists():
                shutil.copyfile(made / name, self.folder / name)
        self.import_shop(made)
        filled = {"size": SIZE, "seed": SHOP_SEED, "today": today.isoformat()}
        (self.folder / FILLED).write_text(json.dumps(filled) + "\n", encoding="utf-8")

    def import_shop(self, made: Path, currency: str = SHOP_CURRENCY) -> None:
        """Import the shop's files as the `import` command would."""
        container = Container(self.settings).migrated()
        options = ImportOptions(currency=currency)
        importer = FileImporter(container, TEAM_ID, options)
        try:
            with importer.stoppable():
                importer.load_products(TableFile(made / PRODUCTS_FILE))
                for name in FILES:
                    path = made / name
                    found = detect_schema(path, name=name, options=options)
                    importer.load(TableFile(path), found)
        finally:
            container.database.close()


# `play`: a local Slack and the intern beside it, on this machine alone.

RETRIES = (0.5, 1.0, 2.0, 4.0, 8.0, 60.0, 300.0)  # seconds between deliveries of an event
LINE_WIDTH = 88  # columns of a transcript
QUIET = 0.5  # seconds without a change before a script continues


async def play_(settings: Settings, args: argparse.Namespace) -> int:
    """Return 0 when the person ended it, or the script reached its end."""
    home = PlaygroundHome(settings)
    with home.lock():
        if args.reset:
            await asyncio.to_thread(home.reset)
        await asyncio.to_thread(home.fill_in_subprocess, now().date())
        if not args.fill_only:
            await _run_until_stopped(_play(home, args))
    return 0


async def _play(home: PlaygroundHome, args: argparse.Namespace) -> None:
    lines = _open_lines(args)
    tell = _EventPrinter()
    slack = open_slack(home.folder / "slack", args.port, tell, list_bot_scopes())
    slack.transport.retry_delays = RETRIES
    child = InternProcess(slack, home.folder, tell)
    add_page(slack, child=child, home=home.folder, database_url=None)
    async with _start_local_slack(slack), StateSaver(slack, home.folder / "slack"):
        try:
            await child.start()
            resend_events(slack)
            language = find_terminal_language()
            written_by = describe_writer(home.settings, has_page=lines is None)
            if lines is None:
                address = f"http://{HOST}:{slack.port}/"
                opening = Words("Open {address} and ask for a first draft.", address=address)
                ending = Words("Ctrl-C ends it.")
                print_line(" ".join(one.to(language) for one in (opening, *written_by, ending)))
                if not args.no_browser:
                    await open_browser(address)
                await asyncio.Event().wait()
            else:
                client = _build_client(slack, lines, PendingWork(home.folder / "super-intern.db"))
                tell.screen = client.screen.note
                if lines.is_interactive:
                    sentences = (Words("You are Marie, in #marketing."), *written_by)
                    print_line(" ".join(one.to(language) for one in sentences))
                    ending = Words(
                        "Type /draft and what you need, or /help; /quit or Ctrl-C ends it."
                    )
                    print_line(ending.to(language))
                await client.run()
        finally:
            if lines is not None:
                lines.close()
            await child.end()


def _build_client(slack: LocalSlack, lines: LineReader, pending: PendingWork) -> TerminalClient:
    screen = PlainConsole(
        highlight=False,
        markup=False,
        emoji=False,
        width=None if lines.is_interactive else LINE_WIDTH,
        force_terminal=None if lines.is_interactive else False,
    )
    known = tuple(one["command"] for one in list_commands())
    return TerminalClient(slack, lines, screen, known, quiet=QUIET, pending=pending)


def _open_lines(args: argparse.Namespace) -> LineReader | None:
    """Return the source of lines: a script, a pipe or the keyboard; None to serve the page."""
    if args.script:
        return LineReader(_open_script(args.script), print_line)
    if not args.terminal and (BUNDLE / "index.html").exists():
        return None
    if sys.stdin is None:
        return LineReader(io.StringIO(), print_line)
    if sys.stdin.isatty() and sys.stdout.isatty():
        return KeyboardReader()
    # Not sys.stdin itself: at its exit, Python would wait for the thread that still reads from it.
    return LineReader(open(sys.stdin.fileno(), encoding="utf-8", closefd=False), print_line)


def _open_script(path: Path) -> TextIO:
    try:
        return io.StringIO(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as fault:
        what = f"{path} cannot be read: {getattr(fault, 'strerror', 'it is not UTF-8')}."
        raise CannotDo("{what}", what=what) from fault


def describe_writer(settings: Settings, *, has_page: bool) -> list[Words]:
    """Return sentences on who writes the texts. On the page, a key can be pasted."""
    if settings.writer == "claude":
        return [Words("Texts are written by {model}.", model=settings.model)]
    found = [
        Words(
            "No AI is connected: example answers, written by hand beforehand, answer the "
            "suggestions and some twenty questions in English and French; anything else gets "
            "standard texts."
        )
    ]
    if has_page:
        found.append(Words("To ask live, paste a key for Claude on the page."))
    return found


class _EventPrinter:
    """Prints events of the intern's process: above the input line, once there is a screen."""

    def __init__(self) -> None:
        self.screen: Callable[[str], None] = print_line

    def __call__(self, words: str) -> None:
        self.screen(words)


@contextlib.asynccontextmanager
async def _start_local_slack(slack: LocalSlack) -> AsyncIterator[None]:
    """Start the local Slack. Raises CannotDo when its port is taken."""
    try:
        await slack.start()
    except (OSError, OverflowError) as fault:
        why = getattr(fault, "strerror", fault)
        what = f"Port {slack.port} cannot be used ({why}). Another one: play --port N"
        await slack.stop()
        raise CannotDo("{what}", what=what) from fault
    try:
        yield
    finally:
        await slack.stop()


async def _run_until_stopped(work: Awaitable[None]) -> None:
    """Run until it is done, or until Ctrl-C or SIGTERM; then shut it down in order."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        print_line("\nEnded. What was said is kept; `play --reset` starts afresh.")
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(sign)
