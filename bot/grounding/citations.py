"""Check what a text refers to: cited facts exist, links are known, nobody is mentioned."""

import re
from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.grounding.sources import Piece, Sources
from bot.i18n.messages import Words
from bot.text.links import Link, find_links, is_allowed_host, normalize_address

MENTION = re.compile(r"<[@!#][^>]*>|(?<![\w.])@(?:channel|here|everyone)\b")


def check_citations(pieces: Sequence[Piece], sources: Sources) -> Iterator[Check]:
    """Yield a finding for each cited id without a fact, each unknown link and each mention."""
    for piece in pieces:
        if piece.kind != "quote":
            for id in dict.fromkeys(piece.cites):
                if sources.evidence.get(id) is None:
                    yield Check(
                        rule="citation",
                        level="block",
                        words=Words("The source “{fact}” does not exist. Cite another.", fact=id),
                        part=piece.key,
                        fact=id,
                        override=True,
                    )
        for link in {normalize_address(one.text): one for one in find_links(piece.text)}.values():
            if link.text in sources.files:
                continue
            if finding := check_link(link, sources):
                yield finding.model_copy(update={"part": piece.key, "quote": link.text})
        if piece.is_prose:
            for match in MENTION.finditer(piece.text):
                yield Check(
                    rule="mention",
                    level="block",
                    words=Words("“{quote}” would call people. Take it out.", quote=match[0]),
                    part=piece.key,
                    quote=match[0],
                )


def check_link(link: Link, sources: Sources) -> Check | None:
    """Links lead to the brand's site or where a fact says, and to a page that is known there: a
    made-up page may name a price, or be none."""
    host, address = link.host, normalize_address(link.text)
    is_ours = is_allowed_host(host, sources.hosts)
    is_known = link.plain and (address in sources.addresses or address == host)
    if is_ours and (link.mail or is_known):
        return None
    stated = [
        (statement.who, other)
        for statement in sources.statements
        for other in find_links(statement.text)
    ]
    who = next(
        (
            who
            for who, other in stated
            if (other.host == host if link.mail else normalize_address(other.text) == address)
        ),
        None,
    )
    if who:
        words = Words("From {who}: a link to {host}.", who=format_person(who), host=host)
        return Check(rule="link", level="stated", words=words)
    if is_ours or host in {other.host for _, other in stated}:
        words = Words("No source has the page {page}. Take the link out.", page=address)
        return Check(rule="link", level="block", words=words, override=True)
    words = Words("{host} is not a known site. Take the link out.", host=host)
    return Check(rule="link", level="block", words=words)


def format_person(who: str) -> str:
    """Return a person's name as Slack shows it; in a terminal it is a plain name."""
    return f"<@{who}>" if re.fullmatch(r"[UW][A-Z0-9]+", who) else who
