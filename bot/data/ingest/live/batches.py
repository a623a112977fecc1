"""Live rows on the disk: one small Parquet file a batch, many of them joined into one."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from bot.data.ingest.source import literal


def join(paths: Sequence[Path], to: Path) -> int:
    """Several batches of a kind into one file, in this order: of rows with the same key the library
    keeps the last. How many rows that is."""
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '600MB'; SET threads = 2; SET temp_directory = ''")
        some = ", ".join(literal(path) for path in paths)
        copied(con, f"FROM read_parquet([{some}])", to)
        return int(
            con.execute(f"SELECT count(*) FROM read_parquet({literal(to)})").fetchall()[0][0]
        )


def copied(con: Any, select: str, to: Path) -> None:
    """These rows as Parquet, under a name of its own first, then all at once; file and folder are
    flushed to the disk."""
    to.parent.mkdir(parents=True, exist_ok=True)
    fresh = to.with_name(f".{uuid.uuid4().hex}.part")
    try:
        con.execute(f"COPY ({select}) TO {literal(fresh)} (FORMAT parquet, COMPRESSION zstd)")
        _flush(fresh)
        fresh.replace(to)
    finally:
        fresh.unlink(missing_ok=True)
    _flush(to.parent)


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
