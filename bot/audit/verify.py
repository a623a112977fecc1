"""Verifies that the rows still match the journal.

Compares the text of each draft, each decision, each delivery and each receipt with the fingerprint
in its journal entry, and every audited row with its digest (`bot/audit/audited_columns.toml` lists
the columns). So both a text that was changed outside the program and a decision that nobody took
are detected. The journal holds only fingerprints, never the text.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audit.journal import (
    ROW_REFS,
    ROWS_ADOPTED,
    JournalEntry,
    JournalHead,
    NewEntry,
    Signer,
    list_workspaces,
    lock_head,
    parse_key_name,
)
from bot.audit.receipt import Receipt
from bot.audit.row_digests import (
    AUDITED_TABLES,
    ERASED,
    INSERT_PAGE_SIZE,
    DigestValues,
    RowDigest,
    RowValues,
    build_digest,
    build_row_refs,
    combine_digests,
    compute_digest,
    format_row_name,
    get_row_key,
    get_subject,
    get_table,
    iter_values,
    record_rows,
    select_newest_digests,
    select_rows,
)
from bot.config.secret import KEY_FILE, load_key
from bot.config.settings import Settings
from bot.core.parts import compute_fingerprint
from bot.db.base import Row
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo
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
    refs = build_row_refs(digests) if digests else {}
    entry = NewEntry(workspace, ROWS_ADOPTED, workspace, now, by, refs)
    record_rows(session, workspace, end, [entry], digests)
    return len(digests)


def has_signed_chain(session: Session) -> bool:
    """Whether any chain is signed."""
    return (
        session.scalar(
            select(JournalHead.workspace).where(JournalHead.signature.is_not(None)).limit(1)
        )
        is not None
    )


PAGE_SIZE = 200  # rows
DRAFT_EVENTS = ("draft kept", "draft edited")
VERIFIED_TABLES = ("drafts", "decisions", "deliveries", "receipts")
NOT_ADOPTED = Words(
    "Its rows are from before the upgrade and not recorded yet. Start Super-Intern once, or run "
    "`super-intern journal adopt`."
)
DECISION_PREFIX = "decision: "  # prefix of the events of decisions
RowState = tuple[str, ...]  # the values of a row that are compared
NamedRow = tuple[str, RowState]  # the row's id and its state
T = TypeVar("T", Draft, Decision, Delivery, Receipt)


@dataclass
class RecordedRows:
    """What the journal says of each row, by row id. A later entry replaces an earlier one."""

    drafts: dict[str, RowState] = field(default_factory=dict)
    decisions: dict[str, RowState] = field(default_factory=dict)
    deliveries: dict[str, RowState] = field(default_factory=dict)
    receipts: dict[str, RowState] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, workspace: str) -> "RecordedRows":
        recorded_rows = cls()
        query = (
            select(JournalEntry)
            .where(JournalEntry.workspace == workspace)
            .order_by(JournalEntry.seq)
        )
        for entry in session.scalars(query).yield_per(PAGE_SIZE):
            recorded_rows._add(entry, str(entry.refs.get("fingerprint")))
        return recorded_rows

    def forget(self, erased: Collection[str]) -> None:
        """Drop rows whose deletion the journal recorded."""
        for name in erased:
            table, _, id = name.partition("/")
            for recorded_rows in (getattr(self, table),) if table in VERIFIED_TABLES else ():
                recorded_rows.pop(id, None)

    def _add(self, entry: JournalEntry, fingerprint: str) -> None:
        id = entry.subject
        if entry.event in DRAFT_EVENTS:
            self.drafts[id] = (fingerprint,)
        elif entry.event.startswith(DECISION_PREFIX):
            verdict = entry.event.removeprefix(DECISION_PREFIX)
            self.decisions[f"{id}:{entry.by}"] = (fingerprint, str(entry.by), verdict)
        elif entry.event == "delivery queued":
            self.deliveries[id] = (fingerprint,)
        elif entry.event == "receipt":  # receipts of earlier versions had no fingerprint
            self.receipts[id] = (
                str(entry.refs.get("task")),
                str(entry.refs.get("fingerprint", "")),
            )


def find_row_fault(session: Session, workspace: str, signer: Signer | None = None) -> Words | None:
    """Return the first row that does not match what was recorded; None when all match. The entries'
    own references are checked first, then the digests of the rows."""
    recorded = read_digests(session, workspace, signer)
    if recorded.fault is None and not recorded.rows:
        return NOT_ADOPTED if next(find_differences(session, workspace, recorded), None) else None
    recorded_rows = RecordedRows.of(session, workspace)
    recorded_rows.forget(recorded.erased)
    comparisons = (
        (Words("Draft {id}"), _read_drafts(session, workspace), recorded_rows.drafts),
        (Words("Decision {id}"), _read_decisions(session, workspace), recorded_rows.decisions),
        (Words("Delivery {id}"), _read_deliveries(session, workspace), recorded_rows.deliveries),
        (
            Words("Receipt {id}"),
            _read_receipts(session, workspace, recorded_rows.receipts),
            recorded_rows.receipts,
        ),
    )
    faults = (
        found
        for name, rows, journal_rows in comparisons
        for found in _compare_rows(name, rows, journal_rows)
    )
    return (
        next(faults, None)
        or recorded.fault
        or next(find_differences(session, workspace, recorded), None)
    )


def _compare_rows(
    name: Words, rows: Iterable[NamedRow], journal_rows: dict[str, RowState]
) -> Iterator[Words]:
    """Yield a sentence for each difference between a table and the journal."""
    missing = dict(journal_rows)
    for id, state in rows:
        recorded = missing.pop(id, None)
        if recorded is None:
            yield Words("{what}: the journal knows nothing of it.", what=Words(name.text, id=id))
        elif recorded != state:
            yield Words("{what}: it is not what was recorded.", what=Words(name.text, id=id))
    for id in missing:
        yield Words("{what}: it was recorded, and is gone.", what=Words(name.text, id=id))


def _read_drafts(session: Session, workspace: str) -> Iterator[NamedRow]:
    for draft in _read_pages(session, Draft, workspace):
        stored = draft.stored_fingerprint
        yield draft.id, (stored if stored == draft.fingerprint else "",)


def _read_decisions(session: Session, workspace: str) -> Iterator[NamedRow]:
    for decision in _read_pages(session, Decision, workspace):
        yield (
            f"{decision.draft}:{decision.by}",
            (decision.fingerprint, decision.by, decision.verdict),
        )


def _read_deliveries(session: Session, workspace: str) -> Iterator[NamedRow]:
    for delivery in _read_pages(session, Delivery, workspace):
        yield delivery.id, (delivery.fingerprint,)


def _read_receipts(
    session: Session, workspace: str, journal_rows: dict[str, RowState]
) -> Iterator[NamedRow]:
    for receipt in _read_pages(session, Receipt, workspace):
        id = str(receipt.id)
        fingerprint = compute_fingerprint(receipt.sent) if journal_rows.get(id, ("", ""))[1] else ""
        yield id, (receipt.task, fingerprint)


def _read_pages(session: Session, row: type[T], workspace: str) -> Iterator[T]:
    """Yield rows page by page, so that a year of texts is not held in memory, and no cursor is left
    open when the first difference ends the search."""
    query = select(row).where(row.workspace == workspace).order_by(row.id).limit(PAGE_SIZE)
    page = list(session.scalars(query))
    while page:
        yield from page
        page = list(session.scalars(query.where(row.id > page[-1].id)))


# The key that a home signs its journal with, and the first start after the upgrade to signing.

log = logging.getLogger("bot.audit.journal")


def find_signer(settings: Settings) -> Signer | None:
    """Return the signer with the key from the settings or the key file; None without a key."""
    if settings.key is None and not (settings.home / KEY_FILE).exists():
        return None
    return create_signer(settings)


def start_signing(
    settings: Settings, database: Database, *, has_library: Callable[[Session], bool]
) -> None:
    """Set the database's signer; a home without a key gets one, unless `has_library` says that
    rows were imported, which were made with the missing key. Raises CannotDo when the journal is
    signed with a key that this home does not have."""
    signer = find_signer(settings)
    with database.begin() as session:
        signatures = list(session.scalars(select(JournalHead.signature)))
        signed = [one for one in signatures if one is not None]
        library = has_library(session)
    # Another process may have made the key, and signed with it, since the first look.
    signer = signer or find_signer(settings)
    if signer is None:
        if signed:
            raise CannotDo(
                "The key {path} is missing, but the journal is signed with it. Put the file "
                "back, or set SUPER_INTERN_KEY to what was in it. If it is lost, run "
                "`super-intern journal adopt`.",
                path=str(settings.home / KEY_FILE),
            )
        if library:
            log.warning("the key of this home is missing: the journal is not signed")
            return
        signer = create_signer(settings)
    if signed and not any(one.startswith(f"{signer.name}:") for one in signed):
        raise CannotDo(
            "The journal is signed with another key than this home's. Set SUPER_INTERN_KEY to "
            "the same for all processes. If the old key is lost, run "
            "`super-intern journal adopt`."
        )
    database.signer = signer


def create_signer(settings: Settings) -> Signer:
    """Return the home's signer; a missing key is created."""
    given = settings.key.get_secret_value() if settings.key else None
    return Signer(load_key(settings.home, given, holds=lambda: False))


def adopt_unsigned_rows(database: Database, published: set[str]) -> None:
    """Record the rows from before the upgrade. `published` are the workspaces whose signed heads
    were published: their rows were recorded before, so missing digests mean that they were
    removed."""
    with database.begin() as session:
        if database.signer is None or has_signed_chain(session):
            return
        assert set(AUDITED_TABLES) <= set(Row.metadata.tables)
        found = adopt_rows(session, database.now(), known=published)
    for workspace, count in found.items():
        log.warning("%s: %d rows from before the upgrade are recorded now", workspace, count)
