"""The terminal client: runs typed lines as commands and waits for their effects."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from bot.playground.errors import ImpossibleAction
from bot.playground.intern_process import PendingWork
from bot.playground.local_slack import LocalSlack
from bot.playground.terminal.block_rendering import BlockRenderer, ControlLocation
from bot.playground.terminal.console import LineReader, Screen
from bot.playground.terminal.prompts import LABEL_PATTERN, NUMBER_PATTERN, FormPrompt, PressHandler
from bot.playground.terminal.text_rendering import (
    PERSON_ROLES,
    DisplayNames,
    compose_text,
    find_channel,
    find_person,
)
from bot.playground.workspace import WorkspaceChange

POLL_SECONDS = 0.02
WorkCheck = Callable[[], Awaitable[bool]]


async def report_no_work() -> bool:
    """Report that no work is pending (the default of IdleWaiter)."""
    return False


class IdleWaiter:
    """Waits until the local Slack is idle; it records the time of the last change."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self._last = 0.0
        self.stop_listening = slack.listen(self._note)

    async def wait_until_idle(
        self, quiet: float, most: float, at_work: WorkCheck = report_no_work
    ) -> bool:
        """Wait until for `quiet` seconds there was no change, delivery or pending work.

        Returns False if that did not happen within `most` seconds.
        """
        began = time.monotonic()
        while time.monotonic() - began < most:
            still = time.monotonic() - max(self._last, began) >= quiet
            if still and not self.slack.transport.is_busy and not await at_work():
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    def _note(self, _: WorkspaceChange) -> None:
        self._last = time.monotonic()


# The client's own commands.

HELP_TEXT = """\
Type words to write them here; @intern in them asks the intern. Then also:
  /draft WORDS     have something drafted; /draft alone opens a form
  3                press button 3; 3 2 takes the second choice of menu 3; [Edit] goes by name
  /as NAME         be somebody else: marie, max, lea, otto
  /in PLACE        go to #marketing, #launches, #random, or dm (you and the intern)
  /thread 2 WORDS  reply in the thread of message (2); /thread 2 stays there, /thread leaves
  /file PATH       drop a file into the conversation; words may follow
  /read 4          show the files of message (4)
  /home            the intern's Home tab
  /look            draw the latest messages here again
  /people          who there is
  /quit            end; what was said is kept"""
MAX_READ_CHARACTERS = 20_000


class ClientCommands:
    """The client's commands. `thread` is the ts of the thread in which typed text is posted."""

    def __init__(self, slack: LocalSlack, screen: Screen, names: DisplayNames) -> None:
        self.slack, self.screen, self.names = slack, screen, names
        self.thread: str | None = None

    @property
    def user(self) -> str:
        """The id of the person who is typing."""
        return self.names.reader

    @property
    def place(self) -> str:
        """The id of the place where typed text is posted."""
        return self.screen.place

    def prompt(self) -> str:
        """Return the prompt, such as `Marie #marketing> `."""
        direct = self.slack.places[self.place].is_direct
        where = "dm" if direct else self.names.channel(self.place)
        if self.thread:
            where += f" ({self.names.number(self.place, self.thread)})"
        return f"{self.names.person(self.user)} {where}> "

    async def switch_user(self, name: str) -> None:
        """Switch to another person; in a direct message also switch to theirs."""
        person = find_person(name, self.slack)
        if person is None or self.slack.people[person].is_bot:
            self.screen.show(f"There is no {name or 'such person'}. /people shows who there is.")
            return
        direct = self.slack.places[self.place].is_direct
        self.names.reader, self.thread = person, None
        if direct:
            self.screen.place = self.slack.open_direct_message(person)
        self.screen.show(f"You are now {self._describe_person(person)}.")

    async def switch_place(self, name: str) -> None:
        """Switch to a channel, or to the person's direct message with the intern."""
        direct = name.lower().removeprefix("@") in ("dm", "intern", "super-intern")
        place = (
            self.slack.open_direct_message(self.user) if direct else find_channel(name, self.slack)
        )
        if place is None:
            available = ", ".join(
                f"#{p.name}" for p in self.slack.places.values() if not p.is_direct
            )
            self.screen.show(f"There is no {name or 'such place'}. There are: {available} and dm.")
            return
        self.screen.place, self.thread = place, None
        self.screen.queue_latest()

    async def reply(self, rest: str) -> None:
        """Reply in the thread of a message by its number; without text stay in the thread."""
        number, _, words = rest.partition(" ")
        if not number:
            self.thread = None
            return
        found = self._find_message(number)
        if found is None:
            return
        place = self.slack.places[found[0]]
        message = place.by_ts.get(found[1])
        if message is None:
            self.screen.show("One cannot reply to that message.")
            return
        thread = message.thread_ts or message.ts
        if words.strip():
            await self.slack.post_message(
                self.user, place.id, compose_text(words.strip(), self.slack), thread
            )
        elif place.id == self.place:
            self.thread = thread
        else:
            self.screen.show(f"That message is elsewhere: {self.names.channel(place.id)}.")

    async def upload_file(self, rest: str) -> None:
        """Upload a file from this machine; a path with spaces must be in quotes."""
        quote = rest[:1] if rest[:1] in ("'", '"') else ""
        name, _, words = rest[len(quote) :].partition(quote or " ")
        try:
            path, content = await asyncio.to_thread(_read_file, name)
        except OSError as fault:
            self.screen.show(f"{name or 'No file'} cannot be read: {fault.strerror or fault}")
            return
        text = compose_text(words.strip(), self.slack)
        files = [(path.name, content)]
        await self.slack.post_message(self.user, self.place, text, self.thread, files)

    async def read_files(self, number: str) -> None:
        found = self._find_message(number)
        message = self.slack.places[found[0]].find(found[1]) if found else None
        if found and not (message and message.files):
            self.screen.show("That message has no files.")
        for file in message.files if message else []:
            self.screen.title(file.name)
            text = (file.content or b"")[:MAX_READ_CHARACTERS].decode("utf-8", errors="replace")
            self.screen.show(*text.rstrip("\n").split("\n"))

    async def show_home(self, _: str) -> None:
        """Open and show the intern's Home tab, which arrives a moment later."""
        await self.slack.open_home(self.user)
        await self.slack.wait_for_deliveries()
        view = None
        for _try in range(100):
            if view := self.slack.home(self.user):
                break
            await asyncio.sleep(0.02)
        if view is None:
            self.screen.show("The Home tab is empty.")
            return
        await asyncio.sleep(0.2)  # an earlier tab is being updated
        self.screen.title("Home")
        where = ControlLocation(view=view.id)
        drawing = BlockRenderer(self.names, self.screen.controls, where)
        self.screen.show(*drawing.draw(view.blocks))

    async def redraw(self, _: str) -> None:
        """Draw the latest messages of the place again."""
        self.screen.queue_latest(again=True)

    async def list_people(self, _: str) -> None:
        for person in self.slack.people.values():
            if not person.is_bot:
                you = " (you)" if person.id == self.user else ""
                self.screen.show(f"  /as {person.name:<6} {self._describe_person(person.id)}{you}")

    async def show_help(self, _: str) -> None:
        self.screen.show(*HELP_TEXT.split("\n"))

    def _describe_person(self, id: str) -> str:
        person = self.slack.people[id]
        return f"{person.real_name}, {PERSON_ROLES.get(id, 'a colleague')}"

    def _find_message(self, number: str) -> tuple[str, str] | None:
        """Return a message's channel and ts by its number.

        If the person cannot see it, show an error and return None."""
        number = number.strip(" ()")
        found = self.names.find_numbered(int(number)) if number.strip("()").isdecimal() else None
        if found is None or self.user not in self.slack.places[found[0]].members:
            self.screen.show(f"There is no message ({number or '…'}).")
            return None
        return found


def _read_file(name: str) -> tuple[Path, bytes]:
    path = Path(name).expanduser()
    return path, path.read_bytes()


# The client's main loop.

DEFAULT_USER, DEFAULT_PLACE = "UMARIE", "C0MARKET"
REDRAW_SECONDS = 0.25  # seconds between redraws for a person at a keyboard
MAX_WAIT, MAX_LONG_WAIT = 10.0, 60.0  # seconds, for a script
LOCAL_COMMANDS = (
    "/as",
    "/in",
    "/read",
    "/people",
    "/help",
    "/look",
)  # these change nothing in Slack
KEYBOARD_QUIET, KEYBOARD_MAX_WAIT = 0.15, 2.5  # the same for a person


class TerminalClient(ClientCommands):
    """A terminal client of a local Slack for one person at a time.

    `commands` are the app's slash commands. After a line of a script, the client waits until no
    work is `pending` and nothing has changed for `quiet` seconds before it reads the next line.
    """

    def __init__(
        self,
        slack: LocalSlack,
        lines: LineReader,
        console: Console,
        commands: tuple[str, ...],
        *,
        quiet: float,
        pending: PendingWork | None = None,
    ) -> None:
        names = DisplayNames(slack, DEFAULT_USER, hide_time=not lines.is_interactive)
        screen = Screen(slack, console, names, DEFAULT_PLACE, lines.suspend_input)
        super().__init__(slack, screen, names)
        self.lines, self.commands, self.quiet, self.pending = lines, commands, quiet, pending
        self.press, self.idle = PressHandler(slack, screen, lines), IdleWaiter(slack)

    async def run(self) -> None:
        """Run lines until /quit or the end of the input."""
        drawing = asyncio.create_task(self._draw()) if self.lines.is_interactive else None
        self.screen.queue_latest()
        self.screen.refresh()
        try:
            while (line := await self.lines.read_line(self.prompt(), empty=False)) is not None:
                if line.strip() in ("/quit", "/exit"):
                    return
                await self.run_line(line.strip())
        finally:
            if drawing:
                drawing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await drawing
            self.screen.stop_listening()
            self.idle.stop_listening()

    async def run_line(self, line: str) -> None:
        """Run one line, wait for its effects, and go through opened forms."""
        if line:
            await self._report_if_impossible(lambda: self._run(line))
        if line.split(" ")[0] in LOCAL_COMMANDS:
            self.screen.refresh()
            return
        await self._wait_and_redraw()
        await self._fill_open_forms()

    async def _report_if_impossible(self, act: Callable[[], Awaitable[object]]) -> None:
        try:
            await act()
        except ImpossibleAction as reason:
            self.screen.show(f"That cannot be done: {reason}")

    async def _run(self, line: str) -> None:
        if NUMBER_PATTERN.fullmatch(line):
            await self.press.press_number(self.user, line)
        elif LABEL_PATTERN.fullmatch(line):
            await self.press.press_label(self.user, line)
        elif line.startswith("/"):
            verb, _, rest = line[1:].partition(" ")
            await self._run_command(verb.lower(), rest.strip())
        else:
            words = compose_text(line, self.slack)
            await self.slack.post_message(self.user, self.place, words, self.thread)

    async def _run_command(self, verb: str, rest: str) -> None:
        own: dict[str, Callable[[str], Awaitable[None]]] = {
            "as": self.switch_user,
            "in": self.switch_place,
            "thread": self.reply,
            "file": self.upload_file,
            "read": self.read_files,
            "home": self.show_home,
            "look": self.redraw,
            "people": self.list_people,
            "wait": self._wait,
            "help": self.show_help,
        }
        if verb in own:
            await own[verb](rest)
        elif f"/{verb}" in self.commands:
            await self.slack.command(
                self.user, self.place, f"/{verb}", compose_text(rest, self.slack)
            )
        else:
            self.screen.show(f"/{verb} is not a command. /help shows what there is.")

    async def _fill_open_forms(self) -> None:
        """Ask for the fields of the person's open modals, the top one first."""
        seen: set[tuple[str, str]] = set()
        while views := self.slack.open_views(self.user):
            view = views[-1]
            if (view.id, view.hash) in seen:
                return
            seen.add((view.id, view.hash))
            form = FormPrompt(self.slack, self.screen, self.lines, view)
            await self._report_if_impossible(form.fill_and_submit)
            await self._wait_and_redraw()

    async def _wait_and_redraw(self) -> None:
        if self.lines.is_interactive:
            await self.idle.wait_until_idle(KEYBOARD_QUIET, KEYBOARD_MAX_WAIT)
            self.screen.refresh(compact=True)
            return
        if not await self.idle.wait_until_idle(self.quiet, MAX_WAIT, self._is_working):
            self.screen.note("Still at work. /wait waits longer.")
        self.screen.refresh()

    async def _wait(self, _: str) -> None:
        """Wait until no work is pending; work that takes too long is ignored later on."""
        if not await self.idle.wait_until_idle(self.quiet, MAX_LONG_WAIT, self._is_working):
            self.screen.note(f"Still at work after {MAX_LONG_WAIT:g} seconds.")
            if self.pending:
                await self.pending.ignore_current()

    async def _is_working(self) -> bool:
        return self.screen.has_working_card() or bool(self.pending and await self.pending.exists())

    async def _draw(self) -> None:
        while True:
            await asyncio.sleep(REDRAW_SECONDS)
            self.screen.refresh(compact=True)
