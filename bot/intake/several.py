"""Several products in one wish, named one by one or as a range: one text is about them all."""

import re

from bot.desk import Found, Library

SURE = 0.5  # below this score, a piece of the wish names no product
WHOLE = 0.9  # from this score on, the whole names one: a throw "in mohair and wool"
_AND = re.compile(r"\s*(?:,|;|\+|&|\bet\b|\band\b|\bainsi que\b|\bas well as\b|\bplus\b)\s*", re.I)
NEAR = 0.3  # from this score on, a product is of the range that was named
ALIKE = 0.8  # of the score of the likeliest: below, it is another thing of the same material
_RANGE = re.compile(
    r"\b(?:range|collection|line|selection|gamme|ligne|sélection|(?:all|every|tous|toutes)(?= ))\b"
    r"(?: (?:of|de|d'|en|our|nos|the|les))?", re.IGNORECASE
)  # fmt: skip
_HERE = re.compile(
    r"\s+(?:(?:is|are) (?:here|back|out|in)|(?:has|have) (?:arrived|landed)"
    r"|(?:est|sont) (?:là|arrivée?s?|de retour)|arrivent?|new arrivals?|nouveautés?)\b.*$",
    re.IGNORECASE,
)
_EVENT = re.compile(  # a date to come to, whatever the catalogue has of that name
    r"(?:atelier|ouverture|soirée|portes|vernissage|dégustation|rencontre|workshop|opening|store"
    r"|pop-?up|open day|tasting|meet|evening)\b",
    re.IGNORECASE,
)
_SINGLE = re.compile(  # one thing, in the plural
    r"(?:trousers|jeans|shorts|glasses|leggings|tights|pants|pyjamas?|slippers|boots|shoes|socks|earrings"
    r"|curtains|sneakers|trainers|tops|ciseaux|lunettes|chaussures|chaussettes|bottes|baskets|chaussons"
    r"|rideaux|collants)$", re.IGNORECASE
)  # fmt: skip
_PROPER = re.compile(r"\b[A-ZÀ-Ý][\wà-ÿ]{2,}")  # a name of its own
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


async def unfound(phrases: list[str], library: Library) -> list[str]:
    """What was named beside a product, as "the Marais bag", and is not in the catalogue."""
    for phrase in dict.fromkeys(phrases):
        hits = sorted(await library.find(phrase), key=lambda hit: -hit.score)
        if hits and hits[0].score >= WHOLE:
            continue
        found, missing = 0, []
        for piece in _AND.split(phrase):
            name = _ARTICLE.sub("", piece.strip())
            near = sorted(await library.find(name), key=lambda hit: -hit.score) if name else []
            if near and near[0].score >= SURE and _says(name, near[0].title):
                found += 1
            elif _PROPER.search(name):
                missing.append(name)
        if found and missing:
            return missing
    return []


async def of_range(phrases: list[str], library: Library) -> tuple[str, list[Found]]:
    """What a range is called, and its products, the likeliest first; none where one is meant."""
    for phrase in dict.fromkeys(phrases):
        called = _ARTICLE.sub("", _HERE.sub("", phrase.strip())).strip()
        whole = bool(_RANGE.search(called))
        wanted = " ".join(_RANGE.sub(" ", called).split())
        if not wanted or _EVENT.match(wanted) or not (whole or _many(wanted)):
            continue
        hits = sorted(await library.find(wanted), key=lambda hit: -hit.score)
        least = max(NEAR, hits[0].score * ALIKE) if hits else 0
        some = [hit for hit in hits if hit.score >= least]
        if len(some) > 1 and (whole or not _one_of(wanted, some[0].title)):
            return called, some
    return "", []


def _many(words: str) -> bool:
    """Whether these words are several things: candles, not glasses or a dress."""
    ends = [word for word in re.findall(r"[\wà-ÿ]{4,}", words) if word[-1] in "sx"]
    return any(word[-2:] not in ("ss", "us", "is") and not _SINGLE.match(word) for word in ends)


def _one_of(words: str, title: str) -> bool:
    """Whether the words have the name of its own of this product, or its very plural."""
    said = {word.lower() for word in re.findall(r"[\wà-ÿ]{3,}", words)}
    named = re.findall(r"[\wà-ÿ]{3,}", title)
    own = {word.lower() for word in named[1:] if word[0].isupper()}
    french = {word[0].isupper() for word in named[1:]} == {True, False}
    heads = {named[0].lower(), named[-1].lower()} if named else set()
    return bool((french and said & own) or any(head[-1] in "sx" for head in said & heads))


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
