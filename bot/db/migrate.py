"""Database migrations: our tables by Alembic, the durable engine's tables by DBOS itself.

Importing Alembic takes longer than most commands run, so it is imported only when needed.
"""

import ast
import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from bot.db.session import Database
from bot.errors import TryAgain

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
VERSIONS = FOLDER / "versions"
LOCK = 7_300_151_116  # id of the PostgreSQL advisory lock that a migrating process holds
LONGEST_WAIT, POLL = 600.0, 0.2  # seconds


@asynccontextmanager
async def migration_lock(database: Database) -> AsyncIterator[None]:
    """Let one process migrate at a time; the others wait here. Raises TryAgain after LONGEST_WAIT.

    SQLite needs no lock of ours: its write transactions exclude each other. On PostgreSQL it is a
    session-level lock that is taken by polling: an open transaction or a waiting statement would
    hold a snapshot, and the engine's CREATE INDEX CONCURRENTLY would wait for that snapshot.
    """
    if database.sqlite:
        yield
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        ends = time.monotonic() + LONGEST_WAIT
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
            if time.monotonic() > ends:
                raise TryAgain("another process has been migrating the database for 10 minutes")
            await asyncio.sleep(POLL)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


def build_config(connection: Connection | None = None, scripts: Path = VERSIONS) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(scripts))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, to: str = "head", *, scripts: Path = VERSIONS) -> bool:
    """Migrate to revision `to`; return False when there was nothing to do. A SQLite file is first
    copied to `….before-<revision>`, since its schema changes can't be rolled back. Of several
    processes that start at once, the first migrates, and the others wait for the lock no longer
    than that takes."""
    now, goal = read_revision(database), find_newest_revision(scripts) if to == "head" else to
    if now == goal:
        return False
    from alembic import command

    with database.engine.begin() as connection:
        if (now := _read_revision(connection)) == goal:  # another process was first
            return False
        if database.sqlite and now:
            back_up_database(database, now)
        command.upgrade(build_config(connection, scripts), to)
    return True


def read_revision(database: Database) -> str | None:
    """Return the revision of the tables; None for an empty database."""
    with database.snapshot() as session:
        return _read_revision(session.connection())


def _read_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def back_up_database(database: Database, revision: str) -> None:
    """Copy the SQLite file beside it, with what its write-ahead log has not moved there yet."""
    path = Path(str(database.engine.url.database))
    target = path.with_name(f"{path.name}.before-{revision}")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def find_newest_revision(scripts: Path = VERSIONS) -> str | None:
    """Return the revision that this version of the code needs: the one with no successor."""
    assignments = [dict(_read_assignments(path)) for path in scripts.glob("*.py")]
    after = {one.get("down_revision") for one in assignments}
    heads = [
        one["revision"] for one in assignments if one.get("revision", None) not in {None, *after}
    ]
    if len(heads) > 1:
        raise ValueError(f"migrations end in several revisions: {sorted(heads)}")
    return heads[0] if heads else None


def _read_assignments(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the constants that a migration file assigns to names, by name."""
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            target = line.targets[0]
            if isinstance(target, ast.Name):
                yield target.id, line.value.value
