"""The watched folder: a file put into `inbox/` comes in by itself, or is told why it does not.

Only what is understood without a doubt comes in. It is moved to `inbox/done/` with a note beside
it, or to `inbox/refused/` with the reason. `inbox/T0SHOP/` is the inbox of that workspace.
"""

import asyncio
import fcntl
import logging
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from bot.clock import minute
from bot.doors.house import LOCAL, House, now
from bot.doors.own import own_words_of
from bot.errors import CannotDo
from bot.job import Job
from bot.library.catalogue.file import write_rejects
from bot.library.files import Taken, Understood, read, understand
from bot.library.files.goods import reread
from bot.product import ProductRow
from bot.words import Words
from bot.workspace import Workspace

log = logging.getLogger("bot.inbox")

FOLDER, DONE, REFUSED, LOCK = "inbox", "done", "refused", ".lock"
QUIET = 10.0  # seconds without a change: nobody is still writing
UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".filepart")
OURS = (DONE, REFUSED)


@dataclass(frozen=True)
class Inbox:
    """The inbox of a house."""

    house: House

    @property
    def folder(self) -> Path:
        return self.house.settings.home / FOLDER

    def due(self, session: Session, at: datetime) -> Iterable[Job]:
        """A look a minute, by one process, while something lies there."""
        if any(True for _ in self._ready()):
            yield Job(kind="inbox", subject=FOLDER, workspace=LOCAL, turn=minute(at))

    async def do(self, _: str) -> None:
        """The engine's job."""
        await asyncio.to_thread(self.look)

    def look(self) -> int:
        """Takes in what is ready, one after the other; how many files were moved. Killed anywhere,
        the file is still there and is taken in again, which changes nothing."""
        if not self.folder.is_dir():
            return 0
        with (self.folder / LOCK).open("w") as lock, _alone(lock) as alone:
            return sum(self._handle(path) for path in sorted(self._ready())) if alone else 0

    def _ready(self) -> Iterator[Path]:
        """Files that nobody writes to any more; links and hidden files are none."""
        if not self.folder.is_dir():
            return
        folders = [self.folder, *(one for one in self.folder.iterdir() if one.name not in OURS)]
        for folder in folders:
            if folder.is_dir() and not folder.is_symlink() and not folder.name.startswith("."):
                yield from (path for path in folder.iterdir() if _is_ready(path))

    def _handle(self, path: Path) -> int:
        """One file, to the end. A file that is gone meanwhile was somebody's change of mind."""
        try:
            note = self._take(self._workspace(path), path)
        except CannotDo as reason:
            log.warning("a file in the inbox was refused")
            return self._move(path, REFUSED, reason.words.to("en"))
        except FileNotFoundError:
            return 0
        return self._move(path, DONE, note)

    def _workspace(self, path: Path) -> str:
        """The folder's name, or the only workspace there is."""
        if path.parent == self.folder:
            return self.house.workspace(None)
        named = path.parent.name
        with self.house.database.begin() as session:
            if session.get(Workspace, named) is None:
                raise CannotDo(Words("There is no workspace {name}.", name=named))
        return named

    def _take(self, workspace: str, path: Path) -> str:
        """The file's rows into the library; the note to leave beside it."""
        understood = understand(path, name=path.name)
        if understood.kind == "products":
            return self._take_products(workspace, path, understood)
        with tempfile.TemporaryDirectory(prefix="inbox-") as folder:
            to, apart = Path(folder) / "rows.parquet", Path(folder) / "apart.parquet"
            stocking = self.house.stocking
            taken = read(
                path,
                understood,
                to=to,
                key=stocking.key(),
                apart=apart,
                own=own_words_of(self.house, workspace, understood.kind),
            )
            kept = apart if apart.exists() else None
            merged = stocking.take(workspace, understood.kind, to, source=path.name, apart=kept)
            told = f"{merged.new} new, {merged.replaced} replaced, {merged.same} known already"
            return f"{told}.\n{self._left_out(path, taken)}{_noted(understood)}"

    def _take_products(self, workspace: str, path: Path, understood: Understood) -> str:
        """A catalogue into the rows of products."""
        catalogue = reread(path, understood)
        with self.house.database.begin() as session:
            Workspace.ensure(session, workspace, now())
            rows = [(p.handle, p.title, p.model_dump_json()) for p in catalogue.products]
            new, again = ProductRow.put(session, workspace, rows, file=path.name, now=now())
        if catalogue.rejects or catalogue.remarks:
            self.folder.joinpath(DONE).mkdir(parents=True, exist_ok=True)
            beside = _free(self.folder / DONE, f"{path.stem}.rejects.csv")
            write_rejects(catalogue, beside)
        stayed = f", {len(catalogue.rejects)} stayed out" if catalogue.rejects else ""
        return f"{new} new products, {again} replaced{stayed}."

    def _left_out(self, path: Path, taken: Taken) -> str:
        """Rejected rows go into a file of their own beside the note."""
        if not taken.rejects:
            return ""
        beside = _free(self.folder / DONE, f"{path.stem}.rejects.csv")
        beside.write_bytes(taken.rejects.read_bytes())
        taken.rejects.unlink()
        return f"{taken.rejected} rows stayed out: see {beside.name}\n"

    def _move(self, path: Path, where: str, note: str) -> int:
        """Out of the inbox, never over another file, with a note beside it."""
        to = _free(self.folder / where, path.name)
        to.with_name(f"{to.name}.txt").write_text(f"{path.name}: {note}\n", encoding="utf-8")
        path.rename(to)
        return 1


def _noted(understood: Understood) -> str:
    """What was assumed and left aside, for whoever wants to be sure."""
    lines = [f"Read as {understood.kind}."]
    lines += [words.to("en") for words in understood.assumed]
    if understood.dropped:
        lines.append(f"Personal, not kept: {', '.join(understood.dropped)}")
    if understood.ignored:
        lines.append(f"Not understood, left out: {', '.join(understood.ignored)}")
    return "\n".join(lines)


def _is_ready(path: Path) -> bool:
    if path.name.startswith(".") or path.name.endswith(("~", *UNFINISHED)) or path.is_symlink():
        return False
    try:
        # Its inode's change counts too: copying may keep the old time of the contents.
        last, regular = path.stat(), path.is_file()
    except OSError:
        return False
    return regular and time.time() - max(last.st_mtime, last.st_ctime) >= QUIET


@contextmanager
def _alone(lock: IO[str]) -> Iterator[bool]:
    """Whether no other process looks now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True


def _free(folder: Path, name: str) -> Path:
    """A name in this folder that nothing has: `orders.csv`, `orders (2).csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / name
    to, number = first, 1
    while to.exists() or to.with_name(f"{to.name}.txt").exists():
        number += 1
        to = first.with_stem(f"{first.stem} ({number})")
    return to
