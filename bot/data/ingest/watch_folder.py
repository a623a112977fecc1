"""The watched folder: files put into `inbox/` are imported automatically.

A file is imported only when it is recognised without doubt: a note in `inbox/done/` reports it, and
the file is deleted unless the policy keeps originals there. Any other file is moved to
`inbox/refused/` with the reason. A file that would change stored rows is moved to `inbox/held/`,
and imported once a person moves it to `inbox/confirmed/`. Orders without their lines, or lines
without their orders, wait in `waiting/` until the other file arrives. `inbox/T0SHOP/` is the inbox
of that workspace.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.data.ingest.assumptions import ImportChanges, describe_repeats, find_changes
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import AS_DETECTED, FileSchema, ImportOptions, LoadResult
from bot.data.ingest.header import split_tables
from bot.data.ingest.importer import read_table, store_products, store_table
from bot.data.ingest.inspection import (
    InspectedTable,
    inspect_files,
    is_standalone,
    join_order_files,
    order_file_side,
)
from bot.data.ingest.known_customers import find_known_customers
from bot.data.ingest.pairing import OTHER_SIDE, WAITING_TIME_LIMIT
from bot.data.ingest.product_files import reread_product_file
from bot.data.ingest.rejects import export_rejects, list_catalogue_rejects, render_rejects
from bot.data.ingest.upload import TableFile, title_table
from bot.data.local_data import LocalData
from bot.data.warehouse.models import LOCAL_WORKSPACE
from bot.data.warehouse.parquet import TEMPORARY_PREFIX, try_lock
from bot.db.workspace import Workspace
from bot.errors import CannotDo, TryAgain, translate_system_error
from bot.jobs.models import Job, get_minute_number
from bot.privacy import mask_personal_data

# Pairing of orders in one file with their lines in another.

WAITING_FOLDER = "waiting"
GIVEN_UP_NOTE = "its other half did not come within a week. Put both into the inbox once more."
MISSING_SIDE = {
    "orders": "the file of their lines, the one with an order and a price on each row",
    "lines": "the file of the orders, the one with an order and its date on each row",
}


@dataclass(frozen=True)
class JoinedPair:
    """Two halves joined into one table. `used` are the files that are contained in it only."""

    seen: InspectedTable
    used: tuple[Path, ...]


def read_side(path: Path) -> str | None:
    """Return which half of orders and lines a file is. A workbook may contain both, and is none."""
    return (
        order_file_side(TableFile(path)) if len(split_tables(path, ImportOptions())) == 1 else None
    )


def describe_missing_side(side: str) -> str:
    """Describe the file that a half waits for."""
    missing = MISSING_SIDE[side]
    return f"this has the {side} alone. Put {missing}, into the inbox too: both are read as one."


def note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.txt")


def list_waiting_files(folder: Path) -> list[Path]:
    """Return the halves that wait in this inbox, the latest first. Each has its note."""
    there = folder / WAITING_FOLDER
    if there.is_symlink() or not there.is_dir():
        return []
    halves = [one for one in there.iterdir() if one.is_file() and note_path(one).exists()]
    return sorted(halves, key=lambda one: one.stat().st_ctime, reverse=True)


def list_other_halves(path: Path, side: str, beside: Sequence[Path]) -> list[Path]:
    """Return the other halves that may complete this one: first those in `beside`, then those that
    wait."""
    found = [*beside, *list_waiting_files(path.parent)]
    return [one for one in found if read_side(one) == OTHER_SIDE[side]]


def join_pair(path: Path, other: Path, beside: Sequence[Path], folder: Path) -> JoinedPair | None:
    """Join both into one table, with the other files that complete it. Return None when they do not
    belong together."""
    more = [one for one in beside if read_side(one) is None]
    try:
        joined = join_order_files([TableFile(one) for one in (path, other, *more)], folder, {})
        if joined is None:
            return None
        found = detect_schema(joined.path, name=joined.name)
    except CannotDo:
        return None  # they belong to different shops or days
    used = [part.path for part in joined.used if not is_standalone(part)]
    return JoinedPair(
        InspectedTable(TableFile(joined.path), found, joined.messages), tuple(sorted(used))
    )


# Import of one table, and the text of the note about it.


class HeldBack(CannotDo):
    """Raised for a file that would change stored rows: a person must confirm it."""

    def __init__(self, changes: ImportChanges) -> None:
        self.sentences = changes.sentences
        super().__init__(changes.sentences[0])


@dataclass(frozen=True)
class FolderImport:
    """Imports tables into one workspace. `rejects` returns the path for a table's rejected rows.
    With `holds_changes`, HeldBack is raised for a table that changes stored rows."""

    data: LocalData
    workspace: str
    rejects: Callable[[TableFile], Path]
    holds_changes: bool = False

    def import_table(self, part: TableFile, schema: FileSchema) -> str:
        """Import a table. Return the text of its note."""
        if schema.kind == "products":
            return self._import_products(part, schema)
        with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX) as folder:
            made, row_store = Path(folder), self.data.row_store
            other = find_known_customers(row_store, self.workspace, part, AS_DETECTED, schema, made)
            schema = other or schema
            table = read_table(self.data, self.workspace, part.path, schema, made)
            changes = find_changes(row_store, self.workspace, schema, table.path, made)
            if self.holds_changes and changes.rows:
                raise HeldBack(changes)
            merged = store_table(self.data, self.workspace, table, schema.name)
            told = f"{merged.new} new, {merged.replaced} replaced, {merged.same} known already.\n"
            told += "".join(f"{words.to('en')}\n" for words in changes.sentences)
            stayed = self._describe_rejects(part, schema, table.loaded)
            return f"{told}{stayed}{_format_note(schema)}"

    def _import_products(self, part: TableFile, schema: FileSchema) -> str:
        catalogue = reread_product_file(part.path, schema)
        stored = store_products(self.data, self.workspace, catalogue, schema.name)
        if catalogue.rejects or catalogue.remarks:
            content = render_rejects(list_catalogue_rejects(catalogue), "en")
            self.rejects(part).write_bytes(content)
        stayed = f", {len(catalogue.rejects)} stayed out" if catalogue.rejects else ""
        return f"{stored.new} new products, {stored.replaced} replaced{stayed}."

    def _describe_rejects(self, part: TableFile, found: FileSchema, taken: LoadResult) -> str:
        """Describe duplicates and rejected rows, and move the file of rejected rows beside the
        note."""
        said = "".join(f"{words.to('en')}\n" for words in describe_repeats(found, taken))
        if not taken.rejects:
            return said
        beside = self.rejects(part)
        export_rejects(taken.rejects, beside)
        taken.rejects.unlink()
        return f"{said}{taken.rejected} rows stayed out: see {beside.name}\n"


def _format_note(schema: FileSchema) -> str:
    """List the assumptions and the columns that were left out."""
    lines = [f"Read as {schema.kind}."]
    lines += [words.to("en") for words in schema.assumed]
    if schema.dropped:
        lines.append(f"Personal, not kept: {', '.join(schema.dropped)}")
    if schema.ignored:
        lines.append(f"Not understood, left out: {', '.join(schema.ignored)}")
    return "\n".join(lines)


log = logging.getLogger("bot.inbox")

INBOX_FOLDER, DONE_FOLDER, REFUSED_FOLDER, LOCK = "inbox", "done", "refused", ".lock"
HELD_FOLDER, CONFIRMED_FOLDER = "held", "confirmed"
HELD_NOTE = (
    "Nothing was imported, because this would change what is stored. To import it all the same, "
    "move it to inbox/confirmed/."
)
QUIET_SECONDS = 10.0  # seconds without a change, after which a file counts as complete
UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".partial", ".filepart")
DELETED_NOTE = "The file itself was deleted; its rows are in the library."
OWN_FOLDERS = (DONE_FOLDER, REFUSED_FOLDER, WAITING_FOLDER, HELD_FOLDER, CONFIRMED_FOLDER)


@dataclass(frozen=True)
class WatchFolder:
    """The inbox of one home."""

    data: LocalData

    @property
    def folder(self) -> Path:
        return self.data.settings.home / INBOX_FOLDER

    def due(self, session: Session, at: datetime) -> Iterable[Job]:
        """Yield one job a minute, for one process, while there are files to process."""
        if any(True for _ in self._ready_files()) or any(True for _ in self._expired_files()):
            yield Job(
                kind="inbox",
                subject=INBOX_FOLDER,
                workspace=LOCAL_WORKSPACE,
                turn=get_minute_number(at),
            )

    async def do(self, _: str) -> None:
        await asyncio.to_thread(self.process)

    def process(self) -> int:
        """Import the files that are ready, one after the other. Return how many were moved. After a
        kill the file is still there and is imported again, which changes nothing."""
        if not self.folder.is_dir():
            return 0
        with try_lock(self.folder / LOCK) as alone:
            if not alone:
                return 0
            # Halves come first, while the files that complete them are still in the inbox.
            ready = sorted((_is_standalone(path), path) for path in self._ready_files())
            moved = sum(self._process_file(path) for _, path in ready)
            return moved + sum(self._refuse_expired(path) for path in list(self._expired_files()))

    def _ready_files(self) -> Iterator[Path]:
        """Yield the files that nobody is writing any more, without links and hidden files."""
        for folder in self._folders():
            yield from (path for path in folder.iterdir() if _is_ready(path))

    def _folders(self) -> Iterator[Path]:
        """Yield the inbox and that of each workspace."""
        if self.folder.is_dir():
            yield from _with_confirmed(self.folder)
            for one in self.folder.iterdir():
                named = one.name not in OWN_FOLDERS and not one.name.startswith(".")
                if named and one.is_dir() and not one.is_symlink():
                    yield from _with_confirmed(one)

    def _expired_files(self) -> Iterator[Path]:
        """Yield the halves that waited longer than WAITING_TIME_LIMIT."""
        for folder in self._folders():
            for path in list_waiting_files(folder):
                if time.time() - path.stat().st_ctime > WAITING_TIME_LIMIT.total_seconds():
                    yield path

    def _refuse_expired(self, path: Path) -> int:
        note_path(path).unlink(missing_ok=True)
        return self._move(path, REFUSED_FOLDER, GIVEN_UP_NOTE)

    def _process_file(self, path: Path) -> int:
        """Process one file completely. It may be gone already, because somebody removed it or an
        earlier file was joined with it."""
        if not path.exists():
            return 0
        try:
            with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX) as folder:
                return self._import_or_wait(path, Path(folder))
        except TryAgain as later:
            log.warning("a file in the inbox waits: %s", later)
            return 0
        except HeldBack as held:
            log.warning("a file in the inbox would change stored rows")
            changes = "\n".join(words.to("en") for words in held.sentences)
            return self._move_to(path, _inbox_of(path) / HELD_FOLDER, f"{HELD_NOTE}\n{changes}")
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

    def _import_or_wait(self, path: Path, folder: Path) -> int:
        workspace, side = self._workspace_of(path), read_side(path)
        if side is None:
            seen, left = inspect_files([path], folder, ImportOptions())
            if not seen:
                raise left[0][1]
            note = self._import_tables(workspace, seen, left, _is_confirmed(path))
            return self._finish(path, note, workspace)
        for other in list_other_halves(path, side, self._other_files(path)):
            if (found := join_pair(path, other, self._other_files(path), folder)) is not None:
                note = self._import_tables(workspace, [found.seen], (), _is_confirmed(path))
                note_path(other).unlink(missing_ok=True)
                return sum(self._finish(one, note, workspace) for one in found.used)
        return self._move_to(path, path.parent / WAITING_FOLDER, describe_missing_side(side))

    def _other_files(self, path: Path) -> list[Path]:
        return sorted(one for one in path.parent.iterdir() if one != path and _is_ready(one))

    def _import_tables(
        self,
        workspace: str,
        seen: Sequence[InspectedTable],
        left: Sequence[tuple[Path, CannotDo]],
        is_confirmed: bool,
    ) -> str:
        """Import the tables. Return the text of the note."""
        holds = self.data.policy(workspace).library.hold_changes and not is_confirmed
        folder_import = FolderImport(self.data, workspace, self._rejects_path, holds)
        notes = [words.to("en") for one in seen for words in one.messages]
        for one in seen:
            named = f"{one.found.name}: " if len(seen) > 1 else ""
            notes.append(named + folder_import.import_table(one.part, one.found))
        return "\n".join([*notes, *(f"Left: {why.words.to('en')}" for _, why in left)])

    def _rejects_path(self, part: TableFile) -> Path:
        """Return the path for this table's rejected rows, beside its note."""
        named = title_table(part.path.stem, part.sheets).replace("/", " ")
        return _free_path(self.folder / DONE_FOLDER, f"{named}.rejects.csv")

    def _workspace_of(self, path: Path) -> str:
        """Return the workspace that the folder is named after, or the only one there is."""
        inbox = _inbox_of(path)
        if inbox == self.folder:
            return self.data.workspace(None)
        named = inbox.name
        with self.data.database.begin() as session:
            if session.get(Workspace, named) is None:
                raise CannotDo("There is no workspace {name}.", name=named)
        return named

    def _finish(self, path: Path, note: str, workspace: str) -> int:
        """Write the note of an imported file. The file is moved where the policy keeps originals,
        else deleted."""
        if self.data.policy(workspace).library.keep_originals:
            return self._move(path, DONE_FOLDER, note)
        to = _free_path(self.folder / DONE_FOLDER, path.name)
        _write_note(to, path.name, f"{note}\n{DELETED_NOTE}")
        path.unlink(missing_ok=True)
        return 1

    def _move(self, path: Path, where: str, note: str) -> int:
        return self._move_to(path, self.folder / where, note)

    def _move_to(self, path: Path, folder: Path, note: str) -> int:
        """Move a file out of the inbox with a note beside it, without overwriting another file."""
        to = _free_path(folder, path.name)
        _write_note(to, path.name, note)
        path.chmod(0o600)  # others may have been allowed to read it
        path.rename(to)
        return 1


def _with_confirmed(inbox: Path) -> Iterator[Path]:
    """Yield an inbox, and its folder of files that somebody confirmed."""
    yield inbox
    confirmed = inbox / CONFIRMED_FOLDER
    if confirmed.is_dir() and not confirmed.is_symlink():
        yield confirmed


def _is_confirmed(path: Path) -> bool:
    return path.parent.name == CONFIRMED_FOLDER


def _inbox_of(path: Path) -> Path:
    """Return the inbox that a file lies in, confirmed or not."""
    return path.parent.parent if _is_confirmed(path) else path.parent


def _is_standalone(path: Path) -> bool:
    """Return whether a file is not one half of a table. A file that can't be read now fails later,
    when it is processed."""
    try:
        return read_side(path) is None
    except (TryAgain, OSError):
        return True


def _write_note(to: Path, name: str, note: str) -> None:
    """Write the note beside a file, or where the file would be. Personal data in quoted cells is
    masked."""
    note_path(to).write_text(f"{name}: {mask_personal_data(note)}\n", encoding="utf-8")


def _is_ready(path: Path) -> bool:
    if (
        path.name.startswith(".")
        or path.name.endswith(("~", *UNFINISHED_SUFFIXES))
        or path.is_symlink()
    ):
        return False
    try:
        # The change time counts too, because copying may preserve the modification time.
        last, regular = path.stat(), path.is_file()
    except OSError:
        return False
    return regular and time.time() - max(last.st_mtime, last.st_ctime) >= QUIET_SECONDS


def _free_path(folder: Path, name: str) -> Path:
    """Return an unused path in this folder: `orders.csv`, `orders (2).csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / name
    to, number = first, 1
    while to.exists() or note_path(to).exists():
        number += 1
        to = first.with_stem(f"{first.stem} ({number})")
    return to
