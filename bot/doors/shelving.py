"""A library's tables, opened: one shelf a workspace, the same one until something changes.

Every question needs the tables, and they need not be opened for each: a shelf is kept with what it
stands on, and opened anew as soon as any of that is another.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.db import Database
from bot.doors.switching import FOLDER, LOCAL
from bot.holding import Holding
from bot.library.kinds import kinds
from bot.library.shelf import SALES_FLOOR, Listed

if TYPE_CHECKING:
    from bot.library.catalogue.products import Product
    from bot.library.shelf import Shelf


class Shelving:
    """The shelves of a home. `products` gives a workspace's catalogue and `version` tells cheaply
    whether it changed; `floor` is the smallest group of people its policy allows to show,
    `sales_floor` the smallest behind a sales total."""

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
        holdings = self.held(workspace)
        version = self._stand_on(workspace, holdings)
        _, _, today, floor, sales_floor = version
        with self._guard:
            known = self._shelves.get(workspace)
            if known is None or known[0] != version:
                from bot.library.open import open_shelf

                fresh = open_shelf(
                    self._listed(holdings),
                    today=today,
                    products=self._products(workspace),
                    floor=floor,
                    sales_floor=sales_floor,
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
        return self._stand_on(workspace, self.held(workspace))

    def _stand_on(
        self, workspace: str, holdings: Sequence[Holding]
    ) -> tuple[tuple[str, ...], Hashable, date, int, int]:
        """The files, the catalogue, the day and the two floors."""
        files = tuple(holding.id for holding in holdings)
        floors = self._floor(workspace), self._sales_floor(workspace)
        return files, self._version(workspace), self.now().date(), *floors

    def held(self, workspace: str) -> list[Holding]:
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
                _source(some),
                max((holding.as_of for holding in some if holding.as_of), default=None),
            )
            for kind, some in by_kind.items()
        }


def _source(some: Sequence[Holding]) -> str:
    """`orders.csv`, `orders.csv and 2 more`: the one with the most rows, the newest of equals."""
    rows: dict[str, int] = {}
    for holding in reversed(some):
        rows[holding.source] = rows.get(holding.source, 0) + holding.rows
    more = len(rows) - 1
    most = max(rows, key=lambda name: rows[name])
    return f"{most} and {more} more" if more else most
