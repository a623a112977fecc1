"""Terminal output without hidden characters, and input from a keyboard, a pipe or a script."""

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
