"""Checks of audited rows against their digests: of those that are written, and before an action."""

import logging
from typing import Any

from sqlalchemy import Select, bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from bot.audit.journal import HEADS, get_pending_changes, get_signer
from bot.audit.row_digests import (
    AUDITED_TABLES,
    DIGEST_COLUMNS,
    DIGEST_TABLE,
    ERASED,
    TASK_TABLES,
    DigestValues,
    RowAttributes,
    RowDigest,
    RowKey,
    RowValues,
    format_row_name,
    get_row_key,
    get_table,
    get_table_name,
    get_workspace,
    iter_values,
    matches_digest,
    read_latest_digests,
    select_newest_digests,
    select_rows,
)
from bot.db.base import Row
from bot.errors import CannotDo

log = logging.getLogger("bot.audit.journal")

SELECT_HEAD_AND_DIGESTS = (
    select(HEADS.c["count"], HEADS.c.hash, *DIGEST_TABLE.columns)
    .select_from(HEADS.outerjoin(DIGEST_TABLE, DIGEST_TABLE.c.row == bindparam("of")))
    .where(HEADS.c.workspace == bindparam("in_workspace"))
    .order_by(DIGEST_TABLE.c.seq)
    .with_for_update(of=HEADS)
)


def check_written_rows(session: Session, *, locks_head: bool = False) -> None:
    """Note for each row that this transaction has written whether it matched its digest before.
    `locks_head`: it is about to commit, so the head is locked with the same statement if the
    transaction concerns one row and one chain."""
    pending = get_pending_changes(session)
    if not pending.unchecked:
        return
    workspaces = {
        get_workspace(table, held)
        for (table, _), held in pending.unchecked.items()
        if held is not None
    }
    names = [format_row_name(*touched) for touched in pending.unchecked]
    chains = workspaces | {event.workspace for event in pending.events}
    if locks_head and not pending.rows and not pending.heads and len(names) == len(chains) == 1:
        _lock_head_and_read_digests(session, min(chains), names[0])
    else:
        pending.latest |= read_latest_digests(session, names)
    signer = get_signer(session)
    for (table, key), held in pending.unchecked.items():
        name = format_row_name(table, key)
        pending.rows[table, key] = held is not None and matches_digest(
            pending.latest.get((get_workspace(table, held), name)), held, signer
        )
    pending.unchecked.clear()


def _lock_head_and_read_digests(session: Session, workspace: str, row: str) -> None:
    """Lock the head and read the digests of a row, which this transaction has locked before, so
    that nobody adds one meanwhile."""
    pending = get_pending_changes(session)
    sought = {"of": row, "in_workspace": workspace}
    rows = session.connection().execute(SELECT_HEAD_AND_DIGESTS, sought)
    found: list[tuple[Any, ...]] = [tuple(row) for row in rows]
    if not found:  # a chain without entries
        pending.latest |= read_latest_digests(session, [row])
        return
    count, hash, *_ = found[-1]
    pending.heads[workspace] = count, hash
    for _, _, *digest in found:
        values: dict[str, Any] = dict(zip(DIGEST_COLUMNS, digest, strict=True))
        one = DigestValues(**values)
        if one.row is not None:
            pending.latest[one.workspace, one.row] = one


def require_unchanged_task(session: Session, workspace: str, task: str) -> None:
    """Raise CannotDo unless all rows of a task (drafts, decisions, deliveries, cards) exist and
    match their digests. Rows that this transaction wrote itself count as they were before."""
    session.flush()
    check_written_rows(session)
    latest = {
        name: one
        for (where, name), one in select_newest_digests(session, RowDigest.subject == task).items()
        if where == workspace and name.partition("/")[0] in TASK_TABLES and one.digest != ERASED
    }
    rows = {
        format_row_name(table, get_row_key(get_table(table), values)): values
        for table, wanted in _select_task_rows(task).items()
        for values in iter_values(session, wanted)
    }
    own = {
        format_row_name(*touched): good
        for touched, good in get_pending_changes(session).rows.items()
    }
    signer = get_signer(session)
    for name in sorted({*latest, *rows}):
        if own.get(name, False) is not False:
            continue
        values = rows.get(name)
        if (
            values is None
            or own.get(name) is False
            or not matches_digest(latest.get(name), values, signer)
        ):
            raise _changed_outside_error(workspace, name)


def require_unchanged_row(session: Session, row: Row) -> None:
    """Raise CannotDo unless this row, as this transaction read it, matches its digest."""
    session.flush()
    check_written_rows(session)
    table = get_table_name(row)
    key = get_row_key(get_table(table), RowAttributes(row))
    known = get_pending_changes(session).rows.get((table, key), False)
    if known is not False:
        return
    if (table, key) in get_pending_changes(session).rows or not _check_values(
        session, table, key, {name: getattr(row, name) for name in AUDITED_TABLES[table].columns}
    ):
        raise _changed_outside_error(
            str(getattr(row, "workspace", "")), format_row_name(table, key)
        )


def _check_values(session: Session, table: str, key: RowKey, values: RowValues) -> bool:
    name = format_row_name(table, key)
    recorded = read_latest_digests(session, [name]).get((get_workspace(table, values), name))
    return matches_digest(recorded, values, get_signer(session))


def _changed_outside_error(workspace: str, row: str) -> CannotDo:
    log.error("%s of %s is not as the journal recorded it", row, workspace)
    if row.partition("/")[0] in TASK_TABLES:
        return CannotDo(
            "This draft was changed outside Super-Intern, so it can't be approved or sent. Ask "
            "whoever runs it to run `super-intern journal verify`."
        )
    return CannotDo(
        "This was changed outside Super-Intern, so nothing more is done with it. Ask whoever "
        "runs it to run `super-intern journal verify`."
    )


def _select_task_rows(task: str) -> dict[str, Select[Any]]:
    """Select the rows that a decision on a task's drafts depends on."""
    tasks, drafts = get_table("tasks"), get_table("drafts")
    ids = select(drafts.c.id).where(drafts.c.task == task).scalar_subquery()
    # A union, because PostgreSQL would look for the alternatives of an OR in the whole table.
    of_drafts = select(drafts.c.piece).where(drafts.c.task == task)
    pieces = union_all(select(literal(f"{task}.0")), of_drafts)
    return {
        "tasks": select_rows("tasks").where(tasks.c.id == task),
        "drafts": select_rows("drafts").where(drafts.c.task == task),
        "decisions": select_rows("decisions").where(get_table("decisions").c.draft.in_(ids)),
        "deliveries": select_rows("deliveries").where(get_table("deliveries").c.draft.in_(ids)),
        "posts": select_rows("posts").where(get_table("posts").c.piece.in_(pieces)),
    }
