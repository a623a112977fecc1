"""Files of any kind into the library's own form: what is good comes in, what is not is told.

`understand` looks and changes nothing; `read` writes one Parquet file with exactly our columns.
"""

from bot.data.ingest.detection import understand
from bot.data.ingest.file_schema import Cancelled, Mapped, Taken, Understood
from bot.data.ingest.load import read

__all__ = ["Cancelled", "Mapped", "Taken", "Understood", "read", "understand"]
