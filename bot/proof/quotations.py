"""What is quoted stands letter for letter in its source; what is cited exists."""

import re
from collections.abc import Iterator, Sequence

from bot.checks import Check
from bot.evidence import Evidence, Fact
from bot.fold import squeeze
from bot.proof.ground import Ground
from bot.proof.known import is_old
from bot.proof.piece import Piece
from bot.words import Words

_QUOTED = re.compile(
    r"«[ \u00a0\u202f]*([^«»]{2,600}?)[ \u00a0\u202f]*»|“([^“”]{2,600})”|„([^“”„]{2,600})“"
    r"|(?<![\w\d])\"([^\"\n]{2,600})\"(?!\w)"
)


def quotes(pieces: Sequence[Piece], ground: Ground) -> Iterator[Check]:
    """A customer's words letter for letter; anything in quotation marks from somewhere."""
    for piece in pieces:
        if piece.kind == "quote":
            fact = ground.evidence.get(piece.cites[0]) if piece.cites else None
            if fact is None or not _is_from(fact, piece.text):
                words = Words("The quotation is not in its source, letter for letter.")
                yield Check(
                    rule="quote", level="block", words=words, part=piece.key, quote=piece.text,
                    fact=piece.cites[0] if piece.cites else None,
                )  # fmt: skip
            continue
        for start, end in quoted_spans(piece) if piece.written else ():
            text = piece.text[start:end]
            if not _is_somewhere(text, ground):
                words = Words("“{quote}” is in no source, letter for letter.", quote=text)
                yield Check(
                    rule="quote", level="block", words=words, part=piece.key, quote=text,
                    override=True,
                )  # fmt: skip


def true_spans(piece: Piece, ground: Ground) -> list[tuple[int, int]]:
    """What is quoted, and truly from a source: others' words, not claims of ours."""
    return [
        (start, end)
        for start, end in (quoted_spans(piece) if piece.written else ())
        if any(_is_from(fact, piece.text[start:end]) for fact in ground.evidence.facts)
    ]


def _is_from(fact: Fact, text: str) -> bool:
    """Whether a source says this; old copy and what somebody typed are no source."""
    sure = fact.stated_by is None and not is_old(fact)
    return sure and _contains(str(fact.value), text.rstrip(" .,!?…"))


def _contains(whole: str, quote: str) -> bool:
    return squeeze(quote) in squeeze(whole)


def _is_somewhere(text: str, ground: Ground) -> bool:
    if any(_is_from(fact, text) for fact in ground.evidence.facts):
        return True
    texts = [said.text for said in ground.said] + [str(one.fact.value) for one in ground.known]
    return any(_contains(whole, text.rstrip(" .,!?…")) for whole in texts)


def citations(pieces: Sequence[Piece], evidence: Evidence) -> Iterator[Check]:
    """What a part cites must exist."""
    for piece in pieces:
        if piece.kind == "quote":
            continue
        for fact_id in dict.fromkeys(piece.cites):
            if evidence.get(fact_id) is None:
                words = Words("The source “{fact}” does not exist. Cite another.", fact=fact_id)
                yield Check(
                    rule="citation", level="block", words=words, part=piece.key, fact=fact_id,
                    override=True,
                )  # fmt: skip


def quoted_spans(piece: Piece) -> list[tuple[int, int]]:
    """What stands between quotation marks, marks left out; three words at least."""
    return [
        m.span(m.lastindex or 0)
        for m in _QUOTED.finditer(piece.text)
        if len(m[m.lastindex or 0].split()) >= 3
    ]
