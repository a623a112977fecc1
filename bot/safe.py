"""Text made harmless: nothing in it pings people, opens a link or hides what it says.

Reviews, threads and catalogue rows are other people's words. Shown in Slack, they must not
be able to notify a channel, to dress a link as another, or to reorder what is read.
"""

import re
from collections.abc import Collection

from bot.links import allowed, links

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


def plain(text: str) -> str:
    """The text as it may be stored and delivered: hidden characters gone, nothing escaped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = _HIDDEN.sub("", text.replace("\u2029", "\n\n"))
    return _VARIANT.sub("", _JOINER.sub("", text))


def neutral(text: str, allowed_links: Collection[str] = ()) -> str:
    """The text for Slack's mrkdwn: it notifies nobody, and links lead only to `allowed_links`.

    `allowed_links` are hosts or addresses. Other links stay readable, as code, and lead nowhere.
    """
    text = plain(text)
    closed = [x for x in links(text) if not x.mail and not allowed(x.host, allowed_links)]
    if closed:  # a stray back-tick would end our code early and set the link free
        text = text.replace("`", "'")
    pieces, at = [], 0
    for link in closed:
        start = link.start  # what is glued to it goes along: alone it might be a link as well
        while start > at and (text[start - 1].isalnum() or text[start - 1] in "-._"):
            start -= 1
        shown = re.sub(r"^[a-z]+://", "", text[start : link.end], flags=re.IGNORECASE)
        pieces += [_escaped(text[at:start]), f"`{_escaped(shown)}`"]
        at = link.end
    return _PING.sub("", "".join((*pieces, _escaped(text[at:]))))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
