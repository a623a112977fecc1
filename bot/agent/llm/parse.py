"""What a writer answers: JSON that grows, or JSON wrapped in words. Nothing is repaired."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

UNSPOKEN = ("facts", "fact")  # ids: nobody reads those
THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)
INSIDE = re.compile(r'([,\[{]|"\s*:)\s*$')  # what stands before an object within another


def readable(text: str) -> str:
    """The words in a JSON answer so far, a paragraph each; empty while there are none."""
    start = text.find("{")
    if start < 0:
        return ""
    try:
        value = from_json(text[start:], allow_partial="trailing-strings")
    except ValueError:
        return ""
    return "\n\n".join(_words(value))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in UNSPOKEN:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def json_in(text: str) -> str | None:
    """The whole JSON object in an answer that wraps it in prose, a fence or thoughts.

    A piece of a broken object is not taken for the whole: None.
    """
    text = THOUGHTS.sub("", text)
    found, at = "", text.find("{")
    while at >= 0:
        end = at + 1
        if not INSIDE.search(text, max(0, at - 40), at):
            end = _end(text, at) or end
            found = max(found, text[at:end], key=len) if end > at + 1 else found
        at = text.find("{", end)
    return found or None


def _end(text: str, at: int) -> int | None:
    try:
        return json.JSONDecoder().raw_decode(text, at)[1]
    except ValueError:
        return None
