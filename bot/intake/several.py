"""Several products in one wish: which, in the order named, so that each gets a draft of its own."""

import re

from bot.desk import Found, Library

SURE = 0.5  # below this score, a piece of the wish names no product
WHOLE = 0.9  # from this score on, the whole names one: a throw "in mohair and wool"
_AND = re.compile(r"\s*(?:,|;|\+|&|\bet\b|\band\b|\bainsi que\b|\bas well as\b|\bplus\b)\s*", re.I)
_ARTICLE = re.compile(r"^(?:the|our|a|an|la|le|les|l'|nos|notre|un|une|des|du)\b\s*", re.I)


async def named(phrases: list[str], library: Library) -> list[Found]:
    """The products that these phrases name one beside the other; none unless there are two."""
    found: dict[str, Found] = {}
    for phrase in dict.fromkeys(phrases):
        hits = sorted(await library.find(phrase), key=lambda hit: -hit.score)
        if hits and hits[0].score >= WHOLE and _words(phrase) <= _words(hits[0].title):
            found.setdefault(hits[0].handle, hits[0])
            continue
        for piece in _pieces(phrase):
            near = sorted(await library.find(piece), key=lambda hit: -hit.score)
            if near and near[0].score >= SURE and _says(piece, near[0].title):
                found.setdefault(near[0].handle, near[0])
    return list(found.values()) if len(found) > 1 else []


def _pieces(phrase: str) -> list[str]:
    pieces = [_ARTICLE.sub("", piece.strip()) for piece in _AND.split(phrase)]
    return [piece for piece in pieces if len(piece) > 2]


def _says(piece: str, title: str) -> bool:
    """Whether it has a word of the title besides what it is made of or its colour: two at least,
    or one that is a name."""
    said, words = _words(piece), _words(title)
    own = {word.lower() for word in re.findall(r"\b[A-ZÀ-Ý][\wà-ÿ]+", title)[1:]}
    return len(said & words) > 1 or bool(said & own)


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[\wà-ÿ]{3,}", text.lower())}
