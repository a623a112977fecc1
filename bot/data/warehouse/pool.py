"""A library's tables, opened: one shelf a workspace, the same one until something changes.

Every question needs the tables, and they need not be opened for each: a shelf is kept with what it
stands on, and opened anew as soon as any of that is another.
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
from bot.db.session import Database

if TYPE_CHECKING:
    from bot.data.catalogue.product import Product
    from bot.data.warehouse.warehouse import Warehouse


class WarehousePool:
    """The shelves of a home. `products` gives a workspace's catalogue and `version` tells cheaply
    whether it changed; `floor` and `sales_floor` are those of its policy."""

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
        self._products, self._version = products, version
        self._floor, self._sales_floor = floor, sales_floor
        self._shelves: dict[str, tuple[Hashable, Warehouse]] = {}
        self._guard = threading.Lock()

    def shelf(self, workspace: str) -> "Warehouse":
        """The workspace's tables as they are now; the same shelf as long as nothing changed."""
        try:
            with report_damage(self.home, self.database, self.now):
                return self._shelf(workspace)
        except DamageDetected:
            return self._shelf(workspace)

    def _shelf(self, workspace: str) -> "Warehouse":
        holdings = self._all(workspace)
        version = self._stand_on(workspace, holdings)
        _, _, today, floors = version
        with self._guard:
            known = self._shelves.get(workspace)
            if known is None or known[0] != version:
                from bot.data.warehouse.duckdb_engine import open_warehouse

                fresh = open_warehouse(
                    self._listed(holdings),
                    today=today,
                    products=self._products(workspace),
                    floors=floors,
                    folder=self.home / LIBRARY_FOLDER,
                    damaged=_find_damaged(holdings),
                )
                known = self._shelves[workspace] = (version, fresh)
            return known[1]

    def let_go(self, workspace: str) -> None:
        """The next to ask has the tables opened anew."""
        with self._guard:
            self._shelves.pop(workspace, None)

    def stand_on(self, workspace: str) -> Hashable:
        """What everything found in the shelf stands on; another as soon as any of it changes."""
        return self._stand_on(workspace, self._all(workspace))

    def _stand_on(
        self, workspace: str, holdings: Sequence[DataFile]
    ) -> tuple[tuple[str, ...], Hashable, date, Floors]:
        """The files, the catalogue, the day and the floors."""
        files = tuple(
            f"{holding.id}{' damaged' if holding.damaged_at else ''}" for holding in holdings
        )
        floors = Floors(self._floor(workspace), self._sales_floor(workspace))
        return files, self._version(workspace), self.now().date(), floors

    def held(self, workspace: str) -> list[DataFile]:
        """What serves this workspace: its own, or what came in before any was known. Without what
        is damaged."""
        return [holding for holding in self._all(workspace) if holding.damaged_at is None]

    def _all(self, workspace: str) -> list[DataFile]:
        """The same with what is damaged, too."""
        with self.database.begin() as session:
            for owner in (workspace, LOCAL_WORKSPACE):
                held = DataFile.held(session, owner) + DataFile.damaged(session, owner)
                if held:
                    return held
        return []

    def _listed(self, holdings: Sequence[DataFile]) -> dict[str, ListedTable]:
        by_kind: dict[str, list[DataFile]] = {}
        for holding in holdings:
            if holding.kind in load_kinds():
                by_kind.setdefault(holding.kind, []).append(holding)
        return {
            kind: ListedTable(
                kind,
                tuple(self.home / holding.path for holding in some if not holding.damaged_at),
                sum(holding.rows for holding in some),
                _describe_source(some),
                max((holding.as_of for holding in some if holding.as_of), default=None),
            )
            for kind, some in by_kind.items()
        }


def _find_damaged(holdings: Sequence[DataFile]) -> dict[str, DamagedTable]:
    """The kinds with damaged rows, each by the first that was found."""
    found: dict[str, DamagedTable] = {}
    for holding in sorted(holdings, key=lambda one: one.id):
        at, kind = holding.damaged_at, holding.kind
        if at and kind in load_kinds() and (kind not in found or at.date() < found[kind].since):
            found[kind] = DamagedTable(kind, at.date(), holding.source)
    return found


def _describe_source(some: Sequence[DataFile]) -> Source:
    """The file with the most rows, the newest of equals."""
    rows: dict[str, int] = {}
    for holding in reversed(some):
        rows[holding.source] = rows.get(holding.source, 0) + holding.rows
    most = max(rows, key=lambda name: rows[name])
    return Source(most, more=len(rows) - 1)
