"""Verifies that the rows still match the journal.

Compares the text of each draft, each decision, each delivery and each receipt with the fingerprint
in its journal entry, and every audited row with its digest (`bot/audit/audited_columns.py` lists
the columns). So both a text that was changed outside the program and a decision that nobody took
are detected. The journal holds only fingerprints, never the text.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audit.journal import JournalEntry, Signer
from bot.audit.receipt import Receipt
from bot.audit.row_verification import find_differences, read_digests
from bot.core.parts import compute_fingerprint
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Words

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
