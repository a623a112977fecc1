"""How the terminal shows texts and names: people, places, times, and mentions in typed text."""

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from rich import box
from rich._emoji_codes import EMOJI
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from bot.text.normalize import strip_accents

PERSON_ROLES = {
    "UMARIE": "marketing",
    "UMAX": "manager",
    "ULEA": "legal",
    "UOTTO": "from outside",
}


@dataclass
class DisplayNames:
    """Display names for one person. `hide_time` omits the time of day, for stable script output."""

    slack: LocalSlack
    reader: str
    hide_time: bool = False
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def person(self, id: str | None) -> str:
        """Return a display name such as Marie."""
        person = self.slack.people.get(id or "")
        return person.display_name if person else (id or "Somebody")

    def author(self, message: SlackMessage) -> str:
        """Return a message's author; an app may set the name itself."""
        if message.user == "USLACKBOT":
            return "Slack"
        return message.username or self.person(message.user)

    def channel(self, id: str) -> str:
        """Return #marketing, or the members of a direct message."""
        place = self.slack.places.get(id)
        if place is None:
            return f"#{id}"
        if not place.is_direct:
            return f"#{place.name}"
        humans = [self.person(one) for one in place.members if one not in self.omitted_members]
        return f"direct message with {', '.join(humans) or 'Super-Intern'}"

    @property
    def omitted_members(self) -> set[str]:
        """The users that are omitted from the names of direct messages."""
        return {self.slack.bot_user, self.reader}

    def number(self, channel: str, ts: str) -> int:
        """Return a message's number on the screen; it is assigned at the first call."""
        return self.numbers.setdefault((channel, ts), len(self.numbers) + 1)

    def find_numbered(self, number: int) -> tuple[str, str] | None:
        """Return the channel and ts of the message with this number."""
        return next((key for key, one in self.numbers.items() if one == number), None)

    def format_moment(self, seconds: int) -> str:
        """Format a Unix time in the reader's time zone and locale."""
        person = self.slack.people[self.reader]
        zone, locale = ZoneInfo(person.tz), person.locale.replace("-", "_")
        at = datetime.fromtimestamp(seconds, zone)
        day = format_date(at, "medium", locale=locale)
        return day if self.hide_time else f"{day} {format_time(at, 'short', locale=locale)}"


# Typed text, converted like in Slack's composer.

NAME_PATTERN = re.compile(r"(?<![\w@#/.])([@#])([\w.-]*\w)")
INTERN_NAMES = {"intern", "super-intern", "superintern"}


def compose_text(typed: str, slack: LocalSlack) -> str:
    """Escape typed text and convert known names (`@intern`, `@max`, `#launches`) to mentions."""
    plain = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def mention(found: re.Match[str]) -> str:
        sign, name = found[1], found[2]
        if sign == "#":
            channel = find_channel(name, slack)
            return f"<#{channel}|{slack.places[channel].name}>" if channel else found[0]
        person = find_person(name, slack)
        return f"<@{person}>" if person else found[0]

    return NAME_PATTERN.sub(mention, plain)


def find_person(name: str, slack: LocalSlack) -> str | None:
    """Return a person's id by handle or name, ignoring accents and case."""
    wanted = _normalize_name(name.removeprefix("@"))
    if wanted in INTERN_NAMES:
        return slack.bot_user
    for person in slack.people.values():
        if wanted in (
            _normalize_name(person.name),
            _normalize_name(person.display_name),
            _normalize_name(person.real_name),
        ):
            return person.id
    return None


def find_channel(name: str, slack: LocalSlack) -> str | None:
    wanted = name.removeprefix("#").lower()
    found = (place.id for place in slack.places.values() if not place.is_direct)
    return next((id for id in found if slack.places[id].name == wanted), None)


def _normalize_name(name: str) -> str:
    return strip_accents(name.lower().strip())


# Renders Slack's mrkdwn, rich_text and tables for a terminal.

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
    plain = text["text"]
    if text.get("emoji"):
        plain = re.sub(r":([a-z0-9_+-]+):", lambda found: find_emoji(found[1]), plain)
    return Text(plain)


def render_inline_elements(elements: list[dict[str, Any]], names: DisplayNames) -> Text:
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
    return Text(f"@{element['range']}", MENTION_STYLE)


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


# Tables.


def render_table(block: dict[str, Any]) -> list[RenderableType]:
    """Render a table block; its first row is the header."""
    head, *rows = block["rows"]
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    settings = block.get("column_settings") or []
    for place, cell in enumerate(head):
        setting = settings[place] if place < len(settings) else None
        shown.add_column(Text(cell["text"]), justify=(setting or {}).get("align", "left"))
    for row in rows:
        shown.add_row(*(Text(cell["text"]) for cell in row))
    return [shown]
