"""Cleans sentences of catalogue descriptions: removes HTML, and rejects shouting and praise."""

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

# Praise at the start of a catalogue's sentence that says nothing about the product.
_PRAISE = re.compile(
    r"^(?:(?:a|an|un|une) )?(?:(?:(?:ultra|very|so)[- ])?(?:stylish|chic|sleek|classic|elegant"
    r"|lovely|beautiful|gorgeous|stunning|amazing|great|cute|trendy|fashionable|comfortable|vibrant),?"
    r" (?=\w))+",
    re.IGNORECASE,
)


def strip_html(text: str) -> str:
    """Return the text without HTML, with single spaces."""
    plain = collapse_spaces(html.unescape(re.sub(r"<[^>]*>", " ", text)))
    return re.sub(r"^(?:product )?description:? (?=[A-ZÀ-Ý])", "", plain, flags=re.IGNORECASE)


def is_usable_sentence(sentence: str) -> bool:
    begins = sentence[:1].isupper() or sentence[:1].isdigit()
    glued = re.search(r"[a-zà-ÿ]{3}[A-ZÀ-Ý][a-zà-ÿ]{2}", sentence)  # "railwaySanta"
    return 15 <= len(sentence) <= 240 and begins and not glued and not _SHOUT.search(sentence)


def strip_praise(sentence: str) -> str:
    bare = _PRAISE.sub("", sentence)
    return bare[:1].upper() + bare[1:]


def adds_information(text: str, name: str) -> bool:
    """Whether the text contains at least two longer words that the name does not."""
    words = re.findall(r"[^\W\d_]{4,}", text)
    new_words = {word.lower().rstrip("s") for word in words if not _PRAISE.match(f"{word} x")}
    return (
        len(new_words - {word.rstrip("s") for word in re.findall(r"[^\W\d_]+", name.lower())}) > 1
    )
