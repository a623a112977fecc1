"""The pieces that several doors share: the database, the writer, the library, brand and policy."""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.brand import Brand
from bot.db import Database
from bot.doors.answer_log import DatabaseAnswerLog
from bot.doors.stocking import LOCAL, Stocking
from bot.errors import CannotDo
from bot.library.catalogue.library import CatalogueLibrary
from bot.library.catalogue.products import Product
from bot.library.floors import Floors
from bot.library.lasting import Lasting
from bot.library.team import TeamLibrary
from bot.policy import Policy
from bot.product import ProductRow
from bot.settings import Settings
from bot.toml_file import check_files, load_brand, load_policy
from bot.words import Words
from bot.workspace import Workspace
from bot.writer import Writer

if TYPE_CHECKING:  # ibis takes 1.4 s
    from bot.doors.live_rows import LiveRows
    from bot.library.shelf import Shelf
    from bot.library.warehouse import Warehouse

__all__ = ["LOCAL", "House", "now"]


def now() -> datetime:
    """The time, or what the playground's page made of it."""
    return datetime.now(UTC) + _Ahead.by


class _Ahead:
    """By how much this process's clock runs ahead; set once, before anything asks the time."""

    by = timedelta(0)


def run_ahead(settings: Settings) -> None:
    """The clock of a playground that has travelled. Nothing for settings that say nothing."""
    _Ahead.by = timedelta(seconds=settings.seconds_ahead)


class House:
    """One process's pieces, made when first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.home.mkdir(parents=True, exist_ok=True)
        check_files(settings.home)
        self.database = Database(settings.database_url)
        self.database.now = now
        self._libraries: dict[str, TeamLibrary] = {}
        self._warehouse: Warehouse | None = None
        key = settings.key
        self.stocking = Stocking(
            settings.home,
            self.database,
            key=key.get_secret_value() if key else None,
            now=now,
            products=self.products,
            version=self._version,
            floor=lambda workspace: self.policy(workspace).library.floor,
            sales_floor=lambda workspace: self.policy(workspace).library.sales_floor,
        )
        self.stocking.catch_up = self._catch_up

    def migrated(self, *, signs: bool = True) -> "House":
        """With the tables up to date. SQLite migrates here; PostgreSQL by `migrate`, and raises
        CannotDo while it is behind. What is written from now on is signed, unless nothing will be
        (`signs`)."""
        from bot import migrate

        if self.database.sqlite:
            migrate.upgrade(self.database)
        elif migrate.current(self.database) != migrate.newest():
            raise CannotDo(
                Words("The database is not up to date. Run `super-intern migrate` first.")
            )
        if signs:
            self.sign()
        return self

    async def migrate(self) -> bool:
        """Bring our tables and the engine's up to date; whether ours changed. On PostgreSQL one
        process does it at a time."""
        from bot import migrate
        from bot.engine import migrate_engine

        async with migrate.migration_lock(self.database):
            changed = migrate.upgrade(self.database)
            self.sign()
            await migrate_engine(self.database)
        return changed

    def sign(self) -> None:
        """Sign the journal with this home's key, and record the rows from before the upgrade."""
        from bot.doors.journal_heads import FILE, published_workspaces
        from bot.doors.journal_signing import adopt_once, sign_from_now_on

        sign_from_now_on(self.settings, self.database)
        adopt_once(self.database, published_workspaces(self.settings.home / FILE))

    def _catch_up(self, workspace: str, kind: str) -> None:
        """Live rows that came before a file go in before it: what came last holds."""
        self.live_rows().merge(workspace, kind)

    def live_rows(self) -> "LiveRows":
        from bot.doors.live_rows import LiveRows

        return LiveRows(
            self.settings.home, self.database, self.stocking, now, partial(self.workspace, None)
        )

    def brand(self, workspace: str) -> Brand:
        return load_brand(self.settings.home, workspace)

    def policy(self, workspace: str) -> Policy:
        return load_policy(self.settings.home, workspace)

    def library(self, workspace: str) -> TeamLibrary:
        """The workspace's own data; what was imported before Slack was known serves all."""
        if workspace not in self._libraries:
            catalogue = CatalogueLibrary(
                lambda: self.products(workspace), version=lambda: self._version(workspace)
            )
            shelf = partial(self.shelf, workspace)
            lasting, stands_on = self._kept(workspace)
            self._libraries[workspace] = TeamLibrary(
                catalogue,
                shelf,
                lasting,
                stands_on,
                partial(self._let_go, workspace),
                DatabaseAnswerLog(self.database, workspace, now),
            )
        return self._libraries[workspace]

    def _let_go(self, workspace: str) -> None:
        """The tables are opened anew for whoever asks next."""
        self._warehouse = None
        self.stocking.let_go(workspace)

    def _kept(self, workspace: str) -> tuple[Lasting, Callable[[], Hashable]] | tuple[None, None]:
        """Where findings last and what they stand on. A warehouse changes without telling."""
        if self.settings.warehouse is not None:
            return None, None
        stocking = self.stocking
        return stocking.lasting(workspace), partial(stocking.stand_on, workspace)

    def shelf(self, workspace: str) -> "Shelf":
        """What the analyses read: the team's own warehouse where there is one, else our files."""
        if self.settings.warehouse is None:
            return self.stocking.shelf(workspace)
        from bot.library.warehouse import Warehouse

        if self._warehouse is None:
            self._warehouse = Warehouse(self.settings.warehouse.get_secret_value())
        return self._warehouse.shelf(
            now().date(),
            partial(self.products, workspace),
            version=self._version(workspace),
            floors=self._floors(workspace),
        )

    def _floors(self, workspace: str) -> Floors:
        policy = self.policy(workspace).library
        return Floors(policy.floor, policy.sales_floor)

    def writer(self) -> Writer:
        settings = self.settings
        if settings.writer == "claude":
            from bot.writers.claude import Claude

            key = settings.anthropic_api_key
            return Claude(
                key=key.get_secret_value() if key else None,
                base_url=settings.anthropic_base_url,
                name=settings.model,
                fallback=settings.fallback_model,
                now=now,
            )
        from bot.writers.offline import Offline

        return Offline(now)

    def workspace(self, named: str | None) -> str:
        """The workspace meant in a terminal: the one named, or the only one there is."""
        if named:
            return named
        with self.database.begin() as session:
            known = sorted(Workspace.known(session) - {LOCAL})
        if len(known) > 1:
            raise CannotDo(
                Words(
                    "There are several workspaces: {names}. Name one with --workspace.",
                    names=", ".join(known),
                )
            )
        return known[0] if known else LOCAL

    def _version(self, workspace: str) -> tuple[str, int, str]:
        """Whose catalogue serves this workspace, and its version."""
        with self.database.begin() as session:
            count, last = ProductRow.version(session, workspace)
            if count:
                return workspace, count, last
            return LOCAL, *ProductRow.version(session, LOCAL)

    def products(self, workspace: str) -> list[Product]:
        """The workspace's catalogue; what was imported before Slack was known serves all."""
        owner, _, _ = self._version(workspace)
        with self.database.begin() as session:
            bodies = ProductRow.bodies(session, owner)
        return [Product.model_validate_json(body) for body in bodies]
