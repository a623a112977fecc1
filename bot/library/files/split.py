"""What of a file is read as one table each."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from bot.dropped import TableFile
from bot.errors import CannotDo
from bot.library.files.heads import find_head, of_workbook
from bot.library.files.opening import look
from bot.library.files.sheets import tables


def split(path: Path, given: Mapping[str, str], kind: str | None) -> list[TableFile]:
    """The file itself, or the tables of a workbook that holds several. A file that can't be read
    is one part: read, it says why."""
    if not zipfile.is_zipfile(path):
        return [TableFile(path)]
    try:
        found = list(of_workbook(path, path.name))
    except CannotDo:
        return [TableFile(path)]
    several = tables(found, path.name, given, kind)
    return [TableFile(path, some) for some in several] if len(several) > 1 else [TableFile(path)]


def columns_of(part: TableFile, given: Mapping[str, str], kind: str | None) -> tuple[str, ...]:
    """How a table names its columns; nothing for a file that can't be read."""
    try:
        file = look(part.path, part.name)
        return find_head(part.path, file, part.name, given, kind, part.sheets).names
    except CannotDo:
        return ()
