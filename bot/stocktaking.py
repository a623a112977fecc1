"""A dropped file on its way into the library: read, shown, and after a yes taken in.

It knows neither Slack nor the library's insides: it is handed a Porter and a Stock. A file is
fetched when it is needed and thrown away afterwards, so that nothing lies about while a person
thinks, and any process can go on where another one died.
"""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from bot.arrival import Arrival, Outcome
from bot.db import Database
from bot.errors import CannotDo, TryAgain
from bot.glimpse import Glimpse
from bot.job import Enqueue, Job, Kind
from bot.words import Words

T = TypeVar("T")
LOOK = 0.5  # seconds between two looks at how far it is, and whether it was stopped
LET_GO = 20.0  # seconds that a stopped reading gets to end


class Porter(Protocol):
    """What is done with the file where people are."""

    async def show(self, post: str) -> None: ...
    async def fetch(self, file: str, name: str, to: Path) -> None: ...
    async def attach(self, arrival: Arrival, path: Path) -> None: ...


@dataclass
class Watch:
    """How far a reading is, and whether it should end. Read and written by two threads."""

    rows: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, rows: int) -> None:
        self.rows = rows

    def cancelled(self) -> bool:
        return self.ended.is_set()


class Ready(Protocol):
    """A file's good rows, ready to be stored. `rejects` is the CSV of the others."""

    @property
    def rejected(self) -> int: ...
    @property
    def rejects(self) -> Path | None: ...
    def keep(self) -> tuple[int, int, int]:
        """Store them: how many are new, replace another one, were there already."""
        ...


class Stock(Protocol):
    """The library as this job needs it. All of it blocks, and raises CannotDo."""

    def understand(
        self, workspace: str, path: Path, *, name: str, kind: str | None
    ) -> tuple[Glimpse, str]:
        """What the card shows, and the library's own words about the file."""
        ...

    def read(
        self, workspace: str, path: Path, understood: str, *, name: str, folder: Path, watch: Watch
    ) -> Ready:
        """All rows, into `folder`; nothing is in the library yet."""
        ...


@dataclass(frozen=True)
class Stocktaking:
    """One for each process that works. `home` is where files lie while they are worked on."""

    database: Database
    enqueue: Enqueue
    porter: Porter
    stock: Stock
    home: Path
    now: Callable[[], datetime]

    @property
    def jobs(self) -> dict[Kind, Callable[[str], Coroutine[None, None, None]]]:
        """What the engine runs, by kind."""
        return {"understand": self.understand, "take_in": self.take_in}

    async def understand(self, id: str) -> None:
        """Read the file and say what it is, or why it is of no use."""
        arrival = await self._load(id)
        if arrival.state == "reading":
            await self.porter.show(arrival.card)
            try:
                glimpse, understood = await self._at_hand(arrival, self._glimpse)
            except CannotDo as no:
                await self._change(id, partial(Arrival.refuse, why=no.words))
            else:
                seen = partial(Arrival.understand, glimpse=glimpse, understood=understood)
                await self._change(id, partial(seen, turn=arrival.turn))
        await self.porter.show(arrival.card)

    async def take_in(self, id: str) -> None:
        """Take the confirmed file into the library, and hand back what stayed out."""
        arrival = await self._load(id)
        if arrival.state in ("taking", "storing"):
            await self.porter.show(arrival.card)
            try:
                await self._at_hand(arrival, self._take)
            except CannotDo as no:  # a stopped one is over already, and stays so
                await self._change(id, partial(Arrival.fail, why=no.words))
        await self.porter.show(arrival.card)
        await self._hand_back(id)

    async def fail(self, id: str, words: Words) -> None:
        """It broke: say so on the card, and leave nothing behind."""
        await self._change(id, partial(Arrival.fail, why=words))
        shutil.rmtree(self._folder(id), ignore_errors=True)
        await self.porter.show((await self._load(id)).card)

    async def _glimpse(self, arrival: Arrival, path: Path) -> tuple[Glimpse, str]:
        understand = partial(self.stock.understand, name=arrival.name, kind=arrival.kind)
        return await asyncio.to_thread(understand, arrival.workspace, path)

    async def _take(self, arrival: Arrival, path: Path) -> None:
        ready = await self._read(arrival, path)
        if not await self._change(arrival.id, Arrival.store):
            return  # stopped meanwhile
        await self._look(arrival)
        new, replaced, same = await asyncio.to_thread(ready.keep)
        outcome = Outcome(new, replaced, same, ready.rejected)
        kept = self._kept(arrival, ready.rejects)
        await self._change(arrival.id, partial(Arrival.take, outcome=outcome, rejects=kept))

    async def _read(self, arrival: Arrival, path: Path) -> Ready:
        """Read in a thread; meanwhile show how far it is, and end it when a person says so."""
        watch = Watch()
        read = partial(self.stock.read, name=arrival.name, folder=path.parent, watch=watch)
        told = (arrival.workspace, path, arrival.understood or "")
        work = asyncio.ensure_future(asyncio.to_thread(read, *told))
        try:
            while not (await asyncio.wait({work}, timeout=LOOK))[0]:
                before = watch.rows
                if await self._change(arrival.id, partial(Arrival.advance, rows=before)):
                    await self._look(arrival)
                else:
                    watch.ended.set()
            return work.result()
        finally:
            watch.ended.set()
            await asyncio.wait({work}, timeout=LET_GO)

    async def _look(self, arrival: Arrival) -> None:
        """The card as it is now; the next look is soon, so this one may fail."""
        with contextlib.suppress(TryAgain, CannotDo):
            await self.porter.show(arrival.card)

    async def _at_hand(
        self, arrival: Arrival, use: Callable[[Arrival, Path], Coroutine[None, None, T]]
    ) -> T:
        """The file in a folder of its own while it is used, and gone afterwards."""
        folder = self._folder(arrival.id)
        shutil.rmtree(folder, ignore_errors=True)  # of a process that died
        folder.mkdir(parents=True, mode=0o700)
        path = folder / f"dropped{Path(arrival.name).suffix[:12]}"
        try:
            await self.porter.fetch(arrival.file, arrival.name, path)
            return await use(arrival, path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, id: str) -> Path:
        return self.home / "arrivals" / id

    def _kept(self, arrival: Arrival, rejects: Path | None) -> str | None:
        """What stayed out, where it outlives the folder; relative to the home."""
        if rejects is None:
            return None
        kept = self.home / "rejects" / f"{arrival.id}.csv"
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(rejects, kept)
        return kept.relative_to(self.home).as_posix()

    async def _hand_back(self, id: str) -> None:
        """What stayed out, once, in the card's thread."""
        arrival = await self._load(id)
        path = self.home / (arrival.rejects or "")
        if arrival.state == "in" and arrival.rejects and path.is_file():
            await self.porter.attach(arrival, path)

    async def _load(self, id: str) -> Arrival:
        return await self.database.run(lambda s: s.get_one(Arrival, id))

    async def _change(self, id: str, verb: Callable[..., T]) -> T:
        """Change the row. Its card is drawn by the job itself."""

        def but_cards(session: Session, job: Job) -> None:
            if job.kind != "show":
                self.enqueue(session, job)

        def changed(session: Session) -> T:
            arrival = session.get_one(Arrival, id, with_for_update=True)
            return verb(arrival, session, but_cards, now=self.now())

        return await self.database.run(changed)
