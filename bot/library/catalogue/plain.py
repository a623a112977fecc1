"""What a cell says as clean text: no tags, no entities, no formulas; lists and yes or no too."""

import html
import re
import unicodedata
from collections.abc import Iterable
from html.parser import HTMLParser


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOTHING = _words(
    "nan null none n/a na #n/a #ref! #value! #name? #div/0! #null! #num! - – — ? tbc tbd"
)
YES = _words("yes true 1 y x oui vrai o active actif published publié publie visible")
NO = _words("no false 0 n non faux inactive inactif unpublished hidden masqué masque")

TAGS = _words(
    "a abbr address article aside b big blockquote body br button caption center cite code col "
    "colgroup dd del details div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 "
    "head header hr html i iframe img input ins label li link main mark meta nav o:p ol p picture "
    "pre q s script section small source span strike strong style sub summary sup svg table tbody "
    "td template tfoot th thead time title tr u ul video wbr"
)
BLOCKS = _words(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td tfoot th "
    "thead tr ul"
)
UNSEEN = _words("script style head template svg")

INVISIBLE = re.compile(  # control and format signs, but for the joiner inside emoji
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f"
    r"\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
FORMULA = re.compile(
    r"^[=+\-@]\s*[A-Za-z_.]+\s*\("  # =HYPERLINK(…
    r"|^[=+\-@].*\|.*!"  # =cmd|'/C calc'!A0
    r"|^=\s*[A-Za-z]{1,3}\d+\b"  # =A1
    r"|^=[\d.]+[+*/-]"  # =1+1
)


def plain(cell: str) -> str:
    """Clean text: no tags, no entities, no invisible signs, single spaces, NFC."""
    text = cell
    if "<" in text and re.search(r"</?[a-zA-Z][^>]*>", text):
        text = _Plain.of(text)
    for _ in range(2):  # exports spell some entities twice: &amp;eacute;
        text = html.unescape(text) if "&" in text else text
    text = INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute this instead of showing it."""
    return bool(FORMULA.search(cell.strip()))


def without_formula(cell: str) -> str:
    """What a formula was meant to show, when that is a plain text (="00123"); else nothing."""
    quoted = re.fullmatch(r'\s*="([^"]*)"\s*', cell)
    if quoted:
        return quoted[1]
    if is_formula(cell):
        return ""
    return re.sub(r"^\s*=+", "", cell)


def is_nothing(cell: str) -> bool:
    return not cell.strip() or cell.strip().lower() in NOTHING


def yes_or_no(cell: str) -> bool | None:
    word = cell.strip().lower()
    return True if word in YES else False if word in NO else None


def several(cell: str, *, slashes: bool = True) -> tuple[str, ...]:
    """A list in one cell, in its order, each once: "S, M, L" or "bleu/blanc"."""
    parts = re.split(r"\s*[,;|/]\s*" if slashes else r"\s*(?:[;|]|,(?!5\b))\s*", plain(cell))
    return once(part for part in parts if not is_nothing(part))


def once(values: Iterable[str]) -> tuple[str, ...]:
    """Without repetitions, whatever their capitals; the first spelling stays."""
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(value.lower(), value)
    return tuple(first.values())


class _Plain(HTMLParser):
    """HTML as running text; blocks end like sentences, unknown tags stay as they were typed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    @classmethod
    def of(cls, text: str) -> str:
        reader = cls()
        reader.feed(text)
        reader.close()
        lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\0"))
        return _as_sentences([line for line in lines if line])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        self._tag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        self._tag(tag, end=True)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag(tag)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(data.replace("\0", ""))

    def _tag(self, tag: str, *, end: bool = False) -> None:
        if tag in BLOCKS:
            self.pieces.append("\0")
        elif tag not in TAGS and not end and not self.unseen:
            self.pieces.append(self.get_starttag_text() or "")


def _as_sentences(lines: list[str]) -> str:
    return " ".join(
        line if i == len(lines) - 1 or line[-1] in ".!?:;,…" else f"{line}."
        for i, line in enumerate(lines)
    )
