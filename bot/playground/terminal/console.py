"""A terminal on which nobody's words move the cursor or stand in another order than written."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.text.escape import strip_hidden


class PlainConsole(Console):
    """Rich leaves escape sequences in a text as they are; here they end."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield (
                segment if segment.control else segment._replace(text=strip_hidden(segment.text))
            )


# Where typed lines come from: a keyboard, a pipe, or a script.

COMMENT_SIGN = "#"


class LineReader:
    """One line after another; None at the end."""

    is_interactive = False

    def __init__(self, source: TextIO, echo: Callable[[str], None]) -> None:
        self.source, self.echo = source, echo

    async def read_line(self, prompt: str, *, empty: bool = True) -> str | None:
        """The next line that is no comment, told on the screen behind its prompt.

        Without `empty`, lines with nothing in them only part what stands in a script.
        """
        while (line := await _read_in_thread(self.source.readline)) is not None and line:
            if not _is_comment(line) and (empty or line.strip()):
                line = line.rstrip("\r\n")
                self.echo(f"{prompt}{line}".rstrip())
                return line
        return None

    @contextlib.contextmanager
    def suspend_input(self) -> Iterator[None]:
        """What is printed within disturbs nobody's typing."""
        yield

    def close(self) -> None:
        """Leaves everything as it was."""


class KeyboardReader(LineReader):
    """A person at a terminal; what is printed meanwhile goes above what they are typing."""

    is_interactive = True

    def __init__(self) -> None:
        super().__init__(sys.stdin, lambda _: None)
        self._prompt: str | None = None
        self._before = _read_terminal_state()
        with contextlib.suppress(ImportError):
            import readline

            self._readline = readline

    async def read_line(self, prompt: str, *, empty: bool = True) -> str | None:
        """A line, with the arrow keys and what was typed before."""
        self._prompt = prompt
        try:
            return await _read_in_thread(lambda: input(prompt))
        finally:
            self._prompt = None

    @contextlib.contextmanager
    def suspend_input(self) -> Iterator[None]:
        """Takes the line that is being typed away, and writes it again below."""
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
        """Gives the terminal back as it was, also in mid line."""
        if self._before is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)
        if self._prompt is not None:
            sys.stdout.write("\n")


async def _read_in_thread(read: Callable[[], str]) -> str | None:
    """As to_thread, but nobody waits for this thread at the end: it may read for ever."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def tell(value: str | None) -> None:
        if not line.done():
            line.set_result(value)

    def work() -> None:
        value: str | None = None
        with contextlib.suppress(EOFError, OSError, ValueError):
            value = read()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, value)

    threading.Thread(target=work, daemon=True).start()
    return await line


def _is_comment(line: str) -> bool:
    """`# words`; a channel such as #launches is none."""
    return line.startswith((f"{COMMENT_SIGN} ", f"{COMMENT_SIGN}!")) or line.strip() == COMMENT_SIGN


def _read_terminal_state() -> list[Any] | None:
    try:
        import termios

        return termios.tcgetattr(sys.stdin.fileno())
    except (ImportError, OSError, ValueError):
        return None
