"""What is quoted stands letter for letter in its source; what is cited exists."""

import re
from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.i18n.messages import Words
from bot.rules.proof.ground import Ground
from bot.rules.proof.known import is_old
from bot.rules.proof.piece import Piece
from bot.text.normalize import collapse_spaces

WORDS = 3  # fewer between marks are an emphasis, or a name

_QUOTED = re.compile(
    r"«[ \u00a0\u202f]*([^«»]{2,600}?)[ \u00a0\u202f]*»|“([^“”]{2,600})”|„([^“”„]{2,600})“"
    r"|(?<![\w\d])\"([^\"\n]{2,600})\"(?!\w)|‹[ \u00a0\u202f]*([^‹›]{2,600}?)[ \u00a0\u202f]*›"
    r"|(?<!\w)['‘]((?=\w)(?:[^'‘’\n]|(?<=\w)['’](?=\w)){2,600}?)['’](?!\w)"
)
# Whoever is said to have spoken: « une cliente raconte », "says Marie".
_SPEAKS = re.compile(
    r"\b(?:[Cc]ustomer|[Cc]liente?|[Bb]uyer|[Aa]cheteu(?:r|se)) (?:says|said|told us|tells us"
    r"|writes|wrote|dit|raconte|écrit|nous écrit|confie|nous confie|témoigne)\b"
    r"|\b[A-ZÀ-Þ][a-zà-ÿ]+(?:, \d\d(?: ans)?,)? (?:says|said|dit|raconte|confie|témoigne)(?= ?:)"
    r"|\b(?:says|dit|raconte|confie) (?:une cliente|un client|a customer|[A-ZÀ-Þ][a-zà-ÿ]+)\b"
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
        spoken = _SPEAKS.search(piece.text) if piece.written else None
        fewest = 1 if spoken else WORDS
        if spoken and not ground.report and not quoted_spans(piece, fewest):
            yield _nobodys(piece, spoken[0])
        for start, end in quoted_spans(piece, fewest) if piece.written else ():
            text = piece.text[start:end]
            if not _is_somewhere(text, ground):
                words = Words("“{quote}” is in no source, letter for letter.", quote=text)
                yield Check(
                    rule="quote", level="block", words=words, part=piece.key, quote=text,
                    override=True,
                )  # fmt: skip


def _nobodys(piece: Piece, said: str) -> Check:
    words = Words("“{said}”: quote the words between quotation marks, as they stand.", said=said)
    return Check(
        rule="quote", level="block", words=words, part=piece.key, quote=said, override=True
    )


def true_spans(piece: Piece, ground: Ground) -> list[tuple[int, int]]:
    """What is quoted, and truly from a source: others' words, not claims of ours."""
    return [
        (start, end)
        for start, end in (quoted_spans(piece) if piece.written else ())
        if any(_is_from(fact, piece.text[start:end]) for fact in ground.evidence.facts)
    ]


def _is_from(fact: Fact, text: str) -> bool:
    """Whether a source says this, or what it tells of is called so; old copy and what somebody
    typed are no source."""
    sure, said = fact.stated_by is None and not is_old(fact), text.rstrip(" .,!?…")
    return sure and (_contains(str(fact.value), said) or _contains(fact.about, said))


def _contains(whole: str, quote: str) -> bool:
    return collapse_spaces(quote) in collapse_spaces(whole)


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


def quoted_spans(piece: Piece, fewest: int = WORDS) -> list[tuple[int, int]]:
    """What stands between quotation marks, marks left out; `fewest` words at least."""
    return [
        m.span(m.lastindex or 0)
        for m in _QUOTED.finditer(piece.text)
        if len(m[m.lastindex or 0].split()) >= fewest
    ]
