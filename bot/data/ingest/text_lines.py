"""Reads the lines of a text file in its encoding."""

from collections.abc import Iterator
from pathlib import Path


def read_lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines with their ends. For cp1252, each line is decoded as UTF-8 if possible."""
    if encoding == "cp1252":
        with path.open("rb") as stored:
            for line in stored:
                yield _decode_line(line)
        return
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        yield from file


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
