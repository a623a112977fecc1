"""The data of one home: settings, database, files, catalogue, brand and policy."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.config.brand import Brand
from bot.config.clock import now
from bot.config.policy import Policy
from bot.config.settings import Settings
from bot.config.toml import check_toml_files, load_brand, load_policy
from bot.core.facts import Fact
from bot.data.analyses.cache import ResultCache
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.models import ProductRow, list_product_facts
from bot.data.catalogue.product import Product
from bot.data.floors import Floors
from bot.data.metrics.answer_log import DatabaseAnswerLog
from bot.data.service import WorkspaceData
from bot.data.warehouse.duckdb_engine import WarehousePool
from bot.data.warehouse.models import LOCAL_WORKSPACE
from bot.data.warehouse.store import RowStore
from bot.db.session import CachedRead, Database
from bot.db.workspace import Workspace
from bot.errors import CannotDo

if TYPE_CHECKING:  # importing ibis takes 1.4 s
    from bot.data.ingest.live.queue import LiveQueue
    from bot.data.warehouse.external import WarehouseConnection
    from bot.data.warehouse.warehouse import Warehouse


class LocalData:
    """The data of one home. Each part is opened when it is first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.home.mkdir(parents=True, exist_ok=True)
        check_toml_files(settings.home)
        self.database = Database(settings.database_url)
        self.database.now = now
        self._libraries: dict[str, WorkspaceData] = {}
        self._warehouse: WarehouseConnection | None = None
        self._catalogue_version = CachedRead(
            self.database, ("products",), self._read_catalogue_version
        )
        key = settings.key
        pool = WarehousePool(
            settings.home,
            self.database,
            now=now,
            products=self.products,
            version=self._catalogue_version,
            floor=lambda workspace: self.policy(workspace).library.floor,
            sales_floor=lambda workspace: self.policy(workspace).library.sales_floor,
        )
        self.row_store = RowStore(pool, key=key.get_secret_value() if key else None)
        self.row_store.catch_up = self._catch_up

    def _catch_up(self, workspace: str, kind: str) -> None:
        """Merge waiting live rows before a file is imported, so that the rows that arrived last
        win."""
        self.live_rows().merge(workspace, kind)

    def live_rows(self) -> "LiveQueue":
        from bot.data.ingest.live.queue import LiveQueue

        return LiveQueue(
            self.settings.home, self.database, self.row_store, now, partial(self.workspace, None)
        )

    def brand(self, workspace: str) -> Brand:
        return load_brand(self.settings.home, workspace)

    def policy(self, workspace: str) -> Policy:
        return load_policy(self.settings.home, workspace)

    def library(self, workspace: str) -> WorkspaceData:
        """Return the workspace's data. What was imported before any workspace was known serves all
        of them."""
        if workspace not in self._libraries:
            catalogue = CatalogueLibrary(
                lambda: self.products(workspace), version=lambda: self._catalogue_version(workspace)
            )
            open_warehouse = partial(self.open_warehouse, workspace)
            result_cache, version = self._result_cache(workspace)
            self._libraries[workspace] = WorkspaceData(
                catalogue,
                open_warehouse,
                result_cache,
                version,
                partial(self._close_warehouse, workspace),
                DatabaseAnswerLog(self.database, workspace, now),
                partial(self._list_added_facts, workspace),
            )
        return self._libraries[workspace]

    def _list_added_facts(self, workspace: str, product: str, market: str | None) -> Sequence[Fact]:
        with self.database.reads() as session:
            return list_product_facts(session, workspace, product, market, now().date())

    def _close_warehouse(self, workspace: str) -> None:
        """Make the next call open new tables."""
        self._warehouse = None
        self.row_store.pool.close(workspace)

    def _result_cache(
        self, workspace: str
    ) -> tuple[ResultCache, Callable[[], Hashable]] | tuple[None, None]:
        """Return the cache of results and the function that returns the data's version. An external
        warehouse has neither, because its changes are not noticed."""
        if self.settings.warehouse is not None:
            return None, None
        row_store = self.row_store
        return row_store.result_cache(workspace), partial(row_store.pool.version, workspace)

    def open_warehouse(self, workspace: str) -> "Warehouse":
        """Return the tables for analyses: the team's external warehouse if one is configured, else
        our files."""
        if self.settings.warehouse is None:
            return self.row_store.open(workspace)
        from bot.data.warehouse.external import WarehouseConnection

        if self._warehouse is None:
            self._warehouse = WarehouseConnection(self.settings.warehouse.get_secret_value())
        return self._warehouse.open(
            now().date(),
            partial(self.products, workspace),
            version=self._catalogue_version(workspace),
            floors=self._floors(workspace),
        )

    def _floors(self, workspace: str) -> Floors:
        policy = self.policy(workspace).library
        return Floors(policy.floor, policy.sales_floor)

    def workspace(self, named: str | None) -> str:
        """Return the named workspace, or the only one there is. Raises CannotDo when there are
        several."""
        if named:
            return named
        with self.database.begin() as session:
            known = sorted(Workspace.known(session) - {LOCAL_WORKSPACE})
        if len(known) > 1:
            raise CannotDo(
                "There are several workspaces: {names}. Name one with --workspace.",
                names=", ".join(known),
            )
        return known[0] if known else LOCAL_WORKSPACE

    def _read_catalogue_version(self, workspace: str) -> tuple[str, int, str]:
        """Return the owner of the catalogue that serves this workspace, and its version."""
        with self.database.reads() as session:
            return _select_catalogue(session, workspace)

    def products(self, workspace: str) -> list[Product]:
        """Return the workspace's catalogue. One that was imported before any workspace was known
        serves all."""
        with self.database.reads() as session:
            owner, _, _ = _select_catalogue(session, workspace)
            bodies = ProductRow.bodies(session, owner)
        return [Product.model_validate_json(body) for body in bodies]


def _select_catalogue(session: Session, workspace: str) -> tuple[str, int, str]:
    """Return the owner of the catalogue that serves this workspace, and its version."""
    count, last = ProductRow.version(session, workspace)
    if count:
        return workspace, count, last
    return LOCAL_WORKSPACE, *ProductRow.version(session, LOCAL_WORKSPACE)
