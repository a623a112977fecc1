"""Check what a text refers to: quotations, cited facts and links are known, nobody is mentioned."""

import re
from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.grounding.sources import Sources, TextPart, find_quotations
from bot.i18n.messages import Words
from bot.text.links import Link, find_links, is_allowed_host, normalize_address
from bot.text.normalize import collapse_spaces

MENTION = re.compile(r"<[@!#][^>]*>|(?<![\w.])@(?:channel|here|everyone)\b")


def check_citations(parts: Sequence[TextPart], sources: Sources) -> Iterator[Check]:
    """Yield a finding for each cited id without a fact, each unknown link and each mention."""
    for part in parts:
        if part.kind != "quote":
            for id in dict.fromkeys(part.cites):
                if sources.evidence.get(id) is None:
                    words = Words("The source “{fact}” does not exist. Cite another.", fact=id)
                    yield part.build_check("citation", "block", words, fact=id, override=True)
        for link in {normalize_address(one.text): one for one in find_links(part.text)}.values():
            if not sources.names_file(link.text) and (found := _check_link(link, part, sources)):
                yield found
        if part.is_prose:
            for match in MENTION.finditer(part.text):
                words = Words("“{quote}” would call people. Take it out.", quote=match[0])
                yield part.build_check("mention", "block", words)


def _check_link(link: Link, part: TextPart, sources: Sources) -> Check | None:
    """Links lead to the brand's site or where a fact says, and to a page that is known there: a
    made-up page may name a price, or be none."""
    host, address = link.host, normalize_address(link.text)
    is_ours = is_allowed_host(host, sources.hosts)
    is_known = link.plain and (address in sources.addresses or address == host)
    if is_ours and (link.mail or is_known):
        return None
    stated = [(one.who, other) for one in sources.statements for other in find_links(one.text)]
    for who, other in stated:
        if other.host == host if link.mail else normalize_address(other.text) == address:
            words = Words("From {who}: a link to {host}.", who=format_person(who), host=host)
            return part.build_check("link", "stated", words, quote=link.text)
    if is_ours or host in {other.host for _, other in stated}:
        words = Words("No source has the page {page}. Take the link out.", page=address)
        return part.build_check("link", "block", words, quote=link.text, override=True)
    words = Words("{host} is not a known site. Take the link out.", host=host)
    return part.build_check("link", "block", words, quote=link.text)


def format_person(who: str) -> str:
    """Return a person's name as Slack shows it; in a terminal it is a plain name."""
    return f"<@{who}>" if re.fullmatch(r"[UW][A-Z0-9]+", who) else who


def check_quotes(parts: Sequence[TextPart], sources: Sources) -> Iterator[Check]:
    """Yield a finding for each quotation that no source has, letter for letter."""
    for part in parts:
        if part.kind == "quote":
            cited = part.cites[0] if part.cites else None
            if not sources.contains_quote(part.text, cited or ""):
                words = Words("The quotation is not in its source, letter for letter.")
                yield part.build_check("quote", "block", words, quote=part.text, fact=cited)
        elif part.is_prose:
            for start, end in find_quotations(part.text):
                text = part.text[start:end]
                if not (sources.contains_quote(text) or _is_stated(text, sources)):
                    words = Words("“{quote}” is in no source, letter for letter.", quote=text)
                    yield part.build_check("quote", "block", words, override=True)


def _is_stated(text: str, sources: Sources) -> bool:
    """Whether somebody typed these words in the brief. Their figures and claims are held as any."""
    said = collapse_spaces(text.rstrip(" .,!?…"))
    return any(said in collapse_spaces(statement.text) for statement in sources.statements)
