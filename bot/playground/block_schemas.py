"""Schemas of all Block Kit elements and blocks, as Slack validates them."""

import re
from typing import Any

from bot.playground.errors import SchemaErrors
from bot.playground.schema import (
    CONFIRM,
    ID_CHECK,
    OPTION_GROUP,
    SLACK_FILE,
    URL_CHECK,
    Check,
    ObjectSchema,
    allow_anything,
    check_options,
    require_any_field,
    require_boolean,
    require_choice,
    require_integer,
    require_list,
    require_number,
    require_option,
    require_pattern,
    require_plain_text,
    require_string,
    require_text,
    require_type,
)

PERSON_IDS = require_list(require_string(255), 100, 0)
DATE = require_pattern(r"\d{4}-\d\d-\d\d", "a date such as 2026-12-01")
TIME = require_pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time such as 09:30")
INPUT_FIELDS: dict[str, Check] = {
    "action_id": ID_CHECK,
    "focus_on_load": require_boolean,
    "placeholder": require_plain_text(150),
}
CLICK_FIELDS: dict[str, Check] = {"action_id": ID_CHECK, "confirm": CONFIRM}
CHOICE_FIELDS: dict[str, Check] = {**INPUT_FIELDS, "confirm": CONFIRM}
MULTI_SELECT_FIELDS: dict[str, Check] = {"max_selected_items": require_integer(1, 10_000)}
DISPATCH_FIELDS: dict[str, Check] = {"dispatch_action_config": allow_anything}
OPTION_FIELDS: dict[str, Check] = {
    "options": require_list(require_option(), 100),
    "option_groups": require_list(OPTION_GROUP, 100),
}
FILTER_FIELDS: dict[str, Check] = {
    "filter": allow_anything,
    "default_to_current_conversation": require_boolean,
}
FEEDBACK_OPTION = ObjectSchema(
    {"text": require_plain_text(75), "value": require_string(2000)},
    {"accessibility_label": require_string(75)},
)
IMAGE_ELEMENT = ObjectSchema(
    {"alt_text": require_string(2000)},
    {"image_url": URL_CHECK, "slack_file": SLACK_FILE},
    extra_check=require_any_field("image_url", "slack_file"),
)

BUTTON_ELEMENTS: dict[str, Check] = {
    "button": ObjectSchema(
        {"text": require_plain_text(75)},
        CLICK_FIELDS
        | {
            "value": require_string(2000, 0),
            "url": URL_CHECK,
            "style": require_choice("primary", "danger"),
            "accessibility_label": require_string(75),
            "visible_to_user_ids": PERSON_IDS,
            "agent_prompt": require_string(4000),
        },
    ),
    "workflow_button": ObjectSchema(
        {"text": require_plain_text(75), "workflow": allow_anything},
        CLICK_FIELDS
        | {"style": require_choice("primary", "danger"), "accessibility_label": require_string(75)},
    ),
    "overflow": ObjectSchema({"options": require_list(require_option(), 5)}, CLICK_FIELDS),
}
CHECKBOX_ELEMENTS: dict[str, Check] = {
    "checkboxes": ObjectSchema(
        {"options": require_list(require_option(), 10)},
        CHOICE_FIELDS | {"initial_options": require_list(require_option(), 10)},
        extra_check=check_options,
    ),
    "radio_buttons": ObjectSchema(
        {"options": require_list(require_option(), 10)},
        CHOICE_FIELDS | {"initial_option": require_option()},
        extra_check=check_options,
    ),
}
DATE_ELEMENTS: dict[str, Check] = {
    "datepicker": ObjectSchema({}, CHOICE_FIELDS | {"initial_date": DATE}),
    "timepicker": ObjectSchema(
        {}, CHOICE_FIELDS | {"initial_time": TIME, "timezone": require_string(100)}
    ),
}
DATETIME_ELEMENTS: dict[str, Check] = {
    "datetimepicker": ObjectSchema(
        {}, CHOICE_FIELDS | {"initial_date_time": require_integer(10**9, 10**10 - 1)}
    )
}
SELECT_ELEMENTS: dict[str, Check] = {
    "static_select": ObjectSchema(
        {},
        CHOICE_FIELDS | OPTION_FIELDS | {"initial_option": require_option()},
        extra_check=check_options,
    ),
    "external_select": ObjectSchema(
        {},
        CHOICE_FIELDS
        | {"initial_option": require_option(), "min_query_length": require_integer(0, 100)},
    ),
    "users_select": ObjectSchema({}, CHOICE_FIELDS | {"initial_user": require_string(255)}),
    "conversations_select": ObjectSchema(
        {},
        CHOICE_FIELDS
        | FILTER_FIELDS
        | {"initial_conversation": require_string(255), "response_url_enabled": require_boolean},
    ),
    "channels_select": ObjectSchema(
        {},
        CHOICE_FIELDS
        | {"initial_channel": require_string(255), "response_url_enabled": require_boolean},
    ),
    "multi_static_select": ObjectSchema(
        {},
        CHOICE_FIELDS
        | OPTION_FIELDS
        | MULTI_SELECT_FIELDS
        | {"initial_options": require_list(require_option(), 100)},
        extra_check=check_options,
    ),
    "multi_external_select": ObjectSchema(
        {},
        CHOICE_FIELDS
        | MULTI_SELECT_FIELDS
        | {
            "initial_options": require_list(require_option(), 100),
            "min_query_length": require_integer(0, 100),
        },
    ),
    "multi_users_select": ObjectSchema(
        {}, CHOICE_FIELDS | MULTI_SELECT_FIELDS | {"initial_users": PERSON_IDS}
    ),
    "multi_conversations_select": ObjectSchema(
        {},
        CHOICE_FIELDS | MULTI_SELECT_FIELDS | FILTER_FIELDS | {"initial_conversations": PERSON_IDS},
    ),
    "multi_channels_select": ObjectSchema(
        {}, CHOICE_FIELDS | MULTI_SELECT_FIELDS | {"initial_channels": PERSON_IDS}
    ),
}
TEXT_INPUT_ELEMENTS: dict[str, Check] = {
    "plain_text_input": ObjectSchema(
        {},
        INPUT_FIELDS
        | DISPATCH_FIELDS
        | {
            "initial_value": require_string(3000, 0),
            "multiline": require_boolean,
            "min_length": require_integer(0, 3000),
            "max_length": require_integer(1, 3000),
        },
    ),
    "email_text_input": ObjectSchema(
        {}, INPUT_FIELDS | DISPATCH_FIELDS | {"initial_value": require_string(3000, 0)}
    ),
    "url_text_input": ObjectSchema(
        {}, INPUT_FIELDS | DISPATCH_FIELDS | {"initial_value": require_string(3000, 0)}
    ),
    "number_input": ObjectSchema(
        {"is_decimal_allowed": require_boolean},
        INPUT_FIELDS
        | DISPATCH_FIELDS
        | {name: require_string(100) for name in ("initial_value", "min_value", "max_value")},
    ),
    "rich_text_input": ObjectSchema(
        {},
        INPUT_FIELDS
        | DISPATCH_FIELDS
        | {
            "initial_value": allow_anything,
            "min_lines": require_number,
            "max_lines": require_number,
        },
    ),
    "file_input": ObjectSchema(
        {},
        {
            "action_id": ID_CHECK,
            "filetypes": require_list(require_string(50), 100),
            "max_files": require_integer(1, 10),
        },
    ),
}
CONTEXT_ELEMENTS: dict[str, Check] = {
    "feedback_buttons": ObjectSchema(
        {"positive_button": FEEDBACK_OPTION, "negative_button": FEEDBACK_OPTION},
        {"action_id": ID_CHECK},
    ),
    "icon_button": ObjectSchema(
        {"icon": require_string(100), "text": require_plain_text(75)},
        CLICK_FIELDS
        | {
            "value": require_string(2000, 0),
            "accessibility_label": require_string(75),
            "visible_to_user_ids": PERSON_IDS,
        },
    ),
}

ACTIONS_ELEMENT = require_type(
    BUTTON_ELEMENTS | CHECKBOX_ELEMENTS | DATE_ELEMENTS | DATETIME_ELEMENTS | SELECT_ELEMENTS
)
SECTION_ACCESSORY = require_type(
    BUTTON_ELEMENTS | CHECKBOX_ELEMENTS | DATE_ELEMENTS | SELECT_ELEMENTS | {"image": IMAGE_ELEMENT}
)
INPUT_ELEMENT = require_type(
    TEXT_INPUT_ELEMENTS | CHECKBOX_ELEMENTS | DATE_ELEMENTS | DATETIME_ELEMENTS | SELECT_ELEMENTS
)
CONTEXT_ACTIONS_ELEMENT = require_type(CONTEXT_ELEMENTS)
BUTTON = require_type({"button": BUTTON_ELEMENTS["button"]})
OVERFLOW = require_type({"overflow": BUTTON_ELEMENTS["overflow"]})
MODAL_ONLY_ELEMENTS = {"email_text_input", "url_text_input", "number_input", "file_input"}


# The rich_text block, which Slack also makes of what people type.

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
