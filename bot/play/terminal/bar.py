"""Text set apart by a bar at its side, as Slack shows quotes."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style

SIDE = "▏ "


class Bar:
    """Something to draw, with a bar along its left."""

    def __init__(self, inner: RenderableType) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        narrower = options.update(width=max(10, options.max_width - len(SIDE)))
        for line in console.render_lines(self.inner, narrower, pad=False):
            yield Segment(SIDE, Style(dim=True))
            yield from line
            yield Segment.line()
