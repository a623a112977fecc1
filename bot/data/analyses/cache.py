"""Keep on disk what the analyses computed: their results, what the data hold, and which themes each
text of customers mentions.

Each version of the inputs of results has its own folder: the imported rows, the catalogue, the
policy's floor, the day, and a hash of this code and of the packages it computes with. Results of
another version are never read; they are deleted when the first result of a new version is stored.

A text is known by its hash, so that it does not matter which file, filter or question it came
with. The texts themselves are not kept."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import bot
from bot.core.facts import Fact, Source
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.models import DataFile
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import restore_words
from bot.jobs.models import Job

RESULTS_FOLDER = "findings"  # beside the folders of the data kinds
MAX_RESULTS = 200  # of one version: about 50 MB
HASHED_FOLDERS = (
    "core",
    "data",
    "i18n",
    "privacy",
    "rules",
    "text",
)  # everything that the analyses import, and more
HASHED_PACKAGES = ("duckdb", "ibis-framework", "numpy", "scipy", "sqlglot")


class ResultCache:
    """The cached results of one workspace, in its folder of the library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / RESULTS_FOLDER

    def get(self, stands_on: Hashable, kind: str, filter_: AnalysisFilter) -> AnalysisResult | None:
        try:
            return _result_from_dict(json.loads(self._path(stands_on, kind, filter_).read_bytes()))
        # no file, or one truncated by a full disk
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, stands_on: Hashable, filter_: AnalysisFilter, result: AnalysisResult) -> None:
        """Store the result atomically. A full disk is not an error."""
        self._store(self._path(stands_on, result.kind, filter_), _result_to_dict(result))

    def get_description(self, stands_on: Hashable) -> list[str] | None:
        """Return the cached lines on what the data hold, or None."""
        try:
            return [str(one) for one in json.loads(self._description(stands_on).read_bytes())]
        except (OSError, ValueError, TypeError):
            return None

    def put_description(self, stands_on: Hashable, lines: Sequence[str]) -> None:
        self._store(self._description(stands_on), list(lines))

    def _store(self, path: Path, found: dict[str, Any] | list[str]) -> None:
        with contextlib.suppress(OSError):
            if not path.parent.exists():
                self.clear()
            elif sum(1 for _ in path.parent.iterdir()) >= MAX_RESULTS:
                shutil.rmtree(path.parent, ignore_errors=True)
            with _replacing(path) as fresh:
                fresh.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")

    def drop(self, kind: str) -> None:
        """Delete the cached results of one analysis."""
        for path in self.folder.glob(f"*/{kind}-*.json"):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete all cached results, because the rows have changed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, stands_on: Hashable, kind: str, filter_: AnalysisFilter) -> Path:
        return self._version(stands_on) / f"{kind}-{_hash_key(filter_)}.json"

    def _description(self, stands_on: Hashable) -> Path:
        return self._version(stands_on) / "description.json"

    def _version(self, stands_on: Hashable) -> Path:
        return self.folder / _hash_key((stands_on, hash_code()))


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a private file that takes the place of `path` once it is written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    fresh.touch(mode=0o600)
    yield fresh
    os.replace(fresh, path)


@cache
def hash_code() -> str:
    """Hash the code and the versions of the packages that results depend on."""
    whole, root = sha256(), Path(bot.__file__).parent
    patterns = [f"{below}/**/*.{ends}" for below in HASHED_FOLDERS for ends in ("py", "toml")]
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for package in HASHED_PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            whole.update(f"{package} {version(package)}\n".encode())
    return whole.hexdigest()


def _hash_key(key: object) -> str:
    """Return a file name from which the words of a question can't be read back."""
    return sha256(repr(key).encode()).hexdigest()[:32]


def _result_to_dict(result: AnalysisResult) -> dict[str, Any]:
    return {
        "kind": result.kind,
        "source": result.source.model_dump(mode="json"),
        "as_of": result.as_of.isoformat(),
        "facts": [_fact_to_dict(fact) for fact in result.facts],
        "queries": dict(result.queries),
        "cannot": [words.model_dump(mode="json") for words in result.limits],
    }


def _fact_to_dict(fact: Fact) -> dict[str, Any]:
    """A number gets a tag, to tell it from a text of digits."""
    data = fact.model_dump(mode="json", exclude_none=True)
    if isinstance(fact.value, Decimal):
        data["value"] = {"number": str(fact.value)}
    return data


def _result_from_dict(data: dict[str, Any]) -> AnalysisResult:
    result = AnalysisResult(
        data["kind"], Source(**data["source"]), date.fromisoformat(data["as_of"])
    )
    result.facts = [_fact_from_dict(entry) for entry in data["facts"]]
    result.limits = [restore_words(entry) for entry in data["cannot"]]
    result.queries.update(data["queries"])
    return result


def _fact_from_dict(data: dict[str, Any]) -> Fact:
    value = data["value"]
    return Fact.model_validate(
        {**data, "value": Decimal(value["number"]) if isinstance(value, dict) else value}
    )


# Precompute the facts of new data once imports have settled, so that the first question about it
# is answered as quickly as later ones.

QUIET_TIME = timedelta(minutes=1)  # without a new import
TIMEOUT_SECONDS = 300.0
IDLE_PRIORITY = 19  # niceness: use only idle processor time
NO_FACTS_EXIT_CODE = 3  # exit code of `facts` when nothing could be reported
log = logging.getLogger(__name__)


def list_due_jobs(session: Session, now: datetime) -> Iterable[Job]:
    """Yield one job a day for each state of a workspace's files, once the newest file is a minute
    old."""
    newest = select(DataFile.workspace, func.max(DataFile.taken_in_at))
    newest = newest.where(DataFile.retired_at.is_(None)).group_by(DataFile.workspace)
    for workspace, at in session.execute(newest.order_by(DataFile.workspace)):
        if at + QUIET_TIME <= now or at > now + QUIET_TIME:  # or the clock has been set back since
            state = f"{workspace}/{at:%Y%m%dT%H%M%S}-{now:%Y%m%d}"
            yield Job(kind="freshen", subject=state, workspace=workspace)


async def precompute_facts(subject: str) -> None:
    """Run `facts all` for `workspace/state` in a process of its own, so that its memory is freed
    afterwards and no answer waits for it. The results stay in the cache on disk. A failure is only
    logged."""
    workspace = subject.partition("/")[0]
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "facts", "all", "--workspace", workspace),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        os.setpriority(os.PRIO_PROCESS, ran.pid, IDLE_PRIORITY)
        ended = await asyncio.wait_for(ran.wait(), TIMEOUT_SECONDS)
    except ProcessLookupError:  # the process has already ended
        ended = await ran.wait()
    except (TimeoutError, asyncio.CancelledError) as stopped:
        ran.kill()
        await ran.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
        ended = None
    if ended not in (0, NO_FACTS_EXIT_CODE, None):
        log.warning("the facts of %s could not be looked up beforehand: %s", workspace, ended)


# The themes that texts mention: a question reads only the new texts, a model labels each text once.

MENTIONS_FOLDER = "mentions"  # beside the folders of the data kinds
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
        self.folder = folder / MENTIONS_FOLDER

    @classmethod
    def of(cls, warehouse: Warehouse) -> "MentionCache | None":
        """Return the cache beside the stored feedback; None where the rows are no files of ours."""
        listed = warehouse.listed.get("feedback")
        return cls(listed.paths[0].parent.parent) if listed and listed.paths else None

    def clear(self) -> None:
        """Delete what is kept, because texts were removed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def find_all(
        self, version: str, texts: Sequence[str], find: Callable[[Sequence[str]], list[bytes]]
    ) -> list[bytes]:
        """Return what `find`, which reads the texts that are new, returns for each text."""
        digests = [digest_text(text) for text in texts]
        known = self._load(version) if len(texts) >= MIN_NEW_TEXTS else {}
        new = {
            digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known
        }
        known |= zip(new, find(list(new.values())), strict=True)
        found = [known[digest] for digest in digests]
        if len(new) >= MIN_NEW_TEXTS:
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
        table = pq.ParquetFile(path).read()  # `read_table` would load pandas
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

    table = pa.table(
        {
            "text": pa.array(list(known), pa.binary(DIGEST_SIZE)),
            "found": pa.array(list(known.values()), pa.binary()),
        }
    ).replace_schema_metadata(about)
    with contextlib.suppress(OSError), _replacing(path) as fresh:
        pq.write_table(table, fresh, compression="zstd")
