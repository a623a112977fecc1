"""Check a text's form: gaps, language, echo; and what its channel asks: parts, lengths, sender."""

import re
from collections.abc import Iterator, Sequence

from bot.config.brand import Brand
from bot.core.audience_words import join_with_or
from bot.core.channels import Channel, PartLimit, count_sms_segments, measure_text
from bot.core.checks import Check, CheckLevel
from bot.core.readers import list_foreign_opt_outs, list_reader_countries
from bot.core.request import Goal, SkillRequest
from bot.grounding.legal import asks_to_act
from bot.grounding.sources import TextPart, find_quotations
from bot.grounding.style import find_echo, list_brief_runs
from bot.i18n.languages import get_language
from bot.i18n.messages import Country, Words
from bot.i18n.typography import GSM7, GSM7_DOUBLE
from bot.text.language import WRITTEN_LANGUAGES, score_languages
from bot.text.links import find_links, parse_host
from bot.text.normalize import normalize_text, tokenize

STOP_MISSING = Words(
    "How to stop an SMS is missing for {countries}. “{mention}” is for another country."
)
GAP = re.compile(
    r"\{\{[^{}]*\}\}|\{%.*?%\}|\{[a-zA-Z_][\w .-]*\}|<<\w*|%[A-Z_]{3,}%|\*\|[A-Z_]+\|\*"
    r"|\[[^\[\]\n]*[^\W\d_][^\[\]\n]*\](?!\()|\bX{2,}\b|\bTODO\b|\bTB[CD]\b"
    r"|(?i:\bà compléter\b|\blorem ipsum\b|<(?:insert|your|nom|name)\b[^>]*>)"
)
LETTERS, LATIN = re.compile(r"[^\W_]{2,}"), re.compile(r"[A-Za-zÀ-ɏ0-9]")
OTHER_ALPHABETS = re.compile(r"[Ͱ-ϿЀ-ԯ԰-֏Ꭰ-᏿Ⲁ-⳿]")  # Greek, Cyrillic, Armenian, Cherokee, Coptic
OPT_OUT = re.compile(r"\bSTOP\b|\b[Ss]top (?:au|sms|SMS|to|:)")
TIGHT_MARK = r"(?<=[\w)»”\"'’%€])([{marks}]+)(?=[\s\"»”)]|$)"
TELLING_GOALS: tuple[Goal, ...] = ("announce", "inform")  # they may leave nothing to do
MIN_LANGUAGE_WORDS, MIN_LANGUAGE_SCORE = 6, 3  # below them a text's language can't be told


def check_form(
    parts: Sequence[TextPart], *, request: SkillRequest, brand: Brand, channel: Channel
) -> Iterator[Check]:
    """Yield the findings on the form of copy for a channel."""
    yield from _check_lengths(parts, channel)
    if channel.names_sender:
        yield from _check_sender(parts, channel, brand, request)
    yield from _check_segments(parts, channel)
    yield from _check_campaign_code(parts, channel, brand)


def check_text(parts: Sequence[TextPart], request: SkillRequest) -> Iterator[Check]:
    """Yield the findings on the form of any text. What a customer wrote is their own."""
    language = request.language
    yield from _check_echo(parts, request)
    yield from _check_spacing(parts, language)
    for part in parts:
        if part.kind == "quote":
            continue
        for gap in dict.fromkeys(match[0] for match in GAP.finditer(part.text)):
            words = Words("“{gap}” is still to be filled in.", gap=gap)
            yield part.build_check("gap", "block", words, quote=gap)
        if not part.is_prose:
            continue
        is_mixed = OTHER_ALPHABETS.search(part.text)
        for word in dict.fromkeys(LETTERS.findall(part.text)) if is_mixed else ():
            if LATIN.search(word) and OTHER_ALPHABETS.search(word):
                words = Words("“{word}” has letters of another alphabet. Type it anew.", word=word)
                yield part.build_check("letters", "block", words, quote=word, override=True)
        text = _drop_quotations(part.text)
        score = score_languages(text, WRITTEN_LANGUAGES)
        other = max(sorted(WRITTEN_LANGUAGES - {language}), key=lambda one: score[one])
        is_long = len(tokenize(text)) >= MIN_LANGUAGE_WORDS
        if is_long and score[other] >= MIN_LANGUAGE_SCORE and score[other] > 2 * score[language]:
            name = Words(get_language(language).name)
            sentence = Words("This is not in {language}. Write it again.", language=name)
            yield part.build_check("language", "warn", sentence)


def _drop_quotations(text: str) -> str:
    """A customer's words stand in their own language."""
    for start, end in reversed(find_quotations(text)):
        text = f"{text[:start]} {text[end:]}"
    return text


def _check_lengths(parts: Sequence[TextPart], channel: Channel) -> Iterator[Check]:
    """Each part within its limit, and none missing."""
    by_key: dict[str, list[TextPart]] = {}
    for part in parts:
        if part.is_delivered:
            by_key.setdefault(part.key.split(".")[0], []).append(part)
    if not any(key in by_key for key in channel.parts):
        return  # a report about the channel, not a text for it
    for key, limit in channel.parts.items():
        found = by_key.get(key, [])
        fewest, most = limit.items or (1, 1)
        if fewest and not any(part.text.strip() for part in found):
            words = Words(
                "{part} is missing: {channel} needs it. Write it.",
                part=Words(limit.title),
                channel=Words(channel.title),
            )
            yield Check(rule="length", level="block", words=words, part=key)
        elif limit.items and not fewest <= len(found) <= most:
            words = Words(
                "{channel} takes {fewest} to {most} of these, and there are {n}: {part}.",
                channel=Words(channel.title),
                fewest=fewest,
                most=most,
                n=len(found),
                part=Words(limit.title),
            )
            yield Check(rule="count", level="block", words=words, part=key)
        for part in found:
            yield from _check_length(part, limit)
            yield from _check_characters(part, limit, channel)


def _check_characters(part: TextPart, limit: PartLimit, channel: Channel) -> Iterator[Check]:
    if refused := sorted(set(part.text) & set(limit.refused)):
        words = Words(
            "{channel} refuses these characters: {characters}. Replace them.",
            channel=Words(channel.title),
            characters=" ".join(refused),
        )
        yield part.build_check("characters", "block", words)


def _check_length(part: TextPart, limit: PartLimit) -> Iterator[Check]:
    size = measure_text(part.text, limit)
    if size <= limit.most:
        return
    level: CheckLevel = "block" if limit.kind == "hard" else "info"
    filled = {"part": Words(limit.title), "size": size, "most": limit.most}
    if limit.unit == "segments":
        words = Words("{part} takes {size} SMS, and {most} are allowed. Shorten it.", **filled)
    elif limit.unit == "words":
        words = Words("{part} has {size} words: keep to {most}. Shorten it.", **filled)
    else:
        words = Words("{part} has {size} characters: keep to {most}. Shorten it.", **filled)
    yield part.build_check("length", level, words)


def _check_sender(
    parts: Sequence[TextPart], channel: Channel, brand: Brand, request: SkillRequest
) -> Iterator[Check]:
    """The parts together name the sender, how to stop and, unless they only tell something, what
    to do next."""
    parts = [
        part
        for part in parts
        if part.is_delivered and channel.find_limit(part.key) and part.text.strip()
    ]
    if not parts:
        return
    text = "\n".join(part.text for part in parts)
    low = normalize_text(text)
    if not any(normalize_text(name) in low for name in (brand.sender, brand.name) if name):
        words = Words("The text does not say who sends it. Name {brand}.", brand=brand.name)
        yield parts[0].build_check("sender", "block", words)
    foreign = list_foreign_opt_outs(request, brand)
    if foreign and (not OPT_OUT.search(text) or any(one in text for one in foreign)):
        places = [Country(name=one) for one in list_reader_countries(request.brief)]
        words = STOP_MISSING.with_params(mention=foreign[0], countries=join_with_or(places))
        yield parts[-1].build_check("stop", "block", words, override=True)
    elif not OPT_OUT.search(text):
        words = Words("The text does not say how to stop. Add the STOP mention.")
        yield parts[-1].build_check("stop", "block", words)
    if request.brief.goal not in TELLING_GOALS and not asks_to_act(text):
        words = Words(
            "The text does not say what to do next. Add a link, a code, or a word such as order."
        )
        yield parts[-1].build_check("call to action", "info", words)


def _check_segments(parts: Sequence[TextPart], channel: Channel) -> Iterator[Check]:
    """Characters outside GSM-7 make an SMS dearer; how many segments it takes is told."""
    for part in _find_sms_parts(parts, channel):
        odd = sorted({c for c in part.text if c not in GSM7 and c not in GSM7_DOUBLE})
        if odd:
            words = Words(
                "These characters make the SMS hold 70 signs instead of 160: {characters}. "
                "Replace them.",
                characters=" ".join("␣" if c.isspace() else c for c in odd),
            )
            yield part.build_check("characters", "info", words)
        count = count_sms_segments(part.text)
        words = Words.count("It goes out as {n} SMS.", "It goes out as {n} SMS.", count)
        rule: tuple[str, CheckLevel] = ("length", "pass") if count == 1 else ("segments", "info")
        yield part.build_check(*rule, words)


def _find_sms_parts(parts: Sequence[TextPart], channel: Channel) -> list[TextPart]:
    keys = {key for key, limit in channel.parts.items() if limit.unit == "segments"}
    return [part for part in parts if part.key in keys and part.text.strip()]


def _check_echo(parts: Sequence[TextPart], request: SkillRequest) -> Iterator[Check]:
    """Seven words in a row from the brief are not yet a text; what must be said may be."""
    runs = list_brief_runs(request.brief)
    for part in parts:
        if quote := find_echo(part.text, runs):
            words = Words("“{quote}” only repeats the brief. Say it anew.", quote=quote)
            yield part.build_check("echo", "info", words, quote=quote)


def _check_campaign_code(
    parts: Sequence[TextPart], channel: Channel, brand: Brand
) -> Iterator[Check]:
    """An SMS that names our site without a link: what it brings can't be told from the rest."""
    host = parse_host(brand.site) if brand.site else None
    for part in _find_sms_parts(parts, channel):
        if not host or "utm_campaign=" in part.text:
            continue
        if bare := re.search(rf"(?<![/\w.]){re.escape(host)}\b", part.text, re.IGNORECASE):
            words = Words(
                "“{site}” carries no campaign code, so the orders it brings cannot be counted. "
                "Shorten the text to leave room for the link.",
                site=bare[0],
            )
            yield part.build_check("link", "info", words, quote=bare[0])


def _check_spacing(parts: Sequence[TextPart], language: str) -> Iterator[Check]:
    """Some languages put a space before marks: French before : ; ! and ?"""
    marks = get_language(language).marks.spaced
    if not marks:
        return
    tight_mark = re.compile(TIGHT_MARK.format(marks=re.escape(marks)))
    for part in parts:
        if not part.is_prose:
            continue
        spans = [(link.start, link.end + 1) for link in find_links(part.text)]
        for match in tight_mark.finditer(part.text):
            if not any(start <= match.start() < end for start, end in spans):
                quote = part.text[max(0, match.start() - 12) : match.end()].split(" ")[-1]
                words = Words("French puts a space before “{mark}”.", mark=match[1])
                yield part.build_check("spacing", "info", words, quote=quote)
                break
