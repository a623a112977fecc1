"""The elements people click and fill in, and where each may stand."""

from bot.playground.shapes import (
    Check,
    Shape,
    anything,
    at_least_one,
    by_type,
    list_of,
    matching,
    number,
    one_of,
    whole,
    words,
    yes_no,
)
from bot.playground.texts import (
    CONFIRM,
    ID,
    OPTION_GROUP,
    SLACK_FILE,
    URL,
    has_options,
    option,
    plain,
)

PERSON_IDS = list_of(words(255), 100, 0)
DATE = matching(r"\d{4}-\d\d-\d\d", "a date such as 2026-12-01")
TIME = matching(r"([01]\d|2[0-3]):[0-5]\d", "a time such as 09:30")
INPUT: dict[str, Check] = {"action_id": ID, "focus_on_load": yes_no, "placeholder": plain(150)}
CLICKED: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM}
CHOSEN: dict[str, Check] = {**INPUT, "confirm": CONFIRM}
MANY: dict[str, Check] = {"max_selected_items": whole(1, 10_000)}
DISPATCH: dict[str, Check] = {"dispatch_action_config": anything}
MENU: dict[str, Check] = {
    "options": list_of(option(), 100),
    "option_groups": list_of(OPTION_GROUP, 100),
}
FILTER: dict[str, Check] = {"filter": anything, "default_to_current_conversation": yes_no}
FEEDBACK = Shape({"text": plain(75), "value": words(2000)}, {"accessibility_label": words(75)})
IMAGE = Shape(
    {"alt_text": words(2000)},
    {"image_url": URL, "slack_file": SLACK_FILE},
    also=at_least_one("image_url", "slack_file"),
)

PRESSED: dict[str, Check] = {
    "button": Shape(
        {"text": plain(75)},
        CLICKED
        | {
            "value": words(2000, 0),
            "url": URL,
            "style": one_of("primary", "danger"),
            "accessibility_label": words(75),
            "visible_to_user_ids": PERSON_IDS,
            "agent_prompt": words(4000),
        },
    ),
    "workflow_button": Shape(
        {"text": plain(75), "workflow": anything},
        CLICKED | {"style": one_of("primary", "danger"), "accessibility_label": words(75)},
    ),
    "overflow": Shape({"options": list_of(option(), 5)}, CLICKED),
}
BOXES: dict[str, Check] = {
    "checkboxes": Shape(
        {"options": list_of(option(), 10)},
        CHOSEN | {"initial_options": list_of(option(), 10)},
        also=has_options,
    ),
    "radio_buttons": Shape(
        {"options": list_of(option(), 10)}, CHOSEN | {"initial_option": option()}, also=has_options
    ),
}
TIMES: dict[str, Check] = {
    "datepicker": Shape({}, CHOSEN | {"initial_date": DATE}),
    "timepicker": Shape({}, CHOSEN | {"initial_time": TIME, "timezone": words(100)}),
}
MOMENT: dict[str, Check] = {
    "datetimepicker": Shape({}, CHOSEN | {"initial_date_time": whole(10**9, 10**10 - 1)})
}
SELECTS: dict[str, Check] = {
    "static_select": Shape({}, CHOSEN | MENU | {"initial_option": option()}, also=has_options),
    "external_select": Shape(
        {}, CHOSEN | {"initial_option": option(), "min_query_length": whole(0, 100)}
    ),
    "users_select": Shape({}, CHOSEN | {"initial_user": words(255)}),
    "conversations_select": Shape(
        {}, CHOSEN | FILTER | {"initial_conversation": words(255), "response_url_enabled": yes_no}
    ),
    "channels_select": Shape(
        {}, CHOSEN | {"initial_channel": words(255), "response_url_enabled": yes_no}
    ),
    "multi_static_select": Shape(
        {}, CHOSEN | MENU | MANY | {"initial_options": list_of(option(), 100)}, also=has_options
    ),
    "multi_external_select": Shape(
        {},
        CHOSEN
        | MANY
        | {"initial_options": list_of(option(), 100), "min_query_length": whole(0, 100)},
    ),
    "multi_users_select": Shape({}, CHOSEN | MANY | {"initial_users": PERSON_IDS}),
    "multi_conversations_select": Shape(
        {}, CHOSEN | MANY | FILTER | {"initial_conversations": PERSON_IDS}
    ),
    "multi_channels_select": Shape({}, CHOSEN | MANY | {"initial_channels": PERSON_IDS}),
}
TYPED: dict[str, Check] = {
    "plain_text_input": Shape(
        {},
        INPUT
        | DISPATCH
        | {
            "initial_value": words(3000, 0),
            "multiline": yes_no,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
        },
    ),
    "email_text_input": Shape({}, INPUT | DISPATCH | {"initial_value": words(3000, 0)}),
    "url_text_input": Shape({}, INPUT | DISPATCH | {"initial_value": words(3000, 0)}),
    "number_input": Shape(
        {"is_decimal_allowed": yes_no},
        INPUT
        | DISPATCH
        | {name: words(100) for name in ("initial_value", "min_value", "max_value")},
    ),
    "rich_text_input": Shape(
        {},
        INPUT | DISPATCH | {"initial_value": anything, "min_lines": number, "max_lines": number},
    ),
    "file_input": Shape(
        {}, {"action_id": ID, "filetypes": list_of(words(50), 100), "max_files": whole(1, 10)}
    ),
}
ASIDE: dict[str, Check] = {
    "feedback_buttons": Shape(
        {"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {"action_id": ID}
    ),
    "icon_button": Shape(
        {"icon": words(100), "text": plain(75)},
        CLICKED
        | {
            "value": words(2000, 0),
            "accessibility_label": words(75),
            "visible_to_user_ids": PERSON_IDS,
        },
    ),
}

IN_ACTIONS = by_type(PRESSED | BOXES | TIMES | MOMENT | SELECTS)
IN_SECTION = by_type(PRESSED | BOXES | TIMES | SELECTS | {"image": IMAGE})
IN_INPUT = by_type(TYPED | BOXES | TIMES | MOMENT | SELECTS)
IN_CONTEXT_ACTIONS = by_type(ASIDE)
BUTTON = by_type({"button": PRESSED["button"]})
OVERFLOW = by_type({"overflow": PRESSED["overflow"]})
MODAL_ONLY = {"email_text_input", "url_text_input", "number_input", "file_input"}
