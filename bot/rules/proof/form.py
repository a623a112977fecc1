"""What the channel and the brand ask of a draft's form: length, sender, mentions, links, gaps."""

import re
from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.i18n.messages import Words
from bot.rules.proof.ground import Ground
from bot.rules.proof.piece import Piece
from bot.text.links import Link, find_links, is_allowed_host, normalize_address

_GAP = re.compile(
    r"\{\{[^{}]*\}\}|\{%.*?%\}|\{[a-zA-Z_][\w .-]*\}|<<\w*|%[A-Z_]{3,}%|\*\|[A-Z_]+\|\*"
    r"|\[[^\[\]\n]*[^\W\d_][^\[\]\n]*\](?!\()|\bX{2,}\b|\bTODO\b|\bTB[CD]\b"
    r"|(?i:\bà compléter\b|\blorem ipsum\b|<(?:insert|your|nom|name)\b[^>]*>)"
)
_LETTERS, _LATIN = re.compile(r"[^\W_]{2,}"), re.compile(r"[A-Za-zÀ-ɏ0-9]")
_OTHER = re.compile(r"[Ͱ-ϿЀ-ԯ԰-֏Ꭰ-᏿Ⲁ-⳿]")  # Greek, Cyrillic, Armenian, Cherokee, Coptic


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
