"""Checks of blocks and views, their ids, and the values that people enter into them."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from bot.playground.block_schemas import list_options, read_check
from bot.playground.errors import ApiRefusal, ImpossibleAction, SchemaErrors
from bot.playground.slack_objects import IdGenerator

Block = dict[str, Any]
MESSAGE_ONLY_BLOCKS = {"table"}
MAX_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MAX_TABLES = 1
MAX_MESSAGE_CHARACTERS = 13_200


def check_blocks(faults: SchemaErrors, blocks: Any, surface: str, pointer: str = "/blocks") -> None:
    """Record all errors that Slack would report. `surface` is message, modal or home."""
    if len(blocks) > MAX_BLOCKS[surface]:
        faults.add(f"no more than {MAX_BLOCKS[surface]} items allowed", pointer)
    for place, block in enumerate(blocks):
        read_check("blocks(all)")(faults, block, f"{pointer}/{place}")
    if faults.messages:
        return
    for place, block in enumerate(blocks):
        _check_surface(faults, block, surface, f"{pointer}/{place}")
    _check_ids(faults, blocks, pointer)
    if sum(block["type"] == "table" for block in blocks) > MAX_TABLES:
        faults.add(f"no more than {MAX_TABLES} table blocks allowed", pointer)


def check_message_blocks(blocks: list[Block]) -> None:
    """Raise ApiRefusal for blocks that Slack does not accept in a message."""
    faults = SchemaErrors()
    check_blocks(faults, blocks, "message")
    faults.raise_if_any("invalid_blocks")
    if count_characters(blocks) > MAX_MESSAGE_CHARACTERS:
        raise ApiRefusal("msg_blocks_too_long")


def _check_surface(faults: SchemaErrors, block: Block, surface: str, pointer: str) -> None:
    if surface != "message" and block["type"] in MESSAGE_ONLY_BLOCKS:
        faults.add(f"unsupported type: {block['type']}", f"{pointer}/type")


def _check_ids(faults: SchemaErrors, blocks: list[Block], pointer: str) -> None:
    seen: set[str] = set()
    for block in blocks:
        if (name := block.get("block_id")) and name in seen:
            faults.add(f"block_id {name} is used more than once", pointer)
        seen.add(block.get("block_id") or "")
        actions = [one["action_id"] for one in list_elements(block) if one.get("action_id")]
        for twice in sorted({one for one in actions if actions.count(one) > 1}):
            faults.add(f"action_id {twice} is used more than once in a block", pointer)


def list_elements(block: Block) -> list[dict[str, Any]]:
    """Return the elements of one block that a person can click or fill in."""
    found = [block.get("element"), block.get("accessory")]
    if block.get("type") == "actions":
        found += block["elements"]
    return [one for one in found if isinstance(one, dict)]


def count_characters(value: Any) -> int:
    """Return the number of characters in all strings of blocks, except `type` values."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(count_characters(one) for one in value)
    if isinstance(value, dict):
        return sum(count_characters(one) for key, one in value.items() if key != "type")
    return 0


def assign_ids(blocks: list[Block], ids: IdGenerator) -> list[Block]:
    """Return a copy in which every block and element has an id, as Slack assigns them."""
    return [_assign_block_ids(block, ids) for block in blocks]


def _assign_block_ids(block: Block, ids: IdGenerator) -> Block:
    copy = {"block_id": ids.new_id("b")[-6:]} | _drop_nulls(block)
    for key in ("element", "accessory"):
        if key in copy:
            copy[key] = _assign_action_id(copy[key], ids)
    if copy["type"] == "actions":
        copy["elements"] = [_assign_action_id(element, ids) for element in copy["elements"]]
    return copy


def _assign_action_id(element: dict[str, Any], ids: IdGenerator) -> dict[str, Any]:
    return {"action_id": ids.new_id("a")[-6:]} | _drop_nulls(element)


def _drop_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


# The state of inputs and menus, in the form in which Slack reports it.

ElementValues = dict[str, dict[str, dict[str, Any]]]
# For each element type that the intern uses: the state field of its value, and the field of its
# initial value.
SINGLE_VALUE_ELEMENTS = {
    "plain_text_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "conversations_select": ("selected_conversation", "initial_conversation"),
}
MULTI_VALUE_ELEMENTS = {
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
}
STATEFUL_ELEMENTS = (SINGLE_VALUE_ELEMENTS.keys() | MULTI_VALUE_ELEMENTS.keys()) - {"overflow"}
VALUE_ELEMENTS = SINGLE_VALUE_ELEMENTS | MULTI_VALUE_ELEMENTS


def collect_initial_values(blocks: list[dict[str, Any]]) -> ElementValues:
    """Return the state of blocks before any input."""
    values: ElementValues = {}
    for block in blocks:
        for element in list_elements(block):
            if element["type"] in STATEFUL_ELEMENTS:
                fields = values.setdefault(block["block_id"], {})
                fields[element["action_id"]] = read_initial_value(element)
    return values


def read_initial_value(element: dict[str, Any]) -> dict[str, Any]:
    """Return the state of an element before any input."""
    kind = element["type"]
    name, start = VALUE_ELEMENTS[kind]
    empty: Any = [] if kind in MULTI_VALUE_ELEMENTS else None
    return {"type": kind, name: element.get(start) or empty}


def build_element_state(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return an element's state after a person entered `value`: text, an option's value or a list.

    Raises ImpossibleAction for an option that the element does not have.
    """
    kind = element["type"]
    name = VALUE_ELEMENTS[kind][0]
    if kind in MULTI_VALUE_ELEMENTS:
        chosen: Any = [_resolve_option(element, each) for each in value or []]
        maximum = element.get("max_selected_items")
        if maximum and len(chosen) > maximum:
            raise ImpossibleAction(f"at most {maximum} can be selected")
    else:
        chosen = _resolve_option(element, value) if value not in (None, "") else None
    return {"type": kind, name: chosen}


def _resolve_option(element: dict[str, Any], value: Any) -> Any:
    if "option" not in VALUE_ELEMENTS[element["type"]][0] or isinstance(value, dict):
        return value
    for option in list_options(element):
        if option["value"] == value:
            return option
    offered = [option["value"] for option in list_options(element)]
    raise ImpossibleAction(f"there is no option {value!r}; there are {offered}")


def is_empty_state(state: dict[str, Any]) -> bool:
    return state[VALUE_ELEMENTS[state["type"]][0]] in (None, "", [])


def find_input_problem(block: dict[str, Any], state: dict[str, Any]) -> str | None:
    """Return the validation error that Slack's client shows for an input, or None."""
    element = block["element"]
    if is_empty_state(state):
        return None if block.get("optional") else "Please complete this required field."
    if element["type"] != "plain_text_input":
        return None
    typed = len(state["value"])
    if typed < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if typed > (maximum := element.get("max_length", 3000)):
        return f"Please enter at most {maximum} characters."
    return None


# Modals and Home tabs, with the values that were entered.

MAX_VIEW_BYTES = 250_000


@dataclass(eq=False)
class View:
    """A modal or Home tab; `values` is the state of its inputs."""

    id: str
    kind: str
    user: str
    source: dict[str, Any]
    blocks: list[dict[str, Any]]
    hash: str
    values: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    closed: bool = False

    @property
    def callback_id(self) -> str:
        return str(self.source.get("callback_id") or "")

    @property
    def title(self) -> str:
        """The modal's title; empty for a Home tab."""
        return str((self.source.get("title") or {}).get("text", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.source.get("private_metadata") or "")

    def replace_source(self, source: dict[str, Any], ids: IdGenerator) -> None:
        """Replace the view's definition; entered values stay if block and action id stay."""
        self.source, self.blocks = source, assign_ids(source["blocks"], ids)
        self.hash = ids.new_ts()
        before, self.values = self.values, collect_initial_values(self.blocks)
        for block_id, fields in self.values.items():
            for action_id in fields:
                if value := before.get(block_id, {}).get(action_id):
                    fields[action_id] = value
        self.errors, self.trouble = {}, None

    def as_slack(self, team: str, app: str, bot: str) -> dict[str, Any]:
        """Return Slack's view object, with its state."""
        return {
            "id": self.id,
            "team_id": team,
            "type": self.kind,
            "blocks": self.blocks,
            "private_metadata": self.private_metadata,
            "callback_id": self.callback_id,
            "state": {"values": self.values},
            "hash": self.hash,
            "title": self.source.get("title"),
            "clear_on_close": bool(self.source.get("clear_on_close")),
            "notify_on_close": bool(self.source.get("notify_on_close")),
            "close": self.source.get("close"),
            "submit": self.source.get("submit"),
            "previous_view_id": None,
            "root_view_id": self.id,
            "app_id": app,
            "external_id": "",
            "app_installed_team_id": team,
            "bot_id": bot,
        }


def check_view(view: Any, kind: str) -> dict[str, Any]:
    """Return the checked view; raise ApiRefusal if Slack would not open or publish it."""
    faults = SchemaErrors()
    read_check(f"views({kind})")(faults, view, "/view")
    faults.raise_if_any("invalid_arguments")
    blocks = view["blocks"]
    if not isinstance(blocks, list):
        faults.add("must be an array", "/view/blocks")
    elif len(json.dumps(view)) > MAX_VIEW_BYTES:
        raise ApiRefusal("view_too_large")
    else:
        check_blocks(faults, blocks, kind, "/view/blocks")
    faults.raise_if_any("invalid_arguments")
    has_input = any(block["type"] == "input" for block in blocks)
    if kind == "modal" and has_input and not view.get("submit"):
        faults.add("a modal with an input block needs submit", "/view/submit")
    faults.raise_if_any("invalid_arguments")
    return dict(view)


# The rich_text block that Slack makes of what people type.

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
