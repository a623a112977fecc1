"""Live rows on the disk: one small Parquet file a batch, many of them joined into one."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.library.kinds import kinds
from bot.library.shelf import TYPES


def write(rows: Sequence[dict[str, Any]], kind: str, to: Path) -> None:
    """The rows as Parquet in exactly the kind's columns; on the disk for good when this returns."""
    import pyarrow as pa

    _save(pa.Table.from_pylist(list(rows), schema=arrow_schema(kind)), to)


def join(paths: Sequence[Path], kind: str, to: Path) -> int:
    """Several batches into one file, in this order: of rows with the same key the library keeps
    the last. How many rows that is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(kind)
    whole = pa.concat_tables([pq.read_table(path, schema=schema) for path in paths])
    _save(whole, to)
    return int(whole.num_rows)


def arrow_schema(kind: str) -> Any:
    """Our columns of a kind as Arrow has them: the types that `shelf.TYPES` names."""
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "decimal(18, 2)": pa.decimal128(18, 2),
    }
    columns = kinds()[kind].columns.items()
    return pa.schema([(name, types[TYPES[column.type]]) for name, column in columns])


def _save(table: Any, to: Path) -> None:
    """Under a name of its own first, then all at once; file and folder flushed to the disk."""
    import pyarrow.parquet as pq

    to.parent.mkdir(parents=True, exist_ok=True)
    fresh = to.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with fresh.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(to)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
