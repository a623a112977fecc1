"""Where the files of an arrival lie while somebody works on them, and what outlives that.

Each arrival has a folder of its own, emptied before and gone afterwards: a process that died may
have left half of a file there, and what people drop is not ours to keep. Only the rows that stayed
out are kept, for whoever has to mend them.
"""

import re
import shutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from bot.data.ingest.models import Arrival
from bot.data.ingest.ports import Porter
from bot.data.ingest.upload import DroppedFile, TableFile

MOST_BYTES = 120  # of a file's name on our disk


@dataclass(frozen=True)
class Workbench:
    """`home` is where its folders are made; the porter brings the files."""

    home: Path
    porter: Porter

    async def at_hand(
        self,
        arrival: Arrival,
        use: Callable[[Arrival, Sequence[TableFile]], Coroutine[None, None, None]],
    ) -> None:
        """Its files in a folder of its own while they are used, and gone afterwards."""
        folder = self.folder(arrival.id)
        shutil.rmtree(folder, ignore_errors=True)  # of a process that died
        try:
            await use(arrival, await self.fetched(arrival.files, folder / "dropped"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def fetched(self, files: Sequence[DroppedFile], folder: Path) -> list[TableFile]:
        """The files in this folder, in their order, each called as people call it, and once
        however many of its tables are wanted."""
        _empty(folder)
        paths: dict[str, Path] = {}
        for one in files:
            if one.file not in paths:
                paths[one.file] = _free(folder, one.name)
                await self.porter.fetch(one.file, one.name, paths[one.file])
        return [TableFile(paths[one.file], one.sheets) for one in files]

    def folder(self, id: str) -> Path:
        return self.home / "arrivals" / id

    def made(self, id: str) -> Path:
        """An empty folder in it, for what is made on the way."""
        return _empty(self.folder(id) / "made")

    def kept(self, arrival: Arrival, rejects: Path | None) -> str | None:
        """What stayed out, where it outlives the folder; relative to the home."""
        if rejects is None:
            return None
        kept = self.home / "rejects" / f"{arrival.id}.csv"
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(rejects, kept)
        return kept.relative_to(self.home).as_posix()


def _empty(folder: Path) -> Path:
    """This folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def _free(folder: Path, name: str) -> Path:
    """A name in this folder that no file has, as near to the given one as a disk allows."""
    bare = PurePath(re.sub(r"[\x00-\x1f/\\]+", " ", name).strip(". ") or "file")
    stem, ending = bare.stem, bare.suffix[:12]
    while len(f"{stem}{ending}".encode()) > MOST_BYTES:
        stem = stem[:-1]
    found, number = folder / f"{stem}{ending}", 1
    while found.exists():
        number += 1
        found = folder / f"{stem} ({number}){ending}"
    return found
