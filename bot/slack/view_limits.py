"""Fits a view into Slack's limits. Slack refuses a view that exceeds one of them, and the person
would see nothing.

Texts are cut. What cannot be shown is left out: an option whose value is too long, or a field that
could not be read again. Limits: Slack's reference of views, blocks and elements, November 2026.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack.blocks import Block, context_block, count_utf16_units, plain_text, truncate

METADATA, ID, VIEW_BLOCKS, VIEW_CHARACTERS = 3_000, 255, 100, 245_000
TITLE, HEADER, TEXT, FIELD, FIELDS, LABEL = 24, 150, 3_000, 2_000, 10, 2_000
PLACEHOLDER, BUTTON, BUTTON_VALUE, URL = 150, 75, 2_000, 3_000
OPTION, OPTION_VALUE, CHECKBOXES, OVERFLOW, MENU = 75, 150, 10, 5, 100
INPUT, ACTIONS, CONTEXTS, RICH_TEXT = 3_000, 25, 10, 12_000
CONFIRM_LIMITS = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
MAX_OPTIONS_BY_ELEMENT = {
    "checkboxes": CHECKBOXES,
    "radio_buttons": CHECKBOXES,
    "overflow": OVERFLOW,
}


def fit_view(view: Block, language: str = "en") -> Block:
    """Return the view within Slack's limits. Raise CannotDo when the form's metadata is too
    long."""
    if count_utf16_units(str(view.get("private_metadata") or "")) > METADATA:
        raise CannotDo(Words("This is too long for a form. Say it in a message instead."))
    fitted = dict(view)
    for name in ("title", "submit", "close"):
        if name in fitted:
            fitted[name] = _fit_text(fitted[name], TITLE)
    offered = [block for block in view["blocks"] if block.get("type") == "input"]
    blocks = list(_fit_blocks(_fit_each_block(view["blocks"])))
    if sum(block["type"] == "input" for block in blocks) < len(offered):
        words = Words("Some of the text is too long to edit here, and stays as it is.")
        note = words.to(language)
        if not any(note in json.dumps(block, ensure_ascii=False) for block in blocks):
            blocks = [*blocks[: VIEW_BLOCKS - 1], context_block(note)]
    if not blocks:
        blocks = [context_block("…")]
    return fitted | {"blocks": blocks}


def _fit_blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    """Keep as many blocks as a view holds, each block id once."""
    seen_ids: set[str] = set()
    room = VIEW_CHARACTERS
    for count, block in enumerate(blocks):
        room -= len(json.dumps(block))
        if count >= VIEW_BLOCKS or room < 0:
            return
        if (id := block.get("block_id")) is not None:
            if id in seen_ids:
                continue
            seen_ids.add(id)
        yield block


def _fit_each_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """Fit each block into its limits, and drop those of which nothing is left."""
    for block in blocks:
        if count_utf16_units(str(block.get("block_id") or "")) > ID:
            if block.get("type") == "input":
                continue  # without its id the field's value could not be told from others
            block = {key: value for key, value in block.items() if key != "block_id"}
        if (
            fitted := FIT_FUNCTIONS.get(str(block.get("type")), _keep_block)(dict(block))
        ) is not None:
            yield fitted


def _keep_block(block: Block) -> Block | None:
    return block


def _fit_header(block: Block) -> Block | None:
    return block | {"text": _fit_text(block["text"], HEADER)}


def _fit_section(block: Block) -> Block | None:
    if "text" in block:
        block["text"] = _fit_text(block["text"], TEXT)
    if "fields" in block:
        block["fields"] = [_fit_text(one, FIELD) for one in block["fields"][:FIELDS]]
    if "accessory" in block:
        block = _set_field(block, "accessory", _fit_element(block["accessory"]))
    return block if block.get("text") or block.get("fields") else None


def _fit_context(block: Block) -> Block | None:
    elements = [
        one if one["type"] == "image" else _fit_text(one, TEXT) for one in block["elements"]
    ]
    return block | {"elements": elements[:CONTEXTS]} if elements else None


def _fit_actions(block: Block) -> Block | None:
    elements: dict[str, Block] = {}
    for element in block["elements"]:
        if (fitted := _fit_element(element)) is not None:
            elements.setdefault(str(fitted.get("action_id") or len(elements)), fitted)
    return block | {"elements": list(elements.values())[:ACTIONS]} if elements else None


def _fit_input(block: Block) -> Block | None:
    element = _fit_element(block["element"])
    if element is None:
        return None
    block |= {"element": element, "label": _fit_text(block["label"], LABEL)}
    return block | {"hint": _fit_text(block["hint"], LABEL)} if "hint" in block else block


def _fit_rich_text(block: Block) -> Block | None:
    """Remove empty texts, which Slack refuses."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, list):
            return [cleaned(one) for one in value if not _is_empty_text(one)]
        if isinstance(value, dict):
            return {
                key: truncate(one, RICH_TEXT)
                if key == "text" and isinstance(one, str)
                else cleaned(one)
                for key, one in value.items()
            }
        return value

    fitted: Block = cleaned(block)
    return fitted if fitted.get("elements") else None


def _is_empty_text(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "text" and not value.get("text")


FIT_FUNCTIONS = {
    "header": _fit_header,
    "section": _fit_section,
    "context": _fit_context,
    "actions": _fit_actions,
    "input": _fit_input,
    "rich_text": _fit_rich_text,
}


def _fit_element(element: Block) -> Block | None:
    """Return None when the element can no longer be pressed, chosen or filled in."""
    fitted = dict(element)
    if count_utf16_units(str(fitted.get("action_id") or "")) > ID:
        return None
    if "placeholder" in fitted:
        fitted["placeholder"] = _fit_text(fitted["placeholder"], PLACEHOLDER)
    if "confirm" in fitted:
        sized = {
            name: _fit_text(fitted["confirm"][name], limit)
            for name, limit in CONFIRM_LIMITS.items()
        }
        fitted["confirm"] = fitted["confirm"] | sized
    if fitted["type"] == "button":
        fitted["text"] = _fit_text(fitted["text"], BUTTON)
        if count_utf16_units(str(fitted.get("value") or "")) > BUTTON_VALUE:
            return None
        if count_utf16_units(str(fitted.get("url") or "")) > URL:
            return None
    if fitted.get("initial_value") and isinstance(fitted["initial_value"], str):
        fitted["initial_value"] = truncate(fitted["initial_value"], INPUT)
    return _fit_menu(fitted) if "options" in fitted else fitted


def _fit_menu(element: Block) -> Block | None:
    """Keep the options that fit, each value once, and the initial options among them."""
    limit = MAX_OPTIONS_BY_ELEMENT.get(element["type"], MENU)
    options: dict[str, Block] = {}
    for one in element["options"]:
        if 0 < count_utf16_units(str(one["value"])) <= OPTION_VALUE:
            options.setdefault(str(one["value"]), _fit_option(one))
    start = element.get("initial_option")
    picked = [start] if start else element.get("initial_options") or []
    initial = [one for one in dict.fromkeys(str(one["value"]) for one in picked) if one in options]
    values = [*initial, *(value for value in options if value not in initial)][:limit]
    fitting = {value: one for value, one in options.items() if value in values}
    if not fitting:
        return None
    fitted = element | {"options": list(fitting.values())}
    fitted = _set_field(
        fitted, "initial_option", fitting.get(initial[0]) if start and initial else None
    )
    several = [fitting[value] for value in initial if value in fitting] if not start else []
    return _set_field(fitted, "initial_options", several or None)


def _fit_option(option: Block) -> Block:
    fitted = option | {"text": _fit_text(option["text"], OPTION)}
    if "description" in fitted:
        fitted["description"] = _fit_text(fitted["description"], OPTION)
    return fitted


def _set_field(block: Block, name: str, value: Any) -> Block:
    """Return the block with this field set, or without the field when `value` is None."""
    rest = {key: one for key, one in block.items() if key != name}
    return rest if value is None else rest | {name: value}


def _fit_text(text: Block, limit: int) -> Block:
    """Return the text cut to its limit, and never empty."""
    fitted: Block = text | {"text": plain_text(str(text["text"]), limit)["text"]}
    return fitted
