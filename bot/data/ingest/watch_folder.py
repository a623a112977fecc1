"""The watched folder: a file put into `inbox/` comes in by itself, or is told why it does not.

Only what is understood without a doubt comes in: a note in `inbox/done/` tells of it, and the file
is deleted, unless the policy keeps originals there. Anything else is moved to `inbox/refused/` with
the reason. Orders without their lines, or lines without their
orders, wait in `waiting/` until the other file is put there. `inbox/T0SHOP/` is the inbox of that
workspace.
"""

import asyncio
import fcntl
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from bot.config.clock import now
from bot.data.catalogue.models import ProductRow
from bot.data.ingest import FileSchema, LoadResult, load_file
from bot.data.ingest.assumptions import describe_duplicates
from bot.data.ingest.importer import list_own_words
from bot.data.ingest.inspection import (
    ImportRequest,
    InspectedTable,
    inspect_files,
    is_standalone,
    join_order_files,
    order_file_side,
)
from bot.data.ingest.pairing import OTHER_SIDE, WAITING_TIME_LIMIT
from bot.data.ingest.product_files import reread_product_file
from bot.data.ingest.rejects import export_rejects, list_catalogue_rejects, render_rejects
from bot.data.ingest.upload import TableFile, title_table
from bot.data.local_data import LocalData
from bot.data.warehouse.parquet import TEMPORARY_PREFIX
from bot.data.warehouse.store import LOCAL_WORKSPACE
from bot.db.workspace import Workspace
from bot.errors import CannotDo, TryAgain, translate_system_error
from bot.i18n.messages import Words
from bot.jobs.models import Job, get_minute_number
from bot.privacy.personal_data import mask_personal_data

# The watched folder's halves: orders in one file, their lines in another, and what they become.

WAITING_FOLDER = "waiting"
GIVEN_UP_NOTE = "its other half did not come within a week. Put both into the inbox once more."
MISSING_SIDE = {
    "orders": "the file of their lines, the one with an order and a price on each row",
    "lines": "the file of the orders, the one with an order and its date on each row",
}


@dataclass(frozen=True)
class JoinedPair:
    """Two halves as one table; `used` are the files that are in it, and in nothing else."""

    seen: InspectedTable
    used: tuple[Path, ...]


def read_side(path: Path) -> str | None:
    """Which half of a table a file is; a workbook may well hold both."""
    return order_file_side(TableFile(path)) if len(ImportRequest().split(path)) == 1 else None


def describe_missing_side(side: str) -> str:
    """What a half waits for."""
    missing = MISSING_SIDE[side]
    return f"this has the {side} alone. Put {missing}, into the inbox too: both are read as one."


def note_path(path: Path) -> Path:
    """The note beside a file."""
    return path.with_name(f"{path.name}.txt")


def list_waiting_files(folder: Path) -> list[Path]:
    """The halves that wait in this inbox, the last one first: each has its note."""
    there = folder / WAITING_FOLDER
    if there.is_symlink() or not there.is_dir():
        return []
    halves = [one for one in there.iterdir() if one.is_file() and note_path(one).exists()]
    return sorted(halves, key=lambda one: one.stat().st_ctime, reverse=True)


def list_other_halves(path: Path, side: str, beside: Sequence[Path]) -> list[Path]:
    """The other halves that this one may belong to: those `beside` it, then those that wait."""
    found = [*beside, *list_waiting_files(path.parent)]
    return [one for one in found if read_side(one) == OTHER_SIDE[side]]


def join_pair(path: Path, other: Path, beside: Sequence[Path], folder: Path) -> JoinedPair | None:
    """Both as one table, with what else lies there and completes it; None when they do not belong
    together."""
    more = [one for one in beside if read_side(one) is None]
    try:
        joined = join_order_files([TableFile(one) for one in (path, other, *more)], folder, {})
        if joined is None:
            return None
        found = ImportRequest().understand(joined.path, joined.name)
    except CannotDo:
        return None  # of another shop, or of another day
    used = [part.path for part in joined.used if not is_standalone(part)]
    return JoinedPair(
        InspectedTable(TableFile(joined.path), found, joined.told), tuple(sorted(used))
    )


# A table of the watched folder into the library, and what the note beside its file says of it.


@dataclass(frozen=True)
class FolderImport:
    """Into this workspace; `rejects` says where the rows that stay out are told."""

    house: LocalData
    workspace: str
    rejects: Callable[[TableFile], Path]

    def take(self, part: TableFile, understood: FileSchema) -> str:
        """A table's rows into the library; what there is to say of it."""
        if understood.kind == "products":
            return self._products(part, understood)
        with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX) as folder:
            to, apart = Path(folder) / "rows.parquet", Path(folder) / "apart.parquet"
            stocking = self.house.stocking
            taken = load_file(
                part.path,
                understood,
                to=to,
                key=stocking.key(),
                apart=apart,
                own=list_own_words(self.house, self.workspace, understood.kind),
            )
            kept = apart if apart.exists() else None
            name = understood.name
            merged = stocking.take(self.workspace, understood.kind, to, source=name, apart=kept)
            told = f"{merged.new} new, {merged.replaced} replaced, {merged.same} known already"
            return f"{told}.\n{self._left_out(part, understood, taken)}{_format_note(understood)}"

    def _products(self, part: TableFile, understood: FileSchema) -> str:
        """A catalogue into the rows of products."""
        catalogue = reread_product_file(part.path, understood)
        with self.house.database.begin() as session:
            Workspace.ensure(session, self.workspace, now())
            ProductRow.adopt(session, LOCAL_WORKSPACE, self.workspace)
            rows = [(p.handle, p.title, p.model_dump_json()) for p in catalogue.products]
            new, again = ProductRow.put(
                session, self.workspace, rows, file=understood.name, now=now()
            )
        if catalogue.rejects or catalogue.remarks:
            content = render_rejects(list_catalogue_rejects(catalogue), "en")
            self.rejects(part).write_bytes(content)
        stayed = f", {len(catalogue.rejects)} stayed out" if catalogue.rejects else ""
        return f"{new} new products, {again} replaced{stayed}."

    def _left_out(self, part: TableFile, found: FileSchema, taken: LoadResult) -> str:
        """What of the file's rows is not in. Rejected ones go into a file beside the note."""
        said = f"{describe_duplicates(found, taken.doubled).to('en')}\n" if taken.doubled else ""
        if not taken.rejects:
            return said
        beside = self.rejects(part)
        export_rejects(taken.rejects, beside)
        taken.rejects.unlink()
        return f"{said}{taken.rejected} rows stayed out: see {beside.name}\n"


def _format_note(understood: FileSchema) -> str:
    """What was assumed and left aside, for whoever wants to be sure."""
    lines = [f"Read as {understood.kind}."]
    lines += [words.to("en") for words in understood.assumed]
    if understood.dropped:
        lines.append(f"Personal, not kept: {', '.join(understood.dropped)}")
    if understood.ignored:
        lines.append(f"Not understood, left out: {', '.join(understood.ignored)}")
    return "\n".join(lines)


log = logging.getLogger("bot.inbox")

INBOX_FOLDER, DONE_FOLDER, REFUSED_FOLDER, LOCK = "inbox", "done", "refused", ".lock"
QUIET_SECONDS = 10.0  # seconds without a change: nobody is still writing
UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".partial", ".filepart")
DELETED_NOTE = "The file itself was deleted; its rows are in the library."
OWN_FOLDERS = (DONE_FOLDER, REFUSED_FOLDER, WAITING_FOLDER)


@dataclass(frozen=True)
class WatchFolder:
    """The inbox of a house."""

    house: LocalData

    @property
    def folder(self) -> Path:
        return self.house.settings.home / INBOX_FOLDER

    def due(self, session: Session, at: datetime) -> Iterable[Job]:
        """A look a minute, by one process, while something lies there."""
        if any(True for _ in self._ready()) or any(True for _ in self._forsaken()):
            yield Job(
                kind="inbox",
                subject=INBOX_FOLDER,
                workspace=LOCAL_WORKSPACE,
                turn=get_minute_number(at),
            )

    async def do(self, _: str) -> None:
        """The engine's job."""
        await asyncio.to_thread(self.look)

    def look(self) -> int:
        """Takes in what is ready, one after the other; how many files were moved. Killed anywhere,
        the file is still there and is taken in again, which changes nothing."""
        if not self.folder.is_dir():
            return 0
        with (self.folder / LOCK).open("w") as lock, _try_lock(lock) as alone:
            if not alone:
                return 0
            # halves first: what completes them is then still beside them
            ready = sorted((_is_standalone(path), path) for path in self._ready())
            moved = sum(self._handle(path) for _, path in ready)
            return moved + sum(self._give_up(path) for path in list(self._forsaken()))

    def _ready(self) -> Iterator[Path]:
        """Files that nobody writes to any more; links and hidden files are none."""
        for folder in self._folders():
            yield from (path for path in folder.iterdir() if _is_ready(path))

    def _folders(self) -> Iterator[Path]:
        """The inbox, and that of each workspace."""
        if self.folder.is_dir():
            yield self.folder
            for one in self.folder.iterdir():
                named = one.name not in OWN_FOLDERS and not one.name.startswith(".")
                if named and one.is_dir() and not one.is_symlink():
                    yield one

    def _forsaken(self) -> Iterator[Path]:
        """Halves that waited for as long as one waits in Slack."""
        for folder in self._folders():
            for path in list_waiting_files(folder):
                if time.time() - path.stat().st_ctime > WAITING_TIME_LIMIT.total_seconds():
                    yield path

    def _give_up(self, path: Path) -> int:
        note_path(path).unlink(missing_ok=True)
        return self._move(path, REFUSED_FOLDER, GIVEN_UP_NOTE)

    def _handle(self, path: Path) -> int:
        """One file, to the end. A file that is gone meanwhile was somebody's change of mind, or the
        other half of one before it."""
        if not path.exists():
            return 0
        try:
            with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX) as folder:
                return self._in_or_waiting(path, Path(folder))
        except TryAgain as later:
            log.warning("a file in the inbox waits: %s", later)
            return 0
        except CannotDo as reason:
            log.warning("a file in the inbox was refused")
            return self._move(path, REFUSED_FOLDER, reason.words.to("en"))
        except FileNotFoundError:
            return 0
        except OSError as error:
            if (told := translate_system_error(error, path)) is None:
                raise
            log.warning("a file in the inbox waits: %s", told)
            return 0

    def _in_or_waiting(self, path: Path, folder: Path) -> int:
        workspace, side = self._workspace(path), read_side(path)
        if side is None:
            seen, left = inspect_files([path], folder, ImportRequest())
            if not seen:
                raise left[0][1]
            return self._done(path, self._take_all(workspace, seen, left), workspace)
        for other in list_other_halves(path, side, self._beside(path)):
            if (found := join_pair(path, other, self._beside(path), folder)) is not None:
                note = self._take_all(workspace, [found.seen], ())
                note_path(other).unlink(missing_ok=True)
                return sum(self._done(one, note, workspace) for one in found.used)
        return self._move_to(path, path.parent / WAITING_FOLDER, describe_missing_side(side))

    def _beside(self, path: Path) -> list[Path]:
        """What else is ready in this inbox."""
        return sorted(one for one in path.parent.iterdir() if one != path and _is_ready(one))

    def _take_all(
        self, workspace: str, seen: Sequence[InspectedTable], left: Sequence[tuple[Path, CannotDo]]
    ) -> str:
        """What was understood, into the library; the note to leave beside it."""
        taking = FolderImport(self.house, workspace, self._rejects)
        notes = [words.to("en") for one in seen for words in one.told]
        for one in seen:
            named = f"{one.found.name}: " if len(seen) > 1 else ""
            notes.append(named + taking.take(one.part, one.found))
        return "\n".join([*notes, *(f"Left: {why.words.to('en')}" for _, why in left)])

    def _rejects(self, part: TableFile) -> Path:
        """Where the rows of this table that stay out are told, beside its note."""
        named = title_table(part.path.stem, part.sheets).replace("/", " ")
        return _free_path(self.folder / DONE_FOLDER, f"{named}.rejects.csv")

    def _workspace(self, path: Path) -> str:
        """The folder's name, or the only workspace there is."""
        if path.parent == self.folder:
            return self.house.workspace(None)
        named = path.parent.name
        with self.house.database.begin() as session:
            if session.get(Workspace, named) is None:
                raise CannotDo(Words("There is no workspace {name}.", name=named))
        return named

    def _done(self, path: Path, note: str, workspace: str) -> int:
        """A file that is in: its note, and the file itself where the policy keeps originals."""
        if self.house.policy(workspace).library.keep_originals:
            return self._move(path, DONE_FOLDER, note)
        to = _free_path(self.folder / DONE_FOLDER, path.name)
        _write_note(to, path.name, f"{note}\n{DELETED_NOTE}")
        path.unlink(missing_ok=True)
        return 1

    def _move(self, path: Path, where: str, note: str) -> int:
        return self._move_to(path, self.folder / where, note)

    def _move_to(self, path: Path, folder: Path, note: str) -> int:
        """Out of the inbox, never over another file, with a note beside it."""
        to = _free_path(folder, path.name)
        _write_note(to, path.name, note)
        path.chmod(0o600)  # whoever put it there may have let others read it
        path.rename(to)
        return 1


def _is_standalone(path: Path) -> bool:
    """Whether a file is no half of a table. What can't be read now is told when it is handled."""
    try:
        return read_side(path) is None
    except (TryAgain, OSError):
        return True


def _write_note(to: Path, name: str, note: str) -> None:
    """Beside a file, or where it would be; what a sentence quotes of its cells is masked."""
    note_path(to).write_text(f"{name}: {mask_personal_data(note)}\n", encoding="utf-8")


def _is_ready(path: Path) -> bool:
    if (
        path.name.startswith(".")
        or path.name.endswith(("~", *UNFINISHED_SUFFIXES))
        or path.is_symlink()
    ):
        return False
    try:
        # Its inode's change counts too: copying may keep the old time of the contents.
        last, regular = path.stat(), path.is_file()
    except OSError:
        return False
    return regular and time.time() - max(last.st_mtime, last.st_ctime) >= QUIET_SECONDS


@contextmanager
def _try_lock(lock: IO[str]) -> Iterator[bool]:
    """Whether no other process looks now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True


def _free_path(folder: Path, name: str) -> Path:
    """A name in this folder that nothing has: `orders.csv`, `orders (2).csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / name
    to, number = first, 1
    while to.exists() or note_path(to).exists():
        number += 1
        to = first.with_stem(f"{first.stem} ({number})")
    return to
