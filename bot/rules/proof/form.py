"""What the channel and the brand ask of a draft's form: length, sender, mentions, links, gaps."""

import re
from collections.abc import Iterator, Sequence

from bot.config.brand import Brand
from bot.core.channels import Channel, PartLimit, count_sms_segments, measure_text
from bot.core.checks import Check, CheckLevel
from bot.core.request import SkillRequest
from bot.i18n.messages import Words
from bot.rules.proof.ground import Ground
from bot.rules.proof.piece import Piece
from bot.text.gsm7 import GSM7, GSM7_DOUBLE
from bot.text.links import Link, find_links, is_allowed_host, normalize_address
from bot.text.normalize import collapse_spaces, normalize_text

_GAP = re.compile(
    r"\{\{[^{}]*\}\}|\{%.*?%\}|\{[a-zA-Z_][\w .-]*\}|<<\w*|%[A-Z_]{3,}%|\*\|[A-Z_]+\|\*"
    r"|\[[^\[\]\n]*[^\W\d_][^\[\]\n]*\](?!\()|\bX{2,}\b|\bTODO\b|\bTB[CD]\b"
    r"|(?i:\bà compléter\b|\blorem ipsum\b|<(?:insert|your|nom|name)\b[^>]*>)"
)
_LETTERS, _LATIN = re.compile(r"[^\W_]{2,}"), re.compile(r"[A-Za-zÀ-ɏ0-9]")
_OTHER = re.compile(r"[Ͱ-ϿЀ-ԯ԰-֏Ꭰ-᏿Ⲁ-⳿]")  # Greek, Cyrillic, Armenian, Cherokee, Coptic
_STOP = re.compile(r"\bSTOP\b|\b[Ss]top (?:au|sms|SMS|to|:)")


def lengths(pieces: Sequence[Piece], channel: Channel) -> Iterator[Check]:
    """Each part within its limit, and none missing."""
    by_key: dict[str, list[Piece]] = {}
    for piece in pieces:
        if piece.goes_out:
            by_key.setdefault(piece.key.split(".")[0], []).append(piece)
    if not any(key in by_key for key in channel.parts):
        return  # a report about the channel, not a text for it
    for key, limit in channel.parts.items():
        some = by_key.get(key, [])
        fewest, most = limit.items or (1, 1)
        if fewest and not any(piece.text.strip() for piece in some):
            words = Words(
                "{part} is missing: {channel} needs it. Write it.",
                part=Words(limit.title),
                channel=Words(channel.title),
            )
            yield Check(rule="length", level="block", words=words, part=key)
        elif limit.items and not fewest <= len(some) <= most:
            words = Words(
                "{channel} takes {fewest} to {most} of these, and there are {n}: {part}.",
                channel=Words(channel.title),
                fewest=fewest,
                most=most,
                n=len(some),
                part=Words(limit.title),
            )
            yield Check(rule="count", level="block", words=words, part=key)
        for piece in some:
            yield from _length(piece, limit)
            yield from _refused_characters(piece, limit, channel)


def _refused_characters(piece: Piece, limit: PartLimit, channel: Channel) -> Iterator[Check]:
    if refused := sorted(set(piece.text) & set(limit.refused)):
        words = Words(
            "{channel} refuses these characters: {characters}. Replace them.",
            channel=Words(channel.title),
            characters=" ".join(refused),
        )
        yield Check(rule="characters", level="block", words=words, part=piece.key)


def _length(piece: Piece, limit: PartLimit) -> Iterator[Check]:
    size = measure_text(piece.text, limit)
    if size <= limit.most:
        return
    level: CheckLevel = "block" if limit.kind == "hard" else "warn"
    filled = {"part": Words(limit.title), "size": size, "most": limit.most}
    if limit.unit == "segments":
        words = Words("{part} takes {size} SMS, and {most} are allowed. Shorten it.", **filled)
    elif limit.unit == "words":
        words = Words("{part} has {size} words: keep to {most}. Shorten it.", **filled)
    else:
        words = Words("{part} has {size} characters: keep to {most}. Shorten it.", **filled)
    yield Check(rule="length", level=level, words=words, part=piece.key)


def sms(pieces: Sequence[Piece], channel: Channel, brand: Brand) -> Iterator[Check]:
    """An SMS names its sender and how to stop; characters outside GSM-7 make it dearer."""
    keys = {key for key, limit in channel.parts.items() if limit.unit == "segments"}
    for piece in (p for p in pieces if p.key in keys and p.text.strip()):
        low = normalize_text(piece.text)
        if not any(normalize_text(n) in low for n in (brand.sender, brand.name) if n):
            words = Words("The SMS does not say who sends it. Name {brand}.", brand=brand.name)
            yield Check(rule="sender", level="block", words=words, part=piece.key)
        if not _STOP.search(piece.text):
            words = Words("The SMS does not say how to stop. Add the STOP mention.")
            yield Check(rule="stop", level="block", words=words, part=piece.key)
        odd = sorted({c for c in piece.text if c not in GSM7 and c not in GSM7_DOUBLE})
        if odd:
            words = Words(
                "These characters make the SMS hold 70 signs instead of 160: {characters}. "
                "Replace them.",
                characters=" ".join("␣" if c.isspace() else c for c in odd),
            )
            yield Check(rule="characters", level="warn", words=words, part=piece.key)
        n = count_sms_segments(piece.text)
        words = Words.count("It goes out as {n} SMS.", "It goes out as {n} SMS.", n)
        yield Check(rule="length", level="pass", words=words, part=piece.key)


def gaps(pieces: Sequence[Piece]) -> Iterator[Check]:
    """Nothing left to fill in. What a customer wrote is his own, brackets and all."""
    for piece in pieces:
        if piece.kind == "quote":
            continue
        for gap in dict.fromkeys(match[0] for match in _GAP.finditer(piece.text)):
            words = Words("“{gap}” is still to be filled in.", gap=gap)
            yield Check(rule="gap", level="block", words=words, part=piece.key, quote=gap)


def lookalikes(pieces: Sequence[Piece]) -> Iterator[Check]:
    """Words with letters of another alphabet in them: read alike, they hide what is claimed."""
    for piece in pieces:
        for word in dict.fromkeys(_LETTERS.findall(piece.text)) if piece.written else ():
            if _LATIN.search(word) and _OTHER.search(word):
                words = Words("“{word}” has letters of another alphabet. Type it anew.", word=word)
                yield Check(
                    rule="letters", level="block", words=words, part=piece.key, quote=word,
                    override=True,
                )  # fmt: skip


def mentions(pieces: Sequence[Piece], request: SkillRequest, brand: Brand) -> Iterator[Check]:
    """The brand's mentions for this channel and language, and what the brief asks to say."""
    whole = normalize_text(
        collapse_spaces(" ".join(piece.text for piece in pieces if piece.goes_out))
    )
    for asked in brand.mentions:
        here = not asked.channels or request.channel in asked.channels
        if not here or asked.language not in (None, request.language):
            continue
        if normalize_text(collapse_spaces(asked.text)).strip(" .") not in whole:
            words = Words("Add the required mention: “{said}”.", said=asked.text)
            yield Check(rule="required mention", level="block", words=words, override=True)
    for text in request.brief.must_say:
        if normalize_text(collapse_spaces(text)).strip(" .!") not in whole:
            words = Words("The brief asks to say “{said}”, and the draft does not.", said=text)
            yield Check(rule="required mention", level="warn", words=words)


def link_hosts(pieces: Sequence[Piece], ground: Ground) -> Iterator[Check]:
    """Links lead to the brand's site or where a fact says, and to a page that is known there: a
    made-up page may name a price, or be none."""
    for piece in pieces:
        for address, link in {normalize_address(x.text): x for x in find_links(piece.text)}.items():
            if link.text in ground.files:
                continue
            if check := _link(link, address, ground):
                yield check.model_copy(update={"part": piece.key, "quote": link.text})


def _link(link: Link, address: str, ground: Ground) -> Check | None:
    host, ours = link.host, is_allowed_host(link.host, ground.hosts)
    known = link.plain and (address in ground.addresses or address == host)
    if ours and (link.mail or known):
        return None
    who = ground.stated_host(host) if link.mail else ground.stated_address(address)
    if who:
        words = Words("The link to {host} is stated by {who}.", host=host, who=mention(who))
        return Check(rule="link", level="stated", words=words)
    if ours or ground.stated_host(host):
        words = Words("No source has the page {page}. Take the link out.", page=address)
        return Check(rule="link", level="block", words=words, override=True)
    words = Words("{host} is not a known site. Take the link out.", host=host)
    return Check(rule="link", level="block", words=words)


def mention(who: str) -> str:
    """A person's name as Slack shows it; in a terminal it is a plain name."""
    return f"<@{who}>" if re.fullmatch(r"[UW][A-Z0-9]+", who) else who
