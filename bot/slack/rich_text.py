"""Copy as rich text: every character as it is approved, no mark-up, nothing that notifies.

In mrkdwn a footnote's asterisk turns bold and vanishes; here what is seen is what is approved.
"""

from collections.abc import Collection
from typing import Any

from bot.slack.blocks import Block, fitting, size
from bot.text.links import allowed, links

ELEMENT = 3_000


def said(text: str, *, bold: bool = False) -> list[Block]:
    """Plain text as elements, however long it is."""
    style: dict[str, Any] = {"style": {"bold": True}} if bold else {}
    return [{"type": "text", "text": piece} | style for piece in in_pieces(text, ELEMENT)]


def inline(text: str, hosts: Collection[str] = ()) -> list[Block]:
    """The text as elements; only links to `hosts` can be opened."""
    found: list[Block] = []
    at = 0
    for link in links(text):
        shown = text[link.start : link.end]
        if not (link.plain and allowed(link.host, hosts)) or size(shown) > ELEMENT:
            continue
        url = shown if "://" in shown else f"https://{shown}"
        found += said(text[at : link.start])
        found.append({"type": "link", "url": url, "text": shown})
        at = link.end
    return found + said(text[at:])


def in_pieces(text: str, most: int) -> list[str]:
    """The text in pieces that together are the text."""
    found = []
    while text:
        end = fitting(text, most)
        found.append(text[:end])
        text = text[end:]
    return found


def rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def run(inner: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": inner}


def bar(inner: list[Block]) -> Block:
    """Set apart by a bar at its side."""
    return {"type": "rich_text_quote", "elements": inner}


def parted(text: str, most: int) -> tuple[str, str]:
    """The text in two: a beginning of at most `most`, ended where a reader would pause."""
    end = fitting(text, most)
    if end == len(text):
        return text, ""
    for pause in ("\n\n", "\n", ". ", " "):
        at = text.rfind(pause, end // 2, end)
        if at > 0:
            return text[: at + len(pause)], text[at + len(pause) :]
    return text[:end], text[end:]
