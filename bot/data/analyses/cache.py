"""What the analyses found, kept on the disk: a second look, in whatever process, reads it again.

One folder for each version of everything that a finding stands on: the rows listed, the catalogue,
the policy's floor, the day, and this code with the packages that compute. What was found of another
version is never read, and goes when the first finding of a new one is kept.
"""

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

CACHE_FOLDER = "findings"  # beside the folders of the kinds
MAX_RESULTS = 200  # findings of one version: some 50 MB
HASHED_FOLDERS = (
    "core",
    "data",
    "i18n",
    "privacy",
    "rules",
    "text",
)  # what the analyses import, and more
HASHED_PACKAGES = ("duckdb", "ibis-framework", "numpy", "scipy", "sqlglot")


class ResultCache:
    """A workspace's findings in its folder of the library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / CACHE_FOLDER

    def get(self, stands_on: Hashable, kind: str, where: AnalysisFilter) -> AnalysisResult | None:
        """What was found of this before, or None."""
        try:
            return _result_from_dict(json.loads(self._path(stands_on, kind, where).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):  # none there, or torn by a full disk
            return None

    def put(self, stands_on: Hashable, where: AnalysisFilter, found: AnalysisResult) -> None:
        """Keeps it, whole or not at all. A disk that takes nothing more is no reason to fail."""
        path = self._path(stands_on, found.kind, where)
        with contextlib.suppress(OSError):
            if not path.parent.exists():
                self.clear()
            elif sum(1 for _ in path.parent.iterdir()) >= MAX_RESULTS:
                shutil.rmtree(path.parent, ignore_errors=True)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}.part")
            fresh.touch(mode=0o600)
            fresh.write_text(
                json.dumps(_result_to_dict(found), ensure_ascii=False), encoding="utf-8"
            )
            os.replace(fresh, path)

    def clear(self) -> None:
        """Takes all of it away: the rows have changed, and what was said of them goes with them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, stands_on: Hashable, kind: str, where: AnalysisFilter) -> Path:
        return self.folder / _hash_key((stands_on, hash_code())) / f"{kind}-{_hash_key(where)}.json"


@cache
def hash_code() -> str:
    """A sign of the code and the packages that find: it changes with any of them."""
    whole, root = sha256(), Path(bot.__file__).parent
    patterns = [f"{below}/**/*.{ends}" for below in HASHED_FOLDERS for ends in ("py", "toml")]
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for package in HASHED_PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            whole.update(f"{package} {version(package)}\n".encode())
    return whole.hexdigest()


def _hash_key(said: object) -> str:
    """A name for it; the words that were asked can't be read from it."""
    return sha256(repr(said).encode()).hexdigest()[:32]


def _result_to_dict(found: AnalysisResult) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "source": found.source.model_dump(mode="json"),
        "as_of": found.as_of.isoformat(),
        "facts": [_fact_to_dict(fact) for fact in found.facts],
        "queries": dict(found.queries),
        "cannot": [words.model_dump(mode="json") for words in found.cannot],
    }


def _fact_to_dict(fact: Fact) -> dict[str, Any]:
    """A number under a tag: as text alone it could be somebody's words."""
    told = fact.model_dump(mode="json", exclude_none=True)
    if isinstance(fact.value, Decimal):
        told["value"] = {"number": str(fact.value)}
    return told


def _result_from_dict(told: dict[str, Any]) -> AnalysisResult:
    found = AnalysisResult(
        told["kind"], Source(**told["source"]), date.fromisoformat(told["as_of"])
    )
    found.facts = [_fact_from_dict(one) for one in told["facts"]]
    found.cannot = [restore_words(one) for one in told["cannot"]]
    found.queries.update(told["queries"])
    return found


def _fact_from_dict(told: dict[str, Any]) -> Fact:
    value = told["value"]
    return Fact.model_validate(
        {**told, "value": Decimal(value["number"]) if isinstance(value, dict) else value}
    )
