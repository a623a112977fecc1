"""The rich_text block: what people's own words look like in Slack."""

import re
from typing import Any

from bot.playground.shapes import Check, Shape, anything, by_type, list_of, number, one_of, words
from bot.playground.texts import ID

STYLE: dict[str, Check] = {"style": anything}
INLINE = by_type(
    {
        "text": Shape({"text": words(12_000)}, STYLE),
        "link": Shape({"url": words(3000)}, STYLE | {"text": words(12_000, 0), "unsafe": anything}),
        "user": Shape({"user_id": words(255)}, STYLE),
        "channel": Shape({"channel_id": words(255)}, STYLE),
        "usergroup": Shape({"usergroup_id": words(255)}, STYLE),
        "team": Shape({"team_id": words(255)}, STYLE),
        "emoji": Shape(
            {"name": words(255)},
            STYLE | {"skin_tone": number, "unicode": words(255), "url": words(3000)},
        ),
        "broadcast": Shape({"range": one_of("here", "channel", "everyone")}, STYLE),
        "color": Shape({"value": words(20)}, STYLE),
        "date": Shape(
            {"timestamp": number, "format": words(255)},
            STYLE | {"url": words(3000), "fallback": words(3000)},
        ),
    }
)
INLINES: dict[str, Check] = {"elements": list_of(INLINE, 10_000, 0)}
SECTION = Shape(INLINES)
BOXED = Shape(INLINES, {"border": number, "language": words(50)})
PARTS = by_type(
    {
        "rich_text_section": SECTION,
        "rich_text_preformatted": BOXED,
        "rich_text_quote": BOXED,
        "rich_text_list": Shape(
            {
                "elements": list_of(by_type({"rich_text_section": SECTION}), 1000),
                "style": one_of("bullet", "ordered"),
            },
            {"indent": number, "offset": number, "border": number},
        ),
    }
)
RICH_TEXT = by_type({"rich_text": Shape({"elements": list_of(PARTS, 1000)}, {"block_id": ID})})
TOKENS = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")


def from_text(text: str, block_id: str) -> dict[str, Any]:
    """What Slack's composer makes of typed words: a rich_text block with users and links."""
    elements: list[dict[str, Any]] = []
    end = 0
    for token in TOKENS.finditer(text):
        _append_text(elements, text[end : token.start()])
        elements.append(_inline(*token.groups()))
        end = token.end()
    _append_text(elements, text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _append_text(elements: list[dict[str, Any]], text: str) -> None:
    if text:
        plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        elements.append({"type": "text", "text": plain})


def _inline(sign: str, target: str, label: str | None) -> dict[str, Any]:
    if sign == "@":
        return {"type": "user", "user_id": target}
    if sign == "#":
        return {"type": "channel", "channel_id": target}
    if sign == "!":
        return {"type": "broadcast", "range": target}
    link = {"type": "link", "url": target}
    return link | {"text": label} if label else link
