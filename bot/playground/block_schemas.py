"""Schemas of all Block Kit blocks, as Slack validates them."""

from typing import Any

from bot.playground.element_schemas import (
    ACTIONS_ELEMENT,
    BUTTON,
    CONTEXT_ACTIONS_ELEMENT,
    IMAGE_ELEMENT,
    INPUT_ELEMENT,
    OVERFLOW,
    SECTION_ACCESSORY,
)
from bot.playground.errors import SchemaErrors
from bot.playground.rich_text import RICH_TEXT
from bot.playground.schema import (
    ID_CHECK,
    SLACK_FILE,
    URL_CHECK,
    Check,
    ObjectSchema,
    allow_anything,
    require_any_field,
    require_boolean,
    require_choice,
    require_integer,
    require_list,
    require_number,
    require_plain_text,
    require_string,
    require_text,
    require_type,
)

# Blocks for tables and charts: table, data_table, data_visualization.

RAW_CELLS: dict[str, Check] = {
    "raw_text": ObjectSchema({"text": require_string(3000)}),
    "raw_number": ObjectSchema({"value": require_number}, {"text": require_string(3000)}),
}
TABLE_CELL = require_type(RAW_CELLS | {"rich_text": RICH_TEXT})
COLUMN_SETTING = ObjectSchema(
    {}, {"align": require_choice("left", "center", "right"), "is_wrapped": require_boolean}
)
CHART_LABEL = require_string(20)
CHART_POINT = ObjectSchema({"label": CHART_LABEL, "value": require_number})
MAX_SERIES, MAX_POINTS, MAX_SEGMENTS = 12, 20, 12


def check_column_setting(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Check one column's settings; null means the default."""
    if value is not None:
        COLUMN_SETTING(faults, value, pointer)


def check_data_table(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Check that rows have the same number of cells and the header has no rich text."""
    rows = value["rows"]
    if len({len(row) for row in rows}) > 1:
        faults.add("all rows must have the same number of cells", f"{pointer}/rows")
    if any(cell["type"] == "rich_text" for cell in rows[0]):
        faults.add("header cells must not be rich_text", f"{pointer}/rows/0")


def check_chart_labels(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Check that series names are unique and that each series has one point per category."""
    names = [one["name"] for one in value["series"]]
    if len(set(names)) < len(names):
        faults.add("series names must be unique", f"{pointer}/series")
    for place, one in enumerate(value["series"]):
        if [point["label"] for point in one["data"]] != value["axis_config"]["categories"]:
            faults.add("labels must match the categories", f"{pointer}/series/{place}/data")


TABLE_BLOCK = ObjectSchema(
    {"rows": require_list(require_list(TABLE_CELL, 20), 100)},
    {"block_id": ID_CHECK, "column_settings": require_list(check_column_setting, 20, 0)},
)
DATA_TABLE_BLOCK = ObjectSchema(
    {"caption": require_string(3000), "rows": require_list(require_list(TABLE_CELL, 20), 101, 2)},
    {
        "block_id": ID_CHECK,
        "page_size": require_integer(1, 100),
        "row_header_column_index": require_integer(0, 19),
    },
    extra_check=check_data_table,
)
XY_CHART = ObjectSchema(
    {
        "series": require_list(
            ObjectSchema({"name": CHART_LABEL, "data": require_list(CHART_POINT, MAX_POINTS)}),
            MAX_SERIES,
        ),
        "axis_config": ObjectSchema(
            {"categories": require_list(CHART_LABEL, MAX_POINTS)},
            {"x_label": require_string(50), "y_label": require_string(50)},
        ),
    },
    extra_check=check_chart_labels,
)
PIE_CHART = ObjectSchema({"segments": require_list(CHART_POINT, MAX_SEGMENTS)})
CHART_BLOCK = ObjectSchema(
    {
        "title": require_string(50),
        "chart": require_type(
            {"pie": PIE_CHART, "bar": XY_CHART, "area": XY_CHART, "line": XY_CHART}
        ),
    },
    {"block_id": ID_CHECK},
)


# Schemas of the blocks of messages, modals and Home tabs.


def require_block(
    required: dict[str, Check],
    optional: dict[str, Check] | None = None,
    extra_check: Check = allow_anything,
) -> ObjectSchema:
    """Build a block's schema, which always allows a block_id."""
    return ObjectSchema(required, {"block_id": ID_CHECK} | (optional or {}), extra_check)


def check_context_element(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Check a text or an image of a context block."""
    if isinstance(value, dict) and value.get("type") == "image":
        IMAGE_ELEMENT(faults, value, pointer)
    else:
        require_text(3000)(faults, value, pointer)


def check_container(faults: SchemaErrors, value: Any, pointer: str) -> None:
    """Check that a collapsible container has no divider, and only such a one starts collapsed."""
    if value.get("is_collapsible") and value.get("has_header_divider"):
        faults.add("has_header_divider cannot be set when is_collapsible is true", pointer)
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        faults.add("default_collapsed requires is_collapsible", pointer)
    require_any_field("title", "rich_text_title")(faults, value, pointer)


CARD_BLOCK = require_block(
    {},
    {
        "hero_image": require_type({"image": IMAGE_ELEMENT}),
        "icon": require_type({"image": IMAGE_ELEMENT}),
        "title": require_text(150),
        "subtitle": require_text(150),
        "body": require_text(200),
        "actions": require_list(BUTTON, 5),
    },
    extra_check=require_any_field("hero_image", "title", "actions", "body"),
)
TASK_CARD = require_block(
    {
        "task_id": require_string(255),
        "title": require_string(3000),
        "status": require_choice("pending", "in_progress", "complete", "error"),
    },
    {"details": RICH_TEXT, "output": RICH_TEXT, "sources": require_list(allow_anything, 100, 0)},
)
NESTABLE_BLOCKS: dict[str, Check] = {
    "section": require_block(
        {},
        {
            "text": require_text(3000),
            "fields": require_list(require_text(2000), 10),
            "accessory": SECTION_ACCESSORY,
            "expand": require_boolean,
        },
        extra_check=require_any_field("text", "fields"),
    ),
    "header": require_block({"text": require_plain_text(150)}),
    "divider": require_block({}),
    "image": require_block(
        {"alt_text": require_string(2000)},
        {"image_url": URL_CHECK, "slack_file": SLACK_FILE, "title": require_plain_text(2000)},
        extra_check=require_any_field("image_url", "slack_file"),
    ),
    "actions": require_block({"elements": require_list(ACTIONS_ELEMENT, 25)}),
    "context": require_block({"elements": require_list(check_context_element, 10)}),
    "context_actions": require_block({"elements": require_list(CONTEXT_ACTIONS_ELEMENT, 5)}),
    "input": require_block(
        {"label": require_plain_text(2000), "element": INPUT_ELEMENT},
        {
            "hint": require_plain_text(2000),
            "optional": require_boolean,
            "dispatch_action": require_boolean,
        },
    ),
    "rich_text": RICH_TEXT,
    "markdown": require_block({"text": require_string(12_000)}),
    "file": require_block({"external_id": require_string(255), "source": require_choice("remote")}),
    "video": require_block(
        {
            "alt_text": require_string(2000),
            "video_url": URL_CHECK,
            "thumbnail_url": URL_CHECK,
            "title": require_plain_text(199),
        },
        {
            "title_url": URL_CHECK,
            "description": require_plain_text(200),
            "provider_icon_url": URL_CHECK,
            "provider_name": require_string(50),
            "author_name": require_string(49),
        },
    ),
    "call": require_block(
        {"call_id": require_string(255)},
        {"api_decoration_available": require_boolean, "call": allow_anything},
    ),
    "card": CARD_BLOCK,
    "task_card": TASK_CARD,
    "plan": require_block(
        {"title": require_string(3000)},
        {"tasks": require_list(require_type({"task_card": TASK_CARD}), 50, 0)},
    ),
    "table": TABLE_BLOCK,
    "data_table": DATA_TABLE_BLOCK,
    "data_visualization": CHART_BLOCK,
    "carousel": require_block({"elements": require_list(require_type({"card": CARD_BLOCK}), 10)}),
    "alert": require_block(
        {"text": require_text(3000)},
        {"level": require_choice("default", "info", "warning", "error", "success")},
    ),
    "auth_provider": require_block(
        {
            "value": require_string(150),
            "name": require_plain_text(75),
            "is_connected": require_boolean,
        },
        {
            "description": require_plain_text(150),
            "icon_url": URL_CHECK,
            "auth_url": URL_CHECK,
            "disconnect_url": URL_CHECK,
            "connected_identity": require_plain_text(75),
            "connected_context": require_plain_text(75),
            "accessory": OVERFLOW,
            "fallback": require_list(allow_anything, 10),
        },
    ),
}
CONTAINER_BLOCK = require_block(
    {"child_blocks": require_list(require_type(NESTABLE_BLOCKS), 10)},
    {
        "title": require_plain_text(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": require_text(150),
        "width": require_choice("narrow", "standard", "wide", "full"),
        "icon": require_type({"image": IMAGE_ELEMENT}),
        "is_collapsible": require_boolean,
        "default_collapsed": require_boolean,
        "has_header_divider": require_boolean,
    },
    extra_check=check_container,
)
ALL_BLOCKS: dict[str, Check] = NESTABLE_BLOCKS | {"container": CONTAINER_BLOCK}
