"""What a file is before anything in it is understood: its format, encoding, fingerprint."""

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from bot.data.catalogue.text_file import BOMS
from bot.data.ingest.file_schema import Format, Understood
from bot.errors import CannotDo, system_failure
from bot.i18n.messages import Words

LARGEST = 4_000_000_000  # bytes
HEAD = 65_536
PACKED = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
NO_TABLE = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"SQLite format", b"\x7fELF", b"RIFF")
PAGES = (b"<!doctype", b"<html", b"<?xml", b"{\\rtf")
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Opened:
    """`encoding` is None for what is no text. `lines` counts the ends of lines of a text."""

    format: Format
    encoding: str | None
    sha256: str
    size: int
    lines: int


def look(path: Path, name: str) -> Opened:
    """Format and encoding of a file. Raises CannotDo for what can be no table."""
    size = path.stat().st_size
    if size == 0:
        raise CannotDo(Words("{file} is empty.", file=name))
    if size > LARGEST:
        limit = LARGEST // 1_000_000_000
        raise CannotDo(Words("{file} is larger than {limit} GB. Split it.", file=name, limit=limit))
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PAR1"):
        return Opened("parquet", None, fingerprint(path), size, 0)
    if head.startswith(b"PK\x03\x04"):
        if path_is_workbook(path):
            return Opened("xlsx", None, fingerprint(path), size, 0)
        raise CannotDo(_packed(name))
    _refuse(head, name)
    encoding, sha, lines = _scanned(path, head, name)
    text = head.decode(encoding if encoding != "cp1252" else "latin-1", errors="replace")
    if not text.strip("\ufeff \t\r\n"):
        raise CannotDo(Words("{file} is empty.", file=name))
    start = text.lstrip("\ufeff \t\r\n")
    return Opened("jsonl" if start.startswith("{") else "csv", encoding, sha, size, lines)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_same(path: Path, understood: Understood) -> None:
    """Raises CannotDo when this is no longer the file that was understood."""
    try:
        same = path.stat().st_size == understood.size and fingerprint(path) == understood.sha256
    except FileNotFoundError:
        same = False
    if not same:
        raise CannotDo(
            Words(
                "{file} changed while I was reading it. Nothing was taken in; give it to me again.",
                file=understood.name,
            )
        )


def path_is_workbook(path: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as packed:
            return "xl/workbook.xml" in packed.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        if told := system_failure(error):
            raise told from None
        return False


def _refuse(head: bytes, name: str) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise CannotDo(
            Words(
                "{file} is a workbook of the old form, or one with a password. Open it, save it "
                "as .xlsx without a password, and give me that file.",
                file=name,
            )
        )
    if head.startswith(PACKED):
        raise CannotDo(_packed(name))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(NO_TABLE):
        raise CannotDo(_no_table(name))
    if start.startswith(PAGES):
        raise CannotDo(Words("{file} is a page, not a table. Export it as CSV.", file=name))
    if start.startswith(b"["):
        raise CannotDo(
            Words(
                "{file} is one large JSON list. Write one object on each line (JSON Lines) or "
                "export it as CSV.",
                file=name,
            )
        )


def _scanned(path: Path, head: bytes, name: str) -> tuple[str, str, int]:
    """Encoding, SHA-256 and ends of lines, in one pass over the file."""
    encoding = next((enc for mark, enc in BOMS.items() if head.startswith(mark)), None)
    encoding = encoding or _unmarked(head)
    check = codecs.getincrementaldecoder("utf-8")() if not encoding else None
    sha, lines, zeros, wide = hashlib.sha256(), 0, 0, bool(encoding and "16" in encoding)
    if not wide and (encoding or "").startswith("utf-32"):
        wide = True
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            sha.update(chunk)
            lines += chunk.count(b"\n")
            zeros += 0 if wide else chunk.count(0)
            if zeros > 1000:
                raise CannotDo(_no_table(name))
            if check is not None:
                try:
                    check.decode(chunk)
                except UnicodeDecodeError:
                    check, encoding = None, "cp1252"
    text = head.decode("latin-1" if encoding == "cp1252" else encoding or "utf-8", errors="replace")
    if len(CONTROLS.findall(text[:4096])) > len(text[:4096]) // 20:
        raise CannotDo(_no_table(name))
    return encoding or "utf-8", sha.hexdigest(), lines


def _unmarked(head: bytes) -> str | None:
    """UTF-16 without its mark: in Western text every other byte is 0."""
    even, odd = head[:4096:2], head[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.2 * len(even):
        return "utf-16-le"
    if len(odd) > 3 and even.count(0) > 0.6 * len(even) and odd.count(0) < 0.2 * len(odd):
        return "utf-16-be"
    return None


def _packed(name: str) -> Words:
    return Words("{file} is a compressed file. Unpack it and give me the table inside.", file=name)


def _no_table(name: str) -> Words:
    return Words(
        "{file} is no table that I can read. Give me CSV, XLSX, Parquet or JSON Lines.", file=name
    )
