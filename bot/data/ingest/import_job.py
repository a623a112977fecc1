"""Where the files of an arrival lie while somebody works on them, and what outlives that.

Each arrival has a folder of its own, emptied before and gone afterwards: a process that died may
have left half of a file there, and what people drop is not ours to keep. Only the rows that stayed
out are kept, for whoever has to mend them.
"""

import asyncio
import contextlib
import re
import shutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.data.ingest import pairing
from bot.data.ingest.models import FileUpload, card_post_id
from bot.data.ingest.ports import FileStore, HalfUpload, ImportableRows, Importer, ImportProgress
from bot.data.ingest.upload import ImportOutcome, TableFile, UploadedFile
from bot.db.session import Database
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job, JobKind

LONGEST_FILE_NAME = 120  # of a file's name on our disk


@dataclass(frozen=True)
class WorkDir:
    """`home` is where its folders are made; the porter brings the files."""

    home: Path
    porter: FileStore

    async def at_hand(
        self,
        arrival: FileUpload,
        use: Callable[[FileUpload, Sequence[TableFile]], Coroutine[None, None, None]],
    ) -> None:
        """Its files in a folder of its own while they are used, and gone afterwards."""
        folder = self.folder(arrival.id)
        shutil.rmtree(folder, ignore_errors=True)  # of a process that died
        try:
            await use(arrival, await self.fetched(arrival.files, folder / "dropped"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def fetched(self, files: Sequence[UploadedFile], folder: Path) -> list[TableFile]:
        """The files in this folder, in their order, each called as people call it, and once
        however many of its tables are wanted."""
        _empty_folder(folder)
        paths: dict[str, Path] = {}
        for one in files:
            if one.file not in paths:
                paths[one.file] = _free_path(folder, one.name)
                await self.porter.fetch(one.file, one.name, paths[one.file])
        return [TableFile(paths[one.file], one.sheets) for one in files]

    def folder(self, id: str) -> Path:
        return self.home / "arrivals" / id

    def made(self, id: str) -> Path:
        """An empty folder in it, for what is made on the way."""
        return _empty_folder(self.folder(id) / "made")

    def kept(self, arrival: FileUpload, rejects: Path | None) -> str | None:
        """What stayed out, where it outlives the folder; relative to the home."""
        if rejects is None:
            return None
        kept = self.home / "rejects" / f"{arrival.id}{rejects.suffix}"
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(rejects, kept)
        return kept.relative_to(self.home).as_posix()


def _empty_folder(folder: Path) -> Path:
    """This folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def _free_path(folder: Path, name: str) -> Path:
    """A name in this folder that no file has, as near to the given one as a disk allows."""
    bare = PurePath(re.sub(r"[\x00-\x1f/\\]+", " ", name).strip(". ") or "file")
    stem, ending = bare.stem, bare.suffix[:12]
    while len(f"{stem}{ending}".encode()) > LONGEST_FILE_NAME:
        stem = stem[:-1]
    found, number = folder / f"{stem}{ending}", 1
    while found.exists():
        number += 1
        found = folder / f"{stem} ({number}){ending}"
    return found


# A dropped file on its way into the library: read, shown, and after a yes taken in.

T = TypeVar("T")
POLL_SECONDS = 0.5  # seconds between two looks at how far it is, and whether it was stopped
STOP_SECONDS = 20.0  # seconds that a stopped reading gets to end


@dataclass(frozen=True)
class ImportJob:
    """One for each process that works. `home` is where files lie while they are worked on."""

    database: Database
    enqueue: Enqueue
    porter: FileStore
    stock: Importer
    home: Path
    now: Callable[[], datetime]

    @property
    def _bench(self) -> WorkDir:
        return WorkDir(self.home, self.porter)

    @property
    def jobs(self) -> dict[JobKind, Callable[[str], Coroutine[None, None, None]]]:
        """What the engine runs, by kind."""
        return {"understand": self.understand, "take_in": self.take_in}

    async def understand(self, id: str) -> None:
        """Read the file and say what it is, or why it is of no use."""
        arrival = await self._load(id)
        if arrival.state == "reading":
            await self.porter.show(arrival.card)
            try:
                await self._bench.at_hand(arrival, self._understand)
            except CannotDo as no:
                await self._change(id, partial(FileUpload.refuse, why=no.words))
        await self.porter.show(arrival.card)

    async def take_in(self, id: str) -> None:
        """Take the confirmed file into the library, and hand back what stayed out."""
        arrival = await self._load(id)
        if arrival.state in ("taking", "storing"):
            await self.porter.show(arrival.card)
            try:
                await self._bench.at_hand(arrival, self._take)
            except CannotDo as no:  # a stopped one is over already, and stays so
                await self._change(id, partial(FileUpload.fail, why=no.words))
        await self.porter.show(arrival.card)
        await self._hand_back(id)

    async def fail(self, id: str, words: Words) -> None:
        """It broke: say so on the card, and leave nothing behind."""
        await self._change(id, partial(FileUpload.fail, why=words))
        shutil.rmtree(self._bench.folder(id), ignore_errors=True)
        await self.porter.show((await self._load(id)).card)

    async def _understand(self, arrival: FileUpload, parts: Sequence[TableFile]) -> None:
        """What belongs together is read as one; what does not gets a card of its own."""
        parts = await self._spread(arrival, parts)
        if len(parts) > 1:
            arrival = await self._load(arrival.id)
            files = arrival.files
            if len(files) != len(parts) or not await self._sort_out(arrival, parts):
                return
            arrival = await self._load(arrival.id)
            parts = [parts[files.index(one)] for one in arrival.files]
        try:
            await self._glimpse(arrival, parts)
        except HalfUpload as half:
            await self._complete(arrival, parts, half)

    async def _spread(self, arrival: FileUpload, parts: Sequence[TableFile]) -> Sequence[TableFile]:
        """The same with each table of a workbook for itself; the arrival then knows of them, unless
        it was stopped meanwhile."""
        tables = [
            [part]
            if part.sheets
            else await asyncio.to_thread(self.stock.tables, part.path, kind=arrival.kind)
            for part in parts
        ]
        if all(len(some) == 1 for some in tables):
            return parts
        sheets = [[part.sheets for part in some] for some in tables]
        await self._change(
            arrival.id, partial(pairing.split_upload, sheets=sheets, turn=arrival.turn)
        )
        return [part for some in tables for part in some]

    async def _sort_out(self, arrival: FileUpload, parts: Sequence[TableFile]) -> bool:
        """Leave it what belongs together. False when it was stopped meanwhile."""
        made = self._bench.made(arrival.id)
        found = await asyncio.to_thread(
            partial(self.stock.sort_out, parts, kind=arrival.kind, folder=made)
        )
        sort_out = partial(pairing.separate_files, together=found.together, alone=found.alone)
        return await self._change(arrival.id, partial(sort_out, turn=arrival.turn))

    async def _glimpse(
        self, arrival: FileUpload, parts: Sequence[TableFile], half: FileUpload | None = None
    ) -> bool:
        """Read them and ask a person, with the half that waited for it when there is one. False
        when that one has gone meanwhile."""
        files = (*arrival.files, *(half.files if half else ()))
        glimpse, understood = await asyncio.to_thread(
            self.stock.understand,
            arrival.workspace,
            parts,
            name=" + ".join(one.title for one in files),
            kind=arrival.kind,
            told=arrival.told or {},
            folder=self._bench.made(arrival.id),
        )

        def seen(session: Session) -> bool:
            enqueue, now, turn = self._but_its_card(arrival.id), self.now(), arrival.turn
            if half and not pairing.join_uploads(
                session, enqueue, arrival.id, half.id, turn=turn, now=now
            ):
                return False
            row = session.get_one(FileUpload, arrival.id, with_for_update=True)
            row.understand(
                session, enqueue, glimpse=glimpse, understood=understood, turn=turn, now=now
            )
            return True

        return await self.database.run(seen)

    async def _complete(
        self, arrival: FileUpload, parts: Sequence[TableFile], why: HalfUpload
    ) -> None:
        """With the other half that waits near it, if there is one; else it waits itself."""
        tried: dict[str, Words] = {}
        while other := await self._other_half(arrival, why.half, tried):
            try:
                more = await self._bench.fetched(
                    other.files, self._bench.folder(arrival.id) / "other"
                )
                if await self._glimpse(arrival, [*parts, *more], other):
                    return
                tried[other.id] = why.words
            except CannotDo as no:  # they do not belong together, or the other one is gone
                tried[other.id] = no.words

    async def _other_half(
        self, arrival: FileUpload, half: str, tried: dict[str, Words]
    ) -> FileUpload | None:
        return await self.database.run(
            lambda session: pairing.pair_or_wait(
                session,
                self._but_its_card(arrival.id),
                arrival.id,
                half=half,
                turn=arrival.turn,
                near=self.porter.near,
                tried=tried,
                why=next(reversed(tried.values()), None),
                now=self.now(),
            )
        )

    async def _take(self, arrival: FileUpload, parts: Sequence[TableFile]) -> None:
        ready = await self._read(arrival, parts)
        if not await self._change(arrival.id, FileUpload.store):
            return  # stopped meanwhile
        await self._look(arrival)
        kept = self._bench.kept(arrival, ready.rejects)
        taken = partial(self._taken, arrival.id, rejected=ready.rejected, rejects=kept)
        await asyncio.to_thread(ready.keep, taken)

    def _taken(
        self,
        id: str,
        session: Session,
        new: int,
        replaced: int,
        same: int,
        *,
        rejected: int,
        rejects: str | None,
    ) -> None:
        """In the transaction that stores its rows: whoever goes on after a crash finds both or
        none."""
        arrival = session.get_one(FileUpload, id, with_for_update=True)
        outcome = ImportOutcome(new, replaced, same, rejected)
        enqueue = self._but_its_card(id)
        arrival.take(session, enqueue, outcome=outcome, rejects=rejects, now=self.now())

    async def _read(self, arrival: FileUpload, parts: Sequence[TableFile]) -> ImportableRows:
        """Read in a thread; meanwhile show how far it is, and end it when a person says so."""
        watch = ImportProgress()
        folder = self._bench.made(arrival.id)
        read = partial(self.stock.read, name=arrival.title, folder=folder, watch=watch)
        told = (arrival.workspace, parts, arrival.understood or "")
        work = asyncio.ensure_future(asyncio.to_thread(read, *told))
        try:
            while not (await asyncio.wait({work}, timeout=POLL_SECONDS))[0]:
                before = watch.rows
                if await self._change(arrival.id, partial(FileUpload.advance, rows=before)):
                    await self._look(arrival)
                else:
                    watch.ended.set()
            return work.result()
        finally:
            watch.ended.set()
            await asyncio.wait({work}, timeout=STOP_SECONDS)

    async def _look(self, arrival: FileUpload) -> None:
        """The card as it is now; the next look is soon, so this one may fail."""
        with contextlib.suppress(TryAgain, CannotDo):
            await self.porter.show(arrival.card)

    async def _hand_back(self, id: str) -> None:
        """What stayed out, once, in the card's thread; where Slack will not have it, the card has
        a button for it."""
        arrival = await self._load(id)
        path = self.home / (arrival.rejects or "")
        if arrival.state == "in" and arrival.rejects and path.is_file():
            with contextlib.suppress(CannotDo):
                await self.porter.attach(arrival, path)

    async def _load(self, id: str) -> FileUpload:
        return await self.database.run(lambda s: s.get_one(FileUpload, id))

    async def _change(self, id: str, verb: Callable[..., T]) -> T:
        """Change the row. Its card is drawn by the job itself."""

        def changed(session: Session) -> T:
            arrival = session.get_one(FileUpload, id, with_for_update=True)
            return verb(arrival, session, self._but_its_card(id), now=self.now())

        return await self.database.run(changed)

    def _but_its_card(self, id: str) -> Enqueue:
        """Whatever is enqueued, but the drawing of this card."""

        def enqueue(session: Session, job: Job) -> None:
            if job.kind != "show" or job.subject != card_post_id(id):
                self.enqueue(session, job)

        return enqueue
