"""What was filled into a form."""

import json
from typing import Any

from bot.i18n.messages import Words
from bot.slack.views.chunks import Piece, joined, unwritten

View = dict[str, Any]


def read_brief(view: View) -> dict[str, str]:
    """A brief's fields by name, those left open not among them; `private` is "yes" or absent."""
    found = {
        "words": typed_in(view, "words"),
        "channel": chosen(view, "channel"),
        "audience": typed_in(view, "audience"),
        "language": chosen(view, "language"),
        "private": ", ".join(ticked(view, "private")),
    }
    return {name: value for name, value in found.items() if value}


def read_edit(view: View) -> dict[str, str]:
    """The copy by part key, as it was typed; parts that the form did not hold are not there."""
    pieces: dict[str, list[tuple[int, Piece]]] = {}
    for block_id, fields in _values(view).items():
        told = _place(block_id)
        if told is not None:
            key, number, before = told
            text = str((fields.get("text") or {}).get("value") or "")
            pieces.setdefault(key, []).append((number, (unwritten(before), text)))
    return {key: joined([piece for _, piece in sorted(found)]) for key, found in pieces.items()}


def read_reason(view: View) -> str:
    """What was tapped, then what was typed; empty when there is neither."""
    told = [*ticked(view, "reasons"), typed_in(view, "reason")]
    return ". ".join(one for one in told if one)


def reason_missing(view: View, language: str) -> dict[str, str]:
    """The errors to answer a form with that gives no reason; empty when it gives one."""
    if read_reason(view):
        return {}
    return {"reason": Words("Tap a reason or write one.").to(language)}


def _values(view: View) -> dict[str, dict[str, Any]]:
    return (view.get("state") or {}).get("values") or {}


def _state(view: View, name: str) -> dict[str, Any]:
    return (_values(view).get(name) or {}).get(name) or {}


def place_in(view: View, name: str) -> str | None:
    """The channel that was chosen; None when that was left open."""
    return _state(view, name).get("selected_conversation") or None


def typed_in(view: View, name: str) -> str:
    return str(_state(view, name).get("value") or "").strip()


def chosen(view: View, name: str) -> str:
    return str((_state(view, name).get("selected_option") or {}).get("value") or "")


def ticked(view: View, name: str) -> list[str]:
    return [str(one["value"]) for one in _state(view, name).get("selected_options") or []]


def _place(block_id: str) -> tuple[str, int, str] | None:
    """Which part, which piece of it, and what stands before; None for another form's block."""
    try:
        key, number, before = json.loads(block_id)
    except (ValueError, TypeError):
        return None
    return str(key), int(number), str(before)
