"""Finds links and e-mail addresses in text, and the hosts that they lead to.

A link is whatever a browser, mail program or chat program would open: a URL with any scheme, a host
that ends in a public suffix, an e-mail address, or the target of a link in Slack's, Markdown's or
HTML's notation. The search runs on a copy without HTML entities, invisible characters and
look-alike dots; positions refer to the original text.
"""

import html
import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import unquote

import idna
from publicsuffixlist import PublicSuffixList

from bot.text.normalize import CharacterTable, word_set

# Reserved top-level domains: they lead to a host inside a company or to an example.
_SPECIAL = word_set("example test localhost local internal lan onion invalid arpa")
# Top-level domains that are links in any spelling: with "It" well known, "shop.It" is a link too.
_WELL_KNOWN = word_set(
    "com net org fr eu uk de es it pt br be ch lu nl ie us ca io co app dev shop store boutique "
    "paris info biz me ly gl ru cn xyz site online club top link click page zip example "
    "test"
)
# Two-letter TLDs that are also words: "back.In" is a full stop without a space after it.
_WORDS = word_set(
    "ad ag ai al am an ar as at au bi do en es et ga he hm id il im in is je la le ma mg ml mm mu "
    "my na ne ni no nu om on pa pm re sa se so sa st ta to tu un va vu we ws"
)
# Schemes without a host. Others count when "//" follows them or they look like an address.
_OPAQUE = (
    "tel|sms|smsto|mms|callto|facetime|facetime-audio|skype|whatsapp|tg|viber|geo|maps|market|"
    "intent|itms|itms-apps|fb|twitter|slack|zoommtg|msteams|ms-[a-z-]+|android-app|ios-app|"
    "magnet|urn|blob|file|filesystem|about|view-source|jar|chrome|cid|mid|news|irc|sip|sips|xmpp|"
    "bitcoin|ethereum|payto|upi|steam|spotify|webcal|ldap|gopher|ssh|git|smb"
)
_DOTS = "\u3002\uff0e\uff61\u2024"
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z]{2,8};)")
_LINK_SIGNS = re.compile(r"[.:@&\\" + _DOTS + "\uff1a\uff20]|//|\uff0f\uff0f")

_STOPS = r"\s<>\"«»“”|"
_REST = rf"(?:[/?#\\][^{_STOPS}]*)?"
_HOST = rf"[^{_STOPS}/?#\\]+"
_LABELS = r"(?:[\w-]+\.)+[\w-]+"
_SPACED = r"\s*".join
_SCRIPT = "|".join(map(_SPACED, ("javascript", "vbscript", "livescript")))
_SHAPES = {
    "script": re.compile(rf"(?<![\w-])(?:{_SCRIPT})\s*:\s*[^{_STOPS}]*", re.IGNORECASE),
    "data": re.compile(
        rf"(?<![\w-]){_SPACED('data')}\s*:(?:\s*[\w.+-]+/[\w.+-]+[;,]?|[;,])[^{_STOPS}]*",
        re.IGNORECASE,
    ),
    "full": re.compile(
        rf"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*|(?<=[0-9+.-])(?:https?|ftp|wss?))"
        rf":[/\\]{{2,}}{_HOST}{_REST}"
        rf"|(?<![\w.-])(?:https?|ftp|wss?):[/\\]?(?=[\w\[]){_HOST}{_REST}"
        rf"|\bwww\d?\.{_HOST}{_REST}",
        re.IGNORECASE,
    ),
    "mail": re.compile(r"(?:mailto:)?[\w.+%-]+@[\w-]+(?:\.[\w-]+)+(?:\?[^\s<>]*)?", re.IGNORECASE),
    "opaque": re.compile(
        rf"(?<![\w-])(?:(?:{_OPAQUE}|mailto):(?=[^\s:])[^{_STOPS}]+"
        rf"|[a-z][a-z0-9]*(?:[+-][a-z0-9]+)+:(?=[a-zA-Z/?#])[^{_STOPS}]+"
        rf"|[a-zA-Z][\w+-]+:(?=[A-Za-z/?])[\w.-]*[/?][^{_STOPS}]*[=&%#/][^{_STOPS}]*)",
        re.IGNORECASE,
    ),
    "relative": re.compile(rf"(?<![\w:/\\])[/\\]{{2,}}(?={_LABELS}){_HOST}{_REST}"),
    "number": re.compile(
        rf"(?<![\w@.-])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+{_REST}|/[^{_STOPS}]*)"
    ),
    "bare": re.compile(rf"(?<![\w@.-]){_LABELS}(?![\w@-])(?::\d+)?{_REST}"),
}
# What each match of a shape contains. It is searched first, as most texts have none of it.
_SIGNS = {
    "script": re.compile(r"t\s*:", re.IGNORECASE),
    "data": re.compile(r"a\s*:", re.IGNORECASE),
    "full": re.compile(r":[/\\\w\[]|www", re.IGNORECASE),
    "mail": re.compile("@"),
    "opaque": re.compile(r":\S"),
    "relative": re.compile(r"[/\\]{2}"),
    "number": re.compile(r"\d\.\d"),
    "bare": re.compile(r"[\w-]\.[\w-]"),
}
# Notations that always hold a link: Slack's <target|label>, [label](target), [label]: target, href.
_MARKED_LINK = re.compile(
    r"<(?P<slack>[^<>|\n]+)(?:\|[^<>\n]*)?>|\]\(\s*<?(?P<markdown>[^()<>]*(?:\([^()]*\)[^()<>]*)*)"
    r"|^\s{0,3}\[[^\]\n]+\]:\s*(?P<reference>\S+)|\bhref\s*=\s*[\"']?(?P<html>[^\"'>]+)",
    re.IGNORECASE | re.MULTILINE,
)
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.\s-]*?)\s*:", re.IGNORECASE)
_AFTER = ".,;:!?…)]}’'”»"  # ends the sentence, not the link
_WEB = frozenset(("http", "https", "ftp", "ws", "wss"))


@dataclass(frozen=True, slots=True)
class Link:
    """`host` is lower-case ASCII without `www.`, user name and port. For a scheme without a host,
    it is the scheme with its colon, such as `javascript:`."""

    text: str
    host: str
    start: int
    end: int
    mail: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is a web URL in the usual notation, which may be opened."""
        written = re.match(r"(?:https?://)?[\w.-]+(?::\d+)?(?:[/?#]|$)", self.text, re.IGNORECASE)
        return written is not None and not self.mail and "\\" not in self.text


def parse_host(address: str) -> str:
    """Return the host of a URL: `https://www.shop.example:443/a` → `shop.example`."""
    bare = _strip_scheme(_read_visible(address)[0].strip())
    authority = re.split(r"[/?#\\]", bare, maxsplit=1)[0]
    return _parse_authority(authority)


def normalize_address(link: str) -> str:
    """Normalize a URL for comparison: `https://www.Shop.example/a/?utm_source=x` →
    `shop.example/a`. Parameters that only count visits (utm_…) are removed."""
    bare = _strip_scheme(link.strip())
    path, mark, rest = bare.replace("\\", "/").partition("#")
    path, _, query = path.partition("?")
    parameters = "&".join(one for one in query.split("&") if one and not one.startswith("utm_"))
    way = "/" + path.partition("/")[2].strip("/")
    return (
        parse_host(bare) + way.rstrip("/") + (f"?{parameters}" if parameters else "") + mark + rest
    )


def find_links(text: str) -> list[Link]:
    """Return the links in order. A full stop that ends the sentence is not part of a link."""
    return list(_find_links(text)) if _LINK_SIGNS.search(text) else []


def is_allowed_host(host: str, hosts: Iterable[str]) -> bool:
    """Whether a host equals one of `hosts` or is a subdomain of one. No host is allowed merely
    because it is under a public suffix in `hosts`."""
    return any(
        host == one or (host.endswith("." + one) and bool(find_registrable_domain(one)))
        for one in map(parse_host, hosts)
        if one
    )


def find_registrable_domain(host: str) -> str:
    """Return the registrable domain of a host. An IP address or a name without a dot is returned
    unchanged; a public suffix gives ""."""
    if "." not in host or host.endswith(":") or host.startswith("["):
        return host
    if host.rpartition(".")[2] in _SPECIAL:
        return ".".join(host.split(".")[-2:])
    if _is_number(host):
        return host
    suffix = _load_suffixes().publicsuffix(host)
    if suffix is None:
        return ".".join(host.split(".")[-2:])
    return str(_load_suffixes().privatesuffix(host) or "")


@cache
def _load_suffixes() -> PublicSuffixList:
    """Load the list that the package contains; nothing is downloaded."""
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=2048)
def _find_links(text: str) -> tuple[Link, ...]:
    clean, places = _read_visible(text)
    found: list[tuple[int, int, Link]] = []
    for start, end, host, mail in (*_find_marked_links(clean), *_find_loose_links(clean)):
        if start >= end or any(a < end and start < b for a, b, _ in found):
            continue
        first, last = places[start], places[end] if end < len(places) else len(text)
        found.append((start, end, Link(text[first:last], host, first, last, mail)))
    return tuple(link for _, _, link in sorted(found, key=lambda one: one[0]))


def _read_visible(text: str) -> tuple[str, Sequence[int]]:
    """Return the text that a program would read, and the position of each of its characters."""
    clean = text.translate(_READ)
    if "&" not in text and len(clean) == len(text):
        return clean, range(len(text))
    signs = list(_list_visible(text))
    return "".join(sign for sign, _ in signs), [at for _, at in signs]


def _list_visible(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(text):
        sign, size = text[at], 1
        if sign == "&" and (entity := _ENTITY.match(text, at)):
            read = html.unescape(entity[0])
            if len(read) == 1:
                sign, size = read, len(entity[0])
        if shown := _READ[ord(sign)]:
            yield shown, at
        at += size


def _read_character(sign: str) -> str:
    """Return what a program reads for a character; nothing for a hidden one."""
    if sign in _DOTS:
        sign = "."
    elif not sign.isascii():
        wide = unicodedata.normalize("NFKC", sign)
        sign = wide if len(wide) == 1 and wide.isascii() and wide.isprintable() else sign
    return "" if _HIDDEN.match(sign) else sign


_READ = CharacterTable(_read_character)


def _find_marked_links(clean: str) -> Iterator[tuple[int, int, str, bool]]:
    """Yield link targets in Slack's, Markdown's and HTML's notation, where any scheme counts."""
    for match in _MARKED_LINK.finditer(clean):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        target = match[kind]
        if kind == "slack" and target[:1] in "@#!":
            continue
        squeezed = re.sub(r"\s", "", target)
        if re.match(r"[/\\]{2}", squeezed):
            yield (
                start,
                end,
                _parse_authority(re.split(r"[/?#\\]", squeezed.lstrip("/\\"))[0]),
                False,
            )
        elif (scheme := _SCHEME.match(target)) and re.match(
            r"[a-z][a-z0-9+.-]+:\S", squeezed, re.I
        ):
            name = re.sub(r"\s", "", scheme[1]).lower()
            if "." in name and re.match(rf"{re.escape(name)}:\d+(?:[/?#]|$)", squeezed, re.I):
                continue  # a host with a port
            if kind == "slack" and re.match(r"\s", target[scheme.end() :] or " "):
                continue  # text in angle brackets
            if name in _WEB:
                yield start, end, parse_host(squeezed), False
            elif name == "mailto":
                yield (
                    start,
                    end,
                    _parse_authority(squeezed.rpartition("@")[2].partition("?")[0]),
                    True,
                )
            elif not (kind == "slack" and _contains_link(target)):
                yield start, end, f"{name}:", False


def _contains_link(target: str) -> bool:
    """Whether text in angle brackets contains a link of its own, which is found separately."""
    return " " in target.strip() and any(one.search(target) for one in _SHAPES.values())


def _find_loose_links(clean: str) -> Iterator[tuple[int, int, str, bool]]:
    for name, shape in _SHAPES.items():
        for match in shape.finditer(clean) if _SIGNS[name].search(clean) else ():
            start, shown = match.start(), match[0].rstrip(_AFTER)
            if "(" in shown and match[0][len(shown) :].startswith(")"):
                shown += ")"
            if name == "bare":
                shown = _trim_bare_link(shown)
            if not shown:
                continue
            end = start + len(shown)
            if name in ("script", "data", "opaque"):
                scheme = re.sub(r"\s", "", shown.partition(":")[0]).lower()
                yield start, end, f"{scheme}:", False
            elif name == "mail":
                host = _parse_authority(shown.rpartition("@")[2].partition("?")[0])
                yield start, end, host, True
            elif name == "full":
                yield start, end, _parse_full_host(shown), False
            else:
                yield start, end, parse_host(shown.lstrip("/\\")), False


def _parse_full_host(shown: str) -> str:
    """Return the host of a web URL; the scheme with its colon for any other URL."""
    scheme, colon, _ = shown.partition(":")
    if colon and "//" in shown and scheme.lower() not in _WEB and not scheme.startswith("www"):
        return f"{scheme.lower()}:"
    return parse_host(shown)


def _trim_bare_link(shown: str) -> str:
    """Return the part of "shop.example/spring" that is a link; "" when the dot ends a sentence or
    an abbreviation, or the name has no public suffix."""
    name = re.match(_LABELS, shown)
    if name is None:
        return ""
    labels, tail = name[0].split("."), shown[name.end() :]
    while len(labels) > 1 and not _is_suffix(labels[-1]):
        if tail or not labels[-1][:1].isupper():
            return ""
        labels.pop()  # "shop.example.Order now": a sentence follows
    if len(labels) < 2 or (len(labels) < len(name[0].split(".")) and labels[-1][:1].isupper()):
        return ""
    if not tail and _ends_sentence(labels):
        return ""
    return ".".join(labels) + (tail if len(labels) == len(name[0].split(".")) else "")


def _ends_sentence(labels: list[str]) -> bool:
    before, last = labels[-2], labels[-1]
    if last.lower() in _WELL_KNOWN:
        return False
    if len(labels) == 2 and (len(before) == 1 or before.isdigit()):
        return True  # "M.Li", "10.am"
    capital = last[:1].isupper() and last[1:].islower()
    return len(labels) == 2 and capital and (len(last) > 2 or last.lower() in _WORDS)


def _is_suffix(label: str) -> bool:
    low = label.lower()
    if low in _SPECIAL or not re.search(r"[^\W\d_]", low):
        return low in _SPECIAL
    return _load_suffixes().publicsuffix(_encode_idna(low)) is not None


def _strip_scheme(address: str) -> str:
    return re.sub(
        r"^(?:[a-z][a-z0-9+.-]*:[/\\]+|(?:https?|ftp|wss?):[/\\]*|[/\\]{2,})",
        "",
        address,
        flags=re.IGNORECASE,
    )


def _parse_authority(authority: str) -> str:
    """Return the host of `name:password@host:port` in ASCII; an IPv4 number in dotted form."""
    name = unquote(authority).rpartition("@")[2]
    if name.startswith("["):
        return name.partition("]")[0].lower() + "]"
    name = name.partition(":")[0].lower().strip(_AFTER)
    return _parse_numeric_host(name) or _encode_idna(name).removeprefix("www.")


def _encode_idna(name: str) -> str:
    """Return a host in its DNS form: `xn--…` when it has non-ASCII letters."""
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return name


def _parse_numeric_host(name: str) -> str:
    """Parse an IPv4 address in any notation: `2130706433`, `0x7f.1` and `0177.0.0.1` are
    127.0.0.1. Returns "" for anything else."""
    pieces = name.rstrip(".").split(".")
    if len(pieces) > 4 or not re.fullmatch(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*", name):
        return ""
    try:
        read = [_parse_number(one) for one in pieces]
        value = sum(one << (8 * (3 - n)) for n, one in enumerate(read[:-1])) + read[-1]
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        return ""


def _parse_number(piece: str) -> int:
    if piece.startswith("0x"):
        return int(piece[2:] or "0", 16)
    return int(piece, 8) if len(piece) > 1 and piece.startswith("0") else int(piece)


def _is_number(host: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", host) is not None
