"""Compares all rows of a workspace with their digests, and adopts rows that have none."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    select,
    text,
)
from sqlalchemy.orm import Session

from bot.audit.audited_columns import AUDITED_TABLES, RowValues
from bot.audit.journal import (
    ROW_REFS,
    ROWS_ADOPTED,
    JournalEntry,
    JournalHead,
    NewEntry,
    Signer,
    append_entries,
    list_workspaces,
    lock_head,
    parse_key_name,
)
from bot.audit.row_digests import (
    ERASED,
    INSERT_PAGE_SIZE,
    DigestValues,
    RowDigest,
    build_digest,
    build_row_refs,
    combine_digests,
    compute_digest,
    format_row_name,
    get_row_key,
    get_subject,
    get_table,
    insert_digests,
    iter_values,
    select_newest_digests,
    select_rows,
)
from bot.i18n.messages import Words

# Verification of all rows


@dataclass(frozen=True)
class RecordedDigests:
    """The digests of a workspace: the newest of each row, and the first fault among them."""

    rows: Mapping[str, DigestValues]
    fault: Words | None

    @property
    def erased(self) -> set[str]:
        return {name for name, one in self.rows.items() if one.digest == ERASED}


def read_digests(session: Session, workspace: str, signer: Signer | None) -> RecordedDigests:
    """Read the digests of a workspace and compare them with the references in the entries."""
    refs = _read_entry_refs(session, workspace)
    rows: dict[str, DigestValues] = {}
    mine = select(*get_table("row_digests").columns).where(RowDigest.workspace == workspace)
    streamed = mine.order_by(RowDigest.seq).execution_options(yield_per=INSERT_PAGE_SIZE)
    fault: Words | None = None
    seq, items, keys = 0, list[tuple[str, ...]](), set[str | None]()

    def close() -> Words | None:
        """Return a fault unless the digests of entry `seq` match that entry's references."""
        recorded = refs.pop(seq, None)
        if not items or recorded == (len(items), combine_digests(items), keys):
            return None
        return Words("The digests of entry {seq} were changed.", seq=seq)

    for values in session.execute(streamed).mappings():
        one = DigestValues(**values)
        if one.seq != seq:
            fault = fault or close()
            seq, items, keys = one.seq, [], set()
        items.append(one.item)
        keys.add(parse_key_name(one.signature))
        rows[one.row] = one
        if signer and signer.check(one.signature, *one.signed) == "bad":
            fault = fault or Words("The digests of entry {seq} were changed.", seq=seq)
    fault = fault or close()
    if fault is None and refs:
        fault = Words("The digests of entry {seq} are gone.", seq=min(refs))
    return RecordedDigests(rows, fault)


def _read_entry_refs(
    session: Session, workspace: str
) -> dict[int, tuple[int, str, set[str | None]]]:
    """Return the references to rows by entry: their number, the digest over them, and the key that
    signed the entry."""
    entries = select(JournalEntry.seq, JournalEntry.refs, JournalEntry.signature).where(
        JournalEntry.workspace == workspace
    )
    found: dict[int, tuple[int, str, set[str | None]]] = {}
    streamed: Iterable[Any] = session.execute(entries.execution_options(yield_per=INSERT_PAGE_SIZE))
    for seq, refs, signature in streamed:
        if ROW_REFS[2] in refs:
            values = (int(refs[ROW_REFS[0]]), str(refs[ROW_REFS[2]]))
            found[seq] = (*values, {parse_key_name(signature)})
    return found


def find_differences(
    session: Session, workspace: str, recorded: RecordedDigests
) -> Iterator[Words]:
    """Yield a sentence for each row that was changed, is unknown, or is missing."""
    missing = {name for name, one in recorded.rows.items() if one.digest != ERASED}
    for table in AUDITED_TABLES:
        try:
            for name, values in _iter_rows(session, table, workspace):
                missing.discard(name)
                yield from _find_row_difference(name, values, recorded.rows.get(name))
        except (ValueError, TypeError, LookupError):  # a value that can't be parsed
            yield Words("A row of {table} can't be read: it was changed.", table=table)
            return
    for name in sorted(missing):
        yield Words("{what}: it was recorded, and is gone.", what=name)


def _find_row_difference(
    name: str, values: RowValues, recorded: DigestValues | None
) -> Iterator[Words]:
    if recorded is None or recorded.digest == ERASED:
        yield Words("{what}: the journal knows nothing of it.", what=name)
    elif not recorded.is_of(values):
        yield Words("{what}: it is not what was recorded.", what=name)


def _iter_rows(session: Session, table: str, workspace: str) -> Iterator[tuple[str, RowValues]]:
    column = get_table(table).c["id" if table == "workspaces" else "workspace"]
    wanted = (
        select_rows(table).where(column == workspace).execution_options(yield_per=INSERT_PAGE_SIZE)
    )
    for values in iter_values(session, wanted):
        yield format_row_name(table, get_row_key(get_table(table), values)), values


def list_used_workspaces(session: Session) -> set[str]:
    """Return every workspace that has an audited row. Requires `bot.db.models` to be imported."""
    found: set[str] = set()
    for table in AUDITED_TABLES:
        column = get_table(table).c["id" if table == "workspaces" else "workspace"]
        found |= set(session.scalars(select(column).distinct()))
    return found


# Rows from before there were digests


def adopt_rows(
    session: Session, now: datetime, *, by: str | None = None, known: Collection[str] = ()
) -> dict[str, int]:
    """Record all present rows as they are, one entry per workspace; return the number by workspace.

    It runs at the first start after the upgrade, or when a person (`by`) asks for it. At a start,
    nothing is adopted once any digest exists, nor for the workspaces in `known`, whose signed heads
    were published."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE row_digests IN SHARE ROW EXCLUSIVE MODE"))
    if by is None and session.scalar(select(RowDigest.seq).limit(1)) is not None:
        return {}
    found = {}
    for workspace in sorted(
        {*list_used_workspaces(session), *list_workspaces(session)} - set(known)
    ):
        found[workspace] = _adopt_workspace(session, workspace, now, by)
    return found


def _adopt_workspace(session: Session, workspace: str, now: datetime, by: str | None) -> int:
    end = lock_head(session, workspace)
    digests = []
    seen = set()
    for table in AUDITED_TABLES:
        version, columns = AUDITED_TABLES[table].newest, AUDITED_TABLES[table].columns
        for name, values in _iter_rows(session, table, workspace):
            seen.add(name)
            digest = compute_digest(values, version, columns)
            digests.append(
                build_digest(workspace, name, get_subject(table, values), version, digest)
            )
    for (_, name), one in select_newest_digests(session, RowDigest.workspace == workspace).items():
        if name not in seen and one.digest != ERASED:
            digests.append(build_digest(workspace, name, one.subject, one.columns, ERASED))
    insert_digests(session, digests, end[0] + 1)
    refs = build_row_refs(digests) if digests else {}
    append_entries(
        session, workspace, end, [NewEntry(workspace, ROWS_ADOPTED, workspace, now, by, refs)]
    )
    return len(digests)


def has_signed_chain(session: Session) -> bool:
    """Whether any chain is signed."""
    return (
        session.scalar(
            select(JournalHead.workspace).where(JournalHead.signature.is_not(None)).limit(1)
        )
        is not None
    )
