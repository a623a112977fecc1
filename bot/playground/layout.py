"""The blocks of messages, modals and Home tabs, one by one."""

from typing import Any

from bot.playground import tables
from bot.playground.elements import (
    BUTTON,
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    OVERFLOW,
)
from bot.playground.refusals import Faults
from bot.playground.rich_text import RICH_TEXT
from bot.playground.shapes import (
    Check,
    Shape,
    anything,
    at_least_one,
    by_type,
    list_of,
    one_of,
    words,
    yes_no,
)
from bot.playground.texts import ID, SLACK_FILE, URL, plain, text


def block(
    need: dict[str, Check], may: dict[str, Check] | None = None, also: Check = anything
) -> Shape:
    """A block's shape: every block may have a block_id."""
    return Shape(need, {"block_id": ID} | (may or {}), also)


def in_context(faults: Faults, value: Any, at: str) -> None:
    """A text or a picture in a context block."""
    if isinstance(value, dict) and value.get("type") == "image":
        IMAGE(faults, value, at)
    else:
        text(3000)(faults, value, at)


def no_divider_when_collapsible(faults: Faults, value: Any, at: str) -> None:
    """A container that collapses has no divider, and only such a one starts collapsed."""
    if value.get("is_collapsible") and value.get("has_header_divider"):
        faults.add("has_header_divider cannot be set when is_collapsible is true", at)
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        faults.add("default_collapsed requires is_collapsible", at)
    at_least_one("title", "rich_text_title")(faults, value, at)


CARD = block(
    {},
    {
        "hero_image": by_type({"image": IMAGE}),
        "icon": by_type({"image": IMAGE}),
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": list_of(BUTTON, 5),
    },
    also=at_least_one("hero_image", "title", "actions", "body"),
)
TASK = block(
    {
        "task_id": words(255),
        "title": words(3000),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {"details": RICH_TEXT, "output": RICH_TEXT, "sources": list_of(anything, 100, 0)},
)
PLACED: dict[str, Check] = {
    "section": block(
        {},
        {
            "text": text(3000),
            "fields": list_of(text(2000), 10),
            "accessory": IN_SECTION,
            "expand": yes_no,
        },
        also=at_least_one("text", "fields"),
    ),
    "header": block({"text": plain(150)}),
    "divider": block({}),
    "image": block(
        {"alt_text": words(2000)},
        {"image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        also=at_least_one("image_url", "slack_file"),
    ),
    "actions": block({"elements": list_of(IN_ACTIONS, 25)}),
    "context": block({"elements": list_of(in_context, 10)}),
    "context_actions": block({"elements": list_of(IN_CONTEXT_ACTIONS, 5)}),
    "input": block(
        {"label": plain(2000), "element": IN_INPUT},
        {"hint": plain(2000), "optional": yes_no, "dispatch_action": yes_no},
    ),
    "rich_text": RICH_TEXT,
    "markdown": block({"text": words(12_000)}),
    "file": block({"external_id": words(255), "source": one_of("remote")}),
    "video": block(
        {
            "alt_text": words(2000),
            "video_url": URL,
            "thumbnail_url": URL,
            "title": plain(199),
        },
        {
            "title_url": URL,
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": words(50),
            "author_name": words(49),
        },
    ),
    "call": block({"call_id": words(255)}, {"api_decoration_available": yes_no, "call": anything}),
    "card": CARD,
    "task_card": TASK,
    "plan": block({"title": words(3000)}, {"tasks": list_of(by_type({"task_card": TASK}), 50, 0)}),
    "table": tables.TABLE,
    "data_table": tables.DATA_TABLE,
    "data_visualization": tables.CHART_BLOCK,
    "carousel": block({"elements": list_of(by_type({"card": CARD}), 10)}),
    "alert": block(
        {"text": text(3000)}, {"level": one_of("default", "info", "warning", "error", "success")}
    ),
    "auth_provider": block(
        {"value": words(150), "name": plain(75), "is_connected": yes_no},
        {
            "description": plain(150),
            "icon_url": URL,
            "auth_url": URL,
            "disconnect_url": URL,
            "connected_identity": plain(75),
            "connected_context": plain(75),
            "accessory": OVERFLOW,
            "fallback": list_of(anything, 10),
        },
    ),
}
CONTAINER = block(
    {"child_blocks": list_of(by_type(PLACED), 10)},
    {
        "title": plain(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": text(150),
        "width": one_of("narrow", "standard", "wide", "full"),
        "icon": by_type({"image": IMAGE}),
        "is_collapsible": yes_no,
        "default_collapsed": yes_no,
        "has_header_divider": yes_no,
    },
    also=no_divider_when_collapsible,
)
BLOCKS: dict[str, Check] = PLACED | {"container": CONTAINER}
