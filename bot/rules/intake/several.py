"""Several products in one wish, named one by one or as a range: one text is about them all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bot.core.library import Library, ProductMatch
from bot.data.catalogue.search import match_name
from bot.rules.events import is_event
from bot.rules.goods import kinds
from bot.rules.intake.phrasing import NO_PRODUCT

SURE = 0.5  # below this score, a piece of the wish names no product
WHOLE = 0.9  # from this score on, the whole names one: a throw "in mohair and wool"
NEAR = 0.3  # from this score on, a product is of the range that was named
ALIKE = 0.8  # of the score of the likeliest: below, it is another thing of the same material
MOST = 5  # products in one text: no range has more
_AND = re.compile(r"\s*(?:,|;|\+|&|\bet\b|\band\b|\bainsi que\b|\bas well as\b|\bplus\b)\s*", re.I)
_ALL = (
    r"(?:all|every|tous|toutes|(?:every|any)thing (?:for|in|from|of)"
    r"|tout (?:ce qui est )?(?:en|pour))\b(?: of)?(?: (?:the|our|les?|la|nos)\b)?"
)
_RANGE = re.compile(
    r"\b(?:range|collection|line|selection|gamme|ligne|sélection)\b(?: (?:of|de|d'|en))?"
    rf"|\b{_ALL}", re.IGNORECASE
)  # fmt: skip
_HERE = re.compile(
    r"\s+(?:(?:is|are) (?:finally )?(?:here|back|out|in)"
    r"|(?:has|have) (?:finally )?(?:arrived|landed)"
    r"|(?:est|sont) (?:enfin )?(?:là|arrivée?s?|de retour)|arrivent?|new arrivals?|nouveautés?)"
    r"\b.*$",
    re.IGNORECASE,
)
_SINGLE = re.compile(  # one thing, in the plural
    r"(?:trousers|jeans|shorts|glasses|leggings|tights|pants|pyjamas?|slippers|boots|shoes|socks|earrings"
    r"|curtains|sneakers|trainers|tops|ciseaux|lunettes|chaussures|chaussettes|bottes|baskets|chaussons"
    r"|rideaux|collants)$", re.IGNORECASE
)  # fmt: skip
_PROPER = re.compile(r"\b[A-ZÀ-Ý][\wà-ÿ]{2,}")  # a name of its own
_ARTICLE = re.compile(r"^(?:the|our|a|an|la|le|les|l'|nos|notre|un|une|des|du)\b\s*", re.I)
_QUITE = re.compile(rf"^{_ALL}\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Unsure:
    """A thing that was named, and what it may be."""

    called: str
    near: tuple[ProductMatch, ...]


@dataclass(frozen=True)
class Beside:
    """What stands side by side in a wish: `called` is what the products are called together, if
    anything; `missing` is what was named among them and is not in the catalogue; `unsure` is such
    a thing that some product may be after all, called otherwise."""

    found: tuple[ProductMatch, ...] = ()
    called: str = ""
    missing: tuple[str, ...] = ()
    unsure: tuple[Unsure, ...] = ()


async def beside(phrases: Sequence[str], typed: str, library: Library, house: str = "") -> Beside:
    """The products that these phrases of the typed words name, one by one or as a range. The name
    of the `house` may stand beside any of them."""
    some: list[list[ProductMatch]] = []
    called: list[str] = []
    missing: list[str] = []
    unsure: list[Unsure] = []
    if phrases and is_event(phrases[0]):
        return Beside()
    for phrase in dict.fromkeys(phrases):
        pieces = await _pieces(phrase, library)
        near = [await match_name(called_so(piece), library, house) for piece in pieces]
        meant = [
            _meant(piece, typed, hits.sure, many=not some)
            for piece, hits in zip(pieces, near, strict=True)
        ]
        unsure += [
            Unsure(called_so(piece), hits.otherwise)
            for piece, hits, one in zip(pieces, near, meant, strict=True)
            if hits.otherwise and not one
        ]
        some += [one for one in meant if one]
        called += [_named(piece) for piece, one in zip(pieces, meant, strict=True) if len(one) > 1]
        if any(meant):
            lost = [piece for piece, one in zip(pieces, meant, strict=True) if not one]
            missing += [name for piece in lost if (name := _missed(piece, typed))]
    found = {hit.handle: hit for hit in _in_turn(some)}
    whole = len(called) == len(some)  # ranges alone: they have a name in common
    joint = " et " if re.search(r"\bet\b", typed) else " and "
    return Beside(
        tuple(found.values())[:MOST],
        joint.join(called) if whole else "",
        tuple(missing),
        tuple(unsure),
    )


async def _pieces(phrase: str, library: Library) -> list[str]:
    """What is joined by "and"; the whole, where it is the name of one product."""
    hits = await library.find(phrase)
    best = max(hits, key=lambda hit: hit.score, default=None)
    if best and best.score >= WHOLE and _words(phrase) <= _words(best.title):
        return [phrase]
    pieces = [_ARTICLE.sub("", piece.strip()) for piece in _AND.split(phrase)]
    return [piece for piece in pieces if len(piece) > 2]


def _meant(
    piece: str, typed: str, hits: Sequence[ProductMatch], *, many: bool
) -> list[ProductMatch]:
    """The one product that a piece means; or, where `many` may be, the range, the likeliest
    first."""
    called = called_so(piece)
    named = [hit for hit in hits if _its_own(hit, called) and is_it(hit, called)]
    if named or not hits:
        return named[:1]
    kin = [hit for hit in hits if hit.of_kind]
    if many and len(kin) > 1 and not any(hit.is_one for hit in hits):
        return kin
    every = bool(_RANGE.search(piece) or re.search(rf"\b{_ALL} {re.escape(called)}", typed, re.I))
    least = min(NEAR, hits[0].score) if every else _least(hits)
    some = _of_its_kind(called, [one for one in hits if one.score >= least])
    if many and len(some) > 1 and (every or (_many(called) and not _its_plural(called, some))):
        return some
    return some[:1] if is_it(some[0], called) else []


def called_so(piece: str) -> str:
    """What a piece calls the thing, without that it is a range."""
    return " ".join(_RANGE.sub(" ", _named(piece)).split())


def is_it(hit: ProductMatch, called: str) -> bool:
    """Whether the words say what it is, or its name: of a bag called Marais no blanket is meant."""
    said = _words(called)
    own = _its_own(hit, called)
    if hit.is_one or (own and kinds(called) & kinds(hit.title)):
        return True
    return hit.score >= SURE and (bool(own) or len(said & _words(hit.title)) > 1)


def _its_own(hit: ProductMatch, called: str) -> set[str]:
    """What of its own name the words say. A name that is a word of every shop counts only where it
    is written as a name: « le jardin » is no diffuser called Jardin clos."""
    own = _words(called) & _own(hit.title)
    whole = bool(own) and _own(hit.title) <= own
    names = _words(" ".join(_PROPER.findall(called)))
    return {word for word in own if whole or word in names or not kinds(word)}


def _least(hits: Sequence[ProductMatch]) -> float:
    return min(max(NEAR, hits[0].score * ALIKE), hits[0].score)


def _of_its_kind(called: str, some: list[ProductMatch]) -> list[ProductMatch]:
    """Of glasses no carafe of glass, and of towels no napkins."""
    some = [hit for hit in some if hit.is_one] or some
    if not (wanted := kinds(called)):
        return some
    same = [hit for hit in some if wanted & kinds(hit.title)]
    return same or [hit for hit in some if not kinds(hit.title)] or some


def _named(piece: str) -> str:
    """What a range is called: without its article, and that it is here."""
    bare = _QUITE.sub("", _ARTICLE.sub("", _HERE.sub("", piece.strip())).strip())
    return " ".join(bare.split())


def _missed(piece: str, typed: str) -> str:
    """A piece that was named as a thing: "the Marais bag", "the bag", "bags"; else nothing."""
    name = _ARTICLE.sub("", piece.strip())
    if not name or NO_PRODUCT.fullmatch(name):
        return ""
    article = rf"(?<!\w)(?:the|our|la|le|les|l['’]|nos|notre) ?{re.escape(name)}(?!\w)"
    bare = len(name.split()) == 1 and name[-1] in "sx"
    named = bare or _PROPER.search(name) or re.search(article, typed, re.IGNORECASE)
    return name if named else ""


def _in_turn(some: Iterable[Sequence[ProductMatch]]) -> list[ProductMatch]:
    """The first of each, then the second of each: of two ranges, both are told of."""
    return [hit for turn in zip_longest(*some) for hit in turn if hit]


def _many(words: str) -> bool:
    """Whether these words are several things: candles, not glasses or a dress."""
    ends = [word for word in re.findall(r"[\wà-ÿ]{4,}", words) if word[-1] in "sx"]
    return any(word[-2:] not in ("ss", "us", "is") and not _SINGLE.match(word) for word in ends)


def _its_plural(words: str, some: Sequence[ProductMatch]) -> bool:
    """Whether the likeliest is itself called so, in the plural, and no other is."""
    named = re.findall(r"[\wà-ÿ]{3,}", some[0].title)
    heads = {word.lower().rstrip("s") for word in (named[:1] + named[-1:]) if word[-1] in "sx"}
    mine = heads & _words(words)
    return bool(mine) and not any(mine & _words(other.title) for other in some[1:])


def _own(title: str) -> set[str]:
    """Its name of its own: the words with a capital behind the first, where not all have one."""
    words = re.findall(r"[\wà-ÿ]{3,}", title)[1:]
    behind = [word for word in words if word not in ("and", "for", "with", "the")]
    named = [word for word in behind if word[0].isupper()]
    return _words(" ".join(named)) if len(named) < len(behind) else set()


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[\wà-ÿ]{3,}", text.lower())}
