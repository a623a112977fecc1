"""Checks of the SQLite database file, and the message for a damaged one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from bot.config.settings import Settings
from bot.errors import CannotDo, translate_system_error
from bot.i18n.messages import Words

SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")  # suffixes of the files of one database
DAMAGE_MESSAGES = ("not a database", "malformed", "corrupt", "database schema", "decode to UTF-8")


def list_sqlite_files(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}{ending}") for ending in SQLITE_SUFFIXES]


def find_database_fault(database: Path, *, thorough: bool = False) -> str | None:
    """Return why this file is not an intact database; None when it is, or does not exist yet.

    `thorough` also compares the indexes with the tables. Raises TryAgain or CannotDo for a failure
    of the machine, such as a missing permission."""
    companions = [path for path in list_sqlite_files(database)[1:] if _is_non_empty(path)]
    if not database.exists():
        return f"it is gone, and {companions[0].name} is left" if companions else None
    if not _is_non_empty(database):
        return "it is empty"
    try:
        address = f"file:{quote(str(database))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=30)
        try:
            check = "integrity_check" if thorough else "quick_check"
            found = [str(row[0]) for row in connection.execute(f"PRAGMA {check}(3)")]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if failure := translate_system_error(error, database):
            raise failure from None
        if "locked" in str(error) or "busy" in str(error):
            return None
        return _explain_error(error)
    if found != ["ok"]:
        return f"its pages contradict each other ({len(found)} faults or more)"
    return None if tables else "it has no tables"


def check_database(settings: Settings) -> None:
    """Raise CannotDo when the SQLite database is damaged. PostgreSQL is not checked."""
    database = settings.sqlite_file
    if database is not None and (why := find_database_fault(database)) is not None:
        raise CannotDo(describe_damage(database, why))


def describe_damage(database: Path, why: str) -> Words:
    """Return the message for a damaged database, with what can be done."""
    return Words(
        "The database {path} is damaged: {why}. Put a backup in its place; or set it aside with "
        "`super-intern doctor --set-aside {name}`, begin again and import your files once more.",
        path=str(database),
        why=why,
        name=database.name,
    )


def explain_damage(settings: Settings, bug: BaseException) -> Words | None:
    """Return the message for an error that a damaged database caused; None for other errors."""
    for error in _iter_causes(bug):
        message = str(getattr(error, "orig", None) or error)
        if settings.sqlite_file is None or not isinstance(
            getattr(error, "orig", error), sqlite3.DatabaseError | UnicodeDecodeError
        ):
            continue
        if any(sign in message for sign in DAMAGE_MESSAGES):
            return describe_damage(
                settings.sqlite_file, _explain_error(getattr(error, "orig", error))
            )
    return None


def _iter_causes(bug: BaseException) -> Iterator[BaseException]:
    error: BaseException | None = bug
    while error is not None:
        yield error
        error = error.__cause__


def _explain_error(error: BaseException) -> str:
    return "it is no SQLite database" if "not a database" in str(error) else "it can't be read"


def _is_non_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
