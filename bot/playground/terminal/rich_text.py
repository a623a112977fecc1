"""A rich_text block drawn for a terminal: what is seen is every character of it."""

from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.playground.terminal.bar import Bar
from bot.playground.terminal.mrkdwn import CODE, from_elements
from bot.playground.terminal.names import Names


def drawn(block: dict[str, Any], names: Names) -> list[RenderableType]:
    """Its sections, lists, quotes and preformatted pieces in turn."""
    return [line for part in block["elements"] for line in _part(part, names)]


def plain(block: dict[str, Any], names: Names) -> Text:
    """All its words in one text, for a table's cell."""
    parts = [part.get("elements") or [] for part in block["elements"]]
    return Text(" ").join(from_elements(part, names) for part in parts)


def _part(part: dict[str, Any], names: Names) -> list[RenderableType]:
    kind = part["type"]
    if kind == "rich_text_list":
        return _list(part, names)
    text = from_elements(part["elements"], names)
    if kind == "rich_text_quote":
        return [Bar(text)]
    if kind == "rich_text_preformatted":
        text.stylize(CODE)
        text.no_wrap = True
        return [Padding(text, (0, 0, 0, 2))]
    return [text]


def _list(part: dict[str, Any], names: Names) -> list[RenderableType]:
    indent, start = 2 * int(part.get("indent", 0)), 1 + int(part.get("offset", 0))
    found: list[RenderableType] = []
    for number, item in enumerate(part["elements"], start):
        sign = f"{number}. " if part["style"] == "ordered" else "• "
        line = Text(sign).append_text(from_elements(item["elements"], names))
        found.append(Padding(line, (0, 0, 0, indent)))
    return found
