"""The rich_text block: its schema, and how Slack makes one of what people type."""

import re
from typing import Any

from bot.playground.schema import (
    ID_CHECK,
    Check,
    ObjectSchema,
    allow_anything,
    require_choice,
    require_list,
    require_number,
    require_string,
    require_type,
)

STYLE_FIELD: dict[str, Check] = {"style": allow_anything}
INLINE_ELEMENT = require_type(
    {
        "text": ObjectSchema({"text": require_string(12_000)}, STYLE_FIELD),
        "link": ObjectSchema(
            {"url": require_string(3000)},
            STYLE_FIELD | {"text": require_string(12_000, 0), "unsafe": allow_anything},
        ),
        "user": ObjectSchema({"user_id": require_string(255)}, STYLE_FIELD),
        "channel": ObjectSchema({"channel_id": require_string(255)}, STYLE_FIELD),
        "usergroup": ObjectSchema({"usergroup_id": require_string(255)}, STYLE_FIELD),
        "team": ObjectSchema({"team_id": require_string(255)}, STYLE_FIELD),
        "emoji": ObjectSchema(
            {"name": require_string(255)},
            STYLE_FIELD
            | {
                "skin_tone": require_number,
                "unicode": require_string(255),
                "url": require_string(3000),
            },
        ),
        "broadcast": ObjectSchema(
            {"range": require_choice("here", "channel", "everyone")}, STYLE_FIELD
        ),
        "color": ObjectSchema({"value": require_string(20)}, STYLE_FIELD),
        "date": ObjectSchema(
            {"timestamp": require_number, "format": require_string(255)},
            STYLE_FIELD | {"url": require_string(3000), "fallback": require_string(3000)},
        ),
    }
)
INLINE_FIELDS: dict[str, Check] = {"elements": require_list(INLINE_ELEMENT, 10_000, 0)}
RICH_TEXT_SECTION = ObjectSchema(INLINE_FIELDS)
RICH_TEXT_BOX = ObjectSchema(
    INLINE_FIELDS, {"border": require_number, "language": require_string(50)}
)
RICH_TEXT_PART = require_type(
    {
        "rich_text_section": RICH_TEXT_SECTION,
        "rich_text_preformatted": RICH_TEXT_BOX,
        "rich_text_quote": RICH_TEXT_BOX,
        "rich_text_list": ObjectSchema(
            {
                "elements": require_list(
                    require_type({"rich_text_section": RICH_TEXT_SECTION}), 1000
                ),
                "style": require_choice("bullet", "ordered"),
            },
            {"indent": require_number, "offset": require_number, "border": require_number},
        ),
    }
)
RICH_TEXT = require_type(
    {
        "rich_text": ObjectSchema(
            {"elements": require_list(RICH_TEXT_PART, 1000)}, {"block_id": ID_CHECK}
        )
    }
)
TOKEN_PATTERN = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")


def build_rich_text(text: str, block_id: str) -> dict[str, Any]:
    """Build the rich_text block that Slack makes of typed text, with mentions and links."""
    elements: list[dict[str, Any]] = []
    end = 0
    for token in TOKEN_PATTERN.finditer(text):
        _append_text(elements, text[end : token.start()])
        elements.append(_build_inline_element(*token.groups()))
        end = token.end()
    _append_text(elements, text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _append_text(elements: list[dict[str, Any]], text: str) -> None:
    if text:
        plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        elements.append({"type": "text", "text": plain})


def _build_inline_element(sign: str, target: str, label: str | None) -> dict[str, Any]:
    if sign == "@":
        return {"type": "user", "user_id": target}
    if sign == "#":
        return {"type": "channel", "channel_id": target}
    if sign == "!":
        return {"type": "broadcast", "range": target}
    link = {"type": "link", "url": target}
    return link | {"text": label} if label else link
