"""Builds the pieces of one process: its data, with the tables up to date, and its writer."""

from bot.config.clock import now
from bot.core.writer import Writer
from bot.data.local_data import LocalData
from bot.errors import CannotDo
from bot.i18n.messages import Words


class Container(LocalData):
    """One process's pieces, made when first used."""

    def migrated(self, *, signs: bool = True) -> "Container":
        """With the tables up to date. SQLite migrates here; PostgreSQL by `migrate`, and raises
        CannotDo while it is behind. What is written from now on is signed, unless nothing will be
        (`signs`)."""
        from bot.db import migrate

        if self.database.sqlite:
            migrate.upgrade(self.database)
        elif migrate.read_revision(self.database) != migrate.find_newest_revision():
            raise CannotDo(
                Words("The database is not up to date. Run `super-intern migrate` first.")
            )
        if signs:
            self.sign()
        return self

    async def migrate(self) -> bool:
        """Bring our tables and the engine's up to date; whether ours changed. On PostgreSQL one
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
        from bot.cli.journal import adopt_unsigned_rows, start_signing
        from bot.slack.published_heads import HEADS_FILE, list_published_workspaces

        start_signing(self.settings, self.database)
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
                now=now,
            )
        from bot.rules.writers.offline import Offline

        return Offline(now)
