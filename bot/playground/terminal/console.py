"""The terminal of one person: which lines are read, and how messages are drawn."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TextIO

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.segment import Segment
from rich.text import Text

from bot.i18n.messages import Language, parse_language
from bot.playground.block_kit import list_elements
from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage, StoredFile
from bot.playground.terminal.block_rendering import BlockRenderer, ControlLocation, ControlRegistry
from bot.playground.terminal.text_rendering import DisplayNames, render_mrkdwn
from bot.playground.workspace import WorkspaceChange
from bot.text.escape import strip_hidden


def find_terminal_language() -> Language:
    """Return the language of the machine's locale, if the playground speaks it; else English."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return parse_language(next(filter(None, names), None))


class PlainConsole(Console):
    """A Rich console that removes escape sequences and bidi controls from texts."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield (
                segment if segment.control else segment._replace(text=strip_hidden(segment.text))
            )


# Reading lines from a keyboard, a pipe or a script.

COMMENT_SIGN = "#"


class LineReader:
    """Reads lines from a file or pipe and echoes them on the screen."""

    is_interactive = False

    def __init__(self, source: TextIO, echo: Callable[[str], None]) -> None:
        self.source, self.echo = source, echo

    async def read_line(self, prompt: str, *, empty: bool = True) -> str | None:
        """Return the next line that is not a comment, or None at the end of the input.

        With `empty=False`, empty lines are skipped, so that they can structure a script.
        """
        while (line := await _read_in_thread(self.source.readline)) is not None and line:
            if not _is_comment(line) and (empty or line.strip()):
                line = line.rstrip("\r\n")
                self.echo(f"{prompt}{line}".rstrip())
                return line
        return None

    @contextlib.contextmanager
    def suspend_input(self) -> Iterator[None]:
        """Print within this context, so that the output does not disturb a line being typed."""
        yield

    def close(self) -> None:
        """Release the input."""


class KeyboardReader(LineReader):
    """Reads lines that a person types; other output is printed above the line being typed."""

    is_interactive = True

    def __init__(self) -> None:
        super().__init__(sys.stdin, lambda _: None)
        self._prompt: str | None = None
        self._before = _read_terminal_state()
        with contextlib.suppress(ImportError):
            import readline

            self._readline = readline

    async def read_line(self, prompt: str, *, empty: bool = True) -> str | None:
        """Return the next line, edited with arrow keys and history (readline)."""
        self._prompt = prompt
        try:
            return await _read_in_thread(lambda: input(prompt))
        finally:
            self._prompt = None

    @contextlib.contextmanager
    def suspend_input(self) -> Iterator[None]:
        """Clear the line being typed, and print it again below the output."""
        if self._prompt is None:
            yield
            return
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
        yield
        typed = self._readline.get_line_buffer() if hasattr(self, "_readline") else ""
        sys.stdout.write(f"{self._prompt}{typed}")
        sys.stdout.flush()

    def close(self) -> None:
        """Restore the terminal's settings, also in the middle of a line."""
        if self._before is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)
        if self._prompt is not None:
            sys.stdout.write("\n")


async def _read_in_thread(read: Callable[[], str]) -> str | None:
    """Like asyncio.to_thread, but in a daemon thread, which may block in `read` for ever."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def set_line(value: str | None) -> None:
        if not line.done():
            line.set_result(value)

    def work() -> None:
        value: str | None = None
        with contextlib.suppress(EOFError, OSError, ValueError):
            value = read()
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            loop.call_soon_threadsafe(set_line, value)

    threading.Thread(target=work, daemon=True).start()
    return await line


def _is_comment(line: str) -> bool:
    """Whether a line is a comment (`# text`); a channel such as #launches is not."""
    return line.startswith((f"{COMMENT_SIGN} ", f"{COMMENT_SIGN}!")) or line.strip() == COMMENT_SIGN


def _read_terminal_state() -> list[Any] | None:
    try:
        import termios

        return termios.tcgetattr(sys.stdin.fileno())
    except (ImportError, OSError, ValueError):
        return None


WORKING_SIGNS = (":hourglass", "⏳")
STOP_ACTION = "stop"  # a button that only cards of running tasks have


def is_working(message: SlackMessage) -> bool:
    """Whether the message shows running work, so that the app will update it."""
    if message.deleted or message.bot_id is None:
        return False
    elements = (one for block in message.blocks for one in list_elements(block))
    if any(one["action_id"] == STOP_ACTION for one in elements):
        return True
    shown = str(message.blocks)
    return any(sign in shown for sign in WORKING_SIGNS)


def render_head(
    message: SlackMessage, names: DisplayNames, *, elsewhere: bool, again: bool
) -> Text:
    """Render a message's first line, such as `(3) Super-Intern, in the thread of (2)`."""
    number = names.number(message.channel, message.ts)
    head = Text().append(f"({number}) ", "bold yellow")
    head.append(names.author(message), "bold")
    if message.is_reply and message.thread_ts:
        head.append(f", in the thread of ({names.number(message.channel, message.thread_ts)})")
    if elsewhere:
        head.append(f", {_describe_place(message, names)}")
    if message.ephemeral_to:
        head.append(" · only you see this", "italic")
    if again:
        head.append(" · redrawn", "dim")
    return head


def render_body(
    message: SlackMessage, names: DisplayNames, controls: ControlRegistry
) -> RenderableType:
    """Render a message's content, without its first line."""
    if message.deleted:
        return Text("This message was deleted.", "italic dim")
    if message.user and not message.bot_id:
        return _append_files([render_mrkdwn(message.text, names)] if message.text else [], message)
    where = ControlLocation(message.channel, message.ts)
    inner = BlockRenderer(names, controls, where).draw(message.blocks)
    if not message.blocks:
        return _append_files([render_mrkdwn(message.text, names)] if message.text else [], message)
    card = Panel(Group(*inner), box=box.ROUNDED, border_style="dim")
    return _append_files([card], message)


def render_progress(message: SlackMessage, names: DisplayNames) -> Text:
    """Render the progress line of a card that shows running work."""
    line = render_mrkdwn(message.text.strip().split("\n")[0], names)
    line.truncate(120, overflow="ellipsis")
    return line


def render_short_message(message: SlackMessage, names: DisplayNames) -> Text | None:
    """Render a person's message that fits on the first line, else return None."""
    if message.bot_id or message.files or message.deleted or "\n" in message.text:
        return None
    return render_mrkdwn(message.text, names)


def _append_files(shown: list[RenderableType], message: SlackMessage) -> Group:
    return Group(*shown, *(Text(f"📎 {_describe_file(file)}") for file in message.files))


def _describe_file(file: StoredFile) -> str:
    size = f"{file.size} bytes" if file.size < 1000 else f"{file.size / 1000:.1f} kB"
    return f"{file.name} ({size})" + (f": {file.alt_txt}" if file.alt_txt else "")


def _describe_place(message: SlackMessage, names: DisplayNames) -> str:
    place = names.slack.places[message.channel]
    if place.kind == "im" and names.reader in place.members:
        return "in your direct message"
    return f"in {names.channel(message.channel)}"


# The screen of one person.

MessageKey = tuple[str, str]  # channel, ts
MESSAGE_CHANGES = ("message", "edit", "delete", "ephemeral")
MAX_LATEST_MESSAGES = 6


class Screen:
    """Prints what one person sees: `place` and the direct message with the intern."""

    def __init__(
        self,
        slack: LocalSlack,
        console: Console,
        names: DisplayNames,
        place: str,
        aside: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self.slack, self.console, self.names, self.place = slack, console, names, place
        self.controls = ControlRegistry()
        self.suspend_input = aside  # a context in which printing does not disturb typing
        self.undrawn: dict[MessageKey, None] = {}  # changed messages that were not drawn since
        self._drawn: dict[MessageKey, str] = {}
        self._announced: set[str] = set()
        self._messages: dict[MessageKey, SlackMessage] = {}
        self.stop_listening = slack.listen(self._note)

    def show(self, *lines: RenderableType | str) -> None:
        with self.suspend_input():
            for line in lines:
                self.console.print(Text(line) if isinstance(line, str) else line)

    def title(self, words: str) -> None:
        """Print a title line across the screen."""
        self.show(Rule(words, align="left", style="dim"))

    def note(self, words: str) -> None:
        """Print a notice of the client itself."""
        self.show(Text(f"* {words}", "italic magenta"))

    def refresh(self, *, compact: bool = False) -> None:
        """Draw changed messages. With `compact`, updates of running work take one line."""
        visible = sorted(
            (key for key in self.undrawn if self._is_visible(key)), key=lambda key: key[1]
        )
        for key in visible:
            del self.undrawn[key]
            if message := self._find(key):
                self._draw(key, message, compact=compact)
        self._announce_other_channels()

    def queue_latest(self, *, again: bool = False) -> None:
        """Queue the place's latest undrawn messages; with `again`, also those drawn before."""
        place = self.slack.places[self.place]
        latest = list(place.by_ts)[-MAX_LATEST_MESSAGES:] + [
            one.ts for one in place.ephemerals[-MAX_LATEST_MESSAGES:]
        ]
        for ts in latest:
            if again:
                self._drawn.pop((self.place, ts), None)
            if (self.place, ts) not in self._drawn:
                self.undrawn[(self.place, ts)] = None
        self._announced.discard(self.place)

    def redraw(self, channel: str, ts: str) -> None:
        self._drawn.pop((channel, ts), None)
        if message := self._find((channel, ts)):
            self._draw((channel, ts), message, compact=False)

    def has_working_card(self) -> bool:
        """Whether a message that the reader sees shows running work."""
        keys = [key for key in {**self.undrawn, **self._drawn} if self._is_visible(key)]
        return any(is_working(one) for key in keys if (one := self._find(key)))

    def _note(self, change: WorkspaceChange) -> None:
        if change.kind in MESSAGE_CHANGES and change.channel and change.ts:
            key = (change.channel, change.ts)
            if message := self.slack.places[change.channel].find(change.ts):
                self._messages[key] = message
            self.undrawn[key] = None

    def _find(self, key: MessageKey) -> SlackMessage | None:
        return self.slack.places[key[0]].find(key[1]) or self._messages.get(key)

    def _is_visible(self, key: MessageKey) -> bool:
        reader, message = self.names.reader, self._find(key)
        if message is None or message.ephemeral_to not in (None, reader):
            return False
        place = self.slack.places[key[0]]
        return reader in place.members and (place.kind == "im" or place.id == self.place)

    def _draw(self, key: MessageKey, message: SlackMessage, *, compact: bool) -> None:
        before = self._drawn.get(key)
        if message.deleted and before is None:
            return
        drawn = render_body(message, self.names, self.controls)
        with self.console.capture() as capture:
            self.console.print(drawn)
        self._drawn[key] = capture.get()
        if self._drawn[key] == before:
            return
        if compact and before is not None and is_working(message):
            number = self.names.number(*key)
            line = render_progress(message, self.names)
            self.show(Text().append(f"({number}) … ", "dim").append_text(line))
            return
        elsewhere = message.channel != self.place
        top = render_head(message, self.names, elsewhere=elsewhere, again=before is not None)
        if words := render_short_message(message, self.names):
            self.show(top.append(": ").append_text(words))
        else:
            self.show(top, drawn)

    def _announce_other_channels(self) -> None:
        """Print a notice for each other channel that has new messages."""
        reader = self.names.reader
        for channel, ts in self.undrawn:
            place = self.slack.places[channel]
            quiet = place.is_direct or reader not in place.members or channel in self._announced
            message = self._find((channel, ts))
            if quiet or channel == self.place or message is None or message.ephemeral_to:
                continue
            self._announced.add(channel)
            self.note(f"New in #{place.name}. To see it: /in #{place.name}")
