"""Check quotations: what stands between quotation marks stands letter for letter in a source."""

import re
from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.grounding.sources import Piece, Sources, Span
from bot.i18n.messages import Words
from bot.text.normalize import collapse_spaces

MIN_WORDS = 3  # fewer between marks are an emphasis, or a name
QUOTED = re.compile(
    r"«[ \u00a0\u202f]*([^«»]{2,600}?)[ \u00a0\u202f]*»|“([^“”]{2,600})”|„([^“”„]{2,600})“"
    r"|(?<![\w\d])\"([^\"\n]{2,600})\"(?!\w)|‹[ \u00a0\u202f]*([^‹›]{2,600}?)[ \u00a0\u202f]*›"
    r"|(?<!\w)['‘]((?=\w)(?:[^'‘’\n]|(?<=\w)['’](?=\w)){2,600}?)['’](?!\w)"
)


def find_quotations(text: str) -> list[Span]:
    """Return where text stands between quotation marks, without the marks."""
    return [
        match.span(match.lastindex or 0)
        for match in QUOTED.finditer(text)
        if len(match[match.lastindex or 0].split()) >= MIN_WORDS
    ]


def check_quotes(pieces: Sequence[Piece], sources: Sources) -> Iterator[Check]:
    """Yield a finding for each quotation that no source has, letter for letter."""
    for piece in pieces:
        if piece.kind == "quote":
            fact = sources.evidence.get(piece.cites[0]) if piece.cites else None
            if fact is None or not Sources(
                sources.evidence.model_copy(update={"facts": (fact,)})
            ).contains_quote(piece.text):
                yield Check(
                    rule="quote",
                    level="block",
                    words=Words("The quotation is not in its source, letter for letter."),
                    part=piece.key,
                    quote=piece.text,
                    fact=piece.cites[0] if piece.cites else None,
                )
        elif piece.is_prose:
            for start, end in find_quotations(piece.text):
                text = piece.text[start:end]
                if not (sources.contains_quote(text) or _is_stated(text, sources)):
                    yield Check(
                        rule="quote",
                        level="block",
                        words=Words("“{quote}” is in no source, letter for letter.", quote=text),
                        part=piece.key,
                        quote=text,
                        override=True,
                    )


def _is_stated(text: str, sources: Sources) -> bool:
    """Whether somebody typed these words in the brief. Their figures and claims are held as any."""
    said = collapse_spaces(text.rstrip(" .,!?…"))
    return any(said in collapse_spaces(statement.text) for statement in sources.statements)
