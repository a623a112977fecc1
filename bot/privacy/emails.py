"""E-mail addresses, also as people write them so that no machine finds them, and handles.

Each is found from its @, or from the word in its place: what stands on either side is read within
a bounded distance, so that the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator

_LOCAL = 80  # characters before an @ that are looked at; RFC 5321 allows 64
# What stands before an @ is matched from its end, letter by letter backwards.
_LEFT = re.compile(r"[\w+-][\w.+%&'-]*")
_RIGHT = re.compile(
    r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[^\W\d_]{2,24}\b|[\w-]{1,63},(?:com|fr|net|org|uk)\b"
)
# name @ shop . com
_SPACED_LEFT = re.compile(r" ?[\w+%-]{1,40}(?: ?\. ?[\w+%-]{1,40}){0,3}")
_TLD = (
    r"(?:com|fr|net|org|co ?(?:\.|dot|point|[\[({]dot[\])}]) ?uk|uk|de|es|it|be|ch|pt|br|eu|ie|nl|"
    r"ca|us|io|me|info|biz|gmail|edu|gouv\.fr|pro|email|mail)\b"
)
_SPACED_RIGHT = re.compile(rf" ?[\w-]{{1,40}}(?: ?\. ?[\w-]{{1,40}}){{0,2}} ?\. ?{_TLD}", re.I)
# The word in the place of the @: in brackets it is sure, bare it needs a spelt dot and a known end.
_AT = re.compile(
    r" ?(?P<sure>[\[({<] ?(?:at|a|à|arobase?|arrobase|chez|@) ?[\])}>]) ?"
    r"| (?P<bare>at|arobase?|arrobase|arroba) |(?<=\w)_at_(?=\w)",
    re.I,
)
_DOT = (
    r" ?(?:\.|[\[({<] ?(?:dot|point|punto|ponto|\.) ?[\])}>]|(?<![^\W_])(?:dot|point|punto|"
    r"ponto)(?![^\W_])) ?"
)
_TOD = (
    r" ?(?:\.|erocsrednu|terit|hsad|neyhyh|[\])}>] ?(?:tod|tniop|otnup|otnop|\.) ?[\[({<]"
    r"|(?<![^\W_])(?:tod|tniop|otnup|otnop)(?![^\W_])) ?"
)
_SPELT_LEFT = re.compile(rf"[\w+%-]{{1,40}}(?:{_TOD}[\w+%-]{{1,40}}){{0,3}}", re.I)
_SPELT_RIGHT = re.compile(rf"[\w-]{{1,40}}(?:{_DOT}[\w-]{{1,40}}){{1,3}}", re.I)
_SURE_RIGHT = re.compile(rf"(?:[\w-]{{1,40}}{_DOT}){{1,3}}{_TLD}", re.I)
_HANDLE = re.compile(  # @marie_lin, but neither Slack's <@U0123> nor @here
    r"(?<![\w<@/.])@(?!(?:here|channel|everyone|group)\b)[A-Za-z][\w.]{2,29}(?<!\.)"
)
_CUED_HANDLE = re.compile(
    r"\b(?:insta(?:gram)?|tiktok|snap(?:chat)?|twitter|pinterest)(?: (?:handle|account|compte|"
    r"pseudo))?"
    r" ?(?::|is\b|est\b|c'est\b|=) ?"
    r"(?P<value>(?=[A-Za-z.]{0,28}(?:[_\d]|\.[A-Za-z]{1,28}\.))[A-Za-z][\w.]{2,29})(?<!\.)",
    re.I,
)

Span = tuple[str, int, int]


def emails(text: str) -> Iterator[Span]:
    """Kind, start and end of each e-mail address and handle."""
    at = text.find("@")
    while at >= 0:
        if (span := _around(text, at)) is not None:
            yield "EMAIL", *span
        at = text.find("@", at + 1)
    for found in _AT.finditer(text):
        if (span := _spelt(text, found)) is not None:
            yield "EMAIL", *span


def handles(text: str) -> Iterator[Span]:
    if "@" in text:
        for found in _HANDLE.finditer(text):
            yield "HANDLE", *found.span()
    for found in _CUED_HANDLE.finditer(text):
        yield "HANDLE", *found.span("value")


def _around(text: str, at: int) -> tuple[int, int] | None:
    before, behind = text[max(0, at - _LOCAL) : at][::-1], at + 1 + (text[at + 1 : at + 2] == "@")
    left, right = _LEFT.match(before), _RIGHT.match(text, behind)
    if not (left and right):
        left, right = _SPACED_LEFT.match(before), _SPACED_RIGHT.match(text, behind)
    return (at - left.end(), right.end()) if left and right else None


def _spelt(text: str, found: re.Match[str]) -> tuple[int, int] | None:
    start = found.start()
    left = _SPELT_LEFT.match(text[max(0, start - _LOCAL) : start][::-1])
    shape = _SPELT_RIGHT if found["sure"] else _SURE_RIGHT
    right = shape.match(text, found.end())
    return (start - left.end(), right.end()) if left and right else None
