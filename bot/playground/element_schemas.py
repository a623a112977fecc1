"""Schemas of Block Kit elements, as Slack validates them."""

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
