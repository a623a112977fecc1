"""Form inputs, long copy split into several of them, and views fitted into Slack's limits.

An input takes 3,000 characters. Copy is split where paragraphs end. The separator between two
chunks is stored in the block id of the second one, so that joining the chunks restores the copy.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack.blocks import (
    Block,
    context_block,
    count_fitting,
    count_utf16_units,
    option,
    plain_text,
    truncate,
)

MAX_INPUT_CHARACTERS = 3_000
CHUNK_CHARACTERS = 2_400  # of one chunk, which leaves room to type

CHUNK_BREAKS = [re.compile(shape) for shape in (r"\n{2,}", r"\n", r" ")]

Chunk = tuple[str, str]  # the separator before it (newlines, a space, nothing), and its text


def split_into_chunks(text: str) -> list[Chunk]:
    """Split the text; the first chunk has no separator before it."""
    if count_utf16_units(text) <= MAX_INPUT_CHARACTERS:
        return [("", text)]
    chunks: list[Chunk] = []
    before = ""
    while count_utf16_units(text) > CHUNK_CHARACTERS:
        end, after = _find_break(text)
        chunks.append((before, text[:end]))
        before, text = text[end:after], text[after:]
    return [*chunks, (before, text)]


def join_chunks(pieces: Sequence[Chunk]) -> str:
    """Restore the copy. An emptied chunk is dropped with the separator before it."""
    text = ""
    for before, piece in pieces:
        if piece:
            text += (before if text else "") + piece
    return text


def _find_break(text: str) -> tuple[int, int]:
    """Return where a chunk ends and where the next one starts: between paragraphs, lines or
    words."""
    limit = count_fitting(text, CHUNK_CHARACTERS)
    for shape in CHUNK_BREAKS:
        ends = [match.start() for match in shape.finditer(text, 1, limit + 1)]
        if ends and (pause := shape.match(text, ends[-1])):
            return pause.span()
    return limit, limit


def encode_separator(before: str) -> str:
    """Encode the separator for a block id: `n2` two newlines, `s` a space, `-` nothing."""
    return f"n{len(before)}" if before.startswith("\n") else "s" if before else "-"


def decode_separator(code: str) -> str:
    if code.startswith("n"):
        return "\n" * int(code[1:])
    return " " if code == "s" else ""


VIEW_TITLE, LABEL, HINT, PLACEHOLDER, MENU = 24, 2_000, 2_000, 150, 100
Labels = Mapping[str, Words | str]  # value → what people read


@dataclass(frozen=True)
class FormBuilder:
    """Builds the inputs of a form in the reader's language. A field's name is both its block id and
    its action id."""

    language: str

    def build(
        self, callback: str, title: Words, submit: Words, blocks: list[Block], metadata: str = ""
    ) -> Block:
        return {
            "type": "modal",
            "callback_id": callback,
            "title": plain_text(title.to(self.language), VIEW_TITLE),
            "submit": plain_text(submit.to(self.language), VIEW_TITLE),
            "close": plain_text(Words("Cancel").to(self.language), VIEW_TITLE),
            "private_metadata": metadata,
            "blocks": blocks,
        }

    def input(
        self,
        id: str,
        label: Words | str,
        element: Block,
        *,
        optional: bool = False,
        hint: Words | None = None,
    ) -> Block:
        block: Block = {
            "type": "input",
            "block_id": id,
            "optional": optional,
            "label": plain_text(self._translate(label), LABEL),
            "element": {"action_id": id, **element},
        }
        return block | ({"hint": plain_text(hint.to(self.language), HINT)} if hint else {})

    def text(
        self,
        id: str,
        label: Words | str,
        text: str = "",
        *,
        multiline: bool = False,
        optional: bool = False,
        hint: Words | None = None,
    ) -> Block:
        element = plain_text_input(text, multiline=multiline)
        return self.input(id, label, element, optional=optional, hint=hint)

    def menu(
        self,
        id: str,
        label: Words,
        options: Labels,
        chosen: str | None = None,
        *,
        must: bool = False,
        placeholder: Words | None = None,
    ) -> Block:
        """Build a menu. Nothing needs to be chosen unless `must` is set; `chosen` is the value of
        the option that is chosen at first."""
        default = Words("Choose") if must else Words("Let Super-Intern choose")
        hint = (placeholder or default).to(self.language)
        menu: Block = {"type": "static_select", "placeholder": plain_text(hint, PLACEHOLDER)}
        menu["options"] = self.list_options(options)
        if initial := [one for one in menu["options"] if one["value"] == chosen]:
            menu["initial_option"] = initial[0]
        return self.input(id, label, menu, optional=not must)

    def choices(
        self,
        id: str,
        label: Words,
        options: Labels,
        chosen: Collection[str] = (),
        *,
        type: str = "checkboxes",
    ) -> Block:
        """Build an input of which any number of options may be chosen."""
        element: Block = {"type": type, "options": self.list_options(options)}
        if initial := [one for one in element["options"] if one["value"] in chosen]:
            element["initial_options"] = initial
        return self.input(id, label, element, optional=True)

    def list_options(self, options: Labels) -> list[Block]:
        return [option(self._translate(text), value) for value, text in options.items()][:MENU]

    def _translate(self, text: Words | str) -> str:
        return text.to(self.language) if isinstance(text, Words) else text


def plain_text_input(text: str, *, multiline: bool) -> Block:
    element: Block = {"type": "plain_text_input", "multiline": multiline, "max_length": 3_000}
    return element | ({"initial_value": truncate(text, 3_000)} if text else {})


# Values of a submitted form.

View = dict[str, Any]


def read_edit(view: View) -> dict[str, str]:
    """Return the copy by part key, as it was typed, for the parts that the form has."""
    pieces: dict[str, list[tuple[int, Chunk]]] = {}
    for block_id, fields in _read_values(view).items():
        block = _parse_block_id(block_id)
        if block is not None:
            key, number, before = block
            text = str((fields.get("text") or {}).get("value") or "")
            pieces.setdefault(key, []).append((number, (decode_separator(before), text)))
    return {
        key: join_chunks([piece for _, piece in sorted(chunks)]) for key, chunks in pieces.items()
    }


def read_reason(view: View) -> str:
    """Return the ticked reasons, then the typed one; empty when there is neither."""
    reasons = [*read_checked(view, "reasons"), read_text(view, "reason")]
    return ". ".join(one for one in reasons if one)


def find_missing_reason(view: View, language: str) -> dict[str, str]:
    """Return the form errors when no reason is given; empty otherwise."""
    if read_reason(view):
        return {}
    return {"reason": Words("Tap a reason or write one.").to(language)}


def _read_values(view: View) -> dict[str, dict[str, Any]]:
    return (view.get("state") or {}).get("values") or {}


def _read_state(view: View, name: str) -> dict[str, Any]:
    return (_read_values(view).get(name) or {}).get(name) or {}


def read_channel(view: View, name: str) -> str | None:
    """Return the chosen channel; None when nothing was chosen."""
    return _read_state(view, name).get("selected_conversation") or None


def read_text(view: View, name: str) -> str:
    return str(_read_state(view, name).get("value") or "").strip()


def read_date(view: View, name: str) -> str:
    """Return the chosen day as an ISO date; empty when none was chosen."""
    return str(_read_state(view, name).get("selected_date") or "")


def read_choice(view: View, name: str) -> str:
    return str((_read_state(view, name).get("selected_option") or {}).get("value") or "")


def read_checked(view: View, name: str) -> list[str]:
    return [str(one["value"]) for one in _read_state(view, name).get("selected_options") or []]


def _parse_block_id(block_id: str) -> tuple[str, int, str] | None:
    """Return part key, chunk number and separator; None for a block of another form."""
    try:
        key, number, before = json.loads(block_id)
    except (ValueError, TypeError):
        return None
    return str(key), int(number), str(before)


METADATA, ID, VIEW_BLOCKS, VIEW_CHARACTERS = 3_000, 255, 100, 245_000
HEADER, TEXT, FIELD, FIELDS = 150, 3_000, 2_000, 10
BUTTON, BUTTON_VALUE, URL = 75, 2_000, 3_000
OPTION, OPTION_VALUE, CHECKBOXES, OVERFLOW = 75, 150, 10, 5
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
            fitted[name] = _fit_text(fitted[name], VIEW_TITLE)
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
