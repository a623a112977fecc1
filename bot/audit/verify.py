"""Whether the rows still say what the journal recorded of them: the words of each draft, who
decided what about them, what was sent out, and what left the house; and whether every held row has
the digest that was recorded of it (`bot/audit/held_columns.py` says which columns that covers).

The journal holds fingerprints alone. Here each is held against the words themselves, so that words
changed behind its back show, and a decision that nobody ever took.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audit.journal import Entry, Signer
from bot.audit.receipt import Receipt
from bot.audit.row_digests import differences, read_digests
from bot.core.parts import fingerprint
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Words

AT_ONCE = 200  # rows
KEPT = ("draft kept", "draft edited")
TABLES = ("drafts", "decisions", "deliveries", "receipts")
NOT_ADOPTED = Words(
    "Its rows are from before the upgrade and not recorded yet. Start Super-Intern once, or run "
    "`super-intern journal adopt`."
)
DECIDED = "decision: "  # how these events begin
Told = tuple[str, ...]  # what is held against each other
Row = tuple[str, Told]  # with its id
T = TypeVar("T", Draft, Decision, Delivery, Receipt)


@dataclass
class Known:
    """What the journal says of each row, by its id; of what was said again the last counts."""

    drafts: dict[str, Told] = field(default_factory=dict)
    decisions: dict[str, Told] = field(default_factory=dict)
    deliveries: dict[str, Told] = field(default_factory=dict)
    receipts: dict[str, Told] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, workspace: str) -> "Known":
        known = cls()
        mine = select(Entry).where(Entry.workspace == workspace).order_by(Entry.seq)
        for entry in session.scalars(mine).yield_per(AT_ONCE):
            known._take(entry, str(entry.refs.get("fingerprint")))
        return known

    def forget(self, erased: Collection[str]) -> None:
        """Rows that were deleted, and the journal knows it."""
        for name in erased:
            table, _, id = name.partition("/")
            for known in (getattr(self, table),) if table in TABLES else ():
                known.pop(id, None)

    def _take(self, entry: Entry, print: str) -> None:
        id = entry.subject
        if entry.event in KEPT:
            self.drafts[id] = (print,)
        elif entry.event.startswith(DECIDED):
            verdict = entry.event.removeprefix(DECIDED)
            self.decisions[f"{id}:{entry.by}"] = (print, str(entry.by), verdict)
        elif entry.event == "delivery queued":
            self.deliveries[id] = (print,)
        elif entry.event == "receipt":  # those of earlier versions had no fingerprint
            self.receipts[id] = (
                str(entry.refs.get("task")),
                str(entry.refs.get("fingerprint", "")),
            )


def fault(session: Session, workspace: str, signer: Signer | None = None) -> Words | None:
    """The first row that is not as it was recorded; None when all are. What the entries themselves
    say of rows first, then the digests of the rows."""
    recorded = read_digests(session, workspace, signer)
    if recorded.fault is None and not recorded.rows:
        return NOT_ADOPTED if next(differences(session, workspace, recorded), None) else None
    known = Known.of(session, workspace)
    known.forget(recorded.erased)
    held = (
        (Words("Draft {id}"), _drafts(session, workspace), known.drafts),
        (Words("Decision {id}"), _decisions(session, workspace), known.decisions),
        (Words("Delivery {id}"), _deliveries(session, workspace), known.deliveries),
        (Words("Receipt {id}"), _receipts(session, workspace, known.receipts), known.receipts),
    )
    faults = (found for name, rows, told in held for found in _differences(name, rows, told))
    return (
        next(faults, None)
        or recorded.fault
        or next(differences(session, workspace, recorded), None)
    )


def _differences(name: Words, rows: Iterable[Row], told: dict[str, Told]) -> Iterator[Words]:
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


def _drafts(session: Session, workspace: str) -> Iterator[Row]:
    for draft in _rows(session, Draft, workspace):
        yield draft.id, (draft.exact if draft.exact == draft.fingerprint else "",)


def _decisions(session: Session, workspace: str) -> Iterator[Row]:
    for said in _rows(session, Decision, workspace):
        yield f"{said.draft}:{said.by}", (said.fingerprint, said.by, said.verdict)


def _deliveries(session: Session, workspace: str) -> Iterator[Row]:
    for one in _rows(session, Delivery, workspace):
        yield one.id, (one.fingerprint,)


def _receipts(session: Session, workspace: str, told: dict[str, Told]) -> Iterator[Row]:
    for one in _rows(session, Receipt, workspace):
        id = str(one.id)
        print = fingerprint(one.sent) if told.get(id, ("", ""))[1] else ""
        yield id, (one.task, print)


def _rows(session: Session, row: type[T], workspace: str) -> Iterator[T]:
    """By and by: a year's words need not stand in memory, and a cursor would stay open when the
    first difference ends the search."""
    mine = select(row).where(row.workspace == workspace).order_by(row.id).limit(AT_ONCE)
    page = list(session.scalars(mine))
    while page:
        yield from page
        page = list(session.scalars(mine.where(row.id > page[-1].id)))
