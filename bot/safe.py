"""Text made harmless: nothing in it pings people, opens a link or hides what it says.

Reviews, threads and catalogue rows are other people's words. Shown in Slack, they must not
be able to notify a channel, to dress a link as another, to reorder what is read, or to style what
we say around them.
"""

import re
from collections.abc import Collection

from bot.links import Link, allowed, links

# Zero-width and joining marks, bidi overrides and isolates, byte order mark, tags, soft hyphen;
# all control characters except tab and newline. The emoji joiner and variation selectors stay
# where they hold an emoji together.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0"
    "\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
_EMOJI = "[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff\ufe0f]"
_JOINER = re.compile(f"(?<!{_EMOJI})\u200d|\u200d(?!{_EMOJI})")
_VARIANT = re.compile("(?<![#*0-9©®\u203c-\u3299\U0001f000-\U0001faff])\ufe0f")
_PING = re.compile(  # but not the address me@here.example
    r"(?:(?<!\w)@+(?=(?:channel|here|everyone|group)\b)"
    r"|@+(?=(?:channel|here|everyone|group)\b(?!\.\w)))",
    re.IGNORECASE,
)

# "<!channel>" would be escaped, and then be shown as a call by what undoes that once too often.
_CALL = re.compile(r"<([!@#][^<>\n]*)>")

# Where Slack reads a sign as mark-up: at the border of a word ("snake_case" is none), a quotation
# mark at the beginning of a line. In its place stands a sign that looks like it.
_STYLES = re.compile(r"[*_~](?!\w)|(?<!\w)[*_~]|^[ \t]*>", re.MULTILINE)
_ALIKE = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", ">": "\u203a"})


def plain(text: str) -> str:
    """The text as it may be stored and delivered: hidden characters gone, nothing escaped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = _HIDDEN.sub("", text.replace("\u2029", "\n\n"))
    return _VARIANT.sub("", _JOINER.sub("", text))


def neutral(text: str, allowed_links: Collection[str] = ()) -> str:
    """The text for Slack's mrkdwn: it notifies nobody, styles nothing, and links lead only to
    `allowed_links`.

    `allowed_links` are hosts or addresses. Other links and e-mail addresses stay
    readable, as code, and lead nowhere; a back-tick of others would end that code early and set
    the link free.
    """
    text = _CALL.sub(r"‹\1›", plain(text).replace("`", "'"))
    found = links(text)
    closed = [one for one in found if not _opens(one, allowed_links)]
    text = _unstyled(text, [(one.start, one.end) for one in found if one not in closed])
    pieces, at = [], 0
    for link in closed:
        start = link.start  # what is glued to it goes along: alone it might be a link as well
        while start > at and (text[start - 1].isalnum() or text[start - 1] in "-._"):
            start -= 1
        shown = re.sub(r"^[a-z]+://", "", text[start : link.end], flags=re.IGNORECASE)
        pieces += [_escaped(text[at:start]), f"`{_escaped(shown)}`"]
        at = link.end
    return _PING.sub("", "".join((*pieces, _escaped(text[at:]))))


def _opens(link: Link, hosts: Collection[str]) -> bool:
    """Whether a link may be opened: in the usual notation, or an e-mail address of these hosts."""
    return (link.plain or link.mail) and allowed(link.host, hosts)


def _unstyled(text: str, kept: list[tuple[int, int]]) -> str:
    """Without mark-up, character for character; the links that may be opened stay as they are."""

    def alike(mark: re.Match[str]) -> str:
        inside = any(start <= mark.start() < end for start, end in kept)
        return mark[0] if inside else mark[0].translate(_ALIKE)

    return _STYLES.sub(alike, text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
