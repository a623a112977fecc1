"""Empty migrated databases, each a copy of one that is migrated once per process. The migrations
have their own tests."""

import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.util import LRUCache

from bot.db import migrate
from bot.db.session import Database

REAL_UPGRADE = migrate.upgrade


def create_sqlite(path: Path) -> str:
    """Create an empty migrated database in this file and return its URL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrated_file())
    return f"sqlite:///{path}"


def create_postgres(server: str, *, migrated: bool) -> str:
    """Create a database on this server and return its URL."""
    admin = _admin_engine(server)
    name = f"t{uuid.uuid4().hex[:12]}"
    template = f" TEMPLATE {_postgres_template(server)}" if migrated else ""
    # Without syncing, copying the template's files is quicker than logging its blocks.
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{template} STRATEGY FILE_COPY"))
    return _url(admin, name)


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        _migrate(f"sqlite:///{path}")
        return path.read_bytes()


@cache
def _postgres_template(server: str) -> str:
    url = create_postgres(server, migrated=False)
    _migrate(url)
    return url.rpartition("/")[2].partition("?")[0]


def upgrade_from_template(
    database: Database, to: str = "head", *, scripts: Path = migrate.VERSIONS
) -> bool:
    """`migrate.upgrade`, but a new SQLite file becomes a copy of the one that is migrated."""
    path = Path(str(database.engine.url.database))
    if database.sqlite and (to, scripts) == ("head", migrate.VERSIONS) and not path.exists():
        path.write_bytes(_migrated_file())
        return True
    return REAL_UPGRADE(database, to, scripts=scripts)


class CompiledStatements(LRUCache[Any, Any]):
    """Compiled statements of all engines of a kind of database. Each test has its own engine, which
    would otherwise compile every statement again."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_without_engine(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_without_engine(key), compiled)


def _without_engine(key: Any) -> Any:
    dialect, *statement = key
    return (dialect.name, dialect.driver, *statement)


COMPILED_STATEMENTS = CompiledStatements(2000)


def share_compiled_statements(connection: Connection) -> None:
    """Listen for `engine_connect`."""
    connection.engine._compiled_cache = COMPILED_STATEMENTS


def _migrate(url: str) -> None:
    database = Database(url)
    REAL_UPGRADE(database)
    database.close()


@cache
def _admin_engine(server: str) -> Engine:
    address = server.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def _url(admin: Engine, name: str) -> str:
    return admin.url.set(database=name).render_as_string(hide_password=False)
