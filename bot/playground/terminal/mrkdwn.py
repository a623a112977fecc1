"""Slack's two ways of writing text, mrkdwn and rich text, as text for a terminal."""

import html
import re
from typing import Any

from rich._emoji_codes import EMOJI
from rich.text import Text

from bot.playground.terminal.names import Names

MARKS = re.compile(
    r"```\n?(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<token>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>(?!\s)[^*\n]+(?<!\s))\*(?![\w*])"
    r"|(?<!\w)_(?P<italic>(?!\s)[^_\n]+(?<!\s))_(?!\w)"
    r"|(?<!\w)~(?P<strike>(?!\s)[^~\n]+(?<!\s))~(?!\w)"
    r"|:(?P<emoji>[a-z0-9_+-]+):",
    re.DOTALL,
)
QUOTED = re.compile(r"^(?:>|&gt;) ?", re.MULTILINE)
STYLES = {"bold": "bold", "italic": "italic", "strike": "strike"}
MENTION, LINK, CODE = "bold cyan", "underline blue", "bright_black"


def from_mrkdwn(said: str, names: Names) -> Text:
    """Text with mentions by name, emoji, links; what is bold in Slack is bold."""
    found, end = Text(), 0
    said = QUOTED.sub("▏ ", said)
    for mark in MARKS.finditer(said):
        found.append(html.unescape(said[end : mark.start()]))
        kind, inner = str(mark.lastgroup), mark[str(mark.lastgroup)]
        if kind == "token":
            found.append_text(_token(inner, names))
        elif kind == "emoji":
            found.append(emoji(inner))
        elif kind in STYLES:
            styled = from_mrkdwn(inner, names)
            styled.stylize(STYLES[kind])
            found.append_text(styled)
        else:
            found.append(html.unescape(inner), CODE)
        end = mark.end()
    return found.append(html.unescape(said[end:]))


def from_object(text: dict[str, Any] | None, names: Names) -> Text:
    """A text object: mrkdwn is understood, plain_text is shown as it is."""
    if not text:
        return Text()
    if text["type"] == "mrkdwn":
        return from_mrkdwn(text["text"], names)
    return Text(_with_emoji(text["text"]) if text.get("emoji") else text["text"])


def from_elements(elements: list[dict[str, Any]], names: Names) -> Text:
    """The inline elements of a rich_text block."""
    found = Text()
    for one in elements:
        style = " ".join(name for name, on in (one.get("style") or {}).items() if on is True)
        known = " ".join(s for s in style.split() if s in ("bold", "italic", "strike"))
        found.append_text(_inline(one, names, CODE if "code" in style else known))
    return found


def emoji(name: str) -> str:
    """The character for :name:, or the name where there is none."""
    return EMOJI.get(name) or EMOJI.get(name.replace("_", " ")) or f":{name}:"


def _inline(one: dict[str, Any], names: Names, style: str) -> Text:
    kind = one["type"]
    if kind == "text":
        return Text(one["text"], style)
    if kind == "link":
        return _link(one["url"], one.get("text"))
    if kind == "user":
        return Text(f"@{names.person(one['user_id'])}", MENTION)
    if kind == "channel":
        return Text(names.channel(one["channel_id"]), MENTION)
    if kind == "emoji":
        return Text(emoji(one["name"]))
    if kind == "date":
        return Text(names.moment(int(one["timestamp"])))
    shown = one.get("range") or one.get("usergroup_id") or one.get("team_id") or one.get("value")
    return Text(f"@{shown}" if kind != "color" else str(shown), MENTION)


def _token(inner: str, names: Names) -> Text:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return Text(f"@{names.person(target[1:])}", MENTION)
    if target.startswith("#"):
        known = not label or target[1:] in names.slack.places
        return Text(names.channel(target[1:]) if known else f"#{label}", MENTION)
    if target.startswith("!date^"):
        return Text(names.moment(int(target.split("^")[1])))
    if target.startswith("!"):
        return Text(f"@{label.lstrip('@') or target[1:].split('^')[0]}", MENTION)
    return _link(html.unescape(target), html.unescape(label) or None)


def _link(url: str, label: str | None) -> Text:
    if not label or label in (url, url.removeprefix("https://"), url.removeprefix("mailto:")):
        return Text(label or url, LINK)
    return Text().append(label, LINK).append(f" ({url})", "dim")


def _with_emoji(said: str) -> str:
    return re.sub(r":([a-z0-9_+-]+):", lambda found: emoji(found[1]), said)
