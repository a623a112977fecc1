"""Form inputs, long copy split into several of them, and views fitted into Slack's limits.

An input takes 3,000 characters. Copy is split where paragraphs end. The separator between two
chunks is stored in the block id of the second one, so that joining the chunks restores the copy.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
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


VIEW_TITLE, LABEL, HINT, PLACEHOLDER, MENU, OPTION_VALUE = 24, 2_000, 2_000, 150, 100, 150
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
        """Build the options that a menu holds, without those whose value is too long."""
        return [
            option(self._translate(text), value)
            for value, text in options.items()
            if 0 < count_utf16_units(value) <= OPTION_VALUE
        ][:MENU]

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


def find_missing_reason(view: View) -> dict[str, Words]:
    """Return the form errors when no reason is given; empty otherwise."""
    if read_reason(view):
        return {}
    return {"reason": Words("Tap a reason or write one.")}


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


def fit_view(view: Block, language: str = "en") -> Block:
    """Return the view with as many of its blocks as Slack takes; the builders keep each of them
    within its own limits. Raise CannotDo when the form's metadata is too long."""
    if count_utf16_units(str(view.get("private_metadata") or "")) > METADATA:
        raise CannotDo("This is too long for a form. Say it in a message instead.")
    words = Words("Some of the text is too long to edit here, and stays as it is.")
    note = context_block(words.to(language))
    blocks: list[Block] = []
    left_out: list[Block] = []
    ids: set[str] = set()
    room = VIEW_CHARACTERS
    for block in view["blocks"]:
        room -= len(json.dumps(block))
        id, element = str(block.get("block_id") or ""), block.get("element") or {}
        is_usable = count_utf16_units(id) <= ID and id not in ids and element.get("options") != []
        fits = is_usable and len(blocks) < VIEW_BLOCKS and room >= 0
        (blocks if fits else left_out).append(block)
        ids |= {id} if id else set()
    if note not in blocks and any(block["type"] == "input" for block in left_out):
        blocks = [*blocks[: VIEW_BLOCKS - 1], note]
    return view | {"blocks": blocks or [context_block("…")]}
