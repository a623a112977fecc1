"""The background job that imports an uploaded file, and the folder that it works in.

Each upload has a folder of its own. It is emptied before and deleted afterwards, since a killed
process may have left part of a file there, and uploaded files are not kept. Only the rejected rows
are kept, for the people who correct them.
"""

import asyncio
import contextlib
import re
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from bot.data.ingest import pairing
from bot.data.ingest.importer import (
    HalfUpload,
    ImportableRows,
    ImportProgress,
    LibraryImporter,
    StoredRows,
)
from bot.data.ingest.models import FileUpload, card_post_id
from bot.data.ingest.review import ImportUndo
from bot.data.ingest.upload import (
    ColumnSamples,
    ImportOutcome,
    ImportPreview,
    ProposedMapping,
    TableFile,
    UploadedFile,
)
from bot.db.session import Database
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job, JobKind

LONGEST_FILE_NAME = 120  # bytes of a file's name on the disk


class FileStore(Protocol):
    """Fetches and posts files in the workspace's chat."""

    async def show(self, post: str) -> None: ...
    async def fetch(self, file: str, name: str, to: Path) -> None: ...
    async def attach(self, upload: FileUpload, path: Path) -> None: ...
    async def imports_unasked(self, upload: FileUpload) -> bool:
        """Return whether files in this place are imported without a question, as far as their
        columns are known, and the author may import. Raises TryAgain."""
        ...

    def near(self, one: FileUpload, other: FileUpload) -> bool:
        """Return whether two files were uploaded in the same place."""
        ...


# Asks an AI what the columns of a file are; None where it can't be had.
MappingProposer = Callable[[FileUpload, ColumnSamples], Awaitable[ProposedMapping | None]]


async def propose_nothing(_: FileUpload, __: ColumnSamples) -> None:
    """Propose no mapping: without an AI."""


def _empty_folder(folder: Path) -> Path:
    """Create this folder, or empty it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def _free_path(folder: Path, name: str) -> Path:
    """Return an unused path in this folder, as close to the given name as the disk allows."""
    bare = PurePath(re.sub(r"[\x00-\x1f/\\]+", " ", name).strip(". ") or "file")
    stem, ending = bare.stem, bare.suffix[:12]
    while len(f"{stem}{ending}".encode()) > LONGEST_FILE_NAME:
        stem = stem[:-1]
    found, number = folder / f"{stem}{ending}", 1
    while found.exists():
        number += 1
        found = folder / f"{stem} ({number}){ending}"
    return found


# The jobs: read the file and preview it, then import it once it is confirmed.

T = TypeVar("T")
POLL_SECONDS = 0.5  # seconds between two checks of the progress and of a cancellation
STOP_SECONDS = 20.0  # seconds that a cancelled reading gets to end


async def ignore_import(_: str) -> None:
    """Do nothing: the default when the caller wants to do nothing after an import."""


@dataclass(frozen=True)
class ImportJob:
    """The import jobs of one worker process. Files are in `home` while they are worked on."""

    database: Database
    enqueue: Enqueue
    file_store: FileStore
    importer: LibraryImporter
    home: Path
    now: Callable[[], datetime]
    on_imported: Callable[[str], Awaitable[None]] = ignore_import  # may be called again
    propose: MappingProposer = propose_nothing

    @property
    def jobs(self) -> dict[JobKind, Callable[[str], Coroutine[None, None, None]]]:
        """What the job engine runs, by kind."""
        return {"understand": self.understand, "take_in": self.take_in}

    async def understand(self, id: str) -> None:
        """Read the file and show a preview, or the reason why it can't be used."""
        upload = await self._load(id)
        if upload.state == "reading":
            await self.file_store.show(upload.card_post_id)
            try:
                await self._with_files(upload, self._understand)
            except CannotDo as no:
                await self._change(id, partial(FileUpload.refuse, why=no.words))
        await self.file_store.show(upload.card_post_id)

    async def take_in(self, id: str) -> None:
        """Import the confirmed file and post its rejected rows."""
        upload = await self._load(id)
        if upload.state in ("taking", "storing"):
            await self.file_store.show(upload.card_post_id)
            try:
                await self._with_files(upload, self._import)
            except CannotDo as no:  # a cancelled one has ended already
                await self._change(id, partial(FileUpload.fail, why=no.words))
        await self.file_store.show(upload.card_post_id)
        await self._hand_back(id)
        await self.on_imported(id)

    async def fail(self, id: str, words: Words) -> None:
        """Show on the card that the import broke, and delete its temporary files."""
        await self._change(id, partial(FileUpload.fail, why=words))
        shutil.rmtree(self._folder(id), ignore_errors=True)
        await self.file_store.show((await self._load(id)).card_post_id)

    async def _understand(self, upload: FileUpload, parts: Sequence[TableFile]) -> None:
        """Read the files that belong together as one table. Each of the others gets a card of its
        own."""
        parts = await self._split_tables(upload, parts)
        if len(parts) > 1:
            upload = await self._load(upload.id)
            files = upload.files
            if len(files) != len(parts) or not await self._sort_out(upload, parts):
                return
            upload = await self._load(upload.id)
            parts = [parts[files.index(one)] for one in upload.files]
        try:
            await self._preview(upload, parts)
        except HalfUpload as half:
            await self._complete_half(upload, parts, half)

    async def _split_tables(
        self, upload: FileUpload, parts: Sequence[TableFile]
    ) -> Sequence[TableFile]:
        """Return the parts with each table of a workbook as a part of its own, and store them in
        the upload unless it was cancelled meanwhile."""
        tables = [
            [part]
            if part.sheets
            else await asyncio.to_thread(self.importer.tables, part.path, kind=upload.kind)
            for part in parts
        ]
        if all(len(some) == 1 for some in tables):
            return parts
        sheets = [[part.sheets for part in some] for some in tables]
        await self._change(
            upload.id, partial(pairing.split_upload, sheets=sheets, turn=upload.turn)
        )
        return [part for some in tables for part in some]

    async def _sort_out(self, upload: FileUpload, parts: Sequence[TableFile]) -> bool:
        """Keep in the upload only the files that belong together. Return False when it was
        cancelled meanwhile."""
        made = self._create_output_folder(upload.id)
        found = await asyncio.to_thread(
            partial(self.importer.sort_out, parts, kind=upload.kind, folder=made)
        )
        sort_out = partial(pairing.separate_files, together=found.together, alone=found.alone)
        return await self._change(upload.id, partial(sort_out, turn=upload.turn))

    async def _preview(
        self, upload: FileUpload, parts: Sequence[TableFile], half: FileUpload | None = None
    ) -> bool:
        """Read the files and ask a person to confirm, together with the waiting `half` if there is
        one. Return False when that half is gone meanwhile."""
        files = (*upload.files, *(half.files if half else ()))
        try:
            preview, schema = await asyncio.to_thread(
                self.importer.understand,
                upload.workspace,
                parts,
                name=" + ".join(one.title for one in files),
                kind=upload.kind,
                options=upload.told or {},
                folder=self._create_output_folder(upload.id),
            )
        except HalfUpload:
            raise
        except CannotDo:
            proposed = None if half else await self._understand_unknown(upload, parts)
            if proposed is None:
                raise
            preview, schema = proposed

        may_go = preview.can_go_unasked and await self.file_store.imports_unasked(upload)

        def seen(session: Session) -> bool:
            enqueue, now, turn = self._enqueue_except_card(upload.id), self.now(), upload.turn
            if half and not pairing.join_uploads(
                session, enqueue, upload.id, half.id, turn=turn, now=now
            ):
                return False
            row = session.get_one(FileUpload, upload.id, with_for_update=True)
            row.understand(session, enqueue, preview=preview, schema=schema, turn=turn, now=now)
            if (
                row.state == "waiting"
                and may_go
                and row.is_mapping_known(session, row.workspace, preview)
            ):
                row.confirm(session, enqueue, by=row.author, unasked=True, now=now)
            return True

        return await self.database.run(seen)

    async def _understand_unknown(
        self, upload: FileUpload, parts: Sequence[TableFile]
    ) -> tuple[ImportPreview, str] | None:
        """Read a file of unknown columns as one with the same columns was confirmed before, or as
        an AI proposes and the file bears out. None where it stays unknown."""
        try:
            samples = await asyncio.to_thread(self.importer.sample_columns, parts)
        except CannotDo:
            return None
        if samples is None:
            return None
        read = partial(
            self.importer.understand,
            upload.workspace,
            parts,
            name=upload.title,
            folder=self._create_output_folder(upload.id),
        )
        known = await self.database.run(
            FileUpload.find_confirmed_mapping, upload.workspace, samples.names, upload.kind
        )
        if known is not None:
            with contextlib.suppress(CannotDo):
                kind, called = known
                options = {**(upload.told or {}), "called": called}
                return await asyncio.to_thread(read, kind=kind, options=options)
        proposal = await self.propose(upload, samples)
        if proposal is None or upload.kind not in (None, proposal.kind):
            return None
        return await asyncio.to_thread(
            self.importer.understand_proposal,
            upload.workspace,
            parts[0],
            samples.names,
            proposal,
            name=upload.title,
            options=upload.told or {},
            folder=self._create_output_folder(upload.id),
        )

    async def _complete_half(
        self, upload: FileUpload, parts: Sequence[TableFile], why: HalfUpload
    ) -> None:
        """Pair the upload with a waiting half in the same place, or let it wait itself."""
        tried: dict[str, Words] = {}
        while other := await self._find_counterpart(upload, why.half, tried):
            try:
                more = await self._fetch_files(other.files, self._folder(upload.id) / "other")
                if await self._preview(upload, [*parts, *more], other):
                    return
                tried[other.id] = why.words
            except CannotDo as no:  # the two do not belong together, or the other one is gone
                tried[other.id] = no.words

    async def _find_counterpart(
        self, upload: FileUpload, half: str, tried: dict[str, Words]
    ) -> FileUpload | None:
        return await self.database.run(
            lambda session: pairing.pair_or_wait(
                session,
                self._enqueue_except_card(upload.id),
                upload.id,
                half=half,
                turn=upload.turn,
                is_near=self.file_store.near,
                tried=tried,
                why=next(reversed(tried.values()), None),
                now=self.now(),
            )
        )

    async def _import(self, upload: FileUpload, parts: Sequence[TableFile]) -> None:
        ready = await self._read(upload, parts)
        if await self._ask_again(upload, ready):
            return
        if not await self._change(upload.id, FileUpload.store):
            return  # cancelled meanwhile
        await self._show_card(upload)
        kept = self._store_rejects(upload, ready.rejects)
        taken = partial(self._record_import, upload.id, rejected=ready.rejected, rejects=kept)
        await asyncio.to_thread(ready.keep, taken)

    async def _ask_again(self, upload: FileUpload, ready: ImportableRows) -> bool:
        """Ask once more about a file of which only a part was read before, where the whole of it
        would change stored rows. Return whether it now waits for that answer."""
        preview = upload.preview
        if preview is None or preview.exact or ready.complete is None:
            return False
        whole = await asyncio.to_thread(ready.complete, preview)
        if not whole.changes:
            return False
        return await self._change(upload.id, partial(FileUpload.ask_again, preview=whole))

    def _record_import(
        self, id: str, session: Session, stored: StoredRows, *, rejected: int, rejects: str | None
    ) -> None:
        """Record the outcome in the transaction that stores the rows, so that after a crash there
        are either both or none."""
        upload = session.get_one(FileUpload, id, with_for_update=True)
        outcome = ImportOutcome(stored.new, stored.replaced, stored.same, rejected)
        enqueue = self._enqueue_except_card(id)
        upload.complete(session, enqueue, outcome=outcome, rejects=rejects, now=self.now())
        if stored.merge:
            ImportUndo.record_rows(session, upload, stored.kind, stored.merge, self.now())
        elif stored.products:
            ImportUndo.record_products(session, upload, stored.products)

    async def _read(self, upload: FileUpload, parts: Sequence[TableFile]) -> ImportableRows:
        """Read the rows in a thread. Meanwhile, update the progress, and stop when a person
        cancels."""
        watch = ImportProgress()
        folder = self._create_output_folder(upload.id)
        read = partial(self.importer.read, name=upload.title, folder=folder, watch=watch)
        arguments = (upload.workspace, parts, upload.understood or "")
        work = asyncio.ensure_future(asyncio.to_thread(read, *arguments))
        try:
            while not (await asyncio.wait({work}, timeout=POLL_SECONDS))[0]:
                before = watch.rows
                if await self._change(upload.id, partial(FileUpload.advance, rows=before)):
                    await self._show_card(upload)
                else:
                    watch.ended.set()
            return work.result()
        finally:
            watch.ended.set()
            await asyncio.wait({work}, timeout=STOP_SECONDS)

    async def _with_files(
        self,
        upload: FileUpload,
        use: Callable[[FileUpload, Sequence[TableFile]], Coroutine[None, None, None]],
    ) -> None:
        """Fetch the upload's files into its folder, call `use`, and delete the folder."""
        folder = self._folder(upload.id)
        shutil.rmtree(folder, ignore_errors=True)  # left by a killed process
        try:
            await use(upload, await self._fetch_files(upload.files, folder / "dropped"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _fetch_files(self, files: Sequence[UploadedFile], folder: Path) -> list[TableFile]:
        """Fetch the files into this folder. Each keeps the name that people see, and is fetched
        once even when several of its tables are wanted. Return the tables in the order of
        `files`."""
        _empty_folder(folder)
        paths: dict[str, Path] = {}
        for one in files:
            if one.file not in paths:
                paths[one.file] = _free_path(folder, one.name)
                await self.file_store.fetch(one.file, one.name, paths[one.file])
        return [TableFile(paths[one.file], one.sheets) for one in files]

    def _folder(self, id: str) -> Path:
        return self.home / "arrivals" / id

    def _create_output_folder(self, id: str) -> Path:
        """Return an empty folder for temporary files of this upload."""
        return _empty_folder(self._folder(id) / "made")

    def _store_rejects(self, upload: FileUpload, rejects: Path | None) -> str | None:
        """Move the file of rejected rows to where it is kept. Return its path relative to the
        home."""
        if rejects is None:
            return None
        kept = self.home / "rejects" / f"{upload.id}{rejects.suffix}"
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(rejects, kept)
        return kept.relative_to(self.home).as_posix()

    async def _show_card(self, upload: FileUpload) -> None:
        """Redraw the card. It may fail, because it is redrawn again soon."""
        with contextlib.suppress(TryAgain, CannotDo):
            await self.file_store.show(upload.card_post_id)

    async def _hand_back(self, id: str) -> None:
        """Post the rejected rows once in the card's thread. Where Slack refuses the file, the card
        has a button for it."""
        upload = await self._load(id)
        path = self.home / (upload.rejects or "")
        if upload.state == "in" and upload.rejects and path.is_file():
            with contextlib.suppress(CannotDo):
                await self.file_store.attach(upload, path)

    async def _load(self, id: str) -> FileUpload:
        return await self.database.run(lambda s: s.get_one(FileUpload, id))

    async def _change(self, id: str, verb: Callable[..., T]) -> T:
        """Change the row. The job itself draws the card."""

        def changed(session: Session) -> T:
            upload = session.get_one(FileUpload, id, with_for_update=True)
            return verb(upload, session, self._enqueue_except_card(id), now=self.now())

        return await self.database.run(changed)

    def _enqueue_except_card(self, id: str) -> Enqueue:
        """Return an Enqueue that skips the redrawing of this upload's card."""

        def enqueue(session: Session, job: Job) -> None:
            if job.kind != "show" or job.subject != card_post_id(id):
                self.enqueue(session, job)

        return enqueue
