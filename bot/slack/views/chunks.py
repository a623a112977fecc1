"""Long copy in pieces that a form's inputs can hold, and the pieces as the copy again.

An input takes 3,000 characters. The copy is cut where paragraphs end; what stood between two
pieces is written into the second one's block id, so that joining them gives the copy back.
"""

import re
from collections.abc import Sequence

from bot.slack.blocks import fitting, size

INPUT = 3_000
ROOMY = 2_400  # pieces of a long copy: there is room to type

PAUSES = [re.compile(shape) for shape in (r"\n{2,}", r"\n", r" ")]

Piece = tuple[str, str]  # what stands before it (newlines, a space, nothing), and its text


def in_inputs(text: str) -> list[Piece]:
    """The text in pieces, the first with nothing before it."""
    if size(text) <= INPUT:
        return [("", text)]
    found: list[Piece] = []
    before = ""
    while size(text) > ROOMY:
        end, after = _pause(text)
        found.append((before, text[:end]))
        before, text = text[end:after], text[after:]
    return [*found, (before, text)]


def joined(pieces: Sequence[Piece]) -> str:
    """The copy again; a piece that somebody emptied goes with what stood before it."""
    text = ""
    for before, piece in pieces:
        if piece:
            text += (before if text else "") + piece
    return text


def _pause(text: str) -> tuple[int, int]:
    """Where a piece ends and the next one starts: between paragraphs, lines or words."""
    most = fitting(text, ROOMY)
    for shape in PAUSES:
        ends = [found.start() for found in shape.finditer(text, 1, most + 1)]
        if ends and (pause := shape.match(text, ends[-1])):
            return pause.span()
    return most, most


def written(before: str) -> str:
    """What stands between two pieces, for a block id: `n2` two newlines, `s` a space, `-`."""
    return f"n{len(before)}" if before.startswith("\n") else "s" if before else "-"


def unwritten(told: str) -> str:
    if told.startswith("n"):
        return "\n" * int(told[1:])
    return " " if told == "s" else ""
