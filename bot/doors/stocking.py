"""Where the library's rows live: files taken in, switched in one transaction, opened as a shelf."""

import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.db import Database
from bot.doors.secret import check_sign, the_key
from bot.errors import CannotDo
from bot.holding import Holding, Meanwhile
from bot.library.disk import SPILL
from bot.library.keep import ADDRESSES, Kept, Made, Merge, merge, merge_addresses
from bot.library.kinds import kinds
from bot.library.lasting import Lasting
from bot.library.shelf import Listed
from bot.words import Words
from bot.workspace import Workspace

if TYPE_CHECKING:
    from bot.library.catalogue.products import Product
    from bot.library.shelf import Shelf

FOLDER = "library"
LOCAL = "local"  # the workspace of what was taken in before any Slack workspace was known
TRIES = 5
READABLE = timedelta(hours=1)  # retired files stay for those who have them open
SPILLED = 86_400  # seconds after which what an engine put down belongs to nobody


# What is done in the transaction that lists the rows, knowing what became of them.
Along = Callable[[Session, Merge], None]


@dataclass(frozen=True)
class Merged:
    """What became of a file's rows: new ones, corrected ones, and those that were there the same.
    `rows` are the kind's rows now, `as_of` is the day of the newest."""

    new: int
    replaced: int
    same: int
    rows: int
    as_of: date | None


class Stocking:
    """The library of a home. `products` gives a workspace's catalogue and `version` tells cheaply
    whether it changed; `floor` is the smallest cell its policy allows to show."""

    def __init__(
        self,
        home: Path,
        database: Database,
        *,
        key: str | None,
        now: Callable[[], datetime],
        products: Callable[[str], Sequence["Product"]],
        version: Callable[[str], Hashable],
        floor: Callable[[str], int],
    ) -> None:
        self.home, self.database, self.now = home, database, now
        self._given, self._products, self._version, self._floor = key, products, version, floor
        self.catch_up: Callable[[str, str], object] = lambda workspace, kind: None
        self._key: bytes | None = None
        self._shelves: dict[str, tuple[Hashable, Shelf]] = {}
        self._guard = threading.Lock()

    def key(self) -> bytes:
        """The key that persons' keys are made with. Raises CannotDo when it is gone, or is not the
        one that the rows of the library were made with."""
        if self._key is None:
            key = the_key(self.home, self._given, holds=self._holds)
            with self.database.begin() as session:
                known = Holding.signs(session)
            if known and check_sign(key) not in known:
                raise CannotDo(
                    Words(
                        "The key of this home is not the one that the library's rows were made "
                        "with. Put the right super-intern.key back, or set SUPER_INTERN_KEY to it."
                    )
                )
            self._key = key
        return self._key

    def take(
        self,
        workspace: str,
        kind: str,
        fresh: Path,
        *,
        source: str,
        apart: Path | None = None,
        along: Along | None = None,
        live: bool = False,
    ) -> Merged:
        """The rows of `fresh`, a Parquet file of the kind's columns, into the library. All of them
        are in when this returns; killed or failed before, the library is as it was. `fresh` and
        `apart` (sealed addresses that came with consents) are only read. `along` is done in the
        transaction that lists the rows, also when there is nothing new to list. Live rows that
        came before are brought in first, unless these are `live` ones."""
        if not live:
            self.catch_up(workspace, kind)
        sign = check_sign(self.key())

        def adding(held: Sequence[Kept], kept: Sequence[Kept], folder: Path) -> tuple[Merge, Merge]:
            made = merge(kind, fresh, held, folder=folder, source=source)
            if kind != "consents":
                return made, Merge(0, 0, 0, 0)
            beside = self._folder(workspace, ADDRESSES)
            return made, merge_addresses(apart, fresh, kept, folder=beside, source=source)

        return self._change(workspace, kind, adding, sign, along or _nothing)

    def forget(self, workspace: str, kind: str, source: str) -> Merged:
        """Takes a file's rows out again. Rows that it had replaced do not come back."""

        def without(held: Sequence[Kept], kept: Sequence[Kept], _: Path) -> tuple[Merge, Merge]:
            gone = tuple(one.id for one in held if one.source == source)
            sealed = tuple(one.id for one in kept if one.source == source)
            return Merge(0, 0, 0, 0, (), gone), Merge(0, 0, 0, 0, (), sealed)

        return self._change(workspace, kind, without, check_sign(self.key()), _nothing)

    def sources(self, workspace: str) -> dict[str, list[str]]:
        """The files that each kind's rows came in, oldest first."""
        found: dict[str, dict[str, None]] = {}
        for holding in self._held(workspace):
            if holding.kind in kinds():
                found.setdefault(holding.kind, {})[holding.source] = None
        return {kind: list(names) for kind, names in found.items()}

    def addresses(self, workspace: str) -> list[Path]:
        """The files with the sealed addresses, for the audience export alone."""
        held = self._held(workspace)
        return [self.home / holding.path for holding in held if holding.kind == ADDRESSES]

    def shelf(self, workspace: str) -> "Shelf":
        """The workspace's tables as they are now; the same shelf as long as nothing changed."""
        holdings = self._held(workspace)
        version = self._stand_on(workspace, holdings)
        _, _, today, floor = version
        with self._guard:
            known = self._shelves.get(workspace)
            if known is None or known[0] != version:
                from bot.library.open import open_shelf

                fresh = open_shelf(
                    self._listed(holdings),
                    today=today,
                    products=self._products(workspace),
                    floor=floor,
                    folder=self.home / FOLDER,
                )
                known = self._shelves[workspace] = (version, fresh)
            return known[1]

    def let_go(self, workspace: str) -> None:
        """The next to ask has the tables opened anew."""
        with self._guard:
            self._shelves.pop(workspace, None)

    def stand_on(self, workspace: str) -> Hashable:
        """What everything found in the shelf stands on; another as soon as any of it changes."""
        return self._stand_on(workspace, self._held(workspace))

    def _stand_on(
        self, workspace: str, holdings: Sequence[Holding]
    ) -> tuple[tuple[str, ...], Hashable, date, int]:
        """The files, the catalogue, the day and the floor."""
        files = tuple(holding.id for holding in holdings)
        return files, self._version(workspace), self.now().date(), self._floor(workspace)

    def lasting(self, workspace: str) -> Lasting:
        """Where what was found of this workspace's rows is kept."""
        return Lasting(self.home / FOLDER / workspace)

    def _clear(self, workspace: str) -> None:
        """What was found of the rows as they were; what is LOCAL's serves every workspace."""
        folders = (self.home / FOLDER).iterdir()
        for name in {folder.name for folder in folders if folder.is_dir()}:
            if workspace == LOCAL or name in (workspace, LOCAL):
                self.lasting(name).clear()

    def sweep(self) -> int:
        """Takes long-retired files and those that nobody lists from the disk; how many."""
        before = self.now() - READABLE
        with self.database.begin() as session:
            retired = Holding.retired(session, before)
        for holding in retired:
            (self.home / holding.path).unlink(missing_ok=True)
        with self.database.begin() as session:
            Holding.sweep(session, [holding.id for holding in retired])
            listed = Holding.paths(session)
        return len(retired) + self._sweep_unlisted(listed)

    def _sweep_unlisted(self, listed: set[str]) -> int:
        swept, oldest = 0, time.time() - READABLE.total_seconds()
        for pattern in ("*/*/*.parquet", "*/*/*.part"):
            for path in (self.home / FOLDER).glob(pattern):
                named = path.relative_to(self.home).as_posix()
                if named not in listed and _changed(path) < oldest:
                    path.unlink(missing_ok=True)
                    swept += 1
        for spill in (self.home / FOLDER).glob(f"**/{SPILL}/*"):
            if _changed(spill) < time.time() - SPILLED:
                shutil.rmtree(spill, ignore_errors=True)
        return swept

    def _change(
        self,
        workspace: str,
        kind: str,
        making: Callable[[Sequence[Kept], Sequence[Kept], Path], tuple[Merge, Merge]],
        sign: str,
        along: Along,
    ) -> Merged:
        """Makes the files and lists them, again when somebody switched first."""
        folder = self._folder(workspace, kind)
        with self._alone(folder):
            for attempt in range(TRIES):
                try:
                    told = self._once(workspace, kind, making, folder, sign, along)
                except Meanwhile:
                    if attempt == TRIES - 1:
                        raise
                else:
                    break
        self._clear(workspace)
        self.sweep()
        held = [holding for holding in self._held(workspace) if holding.kind == kind]
        newest = max((h.as_of for h in held if h.as_of), default=None)
        return Merged(
            told.new, told.replaced, told.same + told.doubles, sum(h.rows for h in held), newest
        )

    def _once(
        self,
        workspace: str,
        kind: str,
        making: Callable[[Sequence[Kept], Sequence[Kept], Path], tuple[Merge, Merge]],
        folder: Path,
        sign: str,
        along: Along,
    ) -> Merge:
        with self.database.begin() as session:
            Workspace.ensure(session, workspace, self.now())
            Holding.adopt(session, LOCAL, workspace)
            holdings = {k: Holding.held(session, workspace, k) for k in (kind, ADDRESSES)}
        seen = {k: [self._kept(holding) for holding in held] for k, held in holdings.items()}
        rows, sealed = making(seen[kind], seen[ADDRESSES], folder)
        changes = [(kind, rows), *([(ADDRESSES, sealed)] if kind == "consents" else [])]
        try:
            with self.database.begin() as session:
                along(session, rows)
                for name, made in changes:
                    if made.adds or made.retires:
                        Holding.switch(
                            session,
                            workspace,
                            name,
                            adds=self._rows(workspace, name, made.adds, sign),
                            retires=made.retires,
                            now=self.now(),
                            seen=[one.id for one in seen[name]],
                        )
        except Meanwhile:
            for _, made in changes:
                for one in made.adds:
                    one.path.unlink(missing_ok=True)
            raise
        return rows

    def _rows(self, workspace: str, kind: str, adds: Sequence[Made], sign: str) -> list[Holding]:
        """The rows of these files, in an order of time that is theirs."""
        return [
            Holding(
                id=made.id,
                workspace=workspace,
                kind=kind,
                path=made.path.relative_to(self.home).as_posix(),
                rows=made.rows,
                source=made.source,
                keyed=sign,
                as_of=made.as_of,
                taken_in_at=self.now() + timedelta(microseconds=number),
                retired_at=None,
            )
            for number, made in enumerate(adds)
        ]

    def _kept(self, holding: Holding) -> Kept:
        return Kept(holding.id, self.home / holding.path, holding.rows, holding.source)

    def _held(self, workspace: str) -> list[Holding]:
        """What serves this workspace: its own, or what came in before any was known."""
        with self.database.begin() as session:
            return Holding.held(session, workspace) or Holding.held(session, LOCAL)

    def _listed(self, holdings: Sequence[Holding]) -> dict[str, Listed]:
        by_kind: dict[str, list[Holding]] = {}
        for holding in holdings:
            if holding.kind in kinds():
                by_kind.setdefault(holding.kind, []).append(holding)
        return {
            kind: Listed(
                kind,
                tuple(self.home / holding.path for holding in some),
                sum(holding.rows for holding in some),
                _source([holding.source for holding in some]),
                max((holding.as_of for holding in some if holding.as_of), default=None),
            )
            for kind, some in by_kind.items()
        }

    def _holds(self) -> bool:
        with self.database.begin() as session:
            return Holding.any(session)

    def _folder(self, workspace: str, kind: str) -> Path:
        if not workspace.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"no name of a workspace: {workspace!r}")
        folder = self.home / FOLDER / workspace / kind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Nobody else merges this kind meanwhile, in whatever process."""
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _nothing(_: Session, __: Merge) -> None:
    return None


def _source(names: Sequence[str]) -> str:
    """`orders.csv`, `orders.csv and 2 more`: the newest first."""
    different = list(dict.fromkeys(reversed(names)))
    more = len(different) - 1
    return f"{different[0]} and {more} more" if more else different[0]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
