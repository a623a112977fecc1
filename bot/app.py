"""The dependency container of one process: its data, its migrated database and its writer."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config.clock import now
from bot.core.writer import Writer
from bot.data.local_data import LocalData
from bot.errors import CannotDo

if TYPE_CHECKING:
    from bot.agent.examples import ExampleBook

EXAMPLES = Path(__file__).parent / "playground" / "examples"
EXAMPLES_KIND = "orders"  # their last day is that of the examples


class Container(LocalData):
    """The dependencies of one process, each created on first use."""

    def migrated(self, *, signs: bool = True) -> "Container":
        """Return this container with an up-to-date schema. SQLite is migrated here; on PostgreSQL
        the `migrate` command does it, and CannotDo is raised until then. With `signs`, everything
        that is written from now on is signed."""
        from bot.db import migrate

        if self.database.sqlite:
            migrate.upgrade(self.database)
        elif migrate.read_revision(self.database) != migrate.find_newest_revision():
            raise CannotDo("The database is not up to date. Run `super-intern migrate` first.")
        if signs:
            self.sign()
        return self

    async def migrate(self) -> bool:
        """Migrate our tables and the engine's; return whether ours changed. On PostgreSQL, one
        process does it at a time."""
        from bot.db import migrate
        from bot.jobs.engine import migrate_engine

        async with migrate.migration_lock(self.database):
            changed = migrate.upgrade(self.database)
            self.sign()
            await migrate_engine(self.database)
        return changed

    def sign(self) -> None:
        """Sign the journal with this home's key, and record the rows from before the upgrade."""
        import bot.db.models  # noqa: F401  registers every audited table
        from bot.audit.verify import adopt_unsigned_rows, start_signing
        from bot.data.warehouse.models import DataFile
        from bot.slack.notices import HEADS_FILE, list_published_workspaces

        start_signing(self.settings, self.database, has_library=DataFile.any)
        adopt_unsigned_rows(
            self.database, list_published_workspaces(self.settings.home / HEADS_FILE)
        )

    def writer(self) -> Writer:
        settings = self.settings
        if settings.writer == "claude":
            from bot.agent.llm.anthropic import AnthropicWriter

            key = settings.anthropic_api_key
            return AnthropicWriter(
                key=key.get_secret_value() if key else None,
                base_url=settings.anthropic_base_url,
                name=settings.model,
                fallback=settings.fallback_model,
                small=settings.small_model,
                deadline=settings.call_seconds,
                now=now,
            )
        return self.offline_writer()

    def offline_writer(self) -> Writer:
        """Return the writer of standard text, which needs no AI."""
        from bot.offline import OfflineWriter

        return OfflineWriter()

    def examples(self) -> "ExampleBook | None":
        """Return the demo's example answers, where the settings ask for them."""
        if not self.settings.examples or self.settings.writer == "claude":
            return None
        from bot.agent.examples import ExampleBook

        return ExampleBook.load(EXAMPLES, self._find_last_day)

    def _find_last_day(self, workspace: str) -> date | None:
        from bot.data.warehouse.models import DataFile

        with self.database.begin() as session:
            files = DataFile.in_force(session, workspace, EXAMPLES_KIND)
        return max((one.as_of for one in files if one.as_of), default=None)
