"""Keep on disk which themes each text of customers mentions, so that a question reads only the new
texts, and a model labels each text once.

A text is known by its hash, so that it does not matter which file, filter or question it came
with. The texts themselves are not kept."""

import contextlib
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import blake2b
from pathlib import Path

from bot.data.warehouse.warehouse import Warehouse

CACHE_FOLDER = "mentions"  # beside the folders of the data kinds
MIN_NEW_TEXTS = 1_000  # fewer texts are found again faster than the file is written
MAX_TEXTS = 300_000  # of one file, which then starts anew
DIGEST_SIZE = 8  # bytes
LABELS_FILE = "labels"
LABELS_GUARD = threading.Lock()  # of reading, changing and writing the file of labels


def digest_text(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()


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
        digests = [digest_text(text) for text in texts]
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
        return _read(self._path(version))[0]

    def _store(self, version: str, known: dict[bytes, bytes]) -> None:
        _write(self._path(version), known, {})

    def _path(self, version: str) -> Path:
        return self.folder / f"{version}.mentions"

    @property
    def labels(self) -> "LabelCache":
        return LabelCache(self.folder / LABELS_FILE)


class LabelCache:
    """The themes that a model has read in texts, in one file: those of one version of the prompt,
    and how many texts were sent on the last day."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, version: str | None = None) -> dict[bytes, str]:
        """Return the stored labels by the digest of the text. None are returned when they are of
        another `version` than this one."""
        known, about = _read(self._path)
        if version is not None and about.get("version") != version:
            return {}
        return {digest: labels.decode() for digest, labels in known.items()}

    def reserve(self, day: date, wanted: int, a_day: int) -> int:
        """Count texts that are about to be sent. Return how many of those `wanted` may be."""
        with LABELS_GUARD:
            known, about = _read(self._path)
            sent = int(about.get("sent", 0)) if about.get("day") == day.isoformat() else 0
            granted = max(0, min(wanted, a_day - sent))
            if granted:
                about |= {"day": day.isoformat(), "sent": str(sent + granted)}
                _write(self._path, known, about)
        return granted

    def add(self, version: str, labels: dict[bytes, str]) -> None:
        """Store labels. Those of another version are dropped."""
        with LABELS_GUARD:
            known, about = _read(self._path)
            if about.get("version") != version or len(known) > MAX_TEXTS:
                known = {}
            known |= {digest: each.encode() for digest, each in labels.items()}
            _write(self._path, known, about | {"version": version})


def _read(path: Path) -> tuple[dict[bytes, bytes], dict[str, str]]:
    """Return what was found in texts, by their digests, and what the file says about itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        about = {
            name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()
        }
        found = zip(table["text"].to_pylist(), table["found"].to_pylist(), strict=True)
        return dict(found), about
    # no file, or one that a full disk has cut off
    except (OSError, KeyError, pa.ArrowException):
        return {}, {}


def _write(path: Path, known: dict[bytes, bytes], about: dict[str, str]) -> None:
    """Store atomically. A full disk is not an error."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    table = pa.table(
        {
            "text": pa.array(list(known), pa.binary(DIGEST_SIZE)),
            "found": pa.array(list(known.values()), pa.binary()),
        }
    ).replace_schema_metadata(about)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.touch(mode=0o600)
        pq.write_table(table, fresh, compression="zstd")
        os.replace(fresh, path)
