"""Buttons side by side; one that does not fit goes whole onto the next line."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

GAP = "   "


class Row:
    """Short texts, apart from each other and never cut between words."""

    def __init__(self, items: list[Text], gap: str = GAP) -> None:
        self.items, self.gap = items, gap

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text()
        for item in self.items:
            if line and line.cell_len + len(self.gap) + item.cell_len > options.max_width:
                yield line
                line = Text()
            line.append(self.gap if line else "").append_text(item)
        yield line
