"""Read Parquet files with DuckDB, and write them completely or not at all, one process
at a time."""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MEMORY_LIMIT = "600MB"
TEMPORARY_PREFIX = "super-intern-rows-"  # prefix of temporary folders in the machine's own folder
SPILL_SUFFIX = ".spill"


def fetch_one(con: Any, sql: str) -> int:
    return int(con.execute(sql).fetchone()[0])


def read_parquet_sql(paths: Sequence[Path], *options: str) -> str:
    """Return a DuckDB FROM clause for the rows of these files."""
    named = ", ".join(quote_text(escape_path(path)[-1]) for path in paths)
    return f"read_parquet({', '.join([f'[{named}]', *options])})"


def escape_path(path: Path) -> tuple[str, str]:
    """Return a path as it is, and with DuckDB's glob characters escaped, since a home folder may
    have any name."""
    return str(path), re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def quote_text(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


@contextmanager
def open_engine(folder: Path) -> Iterator[Any]:
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    spill = folder / SPILL_SUFFIX / secrets.token_hex(4)
    config: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)}
    con = duckdb.connect(":memory:", config=config)
    try:
        yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


@contextmanager
def write_atomically(to: Path) -> Iterator[Path]:
    """Yield a temporary path. Its file is flushed to the disk and renamed to `to` afterwards, so
    that a partly written file never has the final name."""
    part = to.with_suffix(".part")
    try:
        yield part
        flush_to_disk(part)
        part.rename(to)
        flush_to_disk(to.parent)
    finally:
        part.unlink(missing_ok=True)


def write_parquet(con: Any, select: str, to: Path) -> None:
    """Write these rows as Parquet, safely on the disk or not at all."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(to) as part:
        con.execute(f"COPY ({select}) TO {quote_text(part)} (FORMAT parquet, COMPRESSION zstd)")


def flush_to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Yield whether this process holds the lock of this file."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
