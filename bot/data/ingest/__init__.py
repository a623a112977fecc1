"""Files of any kind into the library's own form: what is good comes in, what is not is told.

`understand` looks and changes nothing; `read` writes one Parquet file with exactly our columns.
"""

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema, ImportCancelled, LoadResult, MappedColumn
from bot.data.ingest.loader import load_file

__all__ = [
    "FileSchema",
    "ImportCancelled",
    "LoadResult",
    "MappedColumn",
    "detect_schema",
    "load_file",
]
