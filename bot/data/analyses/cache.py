"""Cache the results of analyses on disk, so that any process can read them again.

Each version of the inputs has its own folder: the imported rows, the catalogue, the policy's floor,
the day, and a hash of this code and of the packages it computes with. Results of another version
are never read; they are deleted when the first result of a new version is stored."""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Hashable
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import bot
from bot.core.facts import Fact
from bot.core.source import Source
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.i18n.messages import restore_words

CACHE_FOLDER = "findings"  # beside the folders of the data kinds
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
        self.folder = folder / CACHE_FOLDER

    def get(self, stands_on: Hashable, kind: str, filter_: AnalysisFilter) -> AnalysisResult | None:
        """Return the cached result, or None."""
        try:
            return _result_from_dict(json.loads(self._path(stands_on, kind, filter_).read_bytes()))
        # no file, or one truncated by a full disk
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, stands_on: Hashable, filter_: AnalysisFilter, result: AnalysisResult) -> None:
        """Store the result atomically. A full disk is not an error."""
        path = self._path(stands_on, result.kind, filter_)
        with contextlib.suppress(OSError):
            if not path.parent.exists():
                self.clear()
            elif sum(1 for _ in path.parent.iterdir()) >= MAX_RESULTS:
                shutil.rmtree(path.parent, ignore_errors=True)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}.part")
            fresh.touch(mode=0o600)
            fresh.write_text(
                json.dumps(_result_to_dict(result), ensure_ascii=False), encoding="utf-8"
            )
            os.replace(fresh, path)

    def drop(self, kind: str) -> None:
        """Delete the cached results of one analysis."""
        for path in self.folder.glob(f"*/{kind}-*.json"):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete all cached results, because the rows have changed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, stands_on: Hashable, kind: str, filter_: AnalysisFilter) -> Path:
        return (
            self.folder / _hash_key((stands_on, hash_code())) / f"{kind}-{_hash_key(filter_)}.json"
        )


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
