"""Whether the rows still say what the journal recorded of them: the words of each draft, who
decided what about them, what was sent out, and what left the house; and whether every held row has
the digest that was recorded of it (`bot/audit/audited_columns.py` says which columns that covers).

The journal holds fingerprints alone. Here each is held against the words themselves, so that words
changed behind its back show, and a decision that nobody ever took.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audit.journal import JournalEntry, Signer
from bot.audit.receipt import Receipt
from bot.audit.row_digests import find_differences, read_digests
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
DECISION_PREFIX = "decision: "  # how these events begin
RowState = tuple[str, ...]  # what is held against each other
NamedRow = tuple[str, RowState]  # with its id
T = TypeVar("T", Draft, Decision, Delivery, Receipt)


@dataclass
class RecordedRows:
    """What the journal says of each row, by its id; of what was said again the last counts."""

    drafts: dict[str, RowState] = field(default_factory=dict)
    decisions: dict[str, RowState] = field(default_factory=dict)
    deliveries: dict[str, RowState] = field(default_factory=dict)
    receipts: dict[str, RowState] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, workspace: str) -> "RecordedRows":
        known = cls()
        mine = (
            select(JournalEntry)
            .where(JournalEntry.workspace == workspace)
            .order_by(JournalEntry.seq)
        )
        for entry in session.scalars(mine).yield_per(PAGE_SIZE):
            known._take(entry, str(entry.refs.get("fingerprint")))
        return known

    def forget(self, erased: Collection[str]) -> None:
        """Rows that were deleted, and the journal knows it."""
        for name in erased:
            table, _, id = name.partition("/")
            for known in (getattr(self, table),) if table in VERIFIED_TABLES else ():
                known.pop(id, None)

    def _take(self, entry: JournalEntry, print: str) -> None:
        id = entry.subject
        if entry.event in DRAFT_EVENTS:
            self.drafts[id] = (print,)
        elif entry.event.startswith(DECISION_PREFIX):
            verdict = entry.event.removeprefix(DECISION_PREFIX)
            self.decisions[f"{id}:{entry.by}"] = (print, str(entry.by), verdict)
        elif entry.event == "delivery queued":
            self.deliveries[id] = (print,)
        elif entry.event == "receipt":  # those of earlier versions had no fingerprint
            self.receipts[id] = (
                str(entry.refs.get("task")),
                str(entry.refs.get("fingerprint", "")),
            )


def find_row_fault(session: Session, workspace: str, signer: Signer | None = None) -> Words | None:
    """The first row that is not as it was recorded; None when all are. What the entries themselves
    say of rows first, then the digests of the rows."""
    recorded = read_digests(session, workspace, signer)
    if recorded.fault is None and not recorded.rows:
        return NOT_ADOPTED if next(find_differences(session, workspace, recorded), None) else None
    known = RecordedRows.of(session, workspace)
    known.forget(recorded.erased)
    held = (
        (Words("Draft {id}"), _read_drafts(session, workspace), known.drafts),
        (Words("Decision {id}"), _read_decisions(session, workspace), known.decisions),
        (Words("Delivery {id}"), _read_deliveries(session, workspace), known.deliveries),
        (Words("Receipt {id}"), _read_receipts(session, workspace, known.receipts), known.receipts),
    )
    faults = (found for name, rows, told in held for found in _compare_rows(name, rows, told))
    return (
        next(faults, None)
        or recorded.fault
        or next(find_differences(session, workspace, recorded), None)
    )


def _compare_rows(
    name: Words, rows: Iterable[NamedRow], told: dict[str, RowState]
) -> Iterator[Words]:
    """What one table and the journal say differently."""
    missing = dict(told)
    for id, stands in rows:
        recorded = missing.pop(id, None)
        if recorded is None:
            yield Words("{what}: the journal knows nothing of it.", what=Words(name.text, id=id))
        elif recorded != stands:
            yield Words("{what}: it is not what was recorded.", what=Words(name.text, id=id))
    for id in missing:
        yield Words("{what}: it was recorded, and is gone.", what=Words(name.text, id=id))


def _read_drafts(session: Session, workspace: str) -> Iterator[NamedRow]:
    for draft in _read_pages(session, Draft, workspace):
        stored = draft.stored_fingerprint
        yield draft.id, (stored if stored == draft.fingerprint else "",)


def _read_decisions(session: Session, workspace: str) -> Iterator[NamedRow]:
    for said in _read_pages(session, Decision, workspace):
        yield f"{said.draft}:{said.by}", (said.fingerprint, said.by, said.verdict)


def _read_deliveries(session: Session, workspace: str) -> Iterator[NamedRow]:
    for one in _read_pages(session, Delivery, workspace):
        yield one.id, (one.fingerprint,)


def _read_receipts(
    session: Session, workspace: str, told: dict[str, RowState]
) -> Iterator[NamedRow]:
    for one in _read_pages(session, Receipt, workspace):
        id = str(one.id)
        print = compute_fingerprint(one.sent) if told.get(id, ("", ""))[1] else ""
        yield id, (one.task, print)


def _read_pages(session: Session, row: type[T], workspace: str) -> Iterator[T]:
    """By and by: a year's words need not stand in memory, and a cursor would stay open when the
    first difference ends the search."""
    mine = select(row).where(row.workspace == workspace).order_by(row.id).limit(PAGE_SIZE)
    page = list(session.scalars(mine))
    while page:
        yield from page
        page = list(session.scalars(mine.where(row.id > page[-1].id)))
