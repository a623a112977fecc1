"""Builds the pieces of one process: its data, with the tables up to date, and its writer."""

from bot.errors import CannotDo
from bot.local_data import LocalData
from bot.time_source import now
from bot.words import Words
from bot.writer import Writer


class House(LocalData):
    """One process's pieces, made when first used."""

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
