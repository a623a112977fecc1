"""Records in the journal what each transaction of `Database` writes.

Every transaction is observed. At commit, the audited rows that it wrote are read back, and a signed
digest of each is stored with the journal entry of that transaction; the entry holds a digest over
all of them.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, Update, UpdateBase, event, inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.session import sessionmaker

from bot.audit.journal import (
    PENDING_KEY,
    ROWS_RECORDED,
    NewEntry,
    PendingChanges,
    get_pending_changes,
    lock_head,
)
from bot.audit.row_checks import check_written_rows
from bot.audit.row_digests import (
    AUDITED_TABLES,
    ERASED,
    DigestValues,
    RowAttributes,
    RowKey,
    RowValues,
    build_digest,
    build_row_refs,
    compute_digest,
    format_row_name,
    get_row_key,
    get_subject,
    get_table,
    get_table_name,
    get_workspace,
    read_latest_digests,
    read_rows,
    record_rows,
)
from bot.db.base import LOCKED_KEY, READ_ONLY_KEY, note_written_table

log = logging.getLogger("bot.audit.journal")

DIFFERS = "differs"  # stands for a digest: the row did not match its digest when it was rewritten
CACHED_TABLES = (
    "tasks",
    "drafts",
    "posts",
    "receipts",
)  # their values are cached as written, since reading them back costs more
NEVER_REINSERTED = ("tasks", "posts", "receipts", "workspaces")  # re-creating one gains nothing


def watch_sessions(sessions: "sessionmaker[GuardedSession]") -> None:
    """Make every transaction of these sessions record the rows that it writes."""
    event.listen(sessions, "before_flush", _before_flush)
    event.listen(sessions, "after_flush", _after_flush)
    event.listen(sessions, "before_commit", settle_journal)
    event.listen(sessions, "after_soft_rollback", _discard_pending)


def record_insert(session: Session, table: Table, values: RowValues) -> None:
    """Record a row that was inserted by a SQL statement, not as an object."""
    if table.name not in AUDITED_TABLES:
        return
    key = get_row_key(table, values)
    _touch(session, table.name, key)
    if table.name in CACHED_TABLES:
        whole = {name: values.get(name) for name in AUDITED_TABLES[table.name].columns}
        if all(value is not None or table.c[name].nullable for name, value in whole.items()):
            get_pending_changes(session).values[table.name, key] = whole


def _touch(session: Session, table: str, key: RowKey) -> None:
    get_pending_changes(session).rows.setdefault((table, key), None)


def _before_flush(session: Session, *_: Any) -> None:
    """Keep what audited rows were before they are written again. Whether they matched their digests
    is checked later: otherwise a change made outside the program would be recorded as correct with
    the next change."""
    _demand_writable(session)
    written: dict[str, list[RowKey]] = {}
    pending = get_pending_changes(session)
    known = {*pending.rows, *pending.unchecked}
    for row in (*session.dirty, *session.deleted):
        table = get_table_name(row)
        if table in AUDITED_TABLES and (row in session.deleted or _is_held_change(row, table)):
            key = inspect(row).identity
            if (table, key) not in known:
                written.setdefault(table, []).append(key)
    for table, keys in written.items():
        _keep_previous_values(session, table, keys)
    for row in session.dirty:
        if get_table_name(row) in CACHED_TABLES:
            _track_values(session, row, get_table_name(row))
    for row in session.deleted:
        get_pending_changes(session).values.pop((get_table_name(row), inspect(row).identity), None)


def _track_values(session: Session, row: Any, table: str) -> None:
    """Update the cached values with what this flush will write, if the row is cached."""
    state = inspect(row)
    known = get_pending_changes(session).values.get((table, state.identity))
    if known is not None:
        changed = [name for name in known if state.attrs[name].history.has_changes()]
        known.update({name: getattr(row, name) for name in changed})


def _is_held_change(row: Any, table: str) -> bool:
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in AUDITED_TABLES[table].columns)


def _keep_previous_values(session: Session, table: str, keys: Sequence[RowKey]) -> None:
    current = _list_locked_values(session, table, keys)
    if unread := [key for key in keys if key not in current]:
        current |= read_rows(session, table, unread, lock=True)
    pending = get_pending_changes(session)
    for key in keys:
        held = pending.unchecked[table, key] = current.get(key)
        if table in CACHED_TABLES and held is not None:
            pending.values[table, key] = dict(held)


def _list_locked_values(
    session: Session, table: str, keys: Sequence[RowKey]
) -> dict[RowKey, RowValues]:
    """Return the audited columns of those rows that this transaction has read under a lock. Nothing
    has changed them since: a statement that writes audited columns is rejected."""
    locked = session.info.get(LOCKED_KEY, {})
    found = {key: locked[table, key] for key in keys if (table, key) in locked}
    columns = AUDITED_TABLES[table].columns
    return {key: {name: row[name] for name in columns} for key, row in found.items()}


def _after_flush(session: Session, _: Any) -> None:
    for row in session.new:
        table = get_table_name(row)
        if table in AUDITED_TABLES:
            _touch(session, table, get_row_key(get_table(table), RowAttributes(row)))


class GuardedSession(Session):
    """A session that rejects SQL statements which write audited columns, since those would leave no
    digest. An ORM event hook could do the same, but would make every read about 50 µs slower."""

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(statement, UpdateBase):
            _accept_write(self, statement)
        return super().execute(statement, *args, **kwargs)

    def scalars(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(statement, UpdateBase):
            _accept_write(self, statement)
        return super().scalars(statement, *args, **kwargs)

    def scalar(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(statement, UpdateBase):
            _accept_write(self, statement)
        return super().scalar(statement, *args, **kwargs)


def _accept_write(session: Session, statement: UpdateBase) -> None:
    """Note the table that is written. Raise ValueError for a statement that writes audited columns,
    which is a bug in the caller. Statements that write only free columns are allowed."""
    _demand_writable(session)
    note_written_table(session, str(getattr(statement.table, "name", "")))
    held = AUDITED_TABLES.get(str(getattr(statement.table, "name", "")))
    if held is None:
        return
    written = {getattr(name, "key", name) for name in (getattr(statement, "_values", None) or {})}
    if isinstance(statement, Update) and written and written <= set(held.free):
        return
    raise ValueError(f"{statement.table} is held by the journal: write its rows as objects")


def _demand_writable(session: Session) -> None:
    """Raise ValueError in a session that was opened for reading, which is a bug in the caller: on
    PostgreSQL each statement would be committed by itself."""
    if session.info.get(READ_ONLY_KEY):
        raise ValueError("this session only reads")


def _discard_pending(session: Session, _: Any) -> None:
    session.info.pop(LOCKED_KEY, None)
    if not session.in_transaction():
        session.info.pop(PENDING_KEY, None)
    elif PENDING_KEY in session.info:  # a savepoint was rolled back, and the locks taken since
        get_pending_changes(session).heads.clear()


def settle_journal(session: Session) -> None:
    """Append the entries of this transaction. It runs last before the commit."""
    if PENDING_KEY not in session.info and not (session.new or session.dirty or session.deleted):
        return
    session.flush()
    check_written_rows(session, locks_head=True)
    found: PendingChanges = session.info.pop(PENDING_KEY, None) or PendingChanges()
    digests = _compute_digests(session, found)
    events: dict[str, list[NewEntry]] = {}
    for one in found.events:
        events.setdefault(one.workspace, []).append(one)
    now = session.info["database"].now()
    for workspace in sorted({*events, *(digest.workspace for digest in digests)}):
        mine = [digest for digest in digests if digest.workspace == workspace]
        end = found.heads.get(workspace) or lock_head(session, workspace)
        entries = events.get(workspace) or [
            NewEntry(workspace, ROWS_RECORDED, mine[0].subject, now)
        ]
        if mine:
            entries[-1] = replace(entries[-1], refs={**entries[-1].refs, **build_row_refs(mine)})
        record_rows(session, workspace, end, entries, mine)
    session.info.pop(PENDING_KEY, None)


def _compute_digests(session: Session, found: PendingChanges) -> list[DigestValues]:
    """Return the digests of the rows that a transaction wrote, as they are in the database."""
    by_table: dict[str, list[RowKey]] = {}
    for table, key in found.rows:
        by_table.setdefault(table, []).append(key)
    unread = [
        format_row_name(*touched)
        for touched, standing in found.rows.items()
        if standing is None and touched[0] not in NEVER_REINSERTED
    ]
    latest = found.latest | (read_latest_digests(session, unread) if unread else {})
    digests: list[DigestValues] = []
    for table, keys in by_table.items():
        current: dict[RowKey, RowValues] = {
            key: found.values[table, key] for key in keys if (table, key) in found.values
        }
        if rest := [key for key in keys if key not in current]:
            current |= read_rows(session, table, rest)
        for key in keys:
            digests += _digests_of_row(table, key, current.get(key), found.rows[table, key], latest)
    return digests


def _digests_of_row(
    table: str,
    key: RowKey,
    values: RowValues | None,
    as_recorded: bool | None,
    latest: Mapping[tuple[str, str], DigestValues],
) -> Iterator[DigestValues]:
    """Yield the row's digest, and an ERASED digest where it was deleted or left a workspace."""
    row = format_row_name(table, key)
    before = [one for (_, name), one in latest.items() if name == row and one.digest != ERASED]
    here = get_workspace(table, values) if values is not None else None
    if as_recorded is None and before:
        as_recorded = False  # it was recorded, then deleted, and is inserted again
    for gone in before:
        if gone.workspace != here and as_recorded:
            yield build_digest(gone.workspace, row, gone.subject, gone.columns, ERASED)
    if values is None or here is None:
        return
    version = AUDITED_TABLES[table].newest
    digest = compute_digest(values, version, AUDITED_TABLES[table].columns)
    if as_recorded is False:
        log.warning("%s of %s was changed outside the program", row, here)
        digest = DIFFERS
    yield build_digest(here, row, get_subject(table, values), version, digest)
