"""Form inputs, and long copy split into several of them.

An input takes 3,000 characters. Copy is split where paragraphs end. The separator between two
chunks is stored in the block id of the second one, so that joining the chunks restores the copy.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from bot.i18n.messages import Words
from bot.slack.blocks import Block, count_fitting, count_utf16_units, plain_text, truncate

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


# Inputs. The field's name is both its block id and its action id.

VIEW_TITLE, LABEL, HINT = 24, 2_000, 2_000


def build_form(
    callback: str,
    title: Words,
    submit: Words,
    blocks: list[Block],
    metadata: str,
    language: str,
) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title.to(language), VIEW_TITLE),
        "submit": plain_text(submit.to(language), VIEW_TITLE),
        "close": plain_text(Words("Cancel").to(language), VIEW_TITLE),
        "private_metadata": metadata,
        "blocks": blocks,
    }


def text_input(
    id: str,
    label: Words,
    language: str,
    text: str = "",
    *,
    multiline: bool = False,
    optional: bool = False,
) -> Block:
    return {
        "type": "input",
        "block_id": id,
        "optional": optional,
        "label": plain_text(label.to(language), LABEL),
        "element": plain_text_input(id, text, multiline=multiline),
    }


def plain_text_input(id: str, text: str, *, multiline: bool) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": id,
        "multiline": multiline,
        "max_length": 3_000,
    }
    return element | ({"initial_value": truncate(text, 3_000)} if text else {})


def select_input(
    id: str,
    label: Words,
    options: list[Block],
    language: str,
    *,
    must: bool = False,
    chosen: str | None = None,
) -> Block:
    """Build a menu. Nothing needs to be chosen unless `must` is set; `chosen` is the value of the
    option that is chosen at first."""
    hint = Words("Choose") if must else Words("Let Super-Intern choose")
    menu: Block = {
        "type": "static_select",
        "action_id": id,
        "placeholder": plain_text(hint.to(language), 150),
        "options": options,
    }
    if initial := [one for one in options if one["value"] == chosen]:
        menu["initial_option"] = initial[0]
    return {
        "type": "input",
        "block_id": id,
        "optional": not must,
        "label": plain_text(label.to(language), LABEL),
        "element": menu,
    }


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
