"""What of a file is read as one table each."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from bot.dropped import Part
from bot.errors import CannotDo
from bot.library.files.heads import of_workbook
from bot.library.files.sheets import tables


def parts(path: Path, given: Mapping[str, str], kind: str | None) -> list[Part]:
    """The file itself, or the tables of a workbook that holds several. A file that can't be read
    is one part: read, it says why."""
    if not zipfile.is_zipfile(path):
        return [Part(path)]
    try:
        found = list(of_workbook(path, path.name))
    except CannotDo:
        return [Part(path)]
    several = tables(found, path.name, given, kind)
    return [Part(path, some) for some in several] if len(several) > 1 else [Part(path)]
