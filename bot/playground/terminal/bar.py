"""Text set apart by a bar at its side, as Slack shows quotes."""

from rich.cells import cell_len
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
            text = "".join(segment.text for segment in line).rstrip()
            yield Segment(SIDE if text else SIDE.rstrip(), Style(dim=True))
            yield from Segment.adjust_line_length(line, cell_len(text), pad=False)
            yield Segment.line()
