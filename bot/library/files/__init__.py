"""Files of any kind into the library's own form: what is good comes in, what is not is told.

`understand` looks and changes nothing; `read` writes one Parquet file with exactly our columns.
"""

from bot.library.files.taking import read
from bot.library.files.understanding import understand
from bot.library.files.understood import Cancelled, Mapped, Taken, Understood

__all__ = ["Cancelled", "Mapped", "Taken", "Understood", "read", "understand"]
