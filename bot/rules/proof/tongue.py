"""A draft as language: the right one, tu or vous kept, French spacing, no echo, no cliché."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from bot.config.brand import Brand
from bot.core.checks import Check
from bot.core.request import SkillRequest
from bot.grounding.style import list_brief_runs
from bot.i18n.messages import Words
from bot.rules.proof.piece import Piece
from bot.text.language import WRITTEN_LANGUAGES, score_languages
from bot.text.links import find_links
from bot.text.normalize import normalize_text, tokenize

ECHO = 7  # words in a row
_TIGHT = re.compile(r"(?<=[\w)»”\"'’%€])([;:!?]+)(?=[\s\"»”)]|$)")
_TU = re.compile(r"\b(?:tu|toi|tes|te)\b|\bt'[aeiouh]")
_VOUS = re.compile(r"\b(?:vous|votre|vos)\b(?<!rendez-vous)")
_WISHED = re.compile(
    r"(?P<no>\b(?:ne (?:pas )?(?:les? |la )?|pas de |sans |don't |no |not )(?:use )?)?"
    r"(?:\b(?:(?P<verb_tu>tutoi\w+|tutoy\w+)|(?P<verb_vous>vouvoi\w+|vouvoy\w+))"
    r"|\b(?:use|using|with|say|in|informal|avec|en|dis|disant|dire|utilis\w+|employ\w+|emploi\w+|au|le|la|un)"
    r"(?: the| le| un| du| l'| a| informal| formal)?(?: |\W{1,3})(?:(?P<tu>tu)|(?P<vous>vous))"
    r"(?=\W|$)(?! (?:avez|peux|etes|pouvez|fais|es|as|dois|sais|veux|seras?|connais|savez)\b))"
)
_EZ = re.compile(r"\b(?!(?:chez|assez|nez|rendez)\b)[a-z]{3,}ez\b")
_CLICHES = (
    "découvrez", "découvre", "incontournable", "sublime", "sublimez", "plongez", "plonge",
    "laissez-vous séduire", "laisse-toi séduire", "laissez-vous tenter", "elevate", "unlock",
    "must-have", "game-changer",
)  # fmt: skip
_ENDINGS = re.compile(r"(?:ings?|ed|ez|er|ons|ent|ees?|es?|s|ly)$")
_INFLECTED = r"(?:ings?|eds?|d|ez|er|ers|ons|ent|ees?|es?|s|x|ly|r|rs)?"


def language(pieces: Sequence[Piece], asked: str) -> Iterator[Check]:
    """Each longer text in the language asked for, by its small words."""
    other = "fr" if asked == "en" else "en"
    for piece in pieces:
        words = tokenize(piece.text) if piece.written else []
        score = score_languages(piece.text, WRITTEN_LANGUAGES)
        if len(words) >= 6 and score[other] >= 3 and score[other] > 2 * score[asked]:
            said = Words("French") if asked == "fr" else Words("English")
            sentence = Words("This is not in {language}. Write it again.", language=said)
            yield Check(rule="language", level="warn", words=sentence, part=piece.key)


def spacing(pieces: Sequence[Piece]) -> Iterator[Check]:
    """French puts a space before : ; ! and ?"""
    for piece in pieces:
        if not piece.written:
            continue
        spans = [(link.start, link.end + 1) for link in find_links(piece.text)]
        for match in _TIGHT.finditer(piece.text):
            if not any(start <= match.start() < end for start, end in spans):
                quote = piece.text[max(0, match.start() - 12) : match.end()].split(" ")[-1]
                words = Words("French puts a space before “{mark}”.", mark=match[1])
                yield Check(rule="spacing", level="warn", words=words, part=piece.key, quote=quote)
                break


def address(pieces: Sequence[Piece], brand: Brand, request: SkillRequest) -> Iterator[Check]:
    """Tu or vous: one of them throughout, and the brand's, unless the brief wishes the other."""
    asked = wished(f"{request.brief.words} {request.reason or ''}") or brand.address
    text = " \n".join(normalize_text(p.text) for p in pieces if p.goes_out and p.kind != "quote")
    tu, vous = _TU.search(text), _VOUS.search(text) or _EZ.search(text)
    if tu and vous:
        words = Words("The text says both “tu” and “vous”. Keep to “{one}”.", one=asked)
        yield Check(rule="address", level="warn", words=words, quote=tu[0])
    elif asked != brand.address and ((tu and asked == "vous") or (vous and asked == "tu")):
        words = Words("The brief wishes “{one}”. So must the text.", one=asked)
        yield Check(rule="address", level="warn", words=words, quote=(tu or vous or [""])[0])
    elif (tu and asked == "vous") or (vous and asked == "tu"):
        words = Words(
            "The brand says “{one}” to its customers. So must the text.", one=brand.address
        )
        yield Check(rule="address", level="warn", words=words, quote=(tu or vous or [""])[0])


def wished(words: str) -> Literal["tu", "vous"] | None:
    """How a brief wishes readers to be spoken to: "tutoie-les", "use tu", « avec un vous »."""
    said = list(_WISHED.finditer(normalize_text(words)))
    if not said:
        return None
    last = said[-1]  # a reason to send it back comes after the brief
    other = bool(last["no"])
    is_tu = bool(last["tu"] or last["verb_tu"])
    return "tu" if is_tu != other else "vous"


def echo(pieces: Sequence[Piece], request: SkillRequest, names: frozenset[str]) -> Iterator[Check]:
    """Seven words in a row from the brief are not yet a text; what must be said may be."""
    runs = list_brief_runs(request.brief, names)
    if not runs:
        return
    for piece in pieces:
        words = tokenize(piece.text)
        for i in range(len(words) - ECHO + 1):
            if tuple(words[i : i + ECHO]) in runs:
                quote = " ".join(words[i : i + ECHO])
                sentence = Words("“{quote}” only repeats the brief. Say it anew.", quote=quote)
                yield Check(rule="echo", level="warn", words=sentence, part=piece.key, quote=quote)
                break


def avoided(pieces: Sequence[Piece], brand: Brand) -> Iterator[Check]:
    """Words the brand never uses block; worn-out words warn, unless the brand likes them."""
    liked = {normalize_text(word) for word in brand.use}
    avoid = {normalize_text(word) for word in brand.avoid}
    worn = [word for word in _CLICHES if normalize_text(word) not in liked | avoid]
    for piece in pieces:
        low = normalize_text(piece.text)
        for word in brand.avoid:
            if match := inflected(word).search(low):
                quote = piece.text[match.start() : match.end()]
                words = Words("The brand never says “{word}”. Find another word.", word=quote)
                yield Check(
                    rule="banned word", level="block", words=words, part=piece.key, quote=quote,
                    override=True,
                )  # fmt: skip
        for word in worn if piece.written else ():
            if match := inflected(word).search(low):
                quote = piece.text[match.start() : match.end()]
                words = Words("“{word}” is worn out. Say what is special instead.", word=quote)
                yield Check(rule="cliché", level="warn", words=words, part=piece.key, quote=quote)


_SHAPES: dict[str, re.Pattern[str]] = {}


def inflected(word: str) -> re.Pattern[str]:
    """A word or a phrase, whole, with its endings: `cheap` finds `cheaper`, not `cheapskate`."""
    if word not in _SHAPES:
        *first, last = re.split(r"[ -]+", normalize_text(word.strip()))
        stem = _ENDINGS.sub("", last) if len(last) >= 6 else last
        stem = stem if len(stem) >= 4 else last
        start = r"[ -]".join(map(re.escape, (*first, stem)))
        _SHAPES[word] = re.compile(rf"(?<!\w){start}{_INFLECTED}(?!\w)")
    return _SHAPES[word]
