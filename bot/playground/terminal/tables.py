"""Tables and charts drawn for a terminal."""

from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.playground.terminal import rich_text
from bot.playground.terminal.names import Names

WIDEST = 30  # of a bar in a chart


def table(block: dict[str, Any], names: Names) -> list[RenderableType]:
    """The first row is the head."""
    head, *rows = block["rows"]
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    settings = block.get("column_settings") or []
    for place, cell in enumerate(head):
        setting = settings[place] if place < len(settings) else None
        shown.add_column(_cell(cell, names), justify=(setting or {}).get("align", "left"))
    for row in rows:
        shown.add_row(*(_cell(cell, names) for cell in row))
    caption = [Text(block["caption"], "bold")] if block.get("caption") else []
    return [*caption, shown]


def chart(block: dict[str, Any]) -> list[RenderableType]:
    """Each number with a bar as long as it is large."""
    inner = block["chart"]
    series = inner.get("series") or [{"name": "", "data": inner.get("segments") or []}]
    lines: list[RenderableType] = [Text(block["title"], "bold")]
    most = max((abs(point["value"]) for one in series for point in one["data"]), default=0) or 1
    for one in series:
        lines += [Text(one["name"], "italic")] if one["name"] else []
        for point in one["data"]:
            bar = "█" * round(WIDEST * abs(point["value"]) / most)
            lines.append(Text(f"{point['label']:<20} {bar} {point['value']:g}"))
    return lines


def _cell(cell: dict[str, Any], names: Names) -> Text:
    if cell["type"] == "rich_text":
        return rich_text.plain(cell, names)
    return Text(str(cell.get("text", cell.get("value", ""))))
