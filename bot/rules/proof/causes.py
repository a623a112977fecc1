"""Causes named in a report: "because the campaign worked" needs a source that speaks of it.

Only in what stays inside: there a reader acts on a cause. What a customer says of a cause is a
quotation, and how sure a test is of its effect is told with the test.
"""

import re
from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.core.facts import Fact
from bot.i18n.messages import Words
from bot.rules import about
from bot.rules.proof.piece import Piece
from bot.text.normalize import normalize_text

_CAUSE = re.compile(
    r"\b(?:because(?: of)?|due to|owing to|thanks to|caused by|driven by|as a result of"
    r"|parce qu(?:e\b|')|a cause d(?:e\b|es\b|u\b|')"
    r"|grace (?:a\b|aux?\b)|en raison d(?:e\b|es\b|u\b|')"
    r"|du fait d(?:e\b|es\b|u\b|')|provoquee?s? par|causee?s? par|s'explique(?:nt)? par)"
    r"[^.,;:!?\n]*"
)


def causes(examined: Sequence[Piece], facts: Sequence[Fact]) -> Iterator[Check]:
    """Each cause that nothing which was looked up speaks of."""
    known = " ; ".join(
        f"{fact.about} {fact.label} {fact.value}" for fact in facts if fact.stated_by is None
    )
    for piece in examined:
        if piece.kind != "copy":
            continue
        for match in _CAUSE.finditer(normalize_text(piece.text)):
            said = piece.text[match.start() : match.end()].strip()
            if not about.speaks_of(said, known):
                yield Check(
                    rule="cause",
                    level="block",
                    words=Words(
                        "“{cause}”: no source names this cause. Take it out, or say who says so.",
                        cause=said,
                    ),
                    part=piece.key,
                    quote=said,
                    override=True,
                )
