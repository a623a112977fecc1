"""Import files of any format: accepted rows are stored, rejected rows are reported with a reason.

`detect_schema` reads a file without changing anything. `load_file` writes one Parquet file with
exactly our columns.
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
