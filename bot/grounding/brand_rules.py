"""What the brand asks of a text: words that it never uses, mentions, tu or vous; worn-out words."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from bot.config.brand import Brand
from bot.core.checks import Check
from bot.core.request import SkillRequest
from bot.grounding.sources import Piece
from bot.grounding.style import CLICHE_PATTERN, contains_words
from bot.i18n.messages import Words
from bot.text.normalize import collapse_spaces, normalize_text

TU = re.compile(r"\b(?:tu|toi|tes)\b")
VOUS = re.compile(r"\b(?:vous|votre|vos)\b(?<!rendez-vous)")
ENDINGS = re.compile(r"(?:ings?|ed|ez|er|ons|ent|ees?|es?|s|ly)$")
INFLECTIONS = r"(?:ings?|eds?|d|ez|er|ers|ons|ent|ees?|es?|s|x|ly|r|rs)?"


def check_brand_rules(
    pieces: Sequence[Piece], *, request: SkillRequest, brand: Brand
) -> Iterator[Check]:
    yield from _check_banned_words(pieces, brand)
    yield from _check_mentions(pieces, request, brand)
    if request.language == "fr":
        yield from _check_address(pieces, brand)


def _check_banned_words(pieces: Sequence[Piece], brand: Brand) -> Iterator[Check]:
    """A word that the brand never uses blocks, with its endings. A worn-out word is named, unless
    the brand likes it."""
    liked = " ".join((*brand.use, *brand.avoid))
    for piece in pieces:
        low = normalize_text(piece.text)
        for word in brand.avoid if piece.kind != "quote" else ():
            if match := build_inflected_pattern(word).search(low):
                quote = piece.text[match.start() : match.end()]
                yield Check(
                    rule="banned word",
                    level="block",
                    words=Words("The brand never says “{word}”. Find another word.", word=quote),
                    part=piece.key,
                    quote=quote,
                    override=True,
                )
        for match in CLICHE_PATTERN.finditer(piece.text) if piece.is_prose else ():
            if not contains_words(liked, match[0]):
                words = Words("“{word}” is worn out. Say what is special instead.", word=match[0])
                yield Check(
                    rule="cliché", level="info", words=words, part=piece.key, quote=match[0]
                )


def _check_mentions(
    pieces: Sequence[Piece], request: SkillRequest, brand: Brand
) -> Iterator[Check]:
    """The brand's mentions for this channel and language, and what the brief asks to say."""
    whole = normalize_text(
        collapse_spaces(" ".join(piece.text for piece in pieces if piece.is_delivered))
    )
    for mention in brand.mentions:
        applies = not mention.channels or request.channel in mention.channels
        if not applies or mention.language not in (None, request.language):
            continue
        if normalize_text(collapse_spaces(mention.text)).strip(" .") not in whole:
            words = Words("Add the required mention: “{said}”.", said=mention.text)
            yield Check(rule="required mention", level="block", words=words, override=True)
    for text in request.brief.must_say:
        if normalize_text(collapse_spaces(text)).strip(" .!") not in whole:
            words = Words("The brief asks to say “{said}”, and the draft does not.", said=text)
            yield Check(rule="required mention", level="warn", words=words)


def _check_address(pieces: Sequence[Piece], brand: Brand) -> Iterator[Check]:
    """Tu or vous: one of them throughout, the brand's unless the brief wishes the other."""
    delivered = [p.text for p in pieces if p.is_delivered and p.kind != "quote"]
    text = " \n".join(map(normalize_text, delivered))
    tu, vous = TU.search(text), VOUS.search(text)
    if tu and vous:
        words = Words("The text says both “tu” and “vous”. Keep to “{one}”.", one=brand.address)
        yield Check(rule="address", level="info", words=words, quote=tu[0])
    elif (tu and brand.address == "vous") or (vous and brand.address == "tu"):
        words = Words("The brand says “{one}” to its customers.", one=brand.address)
        yield Check(rule="address", level="info", words=words, quote=(tu or vous or [""])[0])


@cache
def build_inflected_pattern(word: str) -> re.Pattern[str]:
    """Return a pattern for a word or a phrase, whole, with its endings: `cheap` finds `cheaper`,
    not `cheapskate`."""
    *first, last = re.split(r"[ -]+", normalize_text(word.strip()))
    stem = ENDINGS.sub("", last) if len(last) >= 6 else last
    stem = stem if len(stem) >= 4 else last
    start = r"[ -]".join(map(re.escape, (*first, stem)))
    return re.compile(rf"(?<!\w){start}{INFLECTIONS}(?!\w)")
