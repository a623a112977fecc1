"""The links and e-mail addresses in a text, and which hosts they lead to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Endings that make a bare "shop.example/spring" a link in mail and chat programs.
_ENDINGS = (
    "com|net|org|fr|eu|uk|de|es|it|pt|br|be|ch|lu|nl|ie|us|ca|io|co|app|dev|shop|store|boutique|"
    "paris|info|biz|me|ly|gl|ru|cn|xyz|site|online|club|top|link|click|page|zip|example|test"
)
_REST = r"(?:[/?#\\][^\s<>\"«»“”|]*)?"
_FULL = re.compile(rf"(?:(?:https?|ftp)://|\bwww\.)[^\s/?#\\<>\"«»“”|]+{_REST}", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+%-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_BARE = re.compile(
    rf"(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:{_ENDINGS})(?![\w-]|\.\w)(?::\d+)?{_REST}", re.IGNORECASE
)
_AFTER = ".,;:!?…)]}’'”»"  # ends the sentence, not the link


@dataclass(frozen=True, slots=True)
class Link:
    """`host` is lower case, without `www.`, name and port."""

    text: str
    host: str
    start: int
    end: int
    mail: bool = False


def host_of(address: str) -> str:
    """`https://www.shop.example:443/a` → `shop.example`."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*:/+", "", address.strip(), flags=re.IGNORECASE)
    host = re.split(r"[/?#\\]", bare, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return host.lower().strip(_AFTER).removeprefix("www.")


def address_of(link: str) -> str:
    """Where a link leads, for comparing: `https://www.Shop.example/a/?utm_source=x` →
    `shop.example/a`. What only counts visits leads nowhere else."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*:/+", "", link.strip(), flags=re.IGNORECASE)
    path, mark, rest = bare.replace("\\", "/").partition("#")
    path, _, query = path.partition("?")
    told = "&".join(one for one in query.split("&") if one and not one.startswith("utm_"))
    way = "/" + path.partition("/")[2].strip("/")
    return host_of(bare) + way.rstrip("/") + (f"?{told}" if told else "") + mark + rest


def links(text: str) -> list[Link]:
    """In the order they stand; a full stop that ends the sentence is not part of a link."""
    if "." not in text and "//" not in text:
        return []
    found: list[Link] = []
    for shape in (_FULL, _MAIL, _BARE):
        for match in shape.finditer(text):
            if any(link.start < match.end() and match.start() < link.end for link in found):
                continue
            shown = match[0].rstrip(_AFTER)
            end = match.start() + len(shown)
            found.append(Link(shown, host_of(shown), match.start(), end, mail=shape is _MAIL))
    return sorted(found, key=lambda link: link.start)


def allowed(host: str, hosts: Iterable[str]) -> bool:
    """Whether a host is one of these or under one of them."""
    return any(host == one or host.endswith("." + one) for one in map(host_of, hosts) if one)
