"""Whether a Parquet file of the library is the one that was written."""

from pathlib import Path

from bot.data.ingest.file_format import fingerprint
from bot.data.schema import kinds
from bot.data.warehouse.warehouse import schema
from bot.errors import system_failure


def fault_of(
    path: Path, kind: str, *, rows: int, size: int | None, sha256: str | None
) -> str | None:
    """Why it is not; None when it is. Files listed by earlier editions have no size and SHA-256:
    they are read whole. Raises what the machine's own failure is told as."""
    try:
        if not path.is_file():
            return "it is gone"
        found = path.stat().st_size
        if size is not None and found != size:
            return f"it has {found:,} bytes instead of {size:,}"
        if sha256 is not None:
            return None if fingerprint(path) == sha256 else "its bytes are not those written"
        return _read(path, kind, rows)
    except OSError as error:
        if told := system_failure(error, path):
            raise told from None
        return "it can't be read"


def _read(path: Path, kind: str, rows: int) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows != rows:
                return f"it has {file.metadata.num_rows:,} rows instead of {rows:,}"
            names = set(file.schema_arrow.names)
            if kind in kinds() and not set(schema(kind)) <= names:
                return "its columns are not those of its kind"
            for _ in file.iter_batches():
                pass
    except (pa.ArrowException, ValueError, UnicodeDecodeError):
        return "it can't be read"
    return None
