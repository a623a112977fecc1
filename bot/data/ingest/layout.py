"""How a file's rows are laid out: all that a reader needs to know besides the path.

It is found out once, while somebody may still say otherwise, and told to whoever reads the rows
afterwards, so that a file is read as it was shown.
"""

from dataclasses import dataclass

from bot.data.ingest.file_format import Opened
from bot.data.ingest.file_schema import Format, Understood
from bot.data.ingest.header import Head


@dataclass(frozen=True)
class Shape:
    """How a file's rows are laid out."""

    format: Format
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    header_line: int
    names: tuple[str, ...]
    lines: int = 0
    stacked: tuple[str, ...] = ()

    @property
    def sheets(self) -> tuple[str, ...]:
        return (self.sheet, *self.stacked) if self.sheet is not None else ()


def shape_under(head: Head, file: Opened) -> Shape:
    """How the rows of a file lie under the names of its columns."""
    return Shape(
        file.format,
        file.encoding,
        head.delimiter,
        head.sheet,
        head.line,
        head.names,
        file.lines,
        head.stacked,
    )


def shape_of(understood: Understood) -> Shape:
    """How the rows of a file that was understood are laid out."""
    return Shape(
        understood.format,
        understood.encoding,
        understood.delimiter,
        understood.sheet,
        understood.header_line,
        understood.names,
        understood.lines,
        understood.stacked,
    )
