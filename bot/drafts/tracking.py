"""Campaign codes: one for each piece, added to its links before approval."""

import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LINK_PATTERN = re.compile(r"https?://[^\s<>\"')\]]+")


def campaign_code(piece: str) -> str:
    """Return the code of a piece, for example `si-1a2b3c4d`. All versions share it."""
    return f"si-{hashlib.sha256(piece.encode()).hexdigest()[:8]}"


def tag_links(text: str, site: str | None, code: str) -> str:
    """Add utm_campaign=<code> to each link to the brand's own site."""
    host = urlsplit(site).hostname if site else None
    return LINK_PATTERN.sub(lambda found: _tag_link(found[0], host, code), text) if host else text


def _tag_link(link: str, host: str, code: str) -> str:
    tail = link[len(link.rstrip(".,;:!?…")) :]
    parts = urlsplit(link.removesuffix(tail) if tail else link)
    found = parts.hostname or ""
    if found != host and not found.endswith(f".{host}"):
        return link
    query = [(k, v) for k, v in parse_qsl(parts.query) if k != "utm_campaign"]
    query.append(("utm_campaign", code))
    return urlunsplit(parts._replace(query=urlencode(query))) + tail
