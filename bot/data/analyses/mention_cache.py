"""Keep on disk which themes each text of customers mentions, so that a question reads only the new
texts.

A text is known by its hash, so that it does not matter which file, filter or question it came
with. The texts themselves are not kept."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from bot.data.warehouse.warehouse import Warehouse

CACHE_FOLDER = "mentions"  # beside the folders of the data kinds
MIN_NEW_TEXTS = 1_000  # fewer texts are found again faster than the file is written
MAX_TEXTS = 300_000  # of one file, which then starts anew
DIGEST_SIZE = 8  # bytes


class MentionCache:
    """The cache of one folder: a file for each version of a list of themes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / CACHE_FOLDER

    @classmethod
    def of(cls, warehouse: Warehouse) -> "MentionCache | None":
        """Return the cache beside the stored feedback; None where the rows are no files of ours."""
        listed = warehouse.listed.get("feedback")
        return cls(listed.paths[0].parent.parent) if listed and listed.paths else None

    def clear(self) -> None:
        """Delete what is kept, because texts were removed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def find_all(
        self, version: str, texts: Sequence[str], find: Callable[[str], bytes]
    ) -> list[bytes]:
        """Return what `find` returns for each text."""
        digests = [blake2b(text.encode(), digest_size=DIGEST_SIZE).digest() for text in texts]
        known = self._load(version) if len(texts) >= MIN_NEW_TEXTS else {}
        before = len(known)
        found = []
        for text, digest in zip(texts, digests, strict=True):
            if (one := known.get(digest)) is None:
                known[digest] = one = find(text)
            found.append(one)
        if len(known) - before >= MIN_NEW_TEXTS:
            kept = known if len(known) <= MAX_TEXTS else dict(zip(digests, found, strict=True))
            self._store(version, kept)
        return found

    def _load(self, version: str) -> dict[bytes, bytes]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(self._path(version))
            return dict(zip(table["text"].to_pylist(), table["found"].to_pylist(), strict=True))
        # no file, or one that a full disk has cut off
        except (OSError, KeyError, pa.ArrowException):
            return {}

    def _store(self, version: str, known: dict[bytes, bytes]) -> None:
        """Store atomically. A full disk is not an error."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._path(version)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}.part")
        table = pa.table(
            {
                "text": pa.array(list(known), pa.binary(DIGEST_SIZE)),
                "found": pa.array(list(known.values()), pa.binary()),
            }
        )
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.touch(mode=0o600)
            pq.write_table(table, fresh, compression="zstd")
            os.replace(fresh, path)

    def _path(self, version: str) -> Path:
        return self.folder / f"{version}.mentions"
