"""Cleans sentences of catalogue descriptions: removes HTML, and rejects shouting."""

import html
import re

from bot.text.normalize import collapse_spaces

_SHOUT = re.compile(
    r"[A-Z]{5,}|!|(?i:\bperfect\b|\bbest\b|\bparfait|\bmeilleur|\bplease\b|package include"
    r"|\bdelight\b|\bsure to\b|\bmagic\b|\bfavourite\b|\bwonderful\b"
    r"|\bblister|\b(?:our|my) (?:store|shop)(?:front)?\b|\bfeedback\b|\bbrand new\b|^so\b"
    r"|^product description\b)"
    r"|: [^.]*\w: "  # a list of labels without line breaks
)

_END = re.compile(r"(?<=[.!?])\s+")


def strip_html(text: str) -> str:
    """Return the text without HTML, with single spaces."""
    plain = collapse_spaces(html.unescape(re.sub(r"<[^>]*>", " ", text)))
    return re.sub(r"^(?:product )?description:? (?=[A-ZÀ-Ý])", "", plain, flags=re.IGNORECASE)


def split_sentences(text: str, abbreviations: tuple[str, ...]) -> list[str]:
    """Return the sentences; a full stop of an abbreviation ends none."""
    sentences: list[str] = []
    for piece in _END.split(text):
        if sentences and sentences[-1].lower().endswith(abbreviations):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    if len(sentences) == 1 and sentences[0] and sentences[0][-1].isalnum():
        sentences = [f"{sentences[0]}."]
    return sentences


def is_usable_sentence(sentence: str) -> bool:
    begins = sentence[:1].isupper() or sentence[:1].isdigit()
    glued = re.search(r"[a-zà-ÿ]{3}[A-ZÀ-Ý][a-zà-ÿ]{2}", sentence)  # "railwaySanta"
    return 15 <= len(sentence) <= 240 and begins and not glued and not _SHOUT.search(sentence)
