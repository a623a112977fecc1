"""A library's tables, opened: one shelf a workspace, the same one until something changes.

Every question needs the tables, and they need not be opened for each: a shelf is kept with what it
stands on, and opened anew as soon as any of that is another.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.data.floors import SALES_FLOOR, Floors
from bot.data.schema import kinds
from bot.data.warehouse.commit import FOLDER, LOCAL
from bot.data.warehouse.damage import FoundDamaged, named_damage
from bot.data.warehouse.models import Holding
from bot.data.warehouse.warehouse import Damaged, Listed
from bot.db.session import Database

if TYPE_CHECKING:
    from bot.data.catalogue.product import Product
    from bot.data.warehouse.warehouse import Shelf


class Shelving:
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
        self._shelves: dict[str, tuple[Hashable, Shelf]] = {}
        self._guard = threading.Lock()

    def shelf(self, workspace: str) -> "Shelf":
        """The workspace's tables as they are now; the same shelf as long as nothing changed."""
        try:
            with named_damage(self.home, self.database, self.now):
                return self._shelf(workspace)
        except FoundDamaged:
            return self._shelf(workspace)

    def _shelf(self, workspace: str) -> "Shelf":
        holdings = self._all(workspace)
        version = self._stand_on(workspace, holdings)
        _, _, today, floors = version
        with self._guard:
            known = self._shelves.get(workspace)
            if known is None or known[0] != version:
                from bot.data.warehouse.duckdb import open_shelf

                fresh = open_shelf(
                    self._listed(holdings),
                    today=today,
                    products=self._products(workspace),
                    floors=floors,
                    folder=self.home / FOLDER,
                    damaged=_damaged(holdings),
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
        self, workspace: str, holdings: Sequence[Holding]
    ) -> tuple[tuple[str, ...], Hashable, date, Floors]:
        """The files, the catalogue, the day and the floors."""
        files = tuple(
            f"{holding.id}{' damaged' if holding.damaged_at else ''}" for holding in holdings
        )
        floors = Floors(self._floor(workspace), self._sales_floor(workspace))
        return files, self._version(workspace), self.now().date(), floors

    def held(self, workspace: str) -> list[Holding]:
        """What serves this workspace: its own, or what came in before any was known. Without what
        is damaged."""
        return [holding for holding in self._all(workspace) if holding.damaged_at is None]

    def _all(self, workspace: str) -> list[Holding]:
        """The same with what is damaged, too."""
        with self.database.begin() as session:
            for owner in (workspace, LOCAL):
                held = Holding.held(session, owner) + Holding.damaged(session, owner)
                if held:
                    return held
        return []

    def _listed(self, holdings: Sequence[Holding]) -> dict[str, Listed]:
        by_kind: dict[str, list[Holding]] = {}
        for holding in holdings:
            if holding.kind in kinds():
                by_kind.setdefault(holding.kind, []).append(holding)
        return {
            kind: Listed(
                kind,
                tuple(self.home / holding.path for holding in some if not holding.damaged_at),
                sum(holding.rows for holding in some),
                _source(some),
                max((holding.as_of for holding in some if holding.as_of), default=None),
            )
            for kind, some in by_kind.items()
        }


def _damaged(holdings: Sequence[Holding]) -> dict[str, Damaged]:
    """The kinds with damaged rows, each by the first that was found."""
    found: dict[str, Damaged] = {}
    for holding in sorted(holdings, key=lambda one: one.id):
        at, kind = holding.damaged_at, holding.kind
        if at and kind in kinds() and (kind not in found or at.date() < found[kind].since):
            found[kind] = Damaged(kind, at.date(), holding.source)
    return found


def _source(some: Sequence[Holding]) -> str:
    """`orders.csv`, `orders.csv and 2 more`: the one with the most rows, the newest of equals."""
    rows: dict[str, int] = {}
    for holding in reversed(some):
        rows[holding.source] = rows.get(holding.source, 0) + holding.rows
    more = len(rows) - 1
    most = max(rows, key=lambda name: rows[name])
    return f"{most} and {more} more" if more else most
