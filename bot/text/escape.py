"""Makes untrusted text safe: it mentions nobody, opens no link and hides nothing.

Reviews, threads and catalogue rows are other people's text. Shown in Slack, they must not notify
anybody, disguise a link, reorder what is read, or change the formatting of our own text around
them.
"""

import json
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from bot.text.links import Link, find_links, is_allowed_host
from bot.text.normalize import HIDDEN_CHARACTERS

T = TypeVar("T")

_EMOJI = "[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff\ufe0f]"
# Arabic and related scripts, the scripts of India and its neighbours, Khmer: in these, a joiner or
# non-joiner changes how a word is written.
_SCRIPTS = "[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff]"
_JOINER = re.compile(
    f"(?<!{_EMOJI})(?<!{_SCRIPTS})\u200d|\u200d(?!{_EMOJI})(?!{_SCRIPTS})"
    f"|(?<!{_SCRIPTS})\u200c|\u200c(?!{_SCRIPTS})"
)
_VARIANT = re.compile(  # after a digit only in a keycap emoji
    "(?<![#*0-9©®\u203c-\u3299\U0001f000-\U0001faff])\ufe0f|(?<=[#*0-9])\ufe0f(?!\u20e3)"
)
_HIDDEN_IN_JSON = re.compile(f"(?!\n){HIDDEN_CHARACTERS.pattern}|[\u200c\u200d\u2028\u2029\ufe0f]")
_FORMULA = re.compile(r"\s*[=+\-@|%]|[\t\r\n]")  # how a formula starts, in any spreadsheet
_BROADCAST = re.compile(  # but not the e-mail address me@here.example
    r"(?:(?<!\w)@+(?=(?:channel|here|everyone|group)\b)"
    r"|@+(?=(?:channel|here|everyone|group)\b(?!\.\w)))",
    re.IGNORECASE,
)

# "<!channel>" is not only escaped: unescaped once too often, it would become a mention again.
_SLACK_MENTION = re.compile(r"<([!@#][^<>\n]*)>")

# Where Slack reads a character as mark-up: at the edge of a word ("snake_case" has none), and a
# quotation mark at the start of a line. It is replaced by a character that looks like it.
_STYLES = re.compile(r"[*_~](?!\w)|(?<!\w)[*_~]|^[ \t]*>", re.MULTILINE)
_ALIKE = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", ">": "\u203a"})


def strip_hidden(text: str) -> str:
    """Return the text as it may be stored and delivered: without hidden characters, unescaped."""
    if text.isprintable() and text.isascii():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = HIDDEN_CHARACTERS.sub("", text.replace("\u2029", "\n\n"))
    return _JOINER.sub("", _VARIANT.sub("", text))


def strip_hidden_deep(thing: T) -> T:
    """Strip hidden characters from every string in a nested value. A value that does not change is
    returned as the same object."""
    return cast(T, map_strings(thing, strip_hidden))


def map_strings(thing: Any, change: Callable[[str], str]) -> Any:
    """Apply `change` to every string in a nested value, except keys of dicts."""
    if isinstance(thing, str):
        return change(thing)
    if isinstance(thing, BaseModel):
        fields = {name: getattr(thing, name) for name in type(thing).model_fields}
        fresh = {name: map_strings(value, change) for name, value in fields.items()}
        changed = {name: value for name, value in fresh.items() if value is not fields[name]}
        return thing.model_copy(update=changed) if changed else thing
    if isinstance(thing, dict):
        found = {key: map_strings(value, change) for key, value in thing.items()}
        return found if any(found[key] is not thing[key] for key in thing) else thing
    if isinstance(thing, list | tuple | set | frozenset):
        items = [map_strings(value, change) for value in thing]
        if all(new is old for new, old in zip(items, thing, strict=True)):
            return thing
        if hasattr(thing, "_make"):  # a named tuple
            return thing._make(items)
        return type(thing)(items)
    return thing


def escape_line(text: str) -> str:
    """Return the text as one line of a log: line breaks are shown as `\\n`."""
    return strip_hidden(text).replace("\n", "\\n")


def format_json(value: Any) -> str:
    """Format as JSON for a terminal. Hidden characters are escaped; parsing restores them."""
    whole = json.dumps(value, ensure_ascii=False, indent=2)
    return _HIDDEN_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], whole)


def escape_csv_cell(cell: str) -> str:
    """Escape a cell so that no spreadsheet reads it as a formula. Source: OWASP, CSV Injection."""
    clean = strip_hidden(cell)
    return f"'{clean}" if _FORMULA.match(clean) else clean


def sanitize_file_name(name: str, most: int = 120) -> str:
    """Return a safe file name: it leaves its folder for no other, hides no part of itself and is
    not read as an option. It has at most `most` characters."""
    clean = re.sub(r'[\\/:*?"<>|\n\t]+', "-", strip_hidden(name)).strip(" .")
    if len(clean) > most:
        stem, dot, end = clean.rpartition(".")
        clean = f"{stem[: most - len(end) - 1]}.{end}" if dot and len(end) < 12 else clean[:most]
    return clean.lstrip(".-") or "file"


def escape_mrkdwn(text: str, allowed_links: Collection[str] = ()) -> str:
    """Escape text for Slack's mrkdwn: it mentions nobody, has no formatting, and contains only
    `allowed_links` as links.

    `allowed_links` are hosts or URLs. Other links and e-mail addresses stay readable as inline
    code, which can't be opened. Backticks in the text are replaced, since one would end that code
    early and make the link active.
    """
    text = _SLACK_MENTION.sub(r"‹\1›", strip_hidden(text).replace("`", "'"))
    while (without := _BROADCAST.sub("", text)) != text:  # what is left may form a link
        text = without
    return _BROADCAST.sub("", _close_links(text, allowed_links))


def _close_links(text: str, allowed: Collection[str]) -> str:
    """Turn links that are not allowed into code. What is left beside them is read again by itself,
    as it may be another link than before."""
    found = find_links(text)
    closed = [one for one in found if not _is_allowed_link(one, allowed)]
    if not closed:
        return _escape_entities(_strip_styles(text, [(one.start, one.end) for one in found]))
    pieces, at = [], 0
    for link in closed:
        start = link.start  # include characters attached to it, which could form another link
        while start > at and (text[start - 1].isalnum() or text[start - 1] in "-._"):
            start -= 1
        shown = re.sub(r"^[a-z]+://", "", text[start : link.end], flags=re.IGNORECASE)
        code = _escape_entities(_strip_styles(shown, []))
        pieces += [_close_links(text[at:start], allowed), f"`{code}`" if code else ""]
        at = link.end
    return "".join((*pieces, _close_links(text[at:], allowed)))


def _is_allowed_link(link: Link, hosts: Collection[str]) -> bool:
    """Whether a link may be opened: a plain URL, or an e-mail address, of one of these hosts."""
    return (link.plain or link.mail) and is_allowed_host(link.host, hosts)


def _strip_styles(text: str, link_spans: list[tuple[int, int]]) -> str:
    """Replace mark-up characters by similar ones, except within `link_spans`."""

    def alike(mark: re.Match[str]) -> str:
        inside = any(start <= mark.start() < end for start, end in link_spans)
        return mark[0] if inside else mark[0].translate(_ALIKE)

    return _STYLES.sub(alike, text)


def _escape_entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
