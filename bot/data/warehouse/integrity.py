"""Checks whether the library's Parquet files are intact, and quarantines damaged ones."""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from bot.config.settings import Settings
from bot.data.ingest.file_schema import hash_file
from bot.data.schema import load_kinds
from bot.data.warehouse.models import LIBRARY_FOLDER, DataFile
from bot.db.session import Database
from bot.db.sqlite_file import list_sqlite_files
from bot.errors import CannotDo, translate_system_error


def find_fault(
    path: Path, kind: str, *, rows: int, size: int | None, sha256: str | None
) -> str | None:
    """Return what is wrong with a file, or None when it is intact. Files that earlier editions
    listed have no size and SHA-256, so they are read completely. Raises CannotDo or TryAgain when
    the machine itself fails."""
    try:
        if not path.is_file():
            return "it is gone"
        found = path.stat().st_size
        if size is not None and found != size:
            return f"it has {found:,} bytes instead of {size:,}"
        if sha256 is not None:
            return None if hash_file(path) == sha256 else "its bytes are not those written"
        return _check_readable(path, kind, rows)
    except OSError as error:
        if told := translate_system_error(error, path):
            raise told from None
        return "it can't be read"


def _check_readable(path: Path, kind: str, rows: int) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows != rows:
                return f"it has {file.metadata.num_rows:,} rows instead of {rows:,}"
            names = set(file.schema_arrow.names)
            columns = load_kinds()[kind].columns if kind in load_kinds() else {}
            # a column that was added later is not in every stored file
            if not {name for name, column in columns.items() if not column.added} <= names:
                return "its columns are not those of its kind"
            for _ in file.iter_batches():
                pass
    except (pa.ArrowException, ValueError, UnicodeDecodeError):
        return "it can't be read"
    return None


# Damaged files are reported and quarantined, so that everything else keeps working.

log = logging.getLogger("bot.damage")

DAMAGED_FOLDER = "damaged"


@dataclass(frozen=True)
class DamagedFile:
    """A file of the library that differs from what was written."""

    path: str  # relative to the home
    kind: str
    source: str
    why: str

    @property
    def sentence(self) -> str:
        return (
            f"{self.path} is damaged: {self.why}. It held rows of {self.kind} from {self.source}. "
            f"Set it aside with `super-intern doctor --set-aside {self.path}`, then import "
            f"{self.source} once more."
        )


def find_damaged_files(home: Path, database: Database) -> list[DamagedFile]:
    """Return every damaged file in force. Raises CannotDo when the whole library folder is
    missing."""
    seen = _check_files(home, database)
    return [DamagedFile(row.path, row.kind, row.source, why) for row, why in seen if why]


def mark_damaged(home: Path, database: Database, now: datetime) -> list[DamagedFile]:
    """Find the damaged files and record them, so that nothing reads them. Files that are intact
    again are read again."""
    seen = _check_files(home, database)
    changed = {row.id: why for row, why in seen if (why is None) != (row.damaged_at is None)}
    if changed:
        with database.begin() as session:
            for row in DataFile.to_check(session):
                if row.id in changed:
                    row.mark(session, damaged=changed[row.id] is not None, now=now)
    return [DamagedFile(row.path, row.kind, row.source, why) for row, why in seen if why]


def _check_files(home: Path, database: Database) -> list[tuple[DataFile, str | None]]:
    with database.begin() as session:
        rows = DataFile.to_check(session)
    if rows and not (home / LIBRARY_FOLDER).is_dir():
        raise CannotDo(
            "The folder {path} is gone, and the library's rows with it. Is its disk there?",
            path=str(home / LIBRARY_FOLDER),
        )
    return [(row, _check_row(home, row)) for row in rows]


def _check_row(home: Path, row: DataFile) -> str | None:
    path = home / row.path
    return find_fault(path, row.kind, rows=row.rows, size=row.size, sha256=row.sha256)


@contextmanager
def report_damage(home: Path, database: Database, now: Callable[[], datetime]) -> Iterator[None]:
    """Handle engine failures on the library's files. Raises DamageDetected when files were found
    damaged and marked, the machine's own failure where there is one, or else the original error."""
    try:
        yield
    except (duckdb.Error, FileNotFoundError) as error:
        if told := translate_system_error(error):
            raise told from None
        known = _list_marked(database)
        for fault in mark_damaged(home, database, now()):
            log.error("%s", fault.sentence)
        if _list_marked(database) == known:
            raise
        raise DamageDetected from None


class DamageDetected(Exception):
    """Files were just found to be damaged. A second attempt, without them, works."""


def _list_marked(database: Database) -> set[str]:
    with database.begin() as session:
        return {row.id for row in DataFile.to_check(session) if row.damaged_at is not None}


def set_aside_database(settings: Settings, at: datetime) -> Path:
    """Move the database, its side files and the library into `damaged/`. The next start creates an
    empty database. Return the new folder."""
    database, home = settings.sqlite_file, settings.home
    assert database is not None
    to = _create_damaged_folder(home, at)
    for path in list_sqlite_files(database):
        if path.exists():
            shutil.move(path, to / path.name)
    if (home / LIBRARY_FOLDER).is_dir():
        (home / LIBRARY_FOLDER).rename(to / LIBRARY_FOLDER)
    _write_note(
        to,
        f"{at:%Y-%m-%d %H:%M} UTC: the database {database.name} was damaged and set aside. "
        "library/ holds the rows that it listed. To go back: stop Super-Intern, put a whole copy "
        f"of {database.name} in its place and move library/ back into the home.",
    )
    return to


def set_aside(home: Path, database: Database, name: str, at: datetime) -> Path:
    """Move a damaged file of the library into `damaged/`. Raises CannotDo when the file is intact
    or not listed."""
    path = _relative_path(home, name)
    with database.begin() as session:
        row = DataFile.by_path(session, path)
        found = _check_row(home, row) if row is not None and row.set_aside is None else None
    if row is None or row.set_aside is not None:
        raise CannotDo("{file} is no file of the library. See `super-intern doctor`.", file=name)
    if found is None:
        raise CannotDo("{file} is whole: nothing was set aside.", file=name)
    to = _create_damaged_folder(home, at) / Path(path).name
    with database.begin() as session:
        row = DataFile.by_path(session, path)
        assert row is not None
        row.quarantine(session, to.relative_to(home).as_posix(), at)
    if (home / path).exists():
        (home / path).replace(to)
    _write_note(
        to.parent,
        f"{at:%Y-%m-%d %H:%M} UTC: {path} was set aside: {found}. It held {row.rows:,} rows of "
        f"{row.kind} from {row.source}. Import that file once more.",
    )
    return to


def abandon_rows(database: Database, name: str, at: datetime) -> str:
    """Stop waiting for the rows of a quarantined file. Return the name of the file that they came
    from."""
    with database.begin() as session:
        for row in DataFile.lost(session):
            if name in (row.path, row.set_aside):
                row.give_up(session, at)
                return row.source
    raise CannotDo("{file} was not set aside. See `super-intern doctor`.", file=name)


def list_lost_files(database: Database) -> list[DamagedFile]:
    """Return the files that were quarantined and not imported again."""
    with database.begin() as session:
        return [
            DamagedFile(
                row.set_aside or "", row.kind, row.source, f"since {row.damaged_at:%d %B %Y}"
            )
            for row in DataFile.lost(session)
        ]


def _relative_path(home: Path, name: str) -> str:
    """Return the path below the home for a path that a person typed."""
    for base in (Path(name), Path.cwd() / name):
        if base.is_absolute() and base.is_relative_to(home):
            return base.relative_to(home).as_posix()
    return Path(name).as_posix()


def _create_damaged_folder(home: Path, at: datetime) -> Path:
    """Create a new folder for the files that are set aside now."""
    first = home / DAMAGED_FOLDER / f"{at:%Y%m%d-%H%M%S}"
    for folder in (first, *(first.with_name(f"{first.name}-{n}") for n in range(2, 1000))):
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            return folder
    raise CannotDo("{folder} is full.", folder=str(home / DAMAGED_FOLDER))


def _write_note(folder: Path, text: str) -> None:
    (folder / "note.txt").write_text(f"{text}\n", encoding="utf-8")
