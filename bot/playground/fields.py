"""What people put into inputs and menus, in the shapes in which Slack reports it."""

from typing import Any

from bot.playground.blocks import flat, own_elements
from bot.playground.refusals import Impossible
from bot.playground.texts import options_in

Values = dict[str, dict[str, dict[str, Any]]]
# The name under which Slack reports an element's value, and the element's field it starts from.
ONE = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
}
SEVERAL = {
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "file_input": ("files", ""),
}
STATEFUL = (ONE.keys() | SEVERAL.keys()) - {"overflow"}
ALL = ONE | SEVERAL


def starting_values(blocks: list[dict[str, Any]]) -> Values:
    """The state of blocks before anybody touched them."""
    values: Values = {}
    for block in flat(blocks):
        for element in own_elements(block):
            if element["type"] in STATEFUL:
                fields = values.setdefault(block["block_id"], {})
                fields[element["action_id"]] = starting_value(element)
    return values


def starting_value(element: dict[str, Any]) -> dict[str, Any]:
    """An untouched element's state."""
    kind = element["type"]
    name, start = ALL[kind]
    empty: Any = [] if kind in SEVERAL else None
    return {"type": kind, name: element.get(start) or empty}


def filled(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """An element's state after a person chose or typed `value`: words, an option's value, a list.

    Raises Impossible for an option that is not offered.
    """
    kind = element["type"]
    name = ALL[kind][0]
    if kind in SEVERAL:
        chosen: Any = [_one(element, each) for each in value or []]
        most = element.get("max_selected_items")
        if most and len(chosen) > most:
            raise Impossible(f"at most {most} can be selected")
    else:
        chosen = _one(element, value) if value not in (None, "") else None
    return {"type": kind, name: chosen}


def _one(element: dict[str, Any], value: Any) -> Any:
    if "option" not in ALL[element["type"]][0] or isinstance(value, dict):
        return value
    for option in options_in(element):
        if option["value"] == value:
            return option
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
    offered = [option["value"] for option in options_in(element)]
    raise Impossible(f"there is no option {value!r}; there are {offered}")


def is_empty(state: dict[str, Any]) -> bool:
    """Whether nothing was put into an element."""
    return state[ALL[state["type"]][0]] in (None, "", [])


def problem_of(block: dict[str, Any], state: dict[str, Any]) -> str | None:
    """What Slack's client says of an input before it sends a form, or None."""
    element = block["element"]
    if is_empty(state):
        return None if block.get("optional") else "Please complete this required field."
    if element["type"] != "plain_text_input":
        return None
    typed = len(state["value"])
    if typed < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if typed > (most := element.get("max_length", 3000)):
        return f"Please enter at most {most} characters."
    return None
