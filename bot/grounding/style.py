"""Check what a brand asks of a draft: words that it never uses, mentions, tu or vous, worn-out
words; and tell an echo of the brief."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from bot.config.brand import Brand
from bot.core.checks import Check, CheckLevel
from bot.core.readers import list_foreign_opt_outs
from bot.core.request import Brief, SkillRequest
from bot.grounding.sources import TextPart
from bot.i18n.languages import Address, AddressForm, get_language
from bot.i18n.messages import Words
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import collapse_spaces, normalize_text, tokenize

TERM = "|"  # stands for a word of a term, which no word of a text is
ADDRESS_FORMS: tuple[Address, ...] = ("tu", "vous")
ECHO_WORDS = 7  # words in a row that are also in the brief
CLICHE_PATTERN = re.compile(
    r"\b(découvr\w+|incontournable\w*|sublim\w+|plonge[zr]?|laisse[zr]?[- ](?:vous|toi) séduire"
    r"|discover\w*|elevat\w+|unlock\w*|must[- ]haves?|game[- ]changer\w*)\b",
    re.IGNORECASE,
)
ENDINGS = re.compile(r"(?:ings?|ed|ez|er|ons|ent|ees?|es?|s|ly)$")
INFLECTIONS = r"(?:ings?|eds?|d|ez|er|ers|ons|ent|ees?|es?|s|x|ly|r|rs)?"


def contains_words(text: str, words: str) -> bool:
    """Whether the text contains these whole words, in any case."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def find_echo(text: str, runs: Collection[tuple[str, ...]]) -> str | None:
    """Return the first of a brief's runs of words that the text has, or None."""
    found = (run for run in _list_word_runs(tokenize(text)) if run in runs) if runs else iter(())
    return " ".join(next(found, ())) or None


def list_brief_runs(brief: Brief) -> set[tuple[str, ...]]:
    """Return the runs of ECHO_WORDS words of the brief. A term that has to stand ends a run:
    required sentences, the offer with its days and the name of the product."""
    given = (brief.product_words, brief.offer, brief.dates, *brief.must_say)
    terms = sorted((tokenize(term) for term in given if term), key=len, reverse=True)
    words = tokenize(brief.words)
    for term in terms:
        for at in range(len(words) - len(term) + 1):
            if words[at : at + len(term)] == term:
                words[at : at + len(term)] = [TERM] * len(term)
    runs = {*_list_word_runs(words)}.difference(*(_list_word_runs(term) for term in terms))
    return {run for run in runs if TERM not in run}


def _list_word_runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + ECHO_WORDS]) for at in range(len(words) - ECHO_WORDS + 1)]


def check_brand_rules(
    parts: Sequence[TextPart], *, request: SkillRequest, brand: Brand
) -> Iterator[Check]:
    yield from _check_banned_words(parts, brand)
    yield from _check_mentions(parts, request, brand)
    yield from _check_address(parts, brand, request.language)


def _check_banned_words(parts: Sequence[TextPart], brand: Brand) -> Iterator[Check]:
    """A word that the brand never uses blocks; a worn-out one is named, if it is not liked."""
    liked = " ".join((*brand.use, *brand.avoid))
    for part in parts:
        low = normalize_text(part.text)
        for word in brand.avoid if part.kind != "quote" else ():
            if match := build_inflected_pattern(word).search(low):
                quote = part.text[match.start() : match.end()]
                words = Words("The brand never says “{word}”. Find another word.", word=quote)
                yield part.build_check("banned word", "block", words, quote=quote, override=True)
        for match in CLICHE_PATTERN.finditer(part.text) if part.is_prose else ():
            if not contains_words(liked, match[0]):
                words = Words("“{word}” is worn out. Say what is special instead.", word=match[0])
                yield part.build_check("cliché", "info", words, quote=match[0])


def _check_mentions(
    parts: Sequence[TextPart], request: SkillRequest, brand: Brand
) -> Iterator[Check]:
    """The brand's mentions, and what the brief asks to say: word for word in its language."""
    whole = normalize_text(
        collapse_spaces(" ".join(part.text for part in parts if part.is_delivered))
    )
    foreign = list_foreign_opt_outs(request, brand)
    for mention in brand.mentions:
        applies = not mention.channels or request.channel in mention.channels
        if not applies or mention.language not in (None, request.language):
            continue
        if mention.text in foreign:
            continue
        if normalize_text(collapse_spaces(mention.text)).strip(" .") not in whole:
            words = Words("Add the required mention: “{said}”.", said=mention.text)
            yield Check(rule="required mention", level="block", words=words, override=True)
    for text in request.brief.must_say:
        if normalize_text(collapse_spaces(text)).strip(" .!") not in whole:
            language = detect_language(request.brief.words, WRITTEN_LANGUAGES)
            is_translated = language not in (None, request.language)
            words = Words("The brief asks to say “{said}”, and the draft does not.", said=text)
            level: CheckLevel = "info" if is_translated else "warn"
            yield Check(rule="required mention", level=level, words=words)


def _check_address(parts: Sequence[TextPart], brand: Brand, language: str) -> Iterator[Check]:
    """Tu or vous: one of them throughout, the brand's unless the brief wishes the other."""
    forms = get_language(language).address
    if not forms:
        return
    delivered = [p.text for p in parts if p.is_delivered and p.kind != "quote"]
    text = " \n".join(map(normalize_text, delivered))
    tu, vous = (_build_address_pattern(forms[one]).search(text) for one in ADDRESS_FORMS)
    names = {"tu": forms["tu"].name, "vous": forms["vous"].name, "one": forms[brand.address].name}
    if tu and vous:
        words = Words("The text says both “{tu}” and “{vous}”. Keep to “{one}”.", **names)
        yield Check(rule="address", level="info", words=words, quote=tu[0])
    elif (tu and brand.address == "vous") or (vous and brand.address == "tu"):
        words = Words("The brand says “{one}” to its customers.", one=names["one"])
        yield Check(rule="address", level="info", words=words, quote=(tu or vous or [""])[0])


@cache
def _build_address_pattern(form: AddressForm) -> re.Pattern[str]:
    excepted = "".join(rf"(?<!{re.escape(one)})" for one in form.excepted)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, form.words))})\b{excepted}")


@cache
def build_inflected_pattern(word: str) -> re.Pattern[str]:
    """Return a pattern for whole words with their endings: `cheap` finds `cheaper`."""
    *first, last = re.split(r"[ -]+", normalize_text(word.strip()))
    stem = ENDINGS.sub("", last) if len(last) >= 6 else last
    stem = stem if len(stem) >= 4 else last
    start = r"[ -]".join(map(re.escape, (*first, stem)))
    return re.compile(rf"(?<!\w){start}{INFLECTIONS}(?!\w)")
