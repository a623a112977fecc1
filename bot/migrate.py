"""Brings the tables up to date: ours by Alembic, the durable engine's by itself."""

import shutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.db import Database

FOLDER = Path(__file__).parent / "migrations"
VERSIONS = FOLDER / "versions"


def config(connection: Connection | None = None, scripts: Path = VERSIONS) -> Config:
    found = Config()
    found.set_main_option("script_location", str(FOLDER))
    found.set_main_option("path_separator", "os")
    found.set_main_option("version_locations", str(scripts))
    found.attributes["connection"] = connection
    return found


def upgrade(database: Database, to: str = "head", *, scripts: Path = VERSIONS) -> bool:
    """Migrate up. A SQLite file is copied first (`….before-<revision>`), since its table changes
    can't be rolled back. False when there was nothing to do."""
    now, goal = current(database), newest(scripts) if to == "head" else to
    if now == goal:
        return False
    if database.sqlite and now:
        keep_copy(database, now)
    with database.engine.begin() as connection:
        command.upgrade(config(connection, scripts), to)
    return True


def downgrade(database: Database, to: str) -> None:
    with database.engine.begin() as connection:
        command.downgrade(config(connection), to)


def current(database: Database) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    with database.engine.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def keep_copy(database: Database, revision: str) -> None:
    path = Path(str(database.engine.url.database))
    with database.engine.begin():
        shutil.copy2(path, path.with_name(f"{path.name}.before-{revision}"))


def newest(scripts: Path = VERSIONS) -> str | None:
    """The revision that this version of the intern needs."""
    return ScriptDirectory.from_config(config(scripts=scripts)).get_current_head()
