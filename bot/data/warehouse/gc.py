"""Takes from the disk what the library no longer lists."""

import shutil
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from bot.data.warehouse.commit import FOLDER
from bot.data.warehouse.models import Holding
from bot.data.warehouse.parquet import PASSING, SPILL
from bot.db.session import Database

READABLE = timedelta(hours=1)  # retired files stay for those who have them open
SPILLED = 86_400  # seconds after which what a process put down belongs to nobody
IMPORTING = "import-"  # how the folders begin that an import makes in the home while it lasts


def sweep(home: Path, database: Database, now: datetime) -> int:
    """Takes long-retired files and those that nobody lists from the disk; how many."""
    before = now - READABLE
    with database.begin() as session:
        retired = Holding.retired(session, before)
    for holding in retired:
        (home / holding.path).unlink(missing_ok=True)
    with database.begin() as session:
        Holding.sweep(session, [holding.id for holding in retired])
        listed = Holding.paths(session)
    return len(retired) + _unlisted(home, listed)


def _unlisted(home: Path, listed: set[str]) -> int:
    """What a killed process left."""
    swept, oldest = 0, time.time() - READABLE.total_seconds()
    for pattern in ("*/*/*.parquet", "*/*/*.part"):
        for path in (home / FOLDER).glob(pattern):
            named = path.relative_to(home).as_posix()
            if named not in listed and _changed(path) < oldest:
                path.unlink(missing_ok=True)
                swept += 1
    passing = Path(tempfile.gettempdir())
    left = (
        *(home / FOLDER).glob(f"**/{SPILL}/*"),
        *home.glob(f"{IMPORTING}*"),  # may hold rows as they were, people's names among them
        *passing.glob(f"{PASSING}*"),
    )
    for folder in left:
        if _changed(folder) < time.time() - SPILLED:
            shutil.rmtree(folder, ignore_errors=True)
    return swept


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
