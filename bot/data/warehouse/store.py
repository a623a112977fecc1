"""Where the library's rows live: files taken in, told of, and taken out again."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.config.secret import compute_key_id, load_key
from bot.data.analyses.cache import ResultCache
from bot.data.floors import SALES_FLOOR
from bot.data.schema import load_kinds
from bot.data.warehouse.file_listing import (
    LIBRARY_FOLDER,
    LOCAL_WORKSPACE,
    CommitHook,
    FileListing,
    MergeFunction,
    delete_unlisted_files,
)
from bot.data.warehouse.merge import (
    ADDRESSES_KIND,
    MergeResult,
    StoredFile,
    merge_addresses,
    merge_rows,
)
from bot.data.warehouse.models import DataFile
from bot.data.warehouse.pool import WarehousePool
from bot.db.session import Database
from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.catalogue.product import Product
    from bot.data.warehouse.warehouse import Warehouse

__all__ = ["LOCAL_WORKSPACE", "MergeCounts", "RowStore"]


@dataclass(frozen=True)
class MergeCounts:
    """What became of a file's rows: new ones, corrected ones, and those that were there the same.
    `rows` are the kind's rows now, `as_of` is the day of the newest."""

    new: int
    replaced: int
    same: int
    rows: int
    as_of: date | None


def _skip_hook(_: Session, __: MergeResult) -> None:
    return None


class RowStore:
    """The library of a home. How its tables are opened, and from what: `Shelving`."""

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
        sales_floor: Callable[[str], int] = lambda _: SALES_FLOOR,
    ) -> None:
        self.home, self.database, self.now = home, database, now
        self._given = key
        self.catch_up: Callable[[str, str], object] = lambda workspace, kind: None
        self._key: bytes | None = None
        self.shelving = WarehousePool(
            home,
            database,
            now=now,
            products=products,
            version=version,
            floor=floor,
            sales_floor=sales_floor,
        )
        self._switching = FileListing(home, database, now)

    def key(self) -> bytes:
        """The key that persons' keys are made with. Raises CannotDo when it is gone, or is not the
        one that the rows of the library were made with."""
        if self._key is None:
            key = load_key(self.home, self._given, holds=self._holds)
            with self.database.begin() as session:
                known = DataFile.signs(session)
            if known and compute_key_id(key) not in known:
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
        along: CommitHook = _skip_hook,
        live: bool = False,
    ) -> MergeCounts:
        """The rows of `fresh`, a Parquet file of the kind's columns, into the library. All of them
        are in when this returns; killed or failed before, the library is as it was. `fresh` and
        `apart` (sealed addresses that came with consents) are only read. `along` is done in the
        transaction that lists the rows, also when there is nothing new to list. Live rows that
        came before are brought in first, unless these are `live` ones."""
        if not live:
            self.catch_up(workspace, kind)

        def adding(
            held: Sequence[StoredFile], kept: Sequence[StoredFile], folder: Path
        ) -> tuple[MergeResult, MergeResult]:
            made = merge_rows(kind, fresh, held, folder=folder, source=source)
            if kind != "consents":
                return made, MergeResult(0, 0, 0, 0)
            beside = self._switching.folder(workspace, ADDRESSES_KIND)
            return made, merge_addresses(apart, fresh, kept, folder=beside, source=source)

        def told(session: Session, merge: MergeResult) -> None:
            along(session, merge)
            if not live:  # a batch of live rows brings no other back
                kinds_of = (kind, ADDRESSES_KIND) if kind == "consents" else (kind,)
                DataFile.came_again(session, workspace, kinds_of, source, self.now())

        return self._change(workspace, kind, adding, told)

    def forget(self, workspace: str, kind: str, source: str) -> MergeCounts:
        """Takes a file's rows out again. Rows that it had replaced do not come back."""

        def without(
            held: Sequence[StoredFile], kept: Sequence[StoredFile], _: Path
        ) -> tuple[MergeResult, MergeResult]:
            gone = tuple(one.id for one in held if one.source == source)
            sealed = tuple(one.id for one in kept if one.source == source)
            return MergeResult(0, 0, 0, 0, (), gone), MergeResult(0, 0, 0, 0, (), sealed)

        return self._change(workspace, kind, without)

    def sources(self, workspace: str) -> dict[str, list[str]]:
        """The files that each kind's rows came in, oldest first."""
        found: dict[str, dict[str, None]] = {}
        for holding in self.shelving.held(workspace):
            if holding.kind in load_kinds():
                found.setdefault(holding.kind, {})[holding.source] = None
        return {kind: list(names) for kind, names in found.items()}

    def addresses(self, workspace: str) -> list[Path]:
        """The files with the sealed addresses, for the audience export alone."""
        held = self.shelving.held(workspace)
        return [self.home / holding.path for holding in held if holding.kind == ADDRESSES_KIND]

    def shelf(self, workspace: str) -> "Warehouse":
        """The workspace's tables as they are now; the same shelf as long as nothing changed."""
        return self.shelving.shelf(workspace)

    def let_go(self, workspace: str) -> None:
        """The next to ask has the tables opened anew."""
        self.shelving.let_go(workspace)

    def stand_on(self, workspace: str) -> Hashable:
        """What everything found in the shelf stands on; another as soon as any of it changes."""
        return self.shelving.stand_on(workspace)

    def lasting(self, workspace: str) -> ResultCache:
        """Where what was found of this workspace's rows is kept."""
        return ResultCache(self.home / LIBRARY_FOLDER / workspace)

    def _clear(self, workspace: str) -> None:
        """What was found of the rows as they were; what is LOCAL's serves every workspace."""
        folders = (self.home / LIBRARY_FOLDER).iterdir()
        for name in {folder.name for folder in folders if folder.is_dir()}:
            if workspace == LOCAL_WORKSPACE or name in (workspace, LOCAL_WORKSPACE):
                self.lasting(name).clear()

    def sweep(self) -> int:
        """Takes what nobody reads any more from the disk; how many files."""
        return delete_unlisted_files(self.home, self.database, self.now())

    def _change(
        self, workspace: str, kind: str, making: MergeFunction, along: CommitHook = _skip_hook
    ) -> MergeCounts:
        """Files made, listed and told of; what was found of the rows before is gone."""
        sign = compute_key_id(self.key())
        told = self._switching.change(workspace, kind, making, sign, along)
        self._clear(workspace)
        self.sweep()
        held = [holding for holding in self.shelving.held(workspace) if holding.kind == kind]
        newest = max((h.as_of for h in held if h.as_of), default=None)
        return MergeCounts(
            told.new, told.replaced, told.same + told.doubles, sum(h.rows for h in held), newest
        )

    def _holds(self) -> bool:
        with self.database.begin() as session:
            return DataFile.any(session)
