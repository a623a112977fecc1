"""The journal: what happened, hash-chained and append-only, with ids and fingerprints only.

One chain per workspace. A row is appended in the transaction that it records, under a lock on
the workspace's head. Count and head are kept apart from the rows, so that a cut tail shows. There
is no key: who may write to the database can write another chain, head and all. That shows only
against a head that was noted elsewhere.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import Row, insert_once
from bot.words import Words

GENESIS = "0" * 64


class Head(Row):
    """How long a workspace's chain is, and the hash of its last row."""

    __tablename__ = "journal_heads"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    hash: Mapped[str]


class Entry(Row):
    """One thing that happened. `refs` are ids and fingerprints, never content."""

    __tablename__ = "journal"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str]  # "task accepted", "draft kept", "decision", …
    subject: Mapped[str]  # the id of the row it is about
    by: Mapped[str | None]  # who did it; None: the intern itself
    refs: Mapped[dict[str, Any]]
    prev: Mapped[str]
    hash: Mapped[str]

    def digest(self) -> str:
        """SHA-256 over all of it and the hash before it."""
        told = [self.workspace, self.seq, self.at.isoformat(), self.event, self.subject, self.by]
        whole = json.dumps([*told, self.refs, self.prev], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def lock(session: Session, workspace: str) -> Head:
    """Hold the workspace's head until the transaction ends: one at a time, on every database. For
    whoever must count rows before adding one; two locks could wait for each other."""
    insert_once(session, Head, workspace=workspace, count=0, hash=GENESIS)
    locked = select(Head).where(Head.workspace == workspace).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def record(
    session: Session,
    *,
    workspace: str,
    event: str,
    subject: str,
    now: datetime,
    by: str | None = None,
    **refs: str | int | None,
) -> Entry:
    """Append one entry. Waits for the workspace's head, so entries never fork."""
    head = lock(session, workspace)
    entry = Entry(
        workspace=workspace,
        seq=head.count + 1,
        at=now.astimezone(UTC),
        event=event,
        subject=subject,
        by=by,
        refs={name: value for name, value in refs.items() if value is not None},
        prev=head.hash,
    )
    entry.hash = entry.digest()
    session.add(entry)
    head.count, head.hash = entry.seq, entry.hash
    session.flush()
    return entry


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: the number of entries read, what is wrong, if anything, and the hash of
    the last entry where nothing is."""

    workspace: str
    entries: int
    fault: Words | None
    head: str = ""


def verify(session: Session, workspace: str) -> Verdict:
    """Walk a chain: a changed, a missing and a cut-off row are each found and named."""
    try:
        return _walk(session, workspace)
    except (ValueError, TypeError):  # a time or a reference that is none
        return Verdict(workspace, 0, Words("An entry can't be read: it was changed."))


def _walk(session: Session, workspace: str) -> Verdict:
    prev, count = GENESIS, 0
    rows = select(Entry).where(Entry.workspace == workspace).order_by(Entry.seq)
    for entry in session.scalars(rows).yield_per(1000):
        if entry.seq != count + 1:
            fault = Words("Entry {seq} is missing.", seq=count + 1)
            return Verdict(workspace, count, fault)
        if entry.prev != prev or entry.hash != entry.digest():
            return Verdict(workspace, count, Words("Entry {seq} was changed.", seq=entry.seq))
        prev, count = entry.hash, entry.seq
    head = session.get(Head, workspace)
    if head is None and count == 0:
        return Verdict(workspace, 0, None)
    if head is None or head.count != count or head.hash != prev:
        known = head.count if head else 0
        fault = Words(
            "The end was cut off: {known} written, {count} there.", known=known, count=count
        )
        return Verdict(workspace, count, fault)
    return Verdict(workspace, count, None, prev)


def workspaces(session: Session) -> list[str]:
    """Every workspace that has a chain or a head."""
    found = set(session.scalars(select(Head.workspace)))
    found |= set(session.scalars(select(Entry.workspace).group_by(Entry.workspace)))
    return sorted(found)


def holds(session: Session, head: str) -> bool:
    """Whether a head that was noted once is still in a chain."""
    return session.scalar(select(Entry.seq).where(Entry.hash == head).limit(1)) is not None


def length(session: Session, workspace: str) -> int:
    counted = select(func.count()).select_from(Entry).where(Entry.workspace == workspace)
    return session.scalar(counted) or 0
