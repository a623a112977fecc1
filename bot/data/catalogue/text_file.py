"""Decodes a text file of any encoding."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from bot.errors import CannotDo
from bot.i18n.messages import Words

MOST_FILE_BYTES = 50_000_000  # bytes
DELIMITERS = (",", ";", "\t", "|")

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
MOJIBAKE = re.compile(r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€.|Â[\xa0-\xbf]")


@dataclass(frozen=True)
class DecodedText:
    """The text of a file. `repaired` is true when wrongly decoded accents were corrected."""

    text: str
    encoding: str
    repaired: bool = False


def read_text(path: Path, name: str) -> DecodedText:
    """Return the text of a file. Raises CannotDo when it is too large or no text."""
    if path.stat().st_size > MOST_FILE_BYTES:
        raise CannotDo(_too_large_message(name))
    stored = path.read_bytes()
    _refuse_binary(stored, name)
    text, encoding = _decode(stored)
    if not text.strip():
        raise CannotDo(Words("{file} is empty.", file=name))
    if len(CONTROL_CHARACTERS.findall(text[:4096])) > len(text[:4096]) // 20:
        raise CannotDo(_no_text_message(name))
    mended = _repair_mojibake(text)
    return DecodedText(mended, encoding, repaired=mended != text)


def _refuse_binary(stored: bytes, name: str) -> None:
    head = stored[:4096]
    if head.startswith(b"PK\x03\x04"):
        office = b"[Content_Types].xml" in head or b"xl/" in head or b"opendocument" in head
        raise CannotDo(_workbook_message(name) if office else _archive_message(name))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise CannotDo(_workbook_message(name))
    if head.startswith((b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ")):
        raise CannotDo(_archive_message(name))
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"SQLite format")):
        raise CannotDo(_no_text_message(name))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"{\\rtf", b'{"', b"[{", b"{\n")):
        raise CannotDo(_no_rows_message(name))


def _too_large_message(name: str) -> Words:
    limit = MOST_FILE_BYTES // 1_000_000
    return Words(
        "{file} is larger than {limit} MB. Split it into several files.", file=name, limit=limit
    )


def _workbook_message(name: str) -> Words:
    return Words(
        "{file} is a spreadsheet, which I can't read. Open it, choose Save as, "
        "then CSV UTF-8, and give me that file.",
        file=name,
    )


def _archive_message(name: str) -> Words:
    return Words("{file} is a compressed file. Unpack it and give me the CSV inside.", file=name)


def _no_text_message(name: str) -> Words:
    return Words("{file} is not a text file. Export your products as CSV.", file=name)


def _no_rows_message(name: str) -> Words:
    return Words(
        "{file} is a page or a structure, not a list of rows. Export your products as CSV.",
        file=name,
    )


def _decode(stored: bytes) -> tuple[str, str]:
    """Decode by the byte order mark, else as UTF-8. Lines that are not UTF-8 are read as
    Windows-1252."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if stored.startswith(mark):
            return stored.decode(encoding, errors="replace"), encoding
    if (unmarked := _decode_unmarked_utf16(stored)) is not None:
        return stored.decode(unmarked, errors="replace"), unmarked
    try:
        return stored.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return "".join(_decode_line(line) for line in stored.splitlines(keepends=True)), "cp1252"


def _decode_unmarked_utf16(stored: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark: in Western text every other byte is 0."""
    even, odd = stored[:4096:2], stored[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.2 * len(even):
        return "utf-16-le"
    if len(odd) > 3 and even.count(0) > 0.6 * len(even) and odd.count(0) < 0.2 * len(odd):
        return "utf-16-be"
    return None


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="ignore")


def _repair_mojibake(text: str) -> str:
    """Correct accents that were encoded twice: "cafÃ©" is "café"."""
    if not MOJIBAKE.search(text):
        return text
    return "".join(_repair_line(line) for line in text.splitlines(keepends=True))


def _repair_line(line: str) -> str:
    if not MOJIBAKE.search(line):
        return line
    try:
        return line.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return line
