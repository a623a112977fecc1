"""Renders Slack's mrkdwn, rich_text, tables and charts for a terminal."""

import html
import re
from typing import Any

from rich import box
from rich._emoji_codes import EMOJI
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.playground.terminal.names import DisplayNames

MARK_PATTERN = re.compile(
    r"```\n?(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<token>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>(?!\s)[^*\n]+(?<!\s))\*(?![\w*])"
    r"|(?<!\w)_(?P<italic>(?!\s)[^_\n]+(?<!\s))_(?!\w)"
    r"|(?<!\w)~(?P<strike>(?!\s)[^~\n]+(?<!\s))~(?!\w)"
    r"|:(?P<emoji>[a-z0-9_+-]+):",
    re.DOTALL,
)
QUOTE_PATTERN = re.compile(r"^(?:>|&gt;) ?", re.MULTILINE)
MARK_STYLES = {"bold": "bold", "italic": "italic", "strike": "strike"}
MENTION_STYLE, LINK_STYLE, CODE_STYLE = "bold cyan", "underline blue", "bright_black"


def render_mrkdwn(markup: str, names: DisplayNames) -> Text:
    """Render mrkdwn with styles, links, emoji and the names of mentioned people."""
    found, end = Text(), 0
    markup = QUOTE_PATTERN.sub("▏ ", markup)
    for mark in MARK_PATTERN.finditer(markup):
        found.append(html.unescape(markup[end : mark.start()]))
        kind, inner = str(mark.lastgroup), mark[str(mark.lastgroup)]
        if kind == "token":
            found.append_text(_render_token(inner, names))
        elif kind == "emoji":
            found.append(find_emoji(inner))
        elif kind in MARK_STYLES:
            styled = render_mrkdwn(inner, names)
            styled.stylize(MARK_STYLES[kind])
            found.append_text(styled)
        else:
            found.append(html.unescape(inner), CODE_STYLE)
        end = mark.end()
    return found.append(html.unescape(markup[end:]))


def render_text_object(text: dict[str, Any] | None, names: DisplayNames) -> Text:
    """Render a text object: mrkdwn with its markup, plain_text literally."""
    if not text:
        return Text()
    if text["type"] == "mrkdwn":
        return render_mrkdwn(text["text"], names)
    return Text(_replace_emoji(text["text"]) if text.get("emoji") else text["text"])


def render_inline_elements(elements: list[dict[str, Any]], names: DisplayNames) -> Text:
    """Render the inline elements of a rich_text block."""
    found = Text()
    for one in elements:
        style = " ".join(name for name, on in (one.get("style") or {}).items() if on is True)
        known = " ".join(s for s in style.split() if s in ("bold", "italic", "strike"))
        found.append_text(_render_inline(one, names, CODE_STYLE if "code" in style else known))
    return found


def find_emoji(name: str) -> str:
    """Return the character for an emoji name, or `:name:` if it is unknown."""
    return EMOJI.get(name) or EMOJI.get(name.replace("_", " ")) or f":{name}:"


def _render_inline(element: dict[str, Any], names: DisplayNames, style: str) -> Text:
    kind = element["type"]
    if kind == "text":
        return Text(element["text"], style)
    if kind == "link":
        return _render_link(element["url"], element.get("text"))
    if kind == "user":
        return Text(f"@{names.person(element['user_id'])}", MENTION_STYLE)
    if kind == "channel":
        return Text(names.channel(element["channel_id"]), MENTION_STYLE)
    if kind == "emoji":
        return Text(find_emoji(element["name"]))
    if kind == "date":
        return Text(names.format_moment(int(element["timestamp"])))
    shown = (
        element.get("range")
        or element.get("usergroup_id")
        or element.get("team_id")
        or element.get("value")
    )
    return Text(f"@{shown}" if kind != "color" else str(shown), MENTION_STYLE)


def _render_token(inner: str, names: DisplayNames) -> Text:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return Text(f"@{names.person(target[1:])}", MENTION_STYLE)
    if target.startswith("#"):
        known = not label or target[1:] in names.slack.places
        return Text(names.channel(target[1:]) if known else f"#{label}", MENTION_STYLE)
    if target.startswith("!date^"):
        return Text(names.format_moment(int(target.split("^")[1])))
    if target.startswith("!"):
        return Text(f"@{label.lstrip('@') or target[1:].split('^')[0]}", MENTION_STYLE)
    return _render_link(html.unescape(target), html.unescape(label) or None)


def _render_link(url: str, label: str | None) -> Text:
    if not label or label in (url, url.removeprefix("https://"), url.removeprefix("mailto:")):
        return Text(label or url, LINK_STYLE)
    return Text().append(label, LINK_STYLE).append(f" ({url})", "dim")


def _replace_emoji(markup: str) -> str:
    return re.sub(r":([a-z0-9_+-]+):", lambda found: find_emoji(found[1]), markup)


# Quotes with a bar at the left, as in Slack.

BAR_TEXT = "▏ "


class QuoteBar:
    """A renderable with a bar at its left side."""

    def __init__(self, inner: RenderableType) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        narrower = options.update(width=max(10, options.max_width - len(BAR_TEXT)))
        for line in console.render_lines(self.inner, narrower, pad=False):
            text = "".join(segment.text for segment in line).rstrip()
            yield Segment(BAR_TEXT if text else BAR_TEXT.rstrip(), Style(dim=True))
            yield from Segment.adjust_line_length(line, cell_len(text), pad=False)
            yield Segment.line()


# rich_text blocks.


def render_rich_text(block: dict[str, Any], names: DisplayNames) -> list[RenderableType]:
    """Render a rich_text block: sections, lists, quotes and preformatted parts."""
    return [line for part in block["elements"] for line in _render_part(part, names)]


def flatten_rich_text(block: dict[str, Any], names: DisplayNames) -> Text:
    """Render a rich_text block as one line, for a table cell."""
    parts = [part.get("elements") or [] for part in block["elements"]]
    return Text(" ").join(render_inline_elements(part, names) for part in parts)


def _render_part(part: dict[str, Any], names: DisplayNames) -> list[RenderableType]:
    kind = part["type"]
    if kind == "rich_text_list":
        return _render_list(part, names)
    text = render_inline_elements(part["elements"], names)
    if kind == "rich_text_quote":
        return [QuoteBar(text)]
    if kind == "rich_text_preformatted":
        text.stylize(CODE_STYLE)
        text.no_wrap = True
        return [Padding(text, (0, 0, 0, 2))]
    return [text]


def _render_list(part: dict[str, Any], names: DisplayNames) -> list[RenderableType]:
    indent, start = 2 * int(part.get("indent", 0)), 1 + int(part.get("offset", 0))
    found: list[RenderableType] = []
    for number, item in enumerate(part["elements"], start):
        sign = f"{number}. " if part["style"] == "ordered" else "• "
        line = Text(sign).append_text(render_inline_elements(item["elements"], names))
        found.append(Padding(line, (0, 0, 0, indent)))
    return found


# Tables and charts.

MAX_BAR_WIDTH = 30  # characters of the longest bar in a chart


def render_table(block: dict[str, Any], names: DisplayNames) -> list[RenderableType]:
    """Render a table block; its first row is the header."""
    head, *rows = block["rows"]
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    settings = block.get("column_settings") or []
    for place, cell in enumerate(head):
        setting = settings[place] if place < len(settings) else None
        shown.add_column(_render_cell(cell, names), justify=(setting or {}).get("align", "left"))
    for row in rows:
        shown.add_row(*(_render_cell(cell, names) for cell in row))
    caption = [Text(block["caption"], "bold")] if block.get("caption") else []
    return [*caption, shown]


def render_chart(block: dict[str, Any]) -> list[RenderableType]:
    """Render a chart as horizontal bars with their values."""
    inner = block["chart"]
    series = inner.get("series") or [{"name": "", "data": inner.get("segments") or []}]
    lines: list[RenderableType] = [Text(block["title"], "bold")]
    most = max((abs(point["value"]) for one in series for point in one["data"]), default=0) or 1
    for one in series:
        lines += [Text(one["name"], "italic")] if one["name"] else []
        for point in one["data"]:
            bar = "█" * round(MAX_BAR_WIDTH * abs(point["value"]) / most)
            lines.append(Text(f"{point['label']:<20} {bar} {point['value']:g}"))
    return lines


def _render_cell(cell: dict[str, Any], names: DisplayNames) -> Text:
    if cell["type"] == "rich_text":
        return flatten_rich_text(cell, names)
    return Text(str(cell.get("text", cell.get("value", ""))))
