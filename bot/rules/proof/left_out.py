"""Where the figures and claims of a text are not ours to prove."""

import re
from collections.abc import Sequence

from bot.rules.proof import quotations
from bot.rules.proof.ground import Ground
from bot.rules.proof.piece import Piece
from bot.text.links import find_links

Span = tuple[int, int]


def spans_left_out(piece: Piece, ground: Ground) -> list[Span]:
    """Where figures and claims are not ours: links, names, placeholders, true quotations."""
    if piece.kind == "quote":
        return [(0, len(piece.text))]
    spans = [(link.start, link.end) for link in find_links(piece.text)]
    spans += ground.name_spans(piece.text)
    spans += [match.span() for match in re.finditer(r"\[[A-Z]+_\d+\]|\{\{[^{}]*\}\}", piece.text)]
    return spans + quotations.true_spans(piece, ground)


def within(start: int, end: int, spans: Sequence[Span]) -> bool:
    return any(a <= start and end <= b for a, b in spans)
