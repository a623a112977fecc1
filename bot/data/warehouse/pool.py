"""Open warehouses, one for each workspace, reused until the data changes.

Opening the tables takes time, so the pool keeps each open warehouse together with the version of
its data, and opens a new one as soon as that version changes.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.source import Source
from bot.data.floors import SALES_FLOOR, Floors
from bot.data.schema import load_kinds
from bot.data.warehouse.file_listing import LIBRARY_FOLDER, LOCAL_WORKSPACE
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.models import DataFile
from bot.data.warehouse.warehouse import DamagedTable, ListedTable
from bot.db.cached_read import CachedRead
from bot.db.session import Database

if TYPE_CHECKING:
    from bot.data.catalogue.product import Product
    from bot.data.warehouse.warehouse import Warehouse


class WarehousePool:
    """The open warehouses of one home. `products` returns a workspace's catalogue and `version` the
    catalogue's version, which is cheaper to read. `floor` and `sales_floor` return the group sizes
    of the workspace's policy."""

    def __init__(
        self,
        home: Path,
        database: Database,
        *,
        now: Callable[[], datetime],
        products: Callable[[str], Sequence["Product"]],
        version: Callable[[str], Hashable],
        floor: Callable[[str], int],
        sales_floor: Callable[[str], int] = lambda _: SALES_FLOOR,
    ) -> None:
        self.home, self.database, self.now = home, database, now
        self._products, self._catalogue_version = products, version
        self._floor, self._sales_floor = floor, sales_floor
        self._open_warehouses: dict[str, tuple[Hashable, Warehouse]] = {}
        self._guard = threading.Lock()
        self._list_files = CachedRead(database, ("holdings",), self._read_files)

    def open(self, workspace: str) -> "Warehouse":
        """Return the workspace's tables as they are now: the same object while nothing changed."""
        try:
            with report_damage(self.home, self.database, self.now):
                return self._open(workspace)
        except DamageDetected:
            return self._open(workspace)

    def _open(self, workspace: str) -> "Warehouse":
        data_files = self._list_files(workspace)
        version = self._compute_version(workspace, data_files)
        _, _, today, floors = version
        with self._guard:
            known = self._open_warehouses.get(workspace)
            if known is None or known[0] != version:
                from bot.data.warehouse.duckdb_engine import open_warehouse

                fresh = open_warehouse(
                    self._group_by_kind(data_files),
                    today=today,
                    products=self._products(workspace),
                    floors=floors,
                    folder=self.home / LIBRARY_FOLDER,
                    damaged=_find_damaged(data_files),
                )
                known = self._open_warehouses[workspace] = (version, fresh)
            return known[1]

    def close(self, workspace: str) -> None:
        """Forget the open warehouse, so that the next caller opens a new one."""
        with self._guard:
            self._open_warehouses.pop(workspace, None)

    def version(self, workspace: str) -> Hashable:
        """Return what every result computed from the tables depends on. It differs as soon as any
        of that changes."""
        return self._compute_version(workspace, self._list_files(workspace))

    def _compute_version(
        self, workspace: str, data_files: Sequence[DataFile]
    ) -> tuple[tuple[str, ...], Hashable, date, Floors]:
        """Return the ids of the files, the catalogue's version, the day and the floors."""
        files = tuple(
            f"{data_file.id}{' damaged' if data_file.damaged_at else ''}"
            for data_file in data_files
        )
        floors = Floors(self._floor(workspace), self._sales_floor(workspace))
        return files, self._catalogue_version(workspace), self.now().date(), floors

    def in_force(self, workspace: str) -> list[DataFile]:
        """Return the undamaged files that serve this workspace: its own, or those that were
        imported before any workspace was known."""
        return [
            data_file for data_file in self._read_files(workspace) if data_file.damaged_at is None
        ]

    def _read_files(self, workspace: str) -> list[DataFile]:
        """Return the same files with the damaged ones."""
        with self.database.begin() as session:
            for owner in (workspace, LOCAL_WORKSPACE):
                data_files = DataFile.in_force(session, owner) + DataFile.damaged(session, owner)
                if data_files:
                    return data_files
        return []

    def _group_by_kind(self, data_files: Sequence[DataFile]) -> dict[str, ListedTable]:
        by_kind: dict[str, list[DataFile]] = {}
        for data_file in data_files:
            if data_file.kind in load_kinds():
                by_kind.setdefault(data_file.kind, []).append(data_file)
        return {
            kind: ListedTable(
                kind,
                tuple(
                    self.home / data_file.path for data_file in files if not data_file.damaged_at
                ),
                sum(data_file.rows for data_file in files),
                _describe_source(files),
                max((data_file.as_of for data_file in files if data_file.as_of), default=None),
            )
            for kind, files in by_kind.items()
        }


def _find_damaged(data_files: Sequence[DataFile]) -> dict[str, DamagedTable]:
    """Return the kinds with damaged rows, each with the damage that was noticed first."""
    found: dict[str, DamagedTable] = {}
    for data_file in sorted(data_files, key=lambda one: one.id):
        at, kind = data_file.damaged_at, data_file.kind
        if at and kind in load_kinds() and (kind not in found or at.date() < found[kind].since):
            found[kind] = DamagedTable(kind, at.date(), data_file.source)
    return found


def _describe_source(files: Sequence[DataFile]) -> Source:
    """The file with the most rows is named; of
    equal ones, the newest."""
    rows: dict[str, int] = {}
    for data_file in reversed(files):
        rows[data_file.source] = rows.get(data_file.source, 0) + data_file.rows
    most = max(rows, key=lambda name: rows[name])
    return Source(most, more=len(rows) - 1)
