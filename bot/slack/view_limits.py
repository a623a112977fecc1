"""A view within Slack's limits, whatever stands in it: Slack refuses one that passes any of them,
and whoever pressed would see nothing at all.

Texts are cut, and what cannot be shown is left out: an option whose value is too long, a field that
could not be read again. Limits: Slack's reference of views, blocks and elements, November 2026.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack.blocks import Block, context, cut, plain, size

METADATA, ID, VIEW_BLOCKS, VIEW_CHARACTERS = 3_000, 255, 100, 245_000
TITLE, HEADER, TEXT, FIELD, FIELDS, LABEL = 24, 150, 3_000, 2_000, 10, 2_000
PLACEHOLDER, BUTTON, BUTTON_VALUE, URL = 150, 75, 2_000, 3_000
OPTION, OPTION_VALUE, CHECKBOXES, OVERFLOW, MENU = 75, 150, 10, 5, 100
INPUT, ACTIONS, CONTEXTS, RICH_TEXT = 3_000, 25, 10, 12_000
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
MOST_OPTIONS = {"checkboxes": CHECKBOXES, "radio_buttons": CHECKBOXES, "overflow": OVERFLOW}


def fit_view(view: Block, language: str = "en") -> Block:
    """The view as Slack takes it. Raises CannotDo when what the form has to carry is too long."""
    if size(str(view.get("private_metadata") or "")) > METADATA:
        raise CannotDo(Words("This is too long for a form. Say it in a message instead."))
    fitted = dict(view)
    for name in ("title", "submit", "close"):
        if name in fitted:
            fitted[name] = _text(fitted[name], TITLE)
    offered = [block for block in view["blocks"] if block.get("type") == "input"]
    blocks = list(_within(_each(view["blocks"])))
    if sum(block["type"] == "input" for block in blocks) < len(offered):
        said = Words("Some of the text is too long to edit here, and stays as it is.")
        note = said.to(language)
        if not any(note in json.dumps(block, ensure_ascii=False) for block in blocks):
            blocks = [*blocks[: VIEW_BLOCKS - 1], context(note)]
    if not blocks:
        blocks = [context("…")]
    return fitted | {"blocks": blocks}


def _within(blocks: Iterable[Block]) -> Iterator[Block]:
    """As many as a view holds, each id once."""
    seen: set[str] = set()
    room = VIEW_CHARACTERS
    for count, block in enumerate(blocks):
        room -= len(json.dumps(block))
        if count >= VIEW_BLOCKS or room < 0:
            return
        if (id := block.get("block_id")) is not None:
            if id in seen:
                continue
            seen.add(id)
        yield block


def _each(blocks: Iterable[Block]) -> Iterator[Block]:
    """Each block within its limits, without those of which nothing is left."""
    for block in blocks:
        if size(str(block.get("block_id") or "")) > ID:
            if block.get("type") == "input":
                continue  # what is filled in could not be told from other fields
            block = {key: value for key, value in block.items() if key != "block_id"}
        if (fitted := SHAPES.get(str(block.get("type")), _as_it_is)(dict(block))) is not None:
            yield fitted


def _as_it_is(block: Block) -> Block | None:
    return block


def _header(block: Block) -> Block | None:
    return block | {"text": _text(block["text"], HEADER)}


def _section(block: Block) -> Block | None:
    if "text" in block:
        block["text"] = _text(block["text"], TEXT)
    if "fields" in block:
        block["fields"] = [_text(one, FIELD) for one in block["fields"][:FIELDS]]
    if "accessory" in block:
        block = _with(block, "accessory", _element(block["accessory"]))
    return block if block.get("text") or block.get("fields") else None


def _context(block: Block) -> Block | None:
    shown = [one if one["type"] == "image" else _text(one, TEXT) for one in block["elements"]]
    return block | {"elements": shown[:CONTEXTS]} if shown else None


def _actions(block: Block) -> Block | None:
    found: dict[str, Block] = {}
    for element in block["elements"]:
        if (fitted := _element(element)) is not None:
            found.setdefault(str(fitted.get("action_id") or len(found)), fitted)
    return block | {"elements": list(found.values())[:ACTIONS]} if found else None


def _input(block: Block) -> Block | None:
    element = _element(block["element"])
    if element is None:
        return None
    block |= {"element": element, "label": _text(block["label"], LABEL)}
    return block | {"hint": _text(block["hint"], LABEL)} if "hint" in block else block


def _rich_text(block: Block) -> Block | None:
    """Without the empty texts in it, which Slack refuses."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, list):
            return [cleaned(one) for one in value if not _empty_text(one)]
        if isinstance(value, dict):
            return {
                key: cut(one, RICH_TEXT) if key == "text" and isinstance(one, str) else cleaned(one)
                for key, one in value.items()
            }
        return value

    fitted: Block = cleaned(block)
    return fitted if fitted.get("elements") else None


def _empty_text(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "text" and not value.get("text")


SHAPES = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
}


def _element(element: Block) -> Block | None:
    """None when nothing can be pressed, chosen or filled in any more."""
    fitted = dict(element)
    if size(str(fitted.get("action_id") or "")) > ID:
        return None
    if "placeholder" in fitted:
        fitted["placeholder"] = _text(fitted["placeholder"], PLACEHOLDER)
    if "confirm" in fitted:
        sized = {name: _text(fitted["confirm"][name], most) for name, most in CONFIRM.items()}
        fitted["confirm"] = fitted["confirm"] | sized
    if fitted["type"] == "button":
        fitted["text"] = _text(fitted["text"], BUTTON)
        if size(str(fitted.get("value") or "")) > BUTTON_VALUE:
            return None
        if size(str(fitted.get("url") or "")) > URL:
            return None
    if fitted.get("initial_value") and isinstance(fitted["initial_value"], str):
        fitted["initial_value"] = cut(fitted["initial_value"], INPUT)
    return _chosen(fitted) if "options" in fitted else fitted


def _chosen(element: Block) -> Block | None:
    """A menu whose options fit, each value once, and whose start is among them."""
    most = MOST_OPTIONS.get(element["type"], MENU)
    options: dict[str, Block] = {}
    for one in element["options"]:
        if 0 < size(str(one["value"])) <= OPTION_VALUE:
            options.setdefault(str(one["value"]), _option(one))
    start = element.get("initial_option")
    picked = [start] if start else element.get("initial_options") or []
    kept = [one for one in dict.fromkeys(str(one["value"]) for one in picked) if one in options]
    shown = [*kept, *(value for value in options if value not in kept)][:most]
    there = {value: one for value, one in options.items() if value in shown}
    if not there:
        return None
    fitted = element | {"options": list(there.values())}
    fitted = _with(fitted, "initial_option", there.get(kept[0]) if start and kept else None)
    several = [there[value] for value in kept if value in there] if not start else []
    return _with(fitted, "initial_options", several or None)


def _option(option: Block) -> Block:
    fitted = option | {"text": _text(option["text"], OPTION)}
    if "description" in fitted:
        fitted["description"] = _text(fitted["description"], OPTION)
    return fitted


def _with(block: Block, name: str, value: Any) -> Block:
    """The block with this field, or without it for None."""
    rest = {key: one for key, one in block.items() if key != name}
    return rest if value is None else rest | {name: value}


def _text(text: Block, most: int) -> Block:
    """A text that is neither too long nor empty."""
    shown: Block = text | {"text": plain(str(text["text"]), most)["text"]}
    return shown
